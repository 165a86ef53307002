"""What a person steers: the contracts that may be seen, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.contrib.auth.models import AnonymousUser

from maillage.contracts import perms
from maillage.contracts.models import Contract
from maillage.contracts.selectors.steering.filters import NO_AXIS, Filters, Rows, Shown
from maillage.core.models import User
from maillage.engines.contract_rules import Family
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE, SIGNED
from maillage.pacts.models import Axis
from maillage.territories.enums import Level


@dataclass(frozen=True)
class Scope:
    """The contracts that a person sees, those given up before signature left out, and the axes of the pacts."""

    contracts: tuple[Contract, ...]
    axes: tuple[Axis, ...]
    on: date

    @cached_property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({year for one in self.contracts for year in one.years}))

    @cached_property
    def levels(self) -> tuple[tuple[str, str], ...]:
        held = {one.territory.level for one in self.contracts}
        return tuple((code, str(label)) for code, label in Level.choices if code in held)

    @cached_property
    def default_year(self) -> int | None:
        """This year where contracts cover it, else the nearest that they cover."""
        return min(self.years, key=lambda year: (abs(year - self.on.year), year), default=None)

    @cached_property
    def axis_by_key(self) -> dict[int, Axis]:
        return {axis.pk: axis for axis in self.axes}

    def filters(self, params: Mapping[str, str]) -> Filters:
        """What the address asks; what it asks wrongly is left as if it had not been asked."""
        contract = params.get("contrat", "")
        territory = params.get("territoire", "")
        asked = Filters(
            rows=_among(params.get("lignes", ""), Rows.values, Rows.TERRITORY),
            year=self._year(params.get("annee", "")),
            axis=_among(params.get("axe", ""), [NO_AXIS, *(axis.code for axis in self.axes)], ""),
            level=_among(params.get("niveau", ""), [code for code, _ in self.levels], ""),
            family=_among(params.get("famille", ""), list(Family), ""),
            territory=_among(territory, [one.territory.code for one in self.contracts], ""),
            contract=next((one.pk for one in self.contracts if str(one.pk) == contract), None),
            shown=_among(params.get("montre", ""), Shown.values, Shown.AWARDED),
        )
        return asked if _is_readable(asked) else Filters(rows=Rows.CONTRACT, year=asked.year, axis=asked.axis)

    def _year(self, text: str) -> int | None:
        if text == "toutes":
            return None
        return next((year for year in self.years if str(year) == text), self.default_year)

    def kept(self, filters: Filters) -> list[Contract]:
        """The contracts that the filters keep."""
        return [
            one
            for one in self.contracts
            if filters.level in ("", one.territory.level)
            and filters.territory in ("", one.territory.code)
            and filters.contract in (None, one.pk)
            and (filters.year is None or filters.year in one.years)
        ]


def _among(text: str, known: Sequence[str], otherwise: str) -> str:
    return text if text in known else otherwise


def _is_readable(asked: Filters) -> bool:
    """Actions are listed for a contract or a territory: those of a whole country are a file, not a page."""
    return asked.rows != Rows.ACTION or asked.contract is not None or bool(asked.territory)


def scope_of(user: User | AnonymousUser, on: date) -> Scope:
    """In two queries."""
    seen = perms.visible(user, on).filter(status__in=[*SIGNED, *BEFORE_SIGNATURE]).order_by("reference")
    axes = Axis.objects.select_related("pact").order_by("pact__starts_on", "pact__code", "number")
    return Scope(tuple(seen), tuple(axes), on)
