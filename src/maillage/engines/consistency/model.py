"""What the consistency engine takes and gives: plain values, nothing stored, nothing loaded."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.provenance import Status


class VerdictKind(StrEnum):
    """What a check concludes. The codes are stored and exported: they never change."""

    HOLDS = "holds"
    HOLDS_ROUNDED = "holds_rounded"
    TRUNCATED = "truncated"
    CONTRADICTS_DOCUMENT = "contradicts_document"
    CONTRADICTS_COMPONENTS = "contradicts_components"
    IMPLAUSIBLE = "implausible"
    UNVERIFIABLE = "unverifiable"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]

    @property
    def is_discrepancy(self) -> bool:
        """True for what a person must look at, and may waive with a reason."""
        return self in _DISCREPANCIES


_LABELS = {
    VerdictKind.HOLDS: "confirmé",
    VerdictKind.HOLDS_ROUNDED: "confirmé, à l'arrondi près",
    VerdictKind.TRUNCATED: "tronqué au lieu d'être arrondi",
    VerdictKind.CONTRADICTS_DOCUMENT: "contredit par un autre document",
    VerdictKind.CONTRADICTS_COMPONENTS: "contredit par ses composantes",
    VerdictKind.IMPLAUSIBLE: "ordre de grandeur invraisemblable",
    VerdictKind.UNVERIFIABLE: "non vérifiable",
}
_DISCREPANCIES = frozenset(
    {
        VerdictKind.TRUNCATED,
        VerdictKind.CONTRADICTS_DOCUMENT,
        VerdictKind.CONTRADICTS_COMPONENTS,
        VerdictKind.IMPLAUSIBLE,
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """What a document asserts, as it prints it.

    `value` is in `unit`. `printed_as` is the authority on the value and its precision. `perimeter` is what the
    document says the figure covers ('' when it says nothing). `indicator` is a code shared by figures and observations.
    `territory` and `period` are the texts of TerritoryCode and Period; bad ones are told in the verdict, never raised.
    """

    key: str
    label: str
    territory: str
    period: str
    value: Decimal | None
    unit: str
    printed_as: str
    relation: str = ""
    document: str = ""
    locator: str = ""
    perimeter: str = ""
    indicator: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """A value of official statistics. `low` and `high` bound an estimate. `value` is None when it is not known.

    `document` is the code of the document it was read in, when it was: that document's own figures are then no
    evidence for each other.
    """

    indicator: str
    label: str
    territory: str
    period: str
    value: Decimal | None
    unit: str
    source: str
    status: Status = Status.PUBLISHED
    low: Decimal | None = None
    high: Decimal | None = None
    document: str = ""
    perimeter: str = ""

    @property
    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """The interval of an estimate, when both of its ends are known."""
        if self.status is not Status.ESTIMATED or self.low is None or self.high is None:
            return None
        usable = self.low.is_finite() and self.high.is_finite() and self.low <= self.high
        return (self.low, self.high) if usable else None


@dataclass(frozen=True, slots=True)
class Check:
    """One examination of one figure. `weight` orders checks of one figure: the heaviest makes the verdict."""

    kind: VerdictKind
    reason: str
    recomputed: Decimal | None = None
    related: tuple[str, ...] = ()
    weight: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The most serious of the checks of one figure; `checks` keeps them all, most serious first.

    `recomputed` is in the figure's base unit (euros, percent, or the thing counted).
    """

    figure: str
    kind: VerdictKind
    recomputed: Decimal | None
    reason: str
    related: tuple[str, ...]
    checks: tuple[Check, ...]


# A contradiction outweighs an implausible size, because it names two places to look at; a fault of transcription
# outweighs agreement, because what agrees is then not what was recorded; a mere lack of evidence outweighs nothing.
_WEIGHTS = {
    VerdictKind.CONTRADICTS_COMPONENTS: 80,
    VerdictKind.CONTRADICTS_DOCUMENT: 70,
    VerdictKind.IMPLAUSIBLE: 60,
    VerdictKind.TRUNCATED: 40,
    VerdictKind.HOLDS_ROUNDED: 30,
    VerdictKind.HOLDS: 20,
    VerdictKind.UNVERIFIABLE: 10,
}
WEIGHT_TRANSCRIPTION = 50
WEIGHT_PRINT = 90


def weigh(check: Check) -> int:
    return check.weight or _WEIGHTS[check.kind]
