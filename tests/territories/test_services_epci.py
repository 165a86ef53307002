"""Composition of EPCI: seats, members over several départements, vintages, closings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from maillage.kernel.errors import InputRefused, MaillageError
from maillage.territories import selectors
from maillage.territories.models import EpciMember, EpciPart, Population, Territory
from tests.territories.invented import epci_workbook, load, load_corsica, movements

pytestmark = pytest.mark.django_db

NORTH, SOUTH = "200000001", "200000002"
# The south sits in 2A and has one member in 2B.
ROWS: list[tuple[Any, ...]] = [
    ("2A", SOUTH, "CC du Sud", "CC", 3, 330, 310, "2A001"),
    ("2A", SOUTH, "CC du Sud", "CC", 3, 330, 310, "2A002"),
    ("2A", SOUTH, "CC du Sud", "CC", 3, 330, 310, "2B001"),
    ("2B", NORTH, "CA du Nord", "CA", 1, 21, 20, "2B002"),
]


def _members(vintage: int = 2025) -> dict[str, str]:
    found = EpciMember.objects.filter(vintage=vintage).order_by("pk")
    return dict(found.values_list("commune__insee", "epci__insee"))


def test_epci_members_and_populations_are_loaded(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = load(tmp_path, "epci", epci_workbook(ROWS))
    south = Territory.objects.get(code=f"EPCI-{SOUTH}")
    assert south.parent is not None
    assert (south.name, south.nature, south.parent.code) == ("CC du Sud", "CC", "DEP-2A")
    assert _members() == {"2A001": SOUTH, "2A002": SOUTH, "2B001": SOUTH, "2B002": NORTH}
    assert Population.objects.get(territory=south, year=2022).municipal == 310
    assert report.vintage == "2025"
    assert load(tmp_path, "epci", epci_workbook(ROWS), name="autre.xlsx").changes_nothing


def test_an_epci_is_seen_in_every_departement_that_it_touches(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook(ROWS))
    north = Territory.objects.get(code="DEP-2B")
    touching = {one.epci.insee: one for one in selectors.epci_of(north)}
    assert set(touching) == {NORTH, SOUTH}
    assert touching[SOUTH].crosses_border
    assert touching[SOUTH].part_fr == "1 commune sur 3"
    assert not touching[SOUTH].seat_in_area
    assert [one.epci.insee for one in selectors.epci_of(north, "seat")] == [NORTH]
    assert [one.epci.insee for one in selectors.epci_of(north, "whole")] == [NORTH]
    region = Territory.objects.get(code="REG-94")
    assert all(not one.crosses_border for one in selectors.epci_of(region))


def test_members_follow_the_code_passage(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    moves = [(32, "2025-06-01", "2A001", "2A001"), (32, "2025-06-01", "2A005", "2A001")]
    load(tmp_path, "movements", movements(*moves, (50, "2025-06-01", "2B009", "2B002")))
    rows = [
        *ROWS[:3],
        ("2A", SOUTH, "CC du Sud", "CC", 4, 330, 310, "2A005"),
        ("2B", NORTH, "CA", "CA", 1, 21, 20, "2B009"),
    ]
    rows = [(*row[:4], 4, *row[5:]) if row[1] == SOUTH else row for row in rows]
    load(tmp_path, "epci", epci_workbook(rows))
    assert _members() == {"2A001": SOUTH, "2A002": SOUTH, "2B001": SOUTH, "2B002": NORTH}
    assert EpciPart.objects.get(epci__insee=SOUTH, area__code="DEP-2A").communes == 3


def test_a_commune_merged_across_two_epci_has_no_sure_one(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((32, "2025-06-01", "2A001", "2A001"), (32, "2025-06-01", "2A009", "2A001")))
    rows = [*ROWS, ("2B", "200000003", "CC Est", "CC", 1, 5, 5, "2A009")]
    report = load(tmp_path, "epci", epci_workbook(rows))
    assert "2A001" not in _members()
    assert any("deux EPCI" in one.reason for one in report.left_out)


def test_an_absorbed_epci_is_closed_and_a_new_vintage_keeps_the_old(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook(ROWS))
    merged = [
        ("2A", SOUTH, "CC du Sud", "CC", 4, 351, 330, commune) for commune in ("2A001", "2A002", "2B001", "2B002")
    ]
    report = load(tmp_path, "epci", epci_workbook(merged, "Epcicom2026"), name="epci2026.xlsx", vintage="2026")
    assert report.counts["closed"] == 1
    assert Territory.objects.get(code=f"EPCI-{NORTH}").valid_to == date(2026, 1, 1)
    assert (_members(2025)["2B002"], _members(2026)["2B002"]) == (NORTH, SOUTH)


def test_a_partial_file_closes_nothing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook(ROWS))
    report = load(tmp_path, "epci", epci_workbook(ROWS[:2]))
    assert "closed" not in report.counts
    assert "1 EPCI ne sont pas entiers" in " ".join(report.notes)
    assert _members()["2B001"] == SOUTH


def test_a_commune_that_changes_epci_is_moved(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook(ROWS))
    moved = [(*ROWS[0][:4], 2, *ROWS[0][5:]), (*ROWS[1][:4], 2, *ROWS[1][5:])]
    moved += [("2B", NORTH, "CA du Nord", "CA", 2, 21, 20, commune) for commune in ("2B001", "2B002")]
    load(tmp_path, "epci", epci_workbook(moved))
    assert _members()["2B001"] == NORTH
    assert not EpciPart.objects.filter(epci__insee=SOUTH, area__code="DEP-2B").exists()


def test_an_older_composition_is_refused(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook(ROWS))
    with pytest.raises(MaillageError, match="plus ancien"):
        load(tmp_path, "epci", epci_workbook(ROWS), vintage="2024")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("2A", SOUTH, "CC du Sud", "CC", 3, 330, 310, "2A001"), "un seul EPCI"),
        (("2A", SOUTH, "CC autre", "CC", 3, 330, 310, "2A003"), "pas le même nom"),
        (("2A", "2000", "CC", "CC", 1, 1, 1, "2A003"), "neuf chiffres"),
        (("2A", "200000009", "CC", "CC", 1, 1, 1, "ZZ"), "code INSEE"),
        (("2A", "200000009", "CC", "CC", 1, -4, 1, "2A003"), "négatif"),
        (("2A", "200000009", None, "CC", 1, 4, 1, "2A003"), "manque"),
        (("2A", SOUTH, "CC du Sud", "CC", 3, 330, 310, "2A003"), "en annonce 3"),
        (("13", "200000009", "CC", "CC", 1, 4, 1, "2A003"), "chargez d'abord departements"),
    ],
)
def test_a_dirty_row_refuses_the_workbook(tmp_path: Path, row: tuple[Any, ...], words: str) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused, match=words):
        load(tmp_path, "epci", epci_workbook([*ROWS, row]))
    assert not EpciMember.objects.exists()


def test_another_workbook_is_refused(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused, match="composition des EPCI"):
        load(tmp_path, "epci", "a;b\n1;2\n", name="epci.csv")
