"""The values of a map, classed: what each territory says, and what the legend says of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from maillage.engines.cartogram.circles import Circles, circles
from maillage.engines.classes import Classes, Method, cut, cut_at
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.level_values import LevelValues, Place, amounts, at_level
from maillage.indicators.selectors.values import Source, Value
from maillage.observatory.selectors.explorer_asked import Asked
from maillage.observatory.selectors.explorer_ground import Ground
from maillage.observatory.selectors.explorer_kept import Kept, Mark
from maillage.ui import statuses, units
from maillage.ui.units import typography

NAMED_AT_MOST = 3  # sources or perimeters named under a map


@dataclass
class Picture:
    """The values asked, and their classes (None for a count, told by circles)."""

    values: LevelValues
    classes: Classes | None

    @property
    def indicator(self) -> Indicator:
        return self.values.indicator

    @cached_property
    def by_code(self) -> dict[str, tuple[Place, Value]]:
        return {place.code: (place, value) for place, value in self.values.rows}

    @cached_property
    def tally(self) -> Counter[str]:
        """How many territories have each status; `known` for those with a value."""
        counted = Counter(str(value.status) for _, value in self.values.rows)
        counted["known"] = sum(value.known for _, value in self.values.rows)
        return counted

    @cached_property
    def extremes(self) -> tuple[tuple[Place, Value], tuple[Place, Value]] | None:
        """The lowest and the highest, the first by name where several are equal."""
        return (self.rising[0], self.falling[0]) if self.rising else None

    @cached_property
    def rising(self) -> tuple[tuple[Place, Value], ...]:
        """Known values from the lowest."""
        return tuple(sorted(self.values.known, key=_amount))

    @cached_property
    def falling(self) -> tuple[tuple[Place, Value], ...]:
        """Known values from the highest; equal ones by name, as in `rising`."""
        return tuple(sorted(self.values.known, key=_amount, reverse=True))

    @cached_property
    def without_value(self) -> tuple[tuple[Place, Value], ...]:
        return tuple((place, value) for place, value in self.values.rows if not value.known)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Where the values come from, the most used first; the place in the source is each value's own."""
        counted = Counter(value.sources[0] for _, value in self.values.known if value.sources)
        by_label = {source.label: source for source, _ in reversed(counted.most_common())}
        return tuple(reversed(by_label.values()))[:NAMED_AT_MOST]

    @cached_property
    def perimeters(self) -> tuple[str, ...]:
        counted = Counter(value.perimeter for _, value in self.values.known if value.perimeter)
        return tuple(text for text, _ in counted.most_common(NAMED_AT_MOST))

    def circles(self, ground: Ground) -> Circles:
        """The circles of a count, to the size of a ground."""
        held = {code: value.amount for code, (_, value) in self.by_code.items()}
        return circles(held, width=ground.width, height=ground.height)

    def text(self, value: Value) -> str:
        """A value in words, with its interval; what stands for it where it is not known."""
        return written(self.indicator, value)


_pictures: Kept[Picture] = Kept(110_000)
_sent: Kept[dict[str, Any]] = Kept(110_000)


def picture(asked: Asked, mark: Mark) -> Picture:
    """The values of a map. `mark` is that of the values (see `explorer_kept`)."""
    return _pictures.get((mark, *_key(asked)), lambda: _made(asked), lambda made: len(made.values.rows))


def _key(asked: Asked) -> tuple[object, ...]:
    area = asked.area.pk if asked.area is not None else 0
    classes = () if asked.is_counted else (asked.method, asked.count, asked.limits)
    return (asked.indicator.pk, asked.level, area, asked.period, *classes)


def _made(asked: Asked) -> Picture:
    values = at_level(asked.indicator, asked.level, period=asked.period, within=asked.area)
    return Picture(values, None if asked.is_counted else _classes(asked, amounts(values.rows)))


def _classes(asked: Asked, values: Sequence[Decimal | None]) -> Classes:
    decimals = asked.indicator.decimals
    if asked.method is Method.MANUAL:
        return cut_at(values, asked.limits, decimals=decimals)
    return cut(values, count=asked.count, method=asked.method, decimals=decimals)


def _amount(row: tuple[Place, Value]) -> Decimal:
    return row[1].amount or Decimal(0)


def written(indicator: Indicator, value: Value) -> str:
    """« 12,3 % », « 1 200 personnes, entre 1 000 et 1 400 », « n. c. »."""
    text = units.format_value(value.amount, unit=indicator.unit, decimals=indicator.decimals)
    if value.low is None or value.high is None:
        return text
    low, high = (units.format_value(bound, decimals=indicator.decimals) for bound in (value.low, value.high))
    return f"{text}, entre {low} et {high}"


def status_of(value: Value) -> str:
    """The status to tell beside a value: a published one needs none."""
    return "" if value.status == Status.PUBLISHED else str(value.status)


# --- what the browser is sent ----------------------------------------------------------------------------------------


def sent_values(asked: Asked, found: Picture, ground: Ground, mark: Mark) -> dict[str, Any]:
    """For each territory of a ground that is sent, in its order: class, words, radius. Strings are sent once."""
    key = (mark, ground.token, *_key(asked))
    return _sent.get(key, lambda: _values(found, ground), lambda made: len(made["ranks"]))


def _values(found: Picture, ground: Ground) -> dict[str, Any]:
    """`ranks`: class from 0, -1 unknown, -2 suppressed. `texts` are indexes in `words`; `radii` in units × 10."""
    words: dict[str, int] = {}
    ranks, texts, radii = [], [], []
    drawn: Mapping[str, float] = found.circles(ground).radii if found.classes is None else {}
    for code in ground.codes:
        _, value = found.by_code.get(code, (None, None))
        ranks.append(_rank(found, value))
        texts.append(words.setdefault(_words(found, value), len(words)))
        if drawn:
            radii.append(round(drawn.get(code, 0.0) * 10))
    return {"ranks": ranks, "words": list(words), "texts": texts, "radii": radii}


def _rank(found: Picture, value: Value | None) -> int:
    if value is None or value.amount is None:
        return -2 if value is not None and value.status == Status.SUPPRESSED else -1
    return (found.classes.index_of(value.amount) or 0) if found.classes is not None else 0


def _words(found: Picture, value: Value | None) -> str:
    if value is None:
        return units.UNKNOWN
    label = statuses.mark(status_of(value)).label.lower()
    return typography(f"{found.text(value)} ({label})" if label else found.text(value))
