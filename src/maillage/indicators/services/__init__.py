"""Writes of figures: imports of documents, stated figures, printed tables and observations; waivers."""

from maillage.indicators.services.documents import import_documents, import_stated_figures, link_measures
from maillage.indicators.services.edition import About
from maillage.indicators.services.observations import import_indicators, import_observations
from maillage.indicators.services.printed import import_printed_table
from maillage.indicators.services.statistics_table import read_mapping
from maillage.indicators.services.waivers import MIN_REASON, waive, withdraw_waiver

__all__ = [
    "MIN_REASON",
    "About",
    "import_documents",
    "import_indicators",
    "import_observations",
    "import_printed_table",
    "import_stated_figures",
    "link_measures",
    "read_mapping",
    "waive",
    "withdraw_waiver",
]
