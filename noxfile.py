"""Nox sessions. Plain `nox` runs drift, lint, types, tests and contract; `nox -l` lists all sessions."""

# Older versions of virtualenv install a pip that does not read hashes from a constraints file.
# /// script
# dependencies = ["nox>=2025.10.14", "virtualenv>=21.3"]
# ///

from __future__ import annotations

from pathlib import Path

import nox

nox.options.sessions = ["drift", "lint", "types", "tests", "contract"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
SOURCES = ["bench", "noxfile.py", "pipeline", "src", "tests"]
EXAMPLE = "examples/runner-boot"
# These sessions' environments contain versions that disagree on purpose.
AT_BOUND = {"PIP_NO_WARN_CONFLICTS": "1", "PIP_UPGRADE_STRATEGY": "eager"}


def install(session: nox.Session, group: str, *, wheel: bool = False) -> None:
    """Install a dependency group at its locked versions, and the project's wheel as users get it."""
    requirements = [*PROJECT["project"]["dependencies"], *nox.project.dependency_groups(PROJECT, group)]
    # Both pip and uv verify the hashes in a constraints file. uv's --require-hashes would not find them there.
    session.install("--constraint=requirements/development.txt", *requirements)
    if wheel:
        install_project(session)


def install_project(session: nox.Session, folder: str = ".") -> None:
    """Build and install a project without its dependencies."""
    session.install("--no-deps", "--no-build-isolation", "--force-reinstall", folder)


def pipeline(session: nox.Session, *arguments: str) -> None:
    """Run a module of pipeline/ on the sources, because the generated package may be broken."""
    session.run("python", "-m", *arguments, *session.posargs, env={"PYTHONPATH": "src"})


@nox.session
def demo(session: nox.Session) -> None:
    """Run the command line against a Prism mock of the contract."""
    install(session, "demo", wheel=True)
    session.run("python", "-m", "pipeline.demo", *session.posargs)


@nox.session
def sync(session: nox.Session) -> None:
    """Download GitHub's description and regenerate everything: -- [--upstream VERSION|FILE|URL]."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "sync")


@nox.session
def generate(session: nox.Session) -> None:
    """Regenerate the contract and the client from the slice: -- [--slice FILE --output DIR]."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "generate")


@nox.session
def drift(session: nox.Session) -> None:
    """Check that every generated file matches its inputs."""
    install(session, "pipeline")
    session.run("python", "-m", "pipeline", "drift", env={"PYTHONPATH": "src"})


@nox.session
def report(session: nox.Session) -> None:
    """Report what changed for users since the last release: -- [--check] [--old SLICE] [--new SLICE] [--json FILE]."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check formatting, style and workflows: -- [--fix]."""
    install(session, "lint")
    fix = "--fix" in session.posargs
    session.run("ruff", "format", *([] if fix else ["--check"]), *SOURCES, "examples")
    session.run("ruff", "check", *(["--fix"] if fix else []), *SOURCES, "examples")
    session.run("zizmor", "--offline", "--quiet", ".github", "action.yml")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright."""
    install(session, "types")
    session.run("mypy", *SOURCES, "generated/runner_registration_api")
    session.run("pyright")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, without those of contract, recipes and live: -- [PYTEST OPTIONS]."""
    install(session, "tests", wheel=True)
    others = [f"--ignore=tests/{folder}" for folder in ("contract", "docs", "live", "peers")]
    # Many tests wait for a timeout: more processes than processors, and small shares, so that none waits alone.
    session.run("pytest", "--numprocesses=4", "--maxschedchunk=20", *others, *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Test the client against Prism: -- [--prism auto|docker|node|URL] [PYTEST OPTIONS]."""
    install(session, "tests", wheel=True)
    session.run("pytest", "--numprocesses=2", "tests/contract", *session.posargs)


@nox.session
def live(session: nox.Session) -> None:
    """Compare the contract with the real API, for maintainers: -- --org ORG [--upstream URL]."""
    install(session, "tests", wheel=True)
    session.run("pytest", "--confcutdir=tests/live", "tests/live", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site into site/ and check its links: -- [--serve]."""
    install(session, "docs")
    if "--serve" in session.posargs:
        session.run("zensical", "serve", "--dev-addr=127.0.0.1:8000")
        return
    session.run("zensical", "build", "--strict", "--clean")
    # Links to other sites are not followed. In the Markdown files, links are checked as GitHub displays them.
    lychee = ["lychee", "--no-progress", "--offline", "--include-fragments", "--index-files=index.html"]
    pages = ["site/**/*.html", "README.md", "CONTRIBUTING.md", "docs/**/*.md"]
    session.run(*lychee, f"--root-dir={Path('site').absolute()}", *pages)


@nox.session
def recipes(session: nox.Session) -> None:
    """Run what README, documentation and examples/ show, and compare with other clients: -- [PYTEST OPTIONS]."""
    install(session, "recipes", wheel=True)
    # tests/conftest.py requires packages that this session does not have.
    session.run("pytest", "--confcutdir=tests/docs", "tests/docs", *session.posargs)
    session.run("pytest", "--confcutdir=tests/peers", "tests/peers", *session.posargs)
    install_project(session, EXAMPLE)
    with session.chdir(EXAMPLE):
        session.run("pytest", *session.posargs)
        session.run("pytest", "--registration-backend=prism", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this package next to httpx and other clients: -- [--quick] [--check]."""
    install(session, "bench")
    pipeline(session, "bench")


@nox.session
def package(session: nox.Session) -> None:
    """Build dist/ and sbom/, try the wheel, check licences: -- [--advisories] also asks PyPI for vulnerabilities."""
    install(session, "package")
    session.run("python", "-m", "pipeline.supply")
    session.run("twine", "check", "--strict", "dist/*")
    session.run("check-wheel-contents", "dist")
    if "--advisories" in session.posargs:  # strict: a package that PyPI does not know is an error, not a success
        audit = ["pip-audit", "--strict", "--disable-pip", "--require-hashes", "--progress-spinner=off"]
        session.run(*audit, "--requirement=requirements/development.txt")


@nox.session(python=PYTHONS)
def lowest(session: nox.Session) -> None:
    """Test with the lowest versions that pyproject.toml allows: -- [PYTEST OPTIONS]."""
    install(session, "tests")
    session.install("--require-hashes", "--requirement=requirements/lowest.txt", env=AT_BOUND)
    run_at_bound(session, "--no-index")  # fails if a dependency has a higher lower bound than the lock


@nox.session(python=PYTHONS)
def highest(session: nox.Session) -> None:
    """Test with the newest versions that pyproject.toml allows: -- [PYTEST OPTIONS]."""
    install(session, "tests")
    run_at_bound(session, "--upgrade")


def run_at_bound(session: nox.Session, *options: str) -> None:
    """Install the wheel with its extras by the bounds in its metadata, and run the tests of the client."""
    session.install(*options, "--no-build-isolation", ".[app,prism,redis,store,testing]", env=AT_BOUND, silent=False)
    tests = ["tests/client", "tests/generated", "tests/testing"]
    session.run("pytest", "--config-file=tests/bounds.ini", "--rootdir=.", "--numprocesses=2", *tests, *session.posargs)


@nox.session
def news(session: nox.Session) -> None:
    """Write the changelog of the next release from changes/: -- [--draft] [--version X.Y.Z]."""
    install(session, "news")
    session.run("towncrier", "build", *session.posargs)
    if "--draft" not in session.posargs:
        Path("openapi/released-slice.yaml").unlink(missing_ok=True)  # the next news starts from the current slice


@nox.session
def lock(session: nox.Session) -> None:
    """Lock all dependencies with hashes and without an index address: -- [--upgrade]."""
    install(session, "lock")
    groups = [f"--group={group}" for group in PROJECT["dependency-groups"]]
    compile_lock(session, "development", "pyproject.toml", "--all-extras", *groups)
    # What CI installs before there is a nox to read development.txt.
    compile_lock(session, "nox", "--group=pyproject.toml:nox", "--constraint=requirements/development.txt")
    # What action.yml installs.
    compile_lock(session, "action", "pyproject.toml", "--extra=app", "--constraint=requirements/development.txt")
    compile_lock(session, "lowest", "pyproject.toml", "--all-extras", "--group=lowest", "--resolution=lowest-direct")


def compile_lock(session: nox.Session, name: str, *sources: str) -> None:
    """Lock for all supported versions of Python and all platforms."""
    options = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-annotate", "--no-header"]
    options += ["--no-emit-index-url", "--quiet", f"--output-file=requirements/{name}.txt", *session.posargs]
    session.run("uv", "pip", "compile", *options, *sources)
