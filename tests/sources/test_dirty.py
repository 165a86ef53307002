"""Files as they arrive: another encoding, a title above the heading, a row twice, a page instead of a file, cut short.

What can be read surely is read; the rest is refused by row and column, in French, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from maillage.core.models import StoredFile
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources.models import SourceEdition
from tests.sources import made
from tests.sources.dump import differences, dump
from tests.territories.invented import (
    COMMUNES,
    CORSICA,
    EPCI_HEADINGS,
    epci_workbook,
    geojson,
    load,
    load_corsica,
    movements,
    populations,
    square,
)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Kind:
    """A sound text file of a kind, and the heading of a column that it cannot do without."""

    kind: str
    content: str
    needed: str
    name: str = ""
    separator: str = ","


_EPCI_ROWS = [
    ["2A", "200000172", "CC Évisa", "CC", "FPU", "2", "120", "110", "2A", insee, "210000000", "N", "1", "1"]
    for insee in ("2A001", "2A002")
]
TABLES = {
    "cog": Kind("cog", COMMUNES + CORSICA.replace("Alta", "Évisa"), "TYPECOM", "communes.csv"),
    "movements": Kind(
        "movements",
        movements((32, "2019-01-01", "2A005", "2A001"), (10, "2020-01-01", "2A002", "2A002")).replace("X", "Évisa"),
        "DATE_EFF",
    ),
    "populations": Kind(
        "populations",
        populations(("2A001", 100, 110), ("2A002", 50, 55)).replace("Nom", "Évisa"),
        "PMUN",
        "donnees_2023.csv",
        ";",
    ),
    "epci": Kind(
        "epci",
        "\n".join(";".join(row) for row in [EPCI_HEADINGS, *_EPCI_ROWS]) + "\n",
        "siren",
        "epcicom_2025.csv",
        ";",
    ),
    "points": Kind(
        "contours",
        "code,nom,latitude,longitude\n2A001,Évisa,41.5,8.5\n2A002,Bassa,41.6,8.6\n",
        "latitude",
        "points.csv",
    ),
    "density": Kind("density", made.density_table({"2A001": 6, "2A002": 7}), "DENS7", "d.csv", ";"),
    "zoning": Kind("zoning", made.zoning_table({"2A001": "C", "2A002": "NC"}), "ZRR_SIMP", "z.csv"),
    "france-services": Kind(
        "france-services",
        made.points(("1", "2A001", "France services d'Évisa"), ("2", "2A002", "France services")),
        "insee_com",
        "liste-fs-20240801.csv",
    ),
}
JSONS = {
    "contours": Kind(
        "contours",
        geojson(({"insee_com": "2A001"}, square(8.5, 41.5)), ({"insee_com": "2A002"}, square(8.6, 41.5))),
        "insee_com",
    ),
    "density": Kind("density", made.density({"2A001": 6, "2A002": 7}), "", "d.json"),
    "zoning": Kind("zoning", made.zoning({"2A001": "C", "2A002": "NC"}), "status", "z.json"),
    "france-services": Kind(
        "france-services",
        made.points_2021((1, "2A001", "Évisa"), (2, "2A002", "Bassa")),
        "insee_com",
        "fs_2021.geojson",
    ),
}


def _load(folder: Path, one: Kind, content: str | bytes) -> None:
    load(folder, one.kind, content, name=one.name, vintage="2026" if one.kind == "cog" else "")


def _refused(folder: Path, one: Kind, content: str | bytes, match: str) -> None:
    """The file is refused for that reason, and the database, its history and the kept files are as they were."""
    load_corsica(folder)
    before = dump(), SourceEdition.objects.count(), StoredFile.objects.count()
    with pytest.raises(InputRefused, match=match) as refusal:
        _load(folder, one, content)
    assert refusal.value.problems
    assert differences(before[0], dump()) == []
    assert (SourceEdition.objects.count(), StoredFile.objects.count()) == before[1:]


@pytest.mark.parametrize("named", TABLES)
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig"])
def test_the_encodings_of_spreadsheets_say_the_same(named: str, encoding: str, tmp_path: Path) -> None:
    one = TABLES[named]
    load_corsica(tmp_path)
    _load(tmp_path, one, one.content)
    said = dump()
    edition = SourceEdition.objects.latest("pk")
    _load(tmp_path, one, one.content.encode(encoding))
    assert differences(said, dump()) == []
    assert SourceEdition.objects.latest("pk").rows == edition.rows


@pytest.mark.parametrize("named", TABLES)
@pytest.mark.parametrize("separator", ["\t", "|"])
def test_the_separators_of_spreadsheets_say_the_same(named: str, separator: str, tmp_path: Path) -> None:
    one = TABLES[named]
    load_corsica(tmp_path)
    _load(tmp_path, one, one.content)
    said = dump()
    _load(tmp_path, one, one.content.replace(one.separator, separator))
    assert differences(said, dump()) == []


def _no_column(one: Kind) -> str:
    return one.content.replace(one.needed, "autre")


def _shifted(one: Kind) -> str:
    width = one.content.partition("\n")[0].count(one.separator)
    return "Source officielle" + one.separator * width + "\n" + one.content


def _twice(one: Kind) -> str:
    lines = one.content.rstrip("\r\n").splitlines()
    return "\n".join([*lines, lines[-1]]) + "\n"


def _cut(one: Kind) -> str:
    """The last row stops half-way."""
    body, _, last = one.content.rstrip("\r\n").rpartition("\n")
    return body + "\n" + last[: len(last) // 2]


def _glued(one: Kind) -> bytes:
    """Two encodings in one file: a row pasted from elsewhere."""
    return one.content.encode() + "Évisa".encode("latin-1")


def _other_sign(one: Kind) -> str:
    return one.content.replace(one.separator, "~")


PAGE = "<!DOCTYPE html>\n<html><head><title>Page introuvable</title></head><body>404</body></html>\n"
VARIANTS: dict[str, tuple[Callable[[Kind], str | bytes], str]] = {
    "a column missing": (_no_column, "Ligne 1"),
    "a title above the heading": (_shifted, "Ligne 1"),
    "cut short": (_cut, r"(?i)ligne \d+"),
    "two encodings": (_glued, "Deux encodages sont mêlés"),
    "another separator": (_other_sign, "Ligne 1"),
    "a page": (lambda one: PAGE, "page web"),
    "no row": (lambda one: one.content.partition("\n")[0] + "\n", "ne contient auc"),
    "nothing": (lambda one: "", "vide"),
}


@pytest.mark.parametrize("named", TABLES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_spoilt_table_is_refused_and_changes_nothing(named: str, variant: str, tmp_path: Path) -> None:
    spoil, match = VARIANTS[variant]
    _refused(tmp_path, TABLES[named], spoil(TABLES[named]), match)


@pytest.mark.parametrize("named", sorted(TABLES.keys() - {"movements", "points"}))
def test_a_row_written_twice_is_refused_at_its_row(named: str, tmp_path: Path) -> None:
    one = TABLES[named]
    last = len(one.content.rstrip("\r\n").splitlines()) + 1
    _refused(tmp_path, one, _twice(one), f"Ligne {last}.*figure déjà ligne {last - 1}")


@pytest.mark.parametrize("named", ["movements", "points"])
def test_where_a_row_twice_can_only_say_the_same_it_is_counted_once(named: str, tmp_path: Path) -> None:
    """INSEE's own list of movements holds such rows."""
    one = TABLES[named]
    load_corsica(tmp_path)
    _load(tmp_path, one, one.content)
    said = dump()
    _load(tmp_path, one, _twice(one))
    assert differences(said, dump()) == []


@pytest.mark.parametrize("named", JSONS)
@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda one: one.content[: len(one.content) * 2 // 3], "JSON bien formé"),
        (lambda one: one.content.encode("utf-16"), "UTF-8|pas un GeoJSON|Ligne 1|ne peut pas être lu|est refusé"),
        (lambda one: PAGE, "page web"),
        (lambda one: "[]", "GeoJSON|aucun"),
        (lambda one: '{"a": {"b": 1, "b": 2}}', "écrite deux fois"),
    ],
    ids=["cut short", "utf-16", "a page", "empty", "a key twice"],
)
def test_a_spoilt_json_is_refused(named: str, spoil: Callable[[Kind], str | bytes], match: str, tmp_path: Path) -> None:
    _refused(tmp_path, JSONS[named], spoil(JSONS[named]), match)


@pytest.mark.parametrize("named", ["contours", "zoning", "france-services"])
def test_a_json_whose_property_is_missing_is_refused(named: str, tmp_path: Path) -> None:
    one = JSONS[named]
    _refused(tmp_path, one, one.content.replace(one.needed, "autre"), "code|Ligne 1")


def test_the_accents_of_another_encoding_do_not_make_a_json(tmp_path: Path) -> None:
    one = JSONS["france-services"]
    text = one.content.encode().decode("unicode_escape")
    _refused(tmp_path, one, text.replace("\\", "").encode("latin-1"), "UTF-8")


@pytest.mark.parametrize(
    ("kind", "name", "content", "match"),
    [
        ("density", "d.json", made.density({"2A001": 8}), "« 8 » n'est pas une classe.*de 1 à 7"),
        ("density", "d.json", made.density({"2A1": 3}), "Ligne 1.*2A1"),
        ("density", "d.json", '{"2A001": 3, "2A001": 4}', "écrite deux fois"),
        ("density", "d.csv", "CODGEO;DENS7\n2A001;\n", "Ligne 2, colonne « DENS7 » : La classe manque"),
        ("zoning", "z.json", made.zoning({"2A001": "Z"}), "Ligne 1, colonne « status »"),
        (
            "france-services",
            "fs.csv",
            made.points(("1", "2A001", "A"), ("1", "2A002", "B")),
            "Ligne 3, colonne « id_fs ».*figure déjà ligne 2",
        ),
        ("france-services", "fs.csv", made.points(("1", "2A001", "")), "Ligne 2, colonne « lib_fs »"),
        ("france-services", "fs.csv", made.points(("1", "2A001", "A"), latitude="6 850 000"), "en degrés"),
    ],
)
def test_a_wrong_cell_is_named(kind: str, name: str, content: str, match: str, tmp_path: Path) -> None:
    _refused(tmp_path, Kind(kind, content, "", name), content, match)


def test_a_workbook_cut_short_is_refused(tmp_path: Path) -> None:
    whole = epci_workbook([("2A", "200000172", "CC", "CC", 1, 2, 1, "2A001")])
    _refused(tmp_path, Kind("epci", "", "", "epci.xlsx"), whole[: len(whole) // 2], "ne peut pas être lu")


def test_a_list_cut_between_two_rows_is_not_taken_for_closings(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    rows = [(str(number), "2A001", f"Point {number}") for number in range(12)]
    load(tmp_path, "france-services", made.points(*rows), name="liste-fs-20240101.csv")
    before = dump()
    with pytest.raises(MaillageError, match="ne nomme plus 8 des 12"):
        load(tmp_path, "france-services", made.points(*rows[:4]), name="liste-fs-20240801.csv")
    assert differences(before, dump()) == []
