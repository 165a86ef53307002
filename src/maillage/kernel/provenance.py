"""Where a number comes from, and what it is worth."""

import re
from dataclasses import dataclass
from enum import StrEnum

from maillage.kernel.errors import MaillageError


class ProvenanceInvalid(MaillageError):
    """A number without a source does not exist."""


class Status(StrEnum):
    """What an observed value is worth. Unknown is not zero: the last two carry no value."""

    PUBLISHED = "published"
    PROVISIONAL = "provisional"
    ESTIMATED = "estimated"
    ROUNDED = "rounded"
    FLOOR = "floor"
    SUPPRESSED = "suppressed"
    UNAVAILABLE = "unavailable"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]

    @property
    def carries_value(self) -> bool:
        """False where the value is unknown: under statistical secrecy, or not available."""
        return self not in {Status.SUPPRESSED, Status.UNAVAILABLE}


_LABELS = {
    Status.PUBLISHED: "publiée",
    Status.PROVISIONAL: "provisoire",
    Status.ESTIMATED: "estimée",
    Status.ROUNDED: "arrondie",
    Status.FLOOR: "cette valeur ou moins",
    Status.SUPPRESSED: "secret statistique",
    Status.UNAVAILABLE: "non disponible",
}

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Document or edition, place in it, status of the value, SHA-256 of the file ('' when no file was loaded)."""

    source: str
    locator: str = ""
    status: Status = Status.PUBLISHED
    checksum: str = ""

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ProvenanceInvalid("Une valeur sans source ne peut pas être enregistrée : indiquez le document.")
        if self.checksum and not _SHA256.fullmatch(self.checksum):
            raise ProvenanceInvalid("L'empreinte du fichier source doit être un SHA-256 de 64 caractères.")

    def __str__(self) -> str:
        """« INSEE, édition 2023, tableau 2 »."""
        return f"{self.source}, {self.locator}" if self.locator else self.source
