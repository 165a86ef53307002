"""One stated figure from all sides: its recomputation step by step, what cites it, its waivers, its history."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.core.models import AuditEntry
from maillage.engines.consistency.relations import RelationKind, RelationUnreadable, parse_relation
from maillage.indicators.models import Observation, StatedFigure, Waiver
from maillage.indicators.selectors.consistency import POPULATION_NAME, Checked
from maillage.indicators.selectors.people import population
from maillage.indicators.selectors.values import Value, period_label, value_of
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, format_number, parse_number


@dataclass(frozen=True, slots=True)
class Operand:
    """One term of a relation: another figure, an observed value, or a number written in the relation."""

    name: str
    label: str
    value: Decimal | None
    printed_as: str = ""
    figure: StatedFigure | None = None
    observed: Value | None = None


@dataclass(frozen=True, slots=True)
class Recomputation:
    """How a figure is redone from its terms. `formula` is in words that can be typed again; '' where it cannot be."""

    sentence: str
    operands: tuple[Operand, ...]
    formula: str
    result: Decimal | None


def recomputation(item: Checked) -> Recomputation | None:
    """None when the sentence claims no relation, or one that cannot be read."""
    try:
        relation = parse_relation(item.figure.relation)
    except RelationUnreadable:
        return None
    if relation is None:
        return None
    operands = _operands(item.figure, relation.operands)
    values = [operand.value for operand in operands]
    sentence = _SENTENCES[relation.kind]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Recomputation(sentence, operands, "", item.recomputed)
    formula, result = _formula(relation.kind, known)
    return Recomputation(sentence, operands, formula, result if result is not None else item.recomputed)


def citing(figure: StatedFigure) -> list[StatedFigure]:
    """Figures whose relation names this one, in the same document or another."""
    word = re.compile(rf"(?<![\w.:-]){re.escape(figure.code)}(?![\w.:-])")
    near = StatedFigure.objects.filter(relation__contains=figure.code).exclude(pk=figure.pk).select_related("document")
    return [one for one in near.order_by("document__code", "position", "code") if word.search(one.relation)]


def waivers(figure: StatedFigure) -> list[Waiver]:
    """Every waiver, withdrawn ones too, the latest first."""
    return list(figure.waivers.select_related("by", "withdrawn_by").order_by("-at", "-pk"))


def history(figure: StatedFigure) -> list[AuditEntry]:
    """What the journal holds of this figure, the latest first."""
    found = AuditEntry.objects.filter(object_type=figure._meta.label_lower, object_id=str(figure.pk))
    return list(found.select_related("actor").order_by("-at", "-pk"))


def _operands(figure: StatedFigure, names: Sequence[str]) -> tuple[Operand, ...]:
    found = {one.code: one for one in StatedFigure.objects.filter(code__in=names).select_related("document")}
    return tuple(_operand(figure, name, found.get(name)) for name in names)


def _operand(figure: StatedFigure, name: str, other: StatedFigure | None) -> Operand:
    if other is not None:
        return Operand(name, f"{other.label}, {period_label(other.period)}", other.value, other.printed_as, other)
    if name == POPULATION_NAME:
        value = population(figure.territory, near=figure.period)
        return Operand(name, f"Population municipale {value.period_label}", value.amount, observed=value)
    observations = Observation.objects.filter(
        indicator__code=name, territory=figure.territory, period=figure.period
    ).with_sources()
    observed = value_of(list(observations.order_by("pk")))
    if observed is not None:
        return Operand(name, name, observed.amount, observed=observed)
    try:
        return Operand(name, "nombre écrit dans la phrase", parse_number(name), name)
    except MaillageError:
        return Operand(name, name, None)


_SENTENCES = {
    RelationKind.EVOLUTION: "La phrase donne l'évolution du premier terme au second.",
    RelationKind.DIFFERENCE: "La phrase donne l'écart entre le premier terme et le second.",
    RelationKind.SUM: "La phrase donne la somme des termes.",
    RelationKind.SHARE: "La phrase donne la part du premier terme dans le second.",
    RelationKind.EQUALS: "La phrase reprend un autre chiffre.",
    RelationKind.PART: "La phrase présente le chiffre comme une partie d'un autre.",
    RelationKind.COUNT: "Le document énumère ce que le chiffre compte.",
    RelationKind.LISTED: "Le document énumère des éléments de la même nature, sans dire qu'ils font le chiffre.",
}


def _formula(kind: RelationKind, values: Sequence[Decimal]) -> tuple[str, Decimal | None]:
    written = [format_number(value) for value in values]
    if kind is RelationKind.EVOLUTION and values[0]:
        before, after = values
        result = (after - before) * 100 / abs(before)
        return f"({written[1]} − {written[0]}) ÷ {written[0]} × 100 = {format_number(result, 2)}{NBSP}%", result
    if kind is RelationKind.SHARE and values[1]:
        result = values[0] * 100 / values[1]
        return f"{written[0]} ÷ {written[1]} × 100 = {format_number(result, 2)}{NBSP}%", result
    if kind is RelationKind.DIFFERENCE:
        result = values[1] - values[0]
        return f"{written[1]} − {written[0]} = {format_number(result)}", result
    if kind is RelationKind.SUM:
        result = sum(values, Decimal(0))
        return f"{' + '.join(written)} = {format_number(result)}", result
    return "", None
