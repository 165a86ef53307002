"""Loading the code officiel géographique: regions, départements, communes.

What a file does not name is closed only where the file speaks: a commune absent from the file is closed if its
département is in the file; a region or a département is never closed by its absence, since a file may be partial.
Nothing is ever deleted: a closed commune keeps its page and its figures.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputProblem
from maillage.kernel.numbers import NBSP
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest
from maillage.sources.selectors import newest_vintage
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.importers import cog as parser
from maillage.territories.importers.common import refused, sort_name
from maillage.territories.models import Territory
from maillage.territories.services.common import (
    OPEN_LICENCE,
    already_loaded,
    chosen_year,
    fresh,
    is_already_loaded,
    new_report,
    refuse_older,
    unused,
)

LEVELS = {parser.REGIONS: Level.REGION, parser.DEPARTEMENTS: Level.DEPARTEMENT, parser.COMMUNES: Level.COMMUNE}
PARENT_LEVELS = {
    parser.REGIONS: Level.COUNTRY,
    parser.DEPARTEMENTS: Level.REGION,
    parser.COMMUNES: Level.DEPARTEMENT,
}
LABELS = {parser.REGIONS: "régions", parser.DEPARTEMENTS: "départements", parser.COMMUNES: "communes"}
PARENT_FILES = {parser.DEPARTEMENTS: "regions.csv", parser.COMMUNES: "departements.csv"}

# A département may lose a few communes beyond what the movements explain (a late correction); more is a sign that rows
# are missing from the file, and closing them would be an error hard to see.
UNEXPLAINED_CLOSINGS = 3

INSERTED = (
    "code", "level", "insee", "name", "sort_name", "nature", "parent_id", "valid_from", "valid_to", "edition_id"
)  # fmt: skip
UPDATED = ("name", "sort_name", "parent_id", "valid_from", "valid_to", "edition_id", "id")


def load_cog(request: ImportRequest) -> ImportReport:
    """Load one of the three files, told apart by its headings. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    table = read_table(request.path, name=request.name)
    parsed = parser.parse_cog(table, request.name)
    notes: list[str] = []
    year = chosen_year(request, None, request.at.year, notes, "son millésime")
    refuse_older(request, EditionKind.COG, parsed.part, year, "Un code officiel géographique")
    title = f"Code officiel géographique, {LABELS[parsed.part]}, 1er janvier {year}"
    report = new_report(request, EditionKind.COG, title, str(year), parsed.read)
    report.notes = notes
    if is_already_loaded(report, parsed.part, parsed.scope):
        return already_loaded(report)
    load = _CogLoad(request, parsed, year, report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


def cog_way_back(edition: SourceEdition) -> str:
    """Why the geography itself does not go back to an older vintage; the same vintage may be taken again."""
    newest = newest_vintage(EditionKind.COG, edition.part)
    if not newest or edition.vintage >= newest:
        return ""
    return (
        f"Le code officiel géographique de {newest} est en place, et les chiffres chargés depuis tiennent à ses "
        f"communes{NBSP}: revenir à celui de {edition.vintage} les laisserait sans commune. Pour corriger une erreur, "
        f"chargez un fichier de {newest} corrigé."
    )


@dataclass
class _Known:
    """A territory as it is in the database."""

    pk: int
    name: str
    parent_id: int | None
    valid_from: date | None
    valid_to: date | None
    edition_id: int | None


@dataclass
class _CogLoad:
    request: ImportRequest
    parsed: parser.Cog
    year: int
    base: ImportReport
    report: ImportReport = field(init=False)
    new: list[list[Any]] = field(default_factory=list)
    changed: list[list[Any]] = field(default_factory=list)
    undone: list[int] = field(default_factory=list)  # communes that only an undone edition gave

    @property
    def level(self) -> Level:
        return LEVELS[self.parsed.part]

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(
            self.request,
            report,
            part=self.parsed.part,
            scope=sorted(self.parsed.scope),
            publisher="INSEE",
            licence=OPEN_LICENCE,
        )

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        self.report = fresh(self.base)
        self.new, self.changed, self.undone = [], [], []
        self.report.left_out = list(self.parsed.left_out)
        parents = self._parents()
        known = self._known()
        self.history = selectors.history() if self.level == Level.COMMUNE else None
        for row in self.parsed.rows:
            self._compare(row, known.get(row.code), parents[row.parent])
        if self.level == Level.COMMUNE:
            self._close(known, {parents[code] for code in self.parsed.scope})
        return self.report

    def _parents(self) -> dict[str, int | None]:
        """Code of the containing territory → key. Every row in an unknown one is a problem. None: to be created."""
        level = PARENT_LEVELS[self.parsed.part]
        parents: dict[str, int | None] = {parser.COUNTRY: None} if level == Level.COUNTRY else {}
        found = Territory.objects.filter(level=level).order_by("pk")
        parents.update(found.values_list("code", "pk"))
        regions = dict(found.values_list("code", "parent__code"))
        problems = []
        for row in self.parsed.rows:
            if row.parent not in parents:
                what = "Région inconnue" if level == Level.REGION else "Département inconnu"
                message = f"{what} ({row.parent}) : chargez d'abord {PARENT_FILES[self.parsed.part]}."
                problems.append(InputProblem(row.row, self.parsed.parent_column, message))
            elif row.region and regions[row.parent] != row.region:
                message = f"{row.region} n'est pas la région de {row.parent} ({regions[row.parent]})."
                problems.append(InputProblem(row.row, "REG", message))
        if problems:
            raise refused(self.request.name, problems)
        return parents

    def _known(self) -> dict[str, _Known]:
        found = Territory.objects.filter(level=self.level).order_by("pk")
        columns = ("code", "pk", "name", "parent_id", "valid_from", "valid_to", "edition_id")
        return {code: _Known(*values) for code, *values in found.values_list(*columns)}

    def _compare(self, row: parser.CogRow, known: _Known | None, parent_id: int | None) -> None:
        since = self._since(row.insee)
        if known is None:
            self.new.append(
                [row.code, self.level, row.insee, row.name, sort_name(row.name), "", parent_id, since, None]
            )
            self.report.tell(Difference("added", row.code, row.name))
            return
        parent_id = known.parent_id if parent_id is None else parent_id
        before = (known.name, known.parent_id, known.valid_to)
        if before == (row.name, parent_id, None) and (since is None or since == known.valid_from):
            self.report.count("unchanged")
            return
        self.changed.append([row.name, sort_name(row.name), parent_id, since or known.valid_from, None, known.pk])
        self.report.tell(_difference(row, known, parent_id, since))

    def _since(self, insee: str) -> date | None:
        """Since when a commune bears its code, when the movements tell it."""
        if self.history is None or not self.history.is_known(insee):
            return None
        since, until = self.history.lives(insee)[-1]
        return since if until is None else None

    def _close(self, known: dict[str, _Known], departements: set[int | None]) -> None:
        """Close the communes that the file no longer names, in the départements that it names."""
        given = {row.code for row in self.parsed.rows}
        unexplained: dict[int | None, list[str]] = {}
        open_ones: Counter[int | None] = Counter()
        for code, one in known.items():
            undone = one.edition_id in self.request.undoes
            if one.valid_to is not None or (one.parent_id not in departements and not undone):
                continue
            open_ones[one.parent_id] += 1
            if code in given:
                continue
            if undone:
                self.undone.append(one.pk)
            until = self._until(code[4:])
            if until is None and not undone:
                unexplained.setdefault(one.parent_id, []).append(f"{code[4:]} {one.name}")
            closed_on = until or date(self.year, 1, 1)
            self.changed.append([one.name, sort_name(one.name), one.parent_id, one.valid_from, closed_on, one.pk])
            self.report.tell(Difference("closed", code, one.name, "existe", f"fermée au {closed_on:%d/%m/%Y}"))
        self._refuse_mass_closing(unexplained, open_ones)

    def _until(self, insee: str) -> date | None:
        """When a code ceased to be that of a commune, when the movements tell it."""
        if self.history is None or not self.history.is_known(insee):
            return None
        until = self.history.lives(insee)[-1][1]
        return until if until is not None and until.year <= self.year else None

    def _refuse_mass_closing(self, unexplained: dict[int | None, list[str]], open_ones: Counter[int | None]) -> None:
        problems = []
        codes = dict(Territory.objects.filter(level=Level.DEPARTEMENT).order_by("pk").values_list("pk", "code"))
        for departement, communes in unexplained.items():
            if len(communes) > UNEXPLAINED_CLOSINGS:
                message = (
                    f"{codes.get(departement or 0, '?')} : {len(communes)} communes sur {open_ones[departement]} "
                    f"manquent au fichier sans mouvement qui l'explique ({', '.join(communes[:3])} …). S'il est "
                    "complet, chargez d'abord les mouvements de communes ; sinon, complétez-le."
                )
                problems.append(InputProblem(None, None, message))
        if problems:
            raise refused(self.request.name, problems)

    def write(self, edition: SourceEdition) -> None:
        if self.parsed.part == parser.REGIONS:
            self._give_country(edition)
        new = [(*row, edition.pk) for row in self.new]
        changed = [(*row[:-1], edition.pk, row[-1]) for row in self.changed]
        bulk.insert(Territory, INSERTED, bulk.prepared(Territory, INSERTED, new))
        bulk.update(Territory, UPDATED, bulk.prepared(Territory, UPDATED, changed))
        bulk.delete(Territory, sorted(unused(self.undone)))

    def _give_country(self, edition: SourceEdition) -> None:
        """Regions stand under the country, which no file names."""
        country, _ = Territory.objects.get_or_create(
            code=parser.COUNTRY,
            defaults={
                "level": Level.COUNTRY, "insee": "", "name": "France", "sort_name": "france", "edition": edition
            },
        )  # fmt: skip
        parent_at = INSERTED.index("parent_id")
        for row in self.new:
            row[parent_at] = country.pk


def _difference(row: parser.CogRow, known: _Known, parent_id: int | None, since: date | None) -> Difference:
    if known.name != row.name:
        return Difference("changed", row.code, row.name, known.name, row.name)
    if known.valid_to is not None:
        return Difference("changed", row.code, row.name, f"fermée au {known.valid_to:%d/%m/%Y}", "existe de nouveau")
    if known.parent_id != parent_id:
        return Difference("changed", row.code, row.name, "autre rattachement", row.parent)
    return Difference("changed", row.code, row.name, "", f"existe depuis le {since:%d/%m/%Y}" if since else "")
