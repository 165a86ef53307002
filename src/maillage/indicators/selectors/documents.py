"""Documents: how many figures each asserts, and all that one asserts in the order printed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maillage.indicators.selectors.consistency import Checked
from maillage.sources.models import SourceDocument


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document with what its figures' check says."""

    document: SourceDocument
    figures: int
    open: int
    waived: int
    unverifiable: int


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table of the document, drawn again: a missing cell is one that is not printed, or not loaded."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    cells: dict[tuple[str, str], Checked]


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands at one place of the document: single figures, and printed tables."""

    locator: str
    figures: tuple[Checked, ...]
    tables: tuple[PrintedTable, ...]


def summaries(checked: Iterable[Checked]) -> list[DocumentSummary]:
    """Every document loaded, those without any figure too."""
    by_document: dict[int, list[Checked]] = defaultdict(list)
    for item in checked:
        by_document[item.figure.document_id].append(item)
    return [
        _summary(document, by_document.get(document.pk, [])) for document in SourceDocument.objects.order_by("code")
    ]


def passages(checked: Sequence[Checked]) -> list[Passage]:
    """The figures of one document by place, in the order printed."""
    places: dict[str, list[Checked]] = defaultdict(list)
    for item in checked:
        places[item.figure.locator].append(item)
    return [
        Passage(
            locator,
            tuple(item for item in items if not _in_table(item)),
            tuple(_tables(item for item in items if _in_table(item))),
        )
        for locator, items in places.items()
    ]


def _summary(document: SourceDocument, items: Sequence[Checked]) -> DocumentSummary:
    kinds = Counter(item.kind for item in items)
    return DocumentSummary(
        document,
        len(items),
        sum(1 for item in items if item.is_open),
        sum(1 for item in items if item.is_discrepancy and not item.is_open),
        kinds["unverifiable"],
    )


def _in_table(item: Checked) -> bool:
    return bool(item.figure.table and item.figure.row and item.figure.column)


def _tables(items: Iterable[Checked]) -> list[PrintedTable]:
    by_title: dict[str, list[Checked]] = defaultdict(list)
    for item in items:
        by_title[item.figure.table].append(item)
    return [
        PrintedTable(
            title,
            tuple(dict.fromkeys(item.figure.column for item in group)),
            tuple(dict.fromkeys(item.figure.row for item in group)),
            {(item.figure.row, item.figure.column): item for item in group},
        )
        for title, group in by_title.items()
    ]
