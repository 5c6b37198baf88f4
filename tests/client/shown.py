"""What an error, a logger or a crash reporter would show, searched for parts of secrets."""

from __future__ import annotations

import pickle
import traceback

STRETCH = 12
"""As many characters of a secret in a row are never shown."""


def shown(error: BaseException) -> str:
    """All that can be seen of an error: local variables of every frame as well, except for the test's own."""
    frames = error.__traceback__ and error.__traceback__.tb_next
    report = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    parts = [str(error), repr(error), repr(error.args), repr(vars(error)), *report.format()]
    parts += [repr(value) for value in vars(error).values()]
    return "".join(parts) + pickle.dumps(error).decode("latin-1")


def leaked(secret: str, text: str) -> list[str]:
    """The stretches of a secret that a text shows."""
    return [part for i in range(len(secret) - STRETCH + 1) if (part := secret[i : i + STRETCH]) in text]
