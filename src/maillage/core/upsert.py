"""Rows that come from a file, against those already there: what is new, what changed, what stays.

The plan is read first and applied after, so that a dry run shows exactly what the real one would do. A change leaves
one line in the journal with the values before and after; what a file adds is told by its edition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import models

from maillage.core import audit
from maillage.core.models import User
from maillage.engines.rows import Row
from maillage.kernel.errors import InputProblem

M = TypeVar("M", bound=models.Model)
BATCH = 2000


@dataclass(frozen=True)
class Change(Generic[M]):
    """One object that a file changes: field → (before, after), as they are in the database."""

    obj: M
    fields: dict[str, tuple[Any, Any]]

    @property
    def after(self) -> dict[str, Any]:
        return {name: value for name, (_, value) in self.fields.items()}


@dataclass
class Plan(Generic[M]):
    """What applying the rows would do. `extra` of `apply` is set on every row of the file, and compared on none."""

    model: type[M]
    new: list[M] = field(default_factory=list)
    changed: list[Change[M]] = field(default_factory=list)
    same: list[M] = field(default_factory=list)

    @property
    def does_nothing(self) -> bool:
        return not self.new and not self.changed

    def apply(
        self,
        *,
        by: User | None,
        at: datetime,
        action: str,
        territory_code: Callable[[M], str] = lambda obj: "",
        extra: Mapping[str, Any] | None = None,
        write: Callable[[], None] | None = None,
    ) -> None:
        """Write. To be called inside a transaction, with the permission already required.

        `write` writes the new and the changed rows in a faster way of its own; the journal is written here.
        """
        given = dict(extra or {})
        kept = [obj.pk for obj in self.same] if given else []
        for start in range(0, len(kept), BATCH):
            self.model._default_manager.filter(pk__in=kept[start : start + BATCH]).update(**given)
        if write is None:
            self._write(given)
        else:
            write()
        audit.record_all(
            audit.line(
                action=action,
                obj=change.obj,
                by=by,
                at=at,
                summary=f"{change.obj._meta.verbose_name} « {change.obj} » modifié par un chargement",
                changes={name: [_shown(before), _shown(after)] for name, (before, after) in change.fields.items()},
                territory_code=territory_code(change.obj),
            )
            for change in self.changed
        )

    def _write(self, given: Mapping[str, Any]) -> None:
        for obj in self.new:
            _set(obj, given)
        self.model._default_manager.bulk_create(self.new, batch_size=BATCH)
        for change in self.changed:
            _set(change.obj, change.after | dict(given))
            change.obj.save()


def plan(model: type[M], existing: Iterable[M], rows: Iterable[Mapping[str, Any]], *, key: Sequence[str]) -> Plan[M]:
    """Compare rows (field name → value, objects for relations) with what exists, by the fields of `key`."""
    attnames = {f.name: f.attname for f in model._meta.concrete_fields}
    key_attnames = [attnames[name] for name in key]
    known = {tuple(getattr(obj, name) for name in key_attnames): obj for obj in existing}
    result: Plan[M] = Plan(model)
    for row in rows:
        values = {attnames[name]: _stored(value) for name, value in row.items()}
        obj = known.get(tuple(values[name] for name in key_attnames))
        if obj is None:
            result.new.append(model(**row))
            continue
        differing = {n: (getattr(obj, n), v) for n, v in values.items() if getattr(obj, n) != v}
        if differing:
            result.changed.append(Change(obj, differing))
        else:
            result.same.append(obj)
    return result


def resolve(
    rows: Sequence[Row], name: str, model: type[models.Model], missing: str, *, by: str = "code"
) -> list[InputProblem]:
    """Replace a code by its object in every row (an empty one by None); a problem for each code that is not there."""
    wanted = {row[name] for row in rows if row.get(name)}
    found = {getattr(obj, by): obj for obj in model._default_manager.filter(**{f"{by}__in": wanted}).order_by("pk")}
    problems = []
    for row in rows:
        code = row.get(name)
        if code and code not in found:
            problems.append(row.problem(name, f"«\u00a0{code}\u00a0» {missing}"))
        row.values[name] = found.get(code) if code else None
    return problems


def _stored(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def _set(obj: models.Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(obj, name, value)


def _shown(value: Any) -> str | None:
    return None if value is None else str(value)
