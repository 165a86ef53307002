"""Local aids for a household, from the same answers: what a commune, an EPCI, a département or a région adds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings

from maillage.engines.aid_conditions import Fact, HouseholdFacts, Range
from maillage.engines.local_aids import AidAnswer, LocalAid, Outcome, evaluate_all
from maillage.engines.simulator import Answers
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.kernel.errors import InputRefused
from maillage.rights import local_aids
from maillage.territories import selectors as territories

_STATUS_OF_ACTIVITY = {"emploi": "actif", "chomage": "chomeur", "etudes": "etudiant", "retraite": "retraite"}


@dataclass(frozen=True)
class LocalAids:
    """`answers`: aids that the household could ask for, the most certain first. `unreadable`: the instance's own file
    could not be read, so the aids that come with Maillage stand alone."""

    answers: tuple[AidAnswer, ...]
    unreadable: bool = False


def local_aids_for(answers: Answers, month: date) -> LocalAids:
    """Those possible or to be checked; none while the commune is not known."""
    commune = answers.known.get("commune")
    if commune is None:
        return LocalAids(())
    aids, unreadable = _aids()
    labels = {right.code: right.label_fr for right in RIGHTS} | _names(aids)
    found = evaluate_all(aids, _facts(answers, str(commune), month), on=month, labels=labels)
    return LocalAids(tuple(one for one in found if one.outcome in (Outcome.POSSIBLE, Outcome.TO_CHECK)), unreadable)


def _aids() -> tuple[tuple[LocalAid, ...], bool]:
    try:
        return local_aids.of_instance(settings.DATA_DIR), False
    except InputRefused:
        return local_aids.shipped(), True


def _names(aids: tuple[LocalAid, ...]) -> dict[str, str]:
    """Names of the territories that give the aids."""
    codes = {str(aid.territory) for aid in aids}
    return dict(territories.current().filter(code__in=codes).values_list("code", "name"))


def _facts(answers: Answers, commune: str, month: date) -> HouseholdFacts:
    known = answers.known
    numbers: dict[Fact, Range] = {}
    born = known.get("naissance")
    if isinstance(born, date):
        numbers[Fact.AGE] = Range.exact(month.year - born.year - (born.month > month.month))
    children = known.get("enfants")
    if isinstance(children, int):
        numbers[Fact.CHILDREN] = Range.exact(Decimal(children))
    return HouseholdFacts(numbers, _rights_held(answers), _statuses(answers), _around(commune))


def _rights_held(answers: Answers) -> dict[str, bool]:
    """Rights that the person says are open now; those computed here are possible, not open."""
    received = answers.known.get("rsa")
    return {} if received is None else {"rsa": received == "oui"}


def _statuses(answers: Answers) -> dict[str, bool]:
    activity, disability = answers.known.get("activite"), answers.known.get("handicap")
    found = {status: activity == code for code, status in _STATUS_OF_ACTIVITY.items()} if activity is not None else {}
    return found if disability is None else found | {"handicap": disability != "non"}


def _around(commune: str) -> frozenset[str]:
    """The commune and all that contains it, its EPCI included."""
    found = territories.by_code(f"COM-{commune}")
    if found is None:
        return frozenset({f"COM-{commune}"})
    epci = territories.epci_of_commune(found)
    return territories.lineage_codes(found) | ({epci.code} if epci else frozenset())
