"""Numbers, units and spaces as a French reader expects them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.template import Context, Template

from maillage.kernel.money import Money
from maillage.kernel.rate import Rate
from maillage.ui import units


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        (None, {}, "n. c."),
        ("", {"unit": "EUR"}, "n. c."),
        (0, {"unit": "EUR"}, "0 €"),
        (Decimal("4348420"), {"unit": "EUR"}, "4 348 420 €"),
        (Decimal("0.5"), {"unit": "EUR"}, "0,50 €"),
        (Money.of(12), {"unit": "EUR"}, "12 €"),
        (Rate(Decimal("12.345")), {"unit": "%"}, "12,3 %"),
        (Decimal("-57.5"), {"decimals": 0}, "−58"),
        (Decimal(1) / 3, {}, "0,33"),
        (1.5, {"unit": "persons"}, "1,5 personne"),
        (2, {"unit": "households"}, "2 ménages"),
        (1, {"unit": "kiosques"}, "1 kiosque"),
        (1, {"unit": "rendez-vous"}, "1 rendez-vous"),
        (1, {"unit": "ETP"}, "1 ETP"),
        ("près de 4,6 M€", {}, "près de 4,6 M€"),
        (float("nan"), {}, "nan"),
        (True, {}, "True"),
    ],
)
def test_a_value_is_written(value: object, options: dict[str, object], expected: str) -> None:
    written = units.format_value(value, **options)  # type: ignore[arg-type]  # unit and decimals
    assert written.replace("\u202f", " ").replace("\u00a0", " ") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Combien ? Beaucoup !", "Combien\u202f? Beaucoup\u202f!"),
        ("Source : Bilan ; 12 %", "Source\u00a0: Bilan\u202f; 12\u00a0%"),
        ("«oui»", "«\u00a0oui\u00a0»"),
        ("l'accès d'Aïcha", "l’accès d’Aïcha"),
        ("1 234 567 €, 4,6 M€", "1\u202f234\u202f567\u00a0€, 4,6\u00a0M€"),
        ("https://exemple.test/a:b?c=1;d", "https://exemple.test/a:b?c=1;d"),
        ("à 12:30", "à 12:30"),
    ],
)
def test_spaces_are_french(text: str, expected: str) -> None:
    assert units.typography(text) == expected
    assert units.typography(expected) == expected


@pytest.mark.parametrize(
    ("value", "written"),
    [(date(2024, 1, 1), "1er janvier 2024"), (date(2024, 1, 11), "11 janvier 2024"), (None, ""), ("", "")],
)
def test_a_day_in_french(value: object, written: str) -> None:
    assert Template("{{ value|day }}").render(Context({"value": value})) == written
