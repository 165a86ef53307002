"""An invented action sheet and an invented convention, for tests that need no database."""

from __future__ import annotations

from maillage.documents.model import (
    Align,
    Chapter,
    Column,
    Cover,
    Document,
    Fact,
    Facts,
    Layout,
    Paragraph,
    Reference,
    Row,
    Section,
    Signature,
    Signatures,
    Span,
    Table,
)

REFERENCE = Reference("CLS-DEP-99-2024 · version 2 · empreinte 3f2a9c01", "https://maillage.example/verifier/3f2a9c01")
BANNER = "Projet, sans valeur contractuelle"


def _text(words: str) -> tuple[Span, ...]:
    return (Span(words),)


def budget() -> Table:
    columns = (Column("Année"), Column("Financeur", weight=2), Column("Prévu", align=Align.END))
    rows = (
        Row((_text("2024"), _text("État"), _text("150\u202f000\u00a0€"))),
        Row((_text("2024"), _text("Département inventé"), _text("150\u202f000\u00a0€"))),
        Row((_text("Total"), (), _text("300\u202f000\u00a0€")), total=True),
    )
    return Table(_text("Budget de l’action, par année et par financeur"), columns, rows)


def document(
    *,
    layout: Layout = Layout.SHEET,
    reference: Reference | None = REFERENCE,
    banner: str = BANNER,
    pilot: str = "CCAS inventé",
    articles: int = 1,
) -> Document:
    facts = Facts((Fact("Pilote", _text(pilot)), Fact("Public visé", _text("Jeunes de 16 à 25 ans"))))
    signatures = Signatures(
        (
            Signature("Pour l’État", "Le préfet"),
            Signature("Pour le Département inventé", "La présidente", "Signé le 3 juin 2024"),
            Signature("Pour la métropole inventée"),
        )
    )
    chapters = (
        Chapter("action", "L’action", (facts, Paragraph(_text("Un accueil sans rendez-vous."))), ()),
        Chapter("budget", "Le budget", (budget(),)),
        *(
            Chapter(f"article-{n}", f"Article {n}", (Paragraph(_text("Texte inventé. " * 60)),), (Section("Détail"),))
            for n in range(1, articles + 1)
        ),
        Chapter("signatures", "Signatures", (signatures,)),
    )
    cover = Cover(
        title="Aller vers les jeunes",
        subtitle="Fiche action 1.2",
        territory="Département inventé",
        publisher="Préfecture inventée",
        edited_on="20 novembre 2026",
    )
    return Document(cover, chapters, layout=layout, reference=reference, banner=banner)
