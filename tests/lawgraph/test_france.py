"""French law compiled: equal to fresh OpenFisca runs, right by right, to the cent.

A few hundred households here; `make law-differential` compares 20,000 of them over more months and every signature.
"""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest

from lawgraph import Program
from lawgraph.differential import PAST as PAST_GIVEN
from lawgraph.differential import UNEXPLAINED, Reference, differences, merged, unequal
from maillage.gateways.openfisca_france.engine import PAST_MONTHS
from maillage.gateways.openfisca_france.system import system
from tests.lawgraph.differential import ALONE, PRODUCTION, Compared, compare, drawn, main
from tests.lawgraph.france import PAST, completed, production, quiet, signature_of, traced
from tests.lawgraph.households import random_households
from tests.lawgraph.oracle import RIGHTS, split_name

MONTHS = ("2020-06", "2026-01")
SIGNATURES = (PRODUCTION, "standard")


@cache
def compared(month: str, signature: str) -> Compared:
    return compare(month, signature, 120)


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("month", MONTHS)
def test_every_right_equals_a_fresh_openfisca_given_the_same(month: str, signature: str) -> None:
    report = compared(month, signature).report
    assert [str(one) for one in report.unexplained] == []
    assert {split_name(output)[0] for output in report.compared} == set(RIGHTS)
    # The order of operations and their types are OpenFisca's: not a cent, nor a bit.
    assert report.exact == report.compared


def test_openfisca_left_to_itself_differs_by_the_past_alone() -> None:
    """What it cuts in the loop between housing aid and RSA depends on the question; here the past is given."""
    report = merged([compared(month, signature).report for month in MONTHS for signature in SIGNATURES])
    assert report.differences
    assert {one.reason for one in report.differences} == {PAST_GIVEN}
    looped = {"rsa", "aide_logement", "ppa", "cmu_c", "css_participation_forfaitaire", "contrat_engagement_jeune"}
    assert {split_name(one.output)[0] for one in report.differences} <= looped


def test_left_to_compute_the_past_a_program_cuts_where_openfisca_cuts() -> None:
    report = compare("2026-01", f"standard{ALONE}", 60).report
    assert report.differences == ()
    assert report.exact == report.compared


def _swapped(program: Program) -> Program:
    """A program that takes two rights one for the other."""
    outputs = dict(program.outputs)
    outputs["af@2026-01"], outputs["cf@2026-01"] = outputs["cf@2026-01"], outputs["af@2026-01"]
    return dataclasses.replace(program, outputs=outputs)


def test_a_wrong_program_is_seen_row_by_row() -> None:
    with quiet():
        program, batch = drawn("2026-01", PRODUCTION, 40, 9)
        report = differences(_swapped(program), system(), batch, outputs=["af@2026-01", "ars@2026"], past=PAST)
        expected = program.run(batch)
    rows = np.flatnonzero(expected["af@2026-01"] != expected["cf@2026-01"])
    assert len(rows)
    assert [one.row for one in report.unexplained] == rows.tolist()
    first = report.unexplained[0]
    assert first.openfisca == expected["af@2026-01"][first.row]
    assert batch["famille.id"][first.person] == first.row
    assert report.counts() == {("af@2026-01", UNEXPLAINED): len(rows)}
    assert "af@2026-01, row " in str(first)


def test_the_past_is_kept_from_openfisca_and_only_the_past() -> None:
    batch = random_households(5, "2026-01", 2)
    with quiet():
        program = traced(system(), signature_of(batch), "2026-01", past=PAST)
        reference = Reference(program, system(), completed(program, batch))
        told, untold = reference.simulation(), reference.simulation(PAST)
    assert len(told.get_holder("rsa").get_known_periods()) == PAST_MONTHS
    assert untold.get_holder("rsa").get_known_periods() == []
    assert untold.get_holder("salaire_net").get_known_periods() == told.get_holder("salaire_net").get_known_periods()


def test_columns_differ_beyond_the_tolerance_or_by_what_is_no_number() -> None:
    ours = np.array([1.0, 2.0, np.nan, np.inf, np.nan, 5.0])
    theirs = np.array([1.005, 2.02, np.nan, np.inf, 3.0, np.inf])
    assert unequal(ours, theirs, 0.01).tolist() == [False, True, False, False, True, True]
    assert unequal(np.array(["a", "b"]), np.array(["a", "c"]), 0.01).tolist() == [False, True]
    assert unequal(np.array([True, False]), np.array([True, True]), 0.01).tolist() == [False, True]


def test_the_report_says_what_was_compared_and_fails_on_what_is_unexplained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["--months", "2026-01", "--signatures", PRODUCTION, "--households", "30", "--processes", "1"]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "30 households, " in printed
    assert " 0 unexplained" in printed
    monkeypatch.setattr("tests.lawgraph.differential.production", lambda month: _swapped(production(month)))
    assert main(asked) == 1
    assert "UNEXPLAINED 2026-01, production: af@2026-01, row " in capsys.readouterr().out
