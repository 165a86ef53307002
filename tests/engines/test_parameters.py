"""Dated parameters: who answers, when nobody does, and what the data file may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.contracts.enums import ContractKind
from maillage.contracts.parameters import KINDS, all_parameters, parameter_of, read_parameters
from maillage.engines.parameters import (
    ALL_KINDS,
    Name,
    Parameter,
    ParameterInvalid,
    Unit,
    overlaps,
    parameter,
)
from maillage.kernel.errors import InputRefused
from maillage.kernel.numbers import NBSP

RATE = Name.CO_FUNDING_STATE_MAX_RATE
HEADER = "name,kind,value,unit,starts_on,ends_on,reference,note,confirmed"


def row(value: str, kind: str, start: str, end: str | None = None, name: str = RATE) -> Parameter:
    return Parameter(
        name,
        kind,
        Decimal(value),
        Unit.RATE,
        date.fromisoformat(start),
        date.fromisoformat(end) if end else None,
        "essai",
    )


ROWS = [
    row("0.5", "cls", "2024-01-01", "2025-12-31"),
    row("0.4", "cls", "2026-01-01"),
    row("0.6", ALL_KINDS, "2000-01-01"),
]


@pytest.mark.parametrize(
    ("kind", "on", "expected"),
    [
        ("cls", date(2024, 1, 1), "0.5"),
        ("cls", date(2025, 12, 31), "0.5"),
        ("cls", date(2026, 1, 1), "0.4"),
        ("cls", date(2023, 12, 31), "0.6"),
        ("cpo", date(2025, 6, 1), "0.6"),
        ("cls", 2025, "0.5"),
        ("cls", 2026, "0.4"),
    ],
)
def test_the_row_of_the_kind_in_force_that_day_answers(kind: str, on: date | int, expected: str) -> None:
    found = parameter(ROWS, RATE, kind, on)
    assert found is not None
    assert found.number == Decimal(expected)


def test_nobody_answers_rather_than_a_default() -> None:
    assert parameter(ROWS, Name.CAP_ALERT_RATE, "cls", 2025) is None
    assert parameter(ROWS[:1], RATE, "cls", date(2026, 1, 1)) is None
    assert parameter(ROWS[:2], RATE, "calpae", 2025) is None


@given(st.permutations(ROWS), st.dates(date(1999, 1, 1), date(2030, 12, 31)))
def test_the_order_of_rows_is_nothing(rows: list[Parameter], on: date) -> None:
    assert parameter(rows, RATE, "cls", on) == parameter(ROWS, RATE, "cls", on)


def test_two_answers_for_one_day_are_seen() -> None:
    assert overlaps(ROWS) == []
    assert len(overlaps([*ROWS, row("0.3", "cls", "2025-12-31", "2026-01-01")])) == 2
    assert len(overlaps([row("0.3", "cls", "2020-01-01"), row("0.4", "cls", "2021-01-01")])) == 1


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (Decimal("0.5"), Unit.RATE, f"50{NBSP}%"),
        (Decimal("0.005"), Unit.RATE, f"0,5{NBSP}%"),
        (Decimal(10), Unit.POINTS, f"10{NBSP}points"),
        (Decimal(1), Unit.DAYS, f"1{NBSP}jour"),
        (Decimal("1"), Unit.RATIO, "1"),
        ("06-30", Unit.MONTH_DAY, "30 juin de l'année suivante"),
        ("03-01", Unit.MONTH_DAY, "1er mars de l'année suivante"),
        ("yes", Unit.YES_NO, "oui"),
        ("no", Unit.YES_NO, "non"),
        ("none", Unit.CODE, "aucun (sans objet)"),
    ],
)
def test_a_value_is_written_in_french(value: Decimal | str, unit: Unit, expected: str) -> None:
    assert Parameter("x", "cls", value, unit, date(2024, 1, 1), None, "essai").value_fr == expected


def test_a_due_day_falls_in_the_next_year() -> None:
    made = Parameter(Name.REPORT_DUE_DAY, "cls", "06-30", Unit.MONTH_DAY, date(2024, 1, 1), None, "essai")
    assert made.due_on(2025) == date(2026, 6, 30)


@pytest.mark.parametrize("value", ["02-30", "13-01", "demain", "", "1"])
def test_a_due_day_that_does_not_exist_is_refused(value: str) -> None:
    made = Parameter(Name.REPORT_DUE_DAY, "cls", value, Unit.MONTH_DAY, date(2024, 1, 1), None, "essai")
    with pytest.raises(ParameterInvalid, match="MM-JJ"):
        made.due_on(2025)


# The data file


def test_kinds_are_those_of_contracts() -> None:
    assert set(KINDS) == {*ContractKind.values, ALL_KINDS}


def test_every_value_has_a_reference_and_says_whether_it_is_confirmed() -> None:
    rows = all_parameters()
    assert {each.name for each in rows} == {name.value for name in Name}
    assert all(each.reference for each in rows)
    for each in rows:
        assert each.confirmed != each.reference.startswith("règle de conception de Maillage"), each
    assert overlaps(rows) == []


def test_the_half_is_that_of_the_local_contracts_of_2024_2027() -> None:
    found = parameter_of(RATE, "cls", 2024)
    assert found is not None
    assert (found.number, found.confirmed) == (Decimal("0.5"), True)
    assert parameter_of(RATE, "cls", 2028) is None
    assert parameter_of(RATE, "annual_link", 2024) is None


def _refused(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "parameters.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    with pytest.raises(InputRefused) as caught:
        read_parameters(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cap_alert_rate,cls,beaucoup,rate,2024-01-01,,essai,,no", "pas un nombre"),
        ("cap_alert_rate,cls,0.9,rate,2024-02-30,,essai,,no", "n'est pas une date"),
        ("cap_alert_rate,autre,0.9,rate,2024-01-01,,essai,,no", "Valeurs admises"),
        ("inconnu,cls,0.9,rate,2024-01-01,,essai,,no", "Valeurs admises"),
        ("cap_alert_rate,cls,0.9,rate,2024-01-01,,,,no", "doit être remplie"),
        ("report_due_day,cls,31 mars,month_day,2024-01-01,,essai,,no", "MM-JJ"),
        ("in_kind_counts,cls,parfois,yes_no,2024-01-01,,essai,,no", "yes"),
        ("co_funding_levels,cls,parfois,code,2024-01-01,,essai,,no", "both, action"),
        ("cap_alert_rate,cls,-1,rate,2024-01-01,,essai,,no", "négative"),
    ],
)
def test_a_bad_row_is_refused_by_row_and_reason(tmp_path: Path, line: str, expected: str) -> None:
    message = _refused(tmp_path, line)
    assert expected in message
    assert "igne 2" in message


def test_two_values_for_one_day_are_refused(tmp_path: Path) -> None:
    first = "cap_alert_rate,cls,0.9,rate,2024-01-01,2024-12-31,essai,,no"
    second = "cap_alert_rate,cls,0.8,rate,2024-12-31,,essai,,no"
    assert "deux valeurs" in _refused(tmp_path, first, second)
