"""Need, supply and money: exact bounds, what is not compared, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.estimates import Estimate
from maillage.engines.gaps import Credit, Situation, need_and_supply


def situation(code: str, poor: int | None, points: int | None, margin: int = 0, **fields: object) -> Situation:
    estimate = None if poor is None else Estimate(Decimal(poor - margin), Decimal(poor), Decimal(poor + margin))
    return Situation(code, f"Territoire {code}", estimate, points, **fields)  # type: ignore[arg-type]  # of a test


def test_supply_and_gap_by_hand() -> None:
    view = need_and_supply([situation("A", 30_000, 3), situation("B", 10_000, 5)])
    assert [one.situation.code for one in view.gaps] == ["A", "B"]
    assert [one.rank for one in view.gaps] == [1, 2]
    assert view.average == Estimate.exact(Decimal(2))
    assert view.compared == 2
    first, second = view.gaps
    assert first.supply == Estimate.exact(Decimal(1))
    assert first.missing == Estimate.exact(Decimal(3))
    assert second.missing == Estimate.exact(Decimal(-3))


people = st.integers(200, 50_000)


@given(rows=st.lists(st.tuples(people, st.integers(0, 40), st.integers(0, 150)), min_size=2, max_size=6))
def test_gaps_sum_to_nothing_and_bounds_are_reached(rows: list[tuple[int, int, int]]) -> None:
    situations = [situation(f"T{n}", poor, points, margin) for n, (poor, points, margin) in enumerate(rows)]
    view = need_and_supply(situations)
    assert sum(one.missing.value for one in view.gaps if one.missing) == pytest.approx(0, abs=Decimal("1e-15"))
    assert [one.rank for one in view.gaps] == sorted(one.rank or 0 for one in view.gaps)
    total = sum(points for _, points, _ in rows)
    found = {one.situation.code: one for one in view.gaps}
    for corner in product((-1, 1), repeat=len(rows)):
        exact = [poor + side * margin for side, (poor, _, margin) in zip(corner, rows, strict=True)]
        for number, (_, points, _) in enumerate(rows):
            value = Decimal(exact[number]) * total / sum(exact) - points
            missing = found[f"T{number}"].missing
            assert missing is not None
            assert missing.low - Decimal("1e-15") <= value <= missing.high + Decimal("1e-15")


def test_what_is_unknown_or_apart_is_shown_and_not_compared() -> None:
    view = need_and_supply(
        [
            situation("A", 10_000, 1),
            situation("B", 20_000, 5),
            situation("C", None, 3, poor_reason="taux secret"),
            situation("D", 5_000, None, points_reason="liste non chargée"),
            situation("E", 5_000, 2, apart="points comptés dans la région seulement"),
            situation("F", 40, 2, margin=40),
        ]
    )
    assert view.compared == 2
    assert view.average == Estimate.exact(Decimal(2))
    assert [one.situation.code for one in view.gaps] == ["A", "B", "C", "D", "E", "F"]
    assert [one.reason for one in view.gaps[2:]] == [
        "taux secret",
        "liste non chargée",
        "points comptés dans la région seulement",
        "nombre de personnes pauvres peut-être nul",
    ]
    assert all(one.rank is None and one.missing is None and one.supply is None for one in view.gaps[2:])
    assert need_and_supply([]).average is None


def test_a_gap_that_rounding_may_explain_says_so() -> None:
    unsure = need_and_supply([situation("A", 10_000, 2, 800), situation("B", 10_100, 2, 800)])
    assert not any(one.is_sure for one in unsure.gaps)
    sure = need_and_supply([situation("A", 30_000, 1, 800), situation("B", 10_000, 5, 800)])
    assert all(one.is_sure for one in sure.gaps)


def test_equal_gaps_share_the_best_rank() -> None:
    view = need_and_supply([situation("A", 10_000, 1), situation("B", 10_000, 1), situation("C", 10_000, 4)])
    assert [one.rank for one in view.gaps] == [1, 1, 3]


def test_money_per_person_by_axis_and_unknown_money() -> None:
    credits = (
        Credit("", "2020", Decimal(100_000)),
        Credit("Axe 1", "2020", None, "aucune source ne répartit par axe"),
        Credit("Axe 2", "2020", None),
    )
    one = situation("A", 10_000, 1, 1_000, credits=credits)
    shown = need_and_supply([one]).gaps[0].credits
    assert shown[0].per_person == Estimate(Decimal(100_000) / 11_000, Decimal(10), Decimal(100_000) / 9_000)
    assert [(two.per_person, two.reason) for two in shown[1:]] == [
        (None, "aucune source ne répartit par axe"),
        (None, "montant inconnu"),
    ]
    unknown = need_and_supply([replace(one, poor=None, poor_reason="taux secret")]).gaps[0].credits[0]
    assert (unknown.per_person, unknown.reason) == (None, "taux secret")
    zero = need_and_supply([situation("B", 40, 1, 40, credits=credits[:1])]).gaps[0].credits[0]
    assert zero.reason == "nombre de personnes pauvres peut-être nul"
