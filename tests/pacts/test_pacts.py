"""The pact as data: tables, counts beside announcements, calendar at a day, projects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import AuditEntry, User
from maillage.demo.load import load as load_demo
from maillage.gateways.tabular import Table, read_table
from maillage.kernel.errors import InputRefused
from maillage.pacts import selectors, services
from maillage.pacts.models import Measure, Milestone, Pact
from maillage.territories.models import Territory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 5, tzinfo=UTC)


def table(text: str) -> Table:
    return read_table(text.encode(), name="table.csv")


PACTS = "code,title,short_title,axis_word,starts,period,announced_measures\nP,Un pacte,Pacte,axe,2023-09,2023/2027,25\n"
AXES = "pact,number,code,title\nP,1,P-1,Un axe\n"
MEASURES = "code,axis,number,kind,title\nP-1-N1,P-1,1,nouvelle,Une mesure\nP-1-C1,P-1,,contractualisée,Une autre\n"


def load_all(by: User | None = None) -> None:
    for kind, text in ((services.PACTS, PACTS), (services.AXES, AXES), (services.MEASURES, MEASURES)):
        services.load(kind=kind, table=table(text), by=by, at=AT)


def test_tables_load_in_the_order_of_the_file() -> None:
    load_all()
    pact = Pact.objects.get()
    assert (pact.starts_on, pact.period) == (date(2023, 9, 1), "2023/2027")
    assert [(one.code, one.kind, one.number, one.position) for one in selectors.measures_of(pact)] == [
        ("P-1-N1", "new", 1, 1),
        ("P-1-C1", "contracted", None, 2),
    ]


def test_twice_changes_nothing_and_a_change_is_told(aicha: User) -> None:
    load_all()
    again = services.load(kind=services.MEASURES, table=table(MEASURES), by=None, at=AT)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    changed = table(MEASURES.replace("Une autre", "Une autre encore"))
    assert services.load(kind=services.MEASURES, table=changed, by=aicha, at=AT, dry_run=True).changed == 1
    assert not Measure.objects.filter(title="Une autre encore").exists()
    services.load(kind=services.MEASURES, table=changed, by=aicha, at=AT)
    assert AuditEntry.objects.get(object_type="pacts.measure").changes == {"title": ["Une autre", "Une autre encore"]}


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (services.MEASURES, MEASURES.replace("P-1,1", "P-9,1"), "Ligne 2, colonne « axis »"),
        (services.MEASURES, MEASURES.replace("nouvelle", "possible"), "Ligne 2, colonne « kind »"),
        (services.MEASURES, MEASURES.replace("P-1-C1", "P-1-N1"), "Ligne 3, colonne « code »"),
        (services.PACTS, PACTS.replace("2023-09,", "bientôt,"), "starts"),
        (services.PACTS, PACTS.replace(",25", ",-1"), "announced_measures"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(kind: services.Kind, text: str, said: str) -> None:
    load_all()
    with pytest.raises(InputRefused, match=said):
        services.load(kind=kind, table=table(text), by=None, at=AT)


def test_only_the_regional_team_loads(bruno: User, chloe: User) -> None:
    for user in (bruno, chloe):
        with pytest.raises(PermissionDenied):
            load_all(by=user)
    assert not Pact.objects.exists()


def test_listed_and_announced_are_both_told() -> None:
    load_demo(by=None, at=AT)
    count = selectors.measure_count(Pact.objects.get(code="PACTE"))
    assert dict(count.lines) == {"Action nouvelle": 20, "Action contractualisée": 4, "Enjeu complémentaire": 2}
    assert (count.announced, count.listed, count.differs) == (25, 26, True)
    strategy = selectors.measure_count(Pact.objects.get(code="STRATEGIE"))
    assert (strategy.announced, strategy.listed, strategy.differs) == (None, 0, False)


@pytest.mark.parametrize(
    ("on", "states"),
    [
        (date(2023, 9, 30), ["current", "next", "next"]),
        (date(2023, 11, 7), ["past", "current", "next"]),
        (date(2023, 11, 8), ["past", "past", "next"]),
        (date(2027, 6, 1), ["past", "past", "current"]),
        (date(2028, 1, 1), ["past", "past", "past"]),
    ],
)
def test_the_calendar_is_seen_from_a_day(on: date, states: list[str]) -> None:
    load_all()
    rows = "P,2023-09/2023-10,A\nP,2023-11-07,B\nP,2027,C\n"
    services.load(kind=services.MILESTONES, table=table("pact,period,title\n" + rows), by=None, at=AT)
    seen = selectors.milestones_progress(on)
    assert [one.state for one in seen.milestones] == states
    assert seen.percent == round(100 * states.count("past") / 3)
    assert Milestone.objects.get(title="A").ends_on == date(2023, 10, 31)


@pytest.mark.parametrize(
    ("period", "label"),
    [("2019/", "depuis 2019"), ("2019/2023", "2019-2023"), ("2023-11-07", "7 novembre 2023"), ("", ""), ("bah", "bah")],
)
def test_open_periods_are_read(period: str, label: str) -> None:
    assert selectors.label_of_period(period) == label


def test_the_pact_of_a_year(territories: dict[str, Territory]) -> None:
    load_demo(by=None, at=AT)
    assert [getattr(selectors.pact_of_year(year), "code", None) for year in (2017, 2020, 2023, 2026)] == [
        None,
        "STRATEGIE",
        "STRATEGIE",
        "PACTE",
    ]
    latest = selectors.latest_pact()
    assert latest is not None
    assert latest.code == "PACTE"


def test_projects_are_found_inside_a_territory(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    load_demo(by=None, at=AT)
    region = Territory.objects.get(code="REG-52")
    with django_assert_num_queries(1):
        found = [(one.axis.code, one.territory.code, one.year) for one in selectors.projects(inside=region)]
    assert len(found) == 42
    assert found.count(("STRATEGIE-1", "DEP-53", 2020)) == 1
    assert not selectors.projects(inside=region, year=1999).exists()


def test_the_embedded_folder_is_read_as_a_file_of_a_person(tmp_path: Path) -> None:
    """The same rows with a semicolon and French headings: what a spreadsheet saves."""
    load_all()
    text = "Code;Axe;Numéro imprimé;Nature;Intitulé\nP-1-N2;P-1;2;Nouvelle;Une troisième\n"
    path = tmp_path / "mesures.csv"
    path.write_text(text, encoding="cp1252")
    services.load(kind=services.MEASURES, table=read_table(path, name=path.name), by=None, at=AT)
    assert Measure.objects.get(code="P-1-N2").title == "Une troisième"
