"""Alerts on the execution of contracts, derived from figures: never typed, never about a person.

Each says which figures it comes from, so that whoever reads it can disagree. Thresholds are dated parameters; where one
is missing the alert says so instead of taking a value of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from itertools import pairwise
from statistics import median

from maillage.engines.parameters import ALL_KINDS, Name, Parameter, parameter
from maillage.kernel.errors import shorten
from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number, french_list
from maillage.kernel.rate import Rate


class AlertKind(StrEnum):
    EXECUTION_GAP = "execution_gap"
    FALLING_TREND = "falling_trend"
    REPORT_OVERDUE = "report_overdue"
    REPORT_DUE_SOON = "report_due_soon"
    CAP_EXCEEDED = "cap_exceeded"
    CAP_NEARLY_REACHED = "cap_nearly_reached"
    MISSING_LINK = "missing_link"
    UNVERIFIABLE = "unverifiable"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]


_LABELS = {
    AlertKind.EXECUTION_GAP: "Exécution en retrait",
    AlertKind.FALLING_TREND: "Baisse continue",
    AlertKind.REPORT_OVERDUE: "Rapport d'exécution en retard",
    AlertKind.REPORT_DUE_SOON: "Rapport d'exécution bientôt attendu",
    AlertKind.CAP_EXCEEDED: "Plafond dépassé",
    AlertKind.CAP_NEARLY_REACHED: "Plafond presque atteint",
    AlertKind.MISSING_LINK: "Maillon manquant",
    AlertKind.UNVERIFIABLE: "Alerte non vérifiable",
}


class AlertSeverity(StrEnum):
    """The kinds of marks of the pages, the most serious first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Used:
    """One figure that an alert comes from, as it is shown."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Alert:
    """`subject` is the path given with the facts: the page links to it."""

    kind: AlertKind
    severity: AlertSeverity
    message_fr: str
    why: tuple[Used, ...]
    subject: str


@dataclass(frozen=True, slots=True)
class ExecutionFacts:
    """What was paid of what was planned, in euros, for one subject of a level (a département, a contract, an axis)."""

    subject: str
    label: str
    level: str
    paid: Decimal | None
    planned: Decimal | None


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """Values of an indicator by period, in order. None: not known, so nothing is concluded across it.

    `polarity` says which way is better: only a worsening is told. A neutral indicator gives no alert.
    """

    subject: str
    label: str
    points: tuple[tuple[str, Decimal | None], ...]
    polarity: str = "more"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """An execution report that is owed. `done`: nothing more is expected of who writes it.

    `due_on` is its own deadline, when the contract sets one; else the parameter of the contract's kind answers.
    """

    subject: str
    label: str
    kind: str
    year: int
    done: bool
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class CapFacts:
    """The State's credits of a year against the annual cap. `used` None: one amount at least is not known."""

    subject: str
    label: str
    kind: str
    year: int
    cap: Decimal | None
    used: Decimal | None


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The chain of an action: each link is there or is not. `started`: the action is under way, or done.

    Before it starts, money, people and evidence are not expected yet.
    """

    subject: str
    label: str
    need: bool
    action: bool
    money: bool
    people: bool
    evidence: bool
    started: bool = True


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """All that a screen looks at."""

    execution: tuple[ExecutionFacts, ...] = ()
    series: tuple[SeriesFacts, ...] = ()
    reports: tuple[ReportFacts, ...] = ()
    caps: tuple[CapFacts, ...] = ()
    chains: tuple[ChainFacts, ...] = ()


def alerts(facts: AlertFacts, parameters: Sequence[Parameter], on: date) -> list[Alert]:
    """Every alert on a day, the most serious first, then by kind and subject: the order of the facts is nothing."""
    found = [
        *execution_gaps(facts.execution, parameters, on),
        *falling_trends(facts.series, parameters, on),
        *late_reports(facts.reports, parameters, on),
        *caps_reached(facts.caps, parameters),
        *missing_links(facts.chains),
    ]
    severities, kinds = tuple(AlertSeverity), tuple(AlertKind)
    return sorted(found, key=lambda a: (severities.index(a.severity), kinds.index(a.kind), a.subject, a.message_fr))


# Execution under the median of its level


def execution_gaps(facts: Iterable[ExecutionFacts], rows: Sequence[Parameter], on: date) -> Iterator[Alert]:
    """Rates so many points under the median of their level, that subject included. Unknown rates are left out."""
    levels: dict[str, list[tuple[ExecutionFacts, Rate]]] = defaultdict(list)
    for each in facts:
        rate = _execution_rate(each)
        if rate is not None:
            levels[each.level].append((each, rate))
    gap, least = _all(rows, Name.ALERT_GAP_POINTS, on), _all(rows, Name.ALERT_GROUP_MIN, on)
    if levels and (gap is None or least is None):
        yield _unverifiable("L'alerte d'exécution", "l'écart ou l'effectif minimal", "execution")
    elif gap is not None and least is not None:
        for _, group in sorted(levels.items()):
            if len(group) >= least.number:
                yield from _gaps(group, gap.number)


def _execution_rate(facts: ExecutionFacts) -> Rate | None:
    return None if facts.paid is None or facts.planned is None else Rate.of(facts.paid, facts.planned)


def _gaps(group: Sequence[tuple[ExecutionFacts, Rate]], gap: Decimal) -> Iterator[Alert]:
    middle = Rate(median(rate.percent for _, rate in group))
    for facts, rate in group:
        below = middle.percent - rate.percent
        if below >= gap and facts.paid is not None and facts.planned is not None:
            yield Alert(
                AlertKind.EXECUTION_GAP,
                AlertSeverity.WARNING,
                f"{shorten(facts.label, 100)} : {rate} du prévu est payé, "
                f"{format_number(below, 1)} point{'s' if below >= 2 else ''} sous la médiane de son niveau ({middle}).",
                (
                    Used("Payé", str(Money(facts.paid))),
                    Used("Prévu", str(Money(facts.planned))),
                    Used(f"Médiane de {len(group)}", str(middle)),
                    Used("Écart qui alerte", f"{format_number(gap)} points"),
                ),
                facts.subject,
            )


# Worsening over periods


def falling_trends(facts: Iterable[SeriesFacts], rows: Sequence[Parameter], on: date) -> Iterator[Alert]:
    """The last so many changes all go the wrong way. One unknown value among them, and nothing is said."""
    given = [each for each in facts if each.polarity in {"more", "less"} and each.points]
    periods = _all(rows, Name.TREND_PERIODS, on)
    if given and periods is None:
        yield _unverifiable("L'alerte de baisse continue", "le nombre de périodes", "series")
    elif periods is not None:
        for each in given:
            yield from _trend(each, int(periods.number))


def _trend(facts: SeriesFacts, periods: int) -> Iterator[Alert]:
    last = facts.points[-(periods + 1) :]
    values = [value for _, value in last if value is not None]
    if periods < 1 or len(values) <= periods:
        return
    sign = 1 if facts.polarity == "more" else -1
    if all(sign * (after - before) < 0 for before, after in pairwise(values)):
        word = "baisse" if sign > 0 else "monte"
        yield Alert(
            AlertKind.FALLING_TREND,
            AlertSeverity.WARNING,
            f"{shorten(facts.label, 100)} {word} depuis {periods} période{'s' if periods > 1 else ''} : "
            f"de {format_number(values[0])} ({last[0][0]}) à {format_number(values[-1])} ({last[-1][0]}).",
            tuple(Used(period, format_number(value)) for period, value in last if value is not None),
            facts.subject,
        )


# Reports


def late_reports(facts: Iterable[ReportFacts], rows: Sequence[Parameter], on: date) -> Iterator[Alert]:
    """Overdue the day after the deadline; announced so many days before it."""
    find = _lookup(rows)
    undated: Counter[str] = Counter()
    for each in facts:
        if each.done:
            continue
        named = find(Name.REPORT_DUE_DAY, each.kind, each.year)
        due = each.due_on or (named.due_on(each.year) if named is not None else None)
        if due is None:
            undated[each.kind] += 1
        else:
            yield from _report(each, due, find(Name.REPORT_REMINDER_DAYS, each.kind, on), on)
    for kind, count in sorted(undated.items()):
        missing = f"la date limite de {count} rapport{'s' if count > 1 else ''} ({kind})"
        yield _unverifiable("L'alerte de retard des rapports d'exécution", missing, "reports")


def report_due_on(rows: Sequence[Parameter], kind: str, year: int) -> date | None:
    """The day by which the execution report of a year is due, in the year after; None when no parameter says."""
    found = parameter(rows, Name.REPORT_DUE_DAY, kind, year)
    return None if found is None else found.due_on(year)


def _report(facts: ReportFacts, due: date, reminder: Parameter | None, on: date) -> Iterator[Alert]:
    name = f"Le rapport d'exécution {facts.year} de {shorten(facts.label, 100)}"
    why = (Used("Attendu le", f"{due:%d/%m/%Y}"), Used("Jour de l'alerte", f"{on:%d/%m/%Y}"))
    if on > due:
        days = (on - due).days
        message = f"{name} était attendu le {due:%d/%m/%Y} : {days} jour{'s' if days > 1 else ''} de retard."
        yield Alert(AlertKind.REPORT_OVERDUE, AlertSeverity.ERROR, message, why, facts.subject)
    elif reminder is not None and on >= due - timedelta(days=int(reminder.number)):
        message = f"{name} est attendu le {due:%d/%m/%Y}."
        yield Alert(AlertKind.REPORT_DUE_SOON, AlertSeverity.INFO, message, why, facts.subject)


# Caps


def caps_reached(facts: Iterable[CapFacts], rows: Sequence[Parameter]) -> Iterator[Alert]:
    """The State's credits beyond the cap, or at the rate of it that a parameter sets. No credit reaches no cap."""
    find = _lookup(rows)
    unset = set()
    for each in facts:
        threshold = find(Name.CAP_ALERT_RATE, each.kind, each.year)
        if each.cap is None or each.used is None:
            yield from _unknown_cap(each)
        elif each.used > each.cap:
            yield _cap(each, each.cap, each.used, AlertKind.CAP_EXCEEDED, AlertSeverity.ERROR)
        elif threshold is None:
            unset.add(each.kind)
        elif each.used and each.used >= each.cap * threshold.number:
            yield _cap(each, each.cap, each.used, AlertKind.CAP_NEARLY_REACHED, AlertSeverity.INFO)
    for kind in sorted(unset):
        yield _unverifiable("L'alerte de plafond", f"le seuil ({kind})", "caps")


def _unknown_cap(facts: CapFacts) -> Iterator[Alert]:
    if facts.used == 0:
        return
    words = (("le plafond annuel", facts.cap), ("une part de l'État", facts.used))
    missing = french_list([word for word, amount in words if amount is None])
    message = f"{shorten(facts.label, 100)} : la tenue du plafond de {facts.year} ne peut pas être vérifiée, il manque "
    yield Alert(AlertKind.UNVERIFIABLE, AlertSeverity.INFO, f"{message}{missing}.", (), facts.subject)


def _cap(facts: CapFacts, cap: Decimal, used: Decimal, kind: AlertKind, severity: AlertSeverity) -> Alert:
    left = Money(cap - used)
    rest = f"il reste {left}" if left.euros >= 0 else f"{-left} de trop"
    share = Rate.of(used, cap)
    percent = f" ({share})" if share is not None else ""
    return Alert(
        kind,
        severity,
        f"{shorten(facts.label, 100)} : {Money(used)} de parts de l'État en {facts.year} pour un plafond de "
        f"{Money(cap)}{percent} ; {rest}.",
        (Used("Parts de l'État", str(Money(used))), Used("Plafond annuel", str(Money(cap)))),
        facts.subject,
    )


# The chain


def missing_links(facts: Iterable[ChainFacts]) -> Iterator[Alert]:
    """The links of need → action → money → people → evidence that an action lacks, as far as its stage calls for."""
    for each in facts:
        links = [("le besoin", each.need, False), ("l'action", each.action, False), ("l'argent", each.money, True)]
        links += [("les personnes", each.people, True), ("la preuve", each.evidence, True)]
        missing = [word for word, there, later in links if not there and (each.started or not later)]
        if missing:
            yield Alert(
                AlertKind.MISSING_LINK,
                AlertSeverity.WARNING,
                f"{shorten(each.label, 100)} : il manque {french_list(missing)} dans la chaîne.",
                tuple(Used(word[0].upper() + word[1:], "présent" if there else "manquant") for word, there, _ in links),
                each.subject,
            )


def _all(rows: Sequence[Parameter], name: str, on: date) -> Parameter | None:
    """A parameter that no kind of contract changes: levels and series gather several kinds."""
    return parameter(rows, name, ALL_KINDS, on)


def _lookup(rows: Sequence[Parameter]) -> Callable[[str, str, date | int], Parameter | None]:
    """`parameter` on these rows, each question asked once: a screen has thousands of reports and few kinds."""
    return cache(lambda name, kind, on: parameter(rows, name, kind, on))


def _unverifiable(subject: str, missing: str, path: str) -> Alert:
    message = f"{subject} ne peut pas être vérifiée : il manque {missing}, qu'aucun paramètre ne donne."
    return Alert(AlertKind.UNVERIFIABLE, AlertSeverity.INFO, message, (), path)
