"""Amounts in words: a table of the hard cases, and any amount read back."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.documents.words import AmountTooLarge, amount_in_figures_and_words, amount_in_words
from maillage.kernel.money import Money

HARD = {
    "0": "zéro euro",
    "0.01": "un centime",
    "0.80": "quatre-vingts centimes",
    "1": "un euro",
    "1.01": "un euro et un centime",
    "1.50": "un euro et cinquante centimes",
    "2": "deux euros",
    "17": "dix-sept euros",
    "21": "vingt et un euros",
    "61": "soixante et un euros",
    "70": "soixante-dix euros",
    "71": "soixante et onze euros",
    "77.77": "soixante-dix-sept euros et soixante-dix-sept centimes",
    "80": "quatre-vingts euros",
    "81": "quatre-vingt-un euros",
    "90": "quatre-vingt-dix euros",
    "91": "quatre-vingt-onze euros",
    "99": "quatre-vingt-dix-neuf euros",
    "100": "cent euros",
    "101": "cent un euros",
    "180": "cent quatre-vingts euros",
    "200": "deux cents euros",
    "201": "deux cent un euros",
    "280": "deux cent quatre-vingts euros",
    "1000": "mille euros",
    "1001": "mille un euros",
    "1100": "mille cent euros",
    "1200": "mille deux cents euros",
    "2000": "deux mille euros",
    "21000": "vingt et un mille euros",
    "71000": "soixante et onze mille euros",
    "80000": "quatre-vingt mille euros",
    "80080": "quatre-vingt mille quatre-vingts euros",
    "81000": "quatre-vingt-un mille euros",
    "200000": "deux cent mille euros",
    "200200": "deux cent mille deux cents euros",
    "280000": "deux cent quatre-vingt mille euros",
    "1000000": "un million d’euros",
    "1000001": "un million un euros",
    "1000002": "un million deux euros",
    "1000080": "un million quatre-vingts euros",
    "1502450": "un million cinq cent deux mille quatre cent cinquante euros",
    "2000000": "deux millions d’euros",
    "2000000.50": "deux millions d’euros et cinquante centimes",
    "80000000": "quatre-vingts millions d’euros",
    "80080080": "quatre-vingts millions quatre-vingt mille quatre-vingts euros",
    "200000000": "deux cents millions d’euros",
    "280000000": "deux cent quatre-vingts millions d’euros",
    "1000000000": "un milliard d’euros",
    "1000200000": "un milliard deux cent mille euros",
    "2001000000": "deux milliards un million d’euros",
    "-80.20": "moins quatre-vingts euros et vingt centimes",
}


@pytest.mark.parametrize("amount", HARD)
def test_a_hard_case(amount: str) -> None:
    assert amount_in_words(Money(Decimal(amount))) == HARD[amount]


def test_figures_then_words() -> None:
    assert amount_in_figures_and_words(Money.of(1502)) == "1\u202f502\u00a0€ (mille cinq cent deux euros)"


def test_an_amount_that_nobody_states_is_refused() -> None:
    with pytest.raises(AmountTooLarge, match="mille milliards"):
        amount_in_words(Money.of(10**12))


SMALL = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"]
SMALL += ["onze", "douze", "treize", "quatorze", "quinze", "seize"]
VALUES = {word: number for number, word in enumerate(SMALL)} | {
    "vingt": 20,
    "vingts": 20,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "soixante": 60,
}
SCALES = {"mille": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9}


def read_back(words: str) -> int:
    """The number that French words say, by another way than the one that wrote them."""
    total = group = 0
    for word in words.replace("-", " ").split():
        if word in SCALES:
            total, group = total + (group or 1) * SCALES[word], 0
        elif word in {"cent", "cents"}:
            group = (group or 1) * 100
        elif word in {"vingt", "vingts"} and group % 10 == 4 and group % 100 == 4:
            group += 76  # quatre-vingts
        elif word != "et":
            group += VALUES[word]
    return total + group


def cents_said(words: str) -> int:
    sign = -1 if words.startswith("moins ") else 1
    words = words.removeprefix("moins ")
    match = re.fullmatch(r"(?:(.*?)(?: d’| )euros?)?(?: et )?(?:(.+) centimes?)?", words)
    assert match, words
    whole, part = match[1], match[2]
    return sign * ((read_back(whole) if whole else 0) * 100 + (read_back(part) if part else 0))


@given(st.one_of(st.integers(-(10**14) + 1, 10**14 - 1), st.integers(-300_000, 300_000)))
def test_any_amount_says_itself(cents: int) -> None:
    assert cents_said(amount_in_words(Money(Decimal(cents) / 100))) == cents


@given(st.integers(0, 10**12 - 1))
def test_the_plurals_of_twenty_and_hundred(euros: int) -> None:
    """Vingt and cent take an s when they are multiplied and nothing numeral follows; mille never does."""
    words = amount_in_words(Money.of(euros)).replace("-", " ").split()
    for index, word in enumerate(words):
        follows = words[index + 1] if index + 1 < len(words) else ""
        ends = follows in {"euro", "euros", "d’euros", "million", "millions", "milliard", "milliards"}
        before = words[index - 1] if index else ""
        if word in {"cent", "cents"}:
            multiplied = before in SMALL[2:10]
            assert word == ("cents" if multiplied and ends else "cent"), words
        if word in {"vingt", "vingts"}:
            assert word == ("vingts" if before == "quatre" and ends else "vingt"), words
        assert word != "milles"
