"""An invented country beside the demonstration's region: as many communes as France has, none of them real."""

from __future__ import annotations

from pathlib import Path

from tests.territories.invented import COMMUNES, communes, departements, load, regions

_DEMONSTRATION = {44, 49, 53, 72, 85}
DEPARTEMENTS = [f"{number:02d}" for number in range(1, 96) if number != 20 and number not in _DEMONSTRATION]
PER_DEPARTEMENT = 392
SIZE = len(DEPARTEMENTS) * PER_DEPARTEMENT


def load_areas(folder: Path) -> None:
    """A region and its départements, without any commune."""
    load(folder, "cog", regions(("84", "Une région")), vintage="2026")
    load(folder, "cog", departements(*((code, "84", f"Département {code}") for code in DEPARTEMENTS)), vintage="2026")


def country() -> str:
    """The file of the communes: 34,888 rows."""
    listed = (
        communes("84", code, *((f"{code}{n:03d}", f"Commune {n} de l'Étang") for n in range(1, PER_DEPARTEMENT + 1)))
        for code in DEPARTEMENTS
    )
    return COMMUNES + "".join(listed)
