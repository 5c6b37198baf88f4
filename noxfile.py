"""What runs. Plain `nox` runs drift, lint, types, tests and contract; `nox -l` lists every session."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["drift", "lint", "types", "tests", "contract"]
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

SOURCES = ["bench", "noxfile.py", "pipeline", "src", "tests"]
EXAMPLE = "examples/runner-boot"
PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))
GROUPS = [
    *("audit", "bench", "bench-ours", "demo", "docs", "lint", "news"),
    *("package", "peers", "pipeline", "recipes", "tests", "types"),
]
# What others need, without what the project needs.
ALONE = ["bench-ghapi", "bench-githubkit", "bench-httpx", "bench-pygithub"]


def install(session: nox.Session, group: str, *, wheel: bool = False) -> None:
    """Install a dependency group as requirements/ locks it, and the project as its users get it."""
    session.install("--require-hashes", "--requirement", f"requirements/{group}.txt")
    if wheel:
        session.install("--no-deps", "--no-build-isolation", "--force-reinstall", ".")


def pipeline(session: nox.Session, *arguments: str) -> None:
    """Run a module of pipeline/, on the source: what is generated may be what is broken."""
    session.run("python", "-m", *arguments, env={"PYTHONPATH": "src"})


@nox.session
def demo(session: nox.Session) -> None:
    """Start Prism on the contract and run the command line against it."""
    install(session, "demo", wheel=True)
    session.run("python", "-m", "pipeline.demo", *session.posargs)


@nox.session
def sync(session: nox.Session) -> None:
    """Bring GitHub's description and make everything from it: -- [--upstream VERSION|FILE|URL]."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "sync", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Make the contract and the client from the slice: -- [--slice FILE --output DIR]."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "generate", *session.posargs)


@nox.session
def drift(session: nox.Session) -> None:
    """Fail if anything committed is not what the committed inputs give."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "drift")


@nox.session
def report(session: nox.Session) -> None:
    """Say what changed for an importer: -- [--old SLICE] [--new SLICE] [--json FILE]."""
    install(session, "pipeline")
    pipeline(session, "pipeline", "report", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check format and style: -- --fix mends what can be."""
    install(session, "lint")
    fix = "--fix" in session.posargs
    session.run("ruff", "format", *([] if fix else ["--check"]), *SOURCES, "examples")
    session.run("ruff", "check", *(["--fix"] if fix else []), *SOURCES, "examples")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, by mypy and by pyright."""
    install(session, "types")
    session.run("mypy", *SOURCES, "generated/runner_registration_api")
    pipeline(session, "pipeline.node", "pyright", "--pythonpath", f"{session.bin}/python")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests but the contract's: -- [PYTEST OPTIONS]."""
    install(session, "tests", wheel=True)
    others = [f"--ignore=tests/{folder}" for folder in ("contract", "docs", "peers")]
    session.run("pytest", "--numprocesses=3", *others, *session.posargs)


@nox.session
def contract(session: nox.Session) -> None:
    """Prove the client against Prism: -- [--prism auto|docker|node|URL] [PYTEST OPTIONS]."""
    install(session, "tests", wheel=True)
    session.run("pytest", "--numprocesses=2", "tests/contract", *session.posargs)


@nox.session
def example(session: nox.Session) -> None:
    """Run the tests of a downstream project on the built wheel: by the contract's examples, and by Prism."""
    install(session, "tests", wheel=True)
    session.install("--no-deps", "--no-build-isolation", "--force-reinstall", f"./{EXAMPLE}")
    with session.chdir(EXAMPLE):
        session.run("pytest", *session.posargs)
        session.run("pytest", "--registration-backend=prism", *session.posargs)


@nox.session
def peers(session: nox.Session) -> None:
    """Let clients that others wrote talk to registration_server: @octokit/rest, PyGithub, githubkit."""
    install(session, "peers", wheel=True)
    # Above tests/peers stands a conftest that needs what this session has not.
    session.run("pytest", "--confcutdir=tests/peers", "tests/peers", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site into site/ and check its links: -- [--serve]."""
    install(session, "docs")
    pipeline(session, "pipeline.docs", *session.posargs)


@nox.session
def recipes(session: nox.Session) -> None:
    """Run what README and documentation show, as written there: -- [PYTEST OPTIONS]."""
    install(session, "recipes", wheel=True)
    # Above tests/docs stands a conftest that needs what this session has not.
    session.run("pytest", "--confcutdir=tests/docs", "tests/docs", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this package beside httpx and other clients: -- [--quick] [--check]."""
    install(session, "bench")
    session.run("python", "-m", "bench", *session.posargs)


@nox.session
def news(session: nox.Session) -> None:
    """Make the changelog of the next release of the fragments in changes/: -- [--draft] [--version X.Y.Z]."""
    install(session, "news")
    session.run("towncrier", "build", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel into dist/, check them, and try the wheel in an environment of its own."""
    install(session, "package")
    session.run("python", "-m", "pipeline.supply", "build", "dist")
    session.run("twine", "check", "--strict", "dist/*")
    session.run("check-wheel-contents", "dist")
    session.run("python", "-m", "pipeline.supply", "smoke", "dist")


@nox.session(python=PYTHONS)
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that are allowed: -- [PYTEST OPTIONS]."""
    install(session, "tests")
    session.install("--no-warn-conflicts", "--require-hashes", "--requirement", "requirements/lowest.txt")
    run_at_bound(session, "--no-index")  # what is there must do


@nox.session(python=PYTHONS)
def highest(session: nox.Session) -> None:
    """Run the tests with the newest dependencies that there are today: -- [PYTEST OPTIONS]."""
    install(session, "tests")
    run_at_bound(session, "--upgrade", "--upgrade-strategy=eager")


def run_at_bound(session: nox.Session, *options: str) -> None:
    """Install the wheel with its extras, by the bounds in its own metadata, and run the tests that need no more."""
    session.install(*options, "--no-warn-conflicts", "--no-build-isolation", ".[testing,prism]")
    session.run("pip", "freeze")
    tests = ["tests/client", "tests/generated", "tests/testing"]
    session.run("pytest", "--config-file=tests/bounds.ini", "--rootdir=.", "--numprocesses=2", *tests, *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Look for weaknesses, licences and advisories; write sbom/: -- [--required] fails without advisories."""
    install(session, "audit")
    session.run("zizmor", "--offline", ".github/workflows")
    for command in (["sbom", "sbom"], ["licences"], ["advisories", *session.posargs]):
        session.run("python", "-m", "pipeline.supply", *command)


@nox.session
def lock(session: nox.Session) -> None:
    """Lock the dependency groups anew, with hashes and without an index's address."""
    session.install("uv")
    sources = {group: ["pyproject.toml", "--group", group] for group in GROUPS}
    sources |= {group: ["--group", f"pyproject.toml:{group}"] for group in ALONE}
    # What the wheel itself brings: alone, with its extras, and of each the oldest allowed.
    sources |= {"wheel": ["pyproject.toml"], "extras": ["pyproject.toml", "--all-extras"]}
    sources["lowest"] = [*sources["extras"], "--group", "lowest", "--resolution", "lowest-direct"]
    for name, source in sources.items():
        session.run(
            *("uv", "pip", "compile", *source, "--output-file", f"requirements/{name}.txt"),
            *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"),
            *("--no-emit-index-url", "--quiet", *session.posargs),
        )
