"""A catalogue, an outline and values, all invented; and templates made by hand where a case needs them."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import docx
import odfdo

from maillage.documents.enums import Format
from maillage.documents.merge import Catalogue, Field, Kind
from maillage.documents.merge.outline import Bullet, Column, Heading, If, Loop, LoopTable, Outline, Paragraph
from maillage.documents.model import Align
from maillage.kernel.money import Money

OFFICE = (Format.DOCX, Format.ODT)

CATALOGUE = Catalogue(
    [
        Field("contrat.intitule", "Intitulé du contrat", "Contrat inventé"),
        Field("contrat.montant", "Montant total", Money.of(1_502_450), Kind.MONEY),
        Field("contrat.signe_le", "Date de signature", date(2024, 6, 1), Kind.DATE),
        Field("contrat.actif", "En vigueur", True, Kind.YES_NO),
        Field("reference.texte", "Référence de la version", "CLS-DEP-99-2024 · version 2"),
        Field("reference.adresse", "Adresse de vérification", "https://maillage.example/verifier/3f2a"),
        Field("actions[]", "Les actions", kind=Kind.LIST),
        Field("actions[].intitule", "Intitulé de l'action", "Aller vers les jeunes"),
        Field("actions[].lignes[].financeur", "Financeur", "État"),
        Field("actions[].lignes[].montant", "Montant prévu", Money.of(80), Kind.MONEY),
        Field("actions[].personnes", "Personnes à atteindre", Decimal(120), Kind.NUMBER),
    ]
)

OUTLINE = Outline(
    title="{{ contrat.intitule }}",
    subtitle="Convention",
    reference="{{ reference.texte }}",
    url="{{ reference.adresse }}",
    blocks=(
        Heading("Article 1 : le montant"),
        Paragraph("L'État apporte {{ contrat.montant }} ({{ contrat.montant|montant_en_lettres }})."),
        If("contrat.signe_le", (Paragraph("Signé le {{ contrat.signe_le|date }}."),)),
        Heading("Article 2 : les actions"),
        Loop("actions", (Bullet("{{ loop.index }}. {{ action.intitule }}"),)),
        Loop(
            "actions",
            (
                Heading("{{ action.intitule }}", 2),
                Paragraph("{{ action.personnes|nombre }} personnes."),
                LoopTable(
                    "action.lignes",
                    (
                        Column("Financeur", "{{ ligne.financeur }}"),
                        Column("Montant", "{{ ligne.montant }}", Align.END),
                    ),
                ),
            ),
        ),
    ),
)


def values(intitule: str = "Contrat inventé", actions: int = 2, lignes: int = 2) -> dict[str, Any]:
    return {
        "contrat": {
            "intitule": intitule,
            "montant": Money.of("1502450,80"),
            "signe_le": date(2024, 6, 1),
            "actif": True,
        },
        "reference": {"texte": "CLS-DEP-99-2024 · version 2", "adresse": "https://maillage.example/verifier/3f2a"},
        "actions": [
            {
                "intitule": f"Action {a}",
                "personnes": 1200,
                "lignes": [{"financeur": f"Financeur {a}.{n}", "montant": Money.of(80 * n)} for n in range(lignes)],
            }
            for a in range(actions)
        ],
    }


def template(format: Format, *paragraphs: str, foot: str = "") -> bytes:
    """A template of so many paragraphs, as a word processor would write them."""
    made = io.BytesIO()
    if format is Format.DOCX:
        word = docx.Document()
        for text in paragraphs:
            word.add_paragraph(text)
        word.sections[0].footer.paragraphs[0].text = foot
        word.save(made)
    else:
        opened: Any = odfdo.Document("text")
        opened.body.clear()
        for text in paragraphs:
            opened.body.append(odfdo.Paragraph(text))
        opened.save(made)
    return made.getvalue()


def with_entry(content: bytes, name: str, data: bytes) -> bytes:
    """The same archive with an entry added or replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename != name:
                target.writestr(entry, source.read(entry.filename))
        target.writestr(name, data)
    return made.getvalue()


def read(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def main_part(format: Format) -> str:
    return "word/document.xml" if format is Format.DOCX else "content.xml"
