"""The light markup of the written parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.documents.model import Bullets, Paragraph, Span, plain
from maillage.reports import narrative


def test_paragraphs_lists_and_emphasis() -> None:
    blocks = narrative.parse("Une **année** *dure* ;\nfin.\n\n- un\n- deux\n  suite\n\nFin !")
    assert [type(block) for block in blocks] == [Paragraph, Bullets, Paragraph]
    first, items, last = blocks
    assert isinstance(first, Paragraph)
    assert first.text == (
        Span("Une "),
        Span("année", strong=True),
        Span(" "),
        Span("dure", emphasis=True),
        Span("\u202f; fin."),
    )
    assert isinstance(items, Bullets)
    assert [plain(item) for item in items.items] == ["un", "deux suite"]
    assert isinstance(last, Paragraph)
    assert plain(last.text) == "Fin\u202f!"


@pytest.mark.parametrize("body", ["", "  \n \n", "\r\n\r\n"])
def test_nothing_but_spaces_is_no_text(body: str) -> None:
    assert narrative.parse(body) == ()


@pytest.mark.parametrize("body", ["#titre", "<b>gras</b>", "**ouvert", "[lien](x)", "$x$ @y \\z _w_"])
def test_any_other_mark_is_literal(body: str) -> None:
    (block,) = narrative.parse(body)
    assert isinstance(block, Paragraph)
    assert plain(block.text) == body


@given(st.text(alphabet="ab *-\n_#", max_size=60))
def test_no_letter_is_lost(body: str) -> None:
    shown = "".join(
        plain(text)
        for block in narrative.parse(body)
        for text in (block.items if isinstance(block, Bullets) else (block.text,))  # type: ignore[union-attr]  # two kinds
    )
    assert [char for char in shown if char in "ab"] == [char for char in body if char in "ab"]


def test_comparison_says_what_changed() -> None:
    changes = narrative.compare("un\ndeux", "un\ntrois")
    assert [(change.kind, change.text) for change in changes] == [
        ("kept", "un"),
        ("removed", "deux"),
        ("added", "trois"),
    ]
