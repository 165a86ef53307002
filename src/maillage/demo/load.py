"""Loads a folder of tables into the instance: documents, pact, figures, governance, each through its app's services.

The folder of the demonstration is embedded; another region's folder of the same shape loads as well. Every table is
optional. A table that is loaded already is not read again, so that what people changed since stays; a table that
changed is loaded, and each row that changed leaves its line in the journal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from django.db import transaction

from maillage.core import audit
from maillage.core.models import User
from maillage.gateways.tabular import Table, read_table
from maillage.governance import services as governance
from maillage.indicators import services as figures
from maillage.pacts import services as pacts
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.sources.selectors import latest_edition, sha256_of
from maillage.territories.importers.embedded import read_embedded
from maillage.territories.services.embedded import load_territories

DATA = Path(__file__).parent / "data"
TERRITORY_TABLES = ("territories.csv", "epci.csv", "populations.csv")
PART = "dossier"  # tells the folder's own edition apart from those of its tables


@dataclass(frozen=True, slots=True)
class Step:
    """What one table of the folder changed."""

    file: str
    new: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Every table loaded, in order."""

    steps: tuple[Step, ...]

    @property
    def does_nothing(self) -> bool:
        return not any(step.new or step.changed for step in self.steps)

    @property
    def rows(self) -> int:
        return sum(step.new + step.changed + step.unchanged for step in self.steps)


@dataclass(frozen=True)
class Folder:
    """The tables of a folder, with whom loads them and when."""

    path: Path
    by: User | None
    at: datetime

    def has(self, name: str) -> bool:
        """Whether the table is there and is not the one loaded last."""
        return name in self.digests and self.digests[name] != self.loaded.get(name)

    @cached_property
    def digests(self) -> dict[str, str]:
        return {path.name: sha256_of(path) for path in sorted(self.path.glob("*.csv"))}

    @cached_property
    def loaded(self) -> dict[str, str]:
        edition = latest_edition(EditionKind.EMBEDDED, PART)
        return dict(edition.report.get("files", {})) if edition is not None else {}

    def table(self, name: str) -> Table:
        return read_table(self.path / name, name=name)

    def asked(self, name: str) -> ImportRequest:
        return ImportRequest(self.path / name, name, self.by, self.at, origin=name)


def load(*, by: User | None, at: datetime, directory: Path = DATA, dry_run: bool = False) -> LoadReport:
    """Load the whole folder or nothing; a dry run writes nothing. Raises InputRefused, naming file, row and column."""
    folder = Folder(directory, by, at)
    with transaction.atomic():
        steps = [
            *_territories(folder),
            *_figures(folder, "documents.csv", figures.import_documents),
            *_pact(folder),
            *_figures(folder, "indicators.csv", figures.import_indicators),
            *_observations(folder),
            *_figures(folder, "stated_figures.csv", figures.import_stated_figures),
            *_figures(folder, "printed_tables.csv", figures.import_stated_figures),
            *_figures(folder, "figure_measures.csv", figures.link_measures),
            *_governance(folder),
        ]
        if steps:
            _remember(folder)
        transaction.set_rollback(dry_run)
    return LoadReport(tuple(steps))


def _remember(folder: Folder) -> None:
    """Keep the checksums of the tables: they say, next time, what there is to load."""
    SourceEdition.objects.filter(kind=EditionKind.EMBEDDED, part=PART, is_current=True).update(is_current=False)
    edition = SourceEdition.objects.create(
        kind=EditionKind.EMBEDDED,
        part=PART,
        title="Jeu embarqué",
        origin=folder.path.name,
        rows=len(folder.digests),
        report={"files": folder.digests},
        loaded_at=folder.at,
        loaded_by=folder.by,
    )
    audit.record(action="source.import", obj=edition, by=folder.by, at=folder.at, summary="Jeu embarqué chargé")


def _territories(folder: Folder) -> list[Step]:
    if not any(folder.has(name) for name in TERRITORY_TABLES):
        return []
    territories, populations = read_embedded(folder.path)
    report = load_territories(territories=territories, populations=populations, by=folder.by, at=folder.at)
    return [_step(", ".join(TERRITORY_TABLES), report)]


def _step(file: str, report: ImportReport) -> Step:
    return Step(file, *(report.counts.get(change, 0) for change in ("added", "changed", "unchanged")))


def _figures(
    folder: Folder, name: str, service: Callable[..., ImportReport], about: figures.About | None = None
) -> list[Step]:
    if not folder.has(name):
        return []
    report = service(folder.asked(name), about or figures.About())
    return [_step(name, report)]


def _observations(folder: Folder) -> list[Step]:
    """`editions.csv` lists the files of observations with what their source is."""
    if "editions.csv" not in folder.digests:
        return []
    steps = []
    for _, row in folder.table("editions.csv").records():
        about = figures.About(**{key: value or "" for key, value in row.items() if key != "file"})
        steps += _figures(folder, row["file"] or "", figures.import_observations, about)
    return steps


def _pact(folder: Folder) -> list[Step]:
    tables = {
        "pacts.csv": pacts.PACTS,
        "axes.csv": pacts.AXES,
        "measures.csv": pacts.MEASURES,
        "base_measures.csv": pacts.BASE_MEASURES,
        "milestones.csv": pacts.MILESTONES,
        "projects.csv": pacts.PROJECTS,
    }
    return _tables(folder, tables)


def _governance(folder: Folder) -> list[Step]:
    tables = {
        "bodies.csv": governance.BODIES,
        "kiosks.csv": governance.KIOSKS,
        "workshops.csv": governance.WORKSHOPS,
    }
    return _tables(folder, tables)


def _tables(folder: Folder, tables: dict[str, Any]) -> list[Step]:
    steps = []
    for name, kind in tables.items():
        if folder.has(name):
            loaded = pacts.load(kind=kind, table=folder.table(name), by=folder.by, at=folder.at)
            steps.append(Step(name, loaded.new, loaded.changed, loaded.unchanged))
    return steps
