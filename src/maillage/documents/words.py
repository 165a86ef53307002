"""Amounts in French words, as a convention states them beside the figures.

The cardinals are those of num2words, held by a table of hard cases and by a reading back of any amount; euros and cents
are agreed here, for the library's own currency form says neither « d'euros » nor « zéro euro ».
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from maillage.kernel.errors import MaillageError
from maillage.kernel.money import Money

LARGEST = 10**12  # euros: beyond, it is a slip of the pen
_ROUND = re.compile(r"(?:million|milliard)s?$")  # names, not numerals: they take « de » before what they count


class AmountTooLarge(MaillageError):
    """An amount that nobody states in words."""


@lru_cache(maxsize=1)
def _french() -> Any:
    """The library loads thirty languages: when a first amount is written, and not before."""
    from num2words.lang_FR import Num2Word_FR

    return Num2Word_FR()


def cardinal_in_words(number: int) -> str:
    """« quatre-vingt mille deux cents ». Zero or more, below `LARGEST`. Raises AmountTooLarge."""
    if number >= LARGEST:
        raise AmountTooLarge("Un montant de mille milliards d'euros ou plus ne s'écrit pas en lettres : vérifiez-le.")
    return str(_french().to_cardinal(number))


def _counted(number: int, unit: str) -> str:
    """« zéro euro », « un euro », « deux euros », « deux millions d'euros »."""
    words = cardinal_in_words(number)
    if _ROUND.search(words):
        return f"{words} d’{unit}s"
    return f"{words} {unit}{'s' if number > 1 else ''}"


def amount_in_words(amount: Money) -> str:
    """« un million cinq cent deux mille quatre cent cinquante euros et un centime »; « moins … » below zero.

    Raises AmountTooLarge at a thousand billion euros and beyond.
    """
    euros, cents = divmod(abs(amount).cents, 100)
    parts = [_counted(euros, "euro")] if euros or not cents else []
    parts += [f"{cardinal_in_words(cents)} centime{'s' if cents > 1 else ''}"] if cents else []
    return ("moins " if amount.euros < 0 else "") + " et ".join(parts)


def amount_in_figures_and_words(amount: Money) -> str:
    """« 80 € (quatre-vingts euros) », figures first as a convention prints them."""
    return f"{amount} ({amount_in_words(amount)})"
