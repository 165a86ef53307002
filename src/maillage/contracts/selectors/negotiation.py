"""What the negotiation shows: sheets side by side, what each lacks, the totals of a year against what they may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from maillage.contracts import parameters
from maillage.contracts.enums import ActionNature
from maillage.contracts.models import ActionSheet, Contract, FieldComment
from maillage.contracts.rules import Checked, checked
from maillage.contracts.selectors.comparison import Difference, differences
from maillage.contracts.selectors.drafts import Draft
from maillage.contracts.services.versions import read_version
from maillage.contracts.text import Names, all_names
from maillage.engines.contract_rules import ContractFacts, Family, Finding, SheetFacts, Sum, Totals, totals
from maillage.engines.contract_text import SHEET, Text
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE
from maillage.engines.lifecycle.contracts import SHEET as SHEET_TABLE
from maillage.engines.lifecycle.model import Transition
from maillage.engines.parameters import Name, Parameter
from maillage.kernel.money import Money
from maillage.kernel.rate import Rate

# The steps of a sheet that belong to the negotiation; the others follow the signature.
CHOICES = frozenset({"retain", "set_aside"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one place: held, broken or not verifiable. `kind` is that of a badge."""

    kind: str
    label: str
    messages: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Finding]) -> Verdict:
        messages = tuple(one.message_fr for one in found)
        if any(one.checkable for one in found):
            broken = next(one for one in found if one.checkable)
            waivable = broken.waivable
            return cls("warning" if waivable else "error", "À justifier" if waivable else "Non respecté", messages)
        return cls("neutral", "Non vérifiable", messages) if found else cls("success", "Respecté")


@dataclass(frozen=True, slots=True)
class Terms:
    """The dated parameters of the co-funding rule for a year, each with its reference."""

    rows: tuple[Parameter, ...]

    @property
    def confirmed(self) -> bool:
        return bool(self.rows) and all(row.confirmed for row in self.rows)


@dataclass(frozen=True, slots=True)
class YearBoard:
    """One year of the contract: the State against its cap (F3), actions against the budget (F1), who shares (F2)."""

    year: int
    money: Totals
    cap: Money | None
    costs: Sum
    budget: Money | None
    cap_verdict: Verdict
    budget_verdict: Verdict
    shared_verdict: Verdict
    terms: Terms

    @property
    def state(self) -> Sum:
        return self.money.cash[Family.STATE].planned

    @property
    def collectivities(self) -> Sum:
        return self.money.cash[Family.COLLECTIVITY].planned

    @property
    def others(self) -> Sum:
        return self.money.cash[Family.OTHER].planned

    @property
    def in_kind(self) -> Sum:
        return sum((one.planned for one in self.money.in_kind.values()), Sum())

    @property
    def costs_words(self) -> str:
        """« 60 000 € », « au moins 50 000 € (1 action sur 6 sans coût) », « non connu »."""
        if self.costs.complete or self.costs.money is None:
            return str(self.costs)
        missing, word = self.costs.missing, "action" if self.costs.missing < 2 else "actions"
        return f"au moins {self.costs.money} ({missing} {word} sur {self.costs.count} sans coût)"

    @property
    def left(self) -> Money | None:
        return self.money.cap_remaining

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left < Money.zero()

    @property
    def gap(self) -> Money | None:
        """What the actions lack to make the budget; negative when they exceed it. None when one is not known."""
        exact = self.costs.exact
        return self.budget - exact if self.budget is not None and exact is not None else None

    @property
    def used_percent(self) -> int | None:
        used = self.money.cap_used
        return None if used is None else min(100, int(used.percent))


TERMS = (
    Name.CO_FUNDING_LEVELS,
    Name.CO_FUNDING_STATE_MAX_RATE,
    Name.CO_FUNDING_COLLECTIVITY_MIN_RATIO,
    Name.CO_FUNDING_TOLERANCE_RATE,
    Name.IN_KIND_COUNTS,
)


def terms_of(kind: str, year: int) -> Terms:
    """The parameters of the co-funding rule in force for a kind of contract in a year."""
    found = (parameters.parameter_of(name, kind, year) for name in TERMS)
    return Terms(tuple(row for row in found if row is not None))


def year_boards(result: Checked) -> list[YearBoard]:
    """Each year of the contract, as the totals and the rules see it."""
    facts = result.facts
    money = totals(facts)
    return [_year_board(facts, year, money.years[year], result.findings) for year in facts.years]


def _year_board(facts: ContractFacts, year: int, money: Totals, findings: Sequence[Finding]) -> YearBoard:
    def verdict(rule: str) -> Verdict:
        here = [one for one in findings if one.rule == rule and one.year == year and one.path.startswith("caps/")]
        return Verdict.of(here)

    return YearBoard(
        year=year,
        money=money,
        cap=money.cap,
        costs=_costs(facts.sheets, year),
        budget=_money(facts.budgets.get(year)),
        cap_verdict=verdict("F3"),
        budget_verdict=verdict("F1"),
        shared_verdict=verdict("F2"),
        terms=terms_of(facts.kind, year),
    )


def _costs(sheets: Sequence[SheetFacts], year: int) -> Sum:
    """The total costs of the actions that take part in a year."""
    amounts = [sheet.years[year].total_cost if year in sheet.years else None for sheet in _taking_part(sheets, year)]
    known = sum((amount for amount in amounts if amount is not None), Decimal(0))
    return Sum(known, sum(1 for amount in amounts if amount is None), len(amounts))


def _taking_part(sheets: Sequence[SheetFacts], year: int) -> list[SheetFacts]:
    return [one for one in sheets if year in one.years or any(line.year == year for line in one.lines)]


def _money(amount: Decimal | None) -> Money | None:
    return None if amount is None else Money(amount)


# --- what a sheet lacks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a sheet must say before it is signed. `path`: where it is written."""

    path: str
    label: str
    given: bool


def asked_of(code: str, sheet: Mapping[str, Any], years: Sequence[int]) -> list[Asked]:
    """What a sheet must say, derived from the catalogue of fields and from rule A2: never typed."""
    return [*_asked_fields(code, sheet), *_asked_targets(code, sheet), *_asked_money(code, sheet, years)]


def _asked_fields(code: str, sheet: Mapping[str, Any]) -> Iterator[Asked]:
    for one in SHEET.fields:
        if one.needed:
            yield Asked(f"sheets/{code}/{one.name}", one.label, bool(sheet.get(one.name)))
        elif one.name == "measure":
            given = bool(sheet.get("measure") or sheet.get("base_measure"))
            yield Asked(f"sheets/{code}/measure", one.label, given)
        elif one.name in ("justification", "enlargement") and sheet.get("nature") == ActionNature.REINFORCED:
            yield Asked(f"sheets/{code}/{one.name}", one.label, bool(sheet.get(one.name)))


def _asked_targets(code: str, sheet: Mapping[str, Any]) -> Iterator[Asked]:
    targets = sheet.get("targets", {}).values()
    given = any(year.get("value") is not None for one in targets for year in one.get("years", {}).values())
    yield Asked(f"sheets/{code}/targets", "Indicateur avec sa cible", given)


def _asked_money(code: str, sheet: Mapping[str, Any], years: Sequence[int]) -> Iterator[Asked]:
    lines = sheet.get("lines", {}).values()
    yield Asked(f"sheets/{code}/lines", "Lignes de financement", bool(lines))
    planned = {str(line.get("year")) for line in lines} | set(sheet.get("years", {}))
    for year in (str(one) for one in years if str(one) in planned):
        costs = sheet.get("years", {}).get(year, {})
        for name, label in (("total_cost", "Coût total"), ("eligible_cost", "Assiette éligible")):
            path = f"sheets/{code}/years/{year}/{name}"
            yield Asked(path, f"{label} {year}", costs.get(name) is not None)


# --- the sheets side by side ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """One action sheet among the others. `status` '' for a sheet that an amendment adds: it has no state yet."""

    code: str
    title: str
    measure: str
    need: str
    nature: str
    pilot: str
    money: Mapping[int, Totals]
    overall: Totals
    asked: tuple[Asked, ...]
    open_comments: int
    status: str
    status_label: str
    moves: tuple[Transition, ...]
    differences: int

    @property
    def missing(self) -> list[Asked]:
        return [one for one in self.asked if not one.given]

    @property
    def given(self) -> int:
        return sum(one.given for one in self.asked)

    @property
    def share(self) -> Rate | None:
        return self.overall.state_share if self.overall.total.planned.count else None


@dataclass(frozen=True, slots=True)
class Column:
    """The sheets of one axis, `code` '' for those that have none."""

    code: str
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Board:
    """The whole negotiation of a contract, or of its open amendment."""

    draft: Draft
    years: list[YearBoard]
    columns: list[Column]
    result: Checked
    open_comments: Mapping[str, int]
    differences: list[Difference] = field(default_factory=list)
    names: Names = field(default_factory=dict)

    @property
    def sheets(self) -> int:
        return sum(len(column.cards) for column in self.columns)

    @property
    def comments(self) -> int:
        return sum(self.open_comments.values())


def board_of(contract: Contract, draft: Draft, roles: frozenset[str]) -> Board:
    """Everything that the page shows, in a number of queries that sheets, years and lines do not change."""
    names = all_names()
    result = checked(contract, draft.text)
    comments = open_comments(contract, draft)
    against = in_force(draft)
    told = differences(against, draft.text, names) if against is not None else []
    return Board(
        draft=draft,
        years=year_boards(result),
        columns=_columns(draft, result, comments, told, names, roles),
        result=result,
        open_comments=comments,
        differences=told,
        names=names,
    )


def in_force(draft: Draft) -> Text | None:
    """The text that an open amendment changes; None before the first signature."""
    if draft.amendment is None:
        return None
    text: Text = read_version(draft.amendment.base)["text"]
    return text


def open_comments(contract: Contract, draft: Draft) -> dict[str, int]:
    """Path → how many comments are open on it, in this negotiation."""
    found = FieldComment.objects.filter(contract=contract, amendment=draft.amendment, closed_at__isnull=True)
    return dict(Counter(found.values_list("path", flat=True)))


@dataclass(frozen=True)
class _Seen:
    """What every card is made from."""

    draft: Draft
    facts: ContractFacts
    statuses: Mapping[str, str]
    comments: Mapping[str, int]
    differing: Mapping[str, int]
    names: Names
    roles: frozenset[str]


def _columns(
    draft: Draft,
    result: Checked,
    comments: Mapping[str, int],
    told: Sequence[Difference],
    names: Names,
    roles: frozenset[str],
) -> list[Column]:
    differing = Counter(one.sheet for one in told)
    seen = _Seen(draft, result.facts, _statuses(draft.contract), comments, differing, names, roles)
    cards: dict[str, list[Card]] = {}
    for code, sheet in draft.text["sheets"].items():
        cards.setdefault(sheet.get("axis") or "", []).append(_card(code, sheet, seen))
    titles = names["axis"]
    return [
        Column(code, titles.get(code, code) if code else "Sans axe", tuple(cards[code]))
        for code in sorted(cards, key=lambda code: (not code, code))
    ]


def _statuses(contract: Contract) -> dict[str, str]:
    return dict(ActionSheet.objects.filter(contract=contract).values_list("code", "status"))


def _card(code: str, sheet: Mapping[str, Any], seen: _Seen) -> Card:
    money = totals(seen.facts, only=lambda one: one.code == code)
    status = seen.statuses.get(code, "")
    measures, bases = seen.names["measure"], seen.names["base_measure"]
    return Card(
        code=code,
        title=sheet.get("title") or "",
        measure=measures.get(sheet.get("measure") or "") or bases.get(sheet.get("base_measure") or "") or "",
        need=sheet.get("need") or "",
        nature=dict(ActionNature.choices).get(sheet.get("nature") or "", ""),
        pilot=sheet.get("pilot") or "",
        money=money.years,
        overall=money.overall,
        asked=tuple(asked_of(code, sheet, seen.facts.years)),
        open_comments=comments_within(f"sheets/{code}", seen.comments),
        status=status,
        status_label=SHEET_TABLE.labels.get(status, "Ajoutée par l'avenant"),
        moves=_moves(seen.draft, status, seen.roles),
        differences=seen.differing.get(code, 0),
    )


def comments_within(place: str, comments: Mapping[str, int]) -> int:
    """How many comments are open at a place, or at a field within it."""
    return sum(count for path, count in comments.items() if path == place or path.startswith(f"{place}/"))


def _moves(draft: Draft, status: str, roles: frozenset[str]) -> tuple[Transition, ...]:
    """Retain or set aside: while the first text is negotiated."""
    if not status or draft.contract.status not in BEFORE_SIGNATURE or not draft.is_open:
        return ()
    return tuple(row for row in SHEET_TABLE.offered(status, roles) if row.name in CHOICES)
