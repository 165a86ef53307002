"""Whatever the order, however often, and after whatever failure: the same files give the same database.

The order is free once the geography is there: the official geographic code, then the movements, since a file of another
year is followed by them (its report says so when they lack). Two vintages of one kind keep their order: the older one
is refused after the newer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.core.models import StoredFile
from maillage.kernel.errors import InputRefused
from maillage.sources.registry import ImportRequest
from maillage.sources.services import run_import
from maillage.territories import selectors
from maillage.territories.models import CodeMovement, Zoning
from tests.sources import made
from tests.sources.dump import differences, dump, in_force
from tests.territories.invented import (
    AT,
    geojson,
    load,
    load_corsica,
    movements,
    populations,
    square,
)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Given:
    kind: str
    name: str
    content: str | bytes


# 2A005 merged into 2A001 in 2025; 2A009 became 2A002 in 2024: the files of 2023 and 2024 write the old codes.
MOVEMENTS = Given(
    "movements",
    "m.csv",
    movements(
        (32, "2025-01-01", "2A001", "2A001"), (32, "2025-01-01", "2A005", "2A001"), (50, "2024-06-01", "2A009", "2A002")
    ),
)
_EPCI = (("2A", "200000172", 2, "2A001"), ("2A", "200000172", 2, "2A003"), ("2B", "200000438", 1, "2B001"))
EPCI = "\n".join(
    ["dept;siren;raison_sociale;nature_juridique;nb_membres;total_pop_tot;total_pop_mun;insee"]
    + [f"{seat};{siren};CC {siren};CC;{members};120;110;{commune}" for seat, siren, members, commune in _EPCI]
)
FILES = (
    Given("populations", "donnees_2022.csv", populations(("2A001", 100, 110), ("2A005", 9, 10), ("2A009", 5, 6))),
    Given("populations", "donnees_2023.csv", populations(("2A001", 120, 130), ("2A002", 50, 55), ("2B001", 70, 71))),
    Given("epci", "epcicom_2025.csv", EPCI),
    Given("density", "dens_2024.json", made.density({"2A001": 6, "2A005": 6, "2A009": 7, "2B001": 3})),
    Given("zoning", "zrr_2022.json", made.zoning({"2A001": "C", "2A005": "NC", "2B001": "PC"})),
    Given("france-services", "liste-fs-20240801.csv", made.points(("1", "2A005", "A"), ("2", "2B001", "B"))),
    Given("contours", "c_2024.geojson", geojson(({"insee_com": "2A003"}, square(8.5, 41.5)))),
    Given("contours", "points.csv", "code,latitude,longitude\n2A003,41.7,8.7\n2B002,42.7,9.4\n"),
    Given("filosofi", "cc_filosofi_2021_COM.csv", made.filosofi(("2A001", 200, 20000, "15,2"), ("2A002", 9, "s", "s"))),
    Given("caf-iris", "inseecaf2021_iris.csv", made.caf_iris(("2A0030101", 120, 12), ("2A0030102", "", ""))),
)
SPOILT = "CODGEO;autre\n2A001;1\n"


class Stopped(Exception):
    """The machine stops in the middle of a load."""


@contextmanager
def _stop_at_write(number: int) -> Iterator[None]:
    """Fail at the nth statement that writes."""
    seen = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            seen += 1
            if seen == number + 1:
                raise Stopped
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


def _load(folder: Path, one: Given) -> None:
    path = folder / one.name
    path.write_bytes(one.content.encode() if isinstance(one.content, str) else one.content)
    run_import(kind=one.kind, request=ImportRequest(path=path, name=one.name, by=None, at=AT))


@contextmanager
def _instance(folder: Path) -> Iterator[None]:
    """The geography, loaded in a transaction that is undone after."""
    selectors._history.cache_clear()  # keyed by keys of rows, which an undone transaction gives again
    with transaction.atomic():
        load_corsica(folder)
        _load(folder, MOVEMENTS)
        yield
        transaction.set_rollback(True)
    selectors._history.cache_clear()


@lru_cache(maxsize=1)
def _in_the_order_given(folder: Path) -> tuple[dict[str, list[str]], list[tuple[str, str, str, str]]]:
    """What the files say, loaded once each in the order above."""
    with _instance(folder):
        for one in FILES:
            _load(folder, one)
        return dump(), in_force()


def test_every_file_says_something(tmp_path: Path) -> None:
    """Or the properties below would hold for nothing."""
    with _instance(tmp_path):
        for one in FILES:
            before = dump()
            _load(tmp_path, one)
            assert differences(before, dump()), one.name
        assert Zoning.objects.count() == 4
        assert CodeMovement.objects.count() == 3


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(FILES), again=st.lists(st.sampled_from(FILES), max_size=4))
def test_any_order_and_any_number_of_times(tmp_path: Path, order: list[Given], again: list[Given]) -> None:
    said, force = _in_the_order_given(tmp_path)
    with _instance(tmp_path):
        for one in [*order, *again]:
            _load(tmp_path, one)
        assert differences(said, dump()) == []
        assert in_force() == force


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(FILES), stops=st.lists(st.integers(0, 9), min_size=len(FILES), max_size=len(FILES)))
def test_a_load_that_stops_half_way_leaves_nothing_and_can_be_done_again(
    tmp_path: Path, order: list[Given], stops: list[int]
) -> None:
    said, force = _in_the_order_given(tmp_path)
    with _instance(tmp_path):
        for one, number in zip(order, stops, strict=True):
            before, kept = dump(), StoredFile.objects.count()
            try:
                with _stop_at_write(number):
                    _load(tmp_path, one)
            except Stopped:
                assert differences(before, dump()) == []
                assert StoredFile.objects.count() == kept
            _load(tmp_path, one)
        assert differences(said, dump()) == []
        assert in_force() == force


@pytest.mark.parametrize("kind", ["populations", "density", "zoning", "epci", "filosofi"])
def test_a_refused_file_on_the_way_changes_nothing(kind: str, tmp_path: Path) -> None:
    with _instance(tmp_path):
        for one in FILES:
            _load(tmp_path, one)
        said, force = dump(), in_force()
        with pytest.raises(InputRefused):
            load(tmp_path, kind, SPOILT, name="spoilt_2025.csv")
        assert differences(said, dump()) == []
        assert in_force() == force


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([MOVEMENTS, *FILES]))
def test_movements_that_come_late_ask_for_the_files_again(tmp_path: Path, order: list[Given]) -> None:
    """Their reports say so: what was loaded before them is loaded again, and all is as if they had come first."""
    said, _ = _in_the_order_given(tmp_path)
    selectors._history.cache_clear()
    with transaction.atomic():
        load_corsica(tmp_path)
        for one in [*order, *FILES]:
            _load(tmp_path, one)
        assert differences(said, dump()) == []
        transaction.set_rollback(True)
