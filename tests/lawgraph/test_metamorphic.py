"""Answers that do not depend on how rows come: order, chunks, repetition, company; in two countries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from lawgraph import Program
from tests.lawgraph.building import compiled
from tests.lawgraph.france import signature_of, traced
from tests.lawgraph.households import random_households
from tests.lawgraph.oracle import Columns, france, split_name
from tests.lawgraph.template import households, template


@dataclass(frozen=True)
class Country:
    """A program, batches for it, and the entity of each column."""

    program: Program
    system: Any
    batch: Callable[[int, int], Columns]

    def entity(self, column: str) -> str:
        if column.endswith((".id", ".role")):
            return self.program.person
        return str(self.system.get_variable(split_name(column)[0]).entity.key)

    @property
    def groups(self) -> list[str]:
        return [kind.key for kind in self.program.kinds]


@cache
def _template() -> Country:
    columns = households(5, "2017-01", 0)
    outputs = [name for name in template().variables if name != "postal_code"]
    program = compiled(template(), outputs, columns, "2017-01")
    return Country(program, template(), lambda count, seed: households(count, "2017-01", seed))


@cache
def _france() -> Country:
    columns = random_households(5, "2025-04", 0)
    program = traced(france(), signature_of(columns), "2025-04", outputs=("af", "asf", "ars"))
    return Country(program, france(), lambda count, seed: random_households(count, "2025-04", seed))


@pytest.fixture(params=[_template, _france], ids=["template", "france"])
def country(request: pytest.FixtureRequest) -> Country:
    found: Country = request.param()
    return found


def _same(one: Columns, other: Columns) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert np.array_equal(values, other[name]), name


def test_persons_and_groups_in_another_order(country: Country) -> None:
    """The persons of a group keep their order among themselves, as OpenFisca's positions follow it."""
    columns = country.batch(60, 1)
    rng = np.random.default_rng(8)
    persons = len(columns[f"{country.groups[0]}.id"])
    order = _orderly(columns, country, rng.permutation(persons))
    rows = {country.program.person: order}
    rows |= {key: rng.permutation(int(columns[f"{key}.id"].max()) + 1) for key in country.groups}
    moved = {name: values[rows[country.entity(name)]] for name, values in columns.items()}
    for key in country.groups:
        moved[f"{key}.id"] = np.argsort(rows[key])[moved[f"{key}.id"]]
    answers = country.program.run(columns)
    entities = country.program.output_entities
    _same({name: values[rows[entities[name]]] for name, values in answers.items()}, country.program.run(moved))


def _orderly(columns: Columns, country: Country, order: np.ndarray) -> np.ndarray:
    """An order of persons in which those tied by groups follow each other as before."""
    label = np.arange(len(order))
    for _ in range(4):
        for key in country.groups:
            ids = columns[f"{key}.id"]
            lowest = np.full(int(ids.max()) + 1, len(order))
            np.minimum.at(lowest, ids, label)
            label = lowest[ids]
    ranks = np.argsort(order)
    return np.lexsort((np.arange(len(order)), ranks[label]))


@pytest.mark.parametrize("chunk", [1, 2, 7, 59, 1000])
def test_chunks_of_any_size(country: Country, chunk: int) -> None:
    columns = country.batch(60, 2)
    told: list[tuple[int, int]] = []
    answers = country.program.run(columns, chunk=chunk, progress=lambda done, whole: told.append((done, whole)))
    _same(answers, country.program.run(columns))
    persons = len(columns[f"{country.groups[0]}.id"])
    assert told[-1] == (persons, persons)
    assert told == sorted(told)


def test_each_household_alone(country: Country) -> None:
    """A batch of one household, the shape of a question asked on a doorstep."""
    for seed in range(4):
        whole = country.batch(12, seed)
        answers = country.program.run(whole)
        for first in range(0, 12, 5):
            alone, rows = _part(country, whole, first)
            entities = country.program.output_entities
            expected = {name: values[rows[entities[name]]] for name, values in answers.items()}
            _same(expected, country.program.run(alone))


def _part(country: Country, columns: Columns, first: int) -> tuple[Columns, dict[str, np.ndarray]]:
    """Whoever is tied to a group of the first kind, and the rows that they had."""
    persons = columns[f"{country.groups[0]}.id"] == first
    for _ in range(6):
        for key in country.groups:
            persons = np.isin(columns[f"{key}.id"], np.unique(columns[f"{key}.id"][persons]))
    rows = {country.program.person: np.flatnonzero(persons)}
    rows |= {key: np.unique(columns[f"{key}.id"][persons]) for key in country.groups}
    part = {name: values[rows[country.entity(name)]] for name, values in columns.items()}
    for key in country.groups:
        part[f"{key}.id"] = np.searchsorted(rows[key], part[f"{key}.id"])
    return part, rows


def _beside(country: Country, one: Columns, other: Columns) -> Columns:
    """Two batches in one."""
    both = {name: np.concatenate([one[name], other[name]]) for name in one}
    for key in country.groups:
        both[f"{key}.id"][len(one[f"{key}.id"]) :] += int(one[f"{key}.id"].max()) + 1
    return both


def test_the_same_batch_twice(country: Country) -> None:
    columns = country.batch(30, 3)
    answers = country.program.run(columns)
    twice = country.program.run(_beside(country, columns, columns))
    _same({name: np.concatenate([values, values]) for name, values in answers.items()}, twice)


def test_two_batches_beside_each_other(country: Country) -> None:
    one, other = country.batch(25, 4), country.batch(40, 5)
    apart = [country.program.run(columns) for columns in (one, other)]
    together = country.program.run(_beside(country, one, other), chunk=9)
    _same({name: np.concatenate([apart[0][name], apart[1][name]]) for name in together}, together)


def test_columns_are_left_as_they_were(country: Country) -> None:
    columns = country.batch(20, 6)
    before = {name: values.copy() for name, values in columns.items()}
    first = country.program.run(columns)
    _same(before, columns)
    again = country.program.run(columns)
    first[next(iter(first))][:] = 0  # what is done with an answer changes no other
    _same(again, country.program.run(columns))


def test_answers_of_one_run_are_not_those_of_the_next(country: Country) -> None:
    """Buffers are used again: an answer must not be one."""
    one = country.program.run(country.batch(20, 6))
    kept = {name: values.copy() for name, values in one.items()}
    country.program.run(country.batch(33, 7))
    _same(kept, one)
