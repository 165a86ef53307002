"""Small files of official statistics, invented, in their producers' own shapes; and a database to receive them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from maillage.indicators.models import Indicator, Observation
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.sources.services import run_import
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from tests.territories.invented import AT, movements
from tests.territories.invented import load as load_territories

WIDE = "CODGEO;NBMENFISC21;NBPERSMENFISC21;MED21;TP6021;PIMPOT21\n"
LONG = "GEO;GEO_OBJECT;FILOSOFI_MEASURE;UNIT_MEASURE;UNIT_MULT;CONF_STATUS;OBS_STATUS;TIME_PERIOD;OBS_VALUE\n"
CAF = "dtreffre;numcomdo;nomcom;indfoy_ndur;indnbp_ndur;indfoy_rsa;indfoy_ppa\n"
IRIS = '"iris_code";"note";"a";"percou";"arsas"\n'
PIVOT = "codgeo,libgeo,revenu_median,taux_pauvrete,nb_menages,nb_personnes,nb_uc\n"

# 2A005 went into 2A001 on 1 January 2025; 2A006 was recoded 2B002; 2B009 was shared between 2B001 and 2B003.
MOVED = movements(
    (32, "2025-01-01", "2A001", "2A001"),
    (32, "2025-01-01", "2A005", "2A001"),
    (50, "2025-01-01", "2A006", "2B002"),
    (21, "2025-01-01", "2B009", "2B001"),
    (21, "2025-01-01", "2B009", "2B003"),
)


def load(folder: Path, kind: str, content: str | bytes, *, name: str = "", **more: Any) -> ImportReport:
    """Write a file in `folder`, and load it."""
    path = folder / (name or f"{kind}.csv")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return run_import(kind=kind, request=ImportRequest(path=path, name=path.name, by=None, at=AT, **more))


def load_movements(folder: Path) -> None:
    load_territories(folder, "movements", MOVED, vintage="2026")


def make_epci(siren: str, name: str = "CC", departement: str = "DEP-2A") -> Territory:
    seat = Territory.objects.get(code=departement)
    return Territory.objects.create(
        code=f"EPCI-{siren}", level=Level.EPCI, insee=siren, name=name, sort_name=name.lower(), parent=seat
    )


Row = tuple[str, str, str, str | None, str, str | None, str | None, str, str]


def observations() -> list[Row]:
    """All that is observed: code, indicator, period, value, status, low, high, geography, perimeter."""
    rows = Observation.objects.order_by("territory__code", "indicator__code", "period")
    return [
        (code, indicator, period, _plain(value), status, _plain(low), _plain(high), geography, perimeter)
        for code, indicator, period, value, status, low, high, geography, perimeter in rows.values_list(
            "territory__code", "indicator__code", "period", "value", "status", "low", "high", "geography", "perimeter"
        )
    ]


def of(territory: str, indicator: str, period: str = "2021") -> tuple[str | None, str]:
    """The value and the status of one thing."""
    found = Observation.objects.get(territory__code=territory, indicator__code=indicator, period=period)
    return _plain(found.value), found.status


def _plain(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def whole_state() -> tuple[list[Row], list[tuple[Any, ...]], int, list[str]]:
    """Everything that a load of statistics may touch."""
    territories = list(Territory.objects.order_by("code").values_list("code", "name", "parent__code"))
    indicators: Iterable[str] = Indicator.objects.order_by("code").values_list("code", flat=True)
    return observations(), territories, SourceEdition.objects.count(), list(indicators)
