"""`python -m pipeline.supply`: build what is shipped, try it and account for it. `nox -s package` runs it.

build      sdist and wheel into dist/, twice, with the same bytes and nothing that does not belong in them
smoke      the wheel imports, runs and type-checks in an environment with nothing but its dependencies
sbom       that environment as CycloneDX, into sbom/
licences   everything that the wheel, its extras and Prism install has a licence that licences.toml accepts
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.layout import HERE
from pipeline.stages import StageError, run, stage

_LOCK = HERE.requirements / "development.txt"
_SHIPPED = re.compile(
    r"runner_registration(_api)?/(\w+/)*(\w+\.py|py\.typed)"
    r"|runner_registration/testing/_data/(openapi/(app/)?openapi\.yaml|package\.json|package-lock\.json)"
    r"|runner_registration-[^/]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)"
)
# Run with -I, which ignores the working directory and the caller's environment.
_IMPORT_EVERYTHING = """
import importlib, importlib.metadata, pkgutil
import runner_registration, runner_registration.testing, runner_registration_api
from runner_registration_api import models
count = 0
for package in (runner_registration, runner_registration.testing, runner_registration_api, models):
    for name in package.__all__:
        getattr(package, name)
        count += 1
plugin = importlib.metadata.entry_points(group="pytest11")["runner_registration"].value
for package in (runner_registration, runner_registration_api):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name not in (plugin, "runner_registration.__main__"):
            importlib.import_module(module.name)
assert runner_registration.testing.contract_path().is_file()
with runner_registration.Client("no-token") as client:
    assert "no-token" not in repr(client)
print(f"{count} public names, {len(list(importlib.metadata.distributions()))} distributions")
"""
_TYPED = """
import runner_registration as rr
from runner_registration_api.models import AuthenticationToken
def request(client: rr.Client) -> AuthenticationToken: return client.registration_token("octo-org")
"""

Licences = dict[str, set[str]]
"""SPDX expressions by package, such as ``pypi:attrs``."""


def main() -> int:
    """Run everything. A failure is one line on standard error and status 1."""
    dist, sboms = HERE.root / "dist", HERE.root / "sbom"
    try:
        with stage("build", "sdist and wheel, twice, with the same bytes"):
            wheel = build(dist)
        with installed(wheel) as python:
            with stage("smoke", "the wheel with nothing but its dependencies"):
                contents = smoke(python)
            with stage("sbom", "what that environment contains"):
                sbom = write_sbom(python, sboms)
        with installed(wheel, extras="[app,prism,redis,store,testing]") as python:
            with stage("extras", "the harness, with all extras"):
                run([str(python), "-I", "-c", "from runner_registration import testing; assert testing.scenarios()"])
            with stage("licences", "of everything that the wheel, its extras and Prism install"):
                packages = python_licences(_cyclonedx(python)["components"]) | npm_licences(HERE.package_lock)
                check_licences(packages, tomllib.loads(Path(__file__).with_name("licences.toml").read_text("utf-8")))
    except StageError as error:
        print(f"{error.stage or 'install'} failed: {error}", file=sys.stderr)
        return 1
    print(f"\n{wheel.name}: {contents}\n{sbom.name}: written to sbom/\n{len(packages)} packages with accepted licences")
    return 0


def build(folder: Path) -> Path:
    """Build the sdist, and the wheel from it, into an emptied folder. Return the wheel.

    The second wheel is built from the work tree, so the comparison also proves that the sdist is complete.

    Raises:
        StageError: The two builds differ, or contain a file that does not belong there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "build", "--no-isolation", str(HERE.root)]
    with tempfile.TemporaryDirectory() as second:
        run([*command, "--outdir", str(folder)])
        run([*command, "--outdir", second, "--sdist", "--wheel"])
        digests, others = ({path.name: _sha256(path) for path in Path(each).iterdir()} for each in (folder, second))
    if digests != others:
        raise StageError(f"a second build differs: {', '.join(sorted(dict(digests.items() ^ others.items())))}")
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        files = [member.name.partition("/")[2] for member in archive.getmembers() if not member.isdir()]
    check_contents(sdist.name, set(files) - {"PKG-INFO", *run(["git", "ls-files", "-z"]).split("\0")})
    with zipfile.ZipFile(wheel) as archive:
        check_contents(wheel.name, (name for name in archive.namelist() if not belongs_in_wheel(name)))
    return wheel


def belongs_in_wheel(name: str) -> bool:
    """Whether a file of the wheel is a module, the contract, what starts Prism, or metadata."""
    return _SHIPPED.fullmatch(name) is not None


def check_contents(distribution: str, extra: Iterable[str]) -> None:
    """Refuse a distribution that contains files which do not belong in it.

    Raises:
        StageError: There are such files.
    """
    if names := sorted(extra):
        raise StageError(f"{distribution} contains files that do not belong in it: {', '.join(names)}")


@contextmanager
def installed(wheel: Path, *, extras: str = "") -> Generator[Path]:
    """Install a wheel at locked versions into an environment without pip, and yield the environment's Python.

    Raises:
        StageError: Something cannot be installed.
    """
    name, version, *_ = wheel.name.split("-")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False, symlinks=True)
        python = Path(folder, "bin", "python")
        # By name and not by path: pip would record the path in the environment, and the SBOM would contain it.
        requirement = Path(folder, "requirement.txt")
        requirement.write_text(f"{name}{extras}=={version} --hash=sha256:{_sha256(wheel)}\n", "utf-8")
        options = ["--require-hashes", f"--requirement={requirement}", f"--constraint={_LOCK}"]
        pip = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet"]
        run([*pip, *options, f"--find-links={wheel.parent}"])
        yield python


def smoke(python: Path) -> str:
    """Try an environment, and return what was found in it.

    Raises:
        StageError: Something cannot be imported, does not run or has no types.
    """
    found = run([str(python), "-I", "-W", "error", "-c", _IMPORT_EVERYTHING])
    run([str(python), "-I", "-m", "runner_registration", "token", "--help"])
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null"]
    run([*mypy, "--python-executable", str(python), "-c", _TYPED])
    return found.strip()


def write_sbom(python: Path, folder: Path) -> Path:
    """Write the SBOM of an environment; equal environments give equal files.

    Raises:
        StageError: cyclonedx-py failed, or the SBOM contains a path of this machine.
    """
    bill = _cyclonedx(python, "--pyproject", str(HERE.root / "pyproject.toml"), "--mc-type", "library")
    # pyproject.toml does not contain the version; hatchling reads it from _version.py.
    version = run([str(python.with_name("runner-registration")), "--version"]).split()[-1]
    main = bill["metadata"]["component"]
    main |= {"version": version, "purl": f"pkg:pypi/{main['name']}@{version}"}
    text = json.dumps(bill, indent=2) + "\n"
    if paths := [path for path in (str(python.parents[1]), str(HERE.root), "file:") if path in text]:
        raise StageError(f"the SBOM contains a path of this machine: {', '.join(paths)}")
    folder.mkdir(exist_ok=True)
    file = folder / f"{main['name']}-{version}.cdx.json"
    file.write_text(text, "utf-8")
    return file


def python_licences(components: list[dict[str, Any]]) -> Licences:
    """Return the licences of CycloneDX components, by identifier or expression where there is one."""
    packages: Licences = {}
    for component in components:
        entries = component.get("licenses", [])
        # A classifier repeats an identifier or an expression less precisely.
        exact = {entry.get("expression") or entry["license"].get("id") for entry in entries} - {None}
        packages[f"pypi:{component['name']}"] = exact or {entry["license"]["name"] for entry in entries} or {"unknown"}
    return packages


def npm_licences(package_lock: Path) -> Licences:
    """Return the licences of the packages that a package-lock.json installs without development tools."""
    packages: Licences = {}
    for path, package in json.loads(package_lock.read_bytes())["packages"].items():
        if path and not package.get("dev"):
            name = f"npm:{path.rpartition('node_modules/')[2]}"
            packages.setdefault(name, set()).add(package.get("license", "unknown"))
    return packages


def check_licences(packages: Licences, rules: dict[str, Any]) -> None:
    """Check the packages against the content of licences.toml.

    Raises:
        StageError: A licence is neither allowed nor an exception, or an exception is no longer needed.
    """
    allowed, exceptions = set(rules["allowed"]), {entry["package"]: entry["licence"] for entry in rules["exception"]}
    others = {package: licences - allowed for package, licences in packages.items() if licences - allowed}
    bad = sorted(f"{name} ({one})" for name, found in others.items() for one in found - {exceptions.get(name)})
    if bad:
        raise StageError(f"review these licences, and add them to licences.toml: {', '.join(bad)}")
    if unused := sorted(exceptions.keys() - others.keys()):
        raise StageError(f"remove these exceptions from licences.toml, nothing needs them: {', '.join(unused)}")


def _cyclonedx(python: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", *options, str(python)]
    bill: dict[str, Any] = json.loads(run(command))
    return bill


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
