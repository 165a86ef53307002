"""Points of a territory, fixed and mobile apart; a closed one is not counted, one without a commune is nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maillage.directory import selectors
from maillage.directory.models import ServicePoint
from maillage.directory.selectors import Counts
from maillage.territories.models import Territory
from tests.sources import made
from tests.territories.invented import epci_workbook, load, load_corsica

pytestmark = pytest.mark.django_db


@pytest.fixture
def corsica(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    members = [("2A", "200000172", "CC", "CC", 2, 9, 8, code) for code in ("2A001", "2A002")]
    load(tmp_path, "epci", epci_workbook(members))
    rows = [("1", "2A001", "B"), ("2", "2A001", "A"), ("3", "2A002", "C"), ("4", "2B001", "D"), ("5", "2A999", "E")]
    load(tmp_path, "france-services", made.points(*rows), name="liste-fs-20240801.csv")
    ServicePoint.objects.filter(code="3").update(kind="mobile")
    ServicePoint.objects.filter(code="4").update(kind="branch")


def _of(code: str) -> Territory:
    return Territory.objects.get(code=code)


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("COM-2A001", Counts(fixed=2)),
        ("COM-2A003", Counts()),
        ("EPCI-200000172", Counts(fixed=2, mobile=1)),
        ("DEP-2B", Counts(branch=1)),
        ("REG-94", Counts(fixed=2, mobile=1, branch=1)),
        ("FRANCE", Counts(fixed=3, mobile=1, branch=1)),
    ],
)
@pytest.mark.usefixtures("corsica")
def test_each_level_counts_its_points(code: str, counts: Counts) -> None:
    assert Counts.of(selectors.points_of(_of(code))) == counts
    assert selectors.points_of(_of(code)).count() == counts.total


@pytest.mark.usefixtures("corsica")
def test_points_come_by_name_and_a_closed_one_leaves() -> None:
    assert [one.name for one in selectors.points_of(_of("COM-2A001"))] == ["A", "B"]
    ServicePoint.objects.filter(code="2").update(closed_on="2025-01-01")
    assert [one.name for one in selectors.points_of(_of("COM-2A001"))] == ["B"]
    assert Counts.of(selectors.points_of(_of("COM-2A001"))).in_place == 1


@pytest.mark.usefixtures("corsica")
def test_counts_of_many_territories_take_few_queries(django_assert_num_queries: Any) -> None:
    communes = {one.pk: one.code for one in Territory.objects.filter(level="commune").order_by("pk")}
    with django_assert_num_queries(1):
        by_commune = {communes[pk]: found for pk, found in selectors.counts_by_commune().items()}
    assert by_commune == {"COM-2A001": Counts(2), "COM-2A002": Counts(mobile=1), "COM-2B001": Counts(branch=1)}
    with django_assert_num_queries(3):
        assert len(selectors.counts_by_level("epci")) == 1
    assert selectors.counts_by_level("epci") == {_of("EPCI-200000172").pk: Counts(2, 1)}
    assert selectors.counts_by_level("region") == {_of("REG-94").pk: Counts(2, 1, 1)}
    assert selectors.counts_by_level("iris") == {}


@pytest.mark.usefixtures("corsica")
def test_what_is_nowhere_and_which_list_is_in_force() -> None:
    assert selectors.unplaced() == 1
    edition = selectors.latest_list()
    assert edition is not None
    assert edition.vintage == "2024-08-01"
    assert selectors.latest_list("autre") is None
