"""The definitions of the indicators that official statistics bring, shipped with the product as data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).resolve().parent.parent / "data" / "statistics.csv"
_BOOLEANS = ("summable_territories", "summable_actions", "cumulative")


@dataclass(frozen=True)
class Definition:
    """An indicator before it is in the database: `fields` are those of the model."""

    code: str
    fields: dict[str, Any]

    @property
    def summable(self) -> bool:
        return bool(self.fields["summable_territories"])

    @property
    def label(self) -> str:
        return str(self.fields["label"])


@lru_cache(maxsize=1)
def definitions() -> dict[str, Definition]:
    """Definitions by code."""
    with _FILE.open(encoding="utf-8", newline="") as handle:
        return {row["code"]: Definition(row["code"], _typed(row)) for row in csv.DictReader(handle)}


def _typed(row: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(row)
    fields["decimals"] = int(row["decimals"])
    for name in _BOOLEANS:
        fields[name] = row[name] == "oui"
    return fields
