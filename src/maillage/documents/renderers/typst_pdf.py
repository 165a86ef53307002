"""The PDF: tagged (PDF/UA-1), in French, the same bytes for the same document on every machine.

The document travels as JSON in `sys.inputs`, and the template shows its strings as text, never as markup: whatever a
person typed comes out literally. The machine's own fonts are ignored, for a report must not depend on them.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from maillage.documents import qr
from maillage.documents.model import (
    Block,
    Bullets,
    Chapter,
    Document,
    Facts,
    KeyFigures,
    Paragraph,
    Picture,
    Section,
    Signatures,
    Table,
)
from maillage.documents.renderers import pictures
from maillage.documents.renderers.characters import displayable

TEMPLATES = Path(__file__).resolve().parent.parent / "typst"
MAIN = "document.typ"
_NAMES: dict[type[Block], str] = {
    Paragraph: "paragraph",
    Bullets: "bullets",
    Table: "table",
    KeyFigures: "key-figures",
    Facts: "facts",
    Signatures: "signatures",
}
CHART_WIDTH, MAP_WIDTH = 78, 64  # percent of the text: a map is tall, and shares its page with a table


def render(document: Document) -> bytes:
    """The file. Raises `typst.TypstError` if the standard refuses it, which is a fault of ours."""
    compiled = _compiler().compile(
        format="pdf",
        sys_inputs={"document": json.dumps(as_json(document), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        timestamp=0,
    )
    if not isinstance(compiled, bytes):
        raise TypeError("Typst gave pages instead of one file")
    return compiled


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """Loading the fonts is most of the time: once a process."""
    return typst.Compiler(str(TEMPLATES / MAIN), root=str(TEMPLATES), ignore_system_fonts=True)


def as_json(document: Document) -> dict[str, Any]:
    """What the template reads: every block with its kind, every picture drawn."""
    shown = displayable(document)
    return {
        "name": shown.name,
        "running": shown.running,
        "layout": document.layout.value,
        "banner": shown.banner,
        "warnings": shown.warnings,
        "reference": _reference(shown, document),
        "cover": asdict(shown.cover),
        "chapters": [_chapter(chapter) for chapter in shown.chapters],
        "notes": [asdict(note) for note in shown.notes],
    }


def _reference(shown: Document, document: Document) -> dict[str, str] | None:
    """The code holds the address as it is, even where a letter of it cannot be shown."""
    if shown.reference is None or document.reference is None:
        return None
    code = {"svg": qr.svg(document.reference.url), "alt": qr.alt(shown.reference.text)}
    return asdict(shown.reference) | code


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {
        "key": chapter.key,
        "title": chapter.title,
        "running": chapter.running or chapter.title,
        "new-page": chapter.new_page,
        "blocks": [_block(block) for block in chapter.blocks],
        "sections": [_section(section) for section in chapter.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {"title": section.title, "blocks": [_block(block) for block in section.blocks]}


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Picture):
        return {
            "is": "picture",
            "caption": [asdict(span) for span in block.caption],
            "alt": block.alt,
            "svg": pictures.svg(block),
            "width": block.width or (MAP_WIDTH if block.svg else CHART_WIDTH),
        }
    return {"is": _NAMES[type(block)], **asdict(block)}
