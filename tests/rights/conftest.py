"""The pages of the simulator, on an invented law: the true one has its own tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from maillage.rights.selectors import simulation
from maillage.territories.models import Territory
from tests.factories import make_territory


@pytest.fixture
def invented_law(settings: Any) -> Iterator[None]:
    settings.MAILLAGE_RIGHTS_ENGINE = "tests.rights.law.InventedLaw"
    simulation.engine.cache_clear()
    yield
    simulation.engine.cache_clear()


@pytest.fixture
def communes(territories: dict[str, Territory]) -> dict[str, Territory]:
    """A few real communes, two of them with the same name."""
    made = {}
    for code, name, parent in (
        ("COM-44109", "Nantes", "DEP-44"),
        ("COM-49007", "Angers", "DEP-49"),
        ("COM-35238", "Rennes", "DEP-35"),
        ("COM-44154", "Saint-Brevin-les-Pins", "DEP-44"),
        ("COM-49267", "Sainte-Gemmes-sur-Loire", "DEP-49"),
        ("COM-53220", "Saint-Georges", "DEP-53"),
        ("COM-85223", "Saint-Georges", "DEP-85"),
    ):
        made[code] = make_territory(code, name, parent=territories[parent], sort_name=name.lower().replace("-", " "))
    return made
