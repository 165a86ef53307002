"""Loading a grid that classes communes. One class per commune and grid; a newer vintage replaces the older one.

The file speaks of the communes of its own geography: the 1 January whose communes its codes are, by the movements. A
changed code is followed. A commune made since of several has a class when all of them are in the file under the same
one; otherwise, as for a commune shared since, it has none and the report says so: a class is not split nor averaged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maillage.engines.passage import History
from maillage.kernel.errors import MaillageError
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest
from maillage.sources.selectors import newest_vintage
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.importers import zoning as parser
from maillage.territories.importers.common import vintage_year
from maillage.territories.models import Territory, Zoning
from maillage.territories.services.common import (
    OPEN_LICENCE,
    CommuneState,
    already_loaded,
    fresh,
    is_already_loaded,
    new_report,
    refuse_older,
)

INSERTED = ("territory_id", "scheme", "value", "label", "vintage", "edition_id")
UPDATED = ("value", "label", "vintage", "edition_id", "id")
GEOGRAPHIES = 25  # how many years back the geography of a file is looked for

MIXED = "Communes réunies depuis, de classes différentes : aucune n'est choisie."
PARTIAL = "Communes réunies depuis, dont une partie manque au fichier : leur classe n'est pas sûre."


def load_zoning(request: ImportRequest) -> ImportReport:
    """Load the rural zoning. Raises InputRefused with every problem."""
    return load_classes(request, parser.RURAL, EditionKind.ZONING, publisher="ANCT")


def load_classes(request: ImportRequest, scheme: parser.Scheme, kind: str, *, publisher: str) -> ImportReport:
    """Load the classes of one grid."""
    request.progress(5, "Lecture du fichier")
    parsed = parser.parse_classes(request.path, request.name, scheme)
    geography = geography_of((row.code for row in parsed.rows), selectors.history(), _present())
    year = vintage_year(request.vintage) or parsed.year or geography
    refuse_older(request, kind, "", year, f"{scheme.scheme.label} :")
    report = new_report(request, kind, f"{scheme.scheme.label} {year}", str(year), parsed.read)
    report.notes = [f"Communes lues dans leur géographie au 1er janvier {geography}, d'après leurs codes."]
    if is_already_loaded(report, "", parsed.scope):
        return already_loaded(report)
    load = _ClassesLoad(request, parsed, scheme, str(year), geography, publisher, report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


def _present() -> int:
    """The year of the geography in place."""
    newest = newest_vintage(EditionKind.COG, "communes")
    if not newest:
        raise MaillageError(
            "Aucune commune n'est chargée. Chargez d'abord le code officiel géographique : "
            "regions.csv, departements.csv puis communes.csv (maillage import cog FICHIER)."
        )
    return int(newest)


def geography_of(codes: Iterable[str], history: History, present: int) -> int:
    """The latest year up to `present` on whose 1 January the most of these codes were those of a commune."""
    changed = [code for code in codes if history.is_known(code)]

    def lacking(year: int) -> tuple[int, int]:
        day = date(year, 1, 1)
        return sum(not history.exists(code, day) for code in changed), -year

    return min(range(present - GEOGRAPHIES, present + 1), key=lacking)


@dataclass
class _ClassesLoad:
    request: ImportRequest
    parsed: parser.Classes
    scheme: parser.Scheme
    vintage: str
    geography: int
    publisher: str
    base: ImportReport
    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(
            self.request, report, scope=self.parsed.scope, publisher=self.publisher, licence=OPEN_LICENCE
        )

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        report = fresh(self.base)
        state = CommuneState.read(date(self.geography, 1, 1))
        classes, unsure = self._by_commune(state)
        if not classes:
            raise MaillageError("Aucune commune du fichier n'est connue : vérifiez le fichier et le code géographique.")
        self._compare(classes, unsure, report)
        report.left_out = state.left_out()
        return report

    def _by_commune(self, state: CommuneState) -> tuple[dict[int, str], set[int]]:
        """Key of an open commune → its class; and the keys of those of which the file speaks without a sure class."""
        found: dict[str, list[parser.ClassRow]] = defaultdict(list)
        for row in self.parsed.rows:
            target, _ = state.place(row.code)
            if target:
                found[target].append(row)
        classes: dict[int, str] = {}
        unsure: set[int] = set()
        for code, rows in found.items():
            reason = self._unsure(code, rows, state)
            if reason:
                state.reasons[reason].append(code)
                unsure.add(state.pks[code])
            else:
                classes[state.pks[code]] = rows[0].value
        return classes, unsure

    def _unsure(self, code: str, rows: list[parser.ClassRow], state: CommuneState) -> str:
        """Why a commune has no sure class; '' when it has one."""
        if len({row.value for row in rows}) > 1:
            return MIXED
        if state.cog is None or not state.history.is_known(code):
            return ""
        makes = state.history.passage(code, state.cog, state.geography)
        return PARTIAL if makes.is_sure and set(makes.codes) - {row.code for row in rows} else ""

    def _compare(self, classes: dict[int, str], unsure: set[int], report: ImportReport) -> None:
        communes = Territory.objects.filter(level=Level.COMMUNE).order_by("pk").values_list("pk", "code", "name")
        names = {pk: (code, name) for pk, code, name in communes}
        present = Zoning.objects.filter(scheme=self.scheme.scheme).order_by("pk")
        columns = ("territory_id", "pk", "value", "label", "vintage", "edition_id")
        known = {territory: tuple(rest) for territory, *rest in present.values_list(*columns)}
        self.new, self.changed, self.gone = [], [], []
        for pk, value in classes.items():
            wanted = (value, self.scheme.classes[value], self.vintage)
            if pk not in known:
                self.new.append((pk, self.scheme.scheme.value, *wanted))
                report.tell(Difference("added", *names[pk], "", wanted[1]))
            elif known[pk][1:4] == wanted:
                report.count("unchanged")
            else:
                self.changed.append((*wanted, known[pk][0]))
                report.tell(
                    Difference("changed", *names[pk], f"{known[pk][2]}, {known[pk][3]}", f"{wanted[1]}, {wanted[2]}")
                )
        undone = {pk for pk, row in known.items() if row[4] in self.request.undoes}
        for pk in sorted((undone | unsure) & known.keys() - classes.keys()):
            self.gone.append(known[pk][0])
            report.tell(Difference("removed", *names[pk], known[pk][2], ""))

    def write(self, edition: SourceEdition) -> None:
        new = [(*row, edition.pk) for row in self.new]
        changed = [(*row[:-1], edition.pk, row[-1]) for row in self.changed]
        bulk.delete(Zoning, self.gone)
        bulk.insert(Zoning, INSERTED, bulk.prepared(Zoning, INSERTED, new))
        bulk.update(Zoning, UPDATED, bulk.prepared(Zoning, UPDATED, changed))
