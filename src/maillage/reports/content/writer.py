"""Helps the chapters: gives each source its note, registers each citation, numbers tables and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from maillage.documents.model import Align, Citation, Column, Row, SourceNote, Span, Table, Text, Tone
from maillage.kernel.errors import MaillageError
from maillage.kernel.period import Period, PeriodInvalid
from maillage.reports.content.data import COMPUTED, UNKNOWN_STATUSES, Assertion, Finding, Source, Value
from maillage.ui.statuses import mark
from maillage.ui.units import UNKNOWN, format_value, typography


class FigureUnresolved(MaillageError):
    """Invariant P1: a figure of a report resolves to a value that has a source."""


STATUS_WORDS = {
    "published": "valeur publiée",
    "provisional": "valeur provisoire",
    "estimated": "estimation",
    "rounded": "valeur arrondie",
    "floor": "plancher de publication, cette valeur ou moins",
    "suppressed": "secret statistique",
    "unavailable": "non disponible",
    COMPUTED: "calcul fait pour ce rapport",
}


def words(content: str, **look: object) -> Text:
    """French text, its spaces made right."""
    return (Span(typography(content), **look),) if content else ()  # type: ignore[arg-type]  # look is the span's own fields


def period_label(period: str) -> str:
    """« mai-juin 2020 »; the text itself when it is not a period that we know."""
    try:
        return Period.parse(period).label_fr
    except PeriodInvalid:
        return period


def signed(percent: Decimal, decimals: int = 1) -> str:
    """An evolution, with its sign: « +67,3 % »."""
    written = format_value(percent, unit="%", decimals=decimals)
    return f"+{written}" if percent > 0 else written


class Writer:
    """State of one assembly. Made, used and thrown away by `build`."""

    def __init__(self) -> None:
        self._notes: dict[str, int] = {}
        self._citations: dict[str, Citation] = {}
        self._tables = 0
        self._figures = 0

    @property
    def notes(self) -> tuple[SourceNote, ...]:
        return tuple(SourceNote(number, text) for text, number in self._notes.items())

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())

    def note(self, *sources: Source, status: str = "", perimeter: str = "", formula: str = "") -> int:
        """The number of the note that says these sources, status and perimeter; the same words share one number."""
        said = list(dict.fromkeys(str(source) for source in sources))
        parts = ([formula] if formula else []) + said
        if status:
            parts.append(STATUS_WORDS.get(status, status))
        if perimeter:
            parts.append(f"périmètre : {perimeter}")
        text = typography(" ; ".join(part.rstrip(".") for part in parts)) + "."
        return self._notes.setdefault(text, len(self._notes) + 1)

    def cite(self, value: Value | None, *, decimals: int | None = None, bare: bool = False) -> Text:
        """A value as it is printed, with its status, its interval and its note. None: nothing is known.

        `bare` leaves the unit out, where the head of the column says it.
        """
        if value is None:
            return (Span(UNKNOWN, tone=Tone.MUTED),)
        note = self._register(value)
        if value.value is None or value.status in UNKNOWN_STATUSES:
            shown = mark(value.status).symbol or UNKNOWN
            return (Span(shown, tone=Tone.MUTED, notes=(note,)),)
        unit = "" if bare else value.unit
        shown = format_value(value.value, unit=unit, decimals=decimals)
        if value.status == "floor":
            shown = f"≤ {shown}"
        interval = self._interval(value, unit, decimals)
        if not interval:
            return (Span(shown, notes=(note,)),)
        return (Span(shown), Span(f" ({interval})", tone=Tone.MUTED, notes=(note,)))

    def cite_bare(self, value: Value, *, decimals: int | None = None) -> tuple[str, int]:
        """The number alone and its note, for a tile that says status and interval in words beside it."""
        note = self._register(value)
        if value.value is None or value.status in UNKNOWN_STATUSES:
            return UNKNOWN, note
        unit = value.unit if value.unit in ("EUR", "%") else ""  # what is counted is in the label
        return format_value(value.value, unit=unit, decimals=decimals), note

    def cite_assertion(self, assertion: Assertion) -> Text:
        """What a document asserts, as it prints it."""
        note = self.note(assertion.source, perimeter=assertion.perimeter)
        self._keep(
            Citation(
                key=f"stated:{assertion.code}",
                label=assertion.label,
                territory_code=assertion.territory_code,
                period=assertion.period,
                value=canonical(assertion.value) or assertion.printed_as,
                status=assertion.finding.kind if assertion.finding else "",
                source=str_source(assertion.source),
            )
        )
        return (Span(typography(assertion.printed_as), notes=(note,)),)

    def table(
        self,
        caption: str,
        columns: Sequence[Column],
        rows: Iterable[Row],
        *,
        note: Text = (),
        notes: tuple[int, ...] = (),
    ) -> Table:
        """A numbered table. A note that every filled cell of a column shares moves up to the column's head."""
        self._tables += 1
        head, body = hoist(tuple(columns), tuple(rows))
        title = Span(typography(f"Tableau {self._tables}. {caption}"), notes=notes)
        return Table((title,), head, body, note)

    def figure_caption(self, caption: str) -> Text:
        self._figures += 1
        return words(f"Figure {self._figures}. {caption}")

    def _register(self, value: Value) -> int:
        if value.value is not None and not any(source.title.strip() for source in value.sources):
            raise FigureUnresolved(
                f"Le chiffre « {value.label} » n'a pas de source : il ne peut pas être cité dans un rapport. "
                "Rattachez-le à son document ou à son édition."
            )
        self._keep(
            Citation(
                key=value.key,
                label=value.label,
                territory_code=value.territory_code,
                period=value.period,
                value=canonical(value.value),
                status=value.status,
                source=" ; ".join(dict.fromkeys(str_source(source) for source in value.sources))[:300],
            )
        )
        return self.note(*value.sources, status=value.status, perimeter=value.perimeter, formula=value.formula)

    def _keep(self, citation: Citation) -> None:
        self._citations.setdefault(citation.key, citation)

    @staticmethod
    def _interval(value: Value, unit: str, decimals: int | None) -> str:
        if value.low is None or value.high is None or value.low == value.high:
            return ""
        low = format_value(value.low, decimals=decimals)
        high = format_value(value.high, unit=unit, decimals=decimals)
        return f"entre {low} et {high}"


def canonical(value: Decimal | None) -> str:
    """The text that two equal values share: « 7.6 » for 7.60; empty when unknown."""
    return "" if value is None else f"{value.normalize():f}"


def str_source(source: Source) -> str:
    """A source in one line, for the record of a citation."""
    return ", ".join(part for part in (source.code or source.title, source.locator) if part)[:300]


_TONES = {"holds": Tone.GOOD, "holds_rounded": Tone.GOOD, "unverifiable": Tone.MUTED}


def verdict(finding: Finding | None, *, waived: bool = False) -> Text:
    """The verdict in words; a contradiction stands out, by weight and by its own words."""
    if finding is None:
        return (Span("Non contrôlé", tone=Tone.MUTED),)
    if finding.contradicted:
        label = f"{finding.label} (dérogation)" if waived else finding.label
        return words(label, strong=True, tone=Tone.ALERT)
    return words(finding.label, tone=_TONES.get(finding.kind, Tone.PLAIN))


def hoist(columns: tuple[Column, ...], rows: tuple[Row, ...]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Move to each column's head the notes that all its cells share; a total keeps its own."""
    head, body = list(columns), [list(row.cells) for row in rows]
    parts = [cells for cells, row in zip(body, rows, strict=True) if not row.total]
    for index, column in enumerate(columns):
        filled = [cells for cells in parts if _notes_of(cells[index])]
        marks = {_notes_of(cells[index]) for cells in filled}
        if len(marks) != 1 or len(filled) < 2 or column.align is not Align.END:
            continue
        head[index] = replace(column, notes=column.notes + marks.pop())
        for cells in filled:
            cells[index] = tuple(replace(span, notes=()) for span in cells[index])
    return tuple(head), tuple(replace(row, cells=tuple(cells)) for row, cells in zip(rows, body, strict=True))


def _notes_of(text: Text) -> tuple[int, ...]:
    return tuple(number for span in text for number in span.notes)
