"""The limited markup of the written parts: paragraphs, lists, emphasis. Everything else is literal text.

    Un paragraphe, **important**, *nuancé*.

    - une liste
    - de deux points

A blank line parts two paragraphs; a mark that is not closed is shown as typed.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from maillage.documents.model import Block, Bullets, Paragraph, Span, Text
from maillage.ui.units import typography

_EMPHASIS = re.compile(r"\*\*(?P<strong>[^*\s](?:[^*]*[^*\s])?)\*\*|\*(?P<emphasis>[^*\s](?:[^*]*[^*\s])?)\*")
_BULLET = re.compile(r"^\s*[-•]\s+")


def parse(body: str) -> tuple[Block, ...]:
    """The blocks of a written part; none for a text of spaces only."""
    blocks: list[Block] = []
    for chunk in re.split(r"\n[ \t]*\n", body.replace("\r\n", "\n").replace("\r", "\n")):
        blocks.extend(_chunk(chunk.split("\n")))
    return tuple(blocks)


def _chunk(lines: list[str]) -> list[Block]:
    """A run of lines without a blank one: paragraphs and lists may follow each other."""
    blocks: list[Block] = []
    words: list[str] = []
    items: list[str] = []

    def close() -> None:
        if words:
            blocks.append(Paragraph(spans(" ".join(words))))
        if items:
            blocks.append(Bullets(tuple(spans(item) for item in items)))
        words.clear()
        items.clear()

    for line in lines:
        if _BULLET.match(line):
            if words:
                close()
            items.append(_BULLET.sub("", line).strip())
        elif items and line.startswith((" ", "\t")) and line.strip():
            items[-1] = f"{items[-1]} {line.strip()}"  # an indented line goes on with its list item
        elif line.strip():
            if items:
                close()
            words.append(line.strip())
    close()
    return blocks


def spans(line: str) -> Text:
    """One line of text with its emphasis."""
    found: list[Span] = []
    position = 0
    line = typography(line)
    for match in _EMPHASIS.finditer(line):
        if match.start() > position:
            found.append(Span(line[position : match.start()]))
        strong = match["strong"]
        found.append(Span(strong, strong=True) if strong else Span(match["emphasis"], emphasis=True))
        position = match.end()
    if position < len(line):
        found.append(Span(line[position:]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a comparison: kept, removed or added."""

    kind: str  # kept | removed | added
    text: str


def compare(before: str, after: str) -> list[Change]:
    """What changed between two versions, line by line, in reading order."""
    kinds = {"  ": "kept", "- ": "removed", "+ ": "added"}
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [Change(kinds[line[:2]], line[2:]) for line in lines if line[:2] in kinds and line[2:].strip()]
