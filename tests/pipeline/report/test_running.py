"""The commands, run as they are in a copy of the project."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pipeline import documents
from tests.pipeline.projects import Project

from .edits import REPOSITORY, Edit, every, nothing, prop, put, remove_property

pytestmark = pytest.mark.slow


def edited(project: Project, path: Path, edit: Edit) -> Path:
    """The committed slice with an edit. A slice is a description too, and a short one."""
    slice_ = documents.load(project.root / "openapi/slice.yaml")
    edit(slice_)
    path.write_text(documents.dump(slice_), encoding="utf-8")
    return path


NEWER = put(("info", "version"), "99.0.0")
MORE = every(NEWER, put(prop(REPOSITORY, "x"), {"type": "string"}))


def test_report_on_two_slices(project: Project, tmp_path: Path) -> None:
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
    assert project.files() == before


def test_report_compares_the_last_release_with_the_work_tree(project: Project, tmp_path: Path) -> None:
    slice_ = project.root / "openapi/slice.yaml"
    for edit, tag in ((nothing, "v1.9.0"), (MORE, "v1.10.0")):
        edited(project, slice_, edit)
        git(project, "init", "--quiet")
        git(project, "add", "openapi")
        git(project, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", tag)
        git(project, "tag", tag)
    edited(project, slice_, put((*prop(REPOSITORY, "forks"), "type"), "string"))
    done = project.run("report", "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    assert "Compared: v1.10.0 and the work tree." in done.stdout
    assert [change["where"] for change in json.loads((tmp_path / "r.json").read_text())["changes"]] == [
        "Repository.forks"
    ]


def git(project: Project, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=project.root, check=True)


def test_report_without_a_release_asks_for_the_old_slice(project: Project) -> None:
    done = project.run("report", GIT_CEILING_DIRECTORIES=str(project.root.parent))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "report failed at slices: there is no last release to compare with, so say which slice by --old"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [("paths: {", "neither YAML nor JSON"), ("openapi: 3.0.3\ninfo: {title: x, version: '1'}\npaths: {}\n", "")],
    ids=["not-yaml", "no-operation"],
)
def test_report_on_what_gives_no_client_is_one_line(
    project: Project, tmp_path: Path, content: str, reason: str
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(content)
    done = project.run("report", "--old", project.root / "openapi/slice.yaml", "--new", broken)
    assert done.returncode == 1
    assert done.stderr.startswith("report failed at ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_sync_without_a_change_moves_the_pin_alone(project: Project, tmp_path: Path) -> None:
    before = project.files()
    done = project.run(
        "sync", "--upstream", edited(project, tmp_path / "newer.yaml", NEWER), "--json", tmp_path / "r.json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    after = project.files()
    assert {name for name in before | after if before.get(name) != after.get(name)} == {"openapi/provenance.json"}
    assert "No change in the slice" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text()) == {"bump": "none", "changes": []}


def test_sync_reports_writes_what_the_changelog_says_and_tells_what_is_announced(
    project: Project, tmp_path: Path
) -> None:
    announced = [{"changeset": "remove_topics", "patch": {"properties": {"topics": None}}, "version": "2030-01-01"}]
    edit = every(MORE, put((*REPOSITORY, "x-github-breaking-changes"), announced))
    upstream = edited(project, tmp_path / "more.yaml", edit)
    summary, output = tmp_path / "r.md", tmp_path / "output"
    done = project.run("sync", "--upstream", upstream, "--summary", summary, GITHUB_OUTPUT=str(output))
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in (project.root / "changes").iterdir()] == ["+github-99.0.0.minor.md"]
    assert "`Repository.x`: optional field added" in (project.root / "changes/+github-99.0.0.minor.md").read_text()
    assert output.read_text() == "bump=minor\n"
    for line in (
        "release a **minor** version",
        "## coming with API version 2030-01-01: major",
        "Announced as remove_topics.",
        "- major: `Repository.topics`: field removed",
        "Proposed version: ",
    ):
        assert line in done.stdout
        assert line in summary.read_text()
    repository = documents.load(project.root / "openapi/slice.yaml")["components"]["schemas"]["repository"]
    assert "topics" in repository["properties"]


def test_sync_goes_on_where_the_committed_slice_is_broken(project: Project, tmp_path: Path) -> None:
    upstream = edited(project, tmp_path / "more.yaml", MORE)
    (project.root / "openapi/slice.yaml").write_text("<<<<<<< HEAD\n")
    done = project.run("sync", "--upstream", upstream)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing to compare with: " in done.stdout
