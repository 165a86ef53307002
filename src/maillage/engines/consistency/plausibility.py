"""Can the number be meant at all? Sizes that no reading of the sentence makes possible."""

from collections.abc import Sequence
from decimal import Decimal

from maillage.engines.consistency import intervals
from maillage.engines.consistency.model import WEIGHT_PRINT, Check, VerdictKind
from maillage.engines.consistency.operands import DAYS_PER_YEAR, Operands
from maillage.engines.consistency.relation_checks import may_exceed_whole
from maillage.engines.consistency.relations import RelationKind, RelationUnreadable, parse_relation
from maillage.engines.consistency.statements import Statement, keys_of, parse_period
from maillage.engines.consistency.text import has_word, words
from maillage.engines.consistency.thresholds import (
    LOWEST_EVOLUTION,
    MISUSED_MULTIPLIER,
    PERSONS_IN_FRANCE,
    POPULATION_DEFINITION,
    POPULATION_DRIFT_PER_YEAR,
    SIBLING_FROM,
    SIBLING_RATIO,
)
from maillage.engines.consistency.units import PERCENT, PERSONS, show
from maillage.kernel.numbers import NBSP

_NATION = "FRANCE"
_CHANGE_WORDS = frozenset(
    [
        "evolution",
        "variation",
        "hausse",
        "baisse",
        "progression",
        "augmentation",
        "diminution",
        "recul",
        "croissance",
        "solde",
        "difference",
        "ecart",
        "repli",
        "reduction",
    ]
)
_SHARE_WORDS = frozenset(["part", "proportion", "pourcentage"])
# Values that are not shares of a larger whole: the nation's is not above its regions'.
_NOT_ADDED = frozenset(
    [
        "moyen",
        "moyenne",
        "median",
        "mediane",
        "plafond",
        "prix",
        "tarif",
        "taux",
        "part",
        "proportion",
        "delai",
        "duree",
        "age",
        "seuil",
        "unitaire",
        "cout",
        "forfait",
        "maximum",
        "minimum",
        "ratio",
        "indice",
    ]
)
_POPULATION_WORDS = frozenset({"habitant", "population"})


def misprints(statements: Sequence[Statement]) -> dict[int, Check]:
    """Figures whose print carries full digits and a multiplier: one of the two is a slip, and the size unknown."""
    found = {}
    for statement in statements:
        reading = statement.reading
        limits = MISUSED_MULTIPLIER.get(reading.factor) if reading else None
        if reading is None or limits is None:
            continue
        limit = limits[0] if statement.territory == _NATION else limits[1]
        if reading.mantissa >= limit and statement.figure.printed_as.strip():
            reason = (
                f"{statement.quoted_print} se lirait {show(reading.value, statement.unit)} : un nombre écrit "
                "en entier et un multiplicateur ne vont pas ensemble, l'un des deux est une erreur d'impression."
            )
            found[statement.index] = Check(VerdictKind.IMPLAUSIBLE, reason, None, (), WEIGHT_PRINT)
    return found


def check_plausibility(
    statements: Sequence[Statement], operands: Operands, set_aside: frozenset[int]
) -> dict[int, list[Check]]:
    """The checks of figures whose size cannot be meant, by index. Misprints (`set_aside`) are told elsewhere."""
    usable = [statement for statement in statements if statement.reading and statement.index not in set_aside]
    checks: dict[int, list[Check]] = {}
    for statement in usable:
        for reason in (
            _below_zero(statement),
            _beyond_whole(statement),
            _lost_more_than_all(statement),
            _too_many_persons(statement, operands),
        ):
            if reason:
                checks.setdefault(statement.index, []).append(Check(VerdictKind.IMPLAUSIBLE, reason))
    for index, check in [*_above_wider_territory(usable), *_far_from_siblings(usable)]:
        checks.setdefault(index, []).append(check)
    return checks


def _is_change(statement: Statement) -> bool:
    try:
        relation = parse_relation(statement.figure.relation)
    except RelationUnreadable:
        relation = None
    changes = {RelationKind.EVOLUTION, RelationKind.DIFFERENCE}
    return (relation is not None and relation.kind in changes) or has_word(statement.figure.label, _CHANGE_WORDS)


def _below_zero(statement: Statement) -> str:
    reading = statement.reading
    if reading is None or reading.value >= 0 or not statement.unit.is_count or _is_change(statement) or reading.fall:
        return ""
    return f"{statement.quoted_print} : un dénombrement ne peut pas être négatif."


def _beyond_whole(statement: Statement) -> str:
    reading, label = statement.reading, statement.figure.label
    if reading is None or statement.unit.dimension != PERCENT or _is_change(statement) or may_exceed_whole(label):
        return ""
    named_share = bool(words(label)[:1]) and words(label)[0].rstrip("s") in _SHARE_WORDS
    if not named_share and not _claims_share(statement):
        return ""
    if reading.low > 100 or reading.high < 0:
        return f"{statement.quoted_print} : une part est comprise entre 0 et 100{NBSP}%."
    return ""


def _claims_share(statement: Statement) -> bool:
    try:
        relation = parse_relation(statement.figure.relation)
    except RelationUnreadable:
        return False
    return relation is not None and relation.kind is RelationKind.SHARE


def _lost_more_than_all(statement: Statement) -> str:
    reading = statement.reading
    if reading is None or statement.unit.dimension != PERCENT or not _is_change(statement):
        return ""
    claimed = -abs(reading.value) if reading.fall else reading.value
    if claimed >= LOWEST_EVOLUTION:
        return ""
    return f"{statement.quoted_print} : rien ne peut baisser de plus de 100{NBSP}%."


def _too_many_persons(statement: Statement, operands: Operands) -> str:
    reading = statement.reading
    if reading is None or statement.unit.dimension != PERSONS or _is_change(statement):
        return ""
    if reading.low > PERSONS_IN_FRANCE:
        return f"{statement.quoted_print} : c'est plus de personnes que la France n'en compte."
    known = operands.population(statement)
    several_years = statement.period is not None and statement.period.days > DAYS_PER_YEAR + 1
    if known is None or several_years:
        return ""
    observed, population = known
    vintage = parse_period(observed.period)
    days = vintage.distance_days(statement.period) // 2 if vintage and statement.period else DAYS_PER_YEAR
    margin = 1 + POPULATION_DRIFT_PER_YEAR * (days // DAYS_PER_YEAR)
    if has_word(statement.figure.label, _POPULATION_WORDS):
        margin += POPULATION_DEFINITION
    least = min(reading.low, reading.value - reading.round_step / 2)
    if population.value <= 0 or least <= population.value * margin:
        return ""
    shown = show(population.value, statement.unit)
    return (
        f"{statement.quoted_print} dépasse la population du territoire : {shown} "
        f"(valeur {observed.period}, {observed.source})."
    )


def _above_wider_territory(statements: Sequence[Statement]) -> list[tuple[int, Check]]:
    """A territory has no more than the nation, nor a commune more than its département, of what adds up."""
    by_figure: dict[tuple[str, str, str, str], list[Statement]] = {}
    for statement in statements:
        if not statement.unit.is_relative and statement.unit.dimension != "days":
            key = (statement.names, statement.period_key, statement.unit.dimension, statement.territory)
            by_figure.setdefault(key, []).append(statement)
    for same in by_figure.values():
        same.sort(key=lambda member: member.sort_key)
    found = []
    for statement in statements:
        if not statement.names or has_word(statement.figure.label, _NOT_ADDED) or _is_change(statement):
            continue
        wider = _wider(statement, by_figure)
        if wider is not None:
            reason = (
                f"{statement.quoted_print} dépasse le même chiffre d'un territoire qui le contient : {wider.quoted}."
            )
            found.append((statement.index, Check(VerdictKind.IMPLAUSIBLE, reason, None, keys_of([wider]))))
    return found


def _wider(statement: Statement, by_figure: dict[tuple[str, str, str, str], list[Statement]]) -> Statement | None:
    for territory in _containing(statement.territory):
        key = (statement.names, statement.period_key, statement.unit.dimension, territory)
        for other in by_figure.get(key, []):
            if _exceeds(statement, other):
                return other
    return None


def _containing(territory: str) -> list[str]:
    if territory == _NATION or not territory:
        return []
    level, _, code = territory.partition("-")
    if level != "COM":
        return [_NATION]
    return [f"DEP-{code[:3] if code[:2] in {'97', '98'} else code[:2]}", _NATION]


def _exceeds(statement: Statement, other: Statement) -> bool:
    same_scope = not statement.perimeter or not other.perimeter or statement.perimeter == other.perimeter
    if statement.reading is None or other.reading is None or not same_scope:
        return False
    value = statement.reading.value
    if other.reading.leaves_open(value) or other.reading.excuses(value):
        return False
    return intervals.of_reading(statement.reading).low > intervals.of_reading(other.reading).high


def _far_from_siblings(statements: Sequence[Statement]) -> list[tuple[int, Check]]:
    """One series, other periods: a thousand times more or less than its fellows."""
    series: dict[tuple[str, str, str], list[Statement]] = {}
    for statement in statements:
        comparable = not statement.unit.is_relative and statement.stem and not _is_change(statement)
        if comparable and statement.reading is not None and statement.reading.value >= SIBLING_FROM:
            series.setdefault((statement.stem, statement.territory, statement.unit.dimension), []).append(statement)
    found = []
    for members in series.values():
        if len({member.period_key for member in members}) > 1:
            found.extend(_outliers(sorted(members, key=lambda member: (_value(member), member.sort_key))))
    return found


def _outliers(members: list[Statement]) -> list[tuple[int, Check]]:
    """Against the lower middle: of two, the larger is suspected, since slips of unit add a multiplier."""
    middle = members[(len(members) - 1) // 2]
    found = []
    for member in members:
        low, high = sorted((_value(member), _value(middle)))
        if high >= low * SIBLING_RATIO and member.period_key != middle.period_key:
            reason = (
                f"{member.quoted} et {middle.quoted} sont deux périodes d'un même chiffre : "
                "l'une vaut au moins mille fois l'autre."
            )
            found.append((member.index, Check(VerdictKind.IMPLAUSIBLE, reason, None, keys_of([middle]))))
    return found


def _value(statement: Statement) -> Decimal:
    return statement.reading.value if statement.reading else Decimal(0)
