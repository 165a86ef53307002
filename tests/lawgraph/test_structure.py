"""Who is in which group: read, checked, cut into chunks that hold whole islands, laid out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawgraph import BadColumns
from lawgraph.structure import LARGEST_ISLAND, Chunk, GroupKind, Structure, chunks
from tests.lawgraph.building import groups
from tests.lawgraph.twins import KINDS

Columns = dict[str, np.ndarray]


def _two_families() -> Columns:
    return {
        "family.id": np.array([0, 0, 1, 1]),
        "family.role": np.array(["first_parent", "child", "first_parent", "second_parent"]),
        "home.id": np.array([0, 0, 0, 1]),
        "home.role": np.array(["holder", "other", "other", "holder"]),
    }


def _refused(change: dict[str, Any]) -> list[str]:
    with pytest.raises(BadColumns) as refusal:
        Structure.read(KINDS, _two_families() | change)
    return refusal.value.problems


def test_a_composition_is_read() -> None:
    found = Structure.read(KINDS, _two_families())
    assert (found.persons, dict(found.counts)) == (4, {"family": 2, "home": 2})
    assert found.roles["family"].tolist() == [0, 2, 0, 1]
    assert found.members["home"].tolist() == [0, 0, 0, 1]


def test_roles_by_number_are_those_of_their_order() -> None:
    numbers = Structure.read(KINDS, _two_families() | {"home.role": np.array([0, 1, 1, 0])})
    assert np.array_equal(numbers.roles["home"], Structure.read(KINDS, _two_families()).roles["home"])


@pytest.mark.parametrize(("change", "problem"), [
    ({"family.id": np.array([0, 0, 1])}, "the columns of the groups do not all have as many rows"),
    ({"family.role": np.array(["child"] * 3)}, "family.role: 3 rows for 4 persons"),
    ({"family.id": np.array([0, 0, -1, 1])}, "family.id, row 3: a group number below 0"),
    ({"family.id": np.array([0, 0, 2, 2])}, "family 1: it has no member"),
    ({"family.id": np.array([0, 9, 1, 1])}, "family.id, row 2: group 9, but 4 persons"),
    ({"family.id": np.array([0.0, 0, 1, 1])}, "family.id: whole numbers are expected, not float64"),
    ({"family.id": np.array(["0", "0", "1", "1"])}, "family.id: whole numbers are expected, not <U1"),
    ({"family.id": np.zeros((4, 1), int)}, "family.id: one value a row is expected"),
    ({"family.role": np.array(["child", "cousin", "child", "child"])},
     "family.role, row 2: not a role of family (first_parent, second_parent, child)"),
    ({"family.role": np.array([0, 3, 2, 2])},
     "family.role, row 2: not a role of family (first_parent, second_parent, child)"),
    ({"family.role": np.array([0, 256, 2, 2])},
     "family.role, row 2: not a role of family (first_parent, second_parent, child)"),
    ({"home.role": np.array(["holder", "holder", "other", "holder"])}, "home 0: 2 persons are 'holder', 1 at most"),
])  # fmt: skip
def test_a_bad_composition_is_refused(change: dict[str, Any], problem: str) -> None:
    assert _refused(change) == [problem]


def test_missing_columns_are_all_told() -> None:
    with pytest.raises(BadColumns) as refusal:
        Structure.read(KINDS, {"family.id": np.zeros(3, int)})
    missing = ["family.role", "home.id", "home.role"]
    assert refusal.value.problems == [f"{name}: the column is missing" for name in missing]


def test_every_bad_column_is_told_at_once() -> None:
    found = _refused({"family.role": np.array(["cousin"] * 4), "home.id": np.array([0, 0, -3, 1])})
    assert len(found) == 5
    assert found[-1] == "home.id, row 3: a group number below 0"


def test_a_group_of_too_many_is_refused() -> None:
    columns = _two_families()
    many = {name: np.repeat(values[:1], 101) for name, values in columns.items()}
    many["family.role"], many["home.role"] = np.array(["child"] * 101), np.array(["other"] * 101)
    with pytest.raises(BadColumns, match="family 0: 101 members, more than 100"):
        Structure.read(KINDS, many)


def test_nobody_is_a_population() -> None:
    empty: Columns = {name: values[:0] for name, values in _two_families().items()}
    found = Structure.read(KINDS, empty)
    assert (found.persons, dict(found.counts)) == (0, {"family": 0, "home": 0})
    assert list(chunks(found, 10)) == []
    assert Structure.read(KINDS, {name: np.array([]) for name in empty}).persons == 0


def _check_chunk(structure: Structure, chunk: Chunk) -> None:
    """Whole groups, in slots: the first members of all, then the second ones…, each in the order of the batch."""
    for kind in structure.kinds:
        layout = chunk.groups[kind.key]
        slots = chunk.persons if layout.persons is None else chunk.persons[layout.persons]
        assert sum(layout.slots) == len(slots)
        begin = 0
        members: dict[int, list[int]] = {int(group): [] for group in layout.order}
        for held in layout.slots:
            for group, person in zip(layout.order[:held], slots[begin : begin + held], strict=True):
                members[int(group)].append(int(person))
            begin += held
        for number, (group, persons) in enumerate(members.items()):
            assert persons == np.flatnonzero(structure.members[kind.key] == group).tolist()
            assert layout.sizes[number] == len(persons)
        if layout.persons is not None and layout.back is not None:
            assert np.array_equal(layout.persons[layout.back], np.arange(len(slots)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 30))
def test_chunks_hold_everybody_once_with_the_whole_of_their_groups(seed: int, persons: int, size: int) -> None:
    structure = Structure.read(KINDS, groups(np.random.default_rng(seed), persons))
    found = list(chunks(structure, size))
    assert sorted(np.concatenate([chunk.persons for chunk in found]).tolist()) == list(range(persons))
    for kind in structure.kinds:
        order = np.concatenate([chunk.groups[kind.key].order for chunk in found])
        assert sorted(order.tolist()) == list(range(structure.counts[kind.key]))
    for chunk in found:
        _check_chunk(structure, chunk)


def test_most_households_share_one_layout_for_all_kinds() -> None:
    ids = np.repeat(np.arange(50), 3)
    roles = np.tile(["first_parent", "second_parent", "child"], 50)
    columns = {"family.id": ids, "family.role": roles, "home.id": ids, "home.role": np.array(["other"] * 150)}
    (chunk,) = chunks(Structure.read(KINDS, columns), 50)
    assert [layout.persons for layout in chunk.groups.values()] == [None, None]
    assert chunk.groups["home"].slots == (50, 50, 50)


def _chain(length: int) -> Columns:
    """Each person lives with the next one, whose family is the one after: all are tied."""
    ids = np.arange(length)
    pairs = ("other", "other")
    return {
        "family.id": ids // 2,
        "family.role": np.array(["child"] * length),
        "home.id": (ids + 1) // 2,
        "home.role": np.array((pairs * length)[:length]),
    }


def test_a_long_chain_is_one_island() -> None:
    (chunk,) = chunks(Structure.read(KINDS, _chain(LARGEST_ISLAND)), 10)
    assert len(chunk.persons) == LARGEST_ISLAND


def test_a_chain_that_no_household_makes_is_refused() -> None:
    """Two millions of persons tied one to the next: found in a few rounds, not in two millions."""
    columns = _chain(2_000_000)
    shuffled = np.random.default_rng(1).permutation(1_000_000)
    columns["family.id"] = shuffled[columns["family.id"]]
    with pytest.raises(BadColumns, match="row 1: 2000000 persons are tied by their groups, more than 10000"):
        list(chunks(Structure.read(KINDS, columns), 100))


def test_a_kind_with_one_group_for_all() -> None:
    kinds = (GroupKind("home", (("holder", 1), ("other", None))),)
    columns = {"home.id": np.zeros(5, int), "home.role": np.array(["other", "holder", "other", "other", "other"])}
    structure = Structure.read(kinds, columns)
    (chunk,) = chunks(structure, 2)
    _check_chunk(structure, chunk)
    assert chunk.groups["home"].slots == (1,) * 5
