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

from . import documents
from .documents import Document
from .node import run_npm
from .normalising import METHODS
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
    """A description of the whole API.

    Attributes:
        document: Its content.
        source: Where it came from, for provenance.json.
        ambiguous: The keys that it defines twice, with different values. JSON readers use the last one.
    """

    document: Document
    source: dict[str, str]
    ambiguous: frozenset[str] = frozenset()


def describe(wanted: str | None, pinned: Pin | None) -> Description:
    """Read the description.

    Args:
        wanted: A version of the package, "latest", a file, or a URL; None for the pinned version.
        pinned: The pin in provenance.json, if there is one.

    Raises:
        StageError: The description cannot be downloaded or read, or its hash is not the pinned one.
    """
    if wanted is None:
        if pinned is None:
            raise StageError("provenance.json pins no version of the package: choose one with --upstream VERSION")
        return _package(pinned)
    if wanted.startswith(("https://", "http://")):
        return _url(wanted)
    if Path(wanted).is_file():
        return _file(Path(wanted))
    if wanted == "latest" or _VERSION.fullmatch(wanted):
        return _package(pinned if pinned and pinned.version == wanted else _published(wanted))
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


def _package(pin: Pin) -> Description:
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
    return _description(
        description, f"{PACKAGE} {pin.version}: {MEMBER}", {"package": PACKAGE, **asdict(pin), "member": MEMBER}
    )


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


def _file(file: Path) -> Description:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StageError(f"{file}: {error.strerror}") from error
    return _description(content, file.name, {"file": file.name})


def _url(url: str) -> Description:
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
    return _description(bytes(content), public, {"url": public})


def _description(content: bytes, name: str, source: dict[str, str]) -> Description:
    ambiguous: set[str] = set()

    def members(pairs: list[tuple[str, Any]]) -> Document:
        found = dict(pairs)
        # Version 17.0.0 of the package repeats whole paths.
        if len(found) < len(pairs):
            ambiguous.update(key for key, value in pairs if found[key] != value)
        return found

    document = documents.parsed(content, name, members)
    if not _is_openapi(document):
        raise StageError(f"{name} is not an OpenAPI 3 description")
    return Description(document, {**source, "sha256": hashlib.sha256(content).hexdigest()}, frozenset(ambiguous))


def _is_openapi(document: Document) -> bool:
    """Check what is needed to cut a slice out of the document. The slice is then validated."""
    version, paths = document.get("openapi"), document.get("paths")
    if not isinstance(version, str) or not version.startswith("3.") or not isinstance(paths, dict):
        return False
    items: list[Any] = list(cast("Document", paths).values())
    return all(isinstance(item, dict) for item in items) and all(
        isinstance(item[method], dict) for item in items for method in METHODS & item.keys()
    )


def sha256(path: Path) -> str:
    """Return the file's sha256, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _integrity(path: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
