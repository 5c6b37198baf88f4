"""Reads the private key of a GitHub App, in the forms in which keys are kept."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from runner_registration._constants import QUOTES
from runner_registration._errors import CredentialError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KeySource: TypeAlias = str | bytes | os.PathLike[str]
PrivateKey: TypeAlias = KeySource | Callable[[], KeySource]

_NAME = "private key"
_BEGIN = "-----BEGIN "
_LONGEST = 64 * 1024
_QUOTES = "".join(QUOTES)

_NEEDED = "Pass the app's private key, the .pem file that GitHub generated for it."


class KeyInVariable:
    """A key, or the path of one, from an environment variable, which errors name."""

    def __init__(self, variable: str, source: KeySource) -> None:
        self.name = f"private key in {variable}"
        self._source = source

    def __call__(self) -> KeySource:
        return self._source

    def __repr__(self) -> str:
        return f"<{self.name}>"


def name_of(key: object) -> str:
    """Return what errors call a key."""
    return key.name if isinstance(key, KeyInVariable) else _NAME


def normalize(source: KeySource | None, name: str = _NAME) -> str:
    r"""Return a key as plain PEM text.

    Args:
        source: PEM text, base64 of it, or a path. Literal ``\n``, CRLF, quotes, a BOM and indentation are accepted.
        name: What errors call it.

    Raises:
        CredentialError: It cannot be an RSA private key. The message says what it is, and shows none of it.
    """
    text = _text(source, name)
    problem = _problem(text)
    if problem:
        del source, text  # tools that report errors show the variables of this frame
        raise CredentialError(f"The {name} {problem}")
    return text


def load(text: str, name: str = _NAME) -> RSAPrivateKey:
    """Load a key from what `normalize` returned.

    Raises:
        CredentialError: It is not an RSA private key, or the package ``cryptography`` is not installed.
    """
    serialization: Any = _serialization()
    try:
        key: Any = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):  # the exception may quote the key
        key = None
    except Exception as error:  # noqa: BLE001 - UnsupportedAlgorithm, and whatever else cryptography may raise
        key = None if "cryptography" in type(error).__module__ else error
    del text
    if key is None:
        raise CredentialError(f"The {name} is damaged: its PEM text cannot be decoded. {_NEEDED}")
    if isinstance(key, Exception):
        raise key
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, RSAPrivateKey):
        raise CredentialError(f"The {name} is not an RSA key. GitHub Apps use RSA keys. {_NEEDED}")
    return key


def require_cryptography() -> None:
    """Refuse to go on without the package that signs.

    Raises:
        CredentialError: It is not installed.
    """
    from importlib.util import find_spec

    if find_spec("cryptography") is None:
        raise CredentialError(_not_installed())


def _serialization() -> object:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError:
        raise CredentialError(_not_installed()) from None
    return serialization


def _not_installed() -> str:
    return (
        "Signing in as a GitHub App requires the package cryptography: pip install 'runner-registration[app]', "
        "or pass sign to sign elsewhere."
    )


def _text(source: object, name: str) -> str:
    if isinstance(source, os.PathLike):
        path = cast("os.PathLike[str]", source)
        if _BEGIN in os.fsdecode(path):
            raise CredentialError(
                f"The {name} is the key itself, not a path. Pass it as text (GITHUB_APP_PRIVATE_KEY)."
            )
        return _unwrap(_read(path, name))
    if isinstance(source, bytes):
        return _unwrap(source)
    if not isinstance(source, str):
        raise CredentialError(f"The {name} is {type(source).__name__}, not a string, bytes or a path. {_NEEDED}")
    text = _unwrap(source.encode("utf-8", "surrogateescape"))
    if _BEGIN in text or not text or "\n" in source.strip():
        return text
    # One line that is neither PEM nor base64 of it: a path, if there is such a file.
    return _unwrap(_read(source.strip().strip(_QUOTES), name)) if _is_path(source) else text


def _is_path(text: str) -> bool:
    looks_like_one = os.sep in text or text.strip().strip(_QUOTES).endswith((".pem", ".key"))
    try:
        return looks_like_one or os.path.isfile(text.strip().strip(_QUOTES))  # noqa: PTH113 - the text may not be a path at all
    except (OSError, ValueError):
        return False


def _read(path: str | os.PathLike[str], name: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the path may be /dev/fd/3
            content = file.read(_LONGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
    else:
        if len(content) <= _LONGEST:
            return content
        reason = "it is too large for a private key"
    # The path is not shown: it may be a key that was taken for a path.
    raise CredentialError(f"The file of the {name} cannot be read: {reason}.")


def _unwrap(content: bytes) -> str:
    """Undo what environment variables, secret stores and editors do to PEM text."""
    text = content.decode("utf-8-sig", "replace").strip().strip(_QUOTES)
    text = text.replace("\\r", "").replace("\\n", "\n")
    if _BEGIN not in text:
        decoded = _from_base64(text)
        if decoded is not None:
            text = decoded.decode("utf-8-sig", "replace").replace("\\n", "\n")
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line) + "\n" if text.strip() else ""


def _from_base64(text: str) -> bytes | None:
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return None
    return decoded if _BEGIN.encode() in decoded else None


def _problem(text: str) -> str:
    """Return what is wrong with PEM text, as the rest of a sentence; empty if nothing can be seen."""
    label = (re.search(r"-----BEGIN ([A-Z0-9 ]+)-----", text) or ["", ""])[1]
    problems = (
        (not text, f"is empty. {_NEEDED}"),
        (_BEGIN not in text, f"is not PEM text, not base64 of it, and not the path of a file. {_NEEDED}"),
        ("PUBLIC KEY" in label or "CERTIFICATE" in label, f"is a {label.lower()}. {_NEEDED}"),
        ("OPENSSH" in label, "is in OpenSSH's format. Convert it: ssh-keygen -p -m PEM -N '' -f FILE"),
        ("ENCRYPTED" in text, "is encrypted. Decrypt it: openssl pkey -in FILE -out FILE.plain"),
        (label == "EC PRIVATE KEY", f"is an elliptic-curve key. GitHub Apps use RSA keys. {_NEEDED}"),
        (
            not re.search(r"-----END [A-Z0-9 ]+-----", text),
            "is incomplete: its last line is missing. Secrets of several lines need quotes or base64.",
        ),
    )
    return next((problem for applies, problem in problems if applies), "")
