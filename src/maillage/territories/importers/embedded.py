"""The embedded data set of territories: facts written in CSV files, each row with its source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maillage.gateways.tabular import read_table
from maillage.kernel.territory import TerritoryCode
from maillage.territories.importers.common import Problems, read_count


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row comes from."""

    title: str
    publisher: str = ""
    vintage: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    """A territory as a fact. `parent`: the code that contains it (the seat's département, for an EPCI).

    For an EPCI, `area` is the region in which `communes_in_area` of its `communes_total` communes lie, at `vintage`.
    """

    code: str
    name: str
    origin: Origin
    parent: str = ""
    nature: str = ""
    latitude: float | None = None
    longitude: float | None = None
    area: str = ""
    communes_in_area: int | None = None
    communes_total: int | None = None
    vintage: int | None = None


@dataclass(frozen=True, slots=True)
class PopulationRow:
    """The legal population of a territory for a reference year."""

    code: str
    year: int
    municipal: int
    origin: Origin
    total: int | None = None
    geography: str = ""


def read_embedded(folder: Path) -> tuple[list[TerritoryRow], list[PopulationRow]]:
    """The rows of `territories.csv`, `epci.csv` and `populations.csv` of a folder; a file may be absent.

    Raises InputRefused, with the row and the column.
    """
    territories = _territories(folder / "territories.csv") + _territories(folder / "epci.csv")
    return territories, _populations(folder / "populations.csv")


def _territories(path: Path) -> list[TerritoryRow]:
    problems = Problems(path.name)
    rows = [
        TerritoryRow(
            code=str(TerritoryCode.parse(cells["code"] or "")),
            name=cells["name"] or "",
            origin=_origin(cells),
            parent=cells["parent"] or "",
            nature=cells.get("nature") or "",
            latitude=_float(cells.get("latitude")),
            longitude=_float(cells.get("longitude")),
            area=cells.get("area") or "",
            communes_in_area=_count(cells, "communes_in_area", number, problems),
            communes_total=_count(cells, "communes_total", number, problems),
            vintage=_count(cells, "composition", number, problems),
        )
        for number, cells in _records(path)
    ]
    problems.refuse_if_any()
    return rows


def _populations(path: Path) -> list[PopulationRow]:
    problems = Problems(path.name)
    rows = [
        PopulationRow(
            code=str(TerritoryCode.parse(cells["code"] or "")),
            year=_count(cells, "year", number, problems) or 0,
            municipal=_count(cells, "municipal", number, problems) or 0,
            total=_count(cells, "total", number, problems),
            geography=cells.get("geography") or "",
            origin=_origin(cells),
        )
        for number, cells in _records(path)
    ]
    problems.refuse_if_any()
    return rows


def _records(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    return list(read_table(path, name=path.name).records()) if path.exists() else []


def _origin(cells: dict[str, str | None]) -> Origin:
    return Origin(
        cells["source"] or "", cells.get("publisher") or "", cells.get("vintage") or "", cells.get("licence") or ""
    )


def _float(text: str | None) -> float | None:
    return float(text) if text else None


def _count(cells: dict[str, str | None], column: str, number: int, problems: Problems) -> int | None:
    text = cells.get(column)
    if text is None:
        return None
    found = read_count(text)
    if isinstance(found, str):
        problems.add(number, column, found)
        return None
    return found
