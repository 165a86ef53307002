"""What every import of figures shares: read and checked outside any transaction, then written in a short one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from maillage.core import upsert
from maillage.core.perms import require
from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row, Texts
from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.sources import bulk, perms
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest, LeftOut
from maillage.sources.selectors import sha256_of
from maillage.sources.services import REFUSED, stage_and_swap, unsaved_edition

NO_DOCUMENT = "n'est pas un document chargé. Chargez d'abord la liste des documents."
NO_TERRITORY = "n'est pas un territoire chargé. Chargez-le d'abord (« maillage import »), puis recommencez."
NO_INDICATOR = "n'est pas un indicateur chargé. Chargez d'abord sa définition."
NO_AXIS = "n'est pas un axe chargé."
NO_MEASURE = "n'est pas une mesure chargée."
TERRITORY = Field(
    "territory", ("territory_code", "territoire", "code territoire"), reading.territory, needed=True, filled=True
)
PART_LENGTH = 40  # of SourceEdition.part


@dataclass(frozen=True, slots=True)
class About:
    """What the file's source is, where the file does not say it. An empty title is made from the file's name."""

    title: str = ""
    publisher: str = ""
    vintage: str = ""
    licence: str = ""


NOT_SAID = About()


@dataclass
class Staged:
    """Rows resolved against the database, and what applying them would do."""

    plan: upsert.Plan[Any]
    rows: int
    scope: Iterable[str]
    left_out: list[LeftOut] = field(default_factory=list)
    territory_code: Callable[[Any], str] = lambda obj: ""
    new_rows: list[bulk.Row] = field(default_factory=list)
    changed_rows: list[bulk.Row] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """All but the key, made by the database, and the edition, known once it is saved."""
        return [one.attname for one in self.plan.model._meta.concrete_fields if one.attname not in ("id", "edition_id")]

    def prepare(self) -> None:
        """Make the rows ready outside the transaction, so that its lock is short."""
        model, columns = self.plan.model, self.columns
        new = ([getattr(obj, name) for name in columns] for obj in self.plan.new)
        self.new_rows = bulk.prepared(model, columns, new)
        changed = ([*_after(change, columns), change.obj.pk] for change in self.plan.changed)
        self.changed_rows = bulk.prepared(model, [*columns, "id"], changed)

    def write(self, edition: SourceEdition | None) -> None:
        """Insert and update the prepared rows, each with its edition where its table keeps one."""
        model, names = self.plan.model, list(self.columns)
        own: tuple[Any, ...] = ()
        if edition is not None:
            names, own = [*names, "edition_id"], (edition.pk,)
        bulk.insert(model, names, [(*row, *own) for row in self.new_rows])
        bulk.update(model, [*names, "id"], [(*row[:-1], *own, row[-1]) for row in self.changed_rows])


@dataclass(frozen=True)
class Loader:
    """One kind of file. `stage` takes the table and returns what it would do, or raises InputRefused.

    `has_edition`: the rows themselves keep the edition that brought them.
    """

    kind: str
    title: str
    stage: Callable[[Texts], Staged]
    has_edition: bool = True


class _NothingToDo(Exception):
    def __init__(self, report: ImportReport) -> None:
        self.report = report
        super().__init__()


def run(loader: Loader, asked: ImportRequest, about: About) -> ImportReport:
    """Load the file whole or not at all. A file that changes nothing leaves no trace."""
    require(asked.by is None or perms.can_import(asked.by, asked.at.date()), REFUSED)
    table = read_table(asked.path, name=asked.name)
    digest = sha256_of(asked.path)
    title = about.title or f"{loader.title} ({asked.name})"
    staged: list[Staged] = []

    def stage() -> ImportReport:
        staged[:] = [_stage(loader, table, asked.name)]
        report = _report(loader.kind, title[:300], about.vintage or asked.vintage, digest, staged[0])
        if report.changes_nothing and not asked.dry_run:
            raise _NothingToDo(report)
        staged[0].prepare()
        return report

    def write(edition: SourceEdition) -> None:
        extra = {"edition": edition} if loader.has_edition else {}
        one = staged[0]
        one.plan.apply(
            by=asked.by,
            at=asked.at,
            action="figures.import",
            territory_code=one.territory_code,
            extra=extra,
            write=lambda: one.write(edition if loader.has_edition else None),
        )

    def edition(report: ImportReport) -> SourceEdition:
        return unsaved_edition(
            asked,
            report,
            part=title[:PART_LENGTH],
            scope=list(staged[0].scope),
            publisher=about.publisher,
            licence=about.licence,
        )

    try:
        return stage_and_swap(asked, stage=stage, write=write, edition=edition)
    except _NothingToDo as nothing:
        return nothing.report


def refuse(problems: Sequence[InputProblem]) -> None:
    """Refuse the whole file when there is a problem, the first rows first."""
    if problems:
        raise InputRefused(sorted(problems, key=lambda problem: problem.row or 0))


def is_negative_count(unit: str, value: Any) -> bool:
    """Whether a number of things is below zero, which cannot be. Amounts and rates may be negative."""
    return value is not None and value < 0 and unit.strip() not in SIGNED_UNITS


SIGNED_UNITS = {"EUR", "MEUR", "%", "percent", "points"}


def _stage(loader: Loader, table: Texts, name: str) -> Staged:
    try:
        return loader.stage(table)
    except InputRefused as error:
        raise InputRefused(error.problems, f"Le fichier « {name} » est refusé : rien n'est enregistré.") from error


def _report(kind: str, title: str, vintage: str, digest: str, staged: Staged) -> ImportReport:
    report = ImportReport(kind=kind, title=title, vintage=vintage, sha256=digest, rows=staged.rows)
    report.left_out = staged.left_out
    report.count("unchanged", len(staged.plan.same))
    for obj in staged.plan.new:
        report.tell(Difference("added", _code(obj), _label(obj)))
    for change in staged.plan.changed:
        before = ", ".join(f"{_verbose(change.obj, name)} {_shown(old)}" for name, (old, _) in change.fields.items())
        after = ", ".join(f"{_verbose(change.obj, name)} {_shown(new)}" for name, (_, new) in change.fields.items())
        report.tell(Difference("changed", _code(change.obj), _label(change.obj), before, after))
    return report


def _after(change: upsert.Change[Any], columns: Sequence[str]) -> list[Any]:
    """Every column of an object as the file leaves it."""
    after = change.after
    return [after[name] if name in after else getattr(change.obj, name) for name in columns]


def _code(obj: models.Model) -> str:
    return str(getattr(obj, "code", ""))


def _label(obj: models.Model) -> str:
    return str(getattr(obj, "label", "") or obj)


def _verbose(obj: models.Model, attname: str) -> str:
    found = next(one for one in obj._meta.concrete_fields if one.attname == attname)
    return str(found.verbose_name)


def _shown(value: object) -> str:
    return "vide" if value in (None, "") else str(value)


def codes_by_key(rows: Iterable[Row]) -> dict[int, str]:
    """Territory codes by primary key, of rows whose territory is resolved."""
    return {row["territory"].pk: row["territory"].code for row in rows if row["territory"] is not None}
