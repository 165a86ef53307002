"""The consistency engine: stated figures and observations in, one verdict per figure out.

Complexity: every pass is a dictionary by figure, label, territory and period, so time grows with the number of figures
and of operands (times a logarithm where a group is sorted); a figure repeated very often is compared with the extremes
and its neighbours only. Prints are read once per distinct (print, value, unit). Nothing depends on the order of the
input, and no text in any column raises.
"""

from collections.abc import Iterable, Sequence
from decimal import Context, localcontext

from maillage.engines.consistency.documents import check_documents
from maillage.engines.consistency.model import (
    WEIGHT_TRANSCRIPTION,
    Check,
    Figure,
    Observed,
    Verdict,
    VerdictKind,
    weigh,
)
from maillage.engines.consistency.operands import ObservedIndex, Operands
from maillage.engines.consistency.plausibility import check_plausibility, misprints
from maillage.engines.consistency.relation_checks import check_relations
from maillage.engines.consistency.statements import Statement, read_statements

NO_EVIDENCE = "Aucune autre source chargée n'énonce ce chiffre."
# Enough digits for every sum and quotient of the numbers that are accepted.
_PRECISION = Context(prec=200)


def check(figures: Sequence[Figure], observations: Iterable[Observed] = ()) -> list[Verdict]:
    """One verdict per figure, in the order of `figures`. Deterministic; never raises, whatever the columns hold."""
    with localcontext(_PRECISION):
        statements = read_statements(figures)
        observed = ObservedIndex(observations)
        operands = Operands(statements, observed)
        misprinted = misprints(statements)
        set_aside = frozenset(misprinted)
        found: dict[int, list[Check]] = {index: [told] for index, told in misprinted.items()}
        for checks in (
            check_relations(statements, operands),
            check_documents(statements, operands, observed, set_aside),
            check_plausibility(statements, operands, set_aside),
        ):
            for index, told_by_check in checks.items():
                found.setdefault(index, []).extend(told_by_check)
        return [_verdict(statement, found.get(statement.index, [])) for statement in statements]


def _verdict(statement: Statement, found: list[Check]) -> Verdict:
    checks = [*_print_checks(statement), *found]
    if not checks:
        checks = [Check(VerdictKind.UNVERIFIABLE, NO_EVIDENCE)]
    ordered = sorted(checks, key=lambda check: -weigh(check))
    first = ordered[0]
    recomputed = first.recomputed
    if recomputed is None:
        recomputed = next(
            (check.recomputed for check in ordered if check.kind is first.kind and check.recomputed), None
        )
    return Verdict(statement.figure.key, first.kind, recomputed, first.reason, first.related, tuple(ordered))


def _print_checks(statement: Statement) -> list[Check]:
    """What the print itself prevents: nothing to read, or a value typed that is not the one printed."""
    told = statement.read
    if told.reading is None:
        reason = f"Chiffre illisible : {told.problem}."
        return [Check(VerdictKind.UNVERIFIABLE, reason, weight=WEIGHT_TRANSCRIPTION)]
    if told.transcription:
        reason = f"Saisie à corriger : {told.transcription}."
        return [Check(VerdictKind.UNVERIFIABLE, reason, told.reading.value, (), WEIGHT_TRANSCRIPTION)]
    return []
