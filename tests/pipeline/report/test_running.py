"""`report` and `sync` as they are run, in a copy of the project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import commands, documents
from pipeline.layout import HERE, Layout
from pipeline.report import running
from pipeline.report.running import Outputs
from pipeline.stages import StageError
from tests.pipeline.projects import Project

from .cases import REPOSITORY, Edit, drop, every, nothing, prop, put, remove_property

pytestmark = pytest.mark.slow

NEWER = put(("info", "version"), "99.0.0")
MORE = every(NEWER, put(prop(REPOSITORY, "x"), {"type": "string"}))
# An overlay action that matches nothing in the old slice.
ACTION = """\
  - target: $.components.schemas.repository.properties.x
    update: {description: New.}
"""


class Made:
    """What a command writes and prints."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.json, self.summary = folder / "r.json", folder / "r.md"
        self.outputs = Outputs(self.json, self.summary)
        self._capsys = capsys

    def printed(self) -> str:
        """Return what has been printed since the last call."""
        return self._capsys.readouterr().out

    def changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.json.read_text(encoding="utf-8"))["changes"]
        return found

    def places(self) -> list[str]:
        return [change["where"] for change in self.changes()]


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Made:
    return Made(tmp_path, capsys)


def edited(project: Project, path: Path, edit: Edit) -> Path:
    """Write an edited copy of the committed slice. A slice is a short description, so `sync` accepts it too."""
    slice_ = documents.load(project.layout.slice)
    edit(slice_)
    path.write_text(documents.dump(slice_), encoding="utf-8")
    return path


def commit(project: Project, tag: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (
        ("init", "--quiet"),
        ("add", "--force", "openapi", "generated"),
        (*author, "commit", "--quiet", "--allow-empty", "--message", tag),
        ("tag", tag),
    ):
        subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)


def offline(monkeypatch: pytest.MonkeyPatch, project: Project, **more: str) -> None:
    """Let git and pip find nothing outside the project."""
    ceiling = {"GIT_CEILING_DIRECTORIES": str(project.root.parent)}
    for name, value in {"PIP_NO_INDEX": "1", **ceiling, **more}.items():
        monkeypatch.setenv(name, value)


# --- report


def test_compares_two_slices_and_changes_nothing(project: Project, tmp_path: Path) -> None:
    old = edited(project, tmp_path / "old.yaml", nothing)
    new = edited(project, tmp_path / "new.yaml", remove_property(REPOSITORY, "topics"))
    before = project.files()
    done = project.run(
        "report", "--old", old, "--new", new, "--json", tmp_path / "r.json", "--summary", tmp_path / "r.md"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "r.json").read_text()) == {
        "bump": "major",
        "changes": [
            {
                "where": "Repository.topics",
                "what": "field removed",
                "level": "major",
                "seen_by": "both",
                "old": "list[str] | Unset",
                "new": None,
            }
        ],
    }
    assert (tmp_path / "r.md").read_text() in done.stdout
    assert "Compared: old.yaml and new.yaml." in done.stdout
    assert project.files() == before


@pytest.mark.usefixtures("quick")
def test_compares_the_newest_tag_as_it_was_made_with_the_working_tree(project: Project, made: Made) -> None:
    project.edit("openapi/openapi.yaml", "openapi: 3.0.3", "openapi: 3.0.2")
    commit(project, "v1.9.0")
    project.edit("openapi/openapi.yaml", "openapi: 3.0.2", "openapi: 3.0.3")
    commit(project, "v1.10.0")
    edited(project, project.layout.slice, MORE)
    with project.layout.overlay.open("a", encoding="utf-8") as overlay:
        overlay.write(ACTION)
    running.report(None, None, made.outputs, project.layout)
    assert "Compared: v1.10.0 and the working tree." in made.printed()
    assert made.places() == ["Repository.x"]


@pytest.mark.usefixtures("quick")
def test_compares_the_published_wheel_where_there_is_no_tag(
    project: Project, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copyfile(HERE.root / name, project.root / name)
    index = tmp_path / "index"
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(index)]
    subprocess.run(build, cwd=project.root, check=True, capture_output=True)
    edited(project, project.layout.slice, MORE)
    offline(monkeypatch, project, PIP_FIND_LINKS=str(index))
    running.report(None, None, made.outputs, project.layout)
    assert "Compared: runner_registration-" in made.printed()
    assert made.places() == ["Repository.x"]


@pytest.mark.usefixtures("quick")
def test_asks_for_a_slice_if_nothing_is_released(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    offline(monkeypatch, project)
    reason = r"^neither a release tag nor a wheel was found: .*\. Use --old to name a slice$"
    with pytest.raises(StageError, match=reason) as raised:
        running.report(None, None, Outputs(), project.layout)
    assert raised.value.stage == "sides"


def test_names_an_overlay_action_that_does_not_fit_a_slice(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths: {}\n")
    with pytest.raises(StageError, match=r"^overlay action \d+ matches nothing: \$\.paths\.\*"):
        running.report(empty, empty, Outputs(), project.layout)


ACCEPTED = """\
[[accepted]]
where = "Repository.topics"
what = "field removed"
reason = "GitHub removed it."
"""


@pytest.mark.usefixtures("quick")
def test_the_check_fails_until_each_breaking_change_is_accepted(project: Project, made: Made) -> None:
    commit(project, "v1.0.0")
    edited(project, project.layout.slice, remove_property(REPOSITORY, "topics"))
    with pytest.raises(StageError, match=r"^Repository\.topics: field removed is not accepted") as raised:
        running.report(None, None, made.outputs, project.layout, check=True)
    assert raised.value.stage == "check"

    project.layout.accepted_breaks.write_text(ACCEPTED)
    made.printed()
    running.report(None, None, made.outputs, project.layout, check=True)
    assert [change["accepted"] for change in made.changes()] == ["GitHub removed it."]
    printed = made.printed()
    assert "was `list[str] | Unset`. Accepted: GitHub removed it." in printed
    assert "Release a **major** version." in printed

    project.layout.accepted_breaks.write_text(ACCEPTED.replace("topics", "forks") + ACCEPTED)
    reason = r"Repository\.forks: field removed is accepted, but did not happen; edit openapi/accepted-"
    with pytest.raises(StageError, match=reason):
        running.report(None, None, made.outputs, project.layout, check=True)


@pytest.mark.parametrize("content", ["[[accepted]", "accepted = [1]", '[[accepted]]\nwhere = "x"\nwhat = "y"'])
def test_names_an_invalid_list_of_accepted_changes(content: str, tmp_path: Path) -> None:
    here = Layout(tmp_path)
    here.accepted_breaks.parent.mkdir()
    here.accepted_breaks.write_text(content)
    with pytest.raises(StageError, match=r"accepted-breaks.toml is not a list of where, what and reason: "):
        running.accepted_breaks(here)


@pytest.mark.usefixtures("quick")
def test_type_checks_the_example_with_the_new_package(project: Project, made: Made) -> None:
    shutil.copytree(HERE.root / "examples", project.root / "examples")
    example = "examples/runner-boot/src/runner_boot/__init__.py"
    with (project.root / example).open("a", encoding="utf-8") as file:
        file.write("\ndef _expiry(token: rr.AuthenticationToken) -> float:\n    return token.expires_at.timestamp()\n")
    expires_at = prop(("components", "schemas", "authentication-token"), "expires_at")
    commit(project, "v1.0.0")
    edited(project, project.layout.slice, drop((*expires_at, "format")))
    accepted = ACCEPTED.replace("Repository.topics", "AuthenticationToken.expires_at")
    project.layout.accepted_breaks.write_text(accepted.replace("field removed", "field type changed"))
    with pytest.raises(StageError, match=f"^an example no longer type-checks: {example}:"):
        running.report(None, None, made.outputs, project.layout, check=True)
    printed = made.printed()
    assert f"## An example no longer type-checks\n\n```\n{example}:" in printed
    assert str(project.root) not in printed


# --- sync


def test_sync_without_a_change_only_moves_the_pin(project: Project, made: Made, tmp_path: Path) -> None:
    before = project.files()
    commands.sync(str(edited(project, tmp_path / "newer.yaml", NEWER)), made.outputs, project.layout)
    after = project.files()
    assert {name for name in before | after if before.get(name) != after.get(name)} == {"openapi/provenance.json"}
    assert "No change in the slice" in made.printed()
    assert json.loads(made.json.read_text()) == {"bump": "none", "changes": []}


@pytest.mark.usefixtures("quick")
def test_sync_reports_and_previews_what_is_announced(
    project: Project, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced = [{"changeset": "remove_topics", "patch": {"properties": {"topics": None}}, "version": "2030-01-01"}]
    edit = every(MORE, put((*REPOSITORY, "x-github-breaking-changes"), announced))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    commands.sync(str(edited(project, tmp_path / "more.yaml", edit)), made.outputs, project.layout)
    assert "bump=minor\n" in (tmp_path / "output").read_text()
    summary = made.summary.read_text()
    for line in (
        "Release a **minor** version",
        "## Coming with API version 2030-01-01: major",
        "Announced as remove_topics.",
        "- major: `Repository.topics`: field removed",
        "Next version: ",
    ):
        assert line in summary
    assert summary in made.printed()
    repository = documents.load(project.layout.slice)["components"]["schemas"]["repository"]
    assert "topics" in repository["properties"]


@pytest.mark.usefixtures("quick")
def test_sync_compares_contracts_if_the_committed_slice_is_broken(project: Project, made: Made, tmp_path: Path) -> None:
    upstream = edited(project, tmp_path / "more.yaml", MORE)
    project.layout.slice.write_text("<<<<<<< HEAD\n")
    commands.sync(str(upstream), made.outputs, project.layout)
    assert made.places() == ["Repository.x"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("broken", ["openapi/openapi.yaml", "generated/runner_registration_api/models/repository.py"])
def test_sync_stops_if_it_cannot_compare(project: Project, tmp_path: Path, broken: str) -> None:
    upstream = edited(project, tmp_path / "more.yaml", MORE)
    (project.root / broken).write_text("<<<<<<< HEAD\n")
    before = project.files()
    with pytest.raises(StageError, match=r"Restore openapi/ and generated/ from version control first$") as raised:
        commands.sync(str(upstream), here=project.layout)
    assert raised.value.stage == "committed"
    assert project.files() == before
