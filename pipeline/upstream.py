"""Get GitHub's description of its whole API: the pinned package, another version of it, a file or a URL."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tarfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import httpx
from platformdirs import user_cache_path

from .documents import Document
from .node import run_npm
from .stages import StageError

PACKAGE = "@octokit/openapi"
MEMBER = "package/generated/api.github.com.json"

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?")
# The largest description so far is 14 MB.
_MAX_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Pin:
    """A version of the package, and the sha512 of its tarball in npm's notation."""

    version: str
    integrity: str


@dataclass(frozen=True)
class Description:
    """A description on this machine.

    Attributes:
        path: The file.
        source: Where it came from, for provenance.json.
        ambiguous: The keys that it defines twice, with different values. JSON readers use the last one.
    """

    path: Path
    source: dict[str, str]
    ambiguous: frozenset[str] = frozenset()


def describe(wanted: str | None, pinned: Pin | None, folder: Path) -> Description:
    """Save the description in `folder`.

    Args:
        wanted: A version of the package, "latest", a file, or a URL; None for the pinned version.
        pinned: The pin in provenance.json, if there is one.
        folder: The folder.

    Raises:
        StageError: The description cannot be downloaded or read, or its hash is not the pinned one.
    """
    if wanted is None:
        if pinned is None:
            raise StageError("provenance.json pins no version of the package: choose one with --upstream VERSION")
        return _package(pinned, folder)
    if wanted.startswith(("https://", "http://")):
        return _url(wanted, folder)
    if Path(wanted).is_file():
        return _file(Path(wanted), folder)
    if wanted == "latest" or _VERSION.fullmatch(wanted):
        if pinned and pinned.version == wanted:
            return _package(pinned, folder)
        return _package(_published(wanted), folder)
    raise StageError(f"--upstream {wanted!r} is not a file, not a URL and not a version of {PACKAGE}")


def _published(version: str) -> Pin:
    """Return the pin of a version in the registry."""
    output = run_npm("view", f"{PACKAGE}@{version}", "version", "dist.integrity", "--json")
    try:
        fields = json.loads(output or "{}")
        return Pin(fields["version"], fields["dist.integrity"])
    except (ValueError, KeyError, TypeError):
        pass
    raise StageError(f"{PACKAGE} has no version {version}")


def _package(pin: Pin, folder: Path) -> Description:
    tarball = user_cache_path("runner-registration") / f"octokit-openapi-{pin.version}.tgz"
    if not tarball.is_file() or _integrity(tarball) != pin.integrity:
        _pack(pin, tarball)
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            # Not extractfile(name): that reads all 400 MB, because a later member could have the same name.
            member = next((member for member in archive if member.name == MEMBER), None)
            content = archive.extractfile(member) if member else None
            if content is None:
                raise StageError(f"{PACKAGE} {pin.version} has no {MEMBER}")
            description = content.read(_MAX_BYTES)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise StageError(f"{tarball.name} cannot be read: {error}") from error
    source = {"package": PACKAGE, **asdict(pin), "member": MEMBER}
    return _description(description, f"{PACKAGE} {pin.version}: {MEMBER}", source, folder)


def _pack(pin: Pin, tarball: Path) -> None:
    """Download the tarball, check its hash and put it into the cache."""
    with TemporaryDirectory() as folder:
        run_npm("pack", f"{PACKAGE}@{pin.version}", "--pack-destination", folder, "--json")
        packed = next(Path(folder).glob("*.tgz"), None)
        if packed is None:
            raise StageError(f"npm downloaded no tarball of {PACKAGE} {pin.version}")
        found = _integrity(packed)
        if found != pin.integrity:
            raise StageError(f"{PACKAGE} {pin.version} has the hash {found}, but {pin.integrity} is pinned")
        try:
            tarball.parent.mkdir(parents=True, exist_ok=True)
            # Written under another name first, because another process may be reading the cache.
            own = tarball.with_suffix(f".{os.getpid()}")
            own.write_bytes(packed.read_bytes())
            own.replace(tarball)
        except OSError as error:
            raise StageError(f"the cache folder {tarball.parent} cannot be written: {error.strerror}") from error


def _file(file: Path, folder: Path) -> Description:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StageError(f"{file}: {error.strerror}") from error
    return _description(content, file.name, {"file": file.name}, folder)


def _url(url: str, folder: Path) -> Description:
    # A password or token in the URL must not be printed or committed.
    public = url.partition("?")[0]
    try:
        public = str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))
        with httpx.stream("GET", url, follow_redirects=True, timeout=30) as response:
            if not response.is_success:
                raise StageError(f"{public} responded {response.status_code} {response.reason_phrase}")
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _MAX_BYTES:
                    raise StageError(f"{public} is larger than {_MAX_BYTES} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StageError(f"{public}: {error or type(error).__name__}") from error
    return _description(bytes(content), public, {"url": public}, folder)


def _description(content: bytes, name: str, source: dict[str, str], folder: Path) -> Description:
    is_json = name.endswith(".json") or content.lstrip().startswith(b"{")
    path = folder / f"description{'.json' if is_json else '.yaml'}"
    path.write_bytes(content)
    source = {**source, "sha256": sha256(path)}
    return Description(path, source, _check_json(path, name) if is_json else frozenset())


def _check_json(path: Path, name: str) -> frozenset[str]:
    """Check that the file is an OpenAPI description. Rewrite it if it contains a key twice.

    Version 17.0.0 of the package repeats whole paths, which redocly does not read.

    Returns:
        The keys that it defines twice, with different values.
    """
    repeated = False
    ambiguous: set[str] = set()

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated = True
            ambiguous.update(key for key, value in pairs if found[key] != value)
        return found

    try:
        document: Any = json.loads(path.read_bytes(), object_pairs_hook=members)
    except (ValueError, RecursionError) as error:
        raise StageError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict) or not str(cast("Document", document).get("openapi", "")).startswith("3."):
        raise StageError(f"{name} is not an OpenAPI 3 description")
    if repeated:
        path.write_text(json.dumps(document), encoding="utf-8")
    return frozenset(ambiguous)


def sha256(path: Path) -> str:
    """Return the file's sha256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _integrity(path: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
