"""Pages of an instance where nothing is loaded, or almost: they say so and offer a way on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from maillage.core.models import User
from maillage.territories.models import Territory
from tests.indicators.samples import axis, contradiction, document, indicator

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pact-list", "Aucun pacte"),
        ("documents", "Aucun document"),
        ("consistency", "Aucun chiffre"),
        ("indicators", "Aucun indicateur"),
        ("bodies", "Aucune instance"),
    ],
)
def test_a_list_without_anything_says_so(
    client_for: Callable[[User], Client], aicha: User, name: str, said: str
) -> None:
    response = client_for(aicha).get(reverse(name))
    assert response.status_code == 200
    assert said in response.content.decode()


def test_objects_without_anything_linked_are_shown(client_for: Callable[[User], Client], aicha: User) -> None:
    one = axis()
    measure = one.measures.create(code="P-1-N1", kind="new", title="Une mesure", position=1)
    document()
    indicator()
    client = client_for(aicha)
    for name, code in (
        ("pact", "P"),
        ("axis", one.code),
        ("measure", measure.code),
        ("document", "DOC-A"),
        ("indicator", "AIDES"),
    ):
        assert client.get(reverse(name, args=[code])).status_code == 200, name


def test_markup_in_a_file_is_shown_and_never_run(
    client_for: Callable[[User], Client], aicha: User, territories: dict[str, Territory]
) -> None:
    figure = contradiction(territories["REG-52"], document())
    figure.label = figure.printed_as = "<script>alert(1)</script>"
    figure.save()
    for name, args in (("figure", [figure.code]), ("document", ["DOC-A"]), ("consistency", [])):
        page = client_for(aicha).get(reverse(name, args=args)).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
