"""A1 and A2: what an action sheet must say before it is signed."""

from __future__ import annotations

from collections.abc import Iterator

from maillage.engines.contract_rules.findings import broken, sheet_name, unknown
from maillage.engines.contract_rules.model import Finding, SheetFacts

_NEEDED = (
    ("axis", "axis_code", "n'a pas d'axe"),
    ("measure", "measure_code", "n'a pas de mesure"),
    ("need", "need", "ne dit pas à quel besoin elle répond"),
    ("pilot", "pilot", "n'a pas de pilote"),
)


def check_additionality(sheet: SheetFacts) -> Iterator[Finding]:
    """A1. To reinforce an action is to reach more people, another public or another area, from a known baseline.

    So say the questions and answers on the pacts and contrats locaux des solidarités (solidarites.gouv.fr, following
    the instructions of 27 October and 23 November 2023); asked of every kind of contract by the product's own design.
    """
    path = f"sheets/{sheet.code}"
    if not sheet.nature:
        subject = f"L'additionnalité de l'action {sheet_name(sheet)}"
        yield unknown("A1", f"{path}/nature", subject, ["sa nature (nouvelle ou renforcée)"])
    if sheet.nature != "reinforced":
        return
    lacks = (
        (sheet.baseline_known, "targets", "ne donne pas la situation initiale d'au moins un indicateur"),
        (sheet.larger_public_or_area, "enlargement", "ne dit pas quel public ou quel territoire est élargi"),
        (bool(sheet.justification.strip()), "justification", "ne dit pas en quoi elle est renforcée"),
    )
    for given, field, words in lacks:
        if not given:
            yield broken("A1", f"{path}/{field}", f"L'action renforcée {sheet_name(sheet)} {words}.", [])


def check_completeness(sheet: SheetFacts) -> Iterator[Finding]:
    """A2: axis, measure, need, pilot, and one indicator at least with the value of its target."""
    path = f"sheets/{sheet.code}"
    for field, attribute, words in _NEEDED:
        if not getattr(sheet, attribute).strip():
            yield broken("A2", f"{path}/{field}", f"L'action {sheet_name(sheet)} {words}.", [])
    if not any(target.value is not None for target in sheet.targets):
        words = "a des indicateurs, mais aucune cible" if sheet.targets else "n'a pas d'indicateur avec sa cible"
        yield broken("A2", f"{path}/targets", f"L'action {sheet_name(sheet)} {words}.", [])
