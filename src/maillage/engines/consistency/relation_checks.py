"""Does a figure follow from what its own sentence says it follows from?"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from maillage.engines.consistency import intervals
from maillage.engines.consistency.cycles import circular
from maillage.engines.consistency.intervals import Interval
from maillage.engines.consistency.model import Check, VerdictKind
from maillage.engines.consistency.operands import Operand, OperandMissing, Operands
from maillage.engines.consistency.perimeters import perimeter_key
from maillage.engines.consistency.reading import Reading
from maillage.engines.consistency.relations import Relation, RelationKind, RelationUnreadable, parse_relation
from maillage.engines.consistency.statements import Statement, keys_of
from maillage.engines.consistency.text import has_word
from maillage.engines.consistency.thresholds import ROUND_TOTAL_CAP, Qualifier
from maillage.engines.consistency.units import PERCENT, POINTS, TIMES, WHO, Unit, parse_unit, show
from maillage.kernel.numbers import NBSP, format_number, french_list

_HUNDRED = Decimal(100)
# Rates that may exceed 100 %: places filled, budgets spent, targets reached.
_MAY_EXCEED_WHOLE = frozenset(
    ["occupation", "remplissage", "execution", "realisation", "couverture", "consommation", "remplacement", "atteinte"]
)
_CHANGES = frozenset({RelationKind.EVOLUTION, RelationKind.DIFFERENCE})


def check_relations(statements: Sequence[Statement], operands: Operands) -> dict[int, list[Check]]:
    """The checks of every figure that claims a relation, by index."""
    relations: dict[int, Relation] = {}
    checks: dict[int, list[Check]] = {}
    for statement in statements:
        try:
            relation = parse_relation(statement.figure.relation)
        except RelationUnreadable as error:
            checks[statement.index] = [_unverifiable(f"{_capital(error.message_fr)}.")]
            continue
        if relation is not None:
            relations[statement.index] = relation
    in_circle = circular(relations, operands)
    for index, relation in relations.items():
        found = _RelationCheck(statements[index], relation, operands).run()
        checks[index] = [_weaken(check) if index in in_circle else check for check in found]
    return checks


def may_exceed_whole(label: str) -> bool:
    return has_word(label, _MAY_EXCEED_WHOLE)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unverifiable(reason: str, related: tuple[str, ...] = ()) -> Check:
    return Check(VerdictKind.UNVERIFIABLE, reason, None, related)


def _weaken(check: Check) -> Check:
    """Figures defined by one another prove nothing by agreeing; a disagreement stays one."""
    if check.kind not in {VerdictKind.HOLDS, VerdictKind.HOLDS_ROUNDED}:
        return check
    reason = f"Les relations tournent en rond : ces chiffres ne se vérifient que l'un par l'autre. {check.reason}"
    return Check(VerdictKind.UNVERIFIABLE, reason, check.recomputed, check.related)


class _RelationCheck:
    """One figure, its relation, and the verdicts on it."""

    def __init__(self, statement: Statement, relation: Relation, operands: Operands) -> None:
        self.statement = statement
        self.relation = relation
        self.operands = operands
        self.related: tuple[str, ...] = ()

    def run(self) -> list[Check]:
        reading = self.statement.reading
        if reading is None:
            return []
        if self.relation.kind is RelationKind.LISTED:
            return [self._listed()]
        if self.relation.kind is RelationKind.COUNT:
            return [self._counted(reading)]
        try:
            resolved = [self.operands.resolve(name, self.statement) for name in self.relation.operands]
        except OperandMissing as missing:
            return [_unverifiable(f"Relation non vérifiable : {missing.message_fr}.")]
        self.related = keys_of(operand.statement for operand in resolved if operand.statement)
        if self.relation.kind is RelationKind.EQUALS:
            return self._equals(resolved[0], reading)
        if self.relation.kind is RelationKind.PART:
            return [self._part(resolved[0], reading)]
        return self._computed(resolved, reading)

    # -- computed relations ------------------------------------------------------------------------------------

    def _computed(self, resolved: list[Operand], reading: Reading) -> list[Check]:
        mismatch = self._unit_mismatch(resolved)
        if mismatch:
            return [_unverifiable(f"Relation non vérifiable : {mismatch}.", self.related)]
        result = self._compute(resolved, reading)
        if result is None:
            return [
                _unverifiable(f"Relation non vérifiable : division par zéro ({self._told(resolved)}).", self.related)
            ]
        checks = [self._compare(result, resolved, reading)]
        if self.relation.kind is RelationKind.SHARE:
            checks.extend(self._whole_exceeded(result, resolved))
        return checks

    def _compute(self, resolved: list[Operand], reading: Reading) -> Interval | None:
        values = [operand.interval for operand in resolved]
        unit = self.statement.unit
        if self.relation.kind is RelationKind.SUM:
            return intervals.add(values)
        if self.relation.kind is RelationKind.DIFFERENCE:
            return intervals.subtract(values[1], values[0])
        if self.relation.kind is RelationKind.SHARE:
            ratio = intervals.divide(values[0], values[1])
            return intervals.scale(ratio, _HUNDRED) if ratio and unit.dimension == PERCENT else ratio
        if unit.dimension == TIMES:
            return intervals.divide(values[1], values[0])
        if unit.dimension == PERCENT and not reading.points and reading.dimension != POINTS:
            return intervals.evolution(values[0], values[1])
        return intervals.subtract(values[1], values[0])

    def _unit_mismatch(self, resolved: list[Operand]) -> str:
        """Why the operands cannot be computed together; '' when they can. A share may relate two units."""
        units = [operand.unit for operand in resolved if operand.unit is not None]
        if self.relation.kind is RelationKind.SHARE or not units:
            return ""
        adds = self.relation.kind in {RelationKind.SUM, RelationKind.DIFFERENCE}
        if adds or not self.statement.unit.is_relative:
            units.append(self.statement.unit)
        for unit in units[1:]:
            if not _may_be_added(units[0], unit):
                return f"les unités diffèrent ({units[0].label_fr} et {unit.label_fr})"
        return ""

    def _compare(self, result: Interval, resolved: list[Operand], reading: Reading) -> Check:
        claimed = _directed(reading, self.relation)
        recomputed = self._shown_precision(result.value, claimed)
        kind, remark = _match(claimed, result, total=self.relation.kind in {RelationKind.SUM, RelationKind.DIFFERENCE})
        if any(operand.dated for operand in resolved) and kind.is_discrepancy:
            kind, remark = VerdictKind.UNVERIFIABLE, "La valeur observée est celle d'une autre période."
        computed = self._show(result.value, claimed)
        told = self._told(resolved)
        printed = self.statement.quoted_print
        reasons = {
            VerdictKind.HOLDS: f"{printed} est exactement ce que donnent {told}.",
            VerdictKind.HOLDS_ROUNDED: f"{printed}{NBSP}: le calcul donne {computed} à partir de {told}.",
            VerdictKind.TRUNCATED: f"{printed} est tronqué : le calcul donne {computed} à partir de {told}.",
            VerdictKind.CONTRADICTS_COMPONENTS: f"{printed} n'est pas ce que donnent {told}{NBSP}: {computed}.",
            VerdictKind.UNVERIFIABLE: f"{printed} n'est ni confirmé ni contredit par {told}{NBSP}: {computed}.",
        }
        reason = " ".join(part for part in (reasons[kind], remark, self._perimeter_remark(resolved)) if part)
        return Check(kind, reason, recomputed, self.related)

    def _shown_precision(self, value: Decimal, claimed: Reading) -> Decimal:
        if self.relation.kind in {RelationKind.SUM, RelationKind.DIFFERENCE} and not self.statement.unit.is_relative:
            return value
        return round(value, claimed.decimals + 2)

    def _show(self, value: Decimal, claimed: Reading) -> str:
        if value == value.to_integral_value():
            return show(value, self.statement.unit)
        return show(value, self.statement.unit, claimed.decimals + 2 if claimed.factor == 1 else 2)

    def _told(self, resolved: list[Operand]) -> str:
        return french_list([operand.told for operand in resolved[:12]]) + (" …" if len(resolved) > 12 else "")

    def _perimeter_remark(self, resolved: list[Operand]) -> str:
        stated: dict[str, str] = {}
        for operand in resolved:
            if operand.perimeter:
                stated.setdefault(perimeter_key(operand.perimeter), operand.perimeter)
        if len(stated) < 2:
            return ""
        texts = french_list([f"«{NBSP}{text}{NBSP}»" for text in stated.values()])
        return f"Attention, ces valeurs n'ont pas le même périmètre : {texts}."

    def _whole_exceeded(self, result: Interval, resolved: list[Operand]) -> list[Check]:
        units = {operand.unit.dimension for operand in resolved if operand.unit}
        part, whole = resolved[0].interval, resolved[1].interval
        comparable = len(units) == 1 and self.statement.unit.dimension == PERCENT
        if not comparable or part.low <= whole.high or may_exceed_whole(self.statement.figure.label):
            return []
        reason = f"Une part ne peut pas dépasser son tout : {self._told(resolved)}."
        return [Check(VerdictKind.IMPLAUSIBLE, reason, round(result.value, 2), self.related)]

    # -- other relations ---------------------------------------------------------------------------------------

    def _equals(self, other: Operand, reading: Reading) -> list[Check]:
        """Against a figure, the comparison of two statements does the work (see documents); here, the other cases."""
        if other.statement is not None:
            return []
        if other.unit is not None and other.unit.dimension != self.statement.unit.dimension:
            return [_unverifiable(f"Relation non vérifiable : les unités diffèrent ({other.told}).")]
        return [self._compare(other.interval, [other], reading)]

    def _part(self, whole: Operand, reading: Reading) -> Check:
        unit = whole.unit
        if unit is not None and unit.dimension != self.statement.unit.dimension:
            return _unverifiable(
                f"La partie est comptée en {self.statement.unit.label_fr}, le tout en {unit.label_fr} : "
                f"{self.statement.quoted_print} ne se compare pas à {whole.told}.",
                self.related,
            )
        printed = self.statement.quoted_print
        if reading.qualifier is not Qualifier.LESS_THAN and min(reading.value, reading.low) > whole.interval.high:
            return Check(
                VerdictKind.IMPLAUSIBLE,
                f"La partie {printed} dépasse son tout{NBSP}: {whole.told}.",
                None,
                self.related,
            )
        return _unverifiable(
            f"{printed} ne dépasse pas son tout ({whole.told}), ce qui ne suffit pas à l'établir.", self.related
        )

    def _counted(self, reading: Reading) -> Check:
        count = _count(self.relation.operands)
        if count is None:
            return _unverifiable(
                "Relation non vérifiable : le nombre d'éléments dénombrés n'est pas un entier positif."
            )
        printed = self.statement.quoted_print
        told = f"le document en énumère {format_number(count)}"
        if reading.value == count:
            kind = VerdictKind.HOLDS if reading.qualifier is Qualifier.NONE else VerdictKind.HOLDS_ROUNDED
            return Check(kind, f"{printed}{NBSP}: {told}.", Decimal(count), ())
        if reading.accepts(Decimal(count)):
            return Check(VerdictKind.HOLDS_ROUNDED, f"{printed}{NBSP}: {told}.", Decimal(count), ())
        return Check(VerdictKind.CONTRADICTS_COMPONENTS, f"{printed} est annoncé, mais {told}.", Decimal(count), ())

    def _listed(self) -> Check:
        counts = [_count((operand,)) for operand in self.relation.operands]
        if any(count is None for count in counts):
            return _unverifiable("Relation non vérifiable : un nombre d'éléments listés n'est pas un entier positif.")
        numbers = [count for count in counts if count is not None]
        addends = " + ".join(format_number(number) for number in numbers)
        total = f"{addends} = {format_number(sum(numbers))}" if len(numbers) > 1 else addends
        return _unverifiable(
            f"{self.statement.quoted_print} est annoncé ; le document liste {total} éléments de cette sorte "
            "sans dire qu'ils composent ce nombre."
        )


def _count(operands: tuple[str, ...]) -> int | None:
    """count(8) is eight; count(a;b;c) is three."""
    if len(operands) == 1 and operands[0].lstrip("+-").isdecimal():
        text = operands[0]
        return int(text) if text.isascii() and len(text) <= 12 and int(text) >= 0 else None
    return len(operands) if len(operands) > 1 else None


def _may_be_added(first: Unit, other: Unit) -> bool:
    """Money with money, rates with rates; things counted with things counted, but for who is counted."""
    if first.dimension == other.dimension or "" in {first.dimension, other.dimension}:
        return True
    if first.is_count and other.is_count:
        return not (first.dimension in WHO and other.dimension in WHO)
    return {first.dimension, other.dimension} == {PERCENT, POINTS}


def _directed(reading: Reading, relation: Relation) -> Reading:
    """« baisse de 12 % » claims an evolution of −12 %."""
    if reading.fall and relation.kind in _CHANGES and reading.value > 0:
        return _negated(reading)
    return reading


def _negated(reading: Reading) -> Reading:
    bounds = (-reading.bounds[1], -reading.bounds[0]) if reading.bounds else None
    return replace(reading, value=-reading.value, bounds=bounds)


def _match(claimed: Reading, result: Interval, *, total: bool) -> tuple[VerdictKind, str]:
    """The verdict on a claim against a recomputed interval, and a remark on how it was reached."""
    value = result.value
    if value == claimed.value and claimed.qualifier is Qualifier.NONE:
        return VerdictKind.HOLDS, ""
    if claimed.accepts(value) or (total and claimed.excuses(value, ROUND_TOTAL_CAP)):
        return VerdictKind.HOLDS_ROUNDED, ""
    if not result.is_exact and result.meets(claimed.low, claimed.high):
        return VerdictKind.HOLDS_ROUNDED, "L'accord ne tient que par l'imprécision des valeurs dont il part."
    if claimed.truncates(value):
        return VerdictKind.TRUNCATED, ""
    if claimed.leaves_open(value):
        return VerdictKind.UNVERIFIABLE, "L'écart est trop grand pour une confirmation."
    return VerdictKind.CONTRADICTS_COMPONENTS, _coarser_remark(claimed, value)


def _coarser_remark(claimed: Reading, value: Decimal) -> str:
    """« 7,60 » against 7,587: true at one decimal, false at the two that are printed."""
    unit = parse_unit("")
    for decimals in range(claimed.decimals - 1, -1, -1):
        if claimed.factor == 1 and claimed.value == round(claimed.value, decimals) == round(value, decimals):
            word = "à l'unité" if decimals == 0 else f"à {decimals} décimale{'s' if decimals > 1 else ''}"
            shown = show(round(value, decimals), unit, decimals)
            return f"Il tiendrait {word} ({shown}), pas aux {claimed.decimals} décimales imprimées."
    return ""
