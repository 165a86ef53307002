"""Operations that read a table of constants: look-ups, searches, membership.

`lowering` has prepared their attributes: numbers only, sorted where they are searched, with the type they are compared
in. A short table is a chain of comparisons, a long one is gathered from memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lawgraph.graph import Node
from lawgraph.native.arithmetic import EMITS, compare, divided
from lawgraph.native.text import Body, is_float, scalar

#: Up to here, comparing with each value costs less than reading a table.
SHORT_TAKE = 6
SHORT_SEARCH = 10
Values = tuple[Any, ...]


class Tables:
    """The tables of a program, in memory as long as its code is."""

    def __init__(self) -> None:
        self.kept: dict[bytes, npt.NDArray[np.generic]] = {}

    def address(self, values: Values, dtype: str) -> str:
        table = np.array(values, _MEMORY.get(dtype, dtype))
        return f"inttoptr (i64 {self.kept.setdefault(dtype.encode() + table.tobytes(), table).ctypes.data} to ptr)"


#: Types that NumPy does not have, or that a gather cannot read one by one.
_MEMORY = {"T8": "u8"}


def wide(body: Body, kind: str, value: str) -> str:
    """A whole number in 64 bits."""
    return value if scalar(kind) == "i64" else body.let(f"sext {body.type(kind)} {value} to {body.type('i8')}")


def take(body: Body, tables: Tables, node: Node, kinds: list[str], args: list[str]) -> str:
    """`values[index]`; an index beyond either end wraps, unless it is proven to be within."""
    values, dtype, within = node.attrs
    count, index = len(values), wide(body, kinds[0], args[0])
    if not within:
        index = divided(body, index, count)[1] if count > 1 else body.constant(0, "i8")
    if count > SHORT_TAKE:
        return _gathered(body, tables, values, dtype, index)
    found = body.constant(values[-1], "i8" if dtype[0] in "mM" else dtype)
    for place in range(count - 2, -1, -1):
        if values[place] != values[-1] or is_float(dtype):
            here = body.let(f"icmp eq {body.type('i8')} {index}, {body.constant(place, 'i8')}")
            found = body.select(here, dtype, body.constant(values[place], dtype), found)
    return found


def _gathered(body: Body, tables: Tables, values: Values, dtype: str, index: str) -> str:
    """Read from memory, in words of 32 bits at least: there is no gathering of less."""
    kept = "i4" if dtype in {"b1", "i1", "i2"} else dtype
    kind = scalar(kept)
    places = body.let(f"getelementptr {kind}, ptr {tables.address(values, kept)}, {body.of('i64')} {index}")
    name = kind.replace("double", "f64").replace("float", "f32")
    function = f"@llvm.masked.gather.v{body.lanes}{name}.v{body.lanes}p0"
    every, pointers = body.constant(1, "b1"), f"{body.of('ptr')} align 4 {places}"
    got = body.let(f"call {body.of(kind)} {function}({pointers}, {body.of('i1')} {every}, {body.of(kind)} poison)")
    return got if kept == dtype else body.let(f"trunc {body.of(kind)} {got} to {body.type(dtype)}")


def search(body: Body, tables: Tables, node: Node, kinds: list[str], args: list[str]) -> str:
    """Where a value would enter a sorted table; NaN after all."""
    values, side, dtype = node.attrs
    value = EMITS["cast"](body, Node("cast", (), (), dtype, None), kinds, args)
    if not is_float(dtype) and dtype != "T8" and values == tuple(range(values[0], values[0] + len(values))):
        return _search_in_run(body, values, side, dtype, value)
    if len(values) <= SHORT_SEARCH:
        found = body.constant(0, "i8")
        for one in values:
            passed = _passed(body, side, dtype, body.constant(one, dtype), value)
            step = body.select(passed, "i8", body.constant(1, "i8"), body.constant(0, "i8"))
            found = body.let(f"add {body.type('i8')} {found}, {step}")
        return found
    return _search_by_halves(body, tables, values, side, dtype, value)


def _passed(body: Body, side: str, dtype: str, entry: str, value: str) -> str:
    """Whether the place of the value is after an entry of the table."""
    order = "lt" if side == "left" else "le"
    if is_float(dtype):
        return body.let(f"fcmp u{order} {body.type(dtype)} {entry}, {value}")
    sign = "u" if dtype == "T8" else "s"
    return body.let(f"icmp {sign}{order} {body.type(dtype)} {entry}, {value}")


def _search_in_run(body: Body, values: Values, side: str, dtype: str, value: str) -> str:
    """In a table of whole numbers that follow each other, the place is a difference."""
    begin = values[0] if side == "left" else values[0] - 1
    value = wide(body, dtype, value)
    low, high = body.constant(begin, "i8"), body.constant(begin + len(values), "i8")
    value = body.select(compare(body, "less", "i8", value, low), "i8", low, value)
    value = body.select(compare(body, "greater", "i8", value, high), "i8", high, value)
    return body.let(f"sub {body.type('i8')} {value}, {low}")


def _search_by_halves(body: Body, tables: Tables, values: Values, side: str, dtype: str, value: str) -> str:
    step = 1 << (len(values).bit_length() - 1)
    last = float("inf") if is_float(dtype) else 2**64 - 1 if dtype == "T8" else 2 ** (8 * int(dtype[1]) - 1) - 1
    filled = values + (last,) * (2 * step - 1 - len(values))
    kind = body.type("i8")
    place = body.constant(0, "i8")
    while step:
        at = body.let(f"add {kind} {place}, {body.constant(step - 1, 'i8')}")
        passed = _passed(body, side, dtype, _gathered(body, tables, filled, dtype, at), value)
        further = body.let(f"add {kind} {place}, {body.constant(step, 'i8')}")
        place = body.select(passed, "i8", further, place)
        step //= 2
    most = body.constant(len(values), "i8")
    return body.select(compare(body, "greater", "i8", place, most), "i8", most, place)


def isin(body: Body, tables: Tables, node: Node, kinds: list[str], args: list[str]) -> str:
    """Whether a value is one of a sorted table's."""
    values, dtype = node.attrs
    value = EMITS["cast"](body, Node("cast", (), (), dtype, None), kinds, args)
    if len(values) > SHORT_SEARCH:
        place = _search_by_halves(body, tables, values, "left", dtype, value)
        last = body.constant(len(values) - 1, "i8")
        place = body.select(compare(body, "greater", "i8", place, last), "i8", last, place)
        return compare(body, "equal", dtype, _gathered(body, tables, values, dtype, place), value)
    found = body.constant(0, "b1")
    for one in values:
        same = compare(body, "equal", dtype, value, body.constant(one, dtype))
        found = body.let(f"or {body.of('i1')} {found}, {same}")
    return found


def startswith(body: Body, tables: Tables, node: Node, kinds: list[str], args: list[str]) -> str:
    """Whether a packed text has, where the mask looks, the letters of another."""
    letters, mask = node.attrs
    seen = body.let(f"and {body.type('T8')} {args[0]}, {body.constant(mask, 'T8')}")
    return compare(body, "equal", "T8", seen, body.constant(letters, "T8"))


EMITS_WITH_TABLE = {"take": take, "search": search, "isin": isin, "startswith": startswith}
