"""Grids of communes: the geography told by the codes, mergers of two classes left out, one class per grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from maillage.kernel.errors import MaillageError
from maillage.territories.models import Territory, Zoning
from tests.sources import made
from tests.territories.invented import load, load_corsica, movements

pytestmark = pytest.mark.django_db

MERGERS = movements(
    (32, "2025-01-01", "2A001", "2A001"),
    (32, "2025-01-01", "2A005", "2A001"),
    (32, "2023-01-01", "2A002", "2A002"),
    (32, "2023-01-01", "2A006", "2A002"),
    (50, "2024-06-01", "2A009", "2A003"),
    (21, "2025-01-01", "2B001", "2B001"),
    (21, "2025-01-01", "2B001", "2B002"),
)


def _classes(scheme: str) -> dict[str, str]:
    found = Zoning.objects.filter(scheme=scheme).order_by("territory__code")
    return dict(found.values_list("territory__insee", "value"))


@pytest.fixture
def corsica(tmp_path: Path) -> Path:
    load_corsica(tmp_path)
    load(tmp_path, "movements", MERGERS)
    return tmp_path


def test_each_class_has_its_label_and_its_vintage(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "density", made.density({"2A001": 1, "2A002": "7"}), name="d_2024.json")
    load(tmp_path, "zoning", made.zoning_table({"2A001": "P - Partiellement classée"}), name="ZRR_20221109.csv")
    rows = Zoning.objects.order_by("scheme", "territory__code").values_list("value", "label", "vintage")
    assert list(rows) == [
        ("1", "Grands centres urbains", "2024"),
        ("7", "Rural à habitat très dispersé", "2024"),
        ("PC", "Partiellement classée en zone de revitalisation rurale", "2022"),
    ]


def test_the_geography_is_the_last_one_whose_communes_the_codes_are(corsica: Path) -> None:
    report = load(corsica, "density", made.density({"2A001": 6, "2A005": 6, "2A009": 3}), name="d.json")
    assert report.vintage == "2024"
    assert "au 1er janvier 2024" in report.notes[0]
    assert _classes("density") == {"2A001": "6", "2A003": "3"}


def test_a_merger_of_two_classes_a_lacking_part_and_a_shared_commune_have_none(corsica: Path) -> None:
    classes = {"2A001": 6, "2A005": 5, "2A002": 4, "2A009": 7, "2B001": 7}
    report = load(corsica, "density", made.density(classes), name="d.json", vintage="2024")
    assert _classes("density") == {"2A002": "4", "2A003": "7"}
    told = {one.reason.partition(",")[0]: one.examples for one in report.left_out}
    assert told["Communes réunies depuis"] == ("2A001",)
    assert any("2B001" in one.examples for one in report.left_out)
    older = load(corsica, "zoning", made.zoning({"2A006": "C", "2A009": "NC", "2A005": "C"}), name="z_2022.json")
    assert _classes("rural") == {"2A003": "NC"}  # 2A001 and 2A002 each lack a part in this file
    assert {code for one in older.left_out for code in one.examples} == {"2A001", "2A002"}


def test_a_class_that_is_no_longer_sure_leaves(corsica: Path) -> None:
    load(corsica, "density", made.density({"2A001": 6, "2A005": 6}), name="d_2024.json")
    assert _classes("density") == {"2A001": "6"}
    report = load(corsica, "density", made.density({"2A001": 6, "2A005": 5, "2A009": 1}), name="d_2024.json")
    assert _classes("density") == {"2A003": "1"}
    assert report.counts == {"added": 1, "removed": 1}


def test_an_older_vintage_is_refused_and_the_same_file_changes_nothing(corsica: Path) -> None:
    content = made.density({"2A002": 6})
    load(corsica, "density", content, name="d_2025.json")
    assert load(corsica, "density", content, name="d_2025.json").already_loaded
    with pytest.raises(MaillageError, match="plus ancien"):
        load(corsica, "density", made.density({"2A002": 5}), name="d_2024.json")


def test_without_communes_nothing_is_classed(tmp_path: Path) -> None:
    with pytest.raises(MaillageError, match="Chargez d'abord le code officiel"):
        load(tmp_path, "density", made.density({"2A001": 6}), name="d.json")
    load_corsica(tmp_path)
    with pytest.raises(MaillageError, match="Aucune commune du fichier"):
        load(tmp_path, "density", made.density({"01001": 6}), name="d.json")
    assert Territory.objects.filter(zonings__isnull=False).count() == 0
