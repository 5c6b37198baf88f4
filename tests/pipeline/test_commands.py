"""`sync`, `generate` and `drift`, run in a copy of the project. A command changes everything or nothing."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import commands
from pipeline.layout import Layout
from pipeline.stages import StageError
from pipeline.upstream import PACKAGE, Description

from .descriptions import OPERATION_ID, description, schemas, write
from .projects import Project
from .servers import Server

pytestmark = pytest.mark.slow

_CONTRACT = "openapi/openapi.yaml"
_CLIENT = "generated/runner_registration_api"


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A small description of the operation that the project lists."""
    return write(tmp_path / "upstream.json", description())


# --- everything


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


def test_sync_requires_a_version_after_a_sync_from_a_file(project: Project, upstream: Path) -> None:
    write(project.root / "openapi/provenance.json", {"source": {"file": upstream.name}})
    assert "choose one with --upstream VERSION" in project.run("sync").stderr


def test_sync_from_a_part_of_the_api_keeps_the_app_part(project: Project, upstream: Path) -> None:
    app = project.root / "openapi/app"
    before = {path.name: path.read_bytes() for path in app.iterdir()}
    assert project.run("sync", "--upstream", upstream).returncode == 0
    assert {path.name: path.read_bytes() for path in app.iterdir()} == before


def test_the_package_has_the_whole_api(project: Project, tmp_path: Path) -> None:
    made = Layout(tmp_path / "made")
    made.app.slice.parent.mkdir(parents=True)
    with pytest.raises(StageError, match="no operation apps/create-installation-access-token, apps/get-org-inst"):
        commands.slice_parts(Description(description(), {"package": PACKAGE}), made, Layout(project.root))


def test_generate_restores_the_committed_files(project: Project) -> None:
    before = project.files()
    (project.root / _CONTRACT).unlink()
    (project.root / _CLIENT / "stale.py").touch()
    assert project.run("generate").returncode == 0
    assert project.files() == before


def test_generate_from_another_slice_does_not_change_the_project(project: Project, tmp_path: Path) -> None:
    document = description()
    del document["paths"]["/gists"], schemas(document)["gist"]
    slice_ = write(tmp_path / "slice.json", document)
    before = project.files()
    assert project.run("generate", "--slice", slice_, "--output", tmp_path / "output").returncode == 0
    assert project.files() == before
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["openapi.yaml", "runner_registration_api"]


def test_generate_from_another_slice_requires_an_output_folder(project: Project, upstream: Path) -> None:
    done = project.run("generate", "--slice", upstream)
    assert done.returncode == 2
    assert "--slice requires --output" in done.stderr


# --- news


def news(project: Project) -> dict[str, str]:
    """Return the changelog fragments."""
    return {path.name: path.read_text() for path in (project.root / "changes").glob("*.md")}


def test_the_news_of_several_syncs_is_everything_since_the_release(
    project: Project, upstream: Path, tmp_path: Path
) -> None:
    released = project.root / "openapi/released-slice.yaml"
    assert project.run("sync", "--upstream", upstream).returncode == 0
    released.unlink()
    for path in (project.root / "changes").glob("*.md"):
        path.unlink()

    # One version of the description, with one operation more.
    project.edit("openapi/operations.txt", OPERATION_ID, f"{OPERATION_ID}\ngists/list")
    output = tmp_path / "output"
    assert project.run("sync", "--upstream", upstream, GITHUB_OUTPUT=str(output)).returncode == 0
    assert output.read_text().splitlines() == ["bump=minor", "title=Add list"]
    assert news(project) == {"+github.minor.md": "GitHub's description 1.1.4: `list_`: operation added.\n"}

    # The same version again, with another field.
    changed = description()
    schemas(changed)["authentication-token"]["properties"]["count"] = {"type": "integer"}
    write(upstream, changed)
    output.unlink()
    assert project.run("sync", "--upstream", upstream, GITHUB_OUTPUT=str(output)).returncode == 0
    assert output.read_text().splitlines() == [
        "bump=minor",
        "title=AuthenticationToken.count: optional field added",
    ]
    (text,) = news(project).values()
    assert "`list_`: operation added" in text
    assert "`AuthenticationToken.count`: optional field added" in text

    # No change keeps the news, and the version that they require.
    done = project.run("sync", "--upstream", upstream)
    assert "No change in the slice." in done.stdout
    assert "Next version: none" not in done.stdout
    assert news(project) == {"+github.minor.md": text}

    # A breaking change replaces the fragment by one with another name.
    del schemas(changed)["authentication-token"]["properties"]["repository_selection"]
    write(upstream, changed)
    assert project.run("sync", "--upstream", upstream).returncode == 0
    assert list(news(project)) == ["+github.major.md"]

    # Back to the release.
    project.edit("openapi/operations.txt", "\ngists/list", "")
    write(upstream, description())
    assert project.run("sync", "--upstream", upstream).returncode == 0
    assert news(project) == {}
    assert not released.exists()


# --- nothing


Arguments = list[str | Path]
Failure = Callable[[Project, Path], Arguments]


def no_network(project: Project, folder: Path) -> Arguments:
    project.environment |= {"npm_config_registry": "http://127.0.0.1:1", "npm_config_fetch_retries": "0"}
    project.environment |= {"npm_config_cache": str(folder / "npm"), "XDG_CACHE_HOME": str(folder / "cache")}
    return ["sync"]


def no_network_for_the_tools(project: Project, folder: Path) -> Arguments:
    return [*no_network(project, folder), "--upstream", write(folder / "upstream.json", description())]


def unmatched_overlay(project: Project, _: Path) -> Arguments:
    project.edit("openapi/overlay.yaml", "target: $.info\n", "target: $.information\n")
    return ["generate"]


def no_slice(_: Project, folder: Path) -> Arguments:
    return ["generate", "--slice", folder / "gone.yaml", "--output", folder / "output"]


def no_openapi(_: Project, folder: Path) -> Arguments:
    slice_ = write(folder / "slice.json", {"openapi": "3.0.3", "paths": []})
    return ["generate", "--slice", slice_, "--output", folder / "output"]


def bad_example(_: Project, folder: Path) -> Arguments:
    document = description()
    document["components"]["examples"]["authentication-token"]["value"]["token"] = 1
    return ["sync", "--upstream", write(folder / "upstream.json", document)]


def generator_warning(_: Project, folder: Path) -> Arguments:
    document = description()
    # The generator makes the same Python name for both.
    schemas(document)["authentication-token"]["properties"] |= {"+1": {"type": "integer"}, "-1": {"type": "integer"}}
    return ["sync", "--upstream", write(folder / "upstream.json", document)]


def broken_template(project: Project, _: Path) -> Arguments:
    (project.root / "templates/errors.py.jinja").write_text("{% if %}")
    return ["generate"]


def unwritable_target(project: Project, folder: Path) -> Arguments:
    # Not by permissions, because the tests can run as root.
    generated = project.root / "generated"
    generated.rename(folder / "generated")
    generated.touch()
    return ["generate"]


@pytest.mark.parametrize(
    ("failure", "stage", "reason"),
    [
        pytest.param(no_network, "upstream", "request to http://127.0.0.1:1/", id="no network"),
        pytest.param(no_network_for_the_tools, "lint", "npm ci failed: ", id="no network for the tools"),
        pytest.param(no_slice, "contract", "gone.yaml: No such file", id="no slice"),
        pytest.param(no_openapi, "contract", "openapi-spec-validator: $: ", id="slice is not OpenAPI"),
        pytest.param(unmatched_overlay, "contract", "action 1 matches nothing: $.information", id="unmatched overlay"),
        pytest.param(bad_example, "lint", "redocly: no-invalid-media-type-examples at #/components/", id="lint"),
        pytest.param(generator_warning, "client", "Warning(s) encountered", id="generator warning"),
        pytest.param(broken_template, "client", "TemplateSyntaxError", id="generator error"),
        pytest.param(unwritable_target, "replace", "generated cannot be written: ", id="unwritable target"),
    ],
)
def test_a_failure_is_one_line_and_changes_nothing(
    failure: Failure, stage: str, reason: str, project: Project, tmp_path: Path
) -> None:
    folder, temporary = tmp_path / "folder", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    arguments = failure(project, folder)
    before = project.files()
    done = project.run(*arguments, TMPDIR=str(temporary))
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{arguments[0]} failed at {stage}: ")
    assert reason in line
    assert done.returncode == 1
    assert project.files() == before
    # Node keeps a cache there.
    assert {path.name for path in temporary.iterdir()} <= {"node-compile-cache"}


def test_never_shows_a_credential_in_a_url(project: Project) -> None:
    done = project.run("sync", "--upstream", "http://user:s3cret@127.0.0.1:1/api.json?token=s3cret")
    assert "http://127.0.0.1:1/api.json: " in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("stage", ["upstream", "slice", "lint", "client"])
def test_an_interrupt_is_one_line_and_changes_nothing(
    stage: str, project: Project, upstream: Path, server: Server
) -> None:
    server.responses["/upstream.json"] = None if stage == "upstream" else upstream.read_bytes()
    before = project.files()
    with subprocess.Popen(
        project.command("sync", "--upstream", f"{server.url}/upstream.json"),
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        output = ""
        while not output.endswith(f"{stage:<10} "):
            character = process.stdout.read(1)
            assert character, "the command ended before it was interrupted"
            output += character
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert error == "sync interrupted: nothing has changed\n"
    assert process.returncode == 130
    assert project.files() == before


# --- drift


def test_drift_lists_every_file_that_differs(project: Project) -> None:
    client = project.root / _CLIENT
    (client / "py.typed").unlink()
    (client / "added.py").touch()
    project.edit(f"{_CLIENT}/client.py", "import ", "import  ")
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
                "templates/errors.py.jinja": ("Errors that", "Errors which"),
            },
            [
                f"{_CLIENT}/errors.py",
                "openapi/app/openapi.yaml",
                _CONTRACT,
                "openapi/provenance.json",
                "openapi/slice.yaml",
            ],
            id="list, overlay and template",
        ),
    ],
)
def test_drift_lists_files_whose_inputs_were_edited(
    edits: dict[str, tuple[str, str]], expected: list[str], project: Project
) -> None:
    for name, (old, new) in edits.items():
        project.edit(name, old, new)
    done = project.run("drift")
    assert done.returncode == 1
    assert [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")] == expected
