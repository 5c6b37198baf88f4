"""`sync`, `generate` and `drift` as they are run: in a copy of the project, which changes as a whole or not at all."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from .descriptions import OPERATION_ID, description, responses, schemas, write
from .projects import Project
from .servers import Server, integrity, pack, publish

pytestmark = pytest.mark.slow

_CONTRACT = "openapi/openapi.yaml"
_CLIENT = "generated/runner_registration_api"


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A small description that has what the project lists."""
    return write(tmp_path / "upstream.json", description())


# --- all


def test_sync_makes_everything_from_a_description(project: Project, upstream: Path) -> None:
    done = project.run("sync", "--upstream", upstream)
    assert (done.returncode, done.stderr) == (0, "")
    stages = ["upstream", "slice", "contract", "lint", "client", "provenance", "replace"]
    timed = re.findall(r"^(\w+) .+ - \d+\.\d s$", done.stdout, re.MULTILINE)
    assert [name for name in timed if name in stages] == stages
    source = json.loads((project.root / "openapi/provenance.json").read_text())["source"]
    assert source["file"] == "upstream.json"
    assert not (project.root / _CLIENT / "models/repository.py").exists()
    assert project.run("drift").returncode == 0


def test_sync_again_asks_for_a_version_where_a_file_pinned_none(project: Project, upstream: Path) -> None:
    write(project.root / "openapi/provenance.json", {"source": {"file": upstream.name}})
    assert "say which by --upstream VERSION" in project.run("sync").stderr


def test_generate_makes_what_is_committed_again(project: Project) -> None:
    before = project.files()
    (project.root / _CONTRACT).unlink()
    (project.root / _CLIENT / "stale.py").touch()
    assert project.run("generate").returncode == 0
    assert project.files() == before


def test_generate_from_another_slice_leaves_the_project_alone(project: Project, tmp_path: Path) -> None:
    document = description()
    del document["paths"]["/gists"], schemas(document)["gist"]
    slice_ = write(tmp_path / "slice.json", document)
    before = project.files()
    assert project.run("generate", "--slice", slice_, "--output", tmp_path / "output").returncode == 0
    assert project.files() == before
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["openapi.yaml", "runner_registration_api"]


def test_generate_from_another_slice_asks_where_to(project: Project, upstream: Path) -> None:
    done = project.run("generate", "--slice", upstream)
    assert done.returncode == 2
    assert "--slice needs --output" in done.stderr


# --- or nothing


@dataclass(frozen=True)
class Place:
    """Where a failure is set up."""

    project: Project
    folder: Path
    server: Server
    environment: dict[str, str]

    def upstream(self, document: object) -> Path:
        return write(self.folder / "upstream.json", document)

    def take_npm_to(self, registry: str) -> None:
        """Let npm know nothing but what a registry has."""
        self.environment["npm_config_registry"] = registry
        self.environment["npm_config_fetch_retries"] = "0"
        self.environment["npm_config_cache"] = str(self.folder / "npm")
        self.environment["XDG_CACHE_HOME"] = str(self.folder / "cache")


@pytest.fixture
def place(project: Project, server: Server, tmp_path: Path) -> Place:
    folder, temporary = tmp_path / "place", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    return Place(project, folder, server, {"TMPDIR": str(temporary)})


Failure = Callable[[Place], list[str | Path]]


def no_network(place: Place) -> list[str | Path]:
    place.take_npm_to("http://127.0.0.1:1")
    return ["sync"]


def no_network_for_the_tools(place: Place) -> list[str | Path]:
    place.take_npm_to("http://127.0.0.1:1")
    return ["sync", "--upstream", place.upstream(description())]


def wrong_hash(place: Place) -> list[str | Path]:
    place.take_npm_to(place.server.url)
    publish(place.server, "1.2.3", pack(json.dumps(description()).encode()))
    source = {"version": "1.2.3", "integrity": integrity(b"other")}
    write(place.project.root / "openapi/provenance.json", {"source": source})
    return ["sync"]


def broken_provenance(place: Place) -> list[str | Path]:
    (place.project.root / "openapi/provenance.json").write_text("{")
    return ["sync"]


def not_json(place: Place) -> list[str | Path]:
    path = place.folder / "upstream.json"
    path.write_text("<html>")
    return ["sync", "--upstream", path]


def nonsense(_: Place) -> list[str | Path]:
    return ["sync", "--upstream", "22"]


def operation_gone(place: Place) -> list[str | Path]:
    document = description()
    document["paths"] = {"/gists": document["paths"]["/gists"]}
    return ["sync", "--upstream", place.upstream(document)]


def dangling_reference(place: Place) -> list[str | Path]:
    document = description()
    responses(document)["404"] = {"$ref": "#/components/responses/not_found"}
    return ["sync", "--upstream", place.upstream(document)]


def no_list(place: Place) -> list[str | Path]:
    (place.project.root / "openapi/operations.txt").unlink()
    return ["sync", "--upstream", place.upstream(description())]


def unmatched_overlay(place: Place) -> list[str | Path]:
    place.project.edit("openapi/overlay.yaml", "target: $.info\n", "target: $.information\n")
    return ["generate"]


def no_slice(place: Place) -> list[str | Path]:
    return ["generate", "--slice", place.folder / "gone.yaml", "--output", place.folder / "output"]


def no_openapi(place: Place) -> list[str | Path]:
    return [
        "generate",
        "--slice",
        write(place.folder / "slice.json", {"openapi": "3.0.3", "paths": []}),
        "--output",
        "x",
    ]


def bad_example(place: Place) -> list[str | Path]:
    document = description()
    document["components"]["examples"]["authentication-token"]["value"]["token"] = 1
    return ["sync", "--upstream", place.upstream(document)]


def generator_warning(place: Place) -> list[str | Path]:
    document = description()
    # The generator has no name for the second.
    schemas(document)["authentication-token"]["properties"] |= {"+1": {"type": "integer"}, "-1": {"type": "integer"}}
    return ["sync", "--upstream", place.upstream(document)]


def broken_template(place: Place) -> list[str | Path]:
    (place.project.root / "templates/errors.py.jinja").write_text("{% if %}")
    return ["generate"]


def unwritable_target(place: Place) -> list[str | Path]:
    # Not by permissions: the tests may run as root.
    generated = place.project.root / "generated"
    generated.rename(place.folder / "generated")
    generated.touch()
    return ["generate"]


@pytest.mark.parametrize(
    ("failure", "stage", "reason"),
    [
        pytest.param(no_network, "upstream", "request to http://127.0.0.1:1/", id="no network"),
        pytest.param(no_network_for_the_tools, "slice", "npm ci failed: ", id="no network for the tools"),
        pytest.param(wrong_hash, "upstream", "@octokit/openapi 1.2.3 has the hash ", id="wrong hash"),
        pytest.param(broken_provenance, "upstream", "provenance.json is broken", id="broken pin"),
        pytest.param(not_json, "upstream", "upstream.json is not JSON: ", id="not JSON"),
        pytest.param(nonsense, "upstream", "--upstream '22' is no file, ", id="nonsense"),
        pytest.param(operation_gone, "slice", f"no operation {OPERATION_ID}", id="operation gone"),
        pytest.param(dangling_reference, "slice", "a dangling $ref at #/paths/", id="dangling $ref"),
        pytest.param(no_list, "slice", "operations.txt can't be read: ", id="no list of operations"),
        pytest.param(unmatched_overlay, "contract", "action 1 matches nothing: $.information", id="unmatched overlay"),
        pytest.param(no_slice, "contract", "gone.yaml: No such file", id="no slice"),
        pytest.param(no_openapi, "contract", "openapi-spec-validator: $: ", id="slice is no OpenAPI"),
        pytest.param(bad_example, "lint", "first no-invalid-media-type-examples at #/components/examples/", id="lint"),
        pytest.param(generator_warning, "client", "Warning(s) encountered", id="generator warning"),
        pytest.param(broken_template, "client", "TemplateSyntaxError", id="generator error"),
        pytest.param(unwritable_target, "replace", "generated can't be written: ", id="unwritable target"),
    ],
)
def test_a_failure_is_one_line_and_changes_nothing(failure: Failure, stage: str, reason: str, place: Place) -> None:
    arguments = failure(place)
    before = place.project.files()
    done = place.project.run(*arguments, **place.environment)
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"{arguments[0]} failed at {stage}: ")
    assert reason in said
    assert done.returncode == 1
    assert place.project.files() == before
    # Node keeps a cache of its own there.
    assert {path.name for path in Path(place.environment["TMPDIR"]).iterdir()} <= {"node-compile-cache"}


# Whatever runs the tests in the background may have taught its children to ignore the signal.
_LISTENING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
"""


def test_a_credential_in_an_address_is_never_shown(project: Project) -> None:
    done = project.run("sync", "--upstream", "http://user:s3cret@127.0.0.1:1/api.json?token=s3cret")
    assert "http://127.0.0.1:1/api.json: " in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("stage", ["upstream", "slice", "lint", "client"])
def test_an_interrupt_is_one_line_and_changes_nothing(
    stage: str, project: Project, upstream: Path, server: Server
) -> None:
    server.answers["/upstream.json"] = None if stage == "upstream" else upstream.read_bytes()
    before = project.files()
    with subprocess.Popen(
        [sys.executable, "-c", _LISTENING, "sync", "--upstream", f"{server.url}/upstream.json"],
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        said = ""
        while not said.endswith(f"{stage:<10} "):
            read = process.stdout.read(1)
            assert read, "it ended before it was interrupted"
            said += read
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert complaint == "sync interrupted; nothing has changed\n"
    assert process.returncode == 130
    assert project.files() == before


# --- drift


def test_drift_names_every_file_that_differs(project: Project) -> None:
    client = project.root / _CLIENT
    (client / "py.typed").unlink()
    (client / "added.py").touch()
    project.edit(f"{_CLIENT}/client.py", "def ", "def  ")
    project.edit(_CONTRACT, "Bad credentials", "Good credentials")
    project.edit("openapi/provenance.json", '"api_version": "2', '"api_version": "3')
    before = project.files()
    done = project.run("drift")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-5:] == [
        f"  {_CLIENT}/added.py",
        f"  {_CLIENT}/client.py",
        f"  {_CLIENT}/py.typed",
        f"  {_CONTRACT}",
        "  openapi/provenance.json",
    ]
    assert project.files() == before


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param(
            {"openapi/slice.yaml": ("The token used for authentication", "Ours")},
            [f"{_CLIENT}/models/authentication_token.py", _CONTRACT, "openapi/provenance.json"],
            id="slice",
        ),
        pytest.param(
            {
                "openapi/operations.txt": (OPERATION_ID, f"{OPERATION_ID}\ngists/list"),
                "openapi/overlay.yaml": ("message: Bad credentials", "message: Worse credentials"),
                "templates/errors.py.jinja": ("the server answered", "a server answered"),
            },
            [f"{_CLIENT}/errors.py", _CONTRACT, "openapi/provenance.json", "openapi/slice.yaml"],
            id="list, overlay and template",
        ),
    ],
)
def test_drift_names_what_edited_inputs_no_longer_give(
    edits: dict[str, tuple[str, str]], expected: list[str], project: Project
) -> None:
    for name, (old, new) in edits.items():
        project.edit(name, old, new)
    done = project.run("drift")
    assert done.returncode == 1
    assert [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")] == expected
