"""One figure stated in several places, or observed by official statistics: do they agree?

Figures are the same when they share an indicator code or a label (case, accents, articles and plurals apart), a
territory, a period and a comparable unit. Perimeters: two that are stated and differ are never compared. Where one
place states a perimeter and the other does not, an agreement counts, and a disagreement is left open: the footnote may
be the whole difference, and only a person can tell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from maillage.engines.consistency.model import Check, Observed, VerdictKind
from maillage.engines.consistency.operands import ObservedIndex, Operands
from maillage.engines.consistency.perimeters import perimeter_key, perimeters_differ
from maillage.engines.consistency.reading import Reading, read_print
from maillage.engines.consistency.relations import RelationKind, RelationUnreadable, parse_relation
from maillage.engines.consistency.statements import Statement, keys_of, parse_period
from maillage.engines.consistency.text import fold
from maillage.engines.consistency.thresholds import TRUNCATION_SIGNIFICANT_DIGITS, Qualifier
from maillage.engines.consistency.units import parse_unit, show
from maillage.kernel.errors import shorten
from maillage.kernel.numbers import NBSP, french_list
from maillage.kernel.provenance import Status

# A figure repeated more often than this is compared with the extremes and its neighbours only: whoever disagrees with
# anyone disagrees with an extreme, and the work stays linear.
MAX_PEERS = 40
MAX_NAMED = 6


class Agreement(Enum):
    EXACT = "exact"
    ROUNDED = "rounded"
    TRUNCATED_HERE = "truncated here"
    TRUNCATED_THERE = "truncated there"
    OPEN = "open"
    DISAGREE = "disagree"


def compare(here: Reading, there: Reading) -> Agreement:
    """Two readings of one figure, in one unit: the finer must be what the coarser prints."""
    if here.value == there.value:
        return Agreement.EXACT if here.qualifier is there.qualifier else Agreement.ROUNDED
    if here.accepts(there.value) or there.accepts(here.value):
        return Agreement.ROUNDED
    if here.excuses(there.value) or there.excuses(here.value):
        return Agreement.ROUNDED
    if _cuts(here, there):
        return Agreement.TRUNCATED_HERE
    if _cuts(there, here):
        return Agreement.TRUNCATED_THERE
    if here.leaves_open(there.value) or there.leaves_open(here.value):
        return Agreement.OPEN
    return Agreement.DISAGREE


def _cuts(coarse: Reading, fine: Reading) -> bool:
    enough = coarse.significant >= TRUNCATION_SIGNIFICANT_DIGITS and coarse.step > fine.step
    return enough and fine.qualifier is Qualifier.NONE and coarse.truncates(fine.value)


@dataclass(frozen=True, slots=True)
class _Peer:
    """Another statement of the same figure, and how it compares."""

    statement: Statement
    agreement: Agreement | None
    remark: str = ""


def check_documents(
    statements: Sequence[Statement], operands: Operands, observed: ObservedIndex, set_aside: frozenset[int]
) -> dict[int, list[Check]]:
    """The checks of every figure that is stated elsewhere or observed, by index.

    `set_aside`: indexes of misprints whose size cannot be meant; what they say is not held against others.
    """
    peers = _Peers(statements, operands)
    checks: dict[int, list[Check]] = {}
    for statement in statements:
        if statement.reading is None:
            continue
        found = [
            *_statement_checks(statement, peers.of(statement), set_aside),
            *_claimed_equal(statement, operands, set_aside),
            *_observed_checks(statement, statement.reading, observed),
        ]
        if not found:
            found = _counted_otherwise(statement, peers)
        if found:
            checks[statement.index] = found
    return checks


class _Peers:
    """Statements grouped by what makes them the same figure."""

    def __init__(self, statements: Sequence[Statement], operands: Operands) -> None:
        self._groups: dict[tuple[str, ...], list[Statement]] = {}
        self._labels: dict[tuple[str, ...], set[str]] = {}
        self._claimed: dict[int, list[Statement]] = {}
        for statement in statements:
            for key in _group_keys(statement):
                self._groups.setdefault(key, []).append(statement)
            label = (statement.names, statement.territory, statement.period_key)
            self._labels.setdefault(label, set()).add(statement.unit.dimension)
            self._claim(statement, operands)
        for group in self._groups.values():
            group.sort(key=_by_value)
        for claimed in self._claimed.values():
            claimed.sort(key=lambda other: other.sort_key)

    def _claim(self, statement: Statement, operands: Operands) -> None:
        other = claimed_equal(statement, operands)
        if other is not None and other.figure.document != statement.figure.document:
            self._claimed.setdefault(statement.index, []).append(other)
            self._claimed.setdefault(other.index, []).append(statement)

    def of(self, statement: Statement) -> list[Statement]:
        """The other places, without exact repeats of one row, in an order that does not depend on the input's."""
        found: dict[tuple[str, str, str], Statement] = {}
        own = _row(statement)
        for key in _group_keys(statement):
            for other in _neighbours(self._groups[key], statement):
                found.setdefault(_row(other), other)
        for other in self._claimed.get(statement.index, []):
            if other.unit.dimension == statement.unit.dimension:
                found.setdefault(_row(other), other)
        found.pop(own, None)
        return sorted(found.values(), key=lambda other: other.sort_key)

    def other_units(self, statement: Statement) -> set[str]:
        label = (statement.names, statement.territory, statement.period_key)
        return self._labels.get(label, set()) - {statement.unit.dimension}


def _group_keys(statement: Statement) -> list[tuple[str, ...]]:
    where = (statement.territory, statement.period_key, statement.unit.dimension)
    keys: list[tuple[str, ...]] = []
    if statement.names:
        keys.append(("label", statement.names, *where))
    if statement.figure.indicator.strip():
        keys.append(("indicator", fold(statement.figure.indicator), *where))
    return keys


def _row(statement: Statement) -> tuple[str, str, str]:
    figure = statement.figure
    return figure.document, figure.locator, figure.printed_as


def _by_value(statement: Statement) -> tuple[Decimal, tuple[str, ...]]:
    return (statement.reading.value if statement.reading else Decimal(0)), statement.sort_key


def _neighbours(group: list[Statement], statement: Statement) -> Iterable[Statement]:
    if len(group) <= MAX_PEERS:
        return [other for other in group if other.index != statement.index]
    at = _position(group, statement)
    near = group[max(0, at - MAX_PEERS // 4) : at + MAX_PEERS // 4]
    chosen = [group[0], *near, group[-1]]
    return [other for other in chosen if other.index != statement.index]


def _position(group: list[Statement], statement: Statement) -> int:
    low, high, wanted = 0, len(group), _by_value(statement)
    while low < high:
        middle = (low + high) // 2
        if _by_value(group[middle]) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


# -- against other statements ----------------------------------------------------------------------------------


def _statement_checks(statement: Statement, others: list[Statement], set_aside: frozenset[int]) -> list[Check]:
    peers = [_judge(statement, other, set_aside) for other in others]
    disagreeing = [peer.statement for peer in peers if peer.agreement is Agreement.DISAGREE]
    agreeing = [peer.statement for peer in peers if peer.agreement not in {None, Agreement.OPEN, Agreement.DISAGREE}]
    if disagreeing:
        return [_contradiction(statement, disagreeing, agreeing)]
    if agreeing:
        return [_agreement(statement, peers, agreeing)]
    return [Check(VerdictKind.UNVERIFIABLE, peer.remark, None, keys_of([peer.statement])) for peer in peers[:MAX_NAMED]]


def _judge(statement: Statement, other: Statement, set_aside: frozenset[int]) -> _Peer:
    here, there = statement.reading, other.reading
    if here is None or there is None:
        return _Peer(other, None, f"L'autre énoncé, {other.quoted}, ne peut pas être lu.")
    if perimeters_differ(statement.figure.perimeter, other.figure.perimeter):
        return _Peer(other, None, _perimeters_differ(statement, other))
    agreement = compare(here, there)
    if other.index in set_aside:
        agreement = _against_misprint(here, there)
        told = f"{other.quoted} est d'un ordre de grandeur invraisemblable : il n'est pas opposé à {statement.quoted}."
        return _Peer(other, agreement, told)
    if agreement is Agreement.DISAGREE and statement.perimeter != other.perimeter:
        return _Peer(other, Agreement.OPEN, _perimeter_on_one_side(statement, other))
    if agreement is Agreement.DISAGREE and not statement.period_key:
        told = f"{other.quoted} diffère, mais aucun des deux n'imprime de période : rien ne dit que c'est la même."
        return _Peer(other, Agreement.OPEN, told)
    told = f"{statement.quoted} et {other.quoted} sont compatibles, mais trop éloignés pour se confirmer."
    return _Peer(other, agreement, told)


def _against_misprint(here: Reading, there: Reading) -> Agreement:
    """A misprinted size is left open when its digits alone would agree, and disagrees when nothing makes it agree."""
    bare = replace(there, value=there.value / there.factor, half=there.half / there.factor, factor=Decimal(1))
    return Agreement.DISAGREE if compare(here, bare) is Agreement.DISAGREE else Agreement.OPEN


def _contradiction(statement: Statement, disagreeing: list[Statement], agreeing: list[Statement]) -> Check:
    reason = f"{statement.quoted} n'est pas {_named(disagreeing)}"
    if agreeing:
        reason += f" ; le nombre de documents d'accord ({_named(agreeing)}) ne fait pas preuve"
    return Check(VerdictKind.CONTRADICTS_DOCUMENT, f"{reason}.", None, keys_of([*disagreeing, *agreeing]))


def _agreement(statement: Statement, peers: list[_Peer], agreeing: list[Statement]) -> Check:
    kinds = {peer.agreement for peer in peers}
    related, named = keys_of(agreeing), _named(agreeing)
    if Agreement.TRUNCATED_HERE in kinds:
        cut = [peer.statement for peer in peers if peer.agreement is Agreement.TRUNCATED_HERE]
        return Check(VerdictKind.TRUNCATED, f"{statement.quoted} tronque {_named(cut)}.", None, related)
    if kinds & {Agreement.ROUNDED, Agreement.TRUNCATED_THERE}:
        reason = f"{statement.quoted} s'accorde, à l'arrondi près, avec {named}."
        return Check(VerdictKind.HOLDS_ROUNDED, reason, None, related)
    return Check(VerdictKind.HOLDS, f"{statement.quoted} se retrouve à l'identique : {named}.", None, related)


def _named(statements: Sequence[Statement]) -> str:
    texts = [statement.quoted for statement in statements[:MAX_NAMED]]
    left = len(statements) - len(texts)
    if left:
        texts.append(f"{left} autre{'s' if left > 1 else ''}")
    return french_list(texts)


def _perimeters_differ(statement: Statement, other: Statement) -> str:
    here, there = (
        f"«{NBSP}{shorten(text.strip())}{NBSP}»" if text.strip() else "non précisé"
        for text in (statement.figure.perimeter, other.figure.perimeter)
    )
    return f"{other.quoted} ne se compare pas à {statement.quoted} : les périmètres diffèrent, {here} ici, {there} là."


def _perimeter_on_one_side(statement: Statement, other: Statement) -> str:
    stating = statement if statement.perimeter else other
    return (
        f"{other.quoted} diffère de {statement.quoted}, mais un seul précise son périmètre "
        f"({stating.place} : «{NBSP}{shorten(stating.figure.perimeter.strip())}{NBSP}») : l'écart peut venir de là."
    )


def _counted_otherwise(statement: Statement, peers: _Peers) -> list[Check]:
    units = peers.other_units(statement)
    if not units or not statement.names:
        return []
    named = french_list([parse_unit(unit).label_fr or unit for unit in sorted(units)][:MAX_NAMED])
    reason = f"Un chiffre de même libellé est compté dans une autre unité ({named}) : il ne se compare pas."
    return [Check(VerdictKind.UNVERIFIABLE, reason)]


# -- claimed equal ---------------------------------------------------------------------------------------------


def claimed_equal(statement: Statement, operands: Operands) -> Statement | None:
    """The figure that `equals(A)` names, when it names a figure."""
    try:
        relation = parse_relation(statement.figure.relation)
    except RelationUnreadable:
        return None
    if relation is None or relation.kind is not RelationKind.EQUALS:
        return None
    other = operands.statement(relation.operands[0])
    return other if other is not None and other.index != statement.index else None


def _claimed_equal(statement: Statement, operands: Operands, set_aside: frozenset[int]) -> list[Check]:
    """Within one document, a figure said equal to another contradicts its own components when it is not."""
    other = claimed_equal(statement, operands)
    if other is None or other.reading is None or statement.reading is None:
        return []
    if other.unit.dimension != statement.unit.dimension:
        told = f"Relation non vérifiable : {statement.quoted} et {other.quoted} ne sont pas dans la même unité."
        return [Check(VerdictKind.UNVERIFIABLE, told, None, keys_of([other]))]
    if other.figure.document != statement.figure.document:
        return []
    peer = _judge(statement, other, set_aside)
    recomputed = other.reading.value
    if peer.agreement is Agreement.DISAGREE:
        reason = f"{statement.quoted} est dit égal à {other.quoted}, et ne l'est pas."
        return [Check(VerdictKind.CONTRADICTS_COMPONENTS, reason, recomputed, keys_of([other]))]
    if peer.agreement is None or peer.agreement is Agreement.OPEN:
        return [Check(VerdictKind.UNVERIFIABLE, peer.remark, None, keys_of([other]))]
    return [replace(_agreement(statement, [peer], [other]), recomputed=recomputed)]


# -- against official statistics -------------------------------------------------------------------------------


def _observed_checks(statement: Statement, reading: Reading, index: ObservedIndex) -> list[Check]:
    checks = []
    names = {statement.figure.label, statement.figure.indicator} - {""}
    candidates = {id(observed): observed for name in names for observed in index.named(name, statement.territory)}
    for observed in sorted(candidates.values(), key=lambda item: (item.source, item.period, str(item.value))):
        check = _against_observed(statement, reading, observed)
        if check is not None:
            checks.append(check)
    return checks


def _against_observed(statement: Statement, reading: Reading, observed: Observed) -> Check | None:
    unit = parse_unit(observed.unit)
    period = parse_period(observed.period)
    if unit.dimension != statement.unit.dimension or period is None or period != statement.period:
        return None
    if observed.document and observed.document == statement.figure.document:
        return None
    if perimeters_differ(statement.figure.perimeter, observed.perimeter):
        return None
    there = _observed_reading(observed)
    if there is None:
        return None
    shown = f"«{NBSP}{show(there.value, unit)}{NBSP}» ({shorten(observed.source, 120)}, {observed.status.label_fr})"
    agreement = compare(reading, there)
    if agreement is Agreement.EXACT:
        return Check(VerdictKind.HOLDS, f"{statement.quoted} est la valeur observée : {shown}.", there.value)
    if agreement is Agreement.TRUNCATED_HERE:
        return Check(VerdictKind.TRUNCATED, f"{statement.quoted} tronque la valeur observée : {shown}.", there.value)
    if agreement in {Agreement.ROUNDED, Agreement.TRUNCATED_THERE}:
        reason = f"{statement.quoted} s'accorde, à l'arrondi près, avec la valeur observée : {shown}."
        return Check(VerdictKind.HOLDS_ROUNDED, reason, there.value)
    one_sided = perimeter_key(observed.perimeter) != statement.perimeter
    uncertain = agreement is Agreement.OPEN or observed.status is Status.PROVISIONAL or one_sided
    kind = VerdictKind.UNVERIFIABLE if uncertain else VerdictKind.CONTRADICTS_DOCUMENT
    why = " ; cet écart ne suffit pas à conclure" if uncertain else ""
    return Check(kind, f"{statement.quoted} n'est pas la valeur observée : {shown}{why}.", there.value)


def _observed_reading(observed: Observed) -> Reading | None:
    if observed.value is None or not observed.status.carries_value:
        return None
    reading = read_print("", observed.value, observed.unit).reading
    if reading is None:
        return None
    if observed.status is Status.FLOOR:
        return replace(reading, qualifier=Qualifier.MORE_THAN)
    if observed.bounds is not None:
        scale = parse_unit(observed.unit).scale
        bounds = observed.bounds[0] * scale, observed.bounds[1] * scale
        return replace(reading, qualifier=Qualifier.RANGE, bounds=bounds)
    return reading
