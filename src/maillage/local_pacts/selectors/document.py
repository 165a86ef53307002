"""The pact as a document: drawn from the same data as a version freezes, so that page, file and hash say one thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format

from maillage.documents.model import (
    Align,
    Block,
    Chapter,
    Column,
    Cover,
    Document,
    Fact,
    Facts,
    Layout,
    Paragraph,
    ParagraphKind,
    Reference,
    Row,
    Signature,
    Signatures,
    Span,
    Table,
    Text,
)
from maillage.indicators.selectors.values import period_label
from maillage.kernel.numbers import NBSP
from maillage.local_pacts.enums import PartnerState
from maillage.ui import units
from maillage.ui.units import typography

DRAFT_BANNER = f"Projet{NBSP}: ce texte n’est pas en vigueur"


def build(
    content: Mapping[str, Any],
    *,
    in_force: bool,
    edited_on: date,
    publisher: str,
    reference: Reference | None = None,
    demonstration: bool = False,
) -> Document:
    """`content` has the shape of `selectors.snapshot.compose`. A text that is not in force says so on every page."""
    marks = ("Instance de démonstration : ce document n’est pas officiel",) if demonstration else ()
    version = f"Version {content['version']}, en vigueur le {_day(content['in_force_on'])}" if in_force else "Projet"
    return Document(
        cover=Cover(
            title=typography(content["title"]),
            subtitle=version,
            territory=content["territory"]["name"],
            year=edited_on.year,
            publisher=publisher,
            edited_on=date_format(edited_on, "j F Y"),
            marks=tuple(typography(mark) for mark in marks),
        ),
        chapters=(
            Chapter("diagnostic", "Diagnostic", _diagnosis(content)),
            *(_priority(rank, one) for rank, one in enumerate(content["priorities"], start=1)),
            Chapter("signataires", "Signataires", (_signatures(content),)),
        ),
        layout=Layout.SHEET,
        reference=reference,
        banner="" if in_force else DRAFT_BANNER,
    )


def _text(words: str | None) -> Text:
    return (Span(typography(words or "")),)


def _day(text: str | None) -> str:
    return date_format(date.fromisoformat(text), "j F Y") if text else ""


def _paragraphs(body: str) -> list[Block]:
    """One paragraph per line typed: a line break that a writer chose is kept."""
    return [Paragraph(_text(line)) for line in body.splitlines() if line.strip()]


def _diagnosis(content: Mapping[str, Any]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for section in content["sections"]:
        blocks.append(Paragraph((Span(typography(section["title"]), strong=True),)))
        blocks += _paragraphs(section["body"])
    blocks.append(_figures(content["figures"]))
    plan = content["plan"]
    named = ", ".join(part for part in (plan["title"], plan["reference"]) if part)
    blocks.append(Facts((Fact("Schéma d’accessibilité des services (SDAASP)", _text(named or "non nommé")),)))
    return tuple(blocks)


def _figures(figures: Sequence[Mapping[str, Any]]) -> Table:
    columns = (
        Column("Chiffre", weight=2),
        Column("Valeur", align=Align.END, weight=2),
        Column("Période"),
        Column("Source", weight=2),
    )
    return Table(_text("Chiffres du diagnostic"), columns, tuple(Row(_figure_cells(one)) for one in figures))


def _figure_cells(one: Mapping[str, Any]) -> tuple[Text, ...]:
    if one["value"] is None:
        value = f"inconnu{NBSP}: {one['reason']}" if one["reason"] else "inconnu"
    else:
        decimals = 0 if one["unit"] == "persons" else None
        value = units.format_value(Decimal(one["value"]), unit=one["unit"], decimals=decimals)
        if one["low"] is not None and one["high"] is not None:
            low, high = (units.format_value(Decimal(one[name]), decimals=0) for name in ("low", "high"))
            value = f"{value} (estimé, entre {low} et {high})"
    sources = " ; ".join(source["label"] for source in one["sources"][:2])
    return (_text(one["label"]), _text(value), _text(period_label(one["period"])), _text(sources))


def _priority(rank: int, one: Mapping[str, Any]) -> Chapter:
    technical = ", ".join(one["technical_partners"]) or "à composer"
    blocks: list[Block] = [
        *_paragraphs(one["need"]),
        Facts((Fact("Pilote", _text(one["pilot"] or "à désigner")), Fact("Comité technique", _text(technical)))),
    ]
    if one["commitments"]:
        blocks.append(_commitments(one))
    else:
        blocks.append(Paragraph(_text("Aucun engagement n’est encore pris."), ParagraphKind.PENDING))
    return Chapter(f"priorite-{rank}", typography(f"Priorité {rank} : {one['title']}"), tuple(blocks))


def _commitments(one: Mapping[str, Any]) -> Table:
    columns = (
        Column("Partenaire"),
        Column("Engagement", weight=3),
        Column("Échéance"),
        Column("Comment on verra qu’il est tenu", weight=2),
    )
    rows = tuple(
        Row((_text(kept["partner"]), _text(kept["text"]), _text(_day(kept["due_on"])), _text(kept["seen_by"])))
        for kept in one["commitments"]
    )
    return Table(_text(f"Engagements, priorité {one['position']}"), columns, rows)


def _signatures(content: Mapping[str, Any]) -> Signatures:
    return Signatures(
        tuple(
            Signature(
                typography(one["organisation"]),
                "",
                signed=f"Signé le {_day(one['signed_on'])}" if one["signed_on"] else "",
            )
            for one in content["signatories"]
            if one["state"] != PartnerState.DECLINED
        )
    )
