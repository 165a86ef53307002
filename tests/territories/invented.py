"""Small official files, invented, in the producers' own formats. Codes of areas are real, communes mostly are not."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl

from maillage.core.models import User
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.sources.services import run_import

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

REGIONS = "REG,CHEFLIEU,TNCC,NCC,NCCENR,LIBELLE\n"
DEPARTEMENTS = "DEP,REG,CHEFLIEU,TNCC,NCC,NCCENR,LIBELLE\n"
COMMUNES = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
MOVEMENTS = (
    "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
)
POPULATIONS = "REG;Région;DEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\r\n"
EPCI_HEADINGS = [
    "dept", "siren", "raison_sociale", "nature_juridique", "mode_financ", "nb_membres", "total_pop_tot",
    "total_pop_mun", "dep_com", "insee", "siren_membre", "nom_membre", "ptot_2025", "pmun_2025",
]  # fmt: skip


def regions(*rows: tuple[str, str]) -> str:
    return REGIONS + "".join(f"{code},00000,0,X,X,{name}\n" for code, name in rows)


def departements(*rows: tuple[str, str, str]) -> str:
    return DEPARTEMENTS + "".join(f"{code},{region},00000,0,X,X,{name}\n" for code, region, name in rows)


def communes(region: str, departement: str, *rows: tuple[str, str], kind: str = "COM") -> str:
    """Lines without the heading: `COMMUNES + communes(…) + communes(…)`."""
    return "".join(f'{kind},{code},{region},{departement},,,0,X,X,"{name}",,\n' for code, name in rows)


def movements(*rows: tuple[int, str, str, str]) -> str:
    """Rows (MOD, date, code before, code after), between communes."""
    return MOVEMENTS + "".join(
        f"{kind},{on},COM,{before},0,X,X,Avant {before},COM,{after},0,X,X,Après {after}\n"
        for kind, on, before, after in rows
    )


def populations(*rows: tuple[str, object, object], heading: str = POPULATIONS) -> str:
    return heading + "".join(f"94;R;{code[:2]};1;01;{code[2:]};{code};Nom;{mun};1;{tot}\r\n" for code, mun, tot in rows)


def epci_workbook(rows: Sequence[Sequence[Any]], sheet: str = "Epcicom2025") -> bytes:
    """Rows (seat, SIREN, name, nature, members in all, total and municipal population, commune)."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    page.append(EPCI_HEADINGS)
    for seat, siren, name, nature, members, total, municipal, commune in rows:
        page.append(
            [seat, siren, name, nature, "FPU", members, total, municipal, commune[:2], commune, 210000000, "N", 1, 1]
        )
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def square(west: float, south: float, size: float = 0.1) -> dict[str, Any]:
    ring = [[west, south], [west, south + size], [west + size, south + size], [west + size, south], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def geojson(*features: tuple[dict[str, Any], Any], **more: Any) -> str:
    listed = [{"type": "Feature", "properties": named, "geometry": geometry} for named, geometry in features]
    return json.dumps({"type": "FeatureCollection", "features": listed, **more})


def load(
    folder: Path,
    kind: str,
    content: str | bytes,
    *,
    name: str = "",
    vintage: str = "",
    dry_run: bool = False,
    by: User | None = None,
) -> ImportReport:
    """Write a file in `folder`, and load it."""
    path = folder / (name or {"epci": "epci.xlsx", "contours": "contours.geojson"}.get(kind, f"{kind}.csv"))
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    request = ImportRequest(path=path, name=path.name, by=by, at=AT, vintage=vintage, dry_run=dry_run)
    return run_import(kind=kind, request=request)


CORSICA = communes("94", "2A", ("2A001", "Alta"), ("2A002", "Bassa"), ("2A003", "Cala"), ("2A004", "Dolce"))
CORSICA += communes("94", "2B", ("2B001", "Erbalunga"), ("2B002", "Felce"))


def load_corsica(folder: Path, vintage: str = "2026") -> None:
    """A small region: two départements, six communes."""
    load(folder, "cog", regions(("94", "Corse"), ("84", "Auvergne-Rhône-Alpes")), vintage=vintage)
    areas = departements(("2A", "94", "Corse-du-Sud"), ("2B", "94", "Haute-Corse"), ("01", "84", "Ain"))
    load(folder, "cog", areas, vintage=vintage)
    load(folder, "cog", COMMUNES + CORSICA, vintage=vintage)
