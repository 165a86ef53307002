"""The housing-aid zone of a commune, by table.

OpenFisca-France answers zone 2 for a commune that it does not know, which pays too much in most of rural France: here
an unknown commune is refused. The table is the one it ships (zoning of communes of 2014, with the parts of communes
and the arrondissements); a commune merged since keeps the zone of the code it bears, as OpenFisca does.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NBSP

TABLE_ON = date(2014, 1, 1)
"""The day whose communes the table holds: where a passage table must arrive."""

OVERSEAS = ("97", "98")
_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")

Earlier = Callable[[str], Iterable[str]]
"""From the code of a commune to the codes it had on TABLE_ON, by a list of movements; empty when nothing is known."""


class CommuneRefused(MaillageError):
    """The commune cannot be placed in a zone. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Zone:
    """`name` is OpenFisca's: zone_1, zone_2, zone_3. `through`: the codes of 2014 it was found by, when not its own."""

    name: str
    through: tuple[str, ...] = ()

    @property
    def label_fr(self) -> str:
        return f"zone {self.name[-1]}"


@cache
def table() -> dict[str, str]:
    """INSEE code → zone_1, zone_2 or zone_3, for every commune of the installed table, metropolitan or not."""
    spec = find_spec("openfisca_france")
    if spec is None or not spec.submodule_search_locations:
        raise CommuneRefused("OpenFisca-France n'est pas installé : la zone d'une commune n'est pas connue.")
    folder = Path(next(iter(spec.submodule_search_locations))) / "assets" / "apl"
    with (folder / "20110914_zonage.csv").open(encoding="utf-8", newline="") as file:
        # « 1bis » is a part of zone 1 for this aid.
        zones = {row["CODGEO"]: f"zone_{row['Zonage'][0]}" for row in csv.DictReader(file)}
    parts = json.loads((folder / "commune_depcom_by_subcommune_depcom.json").read_text(encoding="utf-8"))
    return zones | {part: zones[whole] for part, whole in parts.items()}


def zone_of(commune: str, earlier: Earlier | None = None) -> Zone:
    """The zone of a commune by its INSEE code, of today or of before. Raises CommuneRefused: no zone by default."""
    code = commune.strip().upper()
    if not _CODE.fullmatch(code):
        raise CommuneRefused(
            f"«{NBSP}{shorten(code, 20)}{NBSP}» n'est pas le code INSEE d'une commune : cinq caractères, "
            "comme 01004 ou 2A004. Un code postal ne convient pas."
        )
    if code.startswith(OVERSEAS):
        raise CommuneRefused(f"La commune {code} est outre-mer, où d'autres règles s'appliquent : rien n'est calculé.")
    known = table().get(code)
    if known is not None:
        return Zone(known)
    before = tuple(sorted(set(earlier(code)))) if earlier else ()
    zones = {table()[one] for one in before if one in table()}
    if len(zones) == 1:
        return Zone(zones.pop(), before)
    raise CommuneRefused(
        f"La commune {code} n'est pas dans le zonage des aides au logement : vérifiez son code INSEE."
        if not zones
        else f"La commune {code} réunit des communes de zones différentes : donnez le code de l'ancienne commune."
    )


def zones_of(communes: Sequence[str], earlier: Earlier | None = None) -> tuple[npt.NDArray[np.str_], dict[int, str]]:
    """Zone names of many communes, and the French reason by row for those refused (their name is then empty)."""
    found: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for code in set(communes):
        try:
            found[code] = zone_of(code, earlier).name
        except CommuneRefused as refusal:
            found[code], reasons[code] = "", refusal.message_fr
    names = np.array([found[code] for code in communes], dtype="U6")
    refused = {row: reasons[code] for row, code in enumerate(communes) if code in reasons} if reasons else {}
    return names, refused
