"""Numbers as French typography writes them, and as people type them."""

import re
from decimal import ROUND_HALF_UP, Decimal

from maillage.kernel.errors import MaillageError, shorten

NARROW_NBSP = "\u202f"
NBSP = "\u00a0"
MINUS = "\u2212"

SPACES = " \t\u00a0\u202f\u2009\u2007"
MINUS_SIGNS = "-\u2212\u2013\u2010\u2011"

_MAX_LENGTH = 60
_DIGITS = r"[0-9]{1,3}(?:[ \t\u00a0\u202f\u2009\u2007][0-9]{3})+|[0-9]+"
_NUMBER = re.compile(
    rf"(?P<sign>[+{re.escape(MINUS_SIGNS)}])?[{SPACES}]*"
    rf"(?P<whole>{_DIGITS}|[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?=,|$)|[0-9]+)?"
    r"(?:[.,](?P<decimals>[0-9]+))?"
)
_DOTTED_GROUPS = re.compile(r"[+\-\u2212\u2013\u2010\u2011]?\s*[0-9]{1,3}(?:\.[0-9]{3}){2,}(?:,[0-9]+)?")
_DOTTED_GROUP_AND_COMMA = re.compile(r"[+\-\u2212\u2013\u2010\u2011]?\s*[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")


class NumberUnreadable(MaillageError):
    """The text is not a number written the French way."""


def format_number(value: Decimal | int, decimals: int | None = None) -> str:
    """Write a number in French: decimal comma, thousands parted by U+202F, true minus sign.

    `decimals` fixes how many are shown (half away from zero); None shows those the value has, without useless zeros.
    """
    number = Decimal(value)
    if not number.is_finite():
        raise NumberUnreadable("Une valeur qui n'est pas un nombre fini ne peut pas être écrite.")
    if decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    sign, digits = "", f"{abs(number):f}"
    whole, _, fraction = digits.partition(".")
    if decimals is None:
        fraction = fraction.rstrip("0")
    if number < 0 and (whole.strip("0") or fraction.strip("0")):
        sign = MINUS
    grouped = f"{int(whole):,}".replace(",", NARROW_NBSP)
    return f"{sign}{grouped},{fraction}" if fraction else f"{sign}{grouped}"


def parse_number(text: str) -> Decimal:
    """Read a number typed the French way: « 4 348 420 », « 7,60 », « 7.60 », « −57,5 », « 1.234.567,8 ».

    A lone dot is a decimal point, since a spreadsheet writes 78.5 so; dots are grouping only where several stand, or
    before a decimal comma. Raises NumberUnreadable (French message) for anything else, groups badly cut included.
    """
    stripped = text.strip(SPACES + "\r\n")
    if not stripped or len(stripped) > _MAX_LENGTH:
        raise NumberUnreadable(f"« {shorten(stripped, 40)} » n'est pas un nombre.")
    if _DOTTED_GROUPS.fullmatch(stripped) or _DOTTED_GROUP_AND_COMMA.fullmatch(stripped):
        stripped = stripped.replace(".", "")
    match = _NUMBER.fullmatch(stripped)
    if match is None or match["whole"] is None:
        raise NumberUnreadable(
            f"« {shorten(stripped, 40)} » n'est pas un nombre : écrivez par exemple 1 234,5 ou 1234.5."
        )
    whole = re.sub(rf"[{SPACES}]", "", match["whole"])
    number = Decimal(f"{whole}.{match['decimals'] or '0'}")
    if not match["decimals"]:
        number = Decimal(whole)
    sign = match["sign"]
    return -number if sign and sign in MINUS_SIGNS else number


def french_list(words: list[str]) -> str:
    """« a », « a et b », « a, b et c »."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " et " + words[-1]
