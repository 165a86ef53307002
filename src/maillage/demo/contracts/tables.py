"""The tables of the demonstration's contracts, and the accounts that act in them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators import services as figures
from maillage.sources.registry import ImportRequest

DATA = Path(__file__).parent.parent / "data" / "contracts"
Row = dict[str, str]


class Tables:
    """Each table of the folder, as rows of text."""

    def rows(self, name: str) -> list[Row]:
        with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    @cached_property
    def taken_over(self) -> list[Row]:
        return self.rows("taken_over")

    @cached_property
    def caps(self) -> list[Row]:
        return self.rows("caps")

    @cached_property
    def funders(self) -> list[Row]:
        return self.rows("funders")

    @cached_property
    def invented_contracts(self) -> list[Row]:
        return self.rows("invented_contracts")

    @cached_property
    def invented_actions(self) -> dict[str, Row]:
        return {row["code"]: row for row in self.rows("invented_actions")}


def load_indicators(at: datetime) -> None:
    """The indicators that the invented actions are followed by."""
    name = "indicators.csv"
    asked = ImportRequest(DATA / name, name, None, at, origin=name)
    figures.import_indicators(asked, figures.About())


@dataclass(frozen=True)
class People:
    """The demonstration accounts by role and territory. The region's prefect and commissioner answer everywhere."""

    users: dict[tuple[str, str], User]

    def of(self, role: str, territory: str = "") -> User:
        return self.users.get((role, territory)) or next(user for (held, _), user in self.users.items() if held == role)

    def holds(self, role: str, territory: str) -> bool:
        return (role, territory) in self.users


def load_people() -> People | None:
    """The accounts opened for the demonstration; None where it has none, and nothing is then invented."""
    found: dict[tuple[str, str], User] = {}
    for user in User.objects.filter(is_demonstration=True).prefetch_related("memberships").order_by("pk"):
        for held in user.memberships.all():
            found.setdefault((held.role, held.territory_code), user)
    needed = {Role.COMMISSIONER, Role.PREFECT, Role.ASSOCIATION, Role.OPERATOR}
    return People(found) if needed <= {role for role, _ in found} else None
