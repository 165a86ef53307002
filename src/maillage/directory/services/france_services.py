"""Loading the list of France services: points of service of the network « france-services ».

A place that a newer list no longer names is closed, not deleted, where the list speaks (the départements it names). The
commune of a point is found through the code passage; a point whose code leads to none, or to several, is kept without
one: it is counted in no territory, and the report says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from maillage.directory.enums import FRANCE_SERVICES
from maillage.directory.importers import france_services as parser
from maillage.directory.models import ServicePoint
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import format_number
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest, LeftOut
from maillage.sources.selectors import newest_vintage
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories.importers.common import vintage_year
from maillage.territories.importers.populations import ARRONDISSEMENTS
from maillage.territories.services.common import (
    OPEN_LICENCE,
    CommuneState,
    already_loaded,
    fresh,
    is_already_loaded,
    new_report,
)

FIELDS = (
    "name", "kind", "territory_id", "address", "postcode", "town", "latitude", "longitude", "phone", "hours",
)  # fmt: skip
INSERTED = ("network", "code", *FIELDS, "closed_on", "edition_id")
UPDATED = (*FIELDS, "closed_on", "edition_id", "id")
CLOSED = ("closed_on", "id")
NAMED = 5
# Beyond this share of the open points of its départements, a list that no longer names them is taken for a cut one.
LOST_SHARE, LOST_FEW = 0.5, 5

_COMMUNE_OF = {str(part): commune for commune, parts in ARRONDISSEMENTS.items() for part in parts}
_INSEE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}", re.ASCII)
_WORDS = {"name": "nom", "territory_id": "commune", "kind": "nature", "hours": "horaires", "phone": "téléphone"}


def load_france_services(request: ImportRequest) -> ImportReport:
    """Load one list. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    parsed = parser.parse_points(request.path, request.name)
    notes: list[str] = []
    vintage = _vintage(request, parsed.vintage, notes)
    if not request.undoes:
        _refuse_older(vintage)
    report = new_report(
        request, EditionKind.FRANCE_SERVICES, f"Espaces France services, {_shown(vintage)}", vintage, len(parsed.rows)
    )
    report.notes = notes
    state = CommuneState.read(date(int(vintage[:4]), 1, 1))
    load = _Load(request, parsed.rows, vintage, state, report)
    if is_already_loaded(report, "", load.scope):
        return already_loaded(report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


def _vintage(request: ImportRequest, told: str, notes: list[str]) -> str:
    """The day or the year of the list: as asked (its day, within the year asked), else as its name tells."""
    asked = request.vintage.strip()
    if re.fullmatch(r"20\d\d-\d\d-\d\d", asked):
        return asked  # an edition gone back to
    year = vintage_year(asked)
    if year is not None:
        return told if told.startswith(str(year)) else str(year)
    if not told:
        told = request.day.isoformat()
        notes.append("Le nom du fichier ne dit pas la date de la liste : celle du chargement est retenue.")
    return told


def _refuse_older(vintage: str) -> None:
    newest = newest_vintage(EditionKind.FRANCE_SERVICES)
    common = min(len(newest), len(vintage))
    if vintage[:common] < newest[:common]:
        raise MaillageError(
            f"La liste de {_shown(newest)} est déjà en place : celle de {_shown(vintage)} est plus ancienne et n'est "
            "pas chargée."
        )


def _shown(vintage: str) -> str:
    return f"{date.fromisoformat(vintage):%d/%m/%Y}" if len(vintage) > 4 else vintage


@dataclass
class _Load:
    request: ImportRequest
    rows: list[parser.PointRow]
    vintage: str
    state: CommuneState
    base: ImportReport
    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    closed: list[tuple[Any, ...]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    @property
    def scope(self) -> list[str]:
        """The départements that the list speaks of."""
        found = {
            self.state.departement_of.get(self._place(row.insee), "") or _postal(row.postcode) for row in self.rows
        }
        return sorted(found - {""})

    @property
    def day(self) -> date:
        """Since when a place that the list does not name is closed: the day of the list, else that of its load."""
        return _day(self.vintage, self.request.day)

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(self.request, report, scope=self.scope, publisher="ANCT", licence=OPEN_LICENCE)

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        report = fresh(self.base)
        self.state = CommuneState.read(self.state.geography)
        present = ServicePoint.objects.filter(network=FRANCE_SERVICES).order_by("pk")
        columns = ("code", "pk", "edition_id", "closed_on", *FIELDS)
        known = {code: tuple(rest) for code, *rest in present.values_list(*columns)}
        self.new, self.changed, self.closed, self.gone = [], [], [], []
        for row in self.rows:
            self._compare(row, known.get(row.code), report)
        self._close_absent(known, report)
        self._tell(report)
        return report

    def _place(self, code: str) -> str:
        """The open commune of a point; '' when its code leads to none, or to several.

        A list may write an older code than its own date, or a newer one: the last commune that bore it is followed.
        """
        code = _COMMUNE_OF.get(code, code)
        history, cog = self.state.history, self.state.cog
        if not _INSEE.fullmatch(code) or cog is None or not history.is_known(code):
            return code if code in self.state.pks else ""
        start = self.state.geography
        if not history.exists(code, start):
            until = history.lives(code)[-1][1]
            if until is None:
                return code if code in self.state.pks else ""
            start = until - timedelta(days=1)
        passage = history.passage(code, start, cog)
        target = passage.codes[0] if len(passage.codes) == 1 and passage.is_sure else ""
        return target if target in self.state.pks else ""

    def _compare(self, row: parser.PointRow, known: tuple[Any, ...] | None, report: ImportReport) -> None:
        values = (
            row.name, row.kind.value, self.state.pks.get(self._place(row.insee)), row.address, row.postcode, row.town,
            row.latitude, row.longitude, row.phone, row.hours,
        )  # fmt: skip
        if known is None:
            self.new.append((FRANCE_SERVICES, row.code, *values, None))
            report.tell(Difference("added", row.code, row.name, "", str(row.kind.label)))
            return
        pk, _, closed_on, *before = known
        if tuple(before) == values and closed_on is None:
            report.count("unchanged")
            return
        self.changed.append((*values, None, pk))
        report.tell(_difference(row, closed_on, before, values))

    def _close_absent(self, known: dict[str, tuple[Any, ...]], report: ImportReport) -> None:
        """Close the places that the list no longer names; withdraw those that only an undone list named."""
        given = {row.code for row in self.rows}
        scope = set(self.scope)
        departements = {self.state.pks[code]: name for code, name in self.state.departement_of.items()}
        territory_at, postcode_at, name_at = (3 + FIELDS.index(one) for one in ("territory_id", "postcode", "name"))
        spoken_of = 0
        lost = []
        for code, values in known.items():
            where = departements.get(values[territory_at]) or _postal(values[postcode_at])
            if values[1] in self.request.undoes and code not in given:
                self._undo(code, values[0], values[name_at], report)
            elif values[2] is None and where in scope:
                spoken_of += 1
                if code not in given:
                    lost.append((code, values))
        if not self.request.undoes and len(lost) > LOST_FEW and len(lost) > LOST_SHARE * spoken_of:
            raise MaillageError(
                f"Le fichier ne nomme plus {format_number(len(lost))} des {format_number(spoken_of)} espaces connus "
                "dans ses départements : il est sans doute incomplet. Rien n'est chargé."
            )
        for code, values in lost:
            self.closed.append((self.day, values[0]))
            told = f"absent de la liste de {_shown(self.vintage)}"
            report.tell(Difference("closed", code, values[name_at], "ouvert", told))

    def _undo(self, code: str, pk: int, name: str, report: ImportReport) -> None:
        """A place that the editions being undone named: an earlier list had closed it, or none knew it."""
        if code in self._named_before:
            closed_on = self._named_before[code]
            self.closed.append((closed_on, pk))
            report.tell(Difference("closed", code, name, "ouvert", f"absent depuis le {closed_on:%d/%m/%Y}"))
        else:
            self.gone.append(pk)
            report.tell(Difference("removed", code, name))

    @cached_property
    def _named_before(self) -> dict[str, date]:
        """Places named by the lists loaded up to the one gone back to → the day of the next list, which closed them."""
        target = self.request.restores or 0
        lists = SourceEdition.objects.filter(kind=EditionKind.FRANCE_SERVICES, pk__lt=target, file__isnull=False)
        named: dict[str, date] = {}
        earlier = list(lists.select_related("file").order_by("pk"))
        days = [_day(one.vintage, one.loaded_at.date()) for one in earlier[1:]] + [self.day]
        for one, day in zip(earlier, days, strict=False):  # a list, and the day of the next one
            assert one.file is not None  # noqa: S101  (the filter says so)
            points = parser.parse_points(Path(one.file.content.path), one.file.name)
            named |= dict.fromkeys((row.code for row in points.rows), day)
        return named

    def _tell(self, report: ImportReport) -> None:
        unplaced = [f"{row.code} ({row.insee or 'sans code'})" for row in self.rows if not self._place(row.insee)]
        if unplaced:
            reason = (
                "Espaces gardés sans commune, donc comptés dans aucun territoire : leur code ne mène à aucune commune "
                "en place, ou à plusieurs."
            )
            report.left_out.append(LeftOut(reason, len(unplaced), tuple(unplaced[:NAMED])))
        kinds = [row.kind for row in self.rows]
        told = ", ".join(f"{one.label.lower()} {format_number(kinds.count(one))}" for one in dict.fromkeys(kinds))
        report.notes.append(f"Par nature : {told}. Un service itinérant n'est pas un lieu fixe : il est compté à part.")

    def write(self, edition: SourceEdition) -> None:
        self._withdraw()
        new = [(*row, edition.pk) for row in self.new]
        changed = [(*row[:-1], edition.pk, row[-1]) for row in self.changed]
        bulk.insert(ServicePoint, INSERTED, bulk.prepared(ServicePoint, INSERTED, new))
        bulk.update(ServicePoint, UPDATED, bulk.prepared(ServicePoint, UPDATED, changed))
        bulk.update(ServicePoint, CLOSED, bulk.prepared(ServicePoint, CLOSED, self.closed))

    def _withdraw(self) -> None:
        """Delete what only an undone list named, unless something points to it: then it is closed."""
        held: set[int] = set()
        for relation in ServicePoint._meta.related_objects if self.gone else ():
            name = relation.field.name
            held |= _held(relation.related_model._base_manager.filter(**{f"{name}__in": self.gone}).order_by(), name)
        bulk.delete(ServicePoint, sorted(set(self.gone) - held))
        ServicePoint.objects.filter(pk__in=held, closed_on__isnull=True).update(closed_on=self.day)


def _day(vintage: str, loaded_on: date) -> date:
    return date.fromisoformat(vintage) if len(vintage) > 4 else loaded_on


def _held(rows: Any, name: str) -> set[int]:
    return set(rows.values_list(name, flat=True))


def _postal(postcode: str) -> str:
    """The département told by a postcode, but for Corsica's, which does not tell which of the two."""
    if len(postcode) != 5 or postcode.startswith("20"):
        return ""
    return f"DEP-{postcode[:3] if postcode[:2] in {'97', '98'} else postcode[:2]}"


def _difference(
    row: parser.PointRow, closed_on: date | None, before: Iterable[Any], after: Iterable[Any]
) -> Difference:
    if closed_on is not None:
        return Difference("changed", row.code, row.name, f"absent depuis le {closed_on:%d/%m/%Y}", "de nouveau ouvert")
    names = [name for name, old, new in zip(FIELDS, before, after, strict=True) if old != new]
    told = ", ".join(dict.fromkeys(_WORDS.get(name, "lieu") for name in names))
    return Difference("changed", row.code, row.name, "", f"changé : {told}")
