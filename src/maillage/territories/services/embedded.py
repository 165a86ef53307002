"""Loading the embedded data set of territories: what an instance knows before any official file is loaded.

An official file always wins: what a loaded edition established is left as it is, and only what is missing is filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.kernel.errors import MaillageError
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.perms import can_import
from maillage.sources.registry import Difference, ImportReport
from maillage.sources.services import REFUSED
from maillage.territories.importers.common import sort_name
from maillage.territories.importers.embedded import Origin, PopulationRow, TerritoryRow
from maillage.territories.models import EpciPart, Population, Territory
from maillage.territories.services.common import level_of

TITLE = "Territoires du jeu embarqué"


@transaction.atomic
def load_territories(
    *, territories: Sequence[TerritoryRow], populations: Sequence[PopulationRow], by: User | None, at: datetime
) -> ImportReport:
    """Load facts about territories, parents before children. Loading them again changes nothing."""
    if by is not None:
        require(can_import(by, at.date()), REFUSED)
    load = _Embedded(by, at)
    for row in territories:
        load.territory(row)
    for population in populations:
        load.population(population)
    load.report.rows = len(territories) + len(populations)
    load.close()
    return load.report


class _Embedded:
    def __init__(self, by: User | None, at: datetime) -> None:
        self.by, self.at = by, at
        self.report = ImportReport(EditionKind.EMBEDDED, TITLE)
        self.known = {one.code: one for one in Territory.objects.select_related("edition").order_by("pk")}
        self.parts = {(p.epci_id, p.area_id, p.vintage): p for p in EpciPart.objects.order_by("pk")}
        self.populations = {
            (p.territory_id, p.year): p for p in Population.objects.select_related("edition").order_by("pk")
        }
        self.editions: dict[Origin, SourceEdition] = {}
        self.rows: dict[Origin, int] = {}

    def territory(self, row: TerritoryRow) -> None:
        edition = self._edition(row.origin)
        parent = self._of(row.parent, row.code) if row.parent else None
        known = self.known.get(row.code)
        if known is None:
            known = self._create(row, parent, edition)
        else:
            self._complete(known, row, parent)
        if row.area and row.communes_in_area is not None and row.communes_total is not None and row.vintage is not None:
            self._part(known, row, edition)

    def _create(self, row: TerritoryRow, parent: Territory | None, edition: SourceEdition) -> Territory:
        created = Territory.objects.create(
            code=row.code,
            level=level_of(row.code),
            insee=row.code.partition("-")[2],
            name=row.name,
            sort_name=sort_name(row.name),
            nature=row.nature,
            parent=parent,
            latitude=row.latitude,
            longitude=row.longitude,
            edition=edition,
        )
        self.known[row.code] = created
        self.report.tell(Difference("added", row.code, row.name))
        return created

    def _complete(self, known: Territory, row: TerritoryRow, parent: Territory | None) -> None:
        """Correct what the embedded data set itself wrote; elsewhere, fill only what is missing."""
        ours = known.edition is None or known.edition.kind == EditionKind.EMBEDDED
        wanted: dict[str, Any] = {"latitude": row.latitude, "longitude": row.longitude, "nature": row.nature}
        if ours:
            wanted |= {"name": row.name, "sort_name": sort_name(row.name), "parent": parent}
        changed = [
            name
            for name, value in wanted.items()
            if value not in (None, "")
            and getattr(known, name) != value
            and (ours or getattr(known, name) in (None, ""))
        ]
        if not changed:
            self.report.count("unchanged")
            return
        for name in changed:
            setattr(known, name, wanted[name])
        known.save(update_fields=changed)
        self.report.tell(Difference("changed", row.code, row.name, "", ", ".join(changed)))

    def _part(self, epci: Territory, row: TerritoryRow, edition: SourceEdition) -> None:
        area = self._of(row.area, row.code)
        vintage = row.vintage or self.at.year
        if (epci.pk, area.pk, vintage) not in self.parts:
            self.parts[epci.pk, area.pk, vintage] = EpciPart.objects.create(
                epci=epci,
                area=area,
                vintage=vintage,
                communes=row.communes_in_area or 0,
                communes_total=row.communes_total or 0,
                edition=edition,
            )

    def population(self, row: PopulationRow) -> None:
        territory = self._of(row.code, row.code)
        edition = self._edition(row.origin)
        if (territory.pk, row.year) in self.populations:
            self.report.count("unchanged")
            return
        self.populations[territory.pk, row.year] = Population.objects.create(
            territory=territory,
            year=row.year,
            municipal=row.municipal,
            total=row.total,
            geography=row.geography,
            edition=edition,
        )
        self.report.tell(Difference("added", row.code, territory.name, "", f"{row.municipal} habitants ({row.year})"))

    def _of(self, code: str, asked_by: str) -> Territory:
        if code not in self.known:
            raise MaillageError(f"Le territoire {code}, dont dépend {asked_by}, n'est pas chargé.")
        return self.known[code]

    def _edition(self, origin: Origin) -> SourceEdition:
        """One edition per source, made once."""
        self.rows[origin] = self.rows.get(origin, 0) + 1
        if origin not in self.editions:
            self.editions[origin], _ = SourceEdition.objects.get_or_create(
                kind=EditionKind.EMBEDDED,
                title=origin.title,
                vintage=origin.vintage,
                defaults={
                    "publisher": origin.publisher,
                    "licence": origin.licence,
                    "origin": TITLE,
                    "loaded_at": self.at,
                    "loaded_by": self.by,
                },
            )
        return self.editions[origin]

    def close(self) -> None:
        """Leave the report with each edition, and a line in the journal, if anything changed."""
        if self.report.changes_nothing:
            return
        for origin, edition in self.editions.items():
            edition.rows, edition.report = self.rows[origin], self.report.as_json()
            edition.save(update_fields=["rows", "report"])
            audit.record(
                action="source.import",
                obj=edition,
                by=self.by,
                at=self.at,
                summary=f"Jeu embarqué chargé : {edition.title}",
                changes={"counts": [None, self.report.counts]},
            )
