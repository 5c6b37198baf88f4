"""The templates hold for any slice: a client of shapes that ours has not imports, is typed, and reads and writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import datetime, io, uuid
import httpx
from runner_registration_api import Client, models
from runner_registration_api.api.things import get, upload_asset
from runner_registration_api.types import UNSET, File

THING = {
    "id": "12345678-1234-5678-1234-567812345678",
    "parts": [{"size": 1.5, "of": {"id": "12345678-1234-5678-1234-567812345678", "parts": []}}],
    "day": "2026-01-22",
    "files": {"a.txt": {"filename": "a.txt", "size": 3}},
    "parent": {"id": "12345678-1234-5678-1234-567812345678", "parts": [{"no": "size"}, {"size": 2}]},
    "type": None,
    "self": 7,
    "_data": "text",
}

sent = []

def answer(request: httpx.Request) -> httpx.Response:
    sent.append((str(request.url), request.read()))
    return httpx.Response(200, json=THING)

client = Client("https://api.example", httpx_args={"transport": httpx.MockTransport(answer)})
thing = get.sync("a/b", since=datetime.datetime(2026, 1, 22, tzinfo=datetime.UTC), client=client)
assert thing.id == uuid.UUID(THING["id"])
assert thing.day == datetime.date(2026, 1, 22)
assert thing.files["a.txt"] == models.AFile("a.txt", 3)
assert thing.parts[0].of.parts == []
assert [part.size for part in thing.parent.parts] == [2]
assert (thing.type_, thing.self_, thing.field_data) == (None, 7, "text")
assert thing.additional_properties == {}
assert thing.to_dict() == {**THING, "parent": {**THING["parent"], "parts": [{"size": 2}]}}
assert models.Thing.from_dict(thing.to_dict()) == thing
thing["more"] = (1, 2)
assert thing.to_dict()["more"] == (1, 2)
assert models.Part.from_dict({"size": 1, "of": UNSET}) == models.Part(1)
upload_asset.sync("a/b", body=File(io.BytesIO(b"bytes")), client=client)
assert [url.partition("/things")[2] for url, _ in sent] == ["/a%2Fb?since=2026-01-22T00%3A00%3A00%2B00%3A00", "/a%2Fb/asset"]
assert sent[1][1] == b"bytes"
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "other"
    run("-m", "pipeline", "generate", "--slice", Path(__file__).with_name("other.yaml"), "--output", folder)
    return folder


def run(*arguments: str | Path, path: Path = ROOT / "src") -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(path), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_reads_and_writes(generated: Path) -> None:
    run("-c", PROGRAM, path=generated)


def test_every_module_imports_and_every_annotation_means_something(generated: Path) -> None:
    modules = [
        ".".join(file.relative_to(generated).with_suffix("").parts) for file in generated.rglob("*.py")
    ]
    program = f"""
from importlib import import_module
from typing import get_type_hints
import runner_registration_api.models as models
for name in {modules}:
    import_module(name.removesuffix(".__init__"))
names = {{name: getattr(models, name) for name in models.__all__}}
for model in names.values():
    get_type_hints(model, localns=names)
"""
    run("-c", program, path=generated)
