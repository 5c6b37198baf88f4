"""What README and documentation show, read by a Markdown parser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]

_PARSER = MarkdownIt().enable("table")

claimed: set[Block] = set()
"""The titled blocks that have a test."""


class Block(NamedTuple):
    """A block of code."""

    page: str
    line: int
    heading: str
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def tokens(page: Path) -> list[Token]:
    return _PARSER.parse(page.read_text("utf-8"))


def blocks(page: Path) -> Iterator[Block]:
    """Return the blocks of a page. Indented ones have no language."""
    heading = ""
    parsed = tokens(page)
    for before, token in zip([None, *parsed], parsed, strict=False):
        if before is not None and before.type == "heading_open":
            heading = token.content
        if token.type in {"fence", "code_block"}:
            language, *rest = shlex.split(token.info) or [""]
            titles = [word.removeprefix("title=") for word in rest if word.startswith("title=")]
            line = token.map[0] + 1 if token.map else 0
            name = str(page.relative_to(ROOT))
            yield Block(name, line, heading, language, "".join(titles), token.content)


def take(page: str, title: str) -> str:
    """Return the block with this title. The caller has to run it."""
    (block,) = (block for block in blocks(DOCS / page) if block.title == title)
    claimed.add(block)
    return block.text


def table(page: str, first: str) -> list[list[str]]:
    """Return the cells, as Markdown, of the table whose first column has this head."""
    rows: list[list[str]] = []
    for token in tokens(DOCS / page):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level > 2 and rows:
            rows[-1].append(token.content)
        elif token.type == "table_close":
            if rows[0][0] == first:
                return rows[1:]
            rows = []
    raise LookupError(f"{page} has no table that begins with {first}")


def links(page: Path) -> Iterator[str]:
    for token in tokens(page):
        for child in token.children or []:
            if child.type in {"link_open", "image"}:
                yield str(child.attrGet("href") or child.attrGet("src"))


def nox_sessions(page: Path) -> Iterator[str]:
    """The sessions that a page names, in blocks or in sentences."""
    for token in tokens(page):
        spans = [child.content for child in token.children or [] if child.type == "code_inline"]
        for code in [*spans, token.content] if token.type in {"fence", "code_block"} else spans:
            for words in re.findall(r"\bnox -s ((?:[a-z]+(?: |$|\n))+)", f"{code}\n"):
                yield from str(words).split()
