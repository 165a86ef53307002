"""Bodies, calendar, what the conference held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.demo.load import load as load_demo
from maillage.gateways.tabular import read_table
from maillage.governance import selectors, services
from maillage.governance.models import Workshop
from maillage.kernel.errors import InputRefused

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def _loaded(db: None) -> None:
    load_demo(by=None, at=AT)


@pytest.mark.usefixtures("_loaded")
def test_each_pact_has_its_bodies_and_its_calendar() -> None:
    found = {one.pact.code: one for one in selectors.governance(date(2023, 10, 1))}
    assert list(found) == ["PACTE", "STRATEGIE"]
    assert [body.code for body in found["STRATEGIE"].bodies][:3] == ["COPIL-REG-1", "EQUIPE-REG", "CSD"]
    assert found["STRATEGIE"].calendar.percent == 100
    following = found["PACTE"].calendar.next
    assert following is not None
    assert following.state == "current"


@pytest.mark.usefixtures("_loaded")
def test_the_sheets_of_the_workshops_make_the_announced_number() -> None:
    assert sum(Workshop.objects.values_list("sheets", flat=True)) == 20


@pytest.mark.usefixtures("_loaded")
def test_the_page_and_its_cost(
    client_for: Callable[[User], Client], bruno: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(bruno)
    with django_assert_num_queries(8):
        page = client.get(reverse("bodies")).content.decode()
    for shown in ("Comité de pilotage régional du Pacte", "depuis 2019", "Prochaine échéance", "Locaux-Moteurs", "20"):
        assert shown in page


@pytest.mark.usefixtures("_loaded")
def test_a_table_is_exported(client_for: Callable[[User], Client], bruno: User) -> None:
    response = client_for(bruno).get(reverse("bodies"), {"export": "csv", "tableau": "ateliers"})
    assert "Mobilité solidaire et durable" in response.content.decode("utf-8-sig")


def test_it_asks_to_sign_in() -> None:
    assert Client().get(reverse("bodies")).status_code == 302


@pytest.mark.usefixtures("_loaded")
@pytest.mark.parametrize("period", ["2019-2023", "demain/", "/"])
def test_a_period_that_is_none_is_refused(period: str) -> None:
    text = f"pact,code,kind,title,period\nPACTE,X,comité,Un comité,{period}\n"
    with pytest.raises(InputRefused, match="Ligne 2, colonne « period »"):
        services.load(kind=services.BODIES, table=read_table(text.encode(), name="x.csv"), by=None, at=AT)
