"""A key figure as a tile: a value, its note, and a warning where the number alone would mislead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from maillage.indicators.enums import Status
from maillage.indicators.selectors.values import Value
from maillage.kernel.numbers import NBSP
from maillage.ui import units


@dataclass(frozen=True)
class Tile:
    """`explained` is shown under the number; an unknown value gives its reason there, never a zero."""

    label: str
    value: Value
    decimals: int | None = 0
    explained: str = ""
    warning: str = ""
    url: str = ""
    signed: bool = False

    @property
    def shown(self) -> Decimal | str | None:
        """The number, or its text where a sign is due (an evolution)."""
        if not self.signed or self.value.amount is None:
            return self.value.amount
        sign = "+" if self.value.amount > 0 else ""
        return f"{sign}{units.format_value(self.value.amount, unit=self.value.unit, decimals=self.decimals)}"

    @property
    def unit(self) -> str:
        return self.value.unit

    @property
    def status(self) -> str:
        published = self.value.status == Status.PUBLISHED
        return "" if published or not self.value.known else str(self.value.status)

    @property
    def low(self) -> Decimal | None:
        return self.value.low if self.value.is_estimate else None

    @property
    def high(self) -> Decimal | None:
        return self.value.high if self.value.is_estimate else None

    @property
    def note(self) -> str:
        reason = f"Inconnu{NBSP}: {self.value.reason}." if not self.value.known and self.value.reason else ""
        warning = f"Attention{NBSP}: {self.warning}" if self.warning else ""
        return " ".join(part for part in (warning, reason, self.explained) if part)

    @property
    def source_label(self) -> str:
        return self.value.source.label if self.value.source and self.value.known else ""

    @property
    def source_url(self) -> str:
        return self.value.source.url if self.value.source and self.value.known else ""
