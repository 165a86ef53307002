"""What a sheet of paper carries to be checked: reference, version, fingerprint, and the address that checks it.

A fingerprint is shown by its 16 first digits: enough to tell versions apart, short enough to be typed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from maillage.contracts.paper.source import Source

DIGITS = 16
DRAFT_NUMBER = "projet"  # what stands for the number of a version in the address of a draft


@dataclass(frozen=True, slots=True)
class PaperReference:
    """`text` is read, `address` is what the QR code holds: absolute where the instance knows its own address."""

    text: str
    address: str
    number: int | None
    fingerprint: str


def reference_of(source: Source, draft_word: str = DRAFT_NUMBER) -> PaperReference:
    """« CLS-… · version 2 · 3f2a… »; « CLS-… · projet du 20/11/2026 · 3f2a… » for what is not signed."""
    if source.number is None:
        day = f" du {source.dated_on:%d/%m/%Y}" if source.dated_on else ""
        what, number = f"{draft_word}{day}", DRAFT_NUMBER
    else:
        what, number = f"version {source.number}", str(source.number)
    digits = source.sha256[:DIGITS]
    return PaperReference(
        text=f"{source.reference} · {what} · {digits}",
        address=address_of(source.reference, number, digits),
        number=source.number,
        fingerprint=digits,
    )


def address_of(reference: str, number: str, digits: str) -> str:
    """The page that checks a paper. Without MAILLAGE_SITE_URL, the path alone: the paper says where to type it."""
    return f"{settings.MAILLAGE_SITE_URL}{reverse('verify-code', args=[reference, number, digits])}"


def has_site_address() -> bool:
    return bool(settings.MAILLAGE_SITE_URL)
