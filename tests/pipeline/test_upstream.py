"""Getting GitHub's description from a registry, a file or a server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from pipeline.stages import StageError
from pipeline.upstream import MEMBER, PACKAGE, Pin, describe

from .descriptions import description
from .servers import Server, integrity, pack, publish

DESCRIPTION = json.dumps(description()).encode()


def edited(**members: object) -> bytes:
    return json.dumps(description() | members).encode()


def error_of(wanted: str | None, pinned: Pin | None = None) -> str:
    with pytest.raises(StageError) as raised:
        describe(wanted, pinned)
    assert "\n" not in str(raised.value)
    return str(raised.value)


class TestPackage:
    """Versions of the package, downloaded by the real npm from a local registry."""

    def test_downloads_the_pinned_version_once(self, registry: Server) -> None:
        pin = publish(registry, "1.2.3", pack(DESCRIPTION))
        found = describe(None, pin)
        assert found.document == description()
        assert found.source == {
            "package": PACKAGE,
            "version": "1.2.3",
            "integrity": pin.integrity,
            "member": MEMBER,
            "sha256": hashlib.sha256(DESCRIPTION).hexdigest(),
        }
        registry.responses.clear()
        assert describe(None, pin) == found

    @pytest.mark.slow
    @pytest.mark.parametrize("wanted", ["1.2.3", "latest"])
    def test_pins_another_version_with_the_hash_from_the_registry(self, wanted: str, registry: Server) -> None:
        pin = publish(registry, "1.2.3", pack(DESCRIPTION))
        found = describe(wanted, Pin("1.0.0", "sha512-other"))
        assert (found.source["version"], found.source["integrity"]) == ("1.2.3", pin.integrity)

    @pytest.mark.slow
    def test_rejects_a_pinned_version_with_another_hash(self, registry: Server, tmp_path: Path) -> None:
        publish(registry, "1.2.3", pack(DESCRIPTION))
        pin = Pin("1.2.3", integrity(b"other"))
        for wanted in (None, "1.2.3"):
            reason = error_of(wanted, pin)
            assert reason.startswith(f"{PACKAGE} 1.2.3 has the hash sha512-")
            assert reason.endswith(f", but {pin.integrity} is pinned")
        assert not list(Path(tmp_path, "cache").rglob("*.tgz"))

    @pytest.mark.slow
    def test_replaces_a_damaged_tarball_in_the_cache(self, registry: Server, tmp_path: Path) -> None:
        pin = publish(registry, "1.2.3", pack(DESCRIPTION))
        describe(None, pin)
        (cached,) = Path(tmp_path, "cache").rglob("*.tgz")
        cached.write_bytes(cached.read_bytes()[:100])
        assert describe(None, pin).document == description()

    @pytest.mark.parametrize(
        ("tarball", "reason"),
        [
            pytest.param(pack(DESCRIPTION, "package/other.json"), f"{PACKAGE} 1.2.3 has no {MEMBER}", id="no member"),
            pytest.param(pack(DESCRIPTION)[:-100], "octokit-openapi-1.2.3.tgz cannot be read: ", id="truncated"),
            pytest.param(b"no tarball", "octokit-openapi-1.2.3.tgz cannot be read: ", id="not a tarball"),
            pytest.param(pack(b"{"), f"{PACKAGE} 1.2.3: {MEMBER} is neither YAML nor JSON: ", id="truncated member"),
            pytest.param(pack(b"<html>"), f"{PACKAGE} 1.2.3: {MEMBER} is neither YAML nor JSON: ", id="not JSON"),
            pytest.param(pack(b"[" * 100_000), f"{PACKAGE} 1.2.3: {MEMBER} is neither YAML nor JSON: ", id="too deep"),
        ],
    )
    def test_rejects_a_broken_publication(
        self, tarball: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # As if npm had downloaded it: the hash is the pinned one.
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        cache = tmp_path / "runner-registration"
        cache.mkdir()
        (cache / "octokit-openapi-1.2.3.tgz").write_bytes(tarball)
        assert error_of(None, Pin("1.2.3", integrity(tarball))).startswith(reason)

    @pytest.mark.slow
    def test_rejects_an_unknown_version(self, registry: Server) -> None:
        publish(registry, "1.2.3", pack(DESCRIPTION))
        assert "3.2.1" in error_of("3.2.1")

    @pytest.mark.usefixtures("registry")
    def test_names_an_unreachable_registry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
        assert "http://127.0.0.1:1/" in error_of("1.2.3")

    def test_requires_a_version_without_a_pin(self) -> None:
        assert "--upstream VERSION" in error_of(None)


@pytest.fixture(params=["file", "URL"])
def place(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Callable[[str, bytes], str]:
    """Store content where `--upstream` can find it."""

    def put(name: str, content: bytes) -> str:
        if request.param == "URL":
            server.responses[f"/{name}"] = content
            return f"{server.url}/{name}"
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return put


Place = Callable[[str, bytes], str]


class TestFileOrURL:
    """Descriptions from a file or a URL."""

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            pytest.param("api.json", DESCRIPTION, id="JSON"),
            pytest.param("api", b"\n " + DESCRIPTION, id="JSON without a suffix"),
            pytest.param("api.yaml", yaml.safe_dump(description(), sort_keys=False).encode(), id="YAML"),
        ],
    )
    def test_uses_it_unchanged(self, name: str, content: bytes, place: Place) -> None:
        wanted = place(name, content)
        found = describe(wanted, None)
        assert found.document == description()
        kind, where = ("url", wanted) if wanted.startswith("http") else ("file", name)
        assert found.source == {kind: where, "sha256": hashlib.sha256(content).hexdigest()}

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            pytest.param(
                "api.json", b"<html>", "api.json is neither YAML nor JSON: Expecting value: line 1", id="HTML"
            ),
            pytest.param("api.json", DESCRIPTION[:-1], "api.json is neither YAML nor JSON: ", id="truncated"),
            pytest.param("api.json", b"\xff", "api.json is neither YAML nor JSON: ", id="not text"),
            pytest.param("api.json", b"[]", "api.json is not an object", id="array"),
            pytest.param("api.json", b"{}", "api.json is not an OpenAPI 3 description", id="other JSON"),
            pytest.param("api.json", b'{"swagger": "2.0"}', "api.json is not an OpenAPI 3 description", id="Swagger"),
            pytest.param("api.json", edited(paths=[]), "api.json is not an OpenAPI 3 description", id="no paths"),
            pytest.param("api.json", edited(paths={"/x": None}), "not an OpenAPI 3 description", id="path is null"),
            pytest.param("api.json", edited(paths={"/x": {"get": "x"}}), "not an OpenAPI 3", id="not an operation"),
        ],
    )
    def test_rejects_what_is_not_a_description(self, name: str, content: bytes, reason: str, place: Place) -> None:
        assert reason in error_of(place(name, content))

    def test_merges_equal_definitions_of_a_key(self, place: Place) -> None:
        content = b'{"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/a": {"get": {}}}}'
        found = describe(place("api.json", content), None)
        assert found.ambiguous == frozenset()
        assert found.source["sha256"] == hashlib.sha256(content).hexdigest()

    def test_reports_different_definitions_of_a_key(self, place: Place) -> None:
        content = b'{"openapi": "3.0.3", "paths": {"/a": {"get": {}}, "/b": {}, "/a": {"put": {}}}}'
        assert describe(place("api.json", content), None).ambiguous == {"/a"}

    @pytest.mark.parametrize("wanted", ["gone.json", "22", "22.0", "v22.0.0", "ftp://host/api.json", "", "."])
    def test_rejects_anything_else_and_names_it(self, wanted: str) -> None:
        reason = f"--upstream {wanted!r} is not a file, not a URL and not a version of {PACKAGE}"
        assert error_of(wanted) == reason

    def test_names_a_server_that_does_not_have_it(self, server: Server) -> None:
        assert error_of(f"{server.url}/gone") == f"{server.url}/gone responded 404 Not Found"

    @pytest.mark.parametrize("wanted", ["http://127.0.0.1:1/api.json", "http://127.0.0.1:port/api.json"])
    def test_names_a_url_that_cannot_be_reached(self, wanted: str) -> None:
        assert error_of(wanted).startswith(f"{wanted}: ")

    def test_neither_stores_nor_shows_a_secret_in_the_url(self, server: Server) -> None:
        server.responses["/api.json"] = DESCRIPTION
        url = server.url.replace("http://", "http://user:s3cret@")
        found = describe(f"{url}/api.json?token=s3cret", None)
        assert found.source["url"] == f"{server.url}/api.json"
        for path, port in (("gone", server.port), ("gone", 1)):
            wanted = f"{url}/{path}?token=s3cret".replace(str(server.port), str(port))
            assert "s3cret" not in error_of(wanted)
