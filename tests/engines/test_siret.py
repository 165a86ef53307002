"""The key of a SIRET."""

from __future__ import annotations

import pytest

from maillage.engines.siret import is_siret, siret_digits


@pytest.mark.parametrize("text", ["73282932000074", "732 829 320 00074", "732.829.320.00074", "35600000000048"])
def test_a_siret_with_its_key(text: str) -> None:
    assert is_siret(text)
    assert len(siret_digits(text)) == 14


# La Poste: the sum of the digits is a multiple of five, where the key says nothing.
@pytest.mark.parametrize("text", ["35600000049837", "35600000000001"])
def test_the_establishments_of_la_poste_have_their_own_rule(text: str) -> None:
    assert is_siret(text) is (sum(int(one) for one in text) % 5 == 0)


@pytest.mark.parametrize(
    "text",
    ["", "73282932000075", "7328293200007", "732829320000740", "00000000000000", "7328293200007X", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤"],
)
def test_what_is_no_siret(text: str) -> None:
    assert not is_siret(text)


def test_one_digit_changed_is_always_seen() -> None:
    siret = "73282932000074"
    for rank, digit in enumerate(siret):
        for other in "0123456789":
            if other != digit:
                assert not is_siret(siret[:rank] + other + siret[rank + 1 :])
