"""From the codes of a file to the territories of the database: code passage, mergers, arrondissements, new IRIS.

Three rules: counts of merged territories are summed, rates and medians are not and are left out; nothing is spread
between the parts of a territory that was split; a changed code is followed. What is left out is told, with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from maillage.engines.passage import History, Outcome
from maillage.indicators.enums import Status
from maillage.indicators.importers.model import MAX_NAMED, UNKNOWN, Cell, Line, Measure, Statistics
from maillage.indicators.services.statistics_staging import StagedLine
from maillage.kernel.errors import InputProblem
from maillage.sources.registry import LeftOut
from maillage.territories.enums import Level
from maillage.territories.importers.populations import ARRONDISSEMENTS
from maillage.territories.models import EpciMember, Territory
from maillage.territories.services.common import CommuneState

_WHOLE_OF = {str(part): whole for whole, parts in ARRONDISSEMENTS.items() for part in parts}
_PREFIX = {
    Level.COMMUNE: "COM",
    Level.EPCI: "EPCI",
    Level.DEPARTEMENT: "DEP",
    Level.REGION: "REG",
    Level.IRIS: "IRIS",
}
_SURE = {Outcome.UNCHANGED, Outcome.RECODED}
_RATES = (
    "Territoires réunis depuis : leurs effectifs sont additionnés ; leurs taux, parts et médianes ne se réunissent pas."
)
_PART_MISSING = "Communes réunies depuis dont une partie manque au fichier : leur somme serait fausse."
_WHOLE_GIVEN = "Arrondissements municipaux : la commune entière est donnée."
_PART_OF_CITY = "Arrondissements municipaux : il en manque pour faire la commune."
_NO_PARENT = "IRIS dont la commune n'est pas connue sûrement."
_UNKNOWN = {
    Level.EPCI: "EPCI inconnus : chargez leur composition (maillage import epci), puis rechargez ce fichier.",
    Level.DEPARTEMENT: "Départements inconnus du code officiel géographique chargé.",
    Level.REGION: "Régions inconnues du code officiel géographique chargé.",
    Level.COUNTRY: "La France entière n'est pas un territoire chargé.",
}


@dataclass(frozen=True, slots=True)
class NewIris:
    """An IRIS that the file makes known: its code, its name, the key of its commune."""

    code: str
    name: str
    parent: int


@dataclass
class Placed:
    """The file's lines on the territories of the database. `covered`: those about which the file speaks."""

    lines: list[StagedLine] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    covered: set[int] = field(default_factory=set)
    new_iris: list[NewIris] = field(default_factory=list)
    renamed_iris: list[tuple[int, str]] = field(default_factory=list)
    geographies: dict[str, str] = field(default_factory=dict)
    unknown: list[InputProblem] = field(default_factory=list)


@dataclass
class _Known:
    """A territory of the database, as placing needs it."""

    pk: int
    parent: int | None
    name: str


@dataclass
class Placing:
    """Places the lines of a file. `delay`: years from a period to the geography in which it is usually published."""

    parsed: Statistics
    delay: int
    reasons: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    placed: Placed = field(default_factory=Placed)

    def place(self) -> Placed:
        by_level: dict[Level, list[Line]] = defaultdict(list)
        for line in self.parsed.lines:
            by_level[line.level].append(line)
        state = CommuneState.read(date(1900, 1, 1)) if {Level.COMMUNE, Level.IRIS} & by_level.keys() else None
        for level, lines in by_level.items():
            if level is Level.COMMUNE and state is not None:
                self._communes(lines, state)
            elif level is Level.IRIS and state is not None:
                self._iris(lines, state)
            else:
                self._others(level, lines)
        order = sorted(self.reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        for why, codes in order:
            named = tuple(sorted(set(codes))[:MAX_NAMED])
            self.placed.left_out.append(LeftOut(why, len(codes), named))
        return self.placed

    # Communes

    def _communes(self, lines: list[Line], state: CommuneState) -> None:
        for period, group in _by_period(lines).items():
            there = self._state(state, period, (line.code for line in group), group[0].geography)
            targets = self._targets(group, there)
            for target, sources in targets.items():
                self._commune(target, sources, there, period)
            self._cover_communes(there, targets.keys(), group)
            for reason, codes in there.reasons.items():
                self.reasons[reason] += codes

    def _state(self, state: CommuneState, period: str, codes: Iterable[str], told: int | None) -> CommuneState:
        """The same communes, seen from the geography of the file: told by it, or the one that its codes fit best."""
        year = told or int(period[:4]) + self.delay
        if told is None and state.cog is not None:
            year = fitting_year(set(codes), state.history, int(period[:4]), state.cog.year, year)
        self.placed.geographies[period] = str(year)
        return replace(state, geography=date(year, 1, 1), reasons=defaultdict(list))

    def _targets(self, lines: list[Line], state: CommuneState) -> dict[str, list[tuple[Line, Outcome]]]:
        """Open commune → the lines that make it."""
        given = {line.code for line in lines}
        targets: dict[str, list[tuple[Line, Outcome]]] = defaultdict(list)
        for line in lines:
            whole = _WHOLE_OF.get(line.code)
            if whole in given:
                self.reasons[_WHOLE_GIVEN].append(line.code)
                continue
            target, outcome = state.place(whole or line.code)
            if target:
                targets[target].append((line, Outcome.MERGED if whole else outcome))
            else:
                self.placed.unknown.append(
                    InputProblem(line.row, None, f"« {line.code} » n'est pas un territoire connu.")
                )
        return targets

    def _commune(self, target: str, sources: list[tuple[Line, Outcome]], state: CommuneState, period: str) -> None:
        lines = [line for line, _ in sources]
        cells = lines[0].cells
        if len(sources) > 1 or sources[0][1] not in _SURE:
            if why := _incomplete(target, {line.code for line in lines}, state):
                self.reasons[why].append(target)
                return
            cells = merged(lines, self.parsed.measures)
            if any(not one.summable for one in self.parsed.measures):
                self.reasons[_RATES].append(target)
        self._add(f"COM-{target}", state.pks[target], lines[0], cells, str(state.geography.year))

    def _cover_communes(self, state: CommuneState, targets: Iterable[str], lines: list[Line]) -> None:
        """A département of which half the communes are there is spoken of whole; elsewhere, only the communes named."""
        named = set(targets)
        self.placed.covered |= {state.pks[code] for code in named}
        self.placed.covered |= {state.pks[line.code] for line in lines if line.code in state.pks}
        inside: dict[str, list[str]] = defaultdict(list)
        for code, departement in state.departement_of.items():
            inside[departement].append(code)
        for codes in inside.values():
            if 2 * sum(code in named for code in codes) >= len(codes):
                self.placed.covered |= {state.pks[code] for code in codes}

    # IRIS

    def _iris(self, lines: list[Line], state: CommuneState) -> None:
        known = _known(Level.IRIS)
        names = dict(Territory.objects.filter(level=Level.COMMUNE).order_by("pk").values_list("pk", "name"))
        made: set[str] = set()
        for period, group in _by_period(lines).items():
            there = self._state(state, period, (line.code[:5] for line in group), group[0].geography)
            for line in group:
                territory = known.get(line.code)
                if territory is None:
                    commune, _ = there.place(_WHOLE_OF.get(line.code[:5], line.code[:5]))
                    if not commune:
                        self.reasons[_NO_PARENT].append(line.code)
                        continue
                    if line.code not in made:
                        made.add(line.code)
                        name = line.name or f"{names[there.pks[commune]]}, IRIS {line.code[5:]}"
                        self.placed.new_iris.append(NewIris(line.code, name[:200], there.pks[commune]))
                elif line.name and line.name != territory.name:
                    self.placed.renamed_iris.append((territory.pk, line.name[:200]))
                pk = territory.pk if territory else None
                self._add(f"IRIS-{line.code}", pk, line, line.cells, str(there.geography.year))
        spoken: set[int | None] = {known[line.code].parent for line in lines if line.code in known}
        spoken |= {one.parent for one in self.placed.new_iris}
        self.placed.covered |= {one.pk for one in known.values() if one.parent in spoken}

    # The rest: EPCI, départements, regions, the country

    def _others(self, level: Level, lines: list[Line]) -> None:
        known = _known(level)
        geography = _epci_geography(lines) if level is Level.EPCI else ""
        named: set[int] = set()
        for line in lines:
            territory = next(iter(known.values()), None) if level is Level.COUNTRY else known.get(line.code)
            if territory is None:
                self.reasons[_UNKNOWN[level]].append(line.code)
                self.placed.unknown.append(
                    InputProblem(line.row, None, f"« {line.code} » n'est pas un territoire connu.")
                )
                continue
            named.add(territory.pk)
            code = "FRANCE" if level is Level.COUNTRY else f"{_PREFIX[level]}-{line.code}"
            self._add(code, territory.pk, line, line.cells, str(line.geography or geography))
        groups: dict[int | None, set[int]] = defaultdict(set)
        for one in known.values():
            groups[one.parent if level is Level.EPCI else None].add(one.pk)
        self.placed.covered |= named
        for group in groups.values():
            if 2 * len(group & named) >= len(group):
                self.placed.covered |= group

    def _add(self, code: str, pk: int | None, line: Line, cells: Sequence[Cell | None], geography: str) -> None:
        cover = self.parsed.perimeters.get(line.period, "")
        self.placed.lines.append(StagedLine(code, pk, line.period, geography, cover, cells, line.name))


def fitting_year(codes: set[str], history: History, first: int, last: int, usual: int) -> int:
    """The year at whose 1 January the fewest codes are strangers; at par, the nearest to the usual one."""
    moving = [code for code in codes if history.is_known(code)]

    def distance(year: int) -> tuple[int, int]:
        on = date(year, 1, 1)
        return sum(not history.exists(code, on) for code in moving), abs(year - usual)

    return min(range(first, max(first, last) + 1), key=distance)


def merged(lines: Sequence[Line], measures: Sequence[Measure]) -> list[Cell | None]:
    """The sum of counts; nothing for a rate. One unknown part makes the sum unknown."""
    return [
        _sum([line.cells[place] for line in lines]) if measure.summable else None
        for place, measure in enumerate(measures)
    ]


def _sum(cells: Sequence[Cell | None]) -> Cell | None:
    known = [cell for cell in cells if cell is not None]
    if len(known) < len(cells):
        return None
    hidden = [cell for cell in known if cell.status in UNKNOWN]
    if hidden:
        secret = any(cell.status == Status.SUPPRESSED for cell in hidden)
        return Cell(None, Status.SUPPRESSED.value if secret else Status.UNAVAILABLE.value)
    published = Status.PUBLISHED.value
    status = next((cell.status for cell in known if cell.status != published), published)
    if all(cell.low is None and cell.high is None for cell in known):
        return Cell(_total(cell.value for cell in known), status)
    low, high = (_total(getattr(cell, bound) or cell.value for cell in known) for bound in ("low", "high"))
    return Cell(_total(cell.value for cell in known), status, low, high)


def _total(texts: Iterable[str | None]) -> str:
    return f"{sum((Decimal(text) for text in texts if text is not None), Decimal(0)):f}"


def _incomplete(target: str, given: set[str], state: CommuneState) -> str:
    """Why the sum of these codes is not the whole commune, in French; '' when it is."""
    if target in ARRONDISSEMENTS and given <= set(_WHOLE_OF):
        missing = {str(code) for code in ARRONDISSEMENTS[target]} - given
        return _PART_OF_CITY if missing else ""
    if state.cog is None:
        return ""
    makes = state.history.passage(target, state.cog, state.geography)
    return "" if makes.is_sure and not set(makes.codes) - given else _PART_MISSING


def _by_period(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.period].append(line)
    return found


def _known(level: Level) -> dict[str, _Known]:
    """INSEE or SIREN code → territory of today."""
    rows = Territory.objects.filter(level=level, valid_to__isnull=True).order_by("pk")
    return {
        insee: _Known(pk, parent, name)
        for insee, pk, parent, name in rows.values_list("insee", "pk", "parent_id", "name")
    }


def _epci_geography(lines: Iterable[Line]) -> str:
    """The vintage of the composition that names every EPCI of the file, the latest; '' when none does."""
    codes = {line.code for line in lines}
    vintages = EpciMember.objects.order_by("-vintage").values_list("vintage", flat=True).distinct()
    for vintage in vintages:
        members = EpciMember.objects.filter(vintage=vintage).order_by()
        if codes <= set(members.values_list("epci__insee", flat=True).distinct()):
            return str(vintage)
    return ""
