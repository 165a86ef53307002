"""The QR code of a printed page: the address where anyone checks which version the page prints."""

from __future__ import annotations

import io
from functools import lru_cache

import segno

from maillage.kernel.errors import MaillageError

# A sheet is folded, stamped and photocopied: a quarter of the code may be lost (level Q) while the address is short.
LEVELS = ("q", "m", "l")
SHORT = 90  # characters
BORDER = 2  # modules of white: footers are on white paper
PNG_SCALE = 8


class AddressTooLong(MaillageError):
    """More than a code can hold, or nothing to hold."""


def alt(text: str) -> str:
    """What is read aloud for the picture."""
    return f"Code QR de vérification : {text}"


@lru_cache(maxsize=64)
def _code(url: str) -> segno.QRCode:
    if not url:
        raise AddressTooLong("L'adresse à inscrire dans le code QR est vide.")
    for level in LEVELS[0 if len(url) <= SHORT else 1 :]:
        try:
            return segno.make_qr(url, error=level, boost_error=False)
        except segno.DataOverflowError:
            continue
    raise AddressTooLong(f"Une adresse de {len(url)} caractères ne tient pas dans un code QR.")


def svg(url: str) -> str:
    """The code as SVG, the same text for the same address."""
    drawn = io.BytesIO()
    _code(url).save(drawn, kind="svg", border=BORDER, xmldecl=False, nl=False, light="#ffffff")
    return drawn.getvalue().decode()


def png(url: str) -> bytes:
    """The code as PNG, the same bytes for the same address."""
    drawn = io.BytesIO()
    _code(url).save(drawn, kind="png", border=BORDER, scale=PNG_SCALE)
    return drawn.getvalue()
