"""The execution of contracts in a few numbers, for a page that is not the steering screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser

from maillage.contracts.selectors.steering.filters import Filters, Rows
from maillage.contracts.selectors.steering.scope import scope_of
from maillage.contracts.selectors.steering.screen import Row, steering
from maillage.core.models import User


@dataclass(frozen=True)
class Summary:
    """`by_axis`: a row an axis, then the credits known without breakdown. `year` None: no contract."""

    year: int | None
    contracts: int
    total: Row | None
    by_axis: tuple[Row, ...]


def summary(user: User | AnonymousUser, on: date, *, year: int | None = None, territory: str = "") -> Summary:
    """What this person's contracts come to in a year (this one, or the nearest), on a territory or on all."""
    scope = scope_of(user, on)
    chosen = year if year in scope.years else scope.default_year
    if chosen is None:
        return Summary(None, 0, None, ())
    screen = steering(scope, Filters(rows=Rows.AXIS, year=chosen, territory=territory))
    return Summary(chosen, screen.total.contracts, screen.total, screen.rows)
