"""What the execution of contracts calls to attention, derived from figures, for those who may act on it.

A median is that of every signed contract of the same kind and level, whoever looks; an alert is shown to the parties of
its contract only. The engine (`engines.alerts`) decides; what the database filters here, it filters because the engine
would say nothing of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThan

from maillage.contracts import perms
from maillage.contracts.enums import Origin
from maillage.contracts.models import ActionSheet, AnnualCap, Contract, ExecutionReport, IndicatorTarget, Reading
from maillage.contracts.parameters import all_parameters, parameter_of
from maillage.contracts.selectors.results import REPORTING
from maillage.contracts.selectors.steering.ledger import Ledger, ledgers, lines_of
from maillage.core.models import User
from maillage.engines.alerts import (
    Alert,
    AlertFacts,
    AlertKind,
    CapFacts,
    ExecutionFacts,
    ReportFacts,
    SeriesFacts,
    alerts,
    report_due_on,
)
from maillage.engines.contract_rules import Family
from maillage.engines.lifecycle.contracts import EXECUTION_REPORT, SIGNED
from maillage.engines.parameters import ALL_KINDS, Name, Parameter
from maillage.indicators.enums import Polarity
from maillage.kernel.errors import shorten

_YEAR_LENGTH = len("2024")

# A report that its author has still to send.
TO_SEND = frozenset(row.source for row in EXECUTION_REPORT.transitions if row.name == "submit")

_NAMES: dict[AlertKind, tuple[Name, ...]] = {
    AlertKind.EXECUTION_GAP: (Name.ALERT_GAP_POINTS, Name.ALERT_GROUP_MIN),
    AlertKind.FALLING_TREND: (Name.TREND_PERIODS,),
    AlertKind.REPORT_OVERDUE: (Name.REPORT_DUE_DAY,),
    AlertKind.REPORT_DUE_SOON: (Name.REPORT_DUE_DAY, Name.REPORT_REMINDER_DAYS),
    AlertKind.CAP_NEARLY_REACHED: (Name.CAP_ALERT_RATE,),
}


@dataclass(frozen=True)
class Shown:
    """An alert, the contract it concerns (None: of no one contract) and the parameters that it comes from."""

    alert: Alert
    contract: Contract | None
    parameters: tuple[Parameter, ...]


def alerts_of(contracts: Iterable[Contract], user: User | AnonymousUser, year: int | None, on: date) -> list[Shown]:
    """The alerts of these contracts that this person may act on: amounts of `year`, reports and readings to date."""
    held = [one for one in contracts if one.status in SIGNED]
    prefetch_related_objects([one for one in held if perms.PARTNER_ROLES[one.kind] & perms.NAMED_ONLY], "participants")
    acted = [one for one in held if perms.is_party(user, one, on)]
    if not acted:
        return []
    spent = _by_contract([one.pk for one in held], year) if year is not None else {}
    facts = AlertFacts(
        execution=tuple(_execution(held, spent, year)) if year is not None else (),
        series=tuple(_series(acted)),
        reports=tuple(_reports(acted, on)),
        caps=tuple(_caps(acted, spent, year)) if year is not None else (),
    )
    by_key = {str(one.pk): one for one in acted}
    found = []
    for alert in alerts(facts, all_parameters(), on):
        pk, _, rest = alert.subject.partition("/")
        contract = by_key.get(pk)
        if contract is not None or not pk.isdecimal():
            found.append(Shown(alert, contract, _parameters(alert, contract, _year_of(rest), on)))
    return found


def contract_alerts(contract: Contract, user: User | AnonymousUser, on: date) -> list[Shown]:
    """The alerts of one contract, on the current year or on its last one."""
    return alerts_of([contract], user, min(max(on.year, contract.starts_on.year), contract.ends_on.year), on)


def _year_of(rest: str) -> int | None:
    return int(rest) if rest.isdecimal() else None


def _parameters(alert: Alert, contract: Contract | None, year: int | None, on: date) -> tuple[Parameter, ...]:
    kind = ALL_KINDS if contract is None else contract.kind
    found = (parameter_of(name, kind, year if year is not None else on) for name in _NAMES.get(alert.kind, ()))
    return tuple(one for one in found if one is not None)


# --- amounts --------------------------------------------------------------------------------------------------------


def _execution(seen: Sequence[Contract], spent: Mapping[int, Ledger], year: int) -> Iterable[ExecutionFacts]:
    """Every signed contract with money that year, those that this person does not see included: a median is of all."""
    others = Contract.objects.filter(status__in=SIGNED).exclude(pk__in=[one.pk for one in seen])
    unseen = {one.pk: one for one in others.select_related("territory")}
    signed = {one.pk: one for one in seen} | unseen
    for pk, ledger in {**spent, **_by_contract(unseen, year)}.items():
        if (contract := signed.get(pk)) is not None:
            level = f"{contract.kind} {contract.territory.level}"
            paid, planned = ledger.known_cash("paid"), ledger.known_cash("planned")
            yield ExecutionFacts(str(pk), _name(contract), level, paid, planned)


def _by_contract(contracts: Collection[int], year: int) -> dict[int, Ledger]:
    made: dict[int, Ledger] = defaultdict(Ledger)
    if contracts:
        for (pk,), ledger in ledgers(lines_of(contracts).filter(year=year), ("sheet__contract",)):
            made[pk].merge(ledger)  # type: ignore[index]  # the key of a contract
    return made


def _name(contract: Contract) -> str:
    return f"{contract.territory.name} ({contract.reference})"


def _caps(contracts: Sequence[Contract], spent: Mapping[int, Ledger], year: int) -> Iterable[CapFacts]:
    """The State's credits planned for the year against its cap. Without any line, nothing is used."""
    caps = dict(AnnualCap.objects.filter(contract__in=contracts, year=year).values_list("contract", "ae"))
    for one in contracts:
        if one.pk in spent:
            state = spent[one.pk].known_cash("planned", Family.STATE)
            yield CapFacts(f"{one.pk}/{year}", _name(one), one.kind, year, caps.get(one.pk), state)


# --- reports --------------------------------------------------------------------------------------------------------


def _reports(contracts: Iterable[Contract], on: date) -> Iterable[ReportFacts]:
    """One fact by contract, year over and deadline: how many actions have still to send their report.

    A contract taken over from a document was executed before the instance: it owes none here.
    """
    owing = {one.pk: one for one in contracts if one.origin == Origin.NATIVE and one.status in REPORTING}
    expected = _expected(owing.values(), on)
    made: dict[tuple[int, int], int] = defaultdict(int)
    waiting: dict[tuple[int, int, date | None], int] = defaultdict(int)
    reports = ExecutionReport.objects.filter(sheet__contract__in=owing, sheet__in_text=True).order_by()
    grouped = reports.values_list("sheet__contract", "year", "status", "due_on").annotate(number=Count("pk"))
    for pk, year, status, due_on, number in grouped:
        made[pk, year] += number
        if status in TO_SEND and year < on.year:
            waiting[pk, year, due_on or _due_on(owing[pk].kind, year)] += number
    for (pk, year), number in expected.items():
        waiting[pk, year, _due_on(owing[pk].kind, year)] += number - made[pk, year]
    for (pk, year, due_on), number in waiting.items():
        if number > 0:
            word = f"{number} action{'s' if number > 1 else ''} sur {max(expected[pk, year], number)}"
            contract = owing[pk]
            label = f"{_name(contract)}, {word}"
            yield ReportFacts(f"{pk}/{year}", label, contract.kind, year, done=False, due_on=due_on)


@cache
def _due_on(kind: str, year: int) -> date | None:
    """The deadline of a report that nobody has begun. The parameters are a file: asked once."""
    return report_due_on(all_parameters(), kind, year)


def _expected(contracts: Iterable[Contract], on: date) -> dict[tuple[int, int], int]:
    """(contract, year over) → actions of the text that run that year, in one query."""
    held = list(contracts)
    years = sorted({year for one in held for year in one.years if year < on.year})
    counts = {f"in_{year}": Count("pk", filter=_runs_in(year)) for year in years}
    rows = ActionSheet.objects.filter(contract__in=held, in_text=True).exclude(status="abandoned").order_by()
    counted = rows.values("contract").annotate(**counts).values_list("contract", *counts) if years else ()
    numbers = {pk: dict(zip(years, found, strict=True)) for pk, *found in counted}
    return {
        (one.pk, year): numbers.get(one.pk, {}).get(year, 0) for one in held for year in one.years if year < on.year
    }


def _runs_in(year: int) -> Q:
    started = Q(starts_on__isnull=True) | Q(starts_on__lte=date(year, 12, 31))
    return started & (Q(ends_on__isnull=True) | Q(ends_on__gte=date(year, 1, 1)))


# --- readings -------------------------------------------------------------------------------------------------------


def _series(contracts: Iterable[Contract]) -> Iterable[SeriesFacts]:
    """The validated yearly readings of the indicators whose last changes all go the wrong way.

    Over a country, years of readings of every action: the database leaves out those of which the engine would say
    nothing, by the same number of periods, and the engine decides on the rest.
    """
    trend = parameter_of(Name.TREND_PERIODS, ALL_KINDS, date.max)
    targets = IndicatorTarget.objects.filter(sheet__contract__in=list(contracts))
    if trend is not None:
        targets = targets.filter(_worsening(int(trend.number)))
    names = ("sheet__contract", "sheet__contract__reference", "sheet__code", "indicator__label", "indicator__polarity")
    about = {pk: tuple(found) for pk, *found in targets.order_by("pk").values_list("pk", *names)}
    points: dict[int, list[tuple[str, Decimal | None]]] = defaultdict(list)
    rows = _yearly().filter(target__in=about).order_by("target", "period")
    for target, period, value in rows.values_list("target", "period", "value"):
        points[target].append((period, value))
    for target, (contract, reference, code, label, polarity) in about.items():
        said = f"{shorten(label, 60)} ({shorten(reference, 20)}, fiche {code})"
        yield SeriesFacts(f"{contract}/{code}", said, tuple(points[target]), polarity)


def _yearly() -> QuerySet[Reading]:
    """Validated readings of a whole year: a half never stands beside a year."""
    return Reading.objects.annotate(length=Length("period")).filter(status="validated", length=_YEAR_LENGTH)


def _worsening(periods: int) -> Q:
    """A target whose last `periods` changes each go the wrong way: one look at its readings, not a window over all."""
    latest = _yearly().filter(target=OuterRef("pk")).order_by("-period").values("value")
    values = [Subquery(latest[rank : rank + 1]) for rank in range(periods + 1)]
    falls = Q(indicator__polarity=Polarity.MORE_IS_BETTER)
    climbs = Q(indicator__polarity=Polarity.LESS_IS_BETTER)
    for after, before in pairwise(values):
        falls &= Q(LessThan(after, before))
        climbs &= Q(GreaterThan(after, before))
    return falls | climbs
