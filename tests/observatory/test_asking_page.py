"""Questions in words: forty written beforehand, and the page that answers them."""

from __future__ import annotations

import sys

import pytest

from maillage.territories.models import Territory
from tests.observatory.asked import Question, make_indicators, make_places, precision, questions, understood

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loaded(territories: dict[str, Territory]) -> None:
    make_places(territories)
    make_indicators()


@pytest.mark.parametrize("question", questions(), ids=lambda one: one.text)
def test_each_question_is_understood_as_written(question: Question) -> None:
    assert understood(question.text) == question.expected


def test_precision_of_the_whole_set(capsys: pytest.CaptureFixture[str]) -> None:
    asked = questions()
    said = precision(asked)
    with capsys.disabled():
        sys.stdout.write(f"\n{said}\n")
    assert len(asked) >= 40
    assert said == f"{len(asked)} / {len(asked)} questions understood"
