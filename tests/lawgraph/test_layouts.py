"""Chunks hold everybody once, whole groups only, and say where each member is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawgraph import layouts
from lawgraph.graph import Node
from lawgraph.structure import Chunk, Structure
from tests.lawgraph import graphs
from tests.lawgraph.graphs import KINDS

KEYS = [kind.key for kind in KINDS]


@given(
    persons=st.integers(1, 300), seed=st.integers(0, 500), size=st.integers(1, 90), first=st.sampled_from(["", *KEYS])
)
def test_every_chunk_is_laid_out_as_its_groups_are(persons: int, seed: int, size: int, first: str) -> None:
    structure = graphs.population(persons, seed)
    parts = list(layouts.chunks(structure, size, first))
    assert np.array_equal(np.sort(np.concatenate([part.persons for part in parts])), np.arange(persons))
    for key in KEYS:
        orders = np.concatenate([part.groups[key].order for part in parts])
        assert np.array_equal(np.sort(orders), np.arange(structure.counts[key]))
        for part in parts:
            assert_laid_out(structure, part, key)


def assert_laid_out(structure: Structure, part: Chunk, key: str) -> None:
    """The members of a group, slot after slot, are its persons in the order of the population."""
    layout = part.groups[key]
    slots = np.arange(len(part.persons)) if layout.persons is None else layout.persons
    members: list[list[int]] = [[] for _ in layout.order]
    begin = 0
    for held in layout.slots:
        for group in range(held):
            members[group].append(int(part.persons[slots[begin + group]]))
        begin += held
    assert begin == len(part.persons)
    expected = [np.flatnonzero(structure.members[key] == number).tolist() for number in layout.order]
    assert members == expected
    assert [len(one) for one in members] == layout.sizes.tolist()
    if layout.back is not None:
        assert np.array_equal(slots[layout.back], np.arange(len(slots)))


def test_the_first_kind_looks_nothing_up() -> None:
    structure = graphs.population(300, 4)
    for key in KEYS:
        assert all(part.groups[key].persons is None for part in layouts.chunks(structure, 20, key))


def test_nobody_is_no_chunk() -> None:
    empty = np.zeros(0, np.int64)
    nobody = Structure(
        0, KINDS, dict.fromkeys(KEYS, empty), dict.fromkeys(KEYS, empty.astype(np.int8)), dict.fromkeys(KEYS, 0)
    )
    assert list(layouts.chunks(nobody, 10)) == []


@pytest.mark.parametrize("window", [1, 7, 50])
def test_windows_do_not_cut_islands(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "WINDOW", window)
    structure = graphs.population(200, 3)
    parts = list(layouts.chunks(structure, 7))
    assert sum(len(part.persons) for part in parts) == 200
    for part in parts:
        for key in KEYS:
            assert_laid_out(structure, part, key)


def test_the_busiest_kind_is_the_one_with_most_operations() -> None:
    nodes = [Node("project", (), (key,), "f4", "person") for key in ("club", "home", "club")]
    assert layouts.busiest(nodes) == "club"
    assert layouts.busiest([Node("add", (), (), "f4", "person")]) == ""
