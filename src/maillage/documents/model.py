"""The model of a written document: what the three renderers (PDF, ODT, DOCX) receive.

It is assembled once, so that the three files say the same thing. It holds finished French text, never a rule to apply;
a renderer only gives it its look. Charts stay as their numbers: drawing them is the renderer's work, so that a page
which only needs the figures does not pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import sqrt


class Tone(StrEnum):
    """How a span reads. Never carried by colour alone: the words say it too."""

    PLAIN = "plain"
    MUTED = "muted"
    GOOD = "good"
    ALERT = "alert"


class Align(StrEnum):
    START = "start"
    END = "end"


class ParagraphKind(StrEnum):
    BODY = "body"
    LEAD = "lead"
    SMALL = "small"
    PENDING = "pending"  # something that is still to be written or is not known
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. `notes` are numbers of source notes, set as superscript links after the text."""

    text: str
    strong: bool = False
    emphasis: bool = False
    tone: Tone = Tone.PLAIN
    notes: tuple[int, ...] = ()


Text = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Text
    kind: ParagraphKind = ParagraphKind.BODY


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `weight` 0 takes the width of its content; other weights share what is left."""

    label: str
    notes: tuple[int, ...] = ()
    align: Align = Align.START
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Text, ...]
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its numbered caption. Its head row is a real one in the three formats."""

    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Text = ()


# A tag of a template is as wide as what will stand there, which is not known: a word, and not its own name.
_FIELD, _TAG = re.compile(r"\{\{.*?\}\}"), re.compile(r"\{%.*?%\}")
_FILLED = "x" * 11


def _measured(words: str) -> str:
    return _TAG.sub("", _FIELD.sub(_FILLED, words)) if "{" in words else words


def column_shares(table: Table) -> tuple[float, ...]:
    """The part of the width, summing to 1, that each column takes in an editable document.

    A column holds its longest word whole; beyond, long texts get more, but less than in proportion: they fold.
    """
    weights = []
    for index, column in enumerate(table.columns):
        texts = [column.label, *(_measured(plain(row.cells[index])) for row in table.rows)]
        longest_word = max((len(word) for text in texts for word in re.split(r"[ -]", text)), default=1)
        weights.append(max(longest_word + 4, 2.5 * sqrt(max(map(len, texts)))))
    return tuple(weight / sum(weights) for weight in weights)


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One of the figures of the year: the number, what it counts, and what it is worth (period, status, interval)."""

    value: Text
    label: str
    detail: Text


@dataclass(frozen=True, slots=True)
class KeyFigures:
    items: tuple[KeyFigure, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """What is asked and what is answered: « Pilote », « CCAS de … ». An empty answer is written as unknown."""

    label: str
    value: Text


@dataclass(frozen=True, slots=True)
class Facts:
    items: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Room for one signatory. `signed` says in words when and by whom, once it is signed; empty, the room is left."""

    party: str  # « Pour l'État »
    name: str = ""
    signed: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    items: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: what it stands for, what it is compared with, its length (None where unknown: no bar)."""

    category: str
    series: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart of grouped bars, or a map already drawn (SVG). `alt` says in words what it shows.

    `width`: percent of the text in the PDF; 0 takes that of its kind.
    """

    caption: Text
    alt: str
    bars: tuple[Bar, ...] = ()
    unit: str = ""  # of the bars: EUR, persons …
    svg: str = ""
    width: int = 0


Block = Paragraph | Bullets | Table | KeyFigures | Picture | Facts | Signatures


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the document. `key` names it across years and formats (anchors, tests)."""

    key: str
    title: str  # empty: the blocks follow what is before
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    running: str = ""  # a shorter title for the head of the pages
    new_page: bool = False  # an annex begins its own page (PDF)

    def all_blocks(self) -> Iterator[Block]:
        yield from self.blocks
        for section in self.sections:
            yield from section.blocks


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A numbered note: where figures come from and what they are worth."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A figure as the document cites it: what is compared later with its current value."""

    key: str
    label: str
    territory_code: str
    period: str
    value: str  # canonical decimal, « » when unknown
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class Cover:
    title: str
    subtitle: str = ""
    territory: str = ""
    year: int | None = None
    publisher: str = ""
    edited_on: str = ""  # a date in words; empty, nothing is said of it
    marks: tuple[str, ...] = ()  # demonstration, draft: said on the cover and on every page


@dataclass(frozen=True, slots=True)
class Reference:
    """What ties a sheet of paper to the version it prints, at the foot of every page.

    `text` is read by people, `url` is what the QR code holds. `placeholder` is written in place of the code in the
    document that will be a template, where the code is not known yet (ODT and DOCX only).
    """

    text: str
    url: str
    placeholder: str = ""


class Layout(StrEnum):
    BOOK = "book"  # a cover, a table of contents, chapters
    SHEET = "sheet"  # the title at the head of the first page, and the chapters at once
    BRIEF = "brief"  # a page by chapter, its letters as small as it takes; sections in two columns (PDF)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. Notes, citations and discrepancies are for those that cite figures."""

    cover: Cover
    chapters: tuple[Chapter, ...]
    notes: tuple[SourceNote, ...] = ()
    citations: tuple[Citation, ...] = ()
    discrepancies: tuple[str, ...] = ()  # keys of the contradicted figures without waiver that it prints
    layout: Layout = Layout.BOOK
    reference: Reference | None = None
    banner: str = ""  # one line at the head of every page: « Projet, sans valeur contractuelle »

    def blocks(self) -> Iterator[Block]:
        for chapter in self.chapters:
            yield from chapter.all_blocks()

    @property
    def name(self) -> str:
        """« Bilan 2020 – Région »: the title of the file and of its pages."""
        return joined(" – ", self.cover.title, self.cover.territory)

    @property
    def running(self) -> str:
        return joined(" · ", self.cover.title, self.cover.territory)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The marks and the banner, as they are said once in the text: heads and feet of pages are not read aloud."""
        return tuple(dict.fromkeys(mark for mark in (*self.cover.marks, self.banner) if mark))


def joined(mark: str, *parts: str) -> str:
    """The parts that say something."""
    return mark.join(part for part in parts if part)


def numbered(caption: str) -> tuple[str, str, str] | None:
    """« Tableau 3. Crédits » parted as word, number, rest; None for a caption that carries no number."""
    match = re.fullmatch(r"(\w+) (\d+)(\..*)", caption, re.DOTALL)
    return (match[1], match[2], match[3]) if match else None


def plain(text: Text) -> str:
    """The words alone."""
    return "".join(span.text for span in text)
