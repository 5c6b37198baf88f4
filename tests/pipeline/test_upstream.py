"""GitHub's description, brought from a registry, a file or a server; what is not it is refused in one line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.stages import StageError
from pipeline.upstream import MEMBER, PACKAGE, Description, Pin, describe

from .descriptions import description, write
from .servers import Server, integrity, pack, publish

DESCRIPTION = json.dumps(description()).encode()


def loaded(found: Description) -> Any:
    return yaml.safe_load(found.path.read_bytes())


def refusal(wanted: str | None, pinned: Pin | None, folder: Path) -> str:
    with pytest.raises(StageError) as raised:
        describe(wanted, pinned, folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


class TestPackage:
    """Versions of the package, by the real npm from a registry of our own."""

    def test_the_pinned_version_is_brought_once(self, registry: Server, tmp_path: Path) -> None:
        pin = publish(registry, "1.2.3", pack(DESCRIPTION))
        found = describe(None, pin, tmp_path)
        assert loaded(found) == description()
        assert found.source == {
            "package": PACKAGE,
            "version": "1.2.3",
            "integrity": pin.integrity,
            "member": MEMBER,
            "sha256": hashlib.sha256(DESCRIPTION).hexdigest(),
        }
        registry.answers.clear()
        assert describe(None, pin, tmp_path) == found

    @pytest.mark.parametrize("wanted", ["1.2.3", "latest"])
    def test_another_version_is_pinned_as_the_registry_has_it(
        self, wanted: str, registry: Server, tmp_path: Path
    ) -> None:
        pin = publish(registry, "1.2.3", pack(DESCRIPTION))
        found = describe(wanted, Pin("1.0.0", "sha512-other"), tmp_path)
        assert (found.source["version"], found.source["integrity"]) == ("1.2.3", pin.integrity)

    def test_a_version_that_is_pinned_must_have_the_hash_of_the_pin(self, registry: Server, tmp_path: Path) -> None:
        publish(registry, "1.2.3", pack(DESCRIPTION))
        pin = Pin("1.2.3", integrity(b"other"))
        for wanted in (None, "1.2.3"):
            reason = refusal(wanted, pin, tmp_path)
            assert reason.startswith(f"{PACKAGE} 1.2.3 has the hash sha512-")
            assert reason.endswith(f", not {pin.integrity} as pinned")
        assert not list(Path(tmp_path, "cache").rglob("*.tgz"))

    def test_a_damaged_tarball_in_the_cache_is_brought_anew(self, registry: Server, tmp_path: Path) -> None:
        pin = publish(registry, "1.2.3", pack(DESCRIPTION))
        describe(None, pin, tmp_path)
        (cached,) = Path(tmp_path, "cache").rglob("*.tgz")
        cached.write_bytes(cached.read_bytes()[:100])
        assert loaded(describe(None, pin, tmp_path)) == description()

    @pytest.mark.parametrize(
        ("tarball", "reason"),
        [
            pytest.param(pack(DESCRIPTION, "package/other.json"), f"{PACKAGE} 1.2.3 has no {MEMBER}", id="no member"),
            pytest.param(pack(DESCRIPTION)[:-100], "octokit-openapi-1.2.3.tgz can't be read: ", id="cut"),
            pytest.param(b"no tarball", "octokit-openapi-1.2.3.tgz can't be read: ", id="no tarball"),
            pytest.param(pack(b"{"), f"{PACKAGE} 1.2.3: {MEMBER} is not JSON: ", id="cut member"),
            pytest.param(pack(b"<html>"), f"{PACKAGE} 1.2.3: {MEMBER} is not JSON: ", id="not JSON"),
            pytest.param(pack(b"[" * 100_000), f"{PACKAGE} 1.2.3: {MEMBER} is not JSON: ", id="too deep"),
        ],
    )
    def test_a_broken_publication_is_refused(
        self, tarball: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # As if npm had brought it: it has the hash that is pinned.
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        cache = tmp_path / "runner-registration"
        cache.mkdir()
        (cache / "octokit-openapi-1.2.3.tgz").write_bytes(tarball)
        assert refusal(None, Pin("1.2.3", integrity(tarball)), tmp_path).startswith(reason)

    def test_an_unknown_version_is_refused(self, registry: Server, tmp_path: Path) -> None:
        publish(registry, "1.2.3", pack(DESCRIPTION))
        assert "3.2.1" in refusal("3.2.1", None, tmp_path)

    @pytest.mark.usefixtures("registry")
    def test_without_the_registry_it_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
        assert "http://127.0.0.1:1/" in refusal("1.2.3", None, tmp_path)

    def test_without_a_pin_it_asks_for_one(self, tmp_path: Path) -> None:
        assert "--upstream VERSION" in refusal(None, None, tmp_path)


@pytest.fixture(params=["file", "address"])
def place(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Callable[[str, bytes], str]:
    """Put a content where `--upstream` can name it."""

    def put(name: str, content: bytes) -> str:
        if request.param == "address":
            server.answers[f"/{name}"] = content
            return f"{server.url}/{name}"
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return put


Place = Callable[[str, bytes], str]


class TestFileOrAddress:
    """A description that someone has at hand."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            pytest.param("api.json", DESCRIPTION, id="JSON"),
            pytest.param("api", b"\n " + DESCRIPTION, id="JSON without saying so"),
            pytest.param("api.yaml", yaml.safe_dump(description(), sort_keys=False).encode(), id="YAML"),
        ],
    )
    def test_it_is_taken_as_it_is(self, name: str, content: bytes, place: Place, tmp_path: Path) -> None:
        wanted = place(name, content)
        found = describe(wanted, None, tmp_path)
        assert loaded(found) == description()
        kind, where = ("url", wanted) if wanted.startswith("http") else ("file", name)
        assert found.source == {kind: where, "sha256": hashlib.sha256(content).hexdigest()}

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            pytest.param("api.json", b"<html>", "api.json is not JSON: Expecting value: line 1", id="HTML"),
            pytest.param("api.json", DESCRIPTION[:-1], "api.json is not JSON: ", id="cut"),
            pytest.param("api.json", b"\xff", "api.json is not JSON: ", id="no text"),
            pytest.param("api.json", b"[]", "api.json is no OpenAPI 3 description", id="array"),
            pytest.param("api.json", b"{}", "api.json is no OpenAPI 3 description", id="other JSON"),
            pytest.param("api.json", b'{"swagger": "2.0"}', "api.json is no OpenAPI 3 description", id="Swagger"),
        ],
    )
    def test_what_is_no_description_is_refused(
        self, name: str, content: bytes, reason: str, place: Place, tmp_path: Path
    ) -> None:
        assert reason in refusal(place(name, content), None, tmp_path)

    def test_what_is_said_twice_alike_is_said_once(self, place: Place, tmp_path: Path) -> None:
        content = b'{"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/a": {"get": {}}}}'
        found = describe(place("api.json", content), None, tmp_path)
        assert found.path.read_bytes().count(b"/a") == 1
        assert found.ambiguous == frozenset()
        assert found.source["sha256"] == hashlib.sha256(content).hexdigest()

    def test_what_is_said_twice_differently_is_told(self, place: Place, tmp_path: Path) -> None:
        content = b'{"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/b": {}, "/a": {"put": {}}}}'
        assert describe(place("api.json", content), None, tmp_path).ambiguous == {"/a"}

    @pytest.mark.parametrize("wanted", ["gone.json", "22", "22.0", "v22.0.0", "ftp://host/api.json", "", "."])
    def test_nonsense_is_refused_by_name(self, wanted: str, tmp_path: Path) -> None:
        reason = f"--upstream {wanted!r} is no file, no URL and no version of {PACKAGE}"
        assert refusal(wanted, None, tmp_path) == reason

    def test_a_server_that_does_not_have_it_is_named(self, server: Server, tmp_path: Path) -> None:
        assert refusal(f"{server.url}/gone", None, tmp_path) == f"{server.url}/gone answers 404 Not Found"

    @pytest.mark.parametrize("wanted", ["http://127.0.0.1:1/api.json", "http://127.0.0.1:port/api.json"])
    def test_an_address_that_leads_nowhere_is_named(self, wanted: str, tmp_path: Path) -> None:
        assert refusal(wanted, None, tmp_path).startswith(f"{wanted}: ")

    def test_a_secret_in_the_address_is_neither_kept_nor_shown(self, server: Server, tmp_path: Path) -> None:
        server.answers["/api.json"] = DESCRIPTION
        address = server.url.replace("http://", "http://user:s3cret@")
        found = describe(f"{address}/api.json?token=s3cret", None, tmp_path)
        assert found.source["url"] == f"{server.url}/api.json"
        for path, port in (("gone", server.server_port), ("gone", 1)):
            wanted = f"{address}/{path}?token=s3cret".replace(str(server.server_port), str(port))
            assert "s3cret" not in refusal(wanted, None, tmp_path)


def test_a_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "api.json", description())
    before = path.read_bytes()
    (tmp_path / "made").mkdir()
    assert describe(str(path), None, tmp_path / "made").path != path
    assert path.read_bytes() == before
