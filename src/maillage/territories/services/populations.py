"""Loading the legal populations of communes, and the sums that they make for départements, regions and the country.

The file speaks of the communes of its own geography: mergers since are summed, a changed code is followed, a commune
shared since is left out and told. The sum of a département is written only when each of its communes is in the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maillage.engines.passage import Outcome
from maillage.gateways.tabular import read_table
from maillage.kernel.errors import MaillageError
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories.enums import Level
from maillage.territories.importers import populations as parser
from maillage.territories.models import Population, Territory
from maillage.territories.services.common import (
    OPEN_LICENCE,
    CommuneState,
    already_loaded,
    chosen_year,
    fresh,
    is_already_loaded,
    new_report,
)

# A legal population is that of the middle of five census years: in force on 1 January, three years after its year of
# reference (décret n° 2003-485), on the communes of the year before.
IN_FORCE_AFTER = 3
GEOGRAPHY_AFTER = 2

INSERTED = ("territory_id", "year", "municipal", "total", "geography", "edition_id")
UPDATED = ("municipal", "total", "geography", "edition_id", "id")

Amounts = tuple[int, int | None]


def load_populations(request: ImportRequest) -> ImportReport:
    """Load the legal populations of a reference year. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    parsed = parser.parse_populations(read_table(request.path, name=request.name), request.name)
    notes: list[str] = []
    assumed = request.at.year - IN_FORCE_AFTER
    year = chosen_year(request, parsed.year, assumed, notes, "son année de référence")
    title = f"Populations légales {year}"
    report = new_report(request, EditionKind.POPULATIONS, title, str(year), parsed.read)
    notes.append(f"Communes lues dans leur géographie au 1er janvier {year + GEOGRAPHY_AFTER}.")
    report.notes = notes
    scope = sorted({f"DEP-{_departement(line.code)}" for line in parsed.lines})
    if is_already_loaded(report, str(year), scope):
        return already_loaded(report)
    load = _PopulationsLoad(request, parsed, year, scope, report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


def _departement(commune: str) -> str:
    return commune[:3] if commune[:2] in {"97", "98"} else commune[:2]


@dataclass
class _PopulationsLoad:
    request: ImportRequest
    parsed: parser.Populations
    year: int
    scope: list[str]
    base: ImportReport
    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    @property
    def geography(self) -> str:
        return str(self.year + GEOGRAPHY_AFTER)

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(
            self.request, report, part=str(self.year), scope=self.scope, publisher="INSEE", licence=OPEN_LICENCE
        )

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        report = fresh(self.base)
        state = CommuneState.read(date(int(self.geography), 1, 1))
        communes, shared = self._by_commune(state)
        if not communes:
            raise MaillageError("Aucune commune du fichier n'est connue : vérifiez le fichier et le code géographique.")
        amounts = {state.pks[code]: amount for code, amount in communes.items()}
        amounts |= self._areas(state, set(communes) | shared, report)
        self._compare(amounts, report)
        report.left_out = [*self.parsed.left_out, *state.left_out()]
        return report

    def _by_commune(self, state: CommuneState) -> tuple[dict[str, Amounts], set[str]]:
        """Open commune → its population; and the communes made of a part of one of the file, which have none here."""
        found: dict[str, list[parser.PopulationLine]] = defaultdict(list)
        shared: set[str] = set()
        for line in self.parsed.lines:
            target, outcome = state.place(line.code)
            if target:
                found[target].append(line)
            elif outcome is Outcome.SPLIT and state.cog is not None:
                shared |= set(state.history.passage(line.code, state.geography, state.cog).codes)
        whole = {code: _summed(lines) for code, lines in found.items() if self._is_whole(code, lines, state)}
        return {code: amount for code, amount in whole.items() if code not in shared}, shared

    def _is_whole(self, code: str, lines: list[parser.PopulationLine], state: CommuneState) -> bool:
        """Whether every commune that made this one is in the file."""
        if state.cog is None or not state.history.is_known(code):
            return True
        makes = state.history.passage(code, state.cog, state.geography)
        missing = set(makes.codes) - {line.code for line in lines}
        if missing and makes.is_sure:
            state.reasons["Communes dont une partie manque au fichier : leur somme serait fausse."].append(code)
        return makes.is_sure and not missing

    def _areas(self, state: CommuneState, covered: set[str], report: ImportReport) -> dict[int, Amounts]:
        """Sums by département, region and country, where no commune is missing."""
        by_departement: dict[str, list[parser.PopulationLine]] = defaultdict(list)
        for line in self.parsed.lines:
            by_departement[f"DEP-{_departement(line.code)}"].append(line)
        lacking = {departement for code, departement in state.departement_of.items() if code not in covered}
        areas = Territory.objects.exclude(level__in=[Level.EPCI, Level.COMMUNE])
        parents = dict(areas.order_by("pk").values_list("code", "parent__code"))
        pks = dict(areas.order_by("pk").values_list("code", "pk"))
        departements = {c for c in parents if c.startswith("DEP-")}
        whole = {code for code in by_departement if code in departements and code not in lacking}
        amounts = {pks[code]: _summed(by_departement[code]) for code in whole}
        regions = {parents[code] for code in departements if parents[code]}
        incomplete = {parents[code] for code in departements - whole}
        for region in regions - incomplete:
            inside = [line for code in whole if parents[code] == region for line in by_departement[code]]
            amounts[pks[region]] = _summed(inside)
        self._note_areas(report, (departements - whole) & set(self.scope))
        if not departements - whole and "FRANCE" in pks and len(regions) > 1 and state.departement_of:
            amounts[pks["FRANCE"]] = _summed(self.parsed.lines)
        return amounts

    def _note_areas(self, report: ImportReport, incomplete: set[str]) -> None:
        """Say which of the départements of the file have no sum."""
        if incomplete:
            named = ", ".join(sorted(incomplete)[:5]) + (" …" if len(incomplete) > 5 else "")
            report.notes.append(f"Sans somme, faute de toutes leurs communes dans le fichier : {named}.")

    def _compare(self, amounts: dict[int, Amounts], report: ImportReport) -> None:
        names = {
            pk: (code, name) for pk, code, name in Territory.objects.order_by("pk").values_list("pk", "code", "name")
        }
        present = Population.objects.filter(year=self.year).order_by("pk")
        known = {
            territory: (pk, municipal, total)
            for territory, pk, municipal, total in present.values_list("territory_id", "pk", "municipal", "total")
        }
        self.new, self.changed = [], []
        for territory, (municipal, total) in amounts.items():
            code, name = names[territory]
            if territory not in known:
                self.new.append((territory, self.year, municipal, total, self.geography))
                report.tell(Difference("added", code, name, "", str(municipal)))
                continue
            pk, was_municipal, was_total = known[territory]
            if (was_municipal, was_total) == (municipal, total):
                report.count("unchanged")
                continue
            self.changed.append((municipal, total, self.geography, pk))
            report.tell(Difference("changed", code, name, _shown(was_municipal, was_total), _shown(municipal, total)))
        undone = dict(present.filter(edition_id__in=self.request.undoes).values_list("territory_id", "pk"))
        self.gone = [pk for territory, pk in undone.items() if territory not in amounts]
        for territory in undone.keys() - amounts.keys():
            report.tell(Difference("removed", *names[territory], _shown(*known[territory][1:]), ""))

    def write(self, edition: SourceEdition) -> None:
        new = [(*row, edition.pk) for row in self.new]
        changed = [(*row[:-1], edition.pk, row[-1]) for row in self.changed]
        bulk.delete(Population, self.gone)
        bulk.insert(Population, INSERTED, bulk.prepared(Population, INSERTED, new))
        bulk.update(Population, UPDATED, bulk.prepared(Population, UPDATED, changed))


def _summed(lines: Iterable[parser.PopulationLine]) -> Amounts:
    """Municipal and total population; the total is unknown as soon as one is."""
    municipal, total = 0, 0
    unknown = False
    for line in lines:
        municipal += line.municipal
        unknown = unknown or line.total is None
        total += line.total or 0
    return municipal, None if unknown else total


def _shown(municipal: int, total: int | None) -> str:
    return f"{municipal} municipale, {'inconnue' if total is None else total} totale"
