"""Long lists: a page shows a part, a sort and an export take the whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from maillage.core.models import User
from maillage.indicators.models import StatedFigure
from maillage.indicators.views import consistency, pact
from maillage.pacts.models import Measure
from maillage.territories.models import Territory
from tests.indicators.samples import axis, document, figure

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
NUMBER = consistency.PAGE_SIZE + 5


@pytest.fixture
def measure(territories: dict[str, Territory]) -> Measure:
    """A measure whose axis carries many figures, the largest value last."""
    one, doc = axis(), document()
    for rank in range(NUMBER):
        code = f"N{rank:03d}"
        figure(code, f"{rank}", "places", on=territories["REG-52"], of=doc, printed_as=f"{rank}", position=rank)
    StatedFigure.objects.update(axis=one)
    measure: Measure = one.measures.create(code="P-1-N1", kind="new", title="Une mesure", position=1)
    return measure


def shown(page: str) -> int:
    return sum(f">N{rank:03d}<" in page for rank in range(NUMBER))


def test_other_figures_of_the_axis_are_paged(client_for: ClientFor, aicha: User, measure: Measure) -> None:
    client, url = client_for(aicha), reverse("measure", args=[measure.code])
    first = client.get(url).content.decode()
    assert shown(first) == pact.PAGE_SIZE
    assert "ui-pagination" in first
    assert f">N{NUMBER - 1:03d}<" in client.get(url, {"page": "3"}).content.decode()
    exported = client.get(url, {"export": "csv", "tableau": "axe"}).content.decode()
    assert sum(f"N{rank:03d}" in exported for rank in range(NUMBER)) == NUMBER


@pytest.mark.parametrize(("name", "table"), [("consistency", "chiffres"), ("measure", "axe")])
def test_a_sort_orders_the_whole_list_and_not_the_page(
    client_for: ClientFor, aicha: User, measure: Measure, name: str, table: str
) -> None:
    args = [measure.code] if name == "measure" else []
    query = {f"{table}-tri": "printed", f"{table}-sens": "desc"}
    page = client_for(aicha).get(reverse(name, args=args), query).content.decode()
    assert f">N{NUMBER - 1:03d}<" in page
    assert ">N000<" not in page


def test_a_page_of_the_check_shows_a_part_and_counts_all(client_for: ClientFor, aicha: User, measure: Measure) -> None:
    page = client_for(aicha).get(reverse("consistency")).content.decode()
    assert shown(page) == consistency.PAGE_SIZE
    assert f"{NUMBER} sur {NUMBER}" in page
