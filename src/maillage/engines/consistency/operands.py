"""Finding what a relation speaks of: other figures, numbers, or observed indicators of the same territory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maillage.engines.consistency import intervals
from maillage.engines.consistency.intervals import Interval
from maillage.engines.consistency.model import Observed
from maillage.engines.consistency.statements import Statement, parse_period
from maillage.engines.consistency.text import fold, label_key
from maillage.engines.consistency.thresholds import LARGEST_NUMBER, POPULATION_DRIFT_PER_YEAR
from maillage.engines.consistency.units import PERSONS, Unit, parse_unit, show
from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NBSP, NumberUnreadable, parse_number
from maillage.kernel.period import Period

POPULATION = "population"
DAYS_PER_YEAR = 365
_ALIASES = {
    "habitant": POPULATION,
    "population legale": POPULATION,
    "population municipale": POPULATION,
    "population totale": POPULATION,
}


class OperandMissing(MaillageError):
    """An operand cannot be used; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A value with its uncertainty, its unit where it has one, and how a reason names it.

    `dated`: an observation of another period than the figure's, which can confirm it but not contradict it.
    """

    interval: Interval
    unit: Unit | None
    told: str
    statement: Statement | None = None
    dated: bool = False

    @property
    def perimeter(self) -> str:
        return self.statement.figure.perimeter.strip() if self.statement else ""


class ObservedIndex:
    """Observations by territory and name, to answer in constant time."""

    def __init__(self, observations: Iterable[Observed]) -> None:
        self._by_name: dict[tuple[str, str], list[Observed]] = {}
        self._labels: dict[str, set[str]] = {}
        for observed in observations:
            territory = observed.territory.strip().upper()
            names = {_name(observed.indicator), _name(observed.label)} - {""}
            for name in names:
                self._by_name.setdefault((territory, name), []).append(observed)
            first = _name(observed.label).split(" ")[0]
            if first:
                self._labels.setdefault(first, set()).add(_name(observed.label))

    def named(self, name: str, territory: str) -> list[Observed]:
        """Observations called so on this territory, whatever their period; [] when there is none."""
        wanted = _name(name)
        found = self._by_name.get((territory, wanted))
        if found is None:
            longer = self._labels.get(wanted, set())
            found = self._by_name.get((territory, next(iter(longer)))) if len(longer) == 1 else None
        return found or []

    def nearest(self, name: str, territory: str, period: Period | None) -> Observed | None:
        """The known value nearest in time; the latest when the figure bears no period; the earlier of two as near."""
        best: Observed | None = None
        best_rank: tuple[int, str, str, str] | None = None
        for observed in self.named(name, territory):
            own = parse_period(observed.period)
            if observed.value is None or not observed.status.carries_value or own is None:
                continue
            rank = own.distance_days(period) if period is not None else -own.end.toordinal()
            full_rank = (rank, observed.period, observed.source, str(observed.value))
            if best_rank is None or full_rank < best_rank:
                best, best_rank = observed, full_rank
        return best


def _name(text: str) -> str:
    key = label_key(text.replace("_", " ").replace("-", " "))
    return _ALIASES.get(key, key)


class Operands:
    """Resolves the operands of one figure's relation."""

    def __init__(self, statements: Sequence[Statement], observed: ObservedIndex) -> None:
        self._observed = observed
        self._by_key: dict[str, list[Statement]] = {}
        for statement in statements:
            self._by_key.setdefault(fold(statement.figure.key), []).append(statement)
        for same in self._by_key.values():
            if len(same) > 1:
                same.sort(key=lambda statement: statement.sort_key)

    def statement(self, name: str) -> Statement | None:
        """The figure of this identifier, when there is exactly one usable."""
        found = self._by_key.get(fold(name), [])
        return found[0] if found else None

    def resolve(self, name: str, owner: Statement) -> Operand:
        """Raises OperandMissing (French)."""
        found = self._by_key.get(fold(name))
        if found:
            return self._of_figure(name, found, owner)
        literal = _literal(name, owner)
        if literal is not None:
            return literal
        return self._of_observation(name, owner)

    def _of_figure(self, name: str, found: list[Statement], owner: Statement) -> Operand:
        statement = found[0]
        if any(other.reading != statement.reading or other.figure.unit != statement.figure.unit for other in found[1:]):
            raise OperandMissing(f"plusieurs chiffres portent l'identifiant « {shorten(name, 40)} »")
        if statement.index == owner.index:
            raise OperandMissing("la relation renvoie au chiffre lui-même")
        if statement.reading is None:
            raise OperandMissing(f"l'opérande {shorten(name, 40)} n'a pas de valeur : {statement.read.problem}")
        shown = f"{statement.quoted_print} ({shorten(statement.figure.label, 80)}, {statement.place})"
        return Operand(intervals.of_reading(statement.reading), statement.unit, shown, statement)

    def _of_observation(self, name: str, owner: Statement) -> Operand:
        observed = self._observed.nearest(name, owner.territory, owner.period)
        if observed is None or observed.value is None:
            known = self._observed.named(name, owner.territory)
            why = (
                "est connu, mais sans valeur utilisable"
                if known
                else "n'est ni un chiffre chargé ni un indicateur observé"
            )
            raise OperandMissing(
                f"l'opérande « {shorten(name, 40)} » {why} pour {shorten(owner.territory, 30) or 'ce territoire'}"
            )
        unit = parse_unit(observed.unit)
        value = observed.value * unit.scale
        if not value.is_finite() or abs(value) > LARGEST_NUMBER:
            raise OperandMissing(f"la valeur observée de « {shorten(name, 40)} » n'est pas utilisable")
        interval = Interval.exact(value)
        if observed.bounds is not None:
            interval = Interval(observed.bounds[0] * unit.scale, value, observed.bounds[1] * unit.scale)
        period = parse_period(observed.period)
        other_time = period is not None and owner.period is not None and not period.overlaps(owner.period)
        is_population = POPULATION in {_name(observed.indicator), _name(observed.label)}
        if is_population and other_time and period is not None and owner.period is not None:
            interval = _drifted(interval, period, owner.period)
        vintage = f"{observed.label or observed.indicator}{NBSP}: {show(value, unit)}, valeur {observed.period}"
        return Operand(interval, unit, f"{vintage}, {observed.source}", dated=other_time and not is_population)

    def population(self, owner: Statement) -> tuple[Observed, Interval] | None:
        """The population of the figure's territory nearest in time, when one is observed."""
        observed = self._observed.nearest(POPULATION, owner.territory, owner.period)
        if observed is None or observed.value is None or not observed.value.is_finite():
            return None
        unit = parse_unit(observed.unit)
        if unit.dimension not in {PERSONS, ""}:
            return None
        return observed, Interval.exact(observed.value * unit.scale)


def _drifted(population: Interval, observed: Period, asked: Period) -> Interval:
    """A population counted in another year, with what it may have gained or lost meanwhile."""
    years = -(-observed.distance_days(asked) // 2 // DAYS_PER_YEAR)
    margin = population.value * POPULATION_DRIFT_PER_YEAR * years
    return Interval(population.low - margin, population.value, population.high + margin)


def _literal(name: str, owner: Statement) -> Operand | None:
    text = name.replace("%", "").replace("€", "").strip()
    try:
        value = parse_number(text)
    except NumberUnreadable:
        return None
    return Operand(Interval.exact(value), None, f"{show(value, parse_unit(''))} (donné dans la relation)")
