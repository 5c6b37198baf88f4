"""`sync`, `generate` and `drift`, run in a copy of the project. A command changes everything or nothing."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from functools import partial
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
    app = {path: path.read_bytes() for path in (project.root / "openapi/app").iterdir()}
    done = project.run("sync", "--upstream", upstream)
    assert (done.returncode, done.stderr) == (0, "")
    stages = ["upstream", "slice", "contract", "lint", "client", "provenance", "replace"]
    timed = re.findall(r"^(\w+) .+ - \d+\.\d s$", done.stdout, re.MULTILINE)
    assert [name for name in timed if name in stages] == stages
    source = json.loads(project.layout.provenance.read_text())["source"]
    assert source["file"] == "upstream.json"
    assert not (project.layout.client / "models/repository.py").exists()
    # This description is a part of the API, without the sign-in of an app.
    assert {path: path.read_bytes() for path in (project.root / "openapi/app").iterdir()} == app
    assert commands.drift(project.layout) == []


def test_sync_requires_a_version_after_a_sync_from_a_file(project: Project) -> None:
    write(project.layout.provenance, {"source": {"file": "upstream.json"}})
    with pytest.raises(StageError, match="choose one with --upstream VERSION"):
        commands.sync(here=project.layout)


def test_the_package_has_the_whole_api(project: Project, tmp_path: Path) -> None:
    made = Layout(tmp_path / "made")
    made.app.slice.parent.mkdir(parents=True)
    with pytest.raises(StageError, match="no operation apps/create-installation-access-token, apps/get-org-inst"):
        commands.slice_parts(Description(description(), {"package": PACKAGE}), made, project.layout)


def test_generate_restores_the_committed_files(project: Project) -> None:
    before = project.files()
    project.layout.contract.unlink()
    (project.layout.client / "stale.py").touch()
    commands.generate(here=project.layout)
    assert project.files() == before


@pytest.mark.usefixtures("quick")
def test_generate_from_another_slice_does_not_change_the_project(project: Project, tmp_path: Path) -> None:
    document = description()
    del document["paths"]["/gists"], schemas(document)["gist"]
    slice_ = write(tmp_path / "slice.json", document)
    before = project.files()
    commands.generate(slice_, tmp_path / "output", project.layout)
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


@pytest.mark.usefixtures("quick")
def test_the_news_of_several_syncs_is_everything_since_the_release(
    project: Project,
    upstream: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))

    def sync(document: object) -> list[str]:
        """Sync, and return the outputs of the step."""
        output.write_text("")
        commands.sync(str(write(upstream, document)), here=project.layout)
        return output.read_text().splitlines()

    sync(description())
    project.layout.released.unlink()
    for path in project.layout.news.glob("*.md"):
        path.unlink()

    # One version of the description, with one operation more.
    project.edit("openapi/operations.txt", OPERATION_ID, f"{OPERATION_ID}\ngists/list")
    assert sync(description()) == ["bump=minor", "title=Add list"]
    assert news(project) == {"+github.minor.md": "GitHub's description 1.1.4: `list_`: operation added.\n"}

    # The same version again, with another field.
    changed = description()
    schemas(changed)["authentication-token"]["properties"]["count"] = {"type": "integer"}
    assert sync(changed) == ["bump=minor", "title=AuthenticationToken.count: optional field added"]
    (text,) = news(project).values()
    assert "`list_`: operation added" in text
    assert "`AuthenticationToken.count`: optional field added" in text

    # No change keeps the news, and the version that they require.
    capsys.readouterr()
    sync(changed)
    printed = capsys.readouterr().out
    assert "No change in the slice." in printed
    assert "Next version: none" not in printed
    assert news(project) == {"+github.minor.md": text}

    # A breaking change replaces the fragment by one with another name.
    del schemas(changed)["authentication-token"]["properties"]["repository_selection"]
    sync(changed)
    assert list(news(project)) == ["+github.major.md"]

    # Back to the release.
    project.edit("openapi/operations.txt", "\ngists/list", "")
    sync(description())
    assert news(project) == {}
    assert not project.layout.released.exists()


# --- nothing


@pytest.mark.parametrize(
    ("upstream", "stage", "reason"),
    [
        pytest.param(None, "upstream", "request to http://127.0.0.1:1/", id="description"),
        pytest.param(description(), "lint", "npm ci failed: ", id="tools"),
    ],
)
def test_without_a_network_sync_fails_with_one_line(
    upstream: object, stage: str, reason: str, project: Project, tmp_path: Path
) -> None:
    project.environment |= {"npm_config_registry": "http://127.0.0.1:1", "npm_config_fetch_retries": "0"}
    project.environment |= {"npm_config_cache": str(tmp_path / "npm"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    arguments: list[str | Path] = ["--upstream", write(tmp_path / "upstream.json", upstream)] if upstream else []
    before = project.files()
    done = project.run("sync", *arguments)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"sync failed at {stage}: ")
    assert reason in line
    assert done.returncode == 1
    assert project.files() == before


Command = Callable[[], None]
Failure = Callable[[Project, Path], Command]


def sync(project: Project, folder: Path, document: object) -> Command:
    return partial(commands.sync, str(write(folder / "upstream.json", document)), here=project.layout)


def unmatched_overlay(project: Project, _: Path) -> Command:
    project.edit("openapi/overlay.yaml", "target: $.info\n", "target: $.information\n")
    return partial(commands.generate, here=project.layout)


def no_slice(project: Project, folder: Path) -> Command:
    return partial(commands.generate, folder / "gone.yaml", folder / "output", project.layout)


def no_openapi(project: Project, folder: Path) -> Command:
    slice_ = write(folder / "slice.json", {"openapi": "3.0.3", "paths": []})
    return partial(commands.generate, slice_, folder / "output", project.layout)


def bad_example(project: Project, folder: Path) -> Command:
    document = description()
    document["components"]["examples"]["authentication-token"]["value"]["token"] = 1
    return sync(project, folder, document)


def generator_warning(project: Project, folder: Path) -> Command:
    document = description()
    # The generator makes the same Python name for both.
    schemas(document)["authentication-token"]["properties"] |= {"+1": {"type": "integer"}, "-1": {"type": "integer"}}
    return sync(project, folder, document)


def broken_template(project: Project, _: Path) -> Command:
    (project.layout.templates / "errors.py.jinja").write_text("{% if %}")
    return partial(commands.generate, here=project.layout)


def unwritable_target(project: Project, folder: Path) -> Command:
    # Not by permissions, because the tests can run as root.
    generated = project.root / "generated"
    generated.rename(folder / "generated")
    generated.touch()
    return partial(commands.generate, here=project.layout)


@pytest.mark.parametrize(
    ("failure", "stage", "reason"),
    [
        pytest.param(no_slice, "contract", "gone.yaml: No such file", id="no slice"),
        pytest.param(no_openapi, "contract", "openapi-spec-validator: $: ", id="slice is not OpenAPI"),
        pytest.param(unmatched_overlay, "contract", "action 1 matches nothing: $.information", id="unmatched overlay"),
        pytest.param(bad_example, "lint", "redocly: no-invalid-media-type-examples at #/components/", id="lint"),
        pytest.param(generator_warning, "client", "Warning(s) encountered", id="generator warning"),
        pytest.param(broken_template, "client", "TemplateSyntaxError", id="generator error"),
        pytest.param(unwritable_target, "replace", "generated cannot be written: ", id="unwritable target"),
    ],
)
def test_a_failure_changes_nothing(failure: Failure, stage: str, reason: str, project: Project, tmp_path: Path) -> None:
    command = failure(project, tmp_path)
    before = project.files()
    with pytest.raises(StageError) as raised:
        command()
    assert raised.value.stage == stage
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)
    assert project.files() == before


def test_never_shows_a_credential_in_a_url(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StageError, match=r"^http://127\.0\.0\.1:1/api\.json: ") as raised:
        commands.sync("http://user:s3cret@127.0.0.1:1/api.json?token=s3cret", here=project.layout)
    assert "s3cret" not in capsys.readouterr().out + str(raised.value)


@pytest.mark.parametrize("stage", ["upstream", "client"])
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
    (project.layout.client / "py.typed").unlink()
    (project.layout.client / "added.py").touch()
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


def test_drift_lists_files_whose_inputs_were_edited(project: Project) -> None:
    project.edit("openapi/operations.txt", OPERATION_ID, f"{OPERATION_ID}\ngists/list")
    project.edit("openapi/slice.yaml", "The token used for authentication", "Ours")
    project.edit("openapi/overlay.yaml", "message: Bad credentials", "message: Worse credentials")
    project.edit("templates/errors.py.jinja", "Errors that", "Errors which")
    assert commands.drift(project.layout) == [
        f"{_CLIENT}/errors.py",
        f"{_CLIENT}/models/authentication_token.py",
        "openapi/app/openapi.yaml",
        _CONTRACT,
        "openapi/provenance.json",
        "openapi/slice.yaml",
    ]
