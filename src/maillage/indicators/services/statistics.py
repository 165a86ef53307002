"""Loading official statistics: Filosofi, benefits of the CAF, and any table described by a mapping.

One observation in force for an indicator, a territory and a period: a newer file updates it in place, with its edition;
what the file no longer gives of what the same source brought is withdrawn. A value that is not known is kept, with the
reason why it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from maillage.gateways.tabular import read_table
from maillage.indicators.enums import Status
from maillage.indicators.importers import caf, filosofi
from maillage.indicators.importers.definitions import Definition, definitions
from maillage.indicators.importers.model import Statistics
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.services.statistics_places import Placed, Placing
from maillage.indicators.services.statistics_staging import StagedMeasure, Staging
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.numbers import NBSP, format_number
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import MAX_EXAMPLES, Difference, ImportReport, ImportRequest
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories.enums import Level
from maillage.territories.importers.common import sort_name, vintage_year, year_of
from maillage.territories.models import Territory
from maillage.territories.services.common import OPEN_LICENCE, already_loaded, fresh, new_report, unused

# What a load reads or may share: once one of these is loaded, the same file may give something else.
_DEPENDS_ON = (
    EditionKind.COG,
    EditionKind.MOVEMENTS,
    EditionKind.EPCI,
    EditionKind.EMBEDDED,
    EditionKind.OBSERVATIONS,
    EditionKind.TABLE,
)
# Years from a period to the geography in which its file usually speaks; what the codes tell comes first.
FILOSOFI_DELAY = 3
CAF_DELAY = 1

_LEVEL_NAMES = {
    Level.COUNTRY: "France",
    Level.REGION: "régions",
    Level.DEPARTEMENT: "départements",
    Level.EPCI: "EPCI",
    Level.COMMUNE: "communes",
    Level.IRIS: "IRIS",
}
_STATUS_NOTES = {
    Status.SUPPRESSED.value: "sous secret statistique",
    Status.UNAVAILABLE.value: "non disponibles",
    Status.FLOOR.value: "au plancher publié",
    Status.ROUNDED.value: "arrondies",
}
_IRIS_COLUMNS = ("code", "level", "insee", "name", "sort_name", "nature", "parent_id", "edition_id")


@dataclass(frozen=True)
class About:
    """What the file's source is, and which of its editions stand for each other (`part`)."""

    kind: str
    title: str
    vintage: str
    part: str
    publisher: str
    licence: str = OPEN_LICENCE
    delay: int = CAF_DELAY
    refuses_unknown: bool = False


def load_filosofi(request: ImportRequest) -> ImportReport:
    """Load income and poverty by territory, in any of the three shapes. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    year = vintage_year(request.vintage) or year_of(request.name)
    parsed = filosofi.parse_filosofi(read_table(request.path, name=request.name), request.name, year)
    years = "-".join(parsed.periods)
    about = About(
        EditionKind.FILOSOFI,
        f"Filosofi {years}, {level_names(parsed.levels)}",
        parsed.periods[-1] if parsed.periods else "",
        f"{years} {'-'.join(parsed.levels)}"[:40],
        "INSEE",
        delay=FILOSOFI_DELAY,
    )
    return load_statistics(request, parsed, definitions(), about)


def load_caf(request: ImportRequest) -> ImportReport:
    """Load the yearly series of benefits by commune. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    parsed = caf.parse_caf(read_table(request.path, name=request.name), request.name)
    title = f"Prestations des CAF par commune, décembre {' à décembre '.join(_ends(parsed.periods))}"
    about = About(EditionKind.CAF, title, _last_year(parsed), "", "CNAF")
    return load_statistics(request, parsed, definitions(), about)


def load_caf_iris(request: ImportRequest) -> ImportReport:
    """Load the beneficiaries by IRIS of a year, and the IRIS themselves. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    year = vintage_year(request.vintage) or year_of(request.name)
    parsed = caf.parse_caf_iris(read_table(request.path, name=request.name), request.name, year)
    about = About(
        EditionKind.CAF_IRIS,
        f"Prestations des CAF par IRIS, décembre {year}",
        str(year),
        str(year),
        "CNAF, INSEE",
    )
    return load_statistics(request, parsed, definitions(), about)


def load_statistics(
    request: ImportRequest, parsed: Statistics, described: dict[str, Definition], about: About, *, mapping: str = ""
) -> ImportReport:
    """Load parsed statistics whole or not at all. `described`: definitions of the indicators that may be missing."""
    if not parsed.lines:
        raise MaillageError("Le fichier ne contient aucune ligne à reprendre : vérifiez ses colonnes et ses codes.")
    base = new_report(request, about.kind, about.title[:300], about.vintage, parsed.read)
    base.mapping = mapping
    base.notes = list(parsed.notes)
    scope = scope_of(parsed)
    again = _same_in_force(base, about, scope) if not request.undoes else None
    if again is not None and not _changed_since(again):
        return already_loaded(base)
    load = _Load(request, parsed, described, about, scope, base, is_again=again is not None)
    try:
        report = stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)
    except _NothingToDo as nothing:
        report = nothing.report
    Staging.drop()  # after a failure the next load does it: the transaction may be spoilt
    return report


def scope_of(parsed: Statistics) -> list[str]:
    """What the file covers: « period/level/département » (that of the seat, for an EPCI), « period/level » of the rest.

    A file of one region then stands beside that of the country, without putting it out of force.
    """
    epcis = Territory.objects.filter(level=Level.EPCI, valid_to__isnull=True).order_by("pk")
    seats = dict(epcis.values_list("insee", "parent__insee")) if Level.EPCI in parsed.levels else {}
    found = set()
    for line in parsed.lines:
        inside = _departement(line.code) if line.level in {Level.COMMUNE, Level.IRIS} else seats.get(line.code)
        found.add("/".join(filter(None, (line.period, line.level.value, inside))))
    return sorted(found)


def _departement(code: str) -> str:
    return code[:3] if code[:2] in {"97", "98"} else code[:2]


def _ends(periods: list[str]) -> list[str]:
    years = [period[:4] for period in periods]
    return years if len(years) < 2 else [years[0], years[-1]]


def _last_year(parsed: Statistics) -> str:
    return parsed.periods[-1][:4] if parsed.periods else ""


def _same_in_force(report: ImportReport, about: About, scope: list[str]) -> SourceEdition | None:
    """The edition of this very file, when nothing of its kind was loaded over it since."""
    same = SourceEdition.objects.filter(kind=about.kind)
    found = same.filter(part=about.part, sha256=report.sha256, vintage=report.vintage, is_current=True)
    edition = found.order_by("-pk").first()
    if edition is None or edition.report.get("mapping", "") != report.mapping:
        return None
    if any(set(one.scope) & set(scope) for one in same.filter(pk__gt=edition.pk).order_by("pk")):
        return None
    return edition


def _changed_since(edition: SourceEdition) -> bool:
    return SourceEdition.objects.filter(kind__in=_DEPENDS_ON, pk__gt=edition.pk).exists()


class _NothingToDo(Exception):
    """The file in force gives what it gave: no trace is left of having looked."""

    def __init__(self, report: ImportReport) -> None:
        self.report = report
        super().__init__()


@dataclass
class _Load:
    request: ImportRequest
    parsed: Statistics
    described: dict[str, Definition]
    about: About
    scope: list[str]
    base: ImportReport
    is_again: bool
    placed: Placed = field(default_factory=Placed)
    staging: Staging = field(default_factory=lambda: Staging([], []))
    withdrawn: list[int] = field(default_factory=list)
    missing: list[Definition] = field(default_factory=list)

    def edition(self, report: ImportReport) -> SourceEdition:
        about = self.about
        return unsaved_edition(
            self.request, report, part=about.part, scope=self.scope, publisher=about.publisher, licence=about.licence
        )

    def stage(self) -> ImportReport:
        self.request.progress(20, "Rapprochement avec les territoires")
        report = fresh(self.base)
        self.placed = Placing(self.parsed, self.about.delay).place()
        self._refuse()
        self.request.progress(40, "Mise en attente des valeurs")
        self.staging = Staging(self.placed.lines, self._measures(), self.placed.covered)
        self.staging.fill()
        self.request.progress(65, "Comparaison avec ce qui est en place")
        self.staging.compare()
        self._tell(report)
        if self.is_again and report.changes_nothing and not self.request.dry_run:
            raise _NothingToDo(report)
        return report

    def _refuse(self) -> None:
        if self.about.refuses_unknown and self.placed.unknown:
            title = "Des territoires du fichier ne sont pas connus : rien n'est chargé."
            raise InputRefused(self.placed.unknown, title)
        if not self.placed.lines:
            reasons = " ".join(one.reason for one in self.placed.left_out[:2])
            raise MaillageError(f"Aucun territoire du fichier n'est repris : rien n'est chargé. {reasons}".strip())

    def _measures(self) -> list[StagedMeasure]:
        codes = [one.code for one in self.parsed.measures]
        known = {one.code: one for one in Indicator.objects.filter(code__in=codes).order_by("pk")}
        self.missing = [self.described[code] for code in codes if code not in known]
        return [
            StagedMeasure(
                one.code,
                known[one.code].label if one.code in known else self.described[one.code].label,
                known[one.code].pk if one.code in known else None,
                f"colonne {one.title}"[:200],
            )
            for one in self.parsed.measures
        ]

    # The report

    def _tell(self, report: ImportReport) -> None:
        for change, number in self.staging.counts().items():
            if number:
                report.count(change, number)
        for line, measure, value, status in self.staging.added(MAX_EXAMPLES):
            report.examples.append(Difference("added", line.code, measure.label, "", _shown(value, status)))
        for line, measure, before, after in self.staging.changed(MAX_EXAMPLES):
            told = [_shown(*was[:2]) for was in (before, after)]
            if told[0] == told[1]:  # the same value, for another perimeter or geography
                told = [
                    ", ".join(filter(None, (text, *was[2:]))) for text, was in zip(told, (before, after), strict=True)
                ]
            report.examples.append(Difference("changed", line.code, measure.label, *told))
        self._tell_withdrawn(report)
        report.left_out = [*self.parsed.left_out, *self.placed.left_out]
        report.notes += self._notes()

    def _tell_withdrawn(self, report: ImportReport) -> None:
        same = SourceEdition.objects.filter(kind=self.about.kind, part=self.about.part)
        found = self.staging.superseded(same.order_by().values_list("pk", flat=True), self.request.undoes)
        self.withdrawn = [key for key, *_ in found]
        codes = dict(
            Territory.objects.filter(pk__in={row[1] for row in found[:MAX_EXAMPLES]}).values_list("pk", "code")
        )
        labels = dict(
            Indicator.objects.filter(pk__in={row[2] for row in found[:MAX_EXAMPLES]}).values_list("pk", "label")
        )
        for _, territory, indicator, period in found[:MAX_EXAMPLES]:
            report.examples.append(Difference("removed", codes[territory], f"{labels[indicator]}, {period}"))
        if found:
            report.count("removed", len(found))

    def _notes(self) -> list[str]:
        notes = []
        geographies = sorted(set(self.placed.geographies.values()))
        if geographies:
            when = ", ".join(geographies)
            notes.append(f"Communes lues dans leur géographie au 1er janvier{NBSP}: {when}.")
        statuses = self.staging.statuses()
        told = [f"{format_number(statuses[s])} {word}" for s, word in _STATUS_NOTES.items() if statuses.get(s)]
        if told:
            notes.append(f"Valeurs particulières, gardées avec leur statut{NBSP}: {', '.join(told)}.")
        if self.missing:
            notes.append(f"Définitions ajoutées{NBSP}: {', '.join(sorted(one.code for one in self.missing))}.")
        if self.placed.new_iris:
            notes.append(f"IRIS ajoutés sous leur commune{NBSP}: {format_number(len(self.placed.new_iris))}.")
        return notes

    # The swap

    def write(self, edition: SourceEdition) -> None:
        indicators = self._add_definitions()
        territories = self._add_iris(edition)
        self.staging.write(edition.pk, territories, indicators)
        bulk.delete(Observation, self.withdrawn)
        self._remove_iris()

    def _add_definitions(self) -> dict[str, int]:
        made = Indicator.objects.bulk_create([Indicator(**one.fields) for one in self.missing])
        return {one.code: one.pk for one in made}

    def _add_iris(self, edition: SourceEdition) -> dict[str, int]:
        new = self.placed.new_iris
        rows = [
            (f"IRIS-{one.code}", Level.IRIS.value, one.code, one.name, sort_name(one.name), "", one.parent, edition.pk)
            for one in new
        ]
        bulk.insert(Territory, _IRIS_COLUMNS, bulk.prepared(Territory, _IRIS_COLUMNS, rows))
        renamed = [(name, sort_name(name), pk) for pk, name in self.placed.renamed_iris]
        bulk.update(Territory, ("name", "sort_name", "id"), renamed)
        if not new:
            return {}
        made = Territory.objects.filter(level=Level.IRIS, edition=edition).order_by("pk")
        return dict(made.values_list("code", "pk"))

    def _remove_iris(self) -> None:
        """Going back, IRIS that a later edition made known and that nothing uses any more."""
        late = Territory.objects.filter(level=Level.IRIS, edition__in=self.request.undoes).order_by()
        if self.request.undoes:
            Territory.objects.filter(pk__in=unused(set(late.values_list("pk", flat=True)))).delete()


def _shown(value: Any, status: str) -> str:
    """A value as the report prints it: its number, or why there is none."""
    if value is None:
        return str(Status(status).label).lower()
    number = format_number(Decimal(str(value)))
    return number if status == Status.PUBLISHED else f"{number} ({str(Status(status).label).lower()})"


def level_names(levels: Iterable[Level]) -> str:
    """« communes, EPCI »."""
    return ", ".join(_LEVEL_NAMES[level] for level in levels)
