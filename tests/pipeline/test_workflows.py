"""The workflows and the action, run step by step. Other actions and some commands have stand-ins."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import documents
from pipeline.layout import HERE
from runner_registration.testing import RegistrationServer, _node

from .projects import Project
from .servers import Server, pack, publish

WORKFLOWS = HERE.root / ".github" / "workflows"
ACTION = HERE.root / "action.yml"

Action = Callable[[dict[str, str]], dict[str, str] | None]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@dataclass
class Runner:
    """Runs the steps of a job as GitHub's runner does, as far as these files require it.

    Attributes:
        folder: The working directory.
        temporary: The folder for temporary files and stand-ins.
        contexts: The contexts of expressions, such as `inputs`.
        environment: Environment variables for every step.
        actions: Stand-ins for actions, by name.
    """

    folder: Path
    temporary: Path
    contexts: dict[str, Any] = field(default_factory=dict[str, Any])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    actions: dict[str, Action] = field(default_factory=dict[str, Action])
    printed: str = ""

    def __post_init__(self) -> None:
        self.contexts |= {"runner": {"temp": str(self.temporary)}, "steps": {}}
        self.commands = self.temporary / "commands"
        self.commands.mkdir(parents=True)

    def stand_in(self, name: str, script: str) -> None:
        """Put a command on PATH."""
        path = self.commands / name
        path.write_text(f"#!/usr/bin/env bash\n{script}\n")
        path.chmod(0o755)

    def run(self, steps: list[dict[str, Any]]) -> int:
        """Run the steps until one fails. Return its exit status, or 0."""
        for step in steps:
            if "if" in step and not self._evaluate(step["if"]):
                continue
            if "uses" in step:
                name, _, revision = step["uses"].partition("@")
                assert re.fullmatch(r"[0-9a-f]{40}", revision)
                inputs = {key: self._fill(value) for key, value in step.get("with", {}).items()}
                if outputs := self.actions[name](inputs):
                    self.contexts["steps"][step["id"]] = {"outputs": outputs}
            elif status := self._script(step):
                return status
        return 0

    def _script(self, step: dict[str, Any]) -> int:
        output = self.temporary / "output"
        output.write_text("")
        environment = {
            **os.environ,
            **self.environment,
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(output),
            **{name: self._fill(value) for name, value in step.get("env", {}).items()},
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self._fill(step["run"])],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed += done.stdout + done.stderr
        lines = [line.partition("=") for line in output.read_text().splitlines()]
        self.contexts["steps"][step.get("id", "")] = {"outputs": {name: value for name, _, value in lines}}
        return done.returncode

    def _fill(self, value: object) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: str(self._evaluate(match[1])), str(value))

    def _evaluate(self, expression: str) -> object:
        left, equals, right = expression.partition(" == ")
        value: Any = self.contexts
        for name in left.split("."):
            value = value.get(name, {})
        value = value or ""
        return value == right.strip("'") if equals else value


def test_each_action_has_one_pin() -> None:
    files = [*WORKFLOWS.iterdir(), ACTION]
    pins = {pin for path in files for pin in re.findall(r"uses: (.+)", path.read_text("utf-8"))}
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", pin) for pin in pins)
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


# --- spec-update

STEPS = load(WORKFLOWS / "spec-update.yml")["jobs"]["propose"]["steps"]
NOX_REPORT = {"sessions": [{"name": "drift", "result": "success"}, {"name": "tests", "result": "failed"}]}


@pytest.fixture
def proposals() -> list[dict[str, str]]:
    """The inputs of the action that opens the pull request."""
    return []


@pytest.fixture
def runner(tmp_path: Path, proposals: list[dict[str, str]]) -> Runner:
    runner = Runner(tmp_path, tmp_path / "runner")
    runner.actions = {
        "actions/checkout": lambda _: None,
        "actions/setup-python": lambda _: None,
        "peter-evans/create-pull-request": proposals.append,
    }
    runner.stand_in("pip", "exit 0")
    runner.stand_in("python", f'exec {sys.executable} "$@"')
    runner.contexts["github"] = {"repository": "octo-org/runner-registration", "token": "t0ken"}
    runner.environment = {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "octo-org/runner-registration",
        "GITHUB_RUN_ID": "1",
    }
    return runner


def nox(sync: str, tests: str) -> str:
    """Return a stand-in for nox: one command for `sync`, one for the README's test command."""
    return f'if [ "$1" = -s ]; then shift 3; {sync}; else shift; {tests}; fi'


SYNCED = 'echo "# Report" > "$4"; printf "title=Add x\\nbump=minor\\n" >> "$GITHUB_OUTPUT"'


@pytest.mark.parametrize(
    ("tests", "status", "body"),
    [
        pytest.param(
            f"echo '{json.dumps(NOX_REPORT)}' > \"$1\"; exit 1",
            "failed",
            ["# Tests: failed", "- `drift`: success", "- `tests`: failed"],
            id="failed",
        ),
        pytest.param("exit 2", "failed", ["# Tests: failed", "nox did not finish."], id="not finished"),
        pytest.param('echo \'{"sessions": []}\' > "$1"', "passed", ["# Tests: passed"], id="passed"),
    ],
)
def test_the_pull_request_shows_the_result_of_the_tests(
    tests: str, status: str, body: list[str], runner: Runner, proposals: list[dict[str, str]]
) -> None:
    runner.stand_in("nox", nox(SYNCED, tests))
    assert runner.run(STEPS) == (status == "failed"), runner.printed
    (proposal,) = proposals
    assert proposal["title"] == proposal["commit-message"] == "Add x"
    assert proposal["labels"].splitlines() == ["release: minor", f"tests: {status}"]
    assert proposal["draft"] == str(status == "failed")
    lines = [line for line in Path(proposal["body-path"]).read_text().splitlines() if line]
    assert lines[: len(body)] == body
    assert "https://github.com/octo-org/runner-registration/actions/runs/1" in lines[-3]
    assert lines[-1] == "# Report"


# Shows the labels of a pull request, and notes the labels and the state that it is told to set.
GH = """
case "$1 $2" in
  "pr view") echo '{"labels": [{"name": "urgent"}, {"name": "release: major"}, {"name": "tests: failed"}]}' ;;
  "api --method") echo "$4 $(cat)" >> "$RUNNER_TEMP/gh" ;;
  *) echo "$@" >> "$RUNNER_TEMP/gh" ;;
esac"""


@pytest.mark.parametrize(
    ("tests", "status", "draft"),
    [pytest.param("exit 0", "passed", "", id="passed"), pytest.param("exit 1", "failed", " --undo", id="failed")],
)
def test_an_open_pull_request_shows_only_the_newest_result(tests: str, status: str, draft: str, runner: Runner) -> None:
    runner.actions["peter-evans/create-pull-request"] = lambda _: {"pull-request-number": "7"}
    runner.stand_in("nox", nox(SYNCED, tests))
    runner.stand_in("gh", GH)
    assert runner.run(STEPS) == (status == "failed"), runner.printed
    labels = json.dumps({"labels": ["urgent", "release: minor", f"tests: {status}"]})
    assert (runner.temporary / "gh").read_text().splitlines() == [
        f"repos/octo-org/runner-registration/issues/7/labels {labels}",
        f"pr ready 7{draft}",
    ]


def test_there_is_no_pull_request_if_sync_fails(runner: Runner, proposals: list[dict[str, str]]) -> None:
    runner.stand_in("nox", nox("exit 1", "exit 0"))
    assert runner.run(STEPS) == 1
    assert proposals == []


@pytest.mark.slow
def test_a_new_version_is_synced_tested_and_proposed(
    project: Project, server: Server, runner: Runner, proposals: list[dict[str, str]]
) -> None:
    description = documents.load(HERE.slice)
    app = documents.load(HERE.app.slice)
    description["paths"] |= app["paths"]
    for kind, components in app["components"].items():
        description["components"].setdefault(kind, {}).update(components)
    description["info"]["version"] = "99.0.0"
    del description["components"]["schemas"]["repository"]["properties"]["topics"]
    publish(server, "99.0.0", pack(json.dumps(description).encode()))
    cache = runner.temporary / "cache" / "runner-registration"
    cache.mkdir(parents=True)
    (cache / "node").symlink_to(_node.node_modules(HERE.root, dev=True).parents[1])
    runner.environment |= {
        **project.environment,
        "npm_config_registry": server.url,
        "npm_config_cache": str(runner.temporary / "npm"),
        "XDG_CACHE_HOME": str(cache.parent),
    }
    runner.folder = project.root
    runner.stand_in("nox", nox(f'{sys.executable} -m pipeline sync "$@"', 'echo \'{"sessions": []}\' > "$1"'))
    before = project.files()
    assert runner.run(STEPS) == 0, runner.printed
    (proposal,) = proposals
    assert "Repository.topics" in proposal["title"]
    assert proposal["labels"].splitlines() == ["release: major", "tests: passed"]
    assert "`Repository.topics`" in Path(proposal["body-path"]).read_text()
    after = project.files()
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert {name.partition("/")[0] for name in changed} == set(proposal["add-paths"].split())


# --- release


@pytest.fixture
def release() -> dict[str, dict[str, Any]]:
    """The steps of the workflow that have a name."""
    jobs = load(WORKFLOWS / "release.yml")["jobs"]
    return {step["name"]: step for job in jobs.values() for step in job["steps"] if "name" in step}


CHANGELOG = """\
# Changelog

## 1.10.0 (2026-11-26)

- Ten.

## 1.1.0 (2026-01-01)

- One.
"""


@pytest.mark.parametrize(
    ("tag", "version", "notes"),
    [
        pytest.param("v1.10.0", "1.10.0", "\n- Ten.\n\n", id="newest"),
        pytest.param("v1.1.0", "1.1.0", "\n- One.\n", id="oldest"),
        pytest.param("v1.1.0", "1.10.0", "The version is not 1.1.0.", id="another version"),
        pytest.param("v2.0.0", "2.0.0", "CHANGELOG.md has no section 2.0.0.", id="no section"),
    ],
)
def test_the_notes_of_a_release_are_its_section_of_the_changelog(
    tag: str, version: str, notes: str, release: dict[str, dict[str, Any]], runner: Runner
) -> None:
    source = runner.folder / "src" / "runner_registration" / "_version.py"
    source.parent.mkdir(parents=True)
    source.write_text(f'__version__ = "{version}"\n')
    (runner.folder / "CHANGELOG.md").write_text(CHANGELOG)
    runner.environment["GITHUB_REF_NAME"] = tag
    if runner.run([release["Write the release notes"]]):
        assert runner.printed == f"::error::{notes}\n"
    else:
        assert (runner.temporary / "notes.md").read_text() == notes


def test_a_release_has_the_distributions_and_the_sbom(release: dict[str, dict[str, Any]], runner: Runner) -> None:
    for name in ("dist/a.whl", "dist/a.tar.gz", "sbom/package.json", "notes/notes.md"):
        path = runner.folder / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    runner.environment["GITHUB_REF_NAME"] = "v1.1.0"
    runner.contexts["github"] = {"repository": "octo-org/runner-registration", "token": "t0ken"}
    runner.stand_in("gh", 'echo "$@" "$GH_REPO" "$GH_TOKEN"')
    assert runner.run([release["Create the release"]]) == 0
    assert runner.printed == (
        "release create v1.1.0 dist/a.tar.gz dist/a.whl sbom/package.json --verify-tag --title v1.1.0"
        " --notes-file notes/notes.md octo-org/runner-registration t0ken\n"
    )


# --- the action

# Installing packages is left out: they are installed here already.
PYTHON = f"""if [ "$2" = pip ]; then echo "$@" >> "$PIP_LOG"; else exec {sys.executable} "$@"; fi"""
# Records how the command is called, and does what it does.
RECORDING_PYTHON = """
[ "$2" = pip ] && exit
shift 2
cat > "$RUNNER_TEMP/stdin"
echo "$*" | sed "s#$RUNNER_TEMP#TEMP#; s#[.]....../#/#" > "$RUNNER_TEMP/arguments"
while [ "$1" != --output ]; do shift; done
printf '::add-mask::T0KEN\\nT0KEN\\n' > "$2"
"""


def act(runner: Runner, python: str, **inputs: str) -> int:
    """Run the action."""
    action = load(ACTION)
    defaults = {name: given.get("default", "") for name, given in action["inputs"].items()}
    runner.contexts["inputs"] = {**defaults, **{name.replace("_", "-"): value for name, value in inputs.items()}}
    runner.stand_in("python", python)
    runner.contexts["steps"]["python"] = {"outputs": {"python-path": str(runner.commands / "python")}}
    runner.environment |= {"GITHUB_ACTION_PATH": str(HERE.root), "PIP_LOG": str(runner.temporary / "pip.log")}
    status = runner.run(action["runs"]["steps"])
    runner.contexts["steps"].setdefault("token", {"outputs": {}})
    return status


def test_the_action_masks_the_token_before_it_is_an_output(runner: Runner) -> None:
    with RegistrationServer() as server:
        runner.environment |= server.environ
        assert act(runner, PYTHON, org="octo-org", credential="s3cret") == 0, runner.printed
        (request,) = server.requests
    assert request.path == "/orgs/octo-org/actions/runners/registration-token"
    token = runner.contexts["steps"]["token"]["outputs"]["token"]
    assert token
    assert runner.printed == f"::add-mask::{token}\n"
    assert not list(runner.temporary.glob("runner-registration.*"))
    (pip,) = (runner.temporary / "pip.log").read_text().splitlines()
    assert f"--require-hashes --requirement {HERE.root}/requirements/action.txt" in pip
    assert runner._evaluate(load(ACTION)["outputs"]["token"]["value"].strip("${} ")) == token


def test_the_action_fails_without_an_output_if_there_is_no_token(runner: Runner) -> None:
    with RegistrationServer() as server:
        server.use("not_found")
        runner.environment |= server.environ
        assert act(runner, PYTHON, org="octo-org", credential="s3cret") == 4
    assert runner.contexts["steps"]["token"]["outputs"] == {}
    assert "s3cret" not in runner.printed


CALL = "token --format mask --output TEMP/runner-registration/token"


@pytest.mark.parametrize(
    ("inputs", "arguments", "stdin"),
    [
        pytest.param({"credential": "s3cret"}, "--credential-file -", "s3cret", id="credential"),
        pytest.param(
            {"app_id": "1", "app_private_key": "k3y\nk3y\n"}, "--app-id 1 --app-key-file -", "k3y\nk3y\n", id="app"
        ),
        pytest.param(
            {"app_id": "1", "app_private_key": "k3y", "app_installation_id": "2"},
            "--app-id 1 --app-key-file - --app-installation-id 2",
            "k3y",
            id="app and installation",
        ),
    ],
)
def test_the_action_passes_secrets_on_standard_input(
    inputs: dict[str, str], arguments: str, stdin: str, runner: Runner
) -> None:
    assert act(runner, RECORDING_PYTHON, org="octo-org", **inputs) == 0, runner.printed
    assert (runner.temporary / "arguments").read_text() == f"{CALL} {arguments} -- octo-org\n"
    assert (runner.temporary / "stdin").read_text() == stdin
    assert runner.contexts["steps"]["token"]["outputs"] == {"token": "T0KEN"}


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"app_id": "1"},
        {"app_private_key": "k3y"},
        {"app_id": "1", "app_installation_id": "2"},
        {"credential": "s3cret", "app_id": "1"},
        {"credential": "s3cret", "app_id": "1", "app_private_key": "k3y"},
    ],
    ids=lambda inputs: "+".join(inputs) or "none",
)
def test_the_action_requires_one_complete_credential(inputs: dict[str, str], runner: Runner) -> None:
    assert act(runner, RECORDING_PYTHON, org="octo-org", **inputs) == 2
    assert runner.printed == "::error::Set either credential, or app-id and app-private-key.\n"


def test_the_token_file_is_private(runner: Runner) -> None:
    act(runner, RECORDING_PYTHON.replace("printf", 'stat -c %a "$(dirname "$2")"; printf'), org="o", credential="s")
    assert runner.printed.splitlines()[0] == f"{stat.S_IRWXU:o}"
