"""Figures once read: what every check works on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from maillage.engines.consistency.model import Figure
from maillage.engines.consistency.perimeters import perimeter_key
from maillage.engines.consistency.reading import Print, Reading, read_print
from maillage.engines.consistency.text import fold, label_key, label_stem
from maillage.engines.consistency.units import Unit, parse_unit, show
from maillage.kernel.errors import shorten
from maillage.kernel.numbers import NBSP
from maillage.kernel.period import Period, PeriodInvalid


@dataclass(frozen=True)
class Statement:
    """A figure with its print read, its unit and period understood."""

    index: int
    figure: Figure
    read: Print

    @property
    def reading(self) -> Reading | None:
        return self.read.reading

    @cached_property
    def unit(self) -> Unit:
        return parse_unit(self.figure.unit)

    @cached_property
    def period(self) -> Period | None:
        return parse_period(self.figure.period)

    @cached_property
    def period_key(self) -> str:
        """Equal for two spellings of the same days; '' when no period is printed."""
        if self.period is not None:
            return f"{self.period.start}/{self.period.end}"
        return fold(self.figure.period)

    @cached_property
    def names(self) -> str:
        return label_key(self.figure.label)

    @cached_property
    def stem(self) -> str:
        return label_stem(self.figure.label)

    @cached_property
    def perimeter(self) -> str:
        return perimeter_key(self.figure.perimeter)

    @property
    def territory(self) -> str:
        return self.figure.territory.strip().upper()

    @property
    def sort_key(self) -> tuple[str, ...]:
        """An order that does not depend on the order of the input."""
        figure = self.figure
        return (figure.document, figure.locator, figure.key, figure.printed_as, str(figure.value), figure.unit)

    @property
    def place(self) -> str:
        """« BILAN, page 3 »: where a reader finds it."""
        document = shorten(self.figure.document.strip(), 60) or "document non précisé"
        locator = shorten(self.figure.locator.strip(), 80)
        return f"{document}, {locator}" if locator else document

    @property
    def quoted(self) -> str:
        """« 1,8 M€ » (BILAN, page 3)."""
        return f"{self.quoted_print} ({self.place})"

    @property
    def quoted_print(self) -> str:
        printed = self.figure.printed_as.strip()
        if not printed and self.reading is not None:
            printed = show(self.reading.value, self.unit)
        return f"«{NBSP}{shorten(printed, 60)}{NBSP}»"


@lru_cache(maxsize=10_000)
def parse_period(text: str) -> Period | None:
    """None for a text that is no period."""
    try:
        return Period.parse(text)
    except PeriodInvalid:
        return None


def read_statements(figures: Sequence[Figure]) -> list[Statement]:
    return [
        Statement(index, figure, read_print(figure.printed_as, figure.value, figure.unit, figure.label))
        for index, figure in enumerate(figures)
    ]


def keys_of(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Their figures' keys, sorted and without repeats."""
    return tuple(sorted({statement.figure.key for statement in statements}))
