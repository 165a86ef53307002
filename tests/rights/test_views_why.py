"""« Pourquoi » : the figures of the household on the way to an amount, and the plain reason of a zero."""

from __future__ import annotations

import pytest
from django.test import Client

from maillage.territories.models import Territory
from tests.rights.law import LEGIFRANCE
from tests.rights.test_views_check import WHOLE, plain, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invented_law")]


def _of_right(html: str, code: str) -> str:
    start = html.index(f'id="droit-{code}"')
    return html[start : html.index("</article>", start)]


def test_a_step_tells_the_interval_of_the_households_that_remain_possible(client: Client) -> None:
    answers = {code: value for code, value in WHOLE.items() if code not in ("salaire", "commune")}
    page = plain(_of_right(post(client, answers).content.decode(), "rsa"))
    assert "Ressources retenues : entre 0 et " in page
    assert "€ par mois CASF, art. L. 262-2" in page
    assert "Ce qui ne concerne personne" not in page


def test_a_step_tells_its_figure_its_article_and_its_parameters(client: Client, communes: dict[str, Territory]) -> None:
    page = plain(_of_right(post(client, WHOLE).content.decode(), "rsa"))
    assert "Ressources retenues : 713,29 € par mois CASF, art. L. 262-2" in page
    assert "Montant d’une personne : 600 € depuis le 1er janvier 2020 Loi inventée" in page


def test_what_the_right_is_comes_first(client: Client) -> None:
    page = plain(_of_right(post(client, {"couple": "non"}).content.decode(), "rsa"))
    assert page.index("complète les ressources") < page.index("Ressources retenues")


def test_a_right_of_nothing_says_why(client: Client, communes: dict[str, Territory]) -> None:
    html = post(client, WHOLE | {"enfants": "0"}).content.decode()
    folded = html[html.index('id="sans-droit"') :]
    assert "Allocations familiales Il faut deux enfants. texte officiel" in plain(folded)
    assert f'href="{LEGIFRANCE}"' in folded


def test_a_reason_that_holds_in_some_cases_only_says_so(client: Client) -> None:
    page = plain(_of_right(post(client, {"couple": "non"}).content.decode(), "af"))
    assert "Dans une partie des cas encore possibles : il faut deux enfants." in page
