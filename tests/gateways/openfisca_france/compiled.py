"""The real law, compiled once for the tests of a process, in the folder that the pages and the commands share."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from maillage.gateways.openfisca_france.engine import CompiledLaw, MonthOfLaw
from tests.lawgraph.oracle import openfisca_warnings_aside

MONTH = "2026-01"


@cache
def law() -> MonthOfLaw:
    with openfisca_warnings_aside():
        return CompiledLaw(settings.DATA_DIR / "law").month(MONTH)
