"""Pieces of OpenDocument XML. Escaping is in one place (`escaped`): what a person typed comes out literally."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from maillage.documents.model import Align, SourceNote, Span, Text, Tone, numbered, plain

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
_TONES = {Tone.MUTED: "Muted", Tone.GOOD: "Good", Tone.ALERT: "Alert"}


def escaped(text: str) -> str:
    """Text as XML: markup characters kept as text, control characters that XML forbids dropped, breaks made breaks.

    Spaces that follow one another are written as such: OpenDocument reads them as one else.
    """
    kept = escape(_CONTROL.sub("", text))
    spaced = re.sub(" {2,}", lambda match: f' <text:s text:c="{len(match[0]) - 1}"/>', kept)
    return spaced.replace("\t", "<text:tab/>").replace("\n", "<text:line-break/>")


def p(style: str, inside: str) -> str:
    return f'<text:p text:style-name="{style}">{inside}</text:p>'


def heading(title: str, level: int, anchor: str = "", style: str = "") -> str:
    mark = f"<text:bookmark text:name={quoteattr(anchor)}/>" if anchor else ""
    name = style or f"Heading_20_{level}"
    return f'<text:h text:style-name="{name}" text:outline-level="{level}">{mark}{escaped(title)}</text:h>'


def link(anchor: str, inside: str) -> str:
    return f'<text:a xlink:type="simple" xlink:href={quoteattr("#" + anchor)}>{inside}</text:a>'


def address(url: str) -> str:
    return f'<text:a xlink:type="simple" xlink:href={quoteattr(url)}>{escaped(url)}</text:a>'


def spans(text: Text) -> str:
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    inside = escaped(span.text)
    looks = [name for name, on in (("Strong", span.strong), ("Emphasis", span.emphasis)) if on]
    looks += [_TONES[span.tone]] if span.tone in _TONES else []
    for look in looks:
        inside = f'<text:span text:style-name="{look}">{inside}</text:span>' if inside else ""
    for index, number in enumerate(span.notes):
        label = f", {number}" if index else str(number)
        inside += f'<text:span text:style-name="Note_20_mark">{link(f"note-{number}", label)}</text:span>'
    return inside


def cell(look: str, text: Text, align: Align) -> str:
    style = "Table_20_number" if align is Align.END else "Table_20_cell"
    inside = p(style, spans(text))
    return f'<table:table-cell table:style-name="{look}" office:value-type="string">{inside}</table:table-cell>'


def caption(text: Text) -> str:
    """« Tableau 3. … » with its number as a sequence field, which the office's own tools list and renumber."""
    parts = numbered(plain(text))
    if parts is None:
        return spans(text)
    word, number, rest = parts
    formula = f'text:formula="ooow:{word}+1" style:num-format="1"'
    field = f'<text:sequence text:name="{word}" {formula}>{escaped(number)}</text:sequence>'
    marks = spans(tuple(replace(span, text="") for span in text))
    return f"{escaped(word)} {field}{escaped(rest)}{marks}"


def notes(listed: Sequence[SourceNote]) -> Iterable[str]:
    if not listed:
        return
    yield heading("Notes de source", 1, "notes")
    for note in listed:
        mark = f'<text:bookmark text:name="note-{note.number}"/>'
        yield p("Small", f"{mark}{escaped(f'{note.number}. {note.text}')}")


def picture(name: str, path: str, width: float, height: float, *, title: str, alt: str) -> str:
    """A picture in the line of the text, of so many centimetres, with its alternative text."""
    return (
        f'<draw:frame draw:name="{name}" draw:style-name="Inline" text:anchor-type="as-char" '
        f'svg:width="{width:.2f}cm" svg:height="{height:.2f}cm">'
        f'<draw:image xlink:href="{path}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/>'
        f"<svg:title>{escaped(title)}</svg:title><svg:desc>{escaped(alt)}</svg:desc></draw:frame>"
    )
