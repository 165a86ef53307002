"""The whole list of verdicts on the demonstration documents, written by hand from the documents before any run."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from maillage.engines.consistency import Figure, Observed, Verdict, VerdictKind, check

EXPECTED = Path(__file__).with_name("expected_verdicts.csv")
POPULATION = Observed("population", "Population municipale", "REG-52", "2023", Decimal(3_907_156), "persons", "INSEE")


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("maillage.demo").joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


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
            perimeter=row["perimeter_fr"],
            indicator=row["indicator"],
        )
        for name in ("stated_figures.csv", "printed_tables.csv")
        for row in _rows(name)
    ]


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Verdict]:
    return {verdict.figure: verdict for verdict in check(_figures(), [POPULATION])}


def test_every_verdict_is_the_one_written_by_hand(verdicts: dict[str, Verdict]) -> None:
    with EXPECTED.open(encoding="utf-8", newline="") as lines:
        expected = {
            row["figure"]: (row["verdict"], Decimal(row["recomputed"]) if row["recomputed"] else None)
            for row in csv.DictReader(lines)
        }
    found = {
        key: (verdict.kind.value, verdict.recomputed)
        for key, verdict in verdicts.items()
        if verdict.kind is not VerdictKind.UNVERIFIABLE
    }
    assert found == expected


def test_every_reason_is_a_french_sentence(verdicts: dict[str, Verdict]) -> None:
    for verdict in verdicts.values():
        assert verdict.reason.endswith(".")
        assert verdict.reason[0].isupper() or verdict.reason[0] == "«"


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("F003", ["72,93", "n'ont pas le même périmètre", "formation des professionnels"]),
        ("F064", ["CONF-DECK, stratégie 2018-2023", "PACTE-PRES, stratégie 2018-2023", "ne fait pas preuve"]),
        ("F108", ["lettre d'information, titre", "Chemillé-en-Anjou"]),
        ("F110", ["400 00€", "mal formé"]),
        ("F084", ["comptée en personnes", "en foyers"]),
        ("F077", ["valeur 2023", "3\u202f907\u202f156"]),
        ("F106", ["9 projets", "en énumère 8"]),
        ("T-CSS-DEP-44-2021-RATE", ["Il tiendrait à 1 décimale (7,6)", "2 décimales imprimées"]),
        ("T-CRED-DEP-44-EVOL", ["n'ont pas le même périmètre"]),
        ("F006", ["Aucune autre source chargée"]),
    ],
)
def test_reasons_name_what_a_reader_needs(verdicts: dict[str, Verdict], figure: str, words: list[str]) -> None:
    for word in words:
        assert word in verdicts[figure].reason


def test_the_measures_listed_are_shown_beside_the_number_announced(verdicts: dict[str, Verdict]) -> None:
    reasons = " ".join(check.reason for check in verdicts["F107"].checks)
    assert "25" in reasons
    assert "20 + 4 + 2 = 26" in reasons
