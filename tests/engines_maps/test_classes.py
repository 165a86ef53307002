"""Classes: what the legend prints is what was done, and unknown is never the lowest class."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.classes import Method, cut

decimals = st.decimals(-1000, 1000, places=2)
values = st.lists(st.one_of(st.none(), decimals), max_size=60)


@given(values, st.integers(1, 7), st.sampled_from([Method.QUANTILE, Method.EQUAL, Method.NATURAL]), st.integers(0, 2))
def test_every_value_is_in_the_class_its_label_says(
    some: list[Decimal | None], count: int, method: Method, places: int
) -> None:
    classes = cut(some, count=count, method=method, decimals=places)
    known = [value for value in some if value is not None]
    assert classes.unknown == len(some) - len(known)
    assert sum(classes.counts) == len(known)
    assert len(classes.counts) == len(classes.labels()) <= count
    assert 0 not in classes.counts
    assert list(classes.breaks) == sorted(set(classes.breaks))
    for value in known:
        rank = classes.index_of(value)
        assert rank is not None
        assert rank == 0 or value >= classes.breaks[rank - 1]
        assert rank == len(classes.breaks) or value < classes.breaks[rank]


@given(st.lists(st.integers(-10_000, 10_000), min_size=20, max_size=60, unique=True))
def test_quantiles_share_out_distinct_values_evenly(some: list[int]) -> None:
    classes = cut([Decimal(value) for value in some], count=4, decimals=1)
    assert max(classes.counts) - min(classes.counts) <= 1


def test_equal_widths() -> None:
    classes = cut([Decimal(n) for n in range(0, 101, 10)], count=5, method=Method.EQUAL, decimals=0)
    assert classes.breaks == (Decimal(20), Decimal(40), Decimal(60), Decimal(80))
    assert Method.EQUAL.label_fr == "amplitudes égales"


def test_unknown_has_no_class() -> None:
    classes = cut([None, Decimal(0), Decimal(5)], count=2)
    assert classes.index_of(None) is None
    assert classes.index_of(Decimal(0)) == 0
    assert classes.unknown == 1


def test_labels_are_french() -> None:
    labels = cut([Decimal(n) / 2 for n in range(1, 11)], count=3).labels("%")
    assert labels[0].startswith("moins de ")
    assert labels[1].startswith("de ")
    assert " à moins de " in labels[1]
    assert labels[2].endswith("\u00a0% et plus")


def test_nothing_known_and_one_value_only() -> None:
    assert cut([None, None]).labels() == ()
    assert cut([]).size == 0
    assert cut([Decimal(7), Decimal(7)]).labels("%") == ("7,0\u00a0%",)
    with pytest.raises(ValueError, match="one class"):
        cut([], count=0)
