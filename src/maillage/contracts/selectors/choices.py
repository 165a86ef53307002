"""What may be chosen where a field refers to the instance: codes with their names, grouped for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maillage.contracts.enums import FunderKind
from maillage.contracts.models import Contract, Funder
from maillage.indicators.models import Indicator
from maillage.pacts.models import Axis, BaseMeasure, Measure

Choices = Sequence[tuple[str, Any]]
NONE: tuple[str, str] = ("", "—")


def choices_of(contract: Contract) -> dict[str, Choices]:
    """Table → choices of a select: axes and measures of the contract's own pact where it has one, else of all."""
    axes = Axis.objects.select_related("pact")
    measures = Measure.objects.select_related("axis__pact").order_by(
        "axis__pact__starts_on", "axis__number", "position"
    )
    bases = BaseMeasure.objects.select_related("pact").order_by("pact__starts_on", "position")
    if contract.pact_id is not None:
        axes, measures = axes.filter(pact=contract.pact_id), measures.filter(axis__pact=contract.pact_id)
        bases = bases.filter(pact=contract.pact_id)
    several = contract.pact_id is None
    return {
        "axis": [(one.code, _of_pact(str(one), one.pact, several)) for one in axes],
        "measure": _grouped((_of_pact(str(one.axis), one.axis.pact, several), one.code, one.title) for one in measures),
        "base_measure": [(one.code, _of_pact(one.title, one.pact, several)) for one in bases],
        "indicator": indicator_choices(),
        "funder": funder_choices(),
    }


def _of_pact(title: str, pact: Any, several: bool) -> str:
    return f"{title} ({pact.short_title})" if several else title


def indicator_choices() -> Choices:
    """Every indicator, its code after its name so that both are found by typing."""
    return [
        (code, f"{label} · {code}") for code, label in Indicator.objects.order_by("label").values_list("code", "label")
    ]


def funder_choices() -> Choices:
    """Funders grouped by kind, the State first."""
    labels = dict(FunderKind.choices)
    rank = {kind: position for position, kind in enumerate(labels)}
    funders = sorted(Funder.objects.all(), key=lambda one: (rank.get(one.kind, len(rank)), one.name))
    return _grouped((labels.get(one.kind, one.kind), one.code, one.name) for one in funders)


def _grouped(rows: Any) -> Choices:
    groups: dict[str, list[tuple[str, str]]] = {}
    for group, code, name in rows:
        groups.setdefault(group, []).append((code, name))
    return list(groups.items())


def with_current(choices: Choices, code: str | None, name: str) -> Choices:
    """The choices, with the one that stands where it is not among them: what is written is never lost by a select."""
    if not code or any(code == one or _holds(inner, code) for one, inner in choices):
        return choices
    return [*choices, (code, f"{name} (hors de la liste)")]


def _holds(inner: Any, code: str) -> bool:
    return not isinstance(inner, str) and any(code == one for one, _ in inner)
