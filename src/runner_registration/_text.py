"""What a server sends is untrusted text: one bounded line of it, without secrets, is all that anyone gets to see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner_registration._secrets import Secrets

_TERMINAL_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor movements
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS and their like: titles, hyperlinks
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_READ_AT_MOST = 64 * 1024


def one_line(text: str, secrets: Secrets, limit: int = 500) -> str:
    """Make text of a server safe to print and log.

    White space becomes a space; terminal sequences, control, format and bidirectional characters go. Secrets are masked
    after that, lest what was removed had kept the parts of one asunder.
    """
    text = " ".join(_TERMINAL_SEQUENCE.sub("", text[:_READ_AT_MOST]).split())
    text = "".join(char for char in text if char.isprintable())
    text = secrets.hide(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
