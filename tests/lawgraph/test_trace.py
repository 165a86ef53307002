"""What is traced is what OpenFisca computes; what cannot be traced is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import DateUnit
from openfisca_core.populations import ADD, DIVIDE

from lawgraph import BadColumns, Input, TraceError
from lawgraph.trace import Lookup, trace
from tests.lawgraph.building import (
    MONTH,
    Home,
    Housing,
    Person,
    asked,
    assert_as_openfisca,
    compiled,
    country,
    inputs_of,
    random_batch,
    variable,
)
from tests.lawgraph.formulas import VARIABLES
from tests.lawgraph.oracle import Columns, build, openfisca

MONTHS = tuple(f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13))
# OpenFisca sums brackets by a matrix product, in an order of its own.
SUMMED = {name for name in VARIABLES if "scale" in name or name == "average_rate"}


@pytest.fixture(scope="module")
def state() -> Any:
    return country(*VARIABLES.values())


@pytest.fixture(scope="module")
def batch() -> Columns:
    return random_batch(60, 11, months=MONTHS)


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - {"known_periods", "eternal"}))
def test_a_formula_answers_as_openfisca(name: str, state: Any, batch: Columns) -> None:
    assert_as_openfisca(state, [name], batch, exact=name not in SUMMED)


def test_all_formulas_together_answer_as_each_alone(state: Any, batch: Columns) -> None:
    program = compiled(state, list(VARIABLES), batch)
    answers = program.run(batch, chunk=7)
    for name in VARIABLES:
        key = asked(state, name)
        alone = compiled(state, [name], batch).run(batch)[key]
        assert np.array_equal(answers[key], alone, equal_nan=alone.dtype.kind == "f"), name


def test_a_formula_that_looks_at_known_periods_sees_those_of_a_fresh_simulation(state: Any, batch: Columns) -> None:
    assert_as_openfisca(state, ["over_the_year", "added", "known_periods"], batch)
    some = {name: values for name, values in batch.items() if not name.startswith("wage@") or name == f"wage@{MONTH}"}
    for before in ("of_before", "added", "over_the_year"):  # they compute the wages of other months
        assert_as_openfisca(state, [before, "known_periods"], some)


def test_what_holds_for_ever_is_asked_at_a_date(state: Any, batch: Columns) -> None:
    found = compiled(state, ["eternal"], batch).run(batch)["eternal@eternity"]
    assert np.array_equal(found, build(state, batch).calculate("eternal", MONTH))


# Refusals


def _where_row(person: Any, period: Any) -> Any:
    wage = person("wage", period)
    return np.where((wage < 0).any(), wage * 2, wage)


def _branch(person: Any, period: Any) -> Any:
    wage = person("wage", period)
    if (wage < 0).any():
        return wage * 2
    return wage


def _swallowed(person: Any, period: Any) -> Any:
    try:
        return person("wage", period)[0] + person("wage", period)
    except Exception:  # noqa: BLE001 - what is tried: a formula that hides errors
        return person("wage", period)


def _branch_swallowed(person: Any, period: Any) -> Any:
    try:
        factor = 1 if person("works", period).any() else 2
    except Exception:  # noqa: BLE001 - the same
        factor = 3
    return person("wage", period) * factor


def _decides_on_rows(person: Any, period: Any) -> Any:
    return person("wage", period) * (2 if len(person("wage", period)) > 10_000 else 1)


def _written_from_all(person: Any, period: Any) -> Any:
    result = person("wage", period) * 2
    result[person("works", period)] = person("wage", period)
    return result


def _written_from_others(person: Any, period: Any) -> Any:
    wage = person("wage", period)
    result = wage * 2
    result[person("works", period)] = wage[wage > 0]
    return result


def _raises(person: Any, period: Any) -> Any:
    message = "nobody"
    if person("works", period).any():
        raise ValueError(message)
    return person("wage", period)


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "branch": (_branch, "branches on data"),
    "branch compared": (
        lambda person, period: person("wage", period) * (1 if person("works", period).any() == True else 2),  # noqa: E712  (a column, not a truth value)
        "compared",
    ),
    "branch hidden in a function": (_where_row, "branches on data|an array of shape"),
    "branch, error swallowed": (_branch_swallowed, "branches on data"),
    "error swallowed": (_swallowed, "row by row"),
    "raises on a path": (_raises, "ValueError: nobody"),
    "rows, looped": (lambda person, period: np.array([one * 2 for one in person("wage", period)]), "loops over rows"),
    "rows, one": (lambda person, period: person("wage", period)[0], "row by row"),
    "rows, sorted": (lambda person, period: np.sort(person("wage", period)), "numpy.sort is not known"),
    "rows, summed": (lambda person, period: person("wage", period).sum(), "no 'sum'"),
    "rows, averaged": (lambda person, period: np.mean(person("wage", period)), "numpy.mean is not known"),
    "rows, counted to decide": (_decides_on_rows, "depends on the number of rows"),
    "rows, numbered": (lambda person, period: np.arange(person.count) * 1.0, "an array of shape"),
    "rows, as a float": (lambda person, period: float(person("wage", period)), "rows one by one"),
    "rows, vectorised": (lambda person, period: np.vectorize(lambda x: x)(person("wage", period)), "rows one by one"),
    "rows, chosen and returned": (
        lambda person, period: person("wage", period)[person("works", period)],
        "some rows only",
    ),
    "rows, two choices mixed": (
        lambda person, period: (
            person("wage", period)[person("works", period)] + person("wage", period)[person("wage", period) > 0]
        ),
        "beside other rows",
    ),
    "rows, written from all": (_written_from_all, "from others than those chosen"),
    "rows, written from others": (_written_from_others, "from others than those chosen"),
    "rows, chosen beside all": (
        lambda person, period: person("wage", period)[person("works", period)] + person("wage", period),
        "beside other rows",
    ),
    "rows, chosen among chosen": (
        lambda person, period: person("wage", period)[person("works", period)][person("works", period)],
        "among chosen rows",
    ),
    "rows, chosen and gathered": (
        lambda person, period: person.family.sum(person("wage", period)[person("works", period)]),
        "some persons only",
    ),
    "order of rows": (lambda person, period: person.family.members_entity_id * 1.0, "order of rows"),
    "unknown function": (lambda person, period: np.interp(person("wage", period), [0, 1], [0, 1]), "not known"),
    "unknown ufunc": (lambda person, period: np.arctan(person("wage", period)), "numpy.arctan is not known"),
    "unknown option": (
        lambda person, period: np.isin(person("count", period), [1], invert=True),
        "unexpected keyword|not known",
    ),
    "unknown method": (lambda person, period: person("wage", period).cumsum(), "no 'cumsum'"),
    "masked ufunc": (
        lambda person, period: np.add(person("wage", period), 1, where=person("works", period)),
        "for divide with out= only",
    ),
    "vanished": (lambda person, period: np.asarray(person("wage", period)), "rows one by one"),
    "groups mixed": (
        lambda person, period: person("wage", period) + person.home.reference_entity("size", period),
        "columns of home and person are mixed",
    ),
    "group as persons": (
        lambda person, period: person.family.sum(person.home.reference_entity("size", period)),
        "used as one of persons",
    ),
    "enumeration added": (lambda person, period: person.home("housing", period) + 1, "applied to an enumeration"),
    "enumeration and text": (lambda person, period: person.home("housing", period) == "owner", "is compared with"),
    "number too large": (lambda person, period: person("count", period) + 3_000_000_000, "does not fit"),
    "float into whole numbers": (
        lambda person, period: person("count", period).__iadd__(person("wage", period)),
        "written into one of type",
    ),
    "dates among numbers": (lambda person, period: person("birth", period) * 2, "numpy.multiply on"),
    "variable of nobody": (lambda person, period: person("nothing", period), "VariableNotFoundError"),
    "variable of others": (lambda person, period: person("size", period), "ValueError"),
    "parameter of nothing": (
        lambda person, period, parameters: parameters(period).nothing * 2,
        "was not found|nothing",
    ),
    "month for a year": (lambda person, period: person("wage", period.this_year), "defined by month"),
    "year without add": (
        lambda person, period: person("wage", period.this_year, options=[DIVIDE]),
        "cannot be divided",
    ),
    "added eternity": (lambda person, period: person("birth", period, options=[ADD]), "cannot be added"),
    "both options": (lambda person, period: person("wage", period, options=[ADD, DIVIDE]), "not known"),
    "simulation": (lambda person, period: person.simulation.period, "has no 'simulation'"),
    "several with a role": (
        lambda person, period: person.home.reference_entity.value_from_person(person("wage", period), Home.OTHER),
        "several persons can have the role",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_recorded_is_refused_with_its_place(case: str, batch: Columns) -> None:
    formula, message = REFUSED[case]
    state = country(variable("refused", Person, formula=formula))
    with pytest.raises(TraceError, match=message) as refusal:
        compiled(state, ["refused"], batch)
    line = formula.__code__.co_firstlineno
    assert f"refused for {MONTH}, " in str(refusal.value)
    assert str(refusal.value).endswith(f"tests/lawgraph/test_trace.py:{line})")


def test_a_circle_is_refused(batch: Columns) -> None:
    state = country(
        variable("head", Person, formula=lambda person, period: person("tail", period) + 1),
        variable("tail", Person, formula=lambda person, period: person("head", period) * 2),
    )
    with pytest.raises(TraceError, match="head for 2024-05 depends on itself"):
        compiled(state, ["head"], batch)


def test_a_formula_decided_by_constants_is_no_branch_on_data(batch: Columns) -> None:
    def decided(person: Any, period: Any) -> Any:
        return person("wage", period) * (3 if (person("absent", period) > 0).any() else 2)

    state = country(variable("absent", Person), variable("decided", Person, formula=decided))
    assert_as_openfisca(state, ["decided"], batch)


def test_patches_last_as_long_as_a_tracing(batch: Columns) -> None:
    from openfisca_core import indexed_enums, taxscales

    before = indexed_enums.Enum.__dict__["encode"], taxscales.MarginalRateTaxScale.calc
    state = country(variable("refused", Person, formula=_branch))
    with pytest.raises(TraceError):
        compiled(state, ["refused"], batch)
    assert (indexed_enums.Enum.__dict__["encode"], taxscales.MarginalRateTaxScale.calc) == before


# What only a run can tell


def _by_partial(home: Any, period: Any, parameters: Any) -> Any:
    return parameters(period).partial[home("housing", period)]


def _by_size(home: Any, period: Any, parameters: Any) -> Any:
    return parameters(period).by_size[home("size", period)]


def _by_place(person: Any, period: Any, parameters: Any) -> Any:
    return parameters(period).by_place[person("place", period)]


def _no_member(home: Any, period: Any) -> Any:
    return np.select([home("size", period) > 1], [Housing.owner])


def _far_index(home: Any, period: Any) -> Any:
    return home("size", period) + 0


def _no_name(person: Any, period: Any) -> Any:
    return Housing.encode(np.where(person("works", period), "owner", "castle")) == Housing.owner


@pytest.mark.parametrize(
    ("entity", "value_type", "formula", "change", "row"),
    [
        (Home, float, _by_partial, ("housing", 3, "free"), 4),
        (Home, float, _by_size, ("size", 2, 4), 3),
        (Person, float, _by_place, ("place", 6, "z"), 7),
        (Home, Enum, _no_member, ("size", 5, 1), 6),
        (Home, Enum, _far_index, ("size", 4, 3), 5),
    ],
)
def test_a_value_without_meaning_is_refused_by_row(
    entity: Any, value_type: Any, formula: Any, change: tuple[str, int, Any], row: int
) -> None:
    members = {"possible_values": Housing, "default_value": Housing.owner} if value_type is Enum else {}
    state = country(variable("out", entity, value_type, formula=formula, **members))
    columns = random_batch(40, 3)
    columns[f"housing@{MONTH}"][:] = "owner"
    columns[f"size@{MONTH}"][:] = 2
    program = assert_as_openfisca(state, ["out"], columns)
    name, place, value = change
    columns[f"{name}@{MONTH}"][place] = value
    with pytest.raises(BadColumns, match=f"{entity.key}, row {row}: .*out for {MONTH}") as refusal:
        program.run(columns, chunk=3)
    assert len(refusal.value.problems) == 1
    with pytest.raises(Exception, match=r".*"):  # OpenFisca fails too, each time in its own way
        openfisca(state, columns, ["out"], MONTH, chunk=None)


def test_only_the_rows_chosen_need_a_parameter() -> None:
    def chosen(home: Any, period: Any, parameters: Any) -> Any:
        size = home("size", period)
        known = size < 5
        result = size * 100.0
        result[known] = parameters(period).by_size[size[known]]
        return result

    state = country(variable("out", Home, formula=chosen))
    columns = random_batch(40, 3)
    columns[f"size@{MONTH}"][:] = 3
    columns[f"size@{MONTH}"][2] = 17
    program = assert_as_openfisca(state, ["out"], columns)
    columns[f"size@{MONTH}"][1] = 4
    with pytest.raises(BadColumns, match="home, row 2: no parameter 'by_size' for this value"):
        program.run(columns)


def test_a_name_that_is_no_member_is_refused_by_row() -> None:
    state = country(variable("out", Person, bool, formula=_no_name))
    columns = random_batch(12, 4)
    columns[f"works@{MONTH}"][:] = True
    program = assert_as_openfisca(state, ["out"], columns)
    columns[f"works@{MONTH}"][8] = False
    with pytest.raises(BadColumns, match="person, row 9: a value that is not one of Housing"):
        program.run(columns)


# Inputs


def _spread(person: Any, period: Any) -> Any:
    return sum(person("amount", month) * rank for rank, month in enumerate(period.get_subperiods("month"), 1))


def _spreading(rule: Any, value_type: Any = float) -> Any:
    return country(
        variable("amount", Person, value_type, set_input=rule),
        variable("spread", Person, unit=DateUnit.YEAR, formula=_spread),
    )


@pytest.mark.parametrize("value_type", [float, int])
@pytest.mark.parametrize("rule", ["set_input_divide_by_period", "set_input_dispatch_by_period"])
@pytest.mark.parametrize(
    "known", [(), ("2024-03",), ("2024-01", "2024-04", "2024-05"), ("month:2024-06:3",), MONTHS[12:23]]
)
def test_a_year_is_spread_over_the_months_left(rule: str, value_type: Any, known: tuple[str, ...]) -> None:
    from openfisca_core import holders

    kind = np.float32 if value_type is float else np.int32
    rng = np.random.default_rng(5)
    columns = {name: values for name, values in random_batch(20, 5).items() if "@" not in name}
    columns["amount@2024"] = rng.integers(0, 30_000, 20).astype(kind)
    columns |= {f"amount@{month}": rng.integers(0, 900, 20).astype(kind) for month in known}
    assert_as_openfisca(_spreading(getattr(holders, rule), value_type), ["spread"], columns)


def test_a_year_that_is_not_the_sum_of_its_months_is_refused_by_row() -> None:
    from openfisca_core.holders import set_input_divide_by_period

    columns = {name: values for name, values in random_batch(5, 5).items() if "@" not in name}
    columns |= {f"amount@{month}": np.full(5, 10, np.float32) for month in MONTHS[12:]}
    columns["amount@2024"] = np.full(5, 120, np.float32)
    program = assert_as_openfisca(_spreading(set_input_divide_by_period), ["spread"], columns)
    columns["amount@2024"][3] = 121
    with pytest.raises(BadColumns, match="person, row 4: amount for 2024 is not the sum of its parts"):
        program.run(columns)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Input("wage", "2024"), "defined for one month at a time"),
        (Input("wage", "eternity"), "defined for one month at a time"),
        (Input("over", MONTH), "defined for one year at a time"),
        (Input("count", MONTH, high=3e9), "are not those of a column of type"),
        (Input("wage", MONTH, low=5, high=4), "are not those of a column of type"),
    ],
)
def test_an_input_that_means_nothing_is_refused(given: Input, message: str) -> None:
    state = country(variable("over", Person, unit=DateUnit.YEAR))
    with pytest.raises(TraceError, match=message):
        trace(state, ["wage"], MONTH, [given])


def test_inputs_that_share_a_column_are_of_one_kind() -> None:
    shared = [Input("wage", "2024-04", "pay"), Input("wage", "2024-05", "pay")]
    program = trace(country(), ["wage"], MONTH, shared)
    assert [column.name for column in program.columns] == ["pay"]
    for other in (Input("count", MONTH, "pay"), Input("wage", "2024-03", "pay", low=0), Input("size", MONTH, "pay")):
        with pytest.raises(TraceError, match="the column pay stands for inputs of different types or bounds"):
            trace(country(), ["wage"], MONTH, [*shared, other])


def test_an_input_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=f"wage is given twice for {MONTH}"):
        trace(country(), ["wage"], MONTH, [Input("wage", MONTH), Input("wage", MONTH, low=0)])


def test_bounds_hold_for_the_value_as_it_is_rounded() -> None:
    """0.1 in single precision is 0.10000000149: the bound of the input is not that of the column."""
    state = country(
        variable(
            "over", Person, bool, formula=lambda person, period: person("wage", period).astype(float) > 0.100000001
        )
    )
    program = trace(state, ["over"], MONTH, [Input("wage", MONTH, low=0, high=0.1)])
    columns = {name: values for name, values in random_batch(1, 1).items() if "@" not in name}
    columns[f"wage@{MONTH}"] = np.array([0.1])
    assert program.run(columns)[f"over@{MONTH}"].tolist() == [True]


def test_inputs_of_ended_and_neutralised_variables_are_left_aside() -> None:
    state = country(
        variable("over", Person, end="2023-12-31"),
        variable("out", Person, formula=lambda person, period: person("over", period) + person("wage", period)),
    )
    state.neutralize_variable("wage")
    columns = random_batch(9, 2)
    columns[f"over@{MONTH}"] = np.full(9, 7, np.float32)
    expected = openfisca(state, columns, ["out"], MONTH)
    program = compiled(state, ["out"], columns)
    assert np.array_equal(program.run(columns)[f"out@{MONTH}"], expected[f"out@{MONTH}"])
    assert {"wage", "over"}.isdisjoint(column.name.split("@")[0] for column in program.columns)


# Row look-ups, reforms


def test_a_look_up_row_by_row_is_told_as_a_table() -> None:
    def looked_up(person: Any, period: Any) -> Any:
        table = {"a": 3.5, "c": 7}
        return np.array([table.get(str(one), -1) for one in person("place", period)])

    state = country(variable("zone", Person, formula=looked_up))
    columns = random_batch(30, 6)
    program = compiled(state, ["zone"], columns, lookups={"zone": Lookup("place", {"a": 3.5, "c": 7}, -1)})
    expected = openfisca(state, columns, ["zone"], MONTH)
    assert np.array_equal(program.run(columns)[f"zone@{MONTH}"], expected[f"zone@{MONTH}"])


def test_a_reform_is_another_law(batch: Columns) -> None:
    from openfisca_core.reforms import Reform

    class Doubled(Reform):  # type: ignore[misc]  # openfisca_core has no types
        def apply(self) -> None:
            self.update_variable(variable("paid", Person, formula=lambda person, period: person("wage", period) * 2))
            self.modify_parameters(self.changed)

        @staticmethod
        def changed(parameters: Any) -> Any:
            parameters.rate.update(start="2024-01-01", value=0.75)
            return parameters

    def paid(person: Any, period: Any) -> Any:
        return person("wage", period)

    def net(person: Any, period: Any, parameters: Any) -> Any:
        return person("paid", period) * parameters(period).rate

    state = country(variable("paid", Person, formula=paid), variable("net", Person, formula=net))
    before = assert_as_openfisca(state, ["net"], batch).run(batch)[f"net@{MONTH}"]
    after = assert_as_openfisca(Doubled(state), ["net"], batch).run(batch)[f"net@{MONTH}"]
    np.testing.assert_allclose(after, before * 3, rtol=1e-6)


# Loops between months


def _chain(rank: int, after: str, months: int) -> Any:
    def formula(person: Any, period: Any) -> Any:
        return person("wage", period) + rank * person(after, period.offset(-months))

    return formula


def _spiral() -> Any:
    """Three variables that look at each other in the past, and two that look at them."""
    return country(
        variable("aid", Person, formula=_chain(2, "rent_aid", 0)),
        variable("rent_aid", Person, formula=_chain(3, "income", 1)),
        variable("income", Person, formula=_chain(5, "aid", 1)),
        variable("total", Person, formula=lambda p, t: p("aid", t) + 7 * p("rent_aid", t.last_month) + p("income", t)),
        variable("quiet", Person, formula=lambda p, t: p("wage", t) * 2),
    )


ORDERS = [
    ["aid", "rent_aid", "income", "total", "quiet"],
    ["total", "quiet", "income", "rent_aid", "aid"],
    ["income", "aid", "total", "rent_aid", "quiet"],
]


@pytest.mark.parametrize("outputs", ORDERS, ids=lambda order: "-".join(order))
def test_an_output_with_a_spiral_is_that_of_a_fresh_simulation_whatever_was_asked_before(outputs: list[str]) -> None:
    columns = random_batch(25, 7, months=MONTHS)
    program = assert_as_openfisca(_spiral(), outputs, columns)
    assert program.spirals


@pytest.mark.parametrize("outputs", [["first", "second"], ["second", "first"]])
def test_a_value_known_from_an_output_before_hides_no_spiral(outputs: list[str]) -> None:
    """Asked first, `first` meets no spiral: an input ends it. Asked alone, `second` does, through `first`."""
    state = country(
        variable("first", Person, formula=_chain(2, "second", 1)),
        variable("second", Person, formula=_chain(3, "first", 1)),
    )
    columns = random_batch(10, 8, months=MONTHS)
    columns["first@2024-02"] = np.full(10, 1000, np.float32)
    assert_as_openfisca(state, [*outputs, "first"], columns)
    earlier = trace(state, ["first@2024-04", *outputs], MONTH, inputs_of(columns)).run(columns)
    assert not trace(state, ["first@2024-04"], MONTH, inputs_of(columns)).spirals
    expected = openfisca(state, columns, outputs, MONTH, fresh_per_output=True)
    for name, values in expected.items():
        assert np.array_equal(earlier[name], values), name


def test_a_cut_leaves_no_spiral_and_one_value_for_all() -> None:
    columns = random_batch(25, 7, months=MONTHS)
    state = _spiral()
    program = compiled(state, ORDERS[0], columns, cuts={"aid": 6})
    assert not program.spirals
    past = {column.name for column in program.columns if column.name.startswith("aid@")}
    assert past <= {f"aid@2024-{month:02d}" for month in range(1, 5)} | {"aid@2023-11", "aid@2023-12"}
    given = columns | {name: np.full(25, 50, np.float32) for name in past}
    answers = program.run(given)
    expected = openfisca(state, given, ORDERS[1], MONTH)  # one simulation for all, in another order
    for name, values in expected.items():
        assert np.array_equal(answers[name], values), name


def test_a_formula_that_writes_into_what_it_read_taints_no_other_output() -> None:
    def writes(person: Any, period: Any) -> Any:
        wage = person("pay", period)
        wage += 100
        return wage

    state = country(
        variable("pay", Person, formula=lambda person, period: person("wage", period) * 2),
        variable("writes", Person, formula=writes),
        variable("both", Person, formula=lambda person, period: person("writes", period) + person("pay", period)),
    )
    columns = random_batch(10, 9)
    for outputs in (["pay", "writes", "pay", "both"], ["both", "pay", "writes"]):
        assert_as_openfisca(state, outputs, columns)
