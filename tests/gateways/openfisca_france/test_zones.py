"""Communes and their zone: by table, old codes included, never by default."""

from __future__ import annotations

import pytest

from maillage.gateways.openfisca_france import zones
from maillage.gateways.openfisca_france.system import system
from maillage.gateways.openfisca_france.zones import CommuneRefused, zone_of, zones_of


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("44109", "zone_2"),
        ("49126", "zone_3"),  # the code of Orée-d'Anjou since 2025
        ("49069", "zone_3"),  # its code before
        ("85165", "zone_3"),  # re-established in 2024
        ("75101", "zone_1"),  # an arrondissement
        ("76601", "zone_3"),  # an associated commune, re-established since
        (" 2a004 ", "zone_2"),
    ],
)
def test_a_commune_of_today_or_of_before_is_found(code: str, zone: str) -> None:
    assert zone_of(code).name == zone


@pytest.mark.parametrize("code", ["99999", "00000", "55138"])
def test_an_unknown_commune_is_refused(code: str) -> None:
    with pytest.raises(CommuneRefused, match="n'est pas dans le zonage"):
        zone_of(code)


@pytest.mark.parametrize("code", ["", "4410", "Nantes", "44 109", "441099", "2C004"])
def test_what_is_not_a_code_is_refused(code: str) -> None:
    with pytest.raises(CommuneRefused, match="n'est pas le code INSEE"):
        zone_of(code)


def test_overseas_is_refused_and_not_answered_by_metropolitan_rules() -> None:
    with pytest.raises(CommuneRefused, match="outre-mer"):
        zone_of("97411")


def test_a_new_code_is_found_through_the_codes_it_had() -> None:
    found = zone_of("99999", lambda code: ["49069", "49126"])
    assert (found.name, found.through) == ("zone_3", ("49069", "49126"))
    assert found.label_fr == "zone 3"
    with pytest.raises(CommuneRefused, match="zones différentes"):
        zone_of("99999", lambda code: ["44109", "49126"])
    with pytest.raises(CommuneRefused, match="n'est pas dans le zonage"):
        zone_of("99999", lambda code: ["99998"])


def test_many_communes_at_once_tell_the_rows_refused() -> None:
    names, refused = zones_of(["44109", "99999", "49126", "99999"])
    assert names.tolist() == ["zone_2", "", "zone_3", ""]
    assert sorted(refused) == [1, 3]


def test_the_table_says_what_openfisca_says() -> None:
    from openfisca_france.model.prestations import aides_logement

    system()
    aides_logement.preload_zone_apl()
    assert zones.table() == {code: f"zone_{zone}" for code, zone in aides_logement.zone_apl_by_depcom.items()}
