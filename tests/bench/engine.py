"""The consistency engine alone, on 100,000 figures: no database, no page."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

from maillage.engines import consistency as engine
from tests.bench.size import SEED
from tests.bench.stopwatch import stopwatch

FIGURES = 100_000


def figures(number: int = FIGURES) -> list[engine.Figure]:
    """Amounts in pairs with their evolution and their sum, one evolution in ten wrong."""
    draw = random.Random(SEED)  # noqa: S311  (a draw that can be repeated, not a secret)
    made: list[engine.Figure] = []
    for rank in range(number // 4):
        before, after = draw.randint(10_000, 900_000), draw.randint(10_000, 900_000)
        wrong = 7 if draw.random() < 0.1 else 0
        printed = round((after - before) / before * 100) + wrong
        a, b = f"X{rank}A", f"X{rank}B"
        place = f"DEP-{1 + rank % 19:02d}"
        made += [
            _figure(a, rank, place, "2019", before, "EUR", f"{before} €"),
            _figure(b, rank, place, "2020", after, "EUR", f"{after} €"),
            _figure(f"X{rank}C", rank, place, "2019/2020", printed, "%", f"{printed} %", f"evolution({a};{b})"),
            _figure(
                f"X{rank}D", rank, place, "2019/2020", before + after, "EUR", f"{before + after} €", f"sum({a};{b})"
            ),
        ]
    return made


def _figure(
    key: str, rank: int, place: str, period: str, value: int, unit: str, printed_as: str, relation: str = ""
) -> engine.Figure:
    return engine.Figure(
        key=key,
        label=f"Chiffre inventé {rank}",
        territory=place,
        period=period,
        value=Decimal(value),
        unit=unit,
        printed_as=printed_as,
        relation=relation,
        document=f"DOC-{rank % 400}",
        locator="",
        perimeter="",
        indicator="",
    )


def run(number: int = FIGURES) -> tuple[float, Counter[str]]:
    """(seconds, how many of each verdict)."""
    given = figures(number)
    with stopwatch() as seconds:
        verdicts = engine.check(given, [])
    return seconds(), Counter(verdict.kind.value for verdict in verdicts)
