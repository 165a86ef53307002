"""A second country: the compiler knows no French law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lawgraph import Input, TraceError
from lawgraph.trace import trace
from tests.lawgraph.building import assert_as_openfisca, compiled
from tests.lawgraph.oracle import Columns, openfisca_warnings_aside, output_period, split_name
from tests.lawgraph.template import Case, cases, households, reformed, template

OUTPUTS = sorted(template().variables)
CASES = {case.name: case for case in cases()}
#: Two laws of the basic income, before and after the housing allowance was abolished, scales that change.
MONTHS = ("2013-03", "2015-12", "2016-06", "2017-01", "2020-02", "2024-11")

#: They read a parameter that had no value before.
SINCE_2015 = {"parenting_allowance", "disposable_income"}


@pytest.mark.parametrize("month", MONTHS)
def test_every_variable_answers_as_openfisca(month: str) -> None:
    asked = [name for name in OUTPUTS if month > "2015" or name not in SINCE_2015]
    program = assert_as_openfisca(template(), asked, households(80, month, 3), month, exact=False)
    assert not program.spirals


@pytest.mark.parametrize("seed", range(3))
def test_answers_but_those_of_scales_are_equal_to_the_last_bit(seed: int) -> None:
    exact = [
        name for name in OUTPUTS if name not in {"social_security_contribution", "disposable_income", "total_taxes"}
    ]
    assert_as_openfisca(template(), exact, households(120, "2016-06", seed), "2016-06")


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_package_itself(name: str) -> None:
    case = CASES[name]
    with openfisca_warnings_aside():
        program = trace(
            case.system, case.expected, "2017-01", [Input(*split_name(one)) for one in case.columns if "@" in one]
        )
    _assert_expected(case, program.run(case.columns))


def test_the_package_has_its_cases() -> None:
    assert len(CASES) >= 30


def _assert_expected(case: Case, answers: Columns) -> None:
    for key, values in case.expected.items():
        told = ~np.isnan(values.astype(float)) if values.dtype.kind in "fiub" else np.ones(len(values), bool)
        if values.dtype.kind in "fiub":
            np.testing.assert_allclose(answers[key][told], values[told], rtol=1e-6, atol=max(case.margin, 1e-4))
        else:
            assert answers[key].tolist() == values.tolist()


@pytest.mark.parametrize("name", ["removal_basic_income", "modify_social_security_taxation", "add_new_tax",
                                  "flat_social_security_contribution", "add_dynamic_variable"])  # fmt: skip
def test_a_reform_is_another_country(name: str) -> None:
    system, columns = reformed(name), households(60, "2017-01", 5)
    assert_as_openfisca(system, sorted(system.variables), columns, "2017-01", exact=False)


def test_a_parameter_without_a_value_at_the_date_is_refused_with_its_place() -> None:
    message = r"income_threshold.*2013-03-01.*parenting_allowance for 2013-03, openfisca_country_template/variables"
    with pytest.raises(TraceError, match=message):
        compiled(template(), ["parenting_allowance"], households(2, "2013-03", 1), "2013-03")


def test_a_reform_changes_what_it_says_and_nothing_else() -> None:
    columns = households(60, "2017-01", 5)
    before = compiled(template(), OUTPUTS, columns, "2017-01").run(columns)
    after = compiled(reformed("removal_basic_income"), OUTPUTS, columns, "2017-01").run(columns)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"basic_income@2017-01", "disposable_income@2017-01", "total_benefits@2017-01"}


def test_an_input_on_a_variable_that_has_a_formula_takes_its_place() -> None:
    columns = households(50, "2017-01", 6)
    columns["household_income@2017-01"] = np.linspace(0, 4000, 50).astype(np.float32)
    columns["age@2017-01"] = np.full(len(columns["household.id"]), 30, np.int32)
    asked = ["basic_income", "meal_price", "swimming_pool_access", "parenting_allowance"]
    assert_as_openfisca(template(), asked, columns, "2017-01")


def test_what_an_answer_rests_on() -> None:
    columns = households(5, "2017-01", 6)
    program = compiled(template(), ["disposable_income", "housing_tax"], columns, "2017-01")
    explanation = program.explain("disposable_income@2017-01")
    steps = {step.variable: step for step in explanation.steps}
    assert explanation.steps[0].variable == "disposable_income"
    assert steps["birth"].given
    assert not steps["age"].given
    assert steps["housing_tax"].period == "2017"
    assert steps["age"].formula.startswith("openfisca_country_template/variables/demographics.py:")
    assert {"benefits.basic_income", "taxes.housing_tax.rate", "general.age_of_majority"} <= set(explanation.parameters)
    read = {name: (at, value) for name, at, value in steps["income_tax"].parameters}
    assert read == {"taxes.income_tax_rate": ("2017-01-01", 0.15)}
    assert explanation.steps[-1].depth >= 2


def _periods(names: list[str], month: str) -> dict[str, Any]:
    return {name: output_period(template().get_variable(name), month) for name in names}


def test_periods_of_outputs() -> None:
    found = compiled(template(), OUTPUTS, households(3, "2017-05", 1), "2017-05").outputs
    assert set(found) == {f"{name}@{at}" for name, at in _periods(OUTPUTS, "2017-05").items()}
