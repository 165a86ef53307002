"""Many rows in few statements: same values as the models write, and the database's constraints hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from maillage.sources import bulk
from maillage.territories.models import Contour, Territory
from tests.territories.invented import load_corsica

pytestmark = pytest.mark.django_db

FIELDS = ("code", "level", "insee", "name", "sort_name", "nature", "valid_from", "latitude")


def _rows(*codes: str) -> list[bulk.Row]:
    values = [(code, "commune", code, "L'Île « é »", "ile", "", date(2020, 2, 29), 41.5) for code in codes]
    return bulk.prepared(Territory, FIELDS, values)


def test_rows_are_inserted_updated_and_deleted() -> None:
    bulk.insert(Territory, FIELDS, _rows("A", "B"))
    first = Territory.objects.get(code="A")
    assert (first.name, first.valid_from, first.latitude, first.parent_id) == (
        "L'Île « é »",
        date(2020, 2, 29),
        41.5,
        None,
    )
    changed = bulk.prepared(Territory, ("name", "valid_to", "id"), [("Autre", date(2026, 1, 1), first.pk)])
    bulk.update(Territory, ("name", "valid_to", "id"), changed)
    first.refresh_from_db()
    assert (first.name, first.valid_to) == ("Autre", date(2026, 1, 1))
    assert Territory.objects.get(code="B").name == "L'Île « é »"
    bulk.delete(Territory, [first.pk])
    assert [one.code for one in Territory.objects.order_by("pk")] == ["B"]


def test_json_is_written_as_the_model_would(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    territory = Territory.objects.get(code="COM-2A001")
    geometry = {"type": "Polygon", "coordinates": [[[9.0, 42.0]]], "nom": "é"}
    fields = ("territory_id", "geometry", "vintage")
    bulk.insert(Contour, fields, bulk.prepared(Contour, fields, [(territory.pk, geometry, "2022")]))
    assert Contour.objects.get().geometry == geometry


def test_nothing_to_write_writes_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]  # the fixture is a context manager
        bulk.insert(Territory, FIELDS, [])
        bulk.update(Territory, ("name", "id"), [])
        bulk.delete(Territory, [])


def test_the_constraints_of_the_database_hold() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Territory, FIELDS, _rows("A", "A"))


def test_an_unknown_column_is_a_slip_of_ours() -> None:
    with pytest.raises(ValueError, match="no column"):
        bulk.insert(Territory, ("colour",), [("blue",)])
