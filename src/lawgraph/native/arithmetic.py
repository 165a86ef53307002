"""Elementwise operations as LLVM writes them, each with the rounding and the limits that NumPy gives it.

Every function takes the body, the operation's node, its operands' types and names, and returns the name of the result.
Nothing is reassociated and no multiplication is merged with an addition: results are those of NumPy, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable

from lawgraph.graph import Node
from lawgraph.native.text import Body, is_float, scalar

NAT = -(2**63)
_WIDTHS = {"i1": 8, "i2": 16, "i4": 32, "i8": 64}
_FLOAT_ORDERS = {
    "equal": "oeq", "not_equal": "une", "less": "olt", "less_equal": "ole", "greater": "ogt", "greater_equal": "oge",
}  # fmt: skip
_WHOLE_ORDERS = {
    "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
}  # fmt: skip
_CALLS = {"floor": "llvm.floor", "ceil": "llvm.ceil", "trunc": "llvm.trunc", "rint": "llvm.rint"}
_CALLS |= {"sqrt": "llvm.sqrt", "absolute": "llvm.fabs", "fabs": "llvm.fabs"}

Emit = Callable[[Body, Node, list[str], list[str]], str]


def is_date(dtype: str) -> bool:
    return dtype[0] in "mM"


def _arithmetic(whole: str, floating: str, boolean: str) -> Emit:
    def emit(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
        name = boolean if node.dtype == "b1" else floating if is_float(node.dtype) else whole
        result = body.let(f"{name} {body.type(node.dtype)} {args[0]}, {args[1]}")
        if not is_date(node.dtype):
            return result
        return body.select(_any_nat(body, kinds, args), node.dtype, body.constant(NAT, "i8"), result)

    return emit


def _any_nat(body: Body, kinds: list[str], args: list[str]) -> str:
    """Whether an operand is no date."""
    nats = [
        body.let(f"icmp eq {body.type('i8')} {arg}, {body.constant(NAT, 'i8')}")
        for kind, arg in zip(kinds, args, strict=True)
        if is_date(kind)
    ]
    found = nats[0]
    for other in nats[1:]:
        found = _or(body, found, other)
    return found


def _or(body: Body, one: str, other: str) -> str:
    return body.let(f"or {body.of('i1')} {one}, {other}")


def _and(body: Body, one: str, other: str) -> str:
    return body.let(f"and {body.of('i1')} {one}, {other}")


def _not(body: Body, one: str) -> str:
    return body.let(f"xor {body.of('i1')} {one}, {body.constant(1, 'b1')}")


def compare(body: Body, op: str, kind: str, one: str, other: str) -> str:
    """A comparison of two values of the same type (dates: as numbers)."""
    if is_float(kind):
        return body.let(f"fcmp {_FLOAT_ORDERS[op]} {body.type(kind)} {one}, {other}")
    order = _WHOLE_ORDERS[op]
    sign = "" if op in {"equal", "not_equal"} else "u" if kind in {"b1", "T8"} else "s"
    return body.let(f"icmp {sign}{order} {body.type(kind)} {one}, {other}")


def _comparison(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    found = compare(body, node.op, kinds[0], *args)
    if not is_date(kinds[0]):
        return found
    nat = _any_nat(body, kinds, args)
    return _or(body, found, nat) if node.op == "not_equal" else _and(body, found, _not(body, nat))


def _extreme(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    """NumPy's minimum and maximum: NaN and NaT win; of two equal numbers, the second operand."""
    op, kind = ("less", node.dtype) if node.op == "minimum" else ("greater", node.dtype)
    if kind == "b1":
        return body.let(f"{'and' if node.op == 'minimum' else 'or'} {body.type(kind)} {args[0]}, {args[1]}")
    if is_float(kind):
        return body.select(_first_wins(body, op, kind, *args), kind, *args)
    found = body.select(compare(body, op, kind, *args), kind, *args)
    if is_date(kind) and node.op == "maximum":
        return body.select(_any_nat(body, kinds, args), kind, body.constant(NAT, "i8"), found)
    return found


def _first_wins(body: Body, op: str, kind: str, one: str, other: str) -> str:
    """Whether the first operand is the extreme: beyond the second, or NaN. One comparison when either is a constant."""
    if is_number(one):
        return compare(body, op, kind, one, other)
    if is_number(other):
        return body.let(f"fcmp u{_FLOAT_ORDERS[op][1:]} {body.type(kind)} {one}, {other}")
    return _or(body, compare(body, op, kind, one, other), body.let(f"fcmp uno {body.type(kind)} {one}, {one}"))


def is_number(operand: str) -> bool:
    """Whether an operand is a constant that is not NaN."""
    bits = operand.rpartition("0x")[2].rstrip(")")
    return not operand.startswith("%") and (int(bits, 16) & (2**63 - 1)) <= 0x7FF0000000000000


def _divide(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    return body.let(f"fdiv {body.type(node.dtype)} {args[0]}, {args[1]}")


def _guarded_divide(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    above, below, otherwise, allowed = args
    return body.select(allowed, node.dtype, _divide(body, node, kinds, [above, below]), otherwise)


def _whole_division(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    """Rounded down, as Python; by zero it is zero; the lowest number by -1 is itself."""
    kind, (above, below) = body.type(node.dtype), args
    zero, one, minus = (body.constant(value, node.dtype) for value in (0, 1, -1))
    by_zero = body.let(f"icmp eq {kind} {below}, {zero}")
    by_minus = body.let(f"icmp eq {kind} {below}, {minus}")
    safe = body.select(_or(body, by_zero, by_minus), node.dtype, one, below)
    left = body.let(f"srem {kind} {above}, {safe}")
    odd = _and(
        body,
        body.let(f"icmp ne {kind} {left}, {zero}"),
        body.let(f"icmp slt {kind} {body.let(f'xor {kind} {left}, {safe}')}, {zero}"),
    )
    if node.op == "remainder":
        found = body.select(odd, node.dtype, body.let(f"add {kind} {left}, {safe}"), left)
        return body.select(_or(body, by_zero, by_minus), node.dtype, zero, found)
    share = body.let(f"sdiv {kind} {above}, {safe}")
    found = body.select(odd, node.dtype, body.let(f"sub {kind} {share}, {one}"), share)
    found = body.select(by_minus, node.dtype, body.let(f"sub {kind} {zero}, {above}"), found)
    return body.select(by_zero, node.dtype, zero, found)


def truth(body: Body, kind: str, value: str) -> str:
    """Whether a value is not zero: NaN is true."""
    if kind == "b1":
        return value
    if is_float(kind):
        return body.let(f"fcmp une {body.type(kind)} {value}, {body.constant(0, kind)}")
    return body.let(f"icmp ne {body.type(kind)} {value}, {body.constant(0, 'i8' if is_date(kind) else kind)}")


def _logical(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    name = node.op.removeprefix("logical_").removeprefix("bitwise_")
    if node.op.startswith("logical_"):
        args = [truth(body, kind, arg) for kind, arg in zip(kinds, args, strict=True)]
    return body.let(f"{name} {body.type(node.dtype)} {args[0]}, {args[1]}")


def _invert(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    if node.op == "logical_not":
        return _not(body, truth(body, kinds[0], args[0]))
    ones = body.constant(1 if node.dtype == "b1" else -1, node.dtype)
    return body.let(f"xor {body.type(node.dtype)} {args[0]}, {ones}")


def _negative(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    if is_float(node.dtype):
        return body.let(f"fneg {body.type(node.dtype)} {args[0]}")
    return body.let(f"sub {body.type(node.dtype)} {body.constant(0, node.dtype)}, {args[0]}")


def _absolute(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    if is_float(node.dtype):
        return body.call("llvm.fabs", node.dtype, args[0])
    below = compare(body, "less", node.dtype, args[0], body.constant(0, node.dtype))
    return body.select(below, node.dtype, _negative(body, node, kinds, args), args[0])


def _called(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    return body.call(_CALLS[node.op], node.dtype, args[0])


def _same(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    return args[0]


def _sign(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    kind, zero = node.dtype, body.constant(0, node.dtype)
    above = compare(body, "greater", kind, args[0], zero)
    below = compare(body, "less", kind, args[0], zero)
    level = compare(body, "equal", kind, args[0], zero)
    found = body.select(level, kind, zero, args[0])
    found = body.select(below, kind, body.constant(-1, kind), found)
    return body.select(above, kind, body.constant(1, kind), found)


def _square(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    return MULTIPLY(body, node, kinds * 2, args * 2)


def _about_numbers(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    kind, (value,) = kinds[0], args
    if node.op == "isnat":
        return _any_nat(body, kinds, args)
    if node.op == "isnan":
        return body.let(f"fcmp uno {body.type(kind)} {value}, {value}")
    size = body.call("llvm.fabs", kind, value)
    order = "one" if node.op == "isfinite" else "oeq"
    return body.let(f"fcmp {order} {body.type(kind)} {size}, {body.constant(float('inf'), kind)}")


def _where(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    return body.select(args[0], node.dtype, args[1], args[2])


def _round(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    """As NumPy: multiply by a power of ten, round to the nearest (ties to even), divide."""
    decimals, kind = int(node.attrs[0]), body.type(node.dtype)
    if decimals == 0:
        return body.call("llvm.rint", node.dtype, args[0])
    power = body.constant(10.0 ** abs(decimals), node.dtype)
    before, after = ("fmul", "fdiv") if decimals > 0 else ("fdiv", "fmul")
    scaled = body.let(f"{before} {kind} {args[0]}, {power}")
    return body.let(f"{after} {kind} {body.call('llvm.rint', node.dtype, scaled)}, {power}")


def cast(body: Body, kind: str, wanted: str, value: str) -> str:
    """A value in another type, as NumPy's unsafe casting does it."""
    if scalar(kind) == scalar(wanted) and not (is_date(kind) and is_date(wanted) and kind != wanted):
        return value
    if wanted == "b1":
        return truth(body, kind, value)
    if is_date(kind) and is_date(wanted):
        return _coarser(body, wanted, value)
    kind, wanted = ("i8" if is_date(one) else one for one in (kind, wanted))
    if kind == "b1":
        return body.select(value, wanted, body.constant(1, wanted), body.constant(0, wanted))
    if is_float(kind):
        return _from_float(body, kind, wanted, value)
    if is_float(wanted):
        return body.let(f"sitofp {body.type(kind)} {value} to {body.type(wanted)}")
    name = "sext" if _WIDTHS[wanted] > _WIDTHS[kind] else "trunc"
    return body.let(f"{name} {body.type(kind)} {value} to {body.type(wanted)}")


def _from_float(body: Body, kind: str, wanted: str, value: str) -> str:
    """Toward zero; what the processor cannot hold is the lowest number, of 32 bits for the shorter types."""
    if is_float(wanted):
        name = "fpext" if wanted == "f8" else "fptrunc"
        return body.let(f"{name} {body.type(kind)} {value} to {body.type(wanted)}")
    if wanted in {"i1", "i2"}:
        return cast(body, "i4", wanted, _from_float(body, kind, "i4", value))
    low, high = -(2.0 ** (_WIDTHS[wanted] - 1)), 2.0 ** (_WIDTHS[wanted] - 1)
    lowest = low - 1 if (kind, wanted) == ("f8", "i4") else low
    above = "ogt" if lowest < low else "oge"
    held = _and(
        body,
        body.let(f"fcmp {above} {body.type(kind)} {value}, {body.constant(lowest, kind)}"),
        body.let(f"fcmp olt {body.type(kind)} {value}, {body.constant(high, kind)}"),
    )
    safe = body.select(held, kind, value, body.constant(0, kind))
    whole = body.let(f"fptosi {body.type(kind)} {safe} to {body.type(wanted)}")
    return body.select(held, wanted, whole, body.constant(int(low), wanted))


def _coarser(body: Body, wanted: str, days: str) -> str:
    """Whole months or years in a duration of days, by the mean month of the calendar, rounded down."""
    parts = body.constant(4800 if wanted.endswith("[M]") else 400, "i8")
    found, _ = divided(body, body.let(f"mul {body.type('i8')} {days}, {parts}"), 146097)
    return body.select(_any_nat(body, [wanted], [days]), "i8", body.constant(NAT, "i8"), found)


def divided(body: Body, value: str, by: int) -> tuple[str, str]:
    """A number of 64 bits over a positive constant of at least 2, rounded down, and what is left.

    By a multiplication of floating numbers, which is off by one at most, and is then put right: processors have no
    division of vectors of whole numbers.
    """
    whole, real = body.type("i8"), body.type("f8")
    guess = body.let(f"fmul {real} {body.let(f'sitofp {whole} {value} to {real}')}, {body.constant(1 / by, 'f8')}")
    share = body.let(f"fptosi {real} {body.call('llvm.floor', 'f8', guess)} to {whole}")
    step, one = body.constant(by, "i8"), body.constant(1, "i8")
    left = body.let(f"sub {whole} {value}, {body.let(f'mul {whole} {share}, {step}')}")
    for order, limit, share_name, left_name in (("slt", "0", "sub", "add"), ("sge", str(by), "add", "sub")):
        wrong = body.let(f"icmp {order} {whole} {left}, {body.constant(int(limit), 'i8')}")
        share = body.select(wrong, "i8", body.let(f"{share_name} {whole} {share}, {one}"), share)
        left = body.select(wrong, "i8", body.let(f"{left_name} {whole} {left}, {step}"), left)
    return share, left


def _cast(body: Body, node: Node, kinds: list[str], args: list[str]) -> str:
    return cast(body, kinds[0], node.dtype, args[0])


MULTIPLY = _arithmetic("mul", "fmul", "and")
#: By operation; tables (`take`, `search`…) are in `tables`.
EMITS: dict[str, Emit] = {
    "add": _arithmetic("add", "fadd", "or"),
    "subtract": _arithmetic("sub", "fsub", "xor"),
    "multiply": MULTIPLY,
    "divide": _divide,
    "guarded_divide": _guarded_divide,
    "floor_divide": _whole_division,
    "remainder": _whole_division,
    "minimum": _extreme,
    "maximum": _extreme,
    "negative": _negative,
    "absolute": _absolute,
    "fabs": _called,
    "floor": _called,
    "ceil": _called,
    "trunc": _called,
    "rint": _called,
    "sqrt": _called,
    "sign": _sign,
    "square": _square,
    "positive": _same,
    "logical_not": _invert,
    "invert": _invert,
    "isnan": _about_numbers,
    "isfinite": _about_numbers,
    "isinf": _about_numbers,
    "isnat": _about_numbers,
    "where": _where,
    "cast": _cast,
    "round": _round,
    **dict.fromkeys(_FLOAT_ORDERS, _comparison),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"), _logical),
}
