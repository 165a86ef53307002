"""Population tables: the same columns as households one by one, and problems told by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from maillage.gateways.openfisca_france.facts import Activity, Household, Housing, OtherParent, Person, Role, Union
from maillage.gateways.openfisca_france.household import batch
from maillage.gateways.openfisca_france.inputs import Of
from maillage.gateways.openfisca_france.tables import batch_from_tables, facts_of_tables, headers
from maillage.kernel.errors import InputRefused

MONTH = "2026-01"

HOUSEHOLDS: dict[str, list[Any]] = {
    "foyer": ["a", "b"],
    "commune": ["44109", "49126"],
    "logement": ["locataire HLM", "owner"],
    "situation familiale": ["seul", "union libre"],
    "loyer": ["420,50", ""],
    "autre_parent": ["absent", None],
}
PERSONS: dict[str, list[Any]] = {
    "foyer": ["a", "b", "a", "b"],
    "personne": ["1", "2", "3", "4"],
    "role": ["demandeur", "demandeur", "enfant", "conjoint"],
    "date_naissance": ["1990-06-15", "15/06/1950", "2018-02-01", "1955-01-01"],
    "salaire": ["1 100", "0", None, "0"],
    "retraite": ["", "1 020,5", "", "600"],
    "activite": ["en emploi", "retraité", "autre", "retired"],
    "garde_alternee": ["non", "non", "oui", "non"],
}

SAME = [
    Household(
        persons=[
            Person(born_on=date(1990, 6, 15), wage=1100.0, activity=Activity.EMPLOYED),
            Person(born_on=date(2018, 2, 1), role=Role.CHILD, alternating_care=True),
        ],
        commune="44109",
        housing=Housing.SOCIAL_TENANT,
        rent=420.5,
        other_parent=OtherParent.ABSENT,
    ),
    Household(
        persons=[
            Person(born_on=date(1950, 6, 15), retirement_pension=1020.5, activity=Activity.RETIRED),
            Person(born_on=date(1955, 1, 1), role=Role.PARTNER, retirement_pension=600.0, activity=Activity.RETIRED),
        ],
        commune="49126",
        housing=Housing.OWNER,
        union=Union.COHABITING,
    ),
]


def _problems(households: dict[str, Any], persons: dict[str, Any]) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(InputRefused) as caught:
        batch_from_tables(households, persons, MONTH)
    return [(one.row, one.column, one.message) for one in caught.value.problems]


def test_two_tables_give_what_the_same_households_give() -> None:
    from_tables = batch_from_tables(HOUSEHOLDS, PERSONS, MONTH)
    one_by_one = batch(SAME, MONTH)
    assert set(from_tables) == set(one_by_one)
    order = [0, 2, 1, 3]  # persons of the tables, in the order of the households
    for name, column in one_by_one.items():
        found = from_tables[name]
        if len(column) == 4:
            found = found[order]
        assert found.tolist() == column.tolist(), name


def test_typed_columns_are_taken_as_they_are() -> None:
    typed = PERSONS | {
        "salaire": np.array([1100.0, 0, 0, 0]),
        "date_naissance": np.array(["1990-06-15", "1950-06-15", "2018-02-01", "1955-01-01"], dtype="datetime64[D]"),
        "garde_alternee": np.array([False, False, True, False]),
    }
    made = batch_from_tables(HOUSEHOLDS | {"commune": np.array([44109, 49126])}, typed, MONTH)
    plain = batch_from_tables(HOUSEHOLDS, PERSONS, MONTH)
    assert all(made[name].tolist() == plain[name].tolist() for name in plain)


def test_a_commune_that_lost_its_first_zero_is_found() -> None:
    facts, problems = facts_of_tables(HOUSEHOLDS | {"commune": [1004, "01004"]}, PERSONS)
    assert facts.households["commune"].tolist() == ["01004", "01004"]
    assert not problems


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("salaire", "beaucoup", "n'est pas un nombre"),
        ("salaire", "-5", "il faut une valeur de 0"),
        ("salaire", float("nan"), "il faut un nombre"),
        ("salaire", float("inf"), "il faut un nombre fini"),
        ("salaire", True, "n'est pas un nombre"),
        ("activite", "astronaute", "n'est pas connu"),
        ("garde_alternee", "peut-être", "oui ou non"),
        ("date_naissance", "hier", "n'est pas une date"),
        ("date_naissance", "2031-01-01", "après le mois calculé"),
        ("date_naissance", "", "nécessaire"),
        ("foyer", "zzz", "n'est pas dans la table des foyers"),
        ("personne", "1", "dans deux foyers"),
    ],
)
def test_a_cell_of_a_person_is_refused_by_row_and_column(column: str, cell: Any, said: str) -> None:
    bad = PERSONS | {column: [*PERSONS[column][:3], cell]}
    assert [(row, name) for row, name, _ in _problems(HOUSEHOLDS, bad)][:1] == [(5, column)]
    assert any(said in message for _, _, message in _problems(HOUSEHOLDS, bad))


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("commune", "99999", "n'est pas dans le zonage"),
        ("commune", None, "la commune est nécessaire"),
        ("loyer", "-1", "il faut une valeur de 0"),
        ("logement", "château", "n'est pas connu"),
        ("logement", "", "le logement est nécessaire"),
        ("foyer", "a", "figure déjà ligne 2"),
        ("foyer", "", "l'identifiant du foyer est nécessaire"),
    ],
)
def test_a_cell_of_a_household_is_refused_by_row_and_column(column: str, cell: Any, said: str) -> None:
    problems = _problems(HOUSEHOLDS | {column: [HOUSEHOLDS[column][0], cell]}, PERSONS)
    assert (3, column) in [(row, name) for row, name, _ in problems]
    assert any(said in message for _, _, message in problems)


def test_the_same_person_twice_in_one_household_is_refused() -> None:
    twice = PERSONS | {"personne": ["1", "2", "1", "4"]}
    assert _problems(HOUSEHOLDS, twice) == [(4, "personne", "la personne «\xa01\xa0» est deux fois : déjà ligne 2.")]


def test_a_household_without_an_adult_is_refused_at_its_row() -> None:
    orphan = PERSONS | {
        "role": ["enfant", "demandeur", "enfant", "conjoint"],
        "date_naissance": ["2015-01-01", *PERSONS["date_naissance"][1:]],
    }
    assert (2, "foyer") in [(row, column) for row, column, _ in _problems(HOUSEHOLDS, orphan)]


def test_columns_unknown_missing_twice_or_unequal_are_refused() -> None:
    assert "colonne inconnue" in _problems(HOUSEHOLDS | {"humeur": ["a", "b"]}, PERSONS)[0][2]
    assert "deux fois" in _problems(HOUSEHOLDS | {"rent": ["1", "2"]}, PERSONS)[0][2]
    assert "colonne manquante" in _problems(HOUSEHOLDS, {"foyer": ["a"]})[0][2]
    assert "même nombre" in _problems(HOUSEHOLDS | {"loyer": ["1"]}, PERSONS)[0][2]


def test_the_template_has_every_question() -> None:
    assert headers(Of.HOUSEHOLD)[0] == "foyer"
    assert headers(Of.PERSON)[:3] == ("foyer", "personne", "date_naissance")
    assert len(headers(Of.HOUSEHOLD)) + len(headers(Of.PERSON)) == 48 + 3
