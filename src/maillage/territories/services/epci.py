"""Loading the composition of EPCI: the EPCI, their members, and their parts in each région and département.

An EPCI absent from the file is closed only when every commune that it had is in another EPCI of the file: a file may be
partial. The members of earlier vintages stay, so that the composition of a past year can be read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputProblem
from maillage.kernel.numbers import format_number
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories.enums import Level
from maillage.territories.importers import epci as parser
from maillage.territories.importers.common import refused, sort_name
from maillage.territories.models import EpciMember, EpciPart, Population, Territory
from maillage.territories.services.common import (
    OPEN_LICENCE,
    CommuneState,
    already_loaded,
    chosen_year,
    fresh,
    is_already_loaded,
    new_report,
    refuse_older,
    unused,
)
from maillage.territories.services.populations import IN_FORCE_AFTER

INSERTED = ("code", "level", "insee", "name", "sort_name", "nature", "parent_id", "edition_id")
UPDATED = ("name", "sort_name", "nature", "parent_id", "valid_to", "edition_id", "id")
MEMBER = ("epci_id", "commune_id", "vintage", "edition_id")
MEMBER_MOVED = ("epci_id", "edition_id", "id")
PART = ("epci_id", "area_id", "vintage", "communes", "communes_total", "edition_id")
PART_CHANGED = ("communes", "communes_total", "edition_id", "id")
POPULATION = ("territory_id", "year", "municipal", "total", "geography", "edition_id")
POPULATION_CHANGED = ("municipal", "total", "geography", "edition_id", "id")


def load_epci(request: ImportRequest) -> ImportReport:
    """Load the composition of EPCI of one year. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    parsed = parser.parse_epci(read_table(request.path, name=request.name), request.name)
    notes = list(parsed.notes)
    year = chosen_year(request, parsed.year, request.at.year, notes, "son année")
    refuse_older(request, EditionKind.EPCI, "", year, "Une composition d'EPCI")
    report = new_report(
        request, EditionKind.EPCI, f"Composition des EPCI au 1er janvier {year}", str(year), parsed.read
    )
    report.notes = notes
    if is_already_loaded(report, "", parsed.scope):
        return already_loaded(report)
    load = _EpciLoad(request, parsed, year, report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


@dataclass
class _EpciLoad:
    request: ImportRequest
    parsed: parser.Composition
    year: int
    base: ImportReport
    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    members: dict[int, str] = field(default_factory=dict)  # commune key → SIREN
    new_populations: list[tuple[Any, ...]] = field(default_factory=list)
    populations: list[tuple[Any, ...]] = field(default_factory=list)
    parts: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)  # (SIREN, area key) → (in it, in all)
    undone: list[int] = field(default_factory=list)  # EPCI that only an undone edition gave
    present: dict[int, tuple[int, str]] = field(default_factory=dict)  # commune key → (link key, SIREN)

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(
            self.request, report, scope=sorted(self.parsed.scope), publisher="DGCL", licence=OPEN_LICENCE
        )

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        report = fresh(self.base)
        state = CommuneState.read(date(self.year, 1, 1))
        seats = self._seats()
        known = {
            code: (pk, *values)
            for code, pk, *values in Territory.objects.filter(level=Level.EPCI)
            .order_by("pk")
            .values_list("code", "pk", "name", "nature", "parent_id", "valid_to")
        }
        self.new, self.changed = [], []
        for epci in self.parsed.epcis:
            self._compare(epci, known.get(epci.code), seats[epci.seat], report)
        self._place_members(state)
        self._withdraw(report)
        self._close_absorbed(known, report)
        self._count_parts(report)
        self._tell_members(report)
        self._compare_populations(report)
        report.left_out = state.left_out()
        return report

    def _seats(self) -> dict[str, int]:
        found = Territory.objects.filter(level=Level.DEPARTEMENT).order_by("pk")
        seats = dict(found.values_list("insee", "pk"))
        unknown = [epci for epci in self.parsed.epcis if epci.seat not in seats]
        if unknown:
            message = "Département inconnu ({}) : chargez d'abord departements.csv."
            problems = [InputProblem(epci.row, "dept", message.format(epci.seat)) for epci in unknown]
            raise refused(self.request.name, problems)
        return seats

    def _compare(self, epci: parser.Epci, known: tuple[Any, ...] | None, seat: int, report: ImportReport) -> None:
        if known is None:
            self.new.append((epci.code, Level.EPCI, epci.siren, epci.name, sort_name(epci.name), epci.nature, seat))
            report.tell(Difference("added", epci.code, epci.name))
            return
        pk, name, nature, parent_id, valid_to = known
        if (name, nature, parent_id, valid_to) == (epci.name, epci.nature, seat, None):
            report.count("unchanged")
            return
        self.changed.append((epci.name, sort_name(epci.name), epci.nature, seat, None, pk))
        report.tell(Difference("changed", epci.code, epci.name, f"{name} ({nature})", f"{epci.name} ({epci.nature})"))

    def _place_members(self, state: CommuneState) -> None:
        """Open commune → EPCI. A commune merged since from two EPCI has no sure one and is left out."""
        candidates: dict[str, set[str]] = defaultdict(set)
        for epci in self.parsed.epcis:
            for commune in epci.members:
                target, _ = state.place(commune)
                if target:
                    candidates[target].add(epci.siren)
        self.members = {}
        for commune, sirens in candidates.items():
            if len(sirens) == 1:
                self.members[state.pks[commune]] = next(iter(sirens))
            else:
                state.reasons["Communes fusionnées depuis par-dessus la limite de deux EPCI."].append(commune)

    def _close_absorbed(self, known: dict[str, tuple[Any, ...]], report: ImportReport) -> None:
        given = {epci.code for epci in self.parsed.epcis}
        missing = {code: values for code, values in known.items() if code not in given and values[4] is None}
        had: dict[int, set[int]] = defaultdict(set)
        links = EpciMember.objects.filter(epci_id__in=[values[0] for values in missing.values()])
        for epci_id, commune_id in links.order_by("pk").values_list("epci_id", "commune_id"):
            had[epci_id].add(commune_id)
        settled = {row[-1] for row in self.changed}
        for code, (pk, name, nature, parent_id, _) in missing.items():
            if pk not in settled and had[pk] and had[pk] <= self.members.keys():
                self.changed.append((name, sort_name(name), nature, parent_id, date(self.year, 1, 1), pk))
                report.tell(Difference("closed", code, name, "existe", f"absorbé au 01/01/{self.year}"))

    def _withdraw(self, report: ImportReport) -> None:
        """EPCI that only the editions being undone gave are withdrawn; those that they closed exist again."""
        given = {epci.code for epci in self.parsed.epcis}
        undone = Territory.objects.filter(level=Level.EPCI, edition_id__in=self.request.undoes)
        self.undone = []
        for one in undone.exclude(code__in=given).order_by("pk"):
            row = (one.name, one.sort_name, one.nature, one.parent_id)
            if one.valid_to is not None:
                self.changed.append((*row, None, one.pk))
                report.tell(Difference("changed", one.code, one.name, "absorbé", "existe de nouveau"))
            else:
                self.changed.append((*row, date(self.year, 1, 1), one.pk))
                self.undone.append(one.pk)
                report.tell(Difference("removed", one.code, one.name))

    def _count_parts(self, report: ImportReport) -> None:
        """Communes of each EPCI by département and région, in the geography of the file."""
        found = Territory.objects.filter(level=Level.DEPARTEMENT).order_by("pk")
        area_of = {insee: (pk, region) for insee, pk, region in found.values_list("insee", "pk", "parent_id")}
        self.parts = {}
        partial = 0
        for epci in self.parsed.epcis:
            counts: Counter[int] = Counter()
            for commune in epci.members:
                departement = commune[:3] if commune[:2] in {"97", "98"} else commune[:2]
                for area in area_of.get(departement, ()):
                    if area is not None:
                        counts[area] += 1
            partial += not epci.is_whole
            for area, count in counts.items():
                self.parts[epci.siren, area] = (count, epci.communes_total)
        if partial:
            report.notes.append(
                f"{partial} EPCI ne sont pas entiers dans le fichier : part comptée sur les communes qu'il donne."
            )

    def _tell_members(self, report: ImportReport) -> None:
        self.present = {
            commune: (pk, siren)
            for commune, pk, siren in EpciMember.objects.filter(vintage=self.year)
            .order_by("pk")
            .values_list("commune_id", "pk", "epci__insee")
        }
        names = dict(Territory.objects.filter(level=Level.COMMUNE).order_by("pk").values_list("pk", "name"))
        for commune, siren in self.members.items():
            if commune not in self.present:
                report.count("members")
            elif self.present[commune][1] != siren:
                was = self.present[commune][1]
                report.tell(Difference("changed", f"EPCI-{siren}", names[commune], f"membre de {was}", f"de {siren}"))
        report.notes.append(
            f"{format_number(len(self.members))} communes rattachées à un EPCI, composition de {self.year}."
        )

    def _compare_populations(self, report: ImportReport) -> None:
        """The legal population of whole EPCI that the file gives: in force that year, of the reference year before."""
        year = self.year - IN_FORCE_AFTER
        present = {
            siren: (pk, (municipal, total))
            for siren, pk, municipal, total in Population.objects.filter(year=year, territory__level=Level.EPCI)
            .order_by("pk")
            .values_list("territory__insee", "pk", "municipal", "total")
        }
        self.new_populations, self.populations = [], []
        for epci in self.parsed.epcis:
            amounts = (epci.municipal, epci.total)
            if epci.municipal is None or (epci.siren in present and present[epci.siren][1] == amounts):
                continue
            report.count("populations")
            if epci.siren not in present:
                self.new_populations.append((epci.siren, year, *amounts, str(self.year)))
            else:
                self.populations.append((*amounts, str(self.year), present[epci.siren][0]))

    def write(self, edition: SourceEdition) -> None:
        bulk.insert(Territory, INSERTED, bulk.prepared(Territory, INSERTED, [(*row, edition.pk) for row in self.new]))
        changed = [(*row[:-1], edition.pk, row[-1]) for row in self.changed]
        bulk.update(Territory, UPDATED, bulk.prepared(Territory, UPDATED, changed))
        self._write_undone()
        keys = dict(Territory.objects.filter(level=Level.EPCI).order_by("pk").values_list("insee", "pk"))
        self._write_members(keys, edition.pk)
        self._write_parts(keys, edition.pk)
        new = [(keys[siren], *row, edition.pk) for siren, *row in self.new_populations]
        bulk.insert(Population, POPULATION, new)
        bulk.update(Population, POPULATION_CHANGED, [(*row[:-1], edition.pk, row[-1]) for row in self.populations])

    def _write_undone(self) -> None:
        """Going back: the compositions and populations loaded since leave; what this file gives is written after."""
        undoes = self.request.undoes
        if not undoes:
            return
        year = self.year - IN_FORCE_AFTER
        given = {epci.siren for epci in self.parsed.epcis if epci.municipal is not None}
        EpciMember.objects.filter(edition_id__in=undoes).exclude(vintage=self.year).delete()
        kept = EpciMember.objects.filter(edition_id__in=undoes).order_by("pk").values_list("pk", "commune_id")
        bulk.delete(EpciMember, [pk for pk, commune in kept if commune not in self.members])
        EpciPart.objects.filter(edition_id__in=undoes).exclude(vintage=self.year).delete()
        parts = (
            EpciPart.objects.filter(edition_id__in=undoes).order_by("pk").values_list("pk", "epci__insee", "area_id")
        )
        bulk.delete(EpciPart, [pk for pk, siren, area in parts if (siren, area) not in self.parts])
        populations = Population.objects.filter(edition_id__in=undoes, territory__level=Level.EPCI)
        populations.exclude(year=year, territory__insee__in=given).delete()
        bulk.delete(Territory, sorted(unused(self.undone)))

    def _write_members(self, keys: dict[str, int], edition: int) -> None:
        new, moved = [], []
        for commune, siren in self.members.items():
            if commune not in self.present:
                new.append((keys[siren], commune, self.year, edition))
            elif self.present[commune][1] != siren:
                moved.append((keys[siren], edition, self.present[commune][0]))
        bulk.insert(EpciMember, MEMBER, new)
        bulk.update(EpciMember, MEMBER_MOVED, moved)
        whole = {epci.siren for epci in self.parsed.epcis if epci.is_whole}
        left = [pk for commune, (pk, siren) in self.present.items() if siren in whole and commune not in self.members]
        bulk.delete(EpciMember, left)

    def _write_parts(self, keys: dict[str, int], edition: int) -> None:
        columns = ("epci_id", "area_id", "pk", "communes", "communes_total")
        present = {
            (epci, area): (pk, (count, total))
            for epci, area, pk, count, total in EpciPart.objects.filter(vintage=self.year)
            .order_by("pk")
            .values_list(*columns)
        }
        new, changed = [], []
        wanted = {(keys[siren], area): counts for (siren, area), counts in self.parts.items()}
        for (epci, area), counts in wanted.items():
            if (epci, area) not in present:
                new.append((epci, area, self.year, *counts, edition))
            elif present[epci, area][1] != counts:
                changed.append((*counts, edition, present[epci, area][0]))
        whole = {keys[epci.siren] for epci in self.parsed.epcis if epci.is_whole}
        gone = [pk for pair, (pk, _) in present.items() if pair[0] in whole and pair not in wanted]
        bulk.delete(EpciPart, gone)
        bulk.insert(EpciPart, PART, new)
        bulk.update(EpciPart, PART_CHANGED, changed)
