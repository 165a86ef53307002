"""Guidance of each right: complete, sourced, dated, in plain words, and promising nothing."""

from __future__ import annotations

import re
from datetime import date

import pytest

from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.kernel.errors import InputRefused
from maillage.rights.guidance import FILE, Guidance, all_guidance, guidance_of, read_guidance
from maillage.rights.plain_language import promise
from tests.architecture.test_glossary import PLAIN_SPACE, refused_text

CODES = [one.code for one in RIGHTS]
LAW = re.compile(r"(?:CASF|CSS|CCH|Code de l'énergie|Code du travail), art\. [LRD]\. [0-9]{3,4}-[0-9]+(?:-[0-9]+)?")
LONGEST_SENTENCE = 40  # words: beyond, a sentence is read twice


def texts(one: Guidance) -> list[str]:
    return [one.what, *one.bring, *one.where, one.delay, one.renewal, one.ends, one.note]


def test_each_right_has_its_guidance() -> None:
    assert list(all_guidance()) == CODES
    assert guidance_of("rmi") is None


@pytest.mark.parametrize("right", CODES)
def test_nothing_is_promised(right: str) -> None:
    one = all_guidance()[right]
    assert not [promise(text) for text in texts(one) if promise(text)]
    assert "pourriez" in one.what


@pytest.mark.parametrize("right", CODES)
def test_each_row_says_where_and_when_it_was_read(right: str) -> None:
    one = all_guidance()[right]
    assert any(source.startswith("openfisca-france ") for source in one.sources)
    assert any(source.startswith(("http://", "https://")) for source in one.sources)
    assert date(2026, 1, 1) <= one.read_on
    assert all(LAW.fullmatch(article) for article in one.law), one.law


@pytest.mark.parametrize("right", CODES)
def test_it_says_what_to_bring_and_where_to_go(right: str) -> None:
    one = all_guidance()[right]
    assert any("identité" in piece for piece in one.bring)
    assert any("France services" in place for place in one.where)
    assert re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", one.site)


@pytest.mark.parametrize("right", CODES)
def test_it_is_written_in_plain_french(right: str) -> None:
    for text in filter(None, texts(all_guidance()[right])):
        assert not PLAIN_SPACE.search(text), text
        assert not refused_text(text), text
        sentences = re.split(r"(?<=[.!?])\s", text)
        assert max(len(sentence.split()) for sentence in sentences) <= LONGEST_SENTENCE, text


@pytest.mark.parametrize(
    "text",
    ["Vous avez droit au RSA.", "Vous toucherez 600 €.", "vous êtes éligible", "Vous aurez le droit", "C'est garanti"],
)
def test_a_promise_is_seen(text: str) -> None:
    assert promise(text)
    assert not promise("Vous pourriez avoir droit au RSA.")


def refusal(change: str, into: str) -> InputRefused:
    content = FILE.read_text(encoding="utf-8").replace(change, into, 1)
    with pytest.raises(InputRefused) as refused:
        read_guidance(content.encode())
    return refused.value


def test_a_file_that_promises_is_refused_by_row_and_column() -> None:
    problem = refusal("Vous pourriez y avoir droit dès 18 ans", "Vous avez droit à la prime").problems[0]
    assert (problem.row, problem.column) == (3, "what")
    assert "pourriez" in problem.message


def test_a_right_told_twice_or_unknown_a_lost_date_and_an_empty_source_are_refused() -> None:
    assert "figure déjà ligne 2" in str(refusal("\nppa,", "\nrsa,"))
    assert "AAAA-MM-JJ" in str(refusal("2026-11-20", "20/11/2026"))
    assert "Valeurs admises" in str(refusal("\nppa,", "\nrmi,"))
    assert "colonne manquante" in str(refusal("right,law", "right,article"))
