"""What the questions are asked of: real territories, some of close names, and every indicator that a file defines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from maillage.indicators.models import Indicator
from maillage.observatory.selectors.asking import Answers, ask
from maillage.territories.enums import Level
from maillage.territories.importers.common import sort_name
from maillage.territories.models import Territory

QUESTIONS = Path(__file__).with_name("questions.csv")

# code, name, parent: names and codes are facts. Several Saint-…, two Mayenne, neighbours of other régions.
PLACES: tuple[tuple[str, str, str], ...] = (
    ("DEP-52", "Haute-Marne", "FRANCE"),
    ("COM-49007", "Angers", "DEP-49"),
    ("COM-49099", "Cholet", "DEP-49"),
    ("COM-49328", "Saumur", "DEP-49"),
    ("COM-44109", "Nantes", "DEP-44"),
    ("COM-44184", "Saint-Nazaire", "DEP-44"),
    ("COM-44162", "Saint-Herblain", "DEP-44"),
    ("COM-66186", "Saint-Nazaire", "FRANCE"),
    ("COM-11360", "Saint-Nazaire-d'Aude", "FRANCE"),
    ("COM-53130", "Laval", "DEP-53"),
    ("COM-38207", "Laval-en-Belledonne", "FRANCE"),
    ("COM-53147", "Mayenne", "DEP-53"),
    ("COM-72181", "Le Mans", "DEP-72"),
    ("COM-85113", "L'Île-d'Yeu", "DEP-85"),
    ("COM-85191", "La Roche-sur-Yon", "DEP-85"),
    ("COM-35238", "Rennes", "DEP-35"),
    ("EPCI-244900015", "CU Angers Loire Métropole", "DEP-49"),
    ("EPCI-200068955", "CC Anjou Loir et Sarthe", "DEP-49"),
    ("EPCI-244400644", "CA de la Région Nazairienne et de l'Estuaire (CARENE)", "DEP-44"),
    ("EPCI-200083392", "CA Laval Agglomération", "DEP-53"),
    ("EPCI-200055887", "CC Mayenne Communauté", "DEP-53"),
)
_LEVELS = {"DEP": Level.DEPARTEMENT, "COM": Level.COMMUNE, "EPCI": Level.EPCI}


def make_places(known: dict[str, Territory]) -> None:
    """`PLACES`, under the territories that the tests already have."""
    for code, name, parent in PLACES:
        prefix, _, insee = code.partition("-")
        known[code] = Territory.objects.create(
            code=code,
            level=_LEVELS[prefix],
            insee=insee,
            name=name,
            sort_name=sort_name(name),
            parent=known[parent],
        )


def make_communes(number: int, parent: Territory) -> None:
    """Invented communes, so that a count of queries is taken at two sizes."""
    Territory.objects.bulk_create(
        Territory(
            code=f"COM-Z{rank:04}",
            level=Level.COMMUNE,
            insee=f"Z{rank:04}",
            name=f"Angersville {rank}",
            sort_name=f"angersville {rank}",
            parent=parent,
        )
        for rank in range(number)
    )


def make_indicators() -> None:
    """Definitions as the importers and the demonstration write them."""
    rows = {row["code"]: row for name in ("indicators", "demo") for row in _definitions(name)}
    Indicator.objects.bulk_create(
        Indicator(
            code=code, label=row["label"], unit=row["unit"], decimals=int(row["decimals"] or 0), nature=row["nature"]
        )
        for code, row in rows.items()
    )


def _definitions(package: str) -> list[dict[str, str]]:
    name = {"indicators": "statistics.csv", "demo": "indicators.csv"}[package]
    path = files(f"maillage.{package}") / "data" / name
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@dataclass(frozen=True)
class Question:
    """A line of the file. `expected` in the order of the columns after the first."""

    text: str
    expected: tuple[str, str, str, str, str]


def questions() -> list[Question]:
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return [Question(row["question"], tuple(row.values())[1:]) for row in csv.DictReader(file)]


def understood(text: str) -> tuple[str, str, str, str, str]:
    """What the search makes of a question, written as the file writes what is expected."""
    found = ask(text)
    return (
        "|".join(_asked(found)),
        "|".join(place.name.code for place in found.places),
        found.reading.year,
        f"{found.reading.level}s" if found.reading.every else found.reading.level,
        "yes" if found.is_sure else "no",
    )


def _asked(found: Answers) -> Sequence[str]:
    return [one.code for one in found.indicators] + [one.code for one in found.missing]


def precision(asked: Iterable[Question]) -> str:
    """« 40 / 42 », and each question that was not understood as expected."""
    results = [(one, understood(one.text)) for one in asked]
    wrong = [
        f"  {one.text!r}: {one.expected} expected, {got} understood" for one, got in results if got != one.expected
    ]
    return "\n".join([f"{len(results) - len(wrong)} / {len(results)} questions understood", *wrong])
