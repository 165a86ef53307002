"""A first template, built by code: what an agent downloads, restyles in a word processor and deposits.

The outline is drawn by the renderers of every document, so that the template has their real styles, its tables real
heads, its pages a foot with reference and code. Texts of an outline hold tags as a person would type them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from maillage.documents import model
from maillage.documents.enums import Format
from maillage.documents.merge.catalogue import Catalogue, item_name
from maillage.documents.merge.validation import validate
from maillage.documents.model import Align
from maillage.documents.renderers import render
from maillage.ui.units import typography

_TAG = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})")  # texts of ours, short: no hostile input comes here


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 1  # 1 or 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Bullet:
    """One bullet. Inside a Loop, one for each of the list."""

    text: str


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    text: str  # « {{ action.intitule }} »
    align: Align = Align.START


@dataclass(frozen=True, slots=True)
class LoopTable:
    """A table with a row for each of a list. `total` is a last row, outside the loop: as many texts as columns."""

    list_path: str
    columns: tuple[Column, ...]
    item: str = ""  # the name of one of the list; by default the singular of its last word
    total: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop:
    list_path: str
    blocks: tuple[Block, ...]
    item: str = ""


@dataclass(frozen=True, slots=True)
class If:
    """Blocks kept only where a condition holds: « contrat.montant »."""

    condition: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Bullet | LoopTable | Loop | If


@dataclass(frozen=True, slots=True)
class Outline:
    """`reference` and `url` are the fields at the foot of every page; empty, the pages carry no reference."""

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    territory: str = ""
    publisher: str = ""
    banner: str = ""
    reference: str = ""  # « {{ reference.texte }} »
    url: str = ""  # « {{ reference.adresse }} »


def default_template(format: Format | str, outline: Outline, catalogue: Catalogue) -> bytes:
    """The template, DOCX or ODT. Raises ValueError for an outline that the catalogue refuses: a fault of ours."""
    made = render(_document(outline), Format(format))
    problems = validate(made, format, catalogue)
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    return made


def _typeset(text: str) -> str:
    """French spaces between the tags, and nothing changed in them."""
    return "".join(part if _TAG.fullmatch(part) else typography(part) for part in _TAG.split(text))


def _text(text: str, *, strong: bool = False) -> model.Text:
    return (model.Span(_typeset(text), strong=strong),) if text else ()


def _document(outline: Outline) -> model.Document:
    reference = None
    if outline.reference:
        reference = model.Reference(outline.reference, outline.url, placeholder="{{ qr }}")
    cover = model.Cover(
        title=_typeset(outline.title),
        subtitle=_typeset(outline.subtitle),
        territory=_typeset(outline.territory),
        publisher=_typeset(outline.publisher),
    )
    chapters = tuple(_chapters(_flat(outline.blocks)))
    return model.Document(
        cover, chapters, layout=model.Layout.SHEET, reference=reference, banner=_typeset(outline.banner)
    )


Flat = Heading | model.Block


def _flat(blocks: Iterable[Block]) -> Iterator[Flat]:
    """Headings and blocks one after the other, loops as paragraphs that hold their tags."""
    for block in blocks:
        if isinstance(block, Heading):
            yield block
        elif isinstance(block, Paragraph):
            yield model.Paragraph(_text(block.text, strong=block.strong))
        elif isinstance(block, Bullet):
            yield model.Bullets((_text(block.text),))
        elif isinstance(block, LoopTable):
            yield _table(block)
        elif isinstance(block, Loop):
            yield from _around(f"for {_item(block)} in {block.list_path}", block.blocks, "endfor")
        else:
            yield from _around(f"if {block.condition}", block.blocks, "endif")


def _around(opening: str, blocks: Iterable[Block], closing: str) -> Iterator[Flat]:
    yield model.Paragraph(_tag(f"p {opening}"))
    yield from _flat(blocks)
    yield model.Paragraph(_tag(f"p {closing}"))


def _tag(inside: str) -> model.Text:
    return (model.Span(f"{{%{inside} %}}"),)


def _item(block: Loop | LoopTable) -> str:
    return block.item or item_name(block.list_path)


def _table(block: LoopTable) -> model.Table:
    def marked(inside: str) -> model.Row:
        return model.Row((_tag(inside), *[()] * (len(block.columns) - 1)))

    columns = tuple(model.Column(_typeset(column.label), align=column.align) for column in block.columns)
    rows = [
        marked(f"tr for {_item(block)} in {block.list_path}"),
        model.Row(tuple(_text(column.text) for column in block.columns)),
        marked("tr endfor"),
    ]
    if block.total:
        rows.append(model.Row(tuple(_text(text) for text in block.total), total=True))
    return model.Table((), columns, tuple(rows))


def _chapters(flat: Iterable[Flat]) -> Iterator[model.Chapter]:
    """Headings cut the sequence into chapters and sections; what is before the first is a chapter without title."""
    groups: list[tuple[Heading, list[model.Block]]] = [(Heading(""), [])]
    for one in flat:
        if isinstance(one, Heading):
            groups.append((one, []))
        else:
            groups[-1][1].append(one)
    chapter: list[tuple[Heading, list[model.Block]]] = []
    for group in groups:
        if group[0].level == 1 and chapter:
            yield _chapter(chapter)
            chapter = []
        chapter.append(group)
    yield _chapter(chapter)


def _chapter(groups: Sequence[tuple[Heading, list[model.Block]]]) -> model.Chapter:
    (heading, blocks), *sections = groups
    return model.Chapter(
        key=heading.text,
        title=_typeset(heading.text),
        blocks=tuple(blocks),
        sections=tuple(model.Section(_typeset(one.text), tuple(inside)) for one, inside in sections),
    )
