"""The embedded data set: facts with their source, loaded once, never over an official file."""

from __future__ import annotations

from pathlib import Path

import pytest

import maillage.demo
from maillage.kernel.errors import MaillageError
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport
from maillage.territories import selectors
from maillage.territories.importers.embedded import Origin, TerritoryRow, read_embedded
from maillage.territories.models import EpciPart, Population, Territory
from maillage.territories.services import load_territories
from tests.territories.invented import AT, load, regions

pytestmark = pytest.mark.django_db

DATA = Path(maillage.demo.__file__).parent / "data"


def _load() -> ImportReport:
    territories, populations = read_embedded(DATA)
    return load_territories(territories=territories, populations=populations, by=None, at=AT)


def test_the_region_its_departements_and_its_epci_are_there_with_their_sources() -> None:
    _load()
    region = selectors.instance_region()
    assert region is not None
    assert [one.insee for one in selectors.departements_of(region)] == ["44", "49", "53", "72", "85"]
    assert len(selectors.epci_of(region)) == 71
    assert not Territory.objects.filter(edition__isnull=True).exists()
    assert not Population.objects.filter(edition__isnull=True).exists()
    editions = SourceEdition.objects.order_by("pk")
    assert {edition.kind for edition in editions} == {EditionKind.EMBEDDED}
    assert all(edition.title and edition.publisher and edition.vintage for edition in editions)


def test_the_populations_of_the_departements_make_that_of_the_region() -> None:
    _load()
    region = selectors.instance_region()
    assert region is not None
    departements = selectors.populations_for(list(selectors.departements_of(region)))
    whole = selectors.latest_population(region)
    assert whole is not None
    assert (whole.year, whole.municipal) == (2023, sum(one.municipal for one in departements.values()))


def test_epci_across_the_border_are_flagged_with_their_part() -> None:
    _load()
    region = selectors.instance_region()
    assert region is not None
    across = {one.epci.insee: one for one in selectors.epci_of(region) if one.crosses_border}
    assert len(across) == 4
    assert (across["243500741"].communes_in_area, across["243500741"].communes_total) == (8, 31)
    assert len(selectors.epci_of(region, "seat")) == 69
    assert len(selectors.epci_of(region, "whole")) == 67
    assert all(one.epci.latitude and one.epci.longitude for one in selectors.epci_of(region))


def test_loading_again_changes_nothing() -> None:
    first = _load()
    counts = [model.objects.count() for model in (Territory, Population, EpciPart, SourceEdition)]
    again = _load()
    assert first.counts["added"] == first.rows > 150
    assert again.changes_nothing
    assert [model.objects.count() for model in (Territory, Population, EpciPart, SourceEdition)] == counts


def test_an_official_file_is_never_overwritten(tmp_path: Path) -> None:
    load(tmp_path, "cog", regions(("52", "Un nom officiel")), vintage="2026")
    _load()
    assert Territory.objects.get(code="REG-52").name == "Un nom officiel"


def test_what_the_data_set_wrote_itself_is_corrected() -> None:
    source = Origin("Une source", "Un producteur", "2025")
    for name in ("Ancien", "Nouveau"):
        row = TerritoryRow("REG-94", name, source)
        load_territories(territories=[row], populations=[], by=None, at=AT)
    assert Territory.objects.get(code="REG-94").name == "Nouveau"


def test_a_row_without_its_parent_is_refused_whole() -> None:
    rows = [TerritoryRow("REG-94", "Corse", Origin("S")), TerritoryRow("DEP-2A", "X", Origin("S"), parent="REG-93")]
    with pytest.raises(MaillageError, match="REG-93"):
        load_territories(territories=rows, populations=[], by=None, at=AT)
    assert not Territory.objects.exists()
