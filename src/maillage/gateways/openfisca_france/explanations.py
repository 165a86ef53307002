"""Why an amount: the figures that OpenFisca went through, in French sentences, with the articles and the parameters.

`explanations.csv` chooses the variables to show for each right; their values are outputs of the same program as the
amount. What OpenFisca's tree says of them (articles, values, dates) is read when a program is traced and kept with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from maillage.gateways.openfisca_france import terms
from maillage.gateways.openfisca_france.law_texts import ParameterValue, article_url, parameter_at
from maillage.gateways.openfisca_france.timeline import SOLIDARITY_FROM
from maillage.kernel.numbers import NBSP, format_number
from maillage.kernel.period import MONTHS_FR

Array = npt.NDArray[Any]

FILE = "explanations.csv"
AMOUNT, RULED_OUT, VALUE = "amount", "ruled_out", "value"
_OWN = frozenset({AMOUNT, RULED_OUT, VALUE})
_N2 = 2


class FigureUnit(StrEnum):
    EUR_MONTH = "eur_month"
    EUR_YEAR = "eur_year"
    COUNT = "count"
    NUMBER = "number"
    RATE = "rate"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file.

    `value` and `when` are expressions (`terms`) on OpenFisca's variables; `name__quarter` asks for another period than
    that of the right. Persons' values are added up; `of` is a person's condition: the others count for nothing. Without
    `value` the row is a sentence alone: a rule, or the reason of a refusal. `source` is where the article was read.
    """

    right: str
    sentence: str
    value: str
    unit: str
    of: str
    when: str
    since: str
    until: str
    article: str
    source: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that the row needs, their period included."""
        found = [*terms.names_of(self.value), *terms.names_of(self.when), *terms.names_of(self.of)]
        return tuple(name for name in dict.fromkeys(found) if name not in _OWN)

    def holds_at(self, month: str) -> bool:
        return self.since <= month and (not self.until or month <= self.until)


@dataclass(frozen=True, slots=True)
class TracedStep:
    """A row as a program of one month answers it. `keys`: for each name, the outputs whose mean it is."""

    sentence: str
    value: str
    unit: str
    of: str
    when: str
    keys: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    article: str
    url: str
    parameters: tuple[ParameterValue, ...]

    def plain(self) -> dict[str, Any]:
        """The step as JSON holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Step:
    """One step of an explanation, for some households.

    `values`: one for each household, in the unit (labels for a choice); `shown`: whether the step concerns it.
    `unit` None: a sentence alone.
    """

    sentence: str
    unit: FigureUnit | None
    values: Array
    shown: npt.NDArray[np.bool_]
    article: str
    url: str
    parameters: tuple[ParameterValue, ...]

    @property
    def figure_fr(self) -> str:
        """« 646,52 € par mois », « entre 0 et 450 € par mois »; empty for a sentence alone, or that concerns nobody."""
        if self.unit is None or not self.shown.any():
            return ""
        values = self.values[self.shown]
        if self.unit is FigureUnit.CHOICE:
            return " ou ".join(sorted({str(one) for one in values}))
        return _between(float(values.min()), float(values.max()), self.unit)

    @property
    def text_fr(self) -> str:
        """The sentence, with the figures of the households concerned: all that a page has to write."""
        if self.unit is not None:
            return f"{self.sentence}{NBSP}: {self.figure_fr}"
        if self.shown.all():
            return self.sentence
        return f"Dans une partie des cas encore possibles{NBSP}: {self.sentence[0].lower()}{self.sentence[1:]}"


@dataclass(frozen=True)
class Figures:
    """The outputs of a program for some households. `household_of`: the household of each row of an entity."""

    found: Mapping[str, Array]
    entities: Mapping[str, str]
    household_of: Mapping[str, Array]
    count: int
    person: str

    def of(self, keys: Sequence[str], among: npt.NDArray[np.bool_] | None) -> Array:
        """One value for each household: its rows added up, the mean over the outputs; a name where it is a choice."""
        values = [self._of_output(key, among) for key in keys]
        return values[0] if len(values) == 1 else np.asarray(sum(values) / len(values))

    def _of_output(self, key: str, among: npt.NDArray[np.bool_] | None) -> Array:
        values, entity = self.found[key], self.entities[key]
        owners = self.household_of[entity]
        if values.dtype.kind == "U":
            named = np.zeros(self.count, values.dtype)
            named[owners] = values
            return named
        weights = values.astype(np.float64)
        if among is not None and entity == self.person:
            weights = np.where(among, weights, 0.0)
        return np.bincount(owners, weights=weights, minlength=self.count)


@cache
def rows() -> tuple[Row, ...]:
    """Every row, by right and in order."""
    read = csv.DictReader(files(__package__).joinpath(FILE).read_text(encoding="utf-8").splitlines())
    ordered = sorted(read, key=lambda row: int(row["order"]))
    return tuple(_row(row) for row in ordered)


def rows_of(right: str, month: str) -> tuple[Row, ...]:
    """The rows of a right that hold for a month, in order."""
    return tuple(row for row in rows() if row.right == right and row.holds_at(month))


def outputs(rights: Iterable[str], month: str) -> tuple[str, ...]:
    """What a program must answer besides the amounts: "variable@period"."""
    names = [name for right in rights for row in rows_of(right, month) for name in row.names]
    return tuple(dict.fromkeys(f"{_variable(name)}@{one}" for name in names for one in periods(name, month)))


def traced(right: str, month: str) -> tuple[TracedStep, ...]:
    """The steps of a right for a month, with what the law's tree says of them. OpenFisca is loaded."""
    return tuple(_traced(row, month) for row in rows_of(right, month))


def from_plain(content: Mapping[str, Any]) -> TracedStep:
    """A step from JSON. Raises TypeError or KeyError when it is another thing."""
    parameters = tuple(ParameterValue(**one) for one in content["parameters"])
    keys = {name: tuple(asked) for name, asked in content["keys"].items()}
    return TracedStep(**{**content, "keys": keys, "parameters": parameters})


def step(
    one: TracedStep, figures: Figures, amount: Array, ruled_out: Array, kept: npt.NDArray[np.bool_] | None
) -> Step:
    """A step for some households. `amount`: that of the right; `ruled_out`: more than 0 where it was set aside.

    `kept`: the persons who were not set aside, None for all; the others count for nothing where the row has an `of`.
    """
    among = None
    if one.of:
        among = figures.found[one.keys[one.of][0]] != 0
        among = among if kept is None else among & kept
    known = {name: figures.of(keys, among) for name, keys in one.keys.items()}
    known |= {AMOUNT: amount, RULED_OUT: ruled_out}
    values = terms.evaluate(one.value, known) if one.value else np.zeros(figures.count)
    if one.labels:
        values = np.array([one.labels[str(name)] for name in values])
    known[VALUE] = values
    shown = terms.holds(one.when, known) if one.when else np.ones(figures.count, dtype=bool)
    unit = FigureUnit(one.unit) if one.value else None
    return Step(one.sentence, unit, values, shown, one.article, one.url, one.parameters)


def periods(name: str, month: str) -> tuple[str, ...]:
    """The periods that a name asks for, in order: `__quarter` is the three months that RSA and prime d'activité see."""
    year, rank = int(month[:4]), int(month[:4]) * 12 + int(month[5:]) - 1
    latest = 2 if month >= SOLIDARITY_FROM else 1
    known = {
        "": (month,),
        "last_month": (_month(rank - 1),),
        "quarter": tuple(_month(rank - back) for back in range(latest + 2, latest - 1, -1)),
        "last_quarter": tuple(_month(rank - back) for back in (3, 2, 1)),
        "january": (f"{year}-01",),
        "october": (f"{year}-10",),
        "n2": (str(year - _N2),),
    }
    return known[name.partition("__")[2]]


def _row(row: Mapping[str, str]) -> Row:
    pairs = [one.partition(" = ") for one in row["parameters"].split(" | ") if one]
    return Row(
        right=row["right"],
        sentence=row["sentence_fr"],
        parameters=tuple((label, name) for label, _, name in pairs),
        **{name: row[name] for name in ("value", "unit", "of", "when", "since", "until", "article", "source")},
    )


def _traced(row: Row, month: str) -> TracedStep:
    from lawgraph.trace import period_for
    from maillage.gateways.openfisca_france.system import system

    law = system()
    keys = {}
    for name in row.names:
        variable = law.get_variable(_variable(name), check_existence=True)
        keys[name] = tuple(f"{variable.name}@{period_for(variable, one)}" for one in periods(name, month))
    day = _day_read(keys, month)
    found = [parameter_at(label, name, day) for label, name in row.parameters]
    return TracedStep(
        _sentence(row.sentence, month),
        row.value,
        row.unit,
        row.of,
        row.when,
        keys,
        _labels(law, row),
        row.article,
        article_url(row.article, row.source, day) if row.source else "",
        tuple(one for one in found if one is not None),
    )


def _day_read(keys: Mapping[str, Sequence[str]], month: str) -> str:
    """The day at which the formulas of a row read the law: that of its latest figure (a year is read in January)."""
    read = [key.partition("@")[2] for one in keys.values() for key in one]
    months = [one if "-" in one else f"{one}-01" for one in read if one != "eternity"]
    return f"{max(months, default=month)}-01"


def _labels(law: Any, row: Row) -> dict[str, str]:
    if row.unit != FigureUnit.CHOICE:
        return {}
    return {one.name: str(one.value).lower() for one in law.get_variable(row.value).possible_values}


def _variable(name: str) -> str:
    return name.partition("__")[0]


def _sentence(text: str, month: str) -> str:
    return text.format(
        quarter=_span(periods("x__quarter", month)),
        last_quarter=_span(periods("x__last_quarter", month)),
        n2=int(month[:4]) - _N2,
    )


def _span(months: Sequence[str]) -> str:
    """« septembre à novembre 2025 », « novembre 2025 à janvier 2026 »."""
    first, last = months[0], months[-1]
    year = "" if first[:4] == last[:4] else f" {first[:4]}"
    return f"{MONTHS_FR[int(first[5:]) - 1]}{year} à {MONTHS_FR[int(last[5:]) - 1]} {last[:4]}"


def _month(rank: int) -> str:
    return f"{rank // 12}-{rank % 12 + 1:02d}"


def _between(low: float, high: float, unit: FigureUnit) -> str:
    one, other = _number(low, unit), _number(high, unit)
    if one != other and unit in {FigureUnit.EUR_MONTH, FigureUnit.EUR_YEAR}:
        one, other = _number(low, FigureUnit.EUR_YEAR), _number(high, FigureUnit.EUR_YEAR)
    suffix = {
        FigureUnit.EUR_MONTH: f"{NBSP}€ par mois",
        FigureUnit.EUR_YEAR: f"{NBSP}€ par an",
        FigureUnit.RATE: f"{NBSP}%",
    }.get(unit, "")
    return f"{one}{suffix}" if one == other else f"entre {one} et {other}{suffix}"


def _number(value: float, unit: FigureUnit) -> str:
    """To the cent for a month, to the euro for a year."""
    number = Decimal(repr(round(value * (100 if unit is FigureUnit.RATE else 1), 4)))
    if unit is FigureUnit.EUR_MONTH:
        cents = number.quantize(Decimal("0.01"))
        return format_number(cents, 0 if cents == cents.to_integral_value() else 2)
    return format_number(number, 0) if unit is FigureUnit.EUR_YEAR else format_number(round(number, 2))
