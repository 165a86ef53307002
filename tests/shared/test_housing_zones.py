"""The communes of the official list, each placed in its housing-aid zone, and those that no table knows."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from maillage.engines.passage import History, Movement
from maillage.gateways.openfisca_france.zones import TABLE_ON, zones_of

TODAY = date(2026, 1, 1)


def _communes(shared: Path) -> list[dict[str, str]]:
    with (shared / "data/cog/communes.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["TYPECOM"] == "COM"]


def _history(shared: Path) -> History:
    with (shared / "data/cog/mouvements-communes.csv").open(encoding="utf-8", newline="") as file:
        return History(
            Movement(
                int(row["MOD"]),
                date.fromisoformat(row["DATE_EFF"]),
                row["COM_AV"],
                row["TYPECOM_AV"],
                row["COM_AP"],
                row["TYPECOM_AP"],
            )
            for row in csv.DictReader(file)
        )


def test_most_communes_of_the_region_are_in_zone_3(shared: Path) -> None:
    names, refused = zones_of([row["COM"] for row in _communes(shared) if row["REG"] == "52"])
    assert not refused
    assert Counter(names.tolist()) == {"zone_3": 1170, "zone_2": 58}


def test_every_metropolitan_commune_of_today_is_placed_but_one(shared: Path) -> None:
    codes = [row["COM"] for row in _communes(shared) if not row["COM"].startswith("97")]
    _, refused = zones_of(codes)
    assert [codes[row] for row in refused] == ["55138"]


def test_codes_of_before_are_found_by_the_movements(shared: Path) -> None:
    history = _history(shared)
    old = [row["COM"] for row in _communes(shared) if row["REG"] == "52"][:200] + ["49069", "85212"]
    _, refused = zones_of(old, lambda code: history.passage(code, TODAY, TABLE_ON).codes)
    assert not refused
