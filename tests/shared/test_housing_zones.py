"""The communes of the official list, each placed in its housing-aid zone, and those that no table knows."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from maillage.gateways.openfisca_france.zones import TABLE_ON, zones_of


def _communes(shared: Path) -> list[dict[str, str]]:
    with (shared / "data/cog/communes.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["TYPECOM"] == "COM"]


def test_most_communes_of_the_region_are_in_zone_3(shared: Path) -> None:
    names, refused = zones_of([row["COM"] for row in _communes(shared) if row["REG"] == "52"])
    assert not refused
    assert Counter(names.tolist()) == {"zone_3": 1170, "zone_2": 58}


def test_every_metropolitan_commune_of_today_is_placed_but_one(shared: Path) -> None:
    codes = [row["COM"] for row in _communes(shared) if not row["COM"].startswith("97")]
    _, refused = zones_of(codes)
    assert [codes[row] for row in refused] == ["55138"]


def test_codes_that_communes_bore_since_the_table_are_placed_if_need_be_by_the_movements(shared: Path) -> None:
    with (shared / "data/cog/mouvements-communes.csv").open(encoding="utf-8", newline="") as file:
        moved = [row for row in csv.DictReader(file) if row["TYPECOM_AV"] == row["TYPECOM_AP"] == "COM"]
    recent = [row for row in moved if date.fromisoformat(row["DATE_EFF"]) > TABLE_ON]
    old = sorted({row["COM_AV"] for row in recent if not row["COM_AV"].startswith("97")})
    assert len(old) > 2000
    _, refused = zones_of(old)
    # Four communes changed département, hence code, and merged at once: their last code stood for a day.
    assert len(refused) == 4
    before = {row["COM_AP"]: row["COM_AV"] for row in recent if row["MOD"] == "41"}
    _, left = zones_of(old, lambda code: [before[code]])
    assert not left
