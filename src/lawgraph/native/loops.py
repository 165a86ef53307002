"""Loops for what is not elementwise: inputs and outputs by their rows, and the operations of groups.

A layout is an array of whole numbers: how many groups have a first member, a second one…, where those begin among the
persons, and where each person is when the persons of the block are in another order.
"""

from __future__ import annotations

from collections.abc import Callable

from lawgraph.graph import Node
from lawgraph.native.arithmetic import EMITS, cast, compare
from lawgraph.native.support import MOST_SLOTS
from lawgraph.native.text import Body, literal, scalar, size

#: The places of a layout: how many slots and groups, the address of the persons' order (0: none); then the slots.
SLOTS, GROUPS, ORDER = range(3)
BEGIN = 8
HELD = BEGIN + MOST_SLOTS
LAYOUT = HELD + MOST_SLOTS
_COMBINED = {
    "group_sum": "add",
    "group_any": "logical_or",
    "group_all": "logical_and",
    "group_max": "maximum",
    "group_min": "minimum",
}


class Function(Body):
    """A function on whole columns, one value at a time: LLVM makes vectors of its loops."""

    def __init__(self, name: str, parameters: str) -> None:
        super().__init__(1)
        self._head = f"define internal void @{name}({parameters}) #1 {{"
        self.begin("entry")

    def text(self) -> str:
        return "\n".join([self._head, *self.lines, "  ret void", "}"])

    def at(self, kind: str, pointer: str, index: str) -> str:
        return self.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}")

    def word(self, pointer: str, index: str | int) -> str:
        """A whole number of 64 bits, of a layout or a list of rows: never written while a function runs."""
        return self.let(f"load i64, ptr {self.at('i64', pointer, str(index))}, !invariant.load !0")

    def address(self, pointer: str, index: int) -> str:
        return self.let(f"inttoptr i64 {self.word(pointer, index)} to ptr")

    def load(self, dtype: str, pointer: str, index: str) -> str:
        memory = "i8" if dtype == "b1" else scalar(dtype)
        got = self.fresh(f"load {memory}, ptr {self.at(memory, pointer, index)}")
        return self.let(f"icmp ne i8 {got}, 0") if dtype == "b1" else got

    def store(self, dtype: str, value: str, pointer: str, index: str) -> None:
        memory = "i8" if dtype == "b1" else scalar(dtype)
        if dtype == "b1":
            value = self.let(f"zext i1 {value} to i8")
        self.do(f"store {memory} {value}, ptr {self.at(memory, pointer, index)}")


def bits(dtype: str) -> str:
    """The type of whole numbers as large as a value: what only moves needs no other."""
    return f"i{8 * size(dtype)}"


def taking(name: str, width: int) -> str:
    """The rows of a column."""
    one = Function(name, "ptr noalias %source, ptr noalias %rows, ptr noalias %out, i64 %count")
    kind = f"i{8 * width}"

    def body(index: str) -> None:
        got = one.fresh(f"load {kind}, ptr {one.at(kind, '%source', one.word('%rows', index))}")
        one.do(f"store {kind} {got}, ptr {one.at(kind, '%out', index)}")

    one.loop("%count", body)
    return one.text()


def putting(name: str, width: int) -> str:
    """A column into the rows of a larger one."""
    one = Function(name, "ptr noalias %source, ptr noalias %rows, ptr noalias %out, i64 %count")
    kind = f"i{8 * width}"

    def body(index: str) -> None:
        got = one.fresh(f"load {kind}, ptr {one.at(kind, '%source', index)}")
        one.do(f"store {kind} {got}, ptr {one.at(kind, '%out', one.word('%rows', index))}")

    one.loop("%count", body)
    return one.text()


def packing(name: str, letters: int) -> str:
    """The rows of a column of short texts, packed."""
    one = Function(name, "ptr noalias %source, ptr noalias %rows, ptr noalias %out, i64 %count")

    def body(index: str) -> None:
        begin = one.let(f"mul i64 {one.word('%rows', index)}, {letters}")
        packed = "0"
        for place in range(letters):
            at = one.let(f"add i64 {begin}, {place}")
            got = one.fresh(f"load i8, ptr {one.at('i8', '%source', at)}")
            letter = one.let(f"shl i64 {one.let(f'zext i8 {got} to i64')}, {56 - 8 * place}")
            packed = one.let(f"or i64 {packed}, {letter}")
        one.do(f"store i64 {packed}, ptr {one.at('i64', '%out', index)}")

    one.loop("%count", body)
    return one.text()


def role_mask(name: str, numbers: tuple[int, ...]) -> str:
    """Which persons hold one of some roles; `source`: everybody's role."""
    one = Function(name, "ptr noalias %source, ptr noalias %rows, ptr noalias %out, i64 %count")

    def body(index: str) -> None:
        role = one.fresh(f"load i8, ptr {one.at('i8', '%source', one.word('%rows', index))}")
        found = "false"
        for number in numbers:
            found = one.let(f"or i1 {found}, {one.let(f'icmp eq i8 {role}, {number}')}")
        one.store("b1", found, "%out", index)

    one.loop("%count", body)
    return one.text()


def all_hold(name: str) -> str:
    """Puts 0 at `out` when a row does not hold."""
    one = Function(name, "ptr noalias %source, ptr noalias %out, i64 %count")
    one.do("%every = alloca i8")
    one.do("store i8 1, ptr %every")

    def body(index: str) -> None:
        held = one.fresh(f"load i8, ptr {one.at('i8', '%source', index)}")
        so_far = one.fresh("load i8, ptr %every")
        one.do(f"store i8 {one.let(f'and i8 {held}, {so_far}')}, ptr %every")

    one.loop("%count", body)
    every, before = one.fresh("load i8, ptr %every"), one.fresh("load i8, ptr %out")
    one.do(f"store i8 {one.let(f'and i8 {every}, {before}')}, ptr %out")
    return one.text()


class Grouping(Function):
    """A function on a layout: each body is written twice, for persons in the layout's order and in another."""

    def __init__(self, name: str, parameters: str) -> None:
        super().__init__(name, f"{parameters}, ptr noalias %layout")

    def both(self, write: Callable[[Callable[[str], str]], None]) -> None:
        """`write(person)` where `person(place in slots)` is the row of a person."""
        address = self.word("%layout", ORDER)
        direct, other, done = self.label("direct"), self.label("other"), self.label("done")
        none = self.let(f"icmp eq i64 {address}, 0")
        self.do(f"br i1 {none}, label %{direct}, label %{other}")
        self.begin(direct)
        write(lambda place: place)
        self.do(f"br label %{done}")
        self.begin(other)
        rows = self.address("%layout", ORDER)
        write(lambda place: self.word(rows, place))
        self.do(f"br label %{done}")
        self.begin(done)

    def slots(self, body: Callable[[str, str, str], None]) -> None:
        """`body(slot, begin, held)` for each."""

        def each(slot: str) -> None:
            begin = self.word("%layout", self.let(f"add i64 {slot}, {BEGIN}"))
            held = self.word("%layout", self.let(f"add i64 {slot}, {HELD}"))
            body(slot, begin, held)

        self.loop(self.word("%layout", SLOTS), each)


def gathering(name: str, op: str, kind: str, dtype: str) -> str:
    """A sum, a maximum… of the members, first members first."""
    one = Grouping(name, "ptr noalias %source, ptr noalias %out")
    ufunc = Node(_COMBINED[op], (), (), dtype, None)

    def write(person: Callable[[str], str]) -> None:
        def first(group: str) -> None:
            one.store(dtype, cast(one, kind, dtype, one.load(kind, "%source", person(group))), "%out", group)

        def more(slot: str, begin: str, held: str) -> None:
            def each(group: str) -> None:
                row = person(one.let(f"add i64 {begin}, {group}"))
                value = cast(one, kind, dtype, one.load(kind, "%source", row))
                so_far = one.load(dtype, "%out", group)
                one.store(dtype, EMITS[ufunc.op](one, ufunc, [dtype, dtype], [so_far, value]), "%out", group)

            one.loop(held, each)

        one.loop(one.word("%layout", GROUPS), first)
        _but_first(one, more)

    one.both(write)
    return one.text()


def _but_first(one: Grouping, body: Callable[[str, str, str], None]) -> None:
    """Each slot but the first."""

    def each(before: str) -> None:
        slot = one.let(f"add i64 {before}, 1")
        begin = one.word("%layout", one.let(f"add i64 {slot}, {BEGIN}"))
        held = one.word("%layout", one.let(f"add i64 {slot}, {HELD}"))
        body(slot, begin, held)

    one.loop(one.let(f"sub i64 {one.word('%layout', SLOTS)}, 1"), each)


def projecting(name: str, width: int) -> str:
    """To each person, the value of their group."""
    one = Grouping(name, "ptr noalias %source, ptr noalias %out")
    kind = f"i{8 * width}"

    def write(person: Callable[[str], str]) -> None:
        def each(slot: str, begin: str, held: str) -> None:
            def body(group: str) -> None:
                got = one.fresh(f"load {kind}, ptr {one.at(kind, '%source', group)}")
                row = person(one.let(f"add i64 {begin}, {group}"))
                one.do(f"store {kind} {got}, ptr {one.at(kind, '%out', row)}")

            one.loop(held, body)

        one.slots(each)

    one.both(write)
    return one.text()


def nth_person(name: str, wanted: int, width: int) -> str:
    """The value of the member at a position; `default` where there is none."""
    kind = f"i{8 * width}"
    one = Grouping(name, f"ptr noalias %source, ptr noalias %out, {kind} %default")

    def default(group: str) -> None:
        one.do(f"store {kind} %default, ptr {one.at(kind, '%out', group)}")

    def write(person: Callable[[str], str]) -> None:
        def body(group: str) -> None:
            row = person(one.let(f"add i64 {one.word('%layout', BEGIN + wanted)}, {group}"))
            got = one.fresh(f"load {kind}, ptr {one.at(kind, '%source', row)}")
            one.do(f"store {kind} {got}, ptr {one.at(kind, '%out', group)}")

        one.loop(one.word("%layout", HELD + wanted), body)

    if wanted:
        one.loop(one.word("%layout", GROUPS), default)
    one.both(write)
    return one.text()


def holder(name: str) -> str:
    """For each group, the row of the last person for whom `source` holds, -1 where there is none."""
    one = Grouping(name, "ptr noalias %source, ptr noalias %out")

    def nobody(group: str) -> None:
        one.store("i4", "-1", "%out", group)

    def write(person: Callable[[str], str]) -> None:
        def each(slot: str, begin: str, held: str) -> None:
            def body(group: str) -> None:
                row = person(one.let(f"add i64 {begin}, {group}"))
                here = one.load("b1", "%source", row)
                before = one.load("i4", "%out", group)
                found = one.select(here, "i4", one.let(f"trunc i64 {row} to i32"), before)
                one.store("i4", found, "%out", group)

            one.loop(held, body)

        one.slots(each)

    one.loop(one.word("%layout", GROUPS), nobody)
    one.both(write)
    return one.text()


def from_role(name: str, width: int) -> str:
    """The value of the person whom `places` gives; `default` where there is none."""
    kind = f"i{8 * width}"
    one = Grouping(name, f"ptr noalias %places, ptr noalias %source, ptr noalias %out, {kind} %default")

    def body(group: str) -> None:
        place = one.load("i4", "%places", group)
        nobody = compare(one, "less", "i4", place, "0")
        row = one.let(f"zext i32 {one.select(nobody, 'i4', '0', place)} to i64")
        got = one.fresh(f"load {kind}, ptr {one.at(kind, '%source', row)}")
        found = one.let(f"select i1 {nobody}, {kind} %default, {kind} {got}")
        one.do(f"store {kind} {found}, ptr {one.at(kind, '%out', group)}")

    one.loop(one.word("%layout", GROUPS), body)
    return one.text()


def position(name: str, dtype: str) -> str:
    """The position of each person in their group."""
    one = Grouping(name, "ptr noalias %out")

    def write(person: Callable[[str], str]) -> None:
        def each(slot: str, begin: str, held: str) -> None:
            value = cast(one, "i8", dtype, slot)

            def body(group: str) -> None:
                one.store(dtype, value, "%out", person(one.let(f"add i64 {begin}, {group}")))

            one.loop(held, body)

        one.slots(each)

    one.both(write)
    return one.text()


def group_size(name: str, dtype: str) -> str:
    """How many members each group has."""
    one = Grouping(name, "ptr noalias %out")

    def each(slot: str, begin: str, held: str) -> None:
        value = cast(one, "i8", dtype, one.let(f"add i64 {slot}, 1"))

        def body(group: str) -> None:
            one.store(dtype, value, "%out", group)

        one.loop(held, body)

    one.slots(each)
    return one.text()


def rank(name: str, kind: str, dtype: str) -> str:
    """The rank of each member among those who meet the condition, as `groups._rank` counts it."""
    one = Grouping(name, "ptr noalias %source, ptr noalias %chosen, ptr noalias %out")
    infinite = literal(float("inf"), "f8")

    def criterion(row: str) -> str:
        value = cast(one, kind, "f8", one.load(kind, "%source", row))
        return one.select(one.load("b1", "%chosen", row), "f8", value, infinite)

    def write(person: Callable[[str], str]) -> None:
        def clear(slot: str, begin: str, held: str) -> None:
            def body(group: str) -> None:
                row = person(one.let(f"add i64 {begin}, {group}"))
                start = one.select(one.load("b1", "%chosen", row), "i8", "0", "-1")
                one.store(dtype, cast(one, "i8", dtype, start), "%out", row)

            one.loop(held, body)

        def count(before: str, later: str) -> None:
            """Add one to the rank of whichever of two members comes after."""
            both = one.let(f"icmp ult i64 {before}, {later}")
            held = one.word("%layout", one.let(f"add i64 {later}, {HELD}"))
            held = one.select(both, "i8", held, "0")

            def body(group: str) -> None:
                rows = []
                for slot in (before, later):
                    begin = one.word("%layout", one.let(f"add i64 {slot}, {BEGIN}"))
                    rows.append(person(one.let(f"add i64 {begin}, {group}")))
                first = compare(one, "less_equal", "f8", criterion(rows[0]), criterion(rows[1]))
                for row, after in ((rows[1], first), (rows[0], one.let(f"xor i1 {first}, true"))):
                    counted = one.let(f"and i1 {after}, {one.load('b1', '%chosen', row)}")
                    step = cast(one, "b1", dtype, counted)
                    so_far = one.load(dtype, "%out", row)
                    one.store(dtype, one.let(f"add {scalar(dtype)} {so_far}, {step}"), "%out", row)

            one.loop(held, body)

        one.slots(clear)
        slots = one.word("%layout", SLOTS)
        one.loop(slots, lambda before: one.loop(slots, lambda later: count(before, later)))

    one.both(write)
    return one.text()
