from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.money import Money, MoneyInvalid, total
from maillage.kernel.rate import Rate

amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False).map(Money)


def test_money_is_written_in_french() -> None:
    assert str(Money.of(4348420)) == "4\u202f348\u202f420\u00a0€"
    assert str(Money.of("−1 234,5 €")) == "−1\u202f234,50\u00a0€"
    assert str(Money.zero()) == "0\u00a0€"


@pytest.mark.parametrize("euros", ["1.005", "NaN", "Infinity", "1e40"])
def test_money_that_does_not_hold_to_the_cent_is_refused(euros: str) -> None:
    with pytest.raises(MoneyInvalid, match="centime"):
        Money(Decimal(euros))


def test_money_is_never_a_float() -> None:
    with pytest.raises(TypeError):
        Money(1.5)  # type: ignore[arg-type]  # the very mistake under test
    with pytest.raises(TypeError):
        Money.of(1) * 1.5  # type: ignore[operator]  # the very mistake under test


@given(amounts, amounts, amounts)
def test_money_adds_exactly(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b - b == a
    assert total([a, b, c]).cents == a.cents + b.cents + c.cents
    assert Money.zero() - (-a) == a
    assert (a * 3) == a + a + a
    assert abs(a) >= Money.zero()


@given(amounts)
def test_money_is_read_back_from_its_own_writing(amount: Money) -> None:
    assert Money.of(str(amount)) == amount


def test_share_and_ratio() -> None:
    assert Money.of("10.01").share(Decimal("0.5")) == Money.of("5.01")
    assert Money.of(5).ratio(Money.zero()) is None
    assert Money.of(5).ratio(Money.of(10)) == Decimal("0.5")
    assert not Money.zero()
    assert hash(Money.of("1.0")) == hash(Money.of(1))


def test_rate() -> None:
    rate = Rate.of(480_000, 3_907_156)
    assert rate is not None
    assert str(rate) == "12,3\u00a0%"
    assert rate.format(0) == "12\u00a0%"
    assert Rate.of(1, 0) is None
    assert Rate.evolution(0, 5) is None
    evolution = Rate.evolution(4_660_000, 8_058_447)
    assert evolution is not None
    assert evolution.format() == "72,9\u00a0%"
    assert Rate.evolution(10, 5) == Rate(Decimal(-50))
    assert Rate(Decimal(50)).proportion == Decimal("0.5")


@pytest.mark.parametrize("percent", [Decimal("NaN"), 1.5])
def test_rate_is_a_finite_decimal(percent: object) -> None:
    with pytest.raises(TypeError):
        Rate(percent)  # type: ignore[arg-type]  # the very mistake under test
