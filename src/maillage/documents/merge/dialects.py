"""What differs between the text of a DOCX and of an ODT: where its letters are, how a break or an image is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from lxml import etree

from maillage.documents.enums import Format
from maillage.documents.renderers import odt_xml

Element: TypeAlias = etree._Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
CODE_CM = 2.0


@dataclass(slots=True)
class Slot:
    """A piece of a paragraph's text: that of an element or the one after it. A blank stands for a break or a tab."""

    element: Element
    after: bool = False
    blank: bool = False

    @property
    def text(self) -> str:
        if self.blank:
            return " "
        return (self.element.tail if self.after else self.element.text) or ""

    def write(self, text: str) -> None:
        if self.after:
            self.element.tail = text
        else:
            self.element.text = text


@dataclass(frozen=True, slots=True)
class Dialect:
    paragraphs: frozenset[str]
    row: str
    cell: str
    slots: Callable[[Element], Iterator[Slot]]
    holds_more: Callable[[Element], bool]  # whether a paragraph holds something beside its text
    splittable: frozenset[str]  # what may be cut in two so that a condition begins between
    properties: str  # the child that a cut copies: the look of a run; empty where looks are attributes
    marked: Callable[[str], str]  # a text as XML, breaks and tabs included
    mend: Callable[[Element], None]  # after the merge: no cell without paragraph, no table without row


# --- DOCX -----------------------------------------------------------------------------------------------------------

_WORD_BLANKS = {f"{_W}{name}" for name in ("tab", "br", "cr", "noBreakHyphen")}
_WORD_APART = {f"{_W}{name}" for name in ("drawing", "pict", "object", "del", "moveFrom", "rPr", "pPr")}
_WORD_APART |= {f"{_MC}AlternateContent"}
_WORD_PICTURES = {f"{_W}{name}" for name in ("drawing", "pict", "object", "sectPr")} | {f"{_MC}AlternateContent"}
_WORD_HOLDERS = {f"{_W}{name}" for name in ("tc", "hdr", "ftr", "txbxContent", "footnote", "endnote", "body")}


def _word_slots(element: Element) -> Iterator[Slot]:
    for child in element:
        if child.tag == f"{_W}t":
            child.set(_SPACE, "preserve")  # a tag may leave a space at its side
            yield Slot(child)
        elif child.tag in _WORD_BLANKS:
            yield Slot(child, blank=True)
        elif child.tag not in _WORD_APART:
            yield from _word_slots(child)


def _word_holds_more(paragraph: Element) -> bool:
    return any(one.tag in _WORD_PICTURES for one in paragraph.iter())


def _word_marked(text: str) -> str:
    kept = '</w:t>{}<w:t xml:space="preserve">'
    return escape(text).replace("\n", kept.format("<w:br/>")).replace("\t", kept.format("<w:tab/>"))


def _word_mend(root: Element) -> None:
    for table in list(root.iter(f"{_W}tbl")):
        if table.find(f".//{_W}tr") is None:
            _drop(table)
    for holder in root.iter(*_WORD_HOLDERS):
        blocks = [child for child in holder if child.tag in (f"{_W}p", f"{_W}tbl", f"{_W}sdt")]
        if not blocks or (holder.tag == f"{_W}tc" and blocks[-1].tag != f"{_W}p"):
            paragraph = etree.SubElement(holder, f"{_W}p")
            if holder.tag == f"{_W}body" and holder.find(f"{_W}sectPr") is not None:
                holder.remove(paragraph)
                holder.insert(len(holder) - 1, paragraph)


# --- ODT ------------------------------------------------------------------------------------------------------------

_OPEN_BLANKS = {f"{_TEXT}{name}" for name in ("s", "tab", "line-break")}
_OPEN_INSIDE = {f"{_TEXT}{name}" for name in ("span", "a", "meta")}
_OPEN_EMPTY = {f"{_TEXT}{name}" for name in ("soft-page-break", "bookmark", "bookmark-start", "bookmark-end")}


def _open_slots(element: Element) -> Iterator[Slot]:
    yield Slot(element)
    for child in element:
        if child.tag in _OPEN_BLANKS:
            yield Slot(child, blank=True)
        elif child.tag in _OPEN_INSIDE:
            yield from _open_slots(child)
        yield Slot(child, after=True)


def _open_holds_more(paragraph: Element) -> bool:
    known = _OPEN_BLANKS | _OPEN_INSIDE | _OPEN_EMPTY
    return any(one is not paragraph and one.tag not in known for one in paragraph.iter())


def _open_mend(root: Element) -> None:
    for tag, needed in ((f"{_TABLE}table", f"{_TABLE}table-row"), (f"{_TEXT}list", f"{_TEXT}list-item")):
        for element in list(root.iter(tag)):
            if element.find(f".//{needed}") is None:
                _drop(element)


def _drop(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


DIALECTS = {
    Format.DOCX: Dialect(
        paragraphs=frozenset({f"{_W}p"}),
        row=f"{_W}tr",
        cell=f"{_W}tc",
        slots=_word_slots,
        holds_more=_word_holds_more,
        splittable=frozenset(f"{_W}{name}" for name in ("r", "t", "hyperlink", "ins", "smartTag")),
        properties=f"{_W}rPr",
        marked=_word_marked,
        mend=_word_mend,
    ),
    Format.ODT: Dialect(
        paragraphs=frozenset({f"{_TEXT}p", f"{_TEXT}h"}),
        row=f"{_TABLE}table-row",
        cell=f"{_TABLE}table-cell",
        slots=_open_slots,
        holds_more=_open_holds_more,
        splittable=frozenset({f"{_TEXT}span", f"{_TEXT}a"}),
        properties="",
        marked=odt_xml.escaped,
        mend=_open_mend,
    ),
}
LIST_ITEM = f"{_TEXT}list-item"
DELETED = f"{_TEXT}tracked-changes"


# --- images ---------------------------------------------------------------------------------------------------------

PICTURE_NAMES = {Format.DOCX: "word/media/code-qr.png", Format.ODT: "Pictures/code-qr.png"}
RELATION = "rIdCodeQr"


def word_picture(number: int, alt: str) -> str:
    """An image in the line, between two texts of a same run."""
    side = round(CODE_CM * 360_000)
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    identity = f'id="{90_000 + number}" name="Code QR {number}" descr="{escape(alt)}"'
    return (
        f'</w:t><w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing" '
        'distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{side}" cy="{side}"/><wp:docPr {identity}/>'
        f'<a:graphic xmlns:a="{drawing}/main"><a:graphicData uri="{drawing}/picture">'
        f'<pic:pic xmlns:pic="{drawing}/picture">'
        f"<pic:nvPicPr><pic:cNvPr {identity}/><pic:cNvPicPr/></pic:nvPicPr>"
        f'<pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'r:embed="{RELATION}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{side}" cy="{side}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
        '</w:drawing><w:t xml:space="preserve">'
    )


def open_picture(number: int, alt: str) -> str:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    return (
        f'<draw:frame xmlns:draw="{names}:drawing:1.0" xmlns:svg="{names}:svg-compatible:1.0" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" draw:name="Code QR {number}" text:anchor-type="as-char" '
        f'svg:width="{CODE_CM:.2f}cm" svg:height="{CODE_CM:.2f}cm">'
        f'<draw:image xlink:href="{PICTURE_NAMES[Format.ODT]}" '
        'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/><svg:title>Code QR</svg:title>'
        f"<svg:desc>{escape(alt)}</svg:desc></draw:frame>"
    )
