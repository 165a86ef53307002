"""How complete the chain of one action is: need → action → money → people → evidence → report.

Nobody types a completeness: it follows from what is stored, and every missing thing is named. A link that time has
not reached yet is missing without being a fault (`expected` False).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.money import Money
from maillage.kernel.numbers import french_list


class State(StrEnum):
    PRESENT = "present"
    PARTIAL = "partial"
    MISSING = "missing"

    @property
    def label_fr(self) -> str:
        return {"present": "complet", "partial": "incomplet", "missing": "absent"}[self]


class Name(StrEnum):
    """The links, in the order of the chain."""

    NEED = "need"
    ACTION = "action"
    MONEY = "money"
    PEOPLE = "people"
    EVIDENCE = "evidence"
    REPORT = "report"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]


_LABELS = {
    Name.NEED: "Besoin",
    Name.ACTION: "Action",
    Name.MONEY: "Argent",
    Name.PEOPLE: "Personnes",
    Name.EVIDENCE: "Preuves",
    Name.REPORT: "Rapport",
}

NO_YEAR_OVER = "aucune année n'est écoulée"


class Place(StrEnum):
    """Where a gap is mended."""

    TEXT = "text"
    SIGNATURE = "signature"
    FIGURES = "figures"
    MOVEMENTS = "movements"
    READINGS = "readings"
    EVIDENCE = "evidence"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Gap:
    """One missing thing, in French, and where it is mended. `year` is set where the place is a year's."""

    place: Place
    text_fr: str
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its state, why, and what is missing from it."""

    name: Name
    state: State
    why: str
    what_is_missing: tuple[Gap, ...] = ()
    expected: bool = True

    @property
    def label_fr(self) -> str:
        return self.name.label_fr

    @property
    def state_fr(self) -> str:
        return self.state.label_fr if self.expected else "pas encore attendu"


@dataclass(frozen=True, slots=True)
class Spent:
    """The money of one year, all funders together. `awarded` None: the lines are not signed."""

    planned: Decimal
    awarded: Decimal | None
    committed: Decimal
    paid: Decimal
    justified: Decimal


@dataclass(frozen=True, slots=True)
class Followed:
    """One indicator of the action. Years: those with a target, those with a validated reading, those in between."""

    label: str
    baseline_known: bool
    target_years: Collection[int] = ()
    validated_years: Collection[int] = ()
    waiting_years: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What is known of one action. `elapsed`: the years of the action that are over, for which everything is due.

    `reports` maps a year to whether its execution report is validated; a year without one is absent.
    """

    years: tuple[int, ...]
    elapsed: tuple[int, ...]
    signed: bool
    need: bool = False
    need_indicator: str = ""
    need_figure_known: bool = False
    axis: bool = False
    measure: bool = False
    pilot: bool = False
    spent: Mapping[int, Spent] = field(default_factory=dict)
    followed: tuple[Followed, ...] = ()
    evidence_years: Collection[int] = ()
    evidence_count: int = 0
    reports: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """The six links of an action."""

    links: tuple[Link, ...]

    @property
    def complete(self) -> bool:
        """Nothing that should be there is missing."""
        return not any(link.expected and link.state is not State.PRESENT for link in self.links)

    @property
    def expected(self) -> int:
        return sum(1 for link in self.links if link.expected)

    @property
    def whole(self) -> int:
        return sum(1 for link in self.links if link.expected and link.state is State.PRESENT)

    @property
    def summary_fr(self) -> str:
        """« 4 maillons complets sur 6 attendus ; manquent : argent, preuves »."""
        lacking = [link.label_fr.lower() for link in self.links if link.expected and link.state is not State.PRESENT]
        counted = f"{self.whole} maillon{_s(self.whole)} complet{_s(self.whole)} sur {self.expected} attendus"
        return f"{counted} ; à compléter : {french_list(lacking)}" if lacking else counted

    def link(self, name: Name) -> Link:
        return next(link for link in self.links if link.name is name)


def _s(count: int) -> str:
    return "s" if count > 1 else ""


def chain(facts: ChainFacts) -> Chain:
    """The state of each link, from what is known of the action."""
    makers: tuple[Callable[[ChainFacts], Link], ...] = (_need, _action, _money, _people, _evidence, _report)
    return Chain(tuple(make(facts) for make in makers))


def _state(gaps: Collection[Gap], *, something: bool) -> State:
    if not gaps:
        return State.PRESENT
    return State.PARTIAL if something else State.MISSING


def _need(facts: ChainFacts) -> Link:
    gaps = []
    if not facts.need:
        gaps.append(Gap(Place.TEXT, "le besoin n'est pas écrit"))
    if not facts.need_indicator:
        gaps.append(Gap(Place.TEXT, "aucun indicateur ne mesure le besoin"))
    elif not facts.need_figure_known:
        gaps.append(Gap(Place.FIGURES, f"« {facts.need_indicator} » n'a pas de valeur connue sur ce territoire"))
    why = "écrit et mesuré" if not gaps else "écrit, sans mesure" if facts.need else "non écrit"
    return Link(Name.NEED, _state(gaps, something=facts.need or bool(facts.need_indicator)), why, tuple(gaps))


def _action(facts: ChainFacts) -> Link:
    parts = ((facts.axis, "l'axe"), (facts.measure, "la mesure"), (facts.pilot, "le pilote"))
    missing = [word for there, word in parts if not there]
    gaps = tuple(Gap(Place.TEXT, f"il manque {word}") for word in missing)
    why = f"il manque {french_list(missing)}" if missing else "rattachée à un axe et à une mesure, avec un pilote"
    return Link(Name.ACTION, _state(gaps, something=len(missing) < len(parts)), why, gaps)


def _money(facts: ChainFacts) -> Link:
    if not facts.spent:
        gap = Gap(Place.TEXT, "aucune ligne de financement")
        return Link(Name.MONEY, State.MISSING, "rien n'est prévu", (gap,))
    gaps = [gap for year, spent in sorted(facts.spent.items()) for gap in _money_gaps(facts, year, spent)]
    paid = sum((spent.paid for spent in facts.spent.values()), Decimal(0))
    planned = sum((spent.planned for spent in facts.spent.values()), Decimal(0))
    why = f"{Money(paid)} payés sur {Money(planned)} prévus"
    return Link(Name.MONEY, _state(gaps, something=True), why, tuple(gaps))


def _money_gaps(facts: ChainFacts, year: int, spent: Spent) -> list[Gap]:
    """Before the signature nothing is due but the plan; afterwards each year that is over is."""
    if not facts.signed:
        return []
    gaps = []
    if spent.awarded is None:
        gaps.append(Gap(Place.SIGNATURE, f"{year} : des lignes ne sont pas attribuées", year))
    if year not in facts.elapsed or not spent.planned:
        return gaps
    if not spent.committed:
        gaps.append(Gap(Place.MOVEMENTS, f"{year} : rien n'est engagé", year))
    elif not spent.paid:
        gaps.append(Gap(Place.MOVEMENTS, f"{year} : rien n'est payé", year))
    elif spent.justified < spent.paid:
        left = Money(spent.paid - spent.justified)
        gaps.append(Gap(Place.MOVEMENTS, f"{year} : {left} payés ne sont pas justifiés", year))
    return gaps


def _people(facts: ChainFacts) -> Link:
    if not facts.followed:
        gap = Gap(Place.TEXT, "aucun indicateur n'est suivi")
        return Link(Name.PEOPLE, State.MISSING, "rien n'est compté", (gap,))
    gaps = [gap for one in facts.followed for gap in _followed_gaps(facts, one)]
    validated = sum(len(set(one.validated_years)) for one in facts.followed)
    counted = f"{validated} relevé{_s(validated)} validé{_s(validated)}"
    due = len(facts.elapsed) * len(facts.followed)
    if not facts.elapsed and not validated:
        if gaps:
            return Link(Name.PEOPLE, State.PARTIAL, "les indicateurs sont à compléter", tuple(gaps))
        return Link(Name.PEOPLE, State.MISSING, NO_YEAR_OVER, expected=False)
    why = f"{counted} sur {due} attendu{_s(due)}" if due else counted
    return Link(Name.PEOPLE, _state(gaps, something=bool(validated)), why, tuple(gaps))


def _followed_gaps(facts: ChainFacts, one: Followed) -> list[Gap]:
    gaps = []
    if not one.baseline_known:
        gaps.append(Gap(Place.TEXT, f"« {one.label} » : la situation initiale n'est pas connue"))
    gaps += [
        Gap(Place.TEXT, f"« {one.label} » : pas de cible pour {year}", year)
        for year in facts.years
        if year not in one.target_years
    ]
    for year in facts.elapsed:
        if year in one.validated_years:
            continue
        word = "le relevé n'est pas validé" if year in one.waiting_years else "aucun relevé"
        gaps.append(Gap(Place.READINGS, f"« {one.label} » : {word} pour {year}", year))
    return gaps


def _evidence(facts: ChainFacts) -> Link:
    count = facts.evidence_count
    why = f"{count} pièce{_s(count)} déposée{_s(count)}" if count else "aucune pièce"
    gaps = tuple(
        Gap(Place.EVIDENCE, f"aucune preuve pour {year}", year)
        for year in facts.elapsed
        if year not in facts.evidence_years
    )
    if not facts.elapsed and not count:
        return Link(Name.EVIDENCE, State.MISSING, NO_YEAR_OVER, expected=False)
    return Link(Name.EVIDENCE, _state(gaps, something=bool(count)), why, gaps)


def _report(facts: ChainFacts) -> Link:
    if not facts.elapsed and not facts.reports:
        return Link(Name.REPORT, State.MISSING, NO_YEAR_OVER, expected=False)
    gaps = []
    for year in facts.elapsed:
        if year not in facts.reports:
            gaps.append(Gap(Place.REPORT, f"le rapport de {year} est à saisir", year))
        elif not facts.reports[year]:
            gaps.append(Gap(Place.REPORT, f"le rapport de {year} n'est pas validé", year))
    done = sum(1 for validated in facts.reports.values() if validated)
    why = f"{done} compte{_s(done)} rendu{_s(done)} validé{_s(done)}"
    return Link(Name.REPORT, _state(gaps, something=bool(facts.reports)), why, tuple(gaps))
