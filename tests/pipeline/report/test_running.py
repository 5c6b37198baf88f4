"""`report` and `sync` as they are run, in a copy of the project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline import documents
from pipeline.layout import Layout
from pipeline.report import running
from pipeline.stages import StageError
from tests.pipeline.projects import ROOT, Project

from .edits import REPOSITORY, Edit, drop, every, nothing, prop, put, remove_property

pytestmark = pytest.mark.slow

NEWER = put(("info", "version"), "99.0.0")
MORE = every(NEWER, put(prop(REPOSITORY, "x"), {"type": "string"}))
# An overlay action that matches nothing in the old slice.
ACTION = """\
  - target: $.components.schemas.repository.properties.x
    update: {description: New.}
"""


def edited(project: Project, path: Path, edit: Edit) -> Path:
    """Write an edited copy of the committed slice. A slice is a short description, so `sync` accepts it too."""
    slice_ = documents.load(project.root / "openapi/slice.yaml")
    edit(slice_)
    path.write_text(documents.dump(slice_), encoding="utf-8")
    return path


def git(project: Project, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)


def commit(project: Project, tag: str) -> None:
    git(project, "init", "--quiet")
    git(project, "add", "--force", "openapi", "generated")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    git(project, *author, "commit", "--quiet", "--allow-empty", "--message", tag)
    git(project, "tag", tag)


def changes(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["changes"]
    return found


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


def test_compares_the_newest_tag_as_it_was_made_with_the_working_tree(project: Project, tmp_path: Path) -> None:
    project.edit("openapi/openapi.yaml", "openapi: 3.0.3", "openapi: 3.0.2")
    commit(project, "v1.9.0")
    project.edit("openapi/openapi.yaml", "openapi: 3.0.2", "openapi: 3.0.3")
    commit(project, "v1.10.0")
    edited(project, project.root / "openapi/slice.yaml", MORE)
    with (project.root / "openapi/overlay.yaml").open("a", encoding="utf-8") as overlay:
        overlay.write(ACTION)
    done = project.run("report", "--json", tmp_path / "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Compared: v1.10.0 and the working tree." in done.stdout
    assert [change["where"] for change in changes(tmp_path / "r.json")] == ["Repository.x"]


def test_compares_the_published_wheel_where_there_is_no_tag(project: Project, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, project.root / name)
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path / "index")]
    subprocess.run(build, cwd=project.root, check=True, capture_output=True)
    edited(project, project.root / "openapi/slice.yaml", MORE)
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index")}
    offline |= {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(tmp_path / "index")}
    done = project.run("report", "--json", tmp_path / "r.json", GIT_CEILING_DIRECTORIES=str(tmp_path), **offline)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Compared: runner_registration-" in done.stdout
    assert [change["where"] for change in changes(tmp_path / "r.json")] == ["Repository.x"]


def test_asks_for_a_slice_if_nothing_is_released(project: Project) -> None:
    offline = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "GIT_CEILING_DIRECTORIES": str(project.root.parent)}
    done = project.run("report", **offline)
    assert done.returncode == 1
    assert done.stderr.startswith("report failed at sides: there is no release tag, and no wheel: ")
    assert done.stderr.endswith("Use --old to name a slice\n")
    assert done.stderr.count("\n") == 1


def test_names_an_overlay_action_that_does_not_fit_a_slice(project: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths: {}\n")
    done = project.run("report", "--old", empty, "--new", project.root / "openapi/slice.yaml")
    assert done.returncode == 1
    assert done.stderr.startswith("report failed at sides: overlay action ")
    assert " matches nothing: $.paths.*" in done.stderr
    assert done.stderr.count("\n") == 1


ACCEPTED = """\
[[accepted]]
where = "Repository.topics"
what = "field removed"
reason = "GitHub removed it."
"""


def test_the_check_fails_until_each_breaking_change_is_accepted(project: Project, tmp_path: Path) -> None:
    commit(project, "v1.0.0")
    edited(project, project.root / "openapi/slice.yaml", remove_property(REPOSITORY, "topics"))
    accepted = project.root / "openapi/accepted-breaks.toml"
    done = project.run("report", "--check")
    assert done.returncode == 1
    assert "report failed at check: Repository.topics: field removed is not accepted" in done.stderr

    accepted.write_text(ACCEPTED)
    done = project.run("report", "--check", "--json", tmp_path / "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [change["accepted"] for change in changes(tmp_path / "r.json")] == ["GitHub removed it."]
    assert "was `list[str] | Unset`. Accepted: GitHub removed it." in done.stdout
    assert "Release a **major** version." in done.stdout

    accepted.write_text(ACCEPTED.replace("topics", "forks") + ACCEPTED)
    done = project.run("report", "--check")
    assert done.returncode == 1
    assert "Repository.forks: field removed is accepted, but did not happen; edit openapi/accepted-" in done.stderr


@pytest.mark.parametrize("content", ["[[accepted]", "accepted = [1]", '[[accepted]]\nwhere = "x"\nwhat = "y"'])
def test_names_an_invalid_list_of_accepted_changes(content: str, tmp_path: Path) -> None:
    here = Layout(tmp_path)
    here.accepted_breaks.parent.mkdir()
    here.accepted_breaks.write_text(content)
    with pytest.raises(StageError, match=r"accepted-breaks.toml is not a list of where, what and reason: "):
        running.accepted_breaks(here)


def test_type_checks_the_example_with_the_new_package(project: Project, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", project.root / "examples")
    example = project.root / "examples/runner-boot/src/runner_boot/__init__.py"
    with example.open("a", encoding="utf-8") as file:
        file.write(
            "\n\ndef _expiry(token: rr.AuthenticationToken) -> float:\n    return token.expires_at.timestamp()\n"
        )
    token = ("components", "schemas", "authentication-token")
    commit(project, "v1.0.0")
    done = project.run("report", "--check")
    assert (done.returncode, done.stderr) == (0, "")

    edited(project, project.root / "openapi/slice.yaml", drop((*prop(token, "expires_at"), "format")))
    done = project.run("report")
    assert (done.returncode, done.stderr) == (0, "")
    assert "## An example no longer type-checks" in done.stdout
    assert "examples/runner-boot/src/runner_boot/__init__.py:" in done.stdout
    assert str(project.root) not in done.stdout


# --- sync


def test_sync_without_a_change_only_moves_the_pin(project: Project, tmp_path: Path) -> None:
    before = project.files()
    done = project.run(
        "sync", "--upstream", edited(project, tmp_path / "newer.yaml", NEWER), "--json", tmp_path / "r.json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    after = project.files()
    assert {name for name in before | after if before.get(name) != after.get(name)} == {"openapi/provenance.json"}
    assert "No change in the slice" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text()) == {"bump": "none", "changes": []}


def test_sync_reports_and_previews_what_is_announced(project: Project, tmp_path: Path) -> None:
    announced = [{"changeset": "remove_topics", "patch": {"properties": {"topics": None}}, "version": "2030-01-01"}]
    edit = every(MORE, put((*REPOSITORY, "x-github-breaking-changes"), announced))
    upstream = edited(project, tmp_path / "more.yaml", edit)
    summary, output = tmp_path / "r.md", tmp_path / "output"
    done = project.run("sync", "--upstream", upstream, "--summary", summary, GITHUB_OUTPUT=str(output))
    assert (done.returncode, done.stderr) == (0, "")
    assert "bump=minor\n" in output.read_text()
    for line in (
        "Release a **minor** version",
        "## Coming with API version 2030-01-01: major",
        "Announced as remove_topics.",
        "- major: `Repository.topics`: field removed",
        "Next version: ",
    ):
        assert line in done.stdout
        assert line in summary.read_text()
    repository = documents.load(project.root / "openapi/slice.yaml")["components"]["schemas"]["repository"]
    assert "topics" in repository["properties"]


def test_sync_compares_contracts_if_the_committed_slice_is_broken(project: Project, tmp_path: Path) -> None:
    upstream = edited(project, tmp_path / "more.yaml", MORE)
    (project.root / "openapi/slice.yaml").write_text("<<<<<<< HEAD\n")
    done = project.run("sync", "--upstream", upstream, "--json", tmp_path / "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [change["where"] for change in changes(tmp_path / "r.json")] == ["Repository.x"]


@pytest.mark.parametrize("broken", ["openapi/openapi.yaml", "generated/runner_registration_api/models/repository.py"])
def test_sync_stops_if_it_cannot_compare(project: Project, tmp_path: Path, broken: str) -> None:
    upstream = edited(project, tmp_path / "more.yaml", MORE)
    (project.root / broken).write_text("<<<<<<< HEAD\n")
    before = project.files()
    done = project.run("sync", "--upstream", upstream)
    assert done.returncode == 1
    assert done.stderr.startswith("sync failed at committed: ")
    assert done.stderr.endswith("Restore openapi/ and generated/ from version control first\n")
    assert project.files() == before
