from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.numbers import NumberUnreadable, format_number, french_list, parse_number

numbers = st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, allow_infinity=False, places=4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4 348 420", "4348420"),
        ("4\u202f348\u202f420", "4348420"),
        ("4\u00a0348\u00a0420,50", "4348420.50"),
        ("7.60", "7.60"),
        ("10,62", "10.62"),
        ("78.5", "78.5"),
        ("-58", "-58"),
        ("−58", "-58"),
        ("– 58", "-58"),
        ("+9", "9"),
        ("1.234.567,8", "1234567.8"),
        ("1.234.567", "1234567"),
        ("1831", "1831"),
        (" 12 ", "12"),
    ],
)
def test_numbers_typed_the_french_way_are_read(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


def test_printed_decimals_are_kept() -> None:
    assert parse_number("7,60").as_tuple().exponent == -2


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "400 00", "1 2345", "1,2,3", "12 %", "--3", "٣", "1e9", "9" * 61, "4 34 500"]
)
def test_what_is_not_a_number_is_refused_in_french(text: str) -> None:
    with pytest.raises(NumberUnreadable, match="n'est pas un nombre"):
        parse_number(text)


@given(numbers)
def test_writing_then_reading_gives_the_number_back(number: Decimal) -> None:
    assert parse_number(format_number(number)) == number


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert parse_number(text).is_finite()
    except NumberUnreadable as refusal:
        message = refusal.message_fr
    else:
        return
    assert len(message) < 200


def test_typography() -> None:
    assert format_number(-1234567) == "−1\u202f234\u202f567"
    assert format_number(Decimal("0.50")) == "0,5"
    assert format_number(Decimal("12.285"), 2) == "12,29"
    assert format_number(Decimal("-0.04"), 1) == "0,0"
    assert format_number(999) == "999"


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_value_that_is_no_number_is_not_written(number: str) -> None:
    with pytest.raises(NumberUnreadable):
        format_number(Decimal(number))


def test_lists_read_as_french() -> None:
    assert french_list([]) == ""
    assert french_list(["a"]) == "a"
    assert french_list(["a", "b", "c"]) == "a, b et c"
