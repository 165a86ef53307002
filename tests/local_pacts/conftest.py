"""The cast of a local pact: the prefect and the DDETS of the département, an association linked to a partner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from maillage.core.enums import Role
from maillage.core.models import User
from maillage.territories.models import Territory
from tests.factories import Held, make_user
from tests.local_pacts.building import Made, make


@pytest.fixture(autouse=True)
def _files(tmp_path: Path) -> Iterator[None]:
    with override_settings(MEDIA_ROOT=tmp_path):
        yield


@pytest.fixture
def land(territories: dict[str, Territory]) -> Territory:
    return territories["DEP-44"]


@pytest.fixture
def local_prefect(db: None) -> User:
    return make_user("Ingrid Fabre", Held(Role.PREFECT, "DEP-44"), email="prefet44@exemple.test")


@pytest.fixture
def linked(db: None) -> User:
    """The account of the association: it holds nothing over the département itself."""
    return make_user("Jean Morel", Held(Role.ASSOCIATION, "COM-44109"), email="abri@exemple.test")


@pytest.fixture
def neighbour(db: None) -> User:
    """A reader of another département of the same region."""
    return make_user("Karine Petit", Held(Role.READER, "DEP-49"), email="voisine@exemple.test")


@pytest.fixture
def draft(land: Territory, linked: User) -> Made:
    return make(land, user=linked)
