"""Whatever is in a file, an importer answers by a report or by a refusal in French, and writes all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.gateways.tabular import Table
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.territories.importers import cog, contours, epci, movements, populations
from maillage.territories.models import Territory
from tests.territories.invented import COMMUNES, CORSICA, load, load_corsica

CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        ["COM", "COMD", "01001", "2A001", "2A", "94", "32", "2020-01-01", "2020-02-30", "-5", "1 234", "=1+1"]
    ),
    st.text(max_size=8),
)
PARSERS = {
    "communes": (cog.parse_cog, ["TYPECOM", "COM", "REG", "DEP", "LIBELLE"]),
    "departements": (cog.parse_cog, ["DEP", "REG", "LIBELLE"]),
    "regions": (cog.parse_cog, ["REG", "LIBELLE"]),
    "movements": (movements.parse_movements, [*movements.NEEDED, "LIBELLE_AV", "LIBELLE_AP"]),
    "populations": (populations.parse_populations, ["COM", "PMUN", "PTOT"]),
    "epci": (epci.parse_epci, ["dept", "siren", "raison_sociale", "nature_juridique", "insee", "nb_membres"]),
    "points": (contours.parse_points, ["code", "latitude", "longitude"]),
}


@pytest.mark.parametrize("kind", PARSERS)
@settings(max_examples=60)
@given(data=st.data())
def test_any_cells_are_rows_or_problems(kind: str, data: st.DataObject) -> None:
    parse, columns = PARSERS[kind]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=6))
    table = Table(list(columns), rows, range(2, 2 + len(rows)))
    try:
        parse(table, "essai.csv")
    except InputRefused as refusal:
        places = [problem.row for problem in refusal.problems if problem.row is not None]
        assert all(1 <= place <= len(rows) + 1 for place in places)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["type", "code", "coordinates"]), inner)
    ),
    max_leaves=12,
)


@given(features=st.lists(st.fixed_dictionaries({"properties": JSON, "geometry": JSON}) | JSON, max_size=4))
def test_any_json_is_outlines_or_problems(features: list[object]) -> None:
    try:
        parsed = contours.parse_contours({"features": features}, "essai.geojson")
    except InputRefused:
        return
    assert parsed.shapes


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(CORSICA) - 1), cut=st.integers(0, 12), put=st.text(max_size=6))
def test_a_file_scratched_anywhere_is_taken_whole_or_refused_whole(
    tmp_path: Path, place: int, cut: int, put: str
) -> None:
    """One scratch in the file: the communes in place stay, or the report says what it did to them."""
    if not Territory.objects.exists():
        load_corsica(tmp_path)
    before = dict(Territory.objects.order_by("pk").values_list("code", "name"))
    scratched = CORSICA[:place] + put + CORSICA[place + cut :]
    try:
        report = load(tmp_path, "cog", (COMMUNES + scratched).encode("utf-8", "surrogatepass"), vintage="2026")
    except MaillageError:
        assert dict(Territory.objects.order_by("pk").values_list("code", "name")) == before
        return
    after = dict(Territory.objects.order_by("pk").values_list("code", "name"))
    renamed = [code for code in after if code in before and after[code] != before[code]]
    assert set(before) <= set(after)
    assert len(after) - len(before) == report.counts.get("added", 0)
    assert len(renamed) <= report.counts.get("changed", 0)
