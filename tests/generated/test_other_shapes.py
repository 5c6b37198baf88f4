"""The templates serve any slice: a client for shapes that ours does not have imports, is typed, reads and writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

HEAD = """
import copy, datetime, io, json, logging, pickle, uuid, weakref
import httpx
from runner_registration_api import Client, models
from runner_registration_api.api import SyncOperations
from runner_registration_api.api.things import delete, get, replace
from runner_registration_api.errors import InvalidResponse, UnexpectedStatus
from runner_registration_api.types import UNSET

ID = "12345678-1234-5678-1234-567812345678"
sent = []
body = b""
status = 200

def respond(request: httpx.Request) -> httpx.Response:
    sent.append((str(request.url).partition("/things")[2], request.read()))
    return httpx.Response(status, content=body)

def thing(**fields) -> models.Thing:
    return models.Thing.from_dict({"id": ID, "parts": [], **fields})

client = Client("https://api.example", httpx_args={"transport": httpx.MockTransport(respond)})
"""

ROUND_TRIP = """
THING = {
    "id": ID,
    "parts": [{"size": 1.5, "of": {"id": ID, "parts": []}}],
    "day": "2026-01-22",
    "files": {"a.txt": {"filename": "a.txt", "size": 3}},
    "parent": {"id": ID, "parts": [{"no": "size"}, {"size": 2}]},
    "type": None,
    "self": 7,
    "_data": "text",
    "grid": [[1, None], []],
    "anything": {"a": [1]},
}
body = json.dumps(THING).encode()
found = get.sync("a/b", since=datetime.datetime(2026, 1, 22, tzinfo=datetime.UTC), operation="x", client=client)
assert found.id == uuid.UUID(ID)
assert found.day == datetime.date(2026, 1, 22)
assert found.files["a.txt"] == models.AFile("a.txt", 3)
assert found.parts[0].of.parts == []
assert [part.size for part in found.parent.parts] == [2]
assert (found.type_, found.self_, found.field_data, found.grid) == (None, 7, "text", [[1, None], []])
assert found.additional_properties == {}
# Only what is not documented, whatever the names of the documented fields are in Python.
assert models.Thing.from_dict({**THING, "new": 1}).additional_properties == {"new": 1}
assert found.to_dict() == {**THING, "parent": {**THING["parent"], "parts": [{"size": 2}]}}
assert models.Thing.from_dict(found.to_dict()) == found
assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == found
found["more"] = (1, 2)
assert found.to_dict()["more"] == (1, 2)
assert models.Part.from_dict({"size": 1, "of": UNSET}) == models.Part(1)
assert sent == [("/a%2Fb?since=2026-01-22T00%3A00%3A00%2B00%3A00&operation=x", b"")]
assert replace.build_request("a", body=found)["json"] == found.to_dict()

class Operations(SyncOperations):
    def _call(self, build_request, parse, /, *args, **kwargs):
        return parse(client.get_httpx_client().request(**build_request(*args, **kwargs)))

assert Operations().get("a", operation="x", self_=True).id == found.id
assert sent[-1] == ("/a?operation=x&self=true", b"")
"""

OTHER_BODIES = """
status, body = 204, b""
assert delete.sync("a", client=client) is None
assert delete.sync_detailed("a", client=client).status_code == 204
status, body = 206, json.dumps([{"id": ID, "parts": []}, {}]).encode()
assert [one.id for one in replace.sync("a", body=UNSET, client=client)] == [uuid.UUID(ID)]
for status, error in [(404, models.Problem("no")), (410, None), (300, None), (521, None)]:
    body = json.dumps({"message": "no", "size": 1}).encode()
    try:
        get.sync("a", client=client)
    except UnexpectedStatus as raised:
        assert type(raised.error) is type(error) and raised.status_code == status, raised
    else:
        raise AssertionError(status)
"""

UNIONS = """
UTC = datetime.timezone.utc
assert thing(when="2026-01-22T10:00:00z").when == datetime.datetime(2026, 1, 22, 10, tzinfo=UTC)
assert thing(when="soon").when == "soon"
assert (thing(when=1.5).when, thing(when=True).when) == (1.5, UNSET)
# The model that documents most of the fields, whatever their order in the union.
assert thing(owner={"name": "x", "size": 1}).owner == models.Team("x", 1)
assert thing(owner={"filename": "x", "size": 1}).owner == models.AFile("x", 1)
assert (thing(owner=None).owner, thing(owner=7).owner) == (None, UNSET)
# Fixed values tell objects with the same fields apart.
assert thing(shape={"kind": "square", "size": 1}).shape == models.Square("square", 1)
assert thing(shape={"kind": "circle", "size": 1}).shape == models.Circle("circle", 1)
assert (thing(shape={"kind": "oval"}).shape, thing(shape={"size": 1}).shape) == (UNSET, UNSET)
# What no model could read is not kept.
class Oval(dict): pass
oval = Oval(kind="oval")
kept = weakref.ref(oval)
assert thing(shape=oval).shape is UNSET
del oval
assert kept() is None
assert thing(mixed=["a", None, 1, True, []]).mixed == ["a", None, 1]
assert thing(nullable_list=["a", None, True, 1]).nullable_list == ["a", None, True]
assert (thing(nullable_list=None).nullable_list, thing(mixed=None).mixed) == (None, UNSET)
assert thing(labels=["a", "b"]).labels == ["a", "b"]
assert thing(labels=[{"name": "a"}]).labels == [models.Team("a")]
"""

LITERALS = """
def update(**fields) -> list:
    found = models.UpdateUpdate.from_dict(fields)
    return [found.colour, found.rank, found.ranks]

assert update(colour="red", rank=2, ranks=[1, 2]) == ["red", 2, [1, 2]]
assert update(colour="blue", rank=3, ranks=[1, 3, "1", True, 1.0]) == [UNSET, UNSET, [1]]
assert update(colour=["red"], rank=True, ranks={}) == [UNSET, UNSET, UNSET]
"""

SECRETS = """
# `key` has a pattern: it is passed on as one word, for example to config.sh. `pem` is any text.
PEM = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAKC\\n-----END RSA PRIVATE KEY-----\\n"
for value, key, pem in [
    ("s3cret", "s3cret", "s3cret"),
    (None, None, None),
    ("", UNSET, ""),
    ("two w0rds", UNSET, "two w0rds"),
    ("A\\nGITHUB_ENV=/evil", UNSET, "A\\nGITHUB_ENV=/evil"),
    ("A\\x1b[31m", UNSET, "A\\x1b[31m"),
    (PEM, UNSET, PEM),
    (7, UNSET, UNSET),
]:
    found = thing(key=value, pem=value)
    assert (found.key, found.pem) == (key, pem), value
    assert found.to_dict()["key"] == found.to_dict()["pem"] == value
assert thing(app={"client_secret": "s3cret", "owner": {"login": "octo"}}).app.owner.login == "octo"
shown = repr(thing(key="s3cret", pem=PEM, app={"client_secret": "s3cret"}))
assert "client_secret='***'" in shown, shown
assert "s3cret" not in shown and "MIIE" not in shown, shown
logging.basicConfig(format="%(message)s", stream=(log := io.StringIO()))
found = thing(files={"AABF3JGZDX3P5PMEXLND6TS6FCWO6": 1, "file": 2, "correct_horse_battery_staple": 3, "b": {}})
assert list(found.files.additional_properties) == ["b"]
names = [line.partition("[")[2].partition("]")[0] for line in log.getvalue().splitlines()]
assert names == ["'***'", "'file'", "'correct_hor...'"], names
"""

NESTING = """
def nested(depth: int) -> dict:
    value = {"id": ID, "parts": []}
    for _ in range(depth):
        value = {"id": ID, "parts": [], "parent": value}
    return value

def depth(value: models.Thing) -> int:
    return 0 if value.parent is UNSET else 1 + depth(value.parent)

body = json.dumps(nested(300)).encode()
found = get.sync("a", client=client)
assert depth(found) == 99, depth(found)
assert found == copy.deepcopy(found) == pickle.loads(pickle.dumps(found))
assert len(repr(found)) > 99 * 36
assert models.Thing.from_dict(found.to_dict()) == found
assert depth(get.sync("a", client=client)) == 99  # counted again from the start
"""

# Each level of these has to be read once, and not once for each model that the levels above it may be.
MODELS_IN_MODELS = """
def tree(size: object, innermost: object = None) -> dict:
    value = innermost
    for _ in range(60):
        value = {"next": value, "size": size}
    return value

for size, kind in (("x", models.Branch), (1, models.Twig)):
    found = thing(tree=tree(size)).tree
    assert found.to_dict() == tree(size)
    for _ in range(60):
        assert type(found) is kind, found
        found = found.next_
    assert found is None
assert thing(tree=tree("x", 1)).tree is UNSET
assert thing(tree=tree(True)).tree is UNSET
# What is shared in the data is not shared in the model.
shared = tree(1)
found = thing(tree={"next": shared, "size": 1}, parent={"id": ID, "parts": [], "tree": shared})
assert found.tree.next_ == found.parent.tree and found.tree.next_ is not found.parent.tree
"""


IMPORTS = """
from importlib import import_module
from typing import get_type_hints
import pathlib, sys
import runner_registration_api.models as models
from runner_registration_api import api
root = pathlib.Path(sys.path[0])
for file in root.glob("runner_registration_api/**/*.py"):
    import_module(".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"))
for name in models.__all__:
    if isinstance(getattr(models, name), type):
        assert "ForwardRef" not in repr(get_type_hints(getattr(models, name)))
for operation in api.OPERATIONS:
    for methods in (api.SyncOperations, api.AsyncOperations):
        assert "ForwardRef" not in repr(get_type_hints(getattr(methods, operation.name)))
"""


PROGRAMS = {
    "imports": IMPORTS,
    "models_as_fields": HEAD + ROUND_TRIP + NESTING + OTHER_BODIES + UNIONS + LITERALS + MODELS_IN_MODELS + SECRETS,
}


def test_a_client_for_other_shapes_is_generated_and_works(tmp_path: Path) -> None:
    run("-m", "pipeline", "generate", "--slice", Path(__file__).with_name("other.yaml"), "--output", tmp_path / "other")
    # In files next to the client, so that a traceback shows the line.
    for name, program in PROGRAMS.items():
        file = tmp_path / "other" / f"{name}.py"
        file.write_text(program)
        run(file)


def run(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
