"""A campaign in preparation, and the same one open, on a day when it runs."""

from __future__ import annotations

from datetime import date

import pytest

from maillage.core import clock
from maillage.core.models import User
from maillage.territories.models import Territory
from tests.collection.building import AT, TODAY, Collecting, make_campaign


@pytest.fixture
def prepared(territories: dict[str, Territory], aicha: User) -> Collecting:
    return make_campaign(territories, aicha)


@pytest.fixture
def collecting(prepared: Collecting) -> Collecting:
    prepared.open()
    return prepared


@pytest.fixture
def that_day(monkeypatch: pytest.MonkeyPatch) -> date:
    """The clock stands on a day of the campaign, before its due date."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    monkeypatch.setattr(clock, "now", lambda: AT)
    return TODAY
