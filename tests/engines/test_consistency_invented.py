"""Documents that do not exist, of another region, with contradictions of every kind and decoys that are none.

They have the shape of the facts the project receives; the expected list is written by hand.
"""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from maillage.engines.consistency import Figure, Observed, Verdict, VerdictKind, check, perimeter_from_note

HERE = Path(__file__).parent
OBSERVED = [
    Observed("population", "Population municipale", "REG-27", "2021", Decimal(2_800_000), "persons", "INSEE"),
    Observed("population", "Population municipale", "DEP-58", "2021", Decimal(204_000), "persons", "INSEE"),
    Observed("population", "Population municipale", "DEP-21", "2021", Decimal(533_000), "persons", "INSEE"),
]


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, restkey="rest"))


def _figures() -> list[Figure]:
    return [
        Figure(
            key=row["id"],
            label=row["label_fr"],
            territory=row["territory_code"],
            period=row["period"],
            value=Decimal(row["value"]) if row["value"] else None,
            unit=row["unit"],
            printed_as=row["printed_as"],
            relation=row["relation"],
            document=row["document"],
            locator=row["locator"],
            perimeter=perimeter_from_note(row["note"]),
        )
        for row in _rows("invented_figures.csv")
    ]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    return {verdict.figure: verdict for verdict in check(_figures(), OBSERVED)}


def test_every_contradiction_is_found_and_none_is_raised_that_is_not_there(verdicts: dict[str, Verdict]) -> None:
    expected = {row["figure"]: row["verdict"] for row in _rows("invented_expected.csv")}
    found = {
        key: verdict.kind.value for key, verdict in verdicts.items() if verdict.kind is not VerdictKind.UNVERIFIABLE
    }
    assert found == expected
    assert len(verdicts) >= 60


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("A18", ["autre unité", "foyers"]),
        ("A36", ["périmètres diffèrent", "chantiers and associations only", "companies"]),
        ("A42", ["1 25 000", "mal formé"]),
        ("A43", ["600\u202f000", "6 M€", "corrigez la saisie"]),
        ("A44", ["ZZZ", "ni un chiffre chargé ni un indicateur observé"]),
        ("A45", ["division par zéro"]),
        ("A47", ["n'a pas la forme"]),
        ("A48", ["comptée en personnes", "foyers"]),
        ("A95", ["les unités diffèrent"]),
        ("A90", ["un seul précise son périmètre", "target for the year"]),
        ("A99", ["trop éloignés pour se confirmer"]),
        ("A59", ["LETTRE-3, article 10", "PLAQUETTE, verso", "ne fait pas preuve"]),
        ("A71", ["ne tient que par l'imprécision"]),
        ("A52", ["204\u202f000", "valeur 2021"]),
        ("A73", ["Il tiendrait à 1 décimale (6,4)"]),
    ],
)
def test_reasons_say_why(verdicts: dict[str, Verdict], figure: str, words: list[str]) -> None:
    for word in words:
        assert word in verdicts[figure].reason
