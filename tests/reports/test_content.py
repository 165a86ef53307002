"""The document, assembled from facts: what it says, what it cites, what it refuses."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from maillage.documents.model import Align, Chapter, Column, Document, Paragraph, Row, Span, Table, plain
from maillage.documents.renderers.characters import map_strings
from maillage.reports.content import build
from maillage.reports.content.data import CollectedLine
from maillage.reports.content.writer import FigureUnresolved, hoist
from tests.reports.invented import credit_line, invented, nothing, value


def text_of(part: object) -> str:
    """Everything that a part of the document says, in order."""
    said: list[str] = []
    map_strings(part, lambda text: said.append(text) or text)  # type: ignore[func-returns-value]  # collects on the way
    return "".join(said)


def chapter(document: Document, key: str) -> Chapter:
    return next(one for one in document.chapters if one.key == key)


def test_the_chapters_in_their_order() -> None:
    keys = [one.key for one in build(invented()).chapters]
    assert keys == [
        "foreword",
        "key-figures",
        "credits",
        *[f"axis-{number}" for number in range(1, 6)],
        "health-cover",
        "voices",
        "governance",
        "calendar",
        "outlook",
        "discrepancies",
        "method",
        "sources",
    ]


def test_every_note_cited_exists_and_every_note_is_cited() -> None:
    document = build(invented())
    cited = re.findall(r"notes=\(([\d, ]+)\)", repr(document.chapters))
    numbers = {int(number) for found in cited for number in found.split(",") if number.strip()}
    assert numbers == {note.number for note in document.notes}


def test_every_figure_is_cited_once_with_its_source() -> None:
    citations = build(invented()).citations
    assert len({citation.key for citation in citations}) == len(citations)
    assert all(citation.source for citation in citations)
    assert {"credits|DEP-97|2020", "stated:X2"} <= {citation.key for citation in citations}


def test_a_figure_without_source_is_refused() -> None:
    bare = value("credits|DEP-97|2020", "Crédits", "12", sources=())
    line = replace(credit_line("DEP-97", "Nord", "10", "12"), after=bare)
    with pytest.raises(FigureUnresolved, match="n'a pas de source"):
        build(invented(credits=(line,)))


def test_unknown_is_said_and_is_not_zero() -> None:
    lines = (credit_line("DEP-97", "Nord", "1000000", None), credit_line("DEP-98", "Sud", "500000", "424495"))
    document = build(invented(credits=lines, credits_total=None))
    table = next(block for block in chapter(document, "credits").blocks if isinstance(block, Table))
    north = next(row for row in table.rows if plain(row.cells[0]) == "Nord")
    assert plain(north.cells[2]) == "n.\u00a0d."
    assert plain(north.cells[3]) == "n.\u00a0c."
    assert "Crédits 2020 inconnus" in text_of(document.chapters)


def test_a_year_without_any_data_says_so() -> None:
    document = build(nothing())
    assert "Aucun chiffre n’est enregistré pour 2031" in text_of(document.chapters)
    assert not document.citations
    tables = [block for block in document.blocks() if isinstance(block, Table)]
    assert not tables


def test_an_empty_part_is_to_be_written_in_a_draft_and_left_out_when_published() -> None:
    draft = chapter(build(invented()), "voices")
    assert isinstance(draft.blocks[0], Paragraph)
    assert "à rédiger" in plain(draft.blocks[0].text)
    published = build(invented(draft=False))
    assert "voices" not in [one.key for one in published.chapters]
    assert "Parties non rédigées\u00a0: paroles d’acteurs, perspectives" in text_of(published.chapters)


def test_a_contradiction_is_listed_with_its_reason_and_its_waiver() -> None:
    document = build(invented())
    listed = text_of(chapter(document, "discrepancies"))
    assert "Valeur recalculée\u00a0: 72,90\u00a0%" in listed
    assert "Faute d’impression reconnue" in listed
    assert "Aïcha Benali, le 20/11/2026" in listed
    assert document.discrepancies == ("X2",)  # X6 is waived, X7 is only truncated


def test_the_marks_of_a_demonstration_and_of_a_draft() -> None:
    assert len(build(invented(demonstration=True)).cover.marks) == 2
    assert build(invented(draft=False)).cover.marks == ()


def test_by_territory_the_chapters_follow_the_territories() -> None:
    keys = [one.key for one in build(invented(by_territory=True)).chapters]
    assert keys[3:6] == ["territory-REG-99", "territory-DEP-97", "territory-DEP-98"]


def test_a_note_shared_by_a_column_moves_to_its_head() -> None:
    columns = (Column("Nom"), Column("Montant", align=Align.END))
    rows = tuple(Row(((Span("a"),), (Span(text, notes=(3,)),))) for text in ("1", "2"))
    head, body = hoist(columns, rows)
    assert head[1].notes == (3,)
    assert all(not span.notes for row in body for span in row.cells[1])


def test_the_same_facts_give_the_same_document() -> None:
    assert build(invented()) == build(invented())
    assert build(invented()) != build(invented(north="1516844"))


def test_figures_of_partners_have_their_chapter_and_their_source() -> None:
    given = value("MEALS|DEP-97|2020", "Repas servis, Nord", "120")
    document = build(invented(collected=(CollectedLine("Repas servis", "Nord", "CAF inventée", given),)))
    assert "CAF inventée" in text_of(chapter(document, "collected"))
    assert "MEALS|DEP-97|2020" in {citation.key for citation in document.citations}
