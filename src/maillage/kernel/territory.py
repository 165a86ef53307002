"""Territory codes: one short text that names a territory anywhere in France."""

import re
from dataclasses import dataclass
from enum import StrEnum

from maillage.kernel.errors import MaillageError, shorten


class TerritoryInvalid(MaillageError):
    """The text is not a territory code."""


class Level(StrEnum):
    """From the widest to the narrowest."""

    FRANCE = "FRANCE"
    REGION = "REG"
    DEPARTEMENT = "DEP"
    EPCI = "EPCI"
    COMMUNE = "COM"
    IRIS = "IRIS"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]

    @property
    def rank(self) -> int:
        """0 for France, growing as the territory narrows."""
        return list(Level).index(self)


_LABELS = {
    Level.FRANCE: "France",
    Level.REGION: "région",
    Level.DEPARTEMENT: "département",
    Level.EPCI: "EPCI",
    Level.COMMUNE: "commune",
    Level.IRIS: "IRIS",
}

# INSEE writes a région with two digits, a département with two characters (2A, 2B for Corsica) or three overseas,
# a commune with its département first, an EPCI with the nine digits of its SIREN, an IRIS with its commune first.
_INSEE = {
    Level.REGION: (re.compile(r"[0-9]{2}"), "deux chiffres, par exemple REG-84"),
    Level.DEPARTEMENT: (
        re.compile(r"0[1-9]|[1-8][0-9]|9[0-5]|2[AB]|9[78][0-9]"),
        "deux ou trois caractères, par exemple DEP-69, DEP-2A ou DEP-974",
    ),
    Level.EPCI: (re.compile(r"[0-9]{9}"), "les neuf chiffres du SIREN, par exemple EPCI-200046977"),
    Level.COMMUNE: (
        re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}"),
        "les cinq caractères du code INSEE, par exemple COM-69123",
    ),
    Level.IRIS: (
        re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{7}"),
        "les neuf caractères du code INSEE, par exemple IRIS-691230101",
    ),
}
_PREFIXES = {level.value for level in _INSEE}
_CORSICA_OLD_CODE = "20"


@dataclass(frozen=True, slots=True)
class TerritoryCode:
    """A level and its INSEE code ('' for France). `str()` gives back the text that `parse` reads."""

    level: Level
    insee: str

    @classmethod
    def parse(cls, text: str) -> "TerritoryCode":
        """Read « FRANCE », « REG-84 », « DEP-2A », « EPCI-200046977 », « COM-69123 ». Raises TerritoryInvalid."""
        if text == Level.FRANCE:
            return cls(Level.FRANCE, "")
        prefix, dash, insee = text.partition("-")
        if not dash or prefix not in _PREFIXES:
            raise TerritoryInvalid(
                f"Code de territoire inconnu : « {shorten(text, 40)} ». "
                "Écrivez FRANCE, REG-…, DEP-…, EPCI-… ou COM-…, en capitales."
            )
        level = Level(prefix)
        pattern, shape = _INSEE[level]
        old_corsica = level is Level.DEPARTEMENT and insee == _CORSICA_OLD_CODE
        if not pattern.fullmatch(insee) or old_corsica:
            raise TerritoryInvalid(f"Code de territoire « {shorten(text, 40)} » : il faut {shape}.")
        return cls(level, insee)

    @property
    def departement(self) -> str | None:
        """The département's INSEE code, where the code tells it: a département, a commune, an IRIS. None otherwise."""
        if self.level is Level.DEPARTEMENT:
            return self.insee
        if self.level in {Level.COMMUNE, Level.IRIS}:
            return self.insee[:3] if self.insee[:2] in {"97", "98"} else self.insee[:2]
        return None

    def __str__(self) -> str:
        return f"{self.level.value}-{self.insee}" if self.insee else self.level.value

    def __lt__(self, other: "TerritoryCode") -> bool:
        return (self.level.rank, self.insee) < (other.level.rank, other.insee)
