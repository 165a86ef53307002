"""The small language of `explanations.csv`: figures compared, nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from maillage.gateways.openfisca_france import explanations, terms
from maillage.gateways.openfisca_france.terms import TermRefused, evaluate, holds, names_of, parsed

FIGURES = {
    "one": np.array([0.0, 2.0, 5.0]),
    "other": np.array([1.0, 1.0, 5.0]),
    "kind": np.array(["a", "b", "c"]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one + other", [1, 3, 10]),
        ("max(one, other) - min(one, other)", [1, 1, 0]),
        ("-one / 2", [0, -1, -2.5]),
        ("one * 2", [0, 4, 10]),
    ],
)
def test_figures_are_computed_household_by_household(text: str, expected: list[float]) -> None:
    assert evaluate(text, FIGURES).tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", [False, True, True]),
        ("not one", [True, False, False]),
        ("one > other", [False, True, False]),
        ("one == other or not one", [True, False, True]),
        ("one and kind in ('a', 'b')", [False, True, False]),
        ("kind != 'c'", [True, True, False]),
    ],
)
def test_conditions_hold_or_not(text: str, expected: list[bool]) -> None:
    assert holds(text, FIGURES).tolist() == expected


def test_names_are_told_in_order_and_once() -> None:
    assert names_of("not amount and max(b, a) > b") == ("amount", "b", "a")
    assert names_of("") == ()


_REFUSED = (
    "__import__('os')",
    "one.real",
    "one[0]",
    "[1]",
    "lambda: 1",
    "one if other else 0",
    "1 < one < 2",
    "(",
    "x = 1",
)


@pytest.mark.parametrize("text", _REFUSED)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(TermRefused):
        parsed(text)


def test_a_figure_that_is_not_given_is_an_error() -> None:
    with pytest.raises(KeyError):
        evaluate("missing + 1", FIGURES)


def test_every_expression_of_the_file_is_of_the_language() -> None:
    for row in explanations.rows():
        for text in (row.value, row.when, row.of):
            assert not text or terms.parsed(text) is not None
