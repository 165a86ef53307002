"""The steering screen: execution by axis, territory and year, from the amounts in force."""

from __future__ import annotations

from maillage.contracts.selectors.steering.filters import Filters, Rows
from maillage.contracts.selectors.steering.screen import Row, Steering, steering
from maillage.contracts.selectors.steering.summary import Summary, summary

__all__ = ["Filters", "Row", "Rows", "Steering", "Summary", "steering", "summary"]
