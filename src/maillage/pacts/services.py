"""Writes of the pact: tables of pacts, axes, measures, base measures, milestones and supported projects.

Each takes the texts of a table as a file gives them; all or nothing; twice the same changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction

from maillage.core import upsert
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row, Texts
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.kernel.period import Period, PeriodInvalid
from maillage.pacts.enums import MeasureKind
from maillage.pacts.models import Axis, BaseMeasure, Measure, Milestone, Pact, SupportedProject
from maillage.sources.models import SourceDocument
from maillage.sources.perms import can_import
from maillage.sources.services import REFUSED
from maillage.territories.models import Territory

NO_DOCUMENT = "n'est pas un document chargé. Chargez d'abord les documents."
NO_TERRITORY = "n'est pas un territoire chargé. Chargez-le d'abord (« maillage import »)."


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a table changed. `changes` are lines for a reader (French), one a changed object."""

    new: int
    changed: int
    unchanged: int
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A table that can be loaded: its columns, what its codes name, what makes a row the same row."""

    model: type[models.Model]
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    relations: tuple[tuple[str, type[models.Model], str], ...]
    finish: Callable[[Sequence[Row]], list[InputProblem]] = lambda rows: []


def load(
    *,
    kind: Kind,
    table: Texts,
    by: User | None,
    at: datetime,
    dry_run: bool = False,
) -> Loaded:
    """Load a table of any app built on this one. `by` None is the instance's own command. Raises InputRefused."""
    with transaction.atomic():
        require(by is None or can_import(by, at.date()), REFUSED)
        read = reading.read_rows(table, kind.fields)
        problems = reading.unique(read, *kind.key)
        for name, model, missing in kind.relations:
            problems += upsert.resolve(read, name, model, missing)
        problems += kind.finish(read)
        if problems:
            raise InputRefused(problems)
        existing = kind.model._default_manager.select_for_update().order_by("pk")
        plan = upsert.plan(kind.model, existing, [row.values for row in read], key=kind.key)
        if not dry_run:
            plan.apply(by=by, at=at, action=f"{kind.model._meta.app_label}.load")
    return Loaded(len(plan.new), len(plan.changed), len(plan.same), tuple(str(change.obj) for change in plan.changed))


def length(model: type[models.Model], name: str) -> int | None:
    """The longest text that a field of a model takes."""
    limit: int | None = getattr(model._meta.get_field(name), "max_length", None)
    return limit


def text(model: type[models.Model], name: str, *headers: str, **options: Any) -> Field:
    """A column of text, no longer than the field it fills."""
    return Field(name, headers, max_length=length(model, name), **options)


def code(name: str, *headers: str, **options: Any) -> Field:
    """A column of codes: of a document, a pact, an axis …"""
    return Field(name, headers, reading.identifier, **options)


def ranked(*scope: str) -> Callable[[Sequence[Row]], list[InputProblem]]:
    """Number the rows in the order of the file, within the same `scope` (a relation)."""

    def finish(rows: Sequence[Row]) -> list[InputProblem]:
        ranks: dict[tuple[Any, ...], int] = {}
        for row in rows:
            key = tuple(row.get(name) for name in scope)
            ranks[key] = ranks.get(key, 0) + 1
            row.values["position"] = ranks[key]
        return []

    return finish


def _dated(rows: Sequence[Row]) -> list[InputProblem]:
    """Give a milestone its first and last days."""
    for row in rows:
        period = Period.parse(row["period"])
        row.values |= {"starts_on": period.start, "ends_on": period.end}
    return []


def _started(rows: Sequence[Row]) -> list[InputProblem]:
    """Give a pact its first day, from a period written with the precision that is known."""
    problems = []
    for row in rows:
        starts = row.values.pop("starts")
        try:
            row.values["starts_on"] = Period.parse(starts).start if starts else None
        except PeriodInvalid as error:
            problems.append(row.problem("starts", error.message_fr))
    return problems


DOCUMENT = code("document", "document", "source")
TO_DOCUMENT = ("document", SourceDocument, NO_DOCUMENT)
TO_PACT = ("pact", Pact, "n'est pas un pacte chargé.")
TO_AXIS = ("axis", Axis, "n'est pas un axe chargé.")

PACTS = Kind(
    Pact,
    (
        code("code", needed=True, filled=True, max_length=length(Pact, "code")),
        text(Pact, "title", "intitulé", needed=True, filled=True),
        text(Pact, "short_title", "intitulé court", needed=True, filled=True),
        text(Pact, "axis_word", "mot pour un axe", empty="axe"),
        Field("starts", ("début",)),
        Field("period", ("période",), reading.period, needed=True, filled=True, max_length=20),
        Field("announced_measures", ("mesures annoncées",), reading.whole(), empty=None),
        DOCUMENT,
        text(Pact, "note", "note"),
    ),
    ("code",),
    (TO_DOCUMENT,),
    _started,
)
AXES = Kind(
    Axis,
    (
        code("pact", "pacte", needed=True, filled=True),
        Field("number", ("numéro",), reading.whole(minimum=1), needed=True, filled=True),
        code("code", needed=True, filled=True, max_length=length(Axis, "code")),
        text(Axis, "title", "intitulé", needed=True, filled=True),
        DOCUMENT,
    ),
    ("code",),
    (TO_PACT, TO_DOCUMENT),
)
MEASURES = Kind(
    Measure,
    (
        code("code", needed=True, filled=True, max_length=length(Measure, "code")),
        code("axis", "axe", needed=True, filled=True),
        Field("number", ("numéro imprimé",), reading.whole(minimum=1), empty=None),
        Field(
            "kind",
            ("nature",),
            reading.choice(
                {kind.value: kind.value for kind in MeasureKind}
                | {"nouvelle": "new", "contractualisée": "contracted", "complémentaire": "complementary"}
            ),
            needed=True,
            filled=True,
        ),
        text(Measure, "title", "intitulé", needed=True, filled=True),
        text(Measure, "note", "note"),
        DOCUMENT,
    ),
    ("code",),
    (TO_AXIS, TO_DOCUMENT),
    ranked("axis"),
)
BASE_MEASURES = Kind(
    BaseMeasure,
    (
        code("pact", "pacte", needed=True, filled=True),
        code("code", needed=True, filled=True, max_length=length(BaseMeasure, "code")),
        text(BaseMeasure, "title", "intitulé", needed=True, filled=True),
        text(BaseMeasure, "scope", "champ"),
        DOCUMENT,
    ),
    ("code",),
    (TO_PACT, TO_DOCUMENT),
    ranked("pact"),
)
MILESTONES = Kind(
    Milestone,
    (
        code("pact", "pacte", needed=True, filled=True),
        Field("period", ("date",), reading.period, needed=True, filled=True, max_length=20),
        text(Milestone, "title", "intitulé", needed=True, filled=True),
        text(Milestone, "scope", "échelle"),
        DOCUMENT,
        text(Milestone, "note", "note"),
    ),
    ("pact", "title"),
    (TO_PACT, TO_DOCUMENT),
    _dated,
)
PROJECTS = Kind(
    SupportedProject,
    (
        Field("year", ("année",), reading.whole(minimum=1990, maximum=2100), needed=True, filled=True),
        code("axis", "axe", needed=True, filled=True),
        Field("territory", ("territoire",), reading.territory, needed=True, filled=True),
        text(SupportedProject, "organisation", "structure", needed=True, filled=True),
        text(SupportedProject, "partners", "partenaires"),
        text(SupportedProject, "subject", "objet", needed=True, filled=True),
        code("document", "document", "source", needed=True, filled=True),
    ),
    ("document", "year", "axis", "organisation", "subject"),
    (TO_AXIS, ("territory", Territory, NO_TERRITORY), TO_DOCUMENT),
    ranked("axis", "year"),
)
