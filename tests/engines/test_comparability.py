"""What may be put side by side, and the words of each refusal. Ranks and correlations that a comparison rests on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.comparability import Described, Verdict, alongside, evolution, scatter, together
from maillage.engines.estimates import Estimate
from maillage.engines.pairs import ENOUGH, correlate, extremes
from maillage.engines.rank_intervals import ENOUGH_VALUES, Rank, published, rank_intervals, step_of

RATE = Described(
    "POVERTY-RATE", "Taux de pauvreté", "%", "share", "epci", "EPCI", "2021", "2021", "ménages fiscaux", "2024"
)
INCOME = replace(RATE, indicator="MEDIAN-INCOME", label="Niveau de vie médian", unit="EUR", nature="level")
PERSONS = replace(RATE, indicator="FISCAL-PERSONS", label="Personnes", unit="persons", nature="stock")
LATER = replace(RATE, period="2023", period_label="2023")

EVOLUTIONS: tuple[tuple[str, Described, Described, str, str], ...] = (
    ("the same measure", replace(RATE, period="2020"), RATE, "", ""),
    ("two indicators", RATE, INCOME, "deux", "même indicateur"),
    ("another unit", RATE, replace(LATER, unit="‰"), "L'unité a changé", "séparément"),
    ("another perimeter", RATE, replace(LATER, perimeter="nouveau champ"), "Le périmètre a changé", "même périmètre"),
    ("a perimeter no longer said", RATE, replace(LATER, perimeter=""), "puis non précisé", "même périmètre"),
    ("another device", RATE, replace(LATER, device="Filosofi 2"), "Le dispositif a changé", "même dispositif"),
)


@pytest.mark.parametrize(
    ("before", "after", "reason", "instead"), [case[1:] for case in EVOLUTIONS], ids=[case[0] for case in EVOLUTIONS]
)
def test_two_periods(before: Described, after: Described, reason: str, instead: str) -> None:
    verdict = evolution(before, after)
    assert verdict.comparable == (not reason)
    assert reason in verdict.reason
    assert instead in verdict.instead


def test_boundaries_that_moved_are_said_and_not_refused() -> None:
    verdict = evolution(RATE, replace(LATER, geography="2025"))
    assert verdict.comparable
    assert "2024" in verdict.notes[0]
    assert "2025" in verdict.notes[0]


PAIRS: tuple[tuple[str, Described, Described, str, str], ...] = (
    ("two indicators of one level", RATE, INCOME, "", ""),
    ("two levels", RATE, replace(INCOME, level="commune", level_label="Commune"), "au niveau Commune", "un niveau où"),
    ("twice the same thing", RATE, RATE, "deux fois", "un autre indicateur"),
    ("one indicator at two periods", replace(RATE, period="2020"), RATE, "", ""),
    ("one indicator, two perimeters", RATE, replace(LATER, perimeter="autre"), "Le périmètre a changé", "même"),
    ("two indicators of two perimeters", RATE, replace(INCOME, perimeter="régime général"), "", ""),
)


@pytest.mark.parametrize(
    ("across", "upward", "reason", "instead"), [case[1:] for case in PAIRS], ids=[case[0] for case in PAIRS]
)
def test_two_indicators(across: Described, upward: Described, reason: str, instead: str) -> None:
    verdict = scatter(across, upward)
    assert verdict.comparable == (not reason)
    assert reason in verdict.reason
    assert instead in verdict.instead


def test_the_period_comes_first_whatever_the_axis() -> None:
    assert scatter(replace(LATER, perimeter="autre"), RATE) == scatter(RATE, replace(LATER, perimeter="autre"))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(INCOME, period="2020", period_label="2020"), "Deux périodes différentes"),
        (replace(INCOME, perimeter="régime général"), "Deux périmètres"),
        (replace(INCOME, geography="2025"), "contours"),
    ],
)
def test_what_differs_without_forbidding_is_said(other: Described, said: str) -> None:
    assert any(said in note for note in scatter(RATE, other).notes)


def test_two_counts_are_said_to_follow_size() -> None:
    assert any("taille" in note for note in scatter(PERSONS, replace(PERSONS, indicator="CAF-RSA")).notes)
    assert not any("taille" in note for note in scatter(RATE, INCOME).notes)


def test_a_ranking_holds_one_perimeter() -> None:
    other = replace(RATE, perimeter="champ restreint")
    refused = together([RATE, RATE, other])
    assert "ménages fiscaux\u00a0» (2)" in refused.reason
    assert "champ restreint\u00a0» (1)" in refused.reason
    assert "l'un de ces périmètres" in refused.instead
    assert together([RATE, RATE]) == Verdict()
    assert together([]).comparable


@pytest.mark.parametrize("field", ["indicator", "period", "level", "device"])
def test_a_ranking_holds_one_thing(field: str) -> None:
    assert not together([RATE, replace(RATE, **{field: "autre"})]).comparable


def test_a_ranking_of_counts_says_what_it_ranks() -> None:
    assert "taille" in together([PERSONS]).notes[0]
    assert together([RATE]).notes == ()


TENTH = Decimal("0.1")
texts = st.sampled_from(["", "a", "b"])
described = st.builds(
    Described,
    indicator=st.sampled_from(["A", "B"]),
    label=texts,
    unit=texts,
    nature=st.sampled_from(["stock", "flow", "share", "level", ""]),
    level=texts,
    period=st.sampled_from(["2020", "2021"]),
    perimeter=texts,
    geography=texts,
    device=texts,
)


@given(described, described)
def test_a_refusal_always_says_why_and_what_else(one: Described, other: Described) -> None:
    for verdict in (evolution(one, other), scatter(one, other), together([one, other])):
        assert bool(verdict.reason) == bool(verdict.instead)
        assert verdict.comparable != bool(verdict.reason)


@given(described, described)
def test_the_order_never_changes_a_verdict(one: Described, other: Described) -> None:
    assert evolution(one, other).comparable == evolution(other, one).comparable
    assert scatter(one, other).comparable == scatter(other, one).comparable
    assert together([one, other]) == together([other, one])


@given(described)
def test_a_thing_compares_with_itself(one: Described) -> None:
    assert evolution(one, one) == Verdict()
    assert together([one, one]).comparable
    assert not scatter(one, one).comparable


# --- ranks ----------------------------------------------------------------------------------------------------------


def between(low: str, value: str, high: str) -> Estimate:
    return Estimate(Decimal(low), Decimal(value), Decimal(high))


def test_overlapping_intervals_share_ranks() -> None:
    values = [between("9", "10", "11"), between("10", "11", "12"), between("1", "2", "3")]
    assert rank_intervals(values) == [Rank(1, 2), Rank(1, 2), Rank(3, 3)]
    assert rank_intervals(values, highest_first=False) == [Rank(2, 3), Rank(2, 3), Rank(1, 1)]


def test_printed_numbers_one_step_apart_are_told_apart_and_equal_ones_are_not() -> None:
    printed = [published(Decimal(text), step=TENTH) for text in ("10.2", "10.3", "10.3")]
    assert rank_intervals(printed) == [Rank(3, 3), Rank(1, 2), Rank(1, 2)]


@pytest.mark.parametrize(("step", "decimals"), [("0.1", 1), ("0.5", 1), ("1", 1), ("10", 0), ("5", 0), ("1", 0)])
def test_a_step_coarser_than_said_shows_in_the_values(step: str, decimals: int) -> None:
    """A rate defined to the tenth and published to the point: its interval is a point wide."""
    values = [Decimal(step) * rank for rank in range(1, ENOUGH_VALUES + 4)]
    assert step_of(values, decimals=decimals) == Decimal(step)
    assert step_of(values[:3], decimals=decimals) == Decimal(1).scaleb(-decimals)
    assert step_of([], decimals=decimals) == Decimal(1).scaleb(-decimals)


def test_a_floor_starts_at_zero() -> None:
    assert published(Decimal(5), step=Decimal(1), is_floor=True).low == 0
    assert published(Decimal("5.1"), step=TENTH).low == Decimal("5.05")


@st.composite
def intervals(draw: st.DrawFn) -> Estimate:
    low, value, high = sorted(draw(st.lists(st.integers(0, 30).map(Decimal), min_size=3, max_size=3)))
    return Estimate(low, value, high)


@given(st.lists(intervals(), max_size=12), st.booleans())
def test_ranks_hold_what_any_drawing_of_the_intervals_gives(values: list[Estimate], highest_first: bool) -> None:
    ranks = rank_intervals(values, highest_first=highest_first)
    ordered = sorted(range(len(values)), key=lambda i: values[i].value, reverse=highest_first)
    for place, i in enumerate(ordered, start=1):
        assert ranks[i].best <= place <= ranks[i].worst
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            if one.low < other.high and other.low < one.high:
                assert ranks[i].overlaps(ranks[j])


# --- pairs ----------------------------------------------------------------------------------------------------------


def test_a_correlation_needs_points_and_variation() -> None:
    line = [(float(i), 2.0 * i) for i in range(ENOUGH)]
    found = correlate(line)
    assert found is not None
    assert (round(found.coefficient, 9), found.points) == (1, ENOUGH)
    assert correlate(line[1:]) is None
    assert correlate([(1.0, float(i)) for i in range(ENOUGH)]) is None
    assert correlate([(float(i), 1.0) for i in range(ENOUGH)]) is None


def test_the_extremes_of_both_numbers_are_named() -> None:
    pairs = [(0.0, 5.0), (1.0, 5.0), (2.0, 9.0), (3.0, 1.0), (4.0, 5.0)]
    assert extremes(pairs, each=1) == (0, 2, 3, 4)
    assert extremes([], each=2) == ()
    assert extremes(pairs, each=0) == ()


# --- two territories in time ----------------------------------------------------------------------------------------


def test_a_rate_may_be_drawn_for_two_levels_and_a_number_may_not() -> None:
    higher = replace(RATE, level="departement", level_label="Département")
    assert "Deux niveaux" in alongside(RATE, higher).notes[0]
    refused = alongside(PERSONS, replace(PERSONS, level="departement", level_label="Département"))
    assert "EPCI et Département" in refused.reason
    assert "un taux" in refused.instead


def test_two_territories_measured_otherwise_in_one_year_are_refused() -> None:
    refused = alongside(RATE, replace(RATE, perimeter="champ restreint"))
    assert "champ restreint" in refused.reason
    assert alongside(RATE, replace(LATER, perimeter="champ restreint")).comparable
    assert alongside(RATE, RATE) == Verdict()
