"""The number of an establishment: 14 digits, of which the last checks the others (INSEE, Luhn's key)."""

from __future__ import annotations

import re

_LA_POSTE = "356000000"  # its establishments are too many for the key: their digits sum to a multiple of 5


def siret_digits(text: str) -> str:
    """The digits typed, without the spaces, points and hyphens that people put between them."""
    return re.sub(r"[\s.\-]", "", text)


def is_siret(text: str) -> bool:
    """Whether these are 14 digits with the right key."""
    digits = siret_digits(text)
    if not re.fullmatch(r"[0-9]{14}", digits) or digits == "0" * 14:
        return False
    return _luhn(digits) % 10 == 0 or (digits.startswith(_LA_POSTE) and sum(map(int, digits)) % 5 == 0)


def _luhn(digits: str) -> int:
    doubled = (int(one) * (2 if rank % 2 == 0 else 1) for rank, one in enumerate(digits))
    return sum(one - 9 if one > 9 else one for one in doubled)
