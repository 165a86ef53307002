"""French number words, as a sentence writes them: « trois », « vingt-cinq », « une trentaine », « un million »."""

import re
from dataclasses import dataclass
from decimal import Decimal

_UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "un",
            "deux",
            "trois",
            "quatre",
            "cinq",
            "six",
            "sept",
            "huit",
            "neuf",
            "dix",
            "onze",
            "douze",
            "treize",
            "quatorze",
            "quinze",
            "seize",
        ]
    )
} | {"une": 1, "aucun": 0, "aucune": 0, "neant": 0}
_TENS = {
    "vingt": 20,
    "vingts": 20,
    "trente": 30,
    "quarante": 40,
    "cinquante": 50,
    "soixante": 60,
    "septante": 70,
    "huitante": 80,
    "octante": 80,
    "nonante": 90,
}
_HUNDREDS = {"cent": 100, "cents": 100}
_ROUGH = {
    "dizaine": 10,
    "douzaine": 12,
    "quinzaine": 15,
    "vingtaine": 20,
    "trentaine": 30,
    "quarantaine": 40,
    "cinquantaine": 50,
    "soixantaine": 60,
    "centaine": 100,
    "millier": 1000,
}
_BIG = {
    "mille": 10**3,
    "million": 10**6,
    "millions": 10**6,
    "milliard": 10**9,
    "milliards": 10**9,
}
# « un million », « deux dizaines », but « des millions » and « plusieurs dizaines » are no numbers.
_NOT_FIRST = frozenset({"million", "millions", "milliard", "milliards", "cents"} | {f"{word}s" for word in _ROUGH})
_ALL = {**_UNITS, **_TENS, **_HUNDREDS, **_BIG}
_ONE = Decimal(1)
_TOKEN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class WordNumber:
    """A number in words, with its place in the folded text; `factor` is its last multiplier."""

    value: Decimal
    factor: Decimal
    rough: bool
    start: int
    end: int


def word_numbers(folded: str) -> list[WordNumber]:
    """Every number in words, left to right. « un » and « une » alone count for one only where nothing else is read."""
    tokens = list(_TOKEN.finditer(folded))
    found: list[WordNumber] = []
    index = 0
    while index < len(tokens):
        stop = index
        while stop < len(tokens) and _continues(tokens, index, stop, folded):
            stop += 1
        if stop == index or tokens[index].group() in _NOT_FIRST:
            index += 1
            continue
        number = _read([token.group() for token in tokens[index:stop]])
        if number is not None:
            value, factor, rough = number
            found.append(WordNumber(value, factor, rough, tokens[index].start(), tokens[stop - 1].end()))
        index = stop
    real = [number for number in found if number.value != 1]
    return real or found


def _continues(tokens: list[re.Match[str]], first: int, at: int, folded: str) -> bool:
    word = tokens[at].group()
    if at > first and folded[tokens[at - 1].end() : tokens[at].start()] not in {" ", "-"}:
        return False
    if word in _ALL or word.rstrip("s") in _ROUGH:
        return True
    if word == "demi":
        return at + 1 < len(tokens) and tokens[at + 1].group() in _BIG
    joins = word == "et" and at > first and at + 1 < len(tokens)
    return joins and tokens[at - 1].group() in _TENS and tokens[at + 1].group() in {"un", "une", "onze"}


def _read(parts: list[str]) -> tuple[Decimal, Decimal, bool] | None:
    total, current, factor, rough = Decimal(0), Decimal(0), 1, False
    for word in parts:
        if word == "et":
            continue
        if word == "demi":
            current = Decimal("0.5")
            continue
        if word in _BIG:
            factor = _BIG[word]
            total += (current or _ONE) * factor
            current = Decimal(0)
        elif word.rstrip("s") in _ROUGH:
            current = (current or _ONE) * _ROUGH[word.rstrip("s")]
            rough = True
        elif word in _HUNDREDS:
            current = (current or _ONE) * 100
        elif word in {"vingt", "vingts"} and current % 100 == 4:
            current += 76
        else:
            current += _UNITS.get(word, 0) + _TENS.get(word, 0)
    return total + current, Decimal(factor if not current else 1), rough
