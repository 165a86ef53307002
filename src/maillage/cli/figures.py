"""`maillage figures`: the figures that documents assert, checked against each other and against what is observed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from maillage.cli import output
from maillage.cli.imports import import_
from maillage.engines.consistency import VerdictKind
from maillage.indicators.selectors import consistency
from maillage.indicators.selectors.consistency import Checked
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, format_number
from maillage.sources.models import SourceDocument

document_option = click.option(
    "--document",
    metavar="CODE",
    default="",
    help="Seulement les chiffres de ce document ; les autres servent toujours de preuve.",
)


@click.group()
def figures() -> None:
    """Contrôle les chiffres que les documents énoncent."""


figures.add_command(import_)  # the same command, found where figures are spoken of


@figures.command("check")
@document_option
@output.json_option
@output.strict_option
def check(document: str, as_json: bool, strict: bool) -> int:
    """Donne un verdict par chiffre énoncé, avec sa raison.

    Avec --strict, la commande sort avec le code 1 dès qu'un écart n'est couvert par aucune dérogation.
    """
    _known(document)
    checked = consistency.check(document)
    output.emit([as_object(item) for item in checked], as_json=as_json, text=lambda: as_text(checked))
    return output.DISCREPANCIES if strict and any(item.is_open for item in checked) else output.DONE


@figures.command("list")
@document_option
@output.json_option
def list_(document: str, as_json: bool) -> None:
    """Liste les chiffres énoncés, dans l'ordre des documents."""
    _known(document)
    found = [one for one in consistency.stated_figures() if not document or one.document.code == document]
    rows = [
        {
            "figure": one.code,
            "document": one.document.code,
            "label": one.label,
            "territory": one.territory.code,
            "period": one.period,
            "printed_as": one.printed_as,
        }
        for one in found
    ]
    headings = ["Chiffre", "Document", "Libellé", "Territoire", "Période", "Imprimé"]
    output.emit(rows, as_json=as_json, text=lambda: output.table(headings, [list(row.values()) for row in rows]))


def as_object(item: Checked) -> dict[str, Any]:
    """A verdict as `--json` writes it."""
    figure, waiver = item.figure, item.waiver
    return {
        "figure": figure.code,
        "document": figure.document.code,
        "locator": figure.locator,
        "printed_as": figure.printed_as,
        "value": figure.value,
        "recomputed": item.recomputed,
        "verdict": item.kind,
        "reason": item.verdict.reason,
        "label": figure.label,
        "territory": figure.territory.code,
        "period": figure.period,
        "unit": figure.unit,
        "perimeter": figure.perimeter,
        "related": [key for key in item.verdict.related if key != figure.code],
        "waiver": None
        if waiver is None
        else {"reason": waiver.reason, "by": str(waiver.by), "at": waiver.at, "verdict": waiver.verdict},
    }


def as_text(checked: Iterable[Checked]) -> str:
    """The verdicts grouped, the gravest first, with how many of each."""
    items = tuple(checked)
    if not items:
        return "Aucun chiffre énoncé n'est chargé."
    lines = [f"{format_number(len(items))} chiffres énoncés contrôlés.", ""]
    for kind in _ORDER:
        group = [item for item in items if item.verdict.kind is kind]
        if group:
            lines += [f"{kind.label_fr[:1].upper()}{kind.label_fr[1:]}{NBSP}: {len(group)}", *_group(kind, group), ""]
    open_ = sum(1 for item in items if item.is_open)
    waived = sum(1 for item in items if item.is_discrepancy and not item.is_open)
    lines.append(f"Écarts{NBSP}: {open_} ouverts, {waived} couverts par une dérogation.")
    return "\n".join(lines)


_ORDER = (
    VerdictKind.CONTRADICTS_COMPONENTS,
    VerdictKind.CONTRADICTS_DOCUMENT,
    VerdictKind.IMPLAUSIBLE,
    VerdictKind.TRUNCATED,
    VerdictKind.HOLDS_ROUNDED,
    VerdictKind.HOLDS,
    VerdictKind.UNVERIFIABLE,
)
_BRIEF = {VerdictKind.HOLDS, VerdictKind.HOLDS_ROUNDED, VerdictKind.UNVERIFIABLE}


def _group(kind: VerdictKind, group: Iterable[Checked]) -> list[str]:
    lines = []
    for item in group:
        figure = item.figure
        place = f"{figure.document.code}, {figure.locator}" if figure.locator else figure.document.code
        lines.append(f"  {figure.code}  {figure.label} — «{NBSP}{figure.printed_as}{NBSP}» ({place})")
        if kind not in _BRIEF:
            lines.append(f"      {item.verdict.reason}")
        if item.waiver is not None:
            lines.append(f"      Dérogation de {item.waiver.by}, {item.waiver.at:%d/%m/%Y}{NBSP}: {item.waiver.reason}")
    return lines


def _known(document: str) -> None:
    if document and not SourceDocument.objects.filter(code=document).exists():
        codes = ", ".join(SourceDocument.objects.order_by("code").values_list("code", flat=True)) or "aucun"
        raise MaillageError(f"Aucun document chargé ne porte le code « {document} ». Codes connus : {codes}.")
