"""What people type becomes a value of the text, or is refused in French; what is shown can be typed again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.contracts.values import MAX_LONG, ValueRefused, clean, exact, shown
from maillage.engines.contract_text import FIELDS, Field, FieldKind
from maillage.kernel.errors import MaillageError

CODES = {"funder": {"etat": "ETAT", "état": "ETAT"}}


def field(kind: FieldKind, **options: Any) -> Field:
    return Field("x", "X", kind, "action", options.pop("max_length", 20), **options)


SAMPLES = {kind: field(kind, choices={"new": "Nouvelle"}, refers_to="funder") for kind in FieldKind}


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (FieldKind.LINE, "  deux   mots ", "deux mots"),
        (FieldKind.LONG, "un\r\ndeux\rtrois", "un\ndeux\ntrois"),
        (FieldKind.AMOUNT, "1 234,50 €", "1234.5"),
        (FieldKind.AMOUNT, "1\u202f234,50\u00a0€", "1234.5"),
        (FieldKind.AMOUNT, 5000, "5000"),
        (FieldKind.AMOUNT, Decimal("10.00"), "10"),
        (FieldKind.AMOUNT, "0", "0"),
        (FieldKind.AMOUNT, "100", "100"),
        (FieldKind.VALUE, "−3,2500", "-3.25"),
        (FieldKind.VALUE, "-0", "0"),
        (FieldKind.VALUE, "-0,00", "0"),
        (FieldKind.DATE, "31/12/2025", "2025-12-31"),
        (FieldKind.DATE, "1.2.2024", "2024-02-01"),
        (FieldKind.DATE, "2024-02-29", "2024-02-29"),
        (FieldKind.DATE, "2024-02-29 00:00:00", "2024-02-29"),
        (FieldKind.DATE, date(2024, 2, 29), "2024-02-29"),
        (FieldKind.YEAR, 2025, "2025"),
        (FieldKind.YES_NO, "Oui", True),
        (FieldKind.YES_NO, "", False),
        (FieldKind.YES_NO, None, False),
        (FieldKind.CHOICE, "nouvelle", "new"),
        (FieldKind.CHOICE, "new", "new"),
        (FieldKind.CODE, "État", "ETAT"),
    ],
)
def test_what_people_type_is_understood(kind: FieldKind, typed: Any, value: Any) -> None:
    assert clean(SAMPLES[kind], typed, CODES) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (FieldKind.LINE, "x" * 21),
        (FieldKind.LINE, "a\x00b"),
        (FieldKind.LONG, "x" * (MAX_LONG + 1)),
        (FieldKind.LONG, "a\x08b"),
        (FieldKind.LONG, "\ud800"),
        (FieldKind.AMOUNT, "-1"),
        (FieldKind.AMOUNT, "1,234"),
        (FieldKind.AMOUNT, "1e3"),
        (FieldKind.AMOUNT, "1 000 000 000 000"),
        (FieldKind.AMOUNT, "environ 5000"),
        (FieldKind.AMOUNT, "NaN"),
        (FieldKind.VALUE, "1,23456"),
        (FieldKind.VALUE, "1" * 16),
        (FieldKind.DATE, "31/02/2025"),
        (FieldKind.DATE, "2024-01-01 et après"),
        (FieldKind.DATE, "20240101"),
        (FieldKind.DATE, "2024-W01-1"),
        (FieldKind.DATE, "01/01/0024"),
        (FieldKind.DATE, "01/01/24"),
        (FieldKind.YEAR, "20٢٤"),
        (FieldKind.YEAR, "2025.0"),
        (FieldKind.YEAR, "1789"),
        (FieldKind.YES_NO, "peut-être"),
        (FieldKind.CHOICE, "ancienne"),
        (FieldKind.CODE, "INCONNU"),
    ],
)
def test_what_is_no_value_is_refused_in_french(kind: FieldKind, typed: str) -> None:
    with pytest.raises(MaillageError) as refused:
        clean(SAMPLES[kind], typed, CODES)
    assert refused.value.message_fr.rstrip(" .")[-1].isalnum() or "»" in refused.value.message_fr


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind is not FieldKind.YES_NO])
@pytest.mark.parametrize("typed", [None, "", "  ", "\n"])
def test_nothing_typed_is_unknown_and_never_zero(kind: FieldKind, typed: Any) -> None:
    assert clean(SAMPLES[kind], typed, CODES) is None
    assert shown(SAMPLES[kind], None) == ""


def test_a_siret_is_typed_with_its_spaces() -> None:
    siret = next(one for _, one in FIELDS if one.name == "siret")
    assert clean(siret, "732 829 320 00074", {}) == "73282932000074"
    with pytest.raises(ValueRefused):
        clean(siret, "732 829 320 000745", {})


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_an_amount_shown_and_typed_again_is_the_same(amount: Decimal) -> None:
    spec = SAMPLES[FieldKind.AMOUNT]
    value = clean(spec, str(amount), {})
    assert Decimal(str(value)) == amount
    assert clean(spec, shown(spec, value), {}) == value


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=4))
def test_a_value_shown_and_typed_again_is_the_same(number: Decimal) -> None:
    spec = SAMPLES[FieldKind.VALUE]
    value = clean(spec, str(number), {})
    assert Decimal(str(value)) == number
    assert clean(spec, shown(spec, value), {}) == value


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_a_date_shown_and_typed_again_is_the_same(day: date) -> None:
    spec = SAMPLES[FieldKind.DATE]
    value = clean(spec, day, {})
    assert value == day.isoformat()
    assert clean(spec, shown(spec, value), {}) == value


@given(st.sampled_from(list(SAMPLES.values())), st.text(max_size=60))
def test_any_text_is_a_value_or_a_refusal_and_a_value_is_stable(spec: Field, typed: str) -> None:
    """Whatever is typed: no crash, and what the text holds is read as itself."""
    try:
        value = clean(spec, typed, CODES)
    except MaillageError:
        return
    assert value is None or isinstance(value, str | bool)
    assert clean(spec, value, CODES) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6))
def test_the_exact_writing_is_exact_and_the_shortest(number: Decimal) -> None:
    text = exact(number)
    assert Decimal(text) == number
    assert text != "-0"
    assert not ("." in text and text.endswith(("0", ".")))
