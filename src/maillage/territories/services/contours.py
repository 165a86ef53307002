"""Loading outlines of territories, and the points that stand for those without one.

Outlines of an older geography follow the code passage: a changed code keeps its outline; a merger takes the outlines of
all its parts if the file has them all; a commune shared since is left without one rather than with a wrong one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maillage.engines.passage import History
from maillage.gateways.tabular import read_table
from maillage.sources import bulk
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport, ImportRequest, LeftOut
from maillage.sources.selectors import newest_vintage
from maillage.sources.services import stage_and_swap, unsaved_edition
from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.importers import contours as parser
from maillage.territories.importers.common import starts_as_json, vintage_year, year_of
from maillage.territories.models import Contour, Territory
from maillage.territories.services.common import already_loaded, fresh, is_already_loaded, level_of, new_report

INSERTED = ("territory_id", "geometry", "vintage", "edition_id")
UPDATED = ("geometry", "vintage", "edition_id", "id")
NAMED_AREAS = 3  # a title names the areas of a file while they are few
POINT = ("latitude", "longitude", "id")


def load_contours(request: ImportRequest) -> ImportReport:
    """Load a GeoJSON of outlines, or a table of points. Raises InputRefused with every problem."""
    request.progress(5, "Lecture du fichier")
    if starts_as_json(request.path):
        parsed = parser.parse_contours(parser.read_geojson(request.path, request.name), request.name)
    else:
        parsed = parser.parse_points(read_table(request.path, name=request.name), request.name)
    year = vintage_year(request.vintage) or year_of(request.name)
    what = "Points" if parsed.points else "Contours"
    levels = ", ".join(f"{level_of(prefix).label.lower()}" for prefix in parsed.levels)
    vintage = str(year) if year else ""
    scope = sorted(_scope(parsed))
    where = f", {', '.join(scope)}" if len(scope) <= NAMED_AREAS else ""
    title = f"{what} ({levels}){where}{f', {vintage}' if vintage else ''}"
    report = new_report(request, EditionKind.CONTOURS, title, vintage, parsed.read)
    part = f"{what.lower()} {'+'.join(parsed.levels)}"
    if is_already_loaded(report, part, scope):
        return already_loaded(report)
    load = _ContoursLoad(request, parsed, part, scope, report)
    return stage_and_swap(request, stage=load.stage, write=load.write, edition=load.edition)


def _scope(parsed: parser.Contours) -> set[str]:
    """Départements of the communes; the territories themselves at wider levels."""
    return {
        f"DEP-{code[4:7] if code[4:6] in {'97', '98'} else code[4:6]}" if code.startswith("COM-") else code
        for code in parsed.codes
    }


@dataclass
class _ContoursLoad:
    request: ImportRequest
    parsed: parser.Contours
    part: str
    scope: list[str]
    base: ImportReport
    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    points: list[tuple[float | None, float | None, int]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def edition(self, report: ImportReport) -> SourceEdition:
        return unsaved_edition(self.request, report, part=self.part, scope=self.scope)

    def stage(self) -> ImportReport:
        self.request.progress(30, "Comparaison avec ce qui est en place")
        report = fresh(self.base)
        report.left_out = list(self.parsed.left_out)
        shapes = self._current_shapes(report)
        self.new, self.changed, self.points = [], [], []
        codes = sorted(set(shapes) | set(self.parsed.points))
        known = self._known(codes)
        outlines = {
            territory: (pk, geometry)
            for territory, pk, geometry in Contour.objects.filter(territory_id__in=[pk for pk, *_ in known.values()])
            .order_by("pk")
            .values_list("territory_id", "pk", "geometry")
        }
        unknown = [code for code in codes if code not in known]
        for code in codes:
            if code in known:
                self._compare(code, known[code], shapes.get(code), outlines, report)
        self._withdraw(set(codes), report)
        if unknown:
            report.left_out.append(LeftOut("Territoires qui ne sont pas chargés.", len(unknown), tuple(unknown[:5])))
        return report

    def _withdraw(self, given: set[str], report: ImportReport) -> None:
        """What editions loaded since gave, and this file does not: their outlines, and their points."""
        undone = Contour.objects.filter(edition_id__in=self.request.undoes).select_related("territory").order_by("pk")
        lost = [one for one in undone if one.territory.code not in given]
        self.gone = [one.pk for one in lost]
        for one in lost:
            place = one.territory
            report.tell(Difference("removed", place.code, place.name))
            if (place.latitude, place.longitude) == _middle_of(place):  # the outline gave it
                self.points.append((None, None, place.pk))
        if not self.parsed.points or not self.request.undoes:
            return
        scopes = SourceEdition.objects.filter(pk__in=self.request.undoes).order_by("pk").values_list("scope", flat=True)
        placed = Territory.objects.filter(
            level=Level.COMMUNE, parent__code__in=set().union(*scopes), latitude__isnull=False
        ).select_related("contour")
        for commune in placed.order_by("pk"):
            if commune.code not in given:
                self.points.append((*_middle_of(commune), commune.pk))
                report.tell(
                    Difference("removed", commune.code, commune.name, f"{commune.latitude}, {commune.longitude}", "")
                )

    def _known(self, codes: list[str]) -> dict[str, tuple[int, str, float | None, float | None]]:
        """Open territories by code: key, name, latitude, longitude."""
        levels = {level_of(code) for code in codes}
        found = Territory.objects.filter(level__in=levels, valid_to__isnull=True).order_by("pk")
        wanted = set(codes)
        columns = ("code", "pk", "name", "latitude", "longitude")
        return {code: tuple(values) for code, *values in found.values_list(*columns) if code in wanted}

    def _current_shapes(self, report: ImportReport) -> dict[str, parser.Shape]:
        """Outlines under the codes of the communes loaded."""
        newest = newest_vintage(EditionKind.COG, "communes")
        if not self.base.vintage or not newest or not any(code.startswith("COM-") for code in self.parsed.shapes):
            return dict(self.parsed.shapes)
        start, end = date(int(self.base.vintage), 1, 1), date(int(newest), 1, 1)
        return _followed(self.parsed.shapes, selectors.history(), start, end, report)

    def _compare(
        self,
        code: str,
        known: tuple[int, str, float | None, float | None],
        shape: parser.Shape | None,
        outlines: dict[int, tuple[int, Any]],
        report: ImportReport,
    ) -> None:
        pk, name, latitude, longitude = known
        point = self.parsed.points.get(code)
        if shape is not None:
            self._compare_outline(code, pk, name, shape, outlines, report)
            point = parser.middle(shape.polygons) if latitude is None or longitude is None else None
        elif point == (latitude, longitude):
            report.count("unchanged")
        elif point is not None:
            change = "added" if latitude is None else "changed"
            before = "" if latitude is None else f"{latitude}, {longitude}"
            report.tell(Difference(change, code, name, before, f"{point[0]}, {point[1]}"))
        if point is not None and point != (latitude, longitude):
            self.points.append((*point, pk))

    def _compare_outline(
        self,
        code: str,
        pk: int,
        name: str,
        shape: parser.Shape,
        outlines: dict[int, tuple[int, Any]],
        report: ImportReport,
    ) -> None:
        if pk not in outlines:
            self.new.append((pk, shape.geometry, self.base.vintage))
            report.tell(Difference("added", code, name))
        elif outlines[pk][1] != shape.geometry:
            self.changed.append((shape.geometry, self.base.vintage, outlines[pk][0]))
            report.tell(Difference("changed", code, name))
        else:
            report.count("unchanged")

    def write(self, edition: SourceEdition) -> None:
        new = [(*row, edition.pk) for row in self.new]
        changed = [(*row[:-1], edition.pk, row[-1]) for row in self.changed]
        bulk.delete(Contour, self.gone)
        bulk.insert(Contour, INSERTED, bulk.prepared(Contour, INSERTED, new))
        bulk.update(Contour, UPDATED, bulk.prepared(Contour, UPDATED, changed))
        bulk.update(Territory, POINT, self.points)


def _middle_of(territory: Territory) -> tuple[float | None, float | None]:
    """The point that its outline gives, where it has one."""
    contour = getattr(territory, "contour", None)
    if contour is None:
        return None, None
    coordinates = contour.geometry["coordinates"]
    return parser.middle(coordinates if contour.geometry["type"] == "MultiPolygon" else [coordinates])


def _followed(
    shapes: dict[str, parser.Shape], history: History, start: date, end: date, report: ImportReport
) -> dict[str, parser.Shape]:
    """Outlines of communes of `start` under the codes of `end`."""
    found: dict[str, list[parser.Shape]] = defaultdict(list)
    unsure: list[str] = []
    for code, shape in shapes.items():
        passage = history.passage(code[4:], start, end)
        if not code.startswith("COM-"):
            found[code].append(shape)
        elif passage.is_sure and len(passage.codes) == 1:
            found[f"COM-{passage.codes[0]}"].append(shape)
        else:
            unsure.append(code)
    followed = {}
    for code, parts in found.items():
        makes = history.passage(code[4:], end, start)
        if code.startswith("COM-") and set(makes.codes) - {part.code[4:] for part in parts}:
            unsure += [part.code for part in parts]
        else:
            polygons = [polygon for part in parts for polygon in part.polygons]
            followed[code] = parser.Shape(parts[0].row, code, polygons)
    if unsure:
        reason = "Communes partagées ou incomplètes depuis : leur contour d'alors serait faux."
        report.left_out.append(LeftOut(reason, len(unsure), tuple(sorted(unsure)[:5])))
    return followed
