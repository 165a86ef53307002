"""What the database says, without keys, instants or editions: two loads that come to the same give the same dump."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import ForeignKey, Model

from maillage.directory.models import ServicePoint
from maillage.indicators.models import Observation
from maillage.sources.models import SourceEdition
from maillage.territories.models import CodeMovement, Contour, EpciMember, EpciPart, Population, Territory, Zoning

MODELS: tuple[type[Model], ...] = (
    Territory,
    EpciMember,
    EpciPart,
    CodeMovement,
    Population,
    Zoning,
    Contour,
    ServicePoint,
    Observation,
)
_LEFT_OUT = {"id", "edition", "document", "created_at", "updated_at"}


def dump() -> dict[str, list[str]]:
    """Model → its rows as texts, sorted; a relation is the code of what it points to."""
    return {model.__name__: sorted(_row(one) for one in _all(model)) for model in MODELS}


def _all(model: type[Model]) -> Any:
    links = [field.name for field in _fields(model) if isinstance(field, ForeignKey) or field.one_to_one]
    return model._default_manager.select_related(*links).order_by("pk")


def _fields(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.name not in _LEFT_OUT]


def _row(one: Model) -> str:
    values = {}
    for field in _fields(type(one)):
        value = getattr(one, field.name)
        values[field.name] = getattr(value, "code", value)
    return json.dumps(values, default=str, sort_keys=True)


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """Rows that only one of two dumps has, for a failure that reads."""
    lines = []
    for name in before:
        lines += [f"- {name} {row}" for row in before[name] if row not in after[name]]
        lines += [f"+ {name} {row}" for row in after[name] if row not in before[name]]
    return lines


def in_force() -> list[tuple[str, str, str, str]]:
    """What the history says is in force: kind, part, vintage and checksum."""
    current = SourceEdition.objects.filter(is_current=True).order_by("kind", "part", "vintage", "sha256")
    return list(current.values_list("kind", "part", "vintage", "sha256"))
