"""Every tolerance and threshold of the engine, each with its reason. Nothing is tuned elsewhere."""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Qualifier(StrEnum):
    """How a sentence softens a number."""

    NONE = "none"
    NEARLY = "nearly"
    ABOUT = "about"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    ROUGH_WORD = "rough_word"
    RANGE = "range"


class Tolerance(NamedTuple):
    """How far below and above the printed number a value may lie and still be what was meant.

    `open_below`, `open_above`: beyond the tolerance on that side, the words are still true to the letter, but too far
    to confirm anything: neither agreement nor contradiction.
    """

    below: Decimal
    above: Decimal
    open_below: bool
    open_above: bool
    reason: str


_NO = Decimal(0)
_TENTH = Decimal("0.10")
_QUARTER = Decimal("0.25")
_FIFTH = Decimal("0.20")

QUALIFIERS: dict[Qualifier, Tolerance] = {
    Qualifier.NONE: Tolerance(_NO, _NO, False, False, "le nombre vaut à l'arrondi de son impression près"),
    Qualifier.NEARLY: Tolerance(
        _TENTH, _NO, False, False, "« près de » annonce un peu moins : jusqu'à 10 % sous le nombre imprimé"
    ),
    Qualifier.ABOUT: Tolerance(_TENTH, _TENTH, False, False, "« environ » couvre 10 % de part et d'autre"),
    Qualifier.MORE_THAN: Tolerance(
        _NO, _QUARTER, False, True, "« plus de » exclut moins ; au-delà de 25 % de plus, il ne confirme rien"
    ),
    Qualifier.LESS_THAN: Tolerance(
        _QUARTER, _NO, True, False, "« moins de » exclut plus ; en dessous de 25 % de moins, il ne confirme rien"
    ),
    Qualifier.ROUGH_WORD: Tolerance(
        _FIFTH, _FIFTH, False, False, "« une trentaine » va à mi-chemin des dizaines voisines, soit 20 % environ"
    ),
    Qualifier.RANGE: Tolerance(_NO, _NO, False, False, "une fourchette vaut entre ses deux bornes"),
}

# A round integer written in full (« 400 000 ») may be a rounding. From a thousand on, and from two zeros on: below,
# « 250 » and « 247 » participants are two counts. Never beyond half of its last significant digit, nor 2.5 %: beyond,
# a writer who has the other number would not write this one.
ROUND_INTEGER_FROM = 1000
ROUND_INTEGER_ZEROS = 2
ROUND_INTEGER_CAP = Decimal("0.025")

# The same excuse for a printed total against its own addends: these stand beside it, so much less is excused.
ROUND_TOTAL_CAP = Decimal("0.005")

# An operand printed « 2 M€ » may be anything from 1.5 to 2.5 M€ by the letter; held to 5 % so that two coarse amounts
# do not excuse every evolution.
OPERAND_SLACK_CAP = Decimal("0.05")

# Between documents, « 1,8 » for 1,87 is a truncation; « 1 » for 1,9 is not: two significant digits at least.
TRUNCATION_SIGNIFICANT_DIGITS = 2

# Full digits and a multiplier in one print: the mantissa from which nobody writes so, for the State and below it.
# (« 1 500 M€ » is usual; « 780 000 M€ » is 780 000 € misprinted.)
MISUSED_MULTIPLIER = {
    Decimal(10) ** 9: (Decimal(10_000), Decimal(100)),
    Decimal(10) ** 6: (Decimal(1_000_000), Decimal(20_000)),
    Decimal(10) ** 3: (Decimal(1_000_000_000), Decimal(1_000_000)),
}

# France has fewer inhabitants than this: more persons than that is a misprint.
PERSONS_IN_FRANCE = Decimal(70_000_000)

# A population drifts by less than 1 % a year: the margin allowed for each year between a figure and the count used.
POPULATION_DRIFT_PER_YEAR = Decimal("0.01")

# « Habitants » may be the total population, counted apart or with its students: up to 5 % above the municipal one.
POPULATION_DEFINITION = Decimal("0.05")

# One scheme, one territory, two periods: a thousand times more is a slip of unit (k€ for M€), not a policy. Below a
# hundred, a scheme that starts from a handful may grow that much.
SIBLING_RATIO = Decimal(1000)
SIBLING_FROM = Decimal(100)

# A stock cannot lose more than all of itself.
LOWEST_EVOLUTION = Decimal(-100)

# No amount, count or rate of a public document is larger, and arithmetic stays exact below.
LARGEST_NUMBER = Decimal(10) ** 24
