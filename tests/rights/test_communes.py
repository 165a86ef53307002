"""A commune of today is placed in a zone by the communes it was made of, and a merged one never by default."""

from __future__ import annotations

from datetime import date

import pytest

from maillage.engines.simulator import ValueRefused
from maillage.gateways.openfisca_france import zones
from maillage.rights.selectors.communes import commune_label, find_commune, zoned_commune
from maillage.territories import selectors as territories
from maillage.territories.models import CodeMovement, Territory

pytestmark = pytest.mark.django_db

ON = date(2026, 1, 1)
NEW = "44999"  # a code that no commune bears, for a merger invented here


def merger(*before: str) -> None:
    territories._history.cache_clear()  # its key is the last row, which two tests rolled back give alike
    for code in before:
        CodeMovement.objects.create(
            kind=32,
            effective_on=date(2019, 1, 1),
            code_before=code,
            type_before="COM",
            name_before=f"Ancienne {code}",
            code_after=NEW,
            type_after="COM",
            name_after="Nouvelle",
        )


def test_a_commune_of_the_table_keeps_its_own_code(communes: dict[str, Territory]) -> None:
    assert find_commune("nantes", on=ON) == "44109"
    assert zoned_commune("44109", ON) == "44109"
    assert commune_label("44109") == "Nantes (44109)"
    assert commune_label("01004") == "01004"


def test_a_merged_commune_is_placed_by_those_it_was_made_of() -> None:
    with pytest.raises(ValueRefused):
        find_commune(NEW, on=ON)
    rural = [code for code, zone in zones.table().items() if zone == "zone_3"][:2]
    merger(*rural)
    assert find_commune(NEW, on=ON) == NEW
    assert zoned_commune(NEW, ON) in rural


def test_a_merger_of_communes_of_different_zones_is_refused() -> None:
    by_zone = {zone: code for code, zone in zones.table().items()}
    merger(by_zone["zone_1"], by_zone["zone_3"])
    with pytest.raises(ValueRefused, match="zones différentes"):
        find_commune(NEW, on=ON)


def test_overseas_is_refused_with_its_reason() -> None:
    with pytest.raises(ValueRefused, match="outre-mer"):
        find_commune("97411", on=ON)
