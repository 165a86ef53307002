"""Tracing: OpenFisca's own formulas, run on columns without values, become one graph.

The order of calls, the periods, the defaults and the casts are those of `openfisca_core.simulations`. What OpenFisca
leaves to the order in which variables are asked is settled here, see `Tracer.trace_output`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

import numpy as np
from openfisca_core import indexed_enums, periods

from lawgraph import patches
from lawgraph.errors import TraceError
from lawgraph.given import given_columns, input_dtype, is_eternal, weight
from lawgraph.graph import Graph, dtype_name
from lawgraph.parameters import Parameters
from lawgraph.population import GroupPopulation, Population
from lawgraph.program import Law, Program, build
from lawgraph.signature import Input, signature
from lawgraph.symbolic import EnumSym, Sym, apply, cast, choose, node_of, take

# A branch on data is tried both ways; beyond so many paths in one formula something else is going on.
MOST_PATHS = 64
# A formula that asks how many rows there are is run for one row, then for so many.
OTHER_ROWS = (3, 50_021)


@dataclass
class Call:
    """One variable computed for one period, and what it read: the material of an explanation."""

    variable: str
    period: str
    formula: str = ""
    calls: list[int] = field(default_factory=list)
    parameters: dict[str, tuple[str, Any]] = field(default_factory=dict)
    node: int = -1
    given: bool = False


@dataclass(frozen=True)
class Lookup:
    """A formula that is a look-up row by row, told as a table: the value of `source` gives that of the variable.

    `table`: from each value of `source` to that of the variable (an enumeration's index); `otherwise` for the rest.
    """

    source: str
    table: Mapping[str, int | float]
    otherwise: int | float


@dataclass(frozen=True)
class _Frame:
    variable: str
    period: Any
    call: int
    #: The variables that are being computed, this one included (see `Tracer._bit`).
    above: int


class _Fork(BaseException):
    """A branch on data was met that has not been decided yet on this path. No formula may catch it."""


class _Spiral(Exception):
    """A variable is asked again, for another period, while it is being computed."""


class Tracer:
    """One tracing: the graph, what is known, and where one is."""

    def __init__(self, system: Any, inputs: Sequence[Input], lookups: Mapping[str, Lookup] | None = None) -> None:
        self.system = system
        self.lookups = dict(lookups or {})
        self.graph = Graph()
        self.person = next(entity for entity in system.entities if entity.is_person)
        self.populations: dict[str, Population] = {
            entity.key: Population(self, entity) if entity.is_person else GroupPopulation(self, entity)
            for entity in system.entities
        }
        self.known: dict[str, dict[Any, Sym]] = {}
        self.calls: list[Call] = []
        self.checks: list[tuple[int, str, str]] = []
        self.spirals: set[tuple[str, str]] = set()
        self._call_of: dict[tuple[str, Any], int] = {}
        # For each value computed: the variables computed beneath it, and the number of the output that asked for it.
        self._beneath: dict[tuple[str, Any], tuple[int, int]] = {}
        self._ranks: dict[str, int] = {}
        self._bits: list[int] = []
        self._output = 0
        self._looked_at = 0
        self._doubtful = self._altered = False
        self._refusal: TraceError | None = None
        self._invalid: set[tuple[str, Any]] = set()
        self._stack: list[_Frame] = []
        self._script: list[bool] = []
        self._taken = 0
        self._rows = 1
        self._rows_asked = False
        #: Parameters at a date, see `Parameters`.
        self.built: dict[tuple[int, Any, str], Any] = {}
        self._tabled: dict[tuple[str, int], Sym] = {}
        self._inputs = given_columns(self, inputs)
        self.forget()

    def forget(self) -> None:
        """Back to the inputs: a fresh simulation. They are copied, because a formula may write into what it reads."""
        self.known = {
            name: {period: _cached(column.copy()) for period, column in values.items()}
            for name, values in self._inputs.items()
        }
        self._altered = False
        self._call_of = {}
        self._beneath = {}
        self._invalid = set()

    # Where one is

    def refuse(self, message: str) -> NoReturn:
        self._refusal = TraceError(message, self._place())
        raise self._refusal

    def _place(self) -> str:
        if not self._stack:
            return ""
        frame = self._stack[-1]
        formula = self.system.get_variable(frame.variable).get_formula(frame.period)
        code = getattr(formula, "__code__", None)
        where = f", {_line_of(code)}" if code else ""
        return f"{frame.variable} for {frame.period}{where}"

    def used(self, name: str, instant: str, value: Any) -> None:
        if self._stack:
            self.calls[self._stack[-1].call].parameters[name] = (instant, value)

    def must_hold(self, condition: Any, message: str) -> None:
        """What has to be true of every row when the program runs; settled at once when it is constant."""
        node = condition.node
        if condition.mask is not None:  # of the rows chosen only
            others = self.graph.make("logical_not", (condition.mask,), (), "b1", condition.entity)
            node = self.graph.make("logical_or", (others, node), (), "b1", condition.entity)
        if self.graph.is_constant(node):
            if not bool(self.graph.value(node)):
                self.refuse(message)
            return
        self.checks.append((node, message, self._place()))

    def period_of(self, variable: Any, period: Any) -> Any:
        if variable.definition_period == periods.DateUnit.ETERNITY:
            return periods.period(periods.DateUnit.ETERNITY)
        return periods.period(period)

    def default(self, variable: Any) -> Sym:
        value = variable.default_value
        if variable.value_type == indexed_enums.Enum:
            return EnumSym(self, self.graph.constant(value.index, dtype_name(variable.dtype)), variable.possible_values)
        if variable.value_type is str:
            return Sym(self, self.graph.constant(str(value), input_dtype(variable)))
        return Sym(self, self.graph.constant(value, dtype_name(variable.dtype)))

    # Calculation

    def trace_output(self, name: str, period: Any) -> Sym:
        """The column of an output, as a fresh simulation would give it: never does it depend on what was asked before.

        Outputs share what they compute, with two exceptions. What rests on a variable whose known periods a formula
        looks at is computed again by each. And where a variable depends on itself in another period, or could if
        nothing were known (see `_reached`), the output is computed again from the inputs.
        """
        self._output += 1
        self._forget_looked_at()
        if self.spirals:
            self.forget()
        self._doubtful, fresh = False, not self._beneath
        node = self.calculate(name, period).node
        if not fresh and (self.spirals or self._doubtful or self._altered):
            self.forget()
            node = self.calculate(name, period).node
        if self._altered:
            self.forget()
        return Sym(self, node)

    def altered(self) -> None:
        """A formula writes into a column that it read: OpenFisca's cache changes with it, until the output is known."""
        self._altered = True

    def _reached(self, name: str, key: Any) -> None:
        """A value computed before is read. A fresh simulation would compute it here: if a variable that is being
        computed is beneath it, for another period, OpenFisca would cut there."""
        bits, output = self._beneath[name, key]
        if self._stack:
            self._doubtful |= output != self._output and bool(bits & self._stack[-1].above)
            self._bits[-1] |= bits

    def looked_at(self, name: str) -> None:
        """A formula asks which periods of a variable are known: those that this output computed are among them."""
        self._looked_at |= self._bit(name)
        computed = (self._beneath.get((name, key)) for key in self.known.get(name, {}))
        self._doubtful |= any(one is not None and one[1] != self._output for one in computed)

    def _forget_looked_at(self) -> None:
        for name, key in [which for which, (bits, _) in self._beneath.items() if bits & self._looked_at]:
            del self._beneath[name, key]
            self.known[name].pop(key, None)

    def _bit(self, name: str) -> int:
        """The bit that stands for a variable in a set of variables."""
        return 1 << self._ranks.setdefault(name, len(self._ranks))

    def asked(self, name: str, period: Any, options: Sequence[str] | None) -> Any:
        """What a formula asks of its entity, with the options ADD and DIVIDE."""
        if not options or isinstance(options, str):
            return self.calculate(name, period)
        named = {str(getattr(option, "value", option)).lower() for option in options}
        if "add" in named and "divide" not in named:
            return self._added(name, period)
        if "divide" in named and "add" not in named:
            return self._divided(name, period)
        return self.refuse(f"the options {', '.join(sorted(named))} are not known")

    def _added(self, name: str, period: Any) -> Any:
        unit = self.system.get_variable(name, check_existence=True).definition_period
        if weight(unit) > weight(period.unit) or is_eternal(unit):
            self.refuse(f"{name} is defined by {unit}: it cannot be added over {period}")
        return sum(self.calculate(name, part) for part in period.get_subperiods(unit))

    def _divided(self, name: str, period: Any) -> Any:
        unit = self.system.get_variable(name, check_existence=True).definition_period
        whole = {"year": period.this_year, "month": period.first_month, "day": period.first_day}.get(str(unit))
        if whole is None or period.size > 1 or weight(unit) < weight(period.unit) or is_eternal(period.unit):
            self.refuse(f"{name}, defined by {unit}, cannot be divided over {period}")
        sizes = {"year": "size_in_years", "month": "size_in_months", "day": "size_in_days"}
        size = sizes.get(str(period.unit))
        if size is None:
            self.refuse(f"{name}, defined by {unit}, cannot be divided over {period}")
        return self.calculate(name, whole) / getattr(whole, size)

    def calculate(self, name: str, period: Any) -> Any:
        variable = self.system.get_variable(name, check_existence=True)
        period = periods.period(period)
        self._check_period(variable, period)
        key = self.period_of(variable, period)
        found = self.known.get(name, {}).get(key)
        if variable.is_neutralized:
            found = self.default(variable)
        if found is not None:
            given = key in self._inputs.get(name, {})
            if not given and not variable.is_neutralized:
                self._reached(name, key)
            self._note(variable, key, found, given=given)
            return found
        return self._computed(variable, period, key)

    def _check_period(self, variable: Any, period: Any) -> None:
        unit = variable.definition_period
        if unit != periods.DateUnit.ETERNITY and (period.unit != unit or period.size != 1):
            self.refuse(f"{variable.name} is defined by {unit} and asked for {period}")

    def _computed(self, variable: Any, period: Any, key: Any) -> Any:
        call = self._note(variable, key, None)
        bit = self._bit(variable.name)
        above = self._stack[-1].above | bit if self._stack else bit
        self._stack.append(_Frame(variable.name, period, call, above))
        self._bits.append(bit)
        outer, self.graph.here = self.graph.here, call
        try:
            self._check_for_cycle(variable.name, period)
            result = _cached(self._cast(variable, self._run_formula(variable, period)))
            self.known.setdefault(variable.name, {})[key] = result
            self._beneath[variable.name, key] = (self._bits[-1], self._output)
        except _Spiral:
            result = self.default(variable)
        finally:
            self._stack.pop()
            bits = self._bits.pop()
            if self._bits:
                self._bits[-1] |= bits
            self.graph.here = outer
        if not self._stack:
            self._purge()
        self.calls[call].node = result.node
        return result

    def _note(self, variable: Any, key: Any, found: Sym | None, *, given: bool = False) -> int:
        """The record of a call, tied to the one that asked for it."""
        number = self._call_of.get((variable.name, key))
        if number is None or (found is not None and self.calls[number].node not in {-1, found.node}):
            number = len(self.calls)
            node = -1 if found is None else found.node
            self.calls.append(Call(variable.name, str(key), node=node, given=given))
            self._call_of[variable.name, key] = number
        if self._stack:
            asking = self.calls[self._stack[-1].call].calls
            if number not in asking:
                asking.append(number)
        return number

    def _check_for_cycle(self, name: str, period: Any) -> None:
        """OpenFisca's rule: a variable that is asked again for another period, while it is computed, is its default."""
        before = [frame for frame in self._stack[:-1] if frame.variable == name]
        if any(frame.period == period for frame in before):
            self.refuse(f"{name} for {period} depends on itself")
        if len(before) < 1:
            return
        self.spirals.add((name, str(period)))
        seen = 0
        for frame in reversed(self._stack):
            self._invalid.add((frame.variable, frame.period))
            seen += frame.variable == name
            if seen > 1:
                break
        raise _Spiral

    def _purge(self) -> None:
        for name, period in self._invalid:
            self.known.get(name, {}).pop(period, None)
        self._invalid = set()

    def _run_formula(self, variable: Any, period: Any) -> Any:
        formula = variable.get_formula(period)
        if formula is None:
            return None
        code = formula.__code__
        self.calls[self._stack[-1].call].formula = _line_of(code)
        population = self.populations[variable.entity.key]
        if variable.name in self.lookups:
            return self._looked_up(population, variable, period)
        arguments = (population, period) if code.co_argcount == 2 else (population, period, self._parameters_at)
        run = partial(self._formula, formula, arguments)
        return self._for_any_rows(variable, partial(self._both_ways, variable, run))

    def _formula(self, formula: Any, arguments: Any) -> Any:
        """Run a formula. What it cannot do without values is a refusal with its place, even where it catches errors."""
        try:
            result = formula(*arguments)
        except (TraceError, _Spiral):
            raise
        except Exception as error:
            message = f"the formula fails on columns without values: {type(error).__name__}: {error}"
            raise TraceError(message, self._place()) from error
        if self._refusal is not None:
            raise self._refusal
        return result

    def _looked_up(self, population: Population, variable: Any, period: Any) -> Any:
        lookup = self.lookups[variable.name]
        source = population(lookup.source, period)
        found = self._tabled.get((variable.name, source.node))  # a long table is not compared with itself every month
        if found is None:
            found = self._tabled[variable.name, source.node] = self._by_table(variable, lookup, source)
        return found

    def _by_table(self, variable: Any, lookup: Lookup, source: Sym) -> Sym:
        keys = tuple(sorted(lookup.table))
        text = Sym(self, cast(self, source.node, str))
        place = self.graph.make("search", (text.node,), (keys, "left"), "i8", text.entity)
        index = apply(self, np.minimum, Sym(self, place), len(keys) - 1)
        dtype = dtype_name(variable.dtype)
        found = take(self, index, tuple(lookup.table[key] for key in keys), dtype)
        known = take(self, index, keys) == text
        return choose(self, [known], [found, Sym(self, self.graph.constant(lookup.otherwise, dtype))])

    def _for_any_rows(self, variable: Any, run: Any) -> Any:
        """Run a formula; where it asks how many rows there are, run it for other numbers: the result is the same."""
        outer = self._rows, self._rows_asked
        try:
            self._rows, self._rows_asked = 1, False
            result = run()
            if not self._rows_asked:
                return result
            result = self._cast(variable, result)
            for self._rows in OTHER_ROWS:
                if self._cast(variable, run()).node != result.node:
                    self.refuse("the result depends on the number of rows")
            return result
        finally:
            self._rows, self._rows_asked = outer

    def _parameters_at(self, instant: Any) -> Parameters:
        if isinstance(instant, periods.Period):
            instant = instant.start
        return Parameters(self, self.system.parameters, periods.instant(instant))

    def _both_ways(self, variable: Any, run: Any) -> Any:
        """Run a formula; where it branches on data, run every path: they must record the same result."""
        outer = self._script, self._taken
        waiting: list[list[bool]] = [[]]
        results: list[Any] = []
        try:
            while waiting:
                self._script, self._taken = waiting.pop(), 0
                depth = len(self._stack)
                try:
                    results.append(run())
                except _Fork:
                    del self._stack[depth:]
                    waiting += [[*self._script, True], [*self._script, False]]
                if len(waiting) + len(results) > MOST_PATHS:
                    self.refuse("the formula branches on data too many times")
        finally:
            self._script, self._taken = outer
        if len(results) > 1 and len({self._cast(variable, one).node for one in results}) > 1:
            self.refuse("the formula branches on data, and the branches give different results")
        return results[0]

    def rows(self) -> int:
        """The number of rows, which a formula may use to make a constant column (see `_for_any_rows`)."""
        self._rows_asked = True
        return self._rows

    def decide(self, node: int) -> bool:
        """The answer of a branch: known for a constant, both ways otherwise (see `_both_ways`)."""
        if self.graph.is_constant(node):
            return bool(self.graph.value(node))
        if self._taken < len(self._script):
            self._taken += 1
            return self._script[self._taken - 1]
        raise _Fork

    def _cast(self, variable: Any, value: Any) -> Any:
        """As OpenFisca casts the result of a formula to the type of the variable."""
        if value is None:
            return self.default(variable)
        if variable.value_type == indexed_enums.Enum:
            return self._encoded(variable, value)
        if not isinstance(value, Sym):
            value = Sym(self, node_of(self, value))
        if value.mask is not None:
            self.refuse("the formula returns some rows only")
        if variable.value_type is str:
            return Sym(self, self.graph.cast(value.node, input_dtype(variable)))
        return Sym(self, self.graph.cast(value.node, dtype_name(variable.dtype)))

    def _encoded(self, variable: Any, value: Any) -> EnumSym:
        dtype = dtype_name(variable.dtype)
        members = variable.possible_values
        if isinstance(value, Sym):
            if value.mask is not None:
                self.refuse("the formula returns some rows only")
            if isinstance(value, EnumSym):
                self.must_hold(value.indices >= 0, f"no value of {members.__name__}")
            else:
                value = members.encode(value)
            return EnumSym(self, self.graph.cast(value.node, dtype), members)
        found = list(dict.fromkeys(_member_index(members, one) for one in np.asarray(value, dtype=object).reshape(-1)))
        if len(found) != 1 or found[0] is None or not 0 <= found[0] < len(members.names):
            self.refuse(f"a formula gives {value!r}, which is no value of {members.__name__} for all rows")
        return EnumSym(self, self.graph.constant(found[0], dtype), members)


def _cached(column: Sym) -> Sym:
    column.cached = True
    return column


def _member_index(members: Any, one: Any) -> int | None:
    """The index of a member, of its name, or of its index."""
    if isinstance(one, str):
        names = [str(name) for name in members.names]
        return names.index(one) if one in names else None
    index = one if isinstance(one, int | np.integer) else getattr(one, "index", None)
    return int(index) if isinstance(index, int | np.integer) else None


def _line_of(code: Any) -> str:
    """File and line, from the package on: a program tells nothing of the machine that made it."""
    _, _, installed = code.co_filename.rpartition("site-packages/")
    where = installed if installed != code.co_filename else "/".join(code.co_filename.split("/")[-3:])
    return f"{where}:{code.co_firstlineno}"


def trace(
    system: Any,
    outputs: Iterable[str],
    period: str,
    input_signature: Iterable[Input],
    *,
    cuts: Mapping[str, int] | None = None,
    lookups: Mapping[str, Lookup] | None = None,
    law: str = "",
) -> Program:
    """Compile outputs for a period into a program.

    `system`: an OpenFisca tax and benefit system. `outputs`: names of variables, each asked for the period of its own
    kind that holds `period` ("rsa" for the month, a yearly variable for the year), or another ("rfr@2024").
    `input_signature`: what a batch gives.
    `cuts`: variables whose past is given and never computed, with the number of months before `period` (see
    `past_inputs`). `lookups`: variables whose formula reads rows one by one, told as tables. `law`: the fingerprint of
    the system, kept in the program.
    Raises `TraceError` where a formula cannot be recorded.
    """
    started = time.perf_counter()
    given = list(input_signature)
    inputs = signature([*given, *past_inputs(period, cuts or {}, given)])
    tracer = Tracer(system, inputs, lookups)
    results: dict[str, int] = {}
    with ExitStack() as stack:
        stack.enter_context(patches.applied(tracer))
        for output in outputs:
            name, _, at = output.partition("@")
            asked = period_for(system.get_variable(name, check_existence=True), at or period)
            # What holds for ever is asked at a date, as OpenFisca has to choose among dated formulas.
            results[f"{name}@{asked}"] = tracer.trace_output(name, period if asked == "eternity" else asked).node
    seconds = time.perf_counter() - started
    return build(tracer, inputs, results, Law(law, period, seconds))


def past_inputs(period: str, cuts: Mapping[str, int], given: Iterable[Input]) -> list[Input]:
    """The inputs that a cut adds: the variable's value in the months before, unless the signature has them."""
    known = {(one.variable, one.period) for one in given}
    month = periods.period(period)
    wanted = [
        (name, str(month.offset(-back))) for name, months in cuts.items() for back in range(1, months + 1)
    ]  # fmt: skip
    return [Input(name, past) for name, past in itertools.filterfalse(known.__contains__, wanted)]


def period_for(variable: Any, period: str) -> str:
    """The period of the variable's own kind that holds the period asked."""
    asked = periods.period(period)
    unit = variable.definition_period
    if unit == periods.DateUnit.ETERNITY:
        return "eternity"
    if unit == asked.unit:
        return str(asked)
    if unit == periods.DateUnit.YEAR:
        return str(asked.this_year)
    if unit == periods.DateUnit.MONTH:
        return str(asked.first_month)
    return str(asked.first_day)
