"""Readers of cells that the files of this app share. Each raises CellRefused, whose message completes the place."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from maillage.engines.rows import CellRefused
from maillage.kernel.errors import shorten
from maillage.kernel.numbers import NBSP
from maillage.rights.plain_language import promise

PART = "|"
"""What parts the items of a list inside a cell."""


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellRefused(
            f"«{NBSP}{shorten(text, 40)}{NBSP}» n'est pas une date{NBSP}: écrivez AAAA-MM-JJ, par exemple 2026-04-01."
        ) from None


def plain(text: str) -> str:
    """A text that a household reads: it promises nothing."""
    words = promise(text)
    if words:
        raise CellRefused(
            f"«{NBSP}{words}{NBSP}» promet un droit que seul l'organisme peut ouvrir{NBSP}: "
            f"écrivez «{NBSP}vous pourriez avoir droit à{NBSP}»."
        )
    return text


def items(text: str) -> tuple[str, ...]:
    """A list parted by « | », each item as a household reads it."""
    return tuple(plain(part.strip()) for part in text.split(PART) if part.strip())


def web_addresses(text: str) -> tuple[str, ...]:
    """Addresses parted by « | »."""
    addresses = tuple(part.strip() for part in text.split(PART) if part.strip())
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise CellRefused(
                f"«{NBSP}{shorten(address, 60)}{NBSP}» n'est pas une adresse{NBSP}: elle commence par https://."
            )
    return addresses
