"""What contradicts on a perimeter: the gravest first, a pair of documents that disagree shown once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.engines.consistency import VerdictKind
from maillage.indicators.models import StatedFigure
from maillage.indicators.selectors.consistency import Checked, Row, check
from maillage.indicators.selectors.values import period_label
from maillage.kernel.numbers import NBSP
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.ui import units
from maillage.web.links import address

GRAVEST_FIRST = (
    VerdictKind.CONTRADICTS_COMPONENTS,
    VerdictKind.IMPLAUSIBLE,
    VerdictKind.CONTRADICTS_DOCUMENT,
    VerdictKind.TRUNCATED,
)


@dataclass(frozen=True)
class Discrepancy:
    """A figure that does not hold, as one line: what is printed, what is found, why, and where to go."""

    label: str
    territory: str
    period: str
    printed: str
    found: str
    reason: str
    kind: str
    figure_url: str
    document: str
    document_url: str
    others: tuple[tuple[str, str], ...]  # (label, address) of the figures that say otherwise


@dataclass(frozen=True)
class DiscrepancySummary:
    """Counts are of figures, as on the page of the check; `lines` shows the gravest, each pair once."""

    lines: tuple[Discrepancy, ...]
    open_count: int
    waived_count: int
    by_kind: tuple[tuple[str, str, int], ...]  # (code, French label, number of open ones)
    unverifiable: int
    checked: int

    @property
    def more(self) -> int:
        """Open figures that the lines do not name, themselves or as the other side of a pair."""
        named = len(self.lines) + sum(len(line.others) for line in self.lines)
        return max(0, self.open_count - named)


def concerning(territory: Territory) -> list[Checked]:
    """Figures on the territory or inside it; those on the country too when the territory is a region."""
    wide = territory.level in (Level.REGION, Level.COUNTRY)

    def keep(row: Row) -> bool:
        return territory.code in row.lineage or (wide and row.level == Level.COUNTRY)

    return list(check(keep=keep))


def summary(items: Sequence[Checked], *, at_most: int = 4) -> DiscrepancySummary:
    wrong = [item for item in items if item.is_discrepancy]
    opened = sorted((item for item in wrong if item.is_open), key=_gravity)
    by_kind = tuple(
        (kind.value, kind.label_fr, number)
        for kind in GRAVEST_FIRST
        if (number := sum(item.verdict.kind is kind for item in opened))
    )
    return DiscrepancySummary(
        lines=tuple(_line(item) for item in _once(opened)[:at_most]),
        open_count=len(opened),
        waived_count=len(wrong) - len(opened),
        by_kind=by_kind,
        unverifiable=sum(item.verdict.kind is VerdictKind.UNVERIFIABLE for item in items),
        checked=len(items),
    )


def _gravity(item: Checked) -> tuple[int, str, int]:
    kind = item.verdict.kind
    rank = GRAVEST_FIRST.index(kind) if kind in GRAVEST_FIRST else len(GRAVEST_FIRST)
    return rank, item.figure.document.code, item.figure.position


def _once(items: Sequence[Checked]) -> list[Checked]:
    """Of figures that contradict one another, the first only: the line names the others."""
    named: set[str] = set()
    kept = []
    for item in items:
        if item.figure.code in named:
            continue
        kept.append(item)
        if item.verdict.kind is VerdictKind.CONTRADICTS_DOCUMENT:
            named.update(other.code for other in item.related)
    return kept


def _as_precise(recomputed: Decimal, figure: StatedFigure) -> str:
    """The recomputed value with the decimals of the print; a rate keeps one at least, to tell it from a rounded one."""
    printed = re.search(r"[0-9][,.]([0-9]{1,2})(?![0-9])", figure.printed_as)
    decimals = len(printed.group(1)) if printed else 0
    return units.format_value(
        recomputed, unit=figure.unit, decimals=max(decimals, 1) if figure.unit == "%" else decimals
    )


def _line(item: Checked) -> Discrepancy:
    figure, verdict = item.figure, item.verdict
    found = "" if verdict.recomputed is None else _as_precise(verdict.recomputed, figure)
    pair = item.related if verdict.kind is VerdictKind.CONTRADICTS_DOCUMENT else ()
    return Discrepancy(
        label=figure.label,
        territory=figure.territory.name,
        period=period_label(figure.period),
        printed=figure.printed_as,
        found=found,
        reason=verdict.reason,
        kind=item.kind,
        figure_url=address("figure", figure.code),
        document=f"{figure.document.code}{NBSP}: {figure.locator}" if figure.locator else figure.document.code,
        document_url=address("document", figure.document.code, anchor=figure.code),
        others=tuple((f"{other.printed_as} ({other.document.code})", address("figure", other.code)) for other in pair),
    )
