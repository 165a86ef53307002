"""Loading the movements of communes: the events, then the dates that they give to the communes already known.

Within the départements and the years of the file, an event that the file no longer has is withdrawn: the producer
corrects the past now and then. Elsewhere nothing is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maillage.engines.passage import History
from maillage.gateways.tabular import read_table
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.importers import movements as parser
from maillage.territories.models import CodeMovement, Territory
from maillage.territories.services.common import OPEN_LICENCE, already_loaded, fresh, is_already_loaded, new_report

FIELDS = (
    "kind", "effective_on", "code_before", "type_before", "name_before",
    "code_after", "type_after", "name_after", "edition_id",
)  # fmt: skip
LIVES = ("valid_from", "valid_to", "id")


def load_movements(request: ImportRequest) -> ImportReport:
    """Load the list of movements. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    parsed = parser.parse_movements(read_table(request.path, name=request.name), request.name)
    title = f"Mouvements de communes, jusqu'au {parsed.last:%d/%m/%Y}"
    report = new_report(request, EditionKind.MOVEMENTS, title, str(parsed.last.year), parsed.read)
    if is_already_loaded(report, "", parsed.scope):
        return already_loaded(report)
    load = _MovementsLoad(request, parsed, report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


@dataclass
class _MovementsLoad:
    request: ImportRequest
    parsed: parser.Movements
    base: ImportReport
    new: list[tuple[Any, ...]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    freed: set[str] = field(default_factory=set)  # codes of the withdrawn events
    lives: list[tuple[Any, ...]] = field(default_factory=list)

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(
            self.request, report, scope=sorted(self.parsed.scope), publisher="INSEE", licence=OPEN_LICENCE
        )

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        report = fresh(self.base)
        if self.parsed.twice:
            report.notes.append(f"{self.parsed.twice} lignes identiques à une autre sont comptées une fois.")
        rows = CodeMovement.objects.order_by("pk").values_list("pk", "edition_id", *FIELDS[:-1])
        known = {tuple(values): (pk, edition) for pk, edition, *values in rows}
        new = [key for key in self.parsed.keys if key not in known]
        self.gone = self._withdrawn(known, report)
        for key in new:
            report.tell(_told("added", key))
        report.count("unchanged", len(self.parsed.keys) - len(new))
        self.new = list(new)
        self._date_lives()
        return report

    def _withdrawn(self, known: dict[tuple[Any, ...], tuple[int, int | None]], report: ImportReport) -> list[int]:
        scope, first, last = self.parsed.scope, self.parsed.first, self.parsed.last
        gone = []
        self.freed = set()
        for key, (pk, edition) in known.items():
            inside = first <= key[1] <= last and f"DEP-{parser.departement_of(key[2] or key[5])}" in scope
            if (inside or edition in self.request.undoes) and key not in self.parsed.keys:
                gone.append(pk)
                self.freed |= {key[2], key[5]}
                report.tell(_told("removed", key))
        return gone

    def _date_lives(self) -> None:
        """Since when, or until when, the communes already known bear their code."""
        kept = [m for pk, m in selectors.movements() if pk not in set(self.gone)]
        history = History([*kept, *(selectors.movement_of(key) for key in self.new)])
        self.lives = []
        columns = ("pk", "insee", "valid_from", "valid_to")
        for pk, insee, since, until in (
            Territory.objects.filter(level=Level.COMMUNE).order_by("pk").values_list(*columns)
        ):
            if history.is_known(insee) or insee in self.freed:
                dated = _dated(history, insee, since, until) if history.is_known(insee) else (None, until)
                if dated != (since, until):
                    self.lives.append((*dated, pk))

    def write(self, edition: SourceEdition) -> None:
        bulk.delete(CodeMovement, self.gone)
        bulk.insert(CodeMovement, FIELDS, bulk.prepared(CodeMovement, FIELDS, [(*row, edition.pk) for row in self.new]))
        bulk.update(Territory, LIVES, bulk.prepared(Territory, LIVES, self.lives))


def _dated(history: History, insee: str, since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """The dates of the last life of a code. Only the COG opens and closes: a movement gives the day, not the fact."""
    last_since, last_until = history.lives(insee)[-1]
    if until is None:
        return (last_since if last_until is None else since), None
    return (since, last_until) if last_until is not None else (since, until)


def _told(change: str, key: tuple[Any, ...]) -> Difference:
    kind, on, before, _, name_before, after, _, name_after = key
    return Difference(change, f"MOD {kind}", f"{on:%d/%m/%Y}", f"{before} {name_before}", f"{after} {name_after}")
