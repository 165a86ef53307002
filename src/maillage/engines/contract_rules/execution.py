"""F4 and F5: money follows its order, and a legal commitment belongs to one file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from maillage.engines.contract_rules.findings import broken, euros, sheet_name, unknown
from maillage.engines.contract_rules.model import EjUse, Family, Finding, LineFacts, SheetFacts, YearFacts
from maillage.engines.contract_rules.totals import sum_of
from maillage.kernel.errors import shorten
from maillage.kernel.numbers import french_list

# From the last to the first: each is at most the next. The words agree with « montant ».
_CHAIN = (("paid", "payé"), ("committed", "engagé"), ("awarded", "attribué"))


def check_execution(sheet: SheetFacts) -> Iterator[Finding]:
    """F4. A line bears amounts cumulated to date, so its own order is enough: later years only add to both sides.

    By year, what the State awarded holds within the eligible base, and the base within the total cost.
    """
    for line in sheet.lines:
        yield from _line(sheet, line)
    for year in sorted({*sheet.years, *(line.year for line in sheet.lines)}):
        yield from _year(sheet, year)


def _line(sheet: SheetFacts, line: LineFacts) -> Iterator[Finding]:
    path = f"sheets/{sheet.code}/lines/{line.key}"
    where = f"la ligne {line.key} ({shorten(line.funder, 60)}, {line.year}) de l'action {sheet_name(sheet)}"
    amounts = [(word, getattr(line, name)) for name, word in _CHAIN]
    known = [(word, amount) for word, amount in amounts if amount is not None]
    for (low_word, low), (high_word, high) in pairwise(known):
        if low > high:
            message = f"Sur {where}, {euros(low)} sont {low_word}s pour {euros(high)} {high_word}s."
            yield broken("F4", path, message, [low_word, low, high_word, high], line.year)
    for (low_word, low), (high_word, high) in pairwise(amounts):
        if low and high is None:
            subject = f"L'exécution de {where}"
            missing = [f"le montant {high_word} ({euros(low)} sont {low_word}s)"]
            yield unknown("F4", path, subject, missing, line.year)


def _year(sheet: SheetFacts, year: int) -> Iterator[Finding]:
    awarded = sum_of(
        line.awarded
        for line in sheet.lines
        if line.year == year and line.family == Family.STATE and line.awarded is not None
    ).known
    costs = sheet.years.get(year, YearFacts())
    chain = (
        ("les parts attribuées par l'État", awarded),
        ("la base éligible", costs.eligible_cost),
        ("le coût total", costs.total_cost),
    )
    path = f"sheets/{sheet.code}/years/{year}"
    yield from _ordered(sheet, year, path, chain)
    words = (("la base éligible", costs.eligible_cost), ("le coût total", costs.total_cost))
    missing = [word for word, amount in words if amount is None]
    if awarded and missing:
        subject = f"L'exécution de l'action {sheet_name(sheet)} en {year} (l'État a attribué {euros(awarded)})"
        yield unknown("F4", path, subject, missing, year)


def _ordered(sheet: SheetFacts, year: int, path: str, chain: Iterable[tuple[str, Decimal | None]]) -> Iterator[Finding]:
    known = [(word, amount) for word, amount in chain if amount is not None]
    for (low_word, low), (high_word, high) in pairwise(known):
        if low > high:
            message = (
                f"En {year}, dans l'action {sheet_name(sheet)}, {low_word} ({euros(low)}) "
                f"{'dépassent' if low_word.startswith('les ') else 'dépasse'} {high_word} ({euros(high)})."
            )
            yield broken("F4", path, message, [low_word, low, high_word, high], year)


def check_uses(uses: Iterable[EjUse]) -> list[Finding]:
    """F5: one (EJ, SIRET, year) belongs to one file only. Spaces in numbers do not make another number."""
    files: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for use in uses:
        ej, siret = _digits(use.ej), _digits(use.siret)
        if ej:
            files[ej, siret, use.year].add(use.file)
    found = []
    for (ej, siret, year), names in sorted(files.items()):
        if len(names) > 1:
            listed = sorted(names)
            message = (
                f"L'engagement juridique {ej} (SIRET {siret or 'non connu'}, {year}) figure dans "
                f"{len(listed)} dossiers : {shorten(french_list(listed), 200)}. Il n'appartient qu'à un seul."
            )
            found.append(broken("F5", f"ejs/{ej}", message, [siret, str(year), *listed], year))
    return found


def _digits(text: str) -> str:
    return "".join(text.split()).upper()
