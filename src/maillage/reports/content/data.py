"""What the annual report is written from: facts already read, with their sources. No database, no clock here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

CONTRADICTIONS = frozenset({"contradicts_document", "contradicts_components", "implausible"})
UNKNOWN_STATUSES = frozenset({"suppressed", "unavailable"})
COMPUTED = "computed"  # status of a value worked out by the report from values that it cites


@dataclass(frozen=True, slots=True)
class Source:
    """Document or edition, and the place in it."""

    title: str
    locator: str = ""
    publisher: str = ""
    code: str = ""

    def __str__(self) -> str:
        """« CODE, tableau des crédits »: the chapter of sources gives each code its title and publisher."""
        title = self.code or " – ".join(part for part in (self.publisher, self.title) if part)
        return f"{title}, {self.locator}" if self.locator else title


@dataclass(frozen=True, slots=True)
class Value:
    """One value to cite. `value` is None when the status says that it is unknown: never zero."""

    key: str
    label: str
    territory_code: str
    period: str
    value: Decimal | None
    unit: str
    status: str
    sources: tuple[Source, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    perimeter: str = ""
    formula: str = ""  # how a computed or estimated value is worked out, in words


@dataclass(frozen=True, slots=True)
class Finding:
    """What the consistency control says of an assertion."""

    kind: str
    label: str
    reason: str = ""
    recomputed: Decimal | None = None
    related: tuple[str, ...] = ()

    @property
    def contradicted(self) -> bool:
        return self.kind in CONTRADICTIONS


@dataclass(frozen=True, slots=True)
class Waived:
    """A discrepancy that a named person accepts."""

    reason: str
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a document asserts, as printed, with the verdict of the control."""

    code: str
    label: str
    territory_code: str
    territory: str
    period: str
    printed_as: str
    value: Decimal | None
    unit: str
    source: Source
    axis_code: str = ""
    perimeter: str = ""
    in_table: bool = False  # a cell of a printed table: the report has its own table
    earlier: bool = False  # of the year before
    finding: Finding | None = None
    waiver: Waived | None = None

    @property
    def contradicted(self) -> bool:
        return self.finding is not None and self.finding.contradicted

    @property
    def open_discrepancy(self) -> bool:
        """Contradicted, and nobody has accepted it with a reason."""
        return self.contradicted and self.waiver is None


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Credits of one contract (or their total), the year before and the year of the report.

    Everything is worked out where the pages have it worked out too: this only carries the results.
    """

    territory_code: str
    territory: str
    before: Value | None
    after: Value | None
    evolution: Value | None = None
    printed_evolution: Assertion | None = None
    population: Value | None = None
    poor: Value | None = None
    per_head: Value | None = None
    per_poor: Value | None = None
    warning: str = ""  # the two perimeters differ


@dataclass(frozen=True, slots=True)
class CoverLine:
    """Complementary health cover in one territory at one date."""

    territory: str
    period: str
    protected: Value | None
    beneficiaries: Value | None
    printed_rate: Value | None
    printed: Assertion | None = None  # the same rate as the document prints it, with its verdict
    rate: Value | None = None  # worked out on the two others


@dataclass(frozen=True, slots=True)
class CollectedLine:
    """One figure that a partner gave for the year."""

    indicator: str
    territory: str
    partner: str
    value: Value


@dataclass(frozen=True, slots=True)
class AxisFacts:
    code: str
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    axis_code: str
    territory_code: str
    territory: str
    organisation: str
    partners: str
    subject: str
    source: Source


@dataclass(frozen=True, slots=True)
class BodyFacts:
    kind: str
    title: str
    period: str
    role: str
    periodicity: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    period: str
    title: str
    scope: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A document cited, with what is known of its file."""

    code: str
    title: str
    publisher: str
    printed_on: str


@dataclass(frozen=True, slots=True)
class EditionFacts:
    title: str
    publisher: str
    vintage: str
    origin: str
    sha256: str
    loaded_on: date


@dataclass(frozen=True, slots=True)
class PactFacts:
    code: str
    title: str
    short_title: str
    axis_word: str
    period: str


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """How an indicator that the report cites is worked out, and what it does not say."""

    label: str
    producer: str
    method: str
    limits: str


@dataclass(frozen=True, slots=True)
class MapFacts:
    """A map drawn by the interface's own engine, as SVG."""

    title: str
    alt: str
    svg: str
    note: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class AnnualData:
    """Everything the report of one year says of one territory."""

    territory_code: str
    territory: str
    year: int
    edited_on: date
    pact: PactFacts | None = None
    instance_name: str = ""
    demonstration: bool = False
    draft: bool = True
    by_territory: bool = False
    axes: tuple[AxisFacts, ...] = ()
    credits: tuple[CreditLine, ...] = ()
    credits_total: CreditLine | None = None  # worked out on the contracts
    credits_printed_total: CreditLine | None = None  # as its document prints it
    assertions: tuple[Assertion, ...] = ()
    covers: tuple[CoverLine, ...] = ()
    collected: tuple[CollectedLine, ...] = ()  # what partners gave for the year's collection
    rates: tuple[Value, ...] = ()  # poverty rate of the region and of its départements
    projects: tuple[ProjectFacts, ...] = ()
    bodies: tuple[BodyFacts, ...] = ()
    milestones: tuple[MilestoneFacts, ...] = ()
    narrative: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[DocumentFacts, ...] = ()
    editions: tuple[EditionFacts, ...] = ()
    maps: tuple[MapFacts, ...] = ()
    methods: tuple[MethodFacts, ...] = ()

    @property
    def axis_word(self) -> str:
        return self.pact.axis_word if self.pact else "axe"

    @property
    def is_empty(self) -> bool:
        """Nothing is known of the year: the report says so instead of showing empty tables."""
        return not (self.credits or self.assertions or self.projects or self.covers or self.collected)

    @property
    def of_the_year(self) -> tuple[Assertion, ...]:
        """Assertions about the year itself; the others only stand beside them for comparison."""
        return tuple(assertion for assertion in self.assertions if not assertion.earlier)

    @property
    def open_discrepancies(self) -> tuple[Assertion, ...]:
        return tuple(assertion for assertion in self.of_the_year if assertion.open_discrepancy)
