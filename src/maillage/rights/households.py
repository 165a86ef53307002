"""From a completed questionnaire to the plain facts that the law engine reads.

The questionnaire is shorter than the facts: what it does not ask keeps the default of the facts, and what it asks of
two people together (allowances, pensions) is put on the one who answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from maillage.engines.simulator import Value
from maillage.gateways.openfisca_france.facts import (
    Activity,
    Household,
    Housing,
    Nationality,
    OtherParent,
    Person,
    Role,
    Union,
)

_HOUSING = {
    "locataire_hlm": Housing.SOCIAL_TENANT,
    "locataire_vide": Housing.PRIVATE_TENANT,
    "locataire_meuble": Housing.FURNISHED_TENANT,
    "foyer": Housing.HOSTEL,
    "crous": Housing.STUDENT_RESIDENCE,
    "accedant": Housing.BUYER,
    "proprietaire": Housing.OWNER,
    "heberge": Housing.HOUSED_FREE,
    "sans_domicile": Housing.HOMELESS,
}
_UNIONS = {
    "non": Union.SINGLE,
    "marie": Union.MARRIED,
    "pacse": Union.CIVIL_UNION,
    "union_libre": Union.COHABITING,
}
_ACTIVITIES = {
    "emploi": Activity.EMPLOYED,
    "chomage": Activity.UNEMPLOYED,
    "etudes": Activity.STUDENT,
    "retraite": Activity.RETIRED,
    "autre": Activity.INACTIVE,
}
_NATIONALITIES = {"francaise": Nationality.FRENCH, "europeenne": Nationality.EEA, "autre": Nationality.OTHER}
_OTHER_PARENTS = {
    "absent": OtherParent.ABSENT,
    "peu": OtherParent.PAYS_LITTLE,
    "participe": OtherParent.CONTRIBUTES,
}
# The least number of years of each answer: a right that asks for five is not opened by « less than five ».
_RESIDENCE_YEARS = {"moins_5": 0.0, "de_5_a_10": 5.0, "plus_10": 10.0}
_DISABILITY_RATES = {"non": 0.0, "taux_50": 50.0, "taux_50_restriction": 50.0, "taux_80": 80.0}

Row = Mapping[str, Value]


def household_of(row: Row) -> Household:
    """The facts of one completion: every question that its answers call for has one."""
    persons = [_applicant(row)]
    if row["couple"] != "non":
        persons.append(_partner(row))
    persons += [_child(row, rank) for rank in range(1, int(str(row["enfants"])) + 1)]
    return Household(
        persons=persons,
        commune=str(row["commune"]),
        housing=_HOUSING[str(row["logement"])],
        union=_UNIONS[str(row["couple"])],
        rent=_euros(row, "loyer"),
        other_parent=_OTHER_PARENTS[str(row.get("autre_parent", "participe"))],
        separated_recently=row.get("separe_recemment") == "oui",
        rsa_received=_euros(row, "rsa_montant"),
    )


def _applicant(row: Row) -> Person:
    changed = row["changement"] != "non"
    return Person(
        role=Role.APPLICANT,
        born_on=_day(row["naissance"]),
        activity=_ACTIVITIES[str(row["activite"])],
        wage=_euros(row, "salaire"),
        micro_turnover=_euros(row, "independant"),
        unemployment_benefit=_euros(row, "chomage"),
        retirement_pension=_euros(row, "retraite"),
        invalidity_pension=_euros(row, "invalidite"),
        sick_pay=_euros(row, "indemnites"),
        child_support_received=_euros(row, "pension_alimentaire"),
        savings=_euros(row, "epargne"),
        disability_rate=_DISABILITY_RATES[str(row["handicap"])],
        limited_employment=row["handicap"] == "taux_50_restriction",
        expecting=row["enceinte"] == "oui",
        nationality=_NATIONALITIES[str(row["nationalite"])],
        residence_years=_RESIDENCE_YEARS[str(row.get("sejour", "moins_5"))],
        worked_two_years=row.get("deux_ans_travail") == "oui",
        seeks_support=row.get("accompagnement") == "oui",
        **(_incomes_before(row) if changed else {}),
    )


def _incomes_before(row: Row) -> dict[str, Any]:
    """Incomes of before, told for the whole household: put on one person, whatever they were made of."""
    before: dict[str, Any] = {
        "wage_n2": _euros(row, "revenus_avant"),
        "unemployment_benefit_n2": 0.0,
        "retirement_pension_n2": 0.0,
    }
    if "salaire_avant" in row:
        before["wage_before"] = _euros(row, "salaire_avant")
    return before


def _partner(row: Row) -> Person:
    changed = row["changement"] != "non"
    wage = _euros(row, "salaire_conjoint")
    return Person(
        role=Role.PARTNER,
        born_on=_day(row["naissance_conjoint"]),
        activity=Activity.EMPLOYED if wage else Activity.INACTIVE,
        wage=wage,
        wage_n2=0.0 if changed else None,
        nationality=_NATIONALITIES[str(row["nationalite"])],
        residence_years=_RESIDENCE_YEARS[str(row.get("sejour", "moins_5"))],
    )


def _child(row: Row, rank: int) -> Person:
    """A child in charge is taken to be at school or studying, as the rights that ask for it suppose."""
    return Person(role=Role.CHILD, born_on=_day(row[f"naissance_enfant_{rank}"]), activity=Activity.STUDENT)


def _euros(row: Row, code: str) -> float:
    """The amount of a question; 0 when the answers do not call for it."""
    return float(str(row.get(code, 0)))


def _day(value: Value) -> date:
    if not isinstance(value, date):
        raise TypeError("a birth is a date")
    return value
