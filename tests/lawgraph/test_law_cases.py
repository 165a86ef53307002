"""Cases are read as OpenFisca reads them: short or long, by month or year, by entity or by variable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.lawgraph.law_cases import LawCase, answer, check, main, read_cases, rights_cases, run, situation
from tests.lawgraph.oracle import build, france

CASES = """
- name: short notation
  period: 2025-06
  relative_error_margin: 0.01
  keywords: [af, two children]
  input:
    famille:
      parents: [ana, ben]
      enfants: [cleo, dan]
    foyer_fiscal:
      declarants: [ana, ben]
      personnes_a_charge: [cleo, dan]
    menage:
      personne_de_reference: ana
      conjoint: ben
      enfants: [cleo, dan]
    individus:
      ana: {date_naissance: 1990-04-12, activite: actif}
      ben: {date_naissance: 1988-01-30, salaire_imposable: {2023: 12 * 1500}}
      cleo: {date_naissance: 2014-09-01}
      dan: {date_naissance: 2017-02-15}
  output:
    af: 151
    menage:
      loyer: 0
    individus:
      cleo: {age: 10, age_en_mois: {2025-06: 129, 2024-06: 117}}
      ben: {age: 37}
- name: persons left alone
  period: 2025-06
  absolute_error_margin: {default: 0.01, age: 0}
  input:
    individus:
      ana: {age: 30}
      zoe: {age: 50}
      mia: {age: 40}
    familles:
      one: {parents: [zoe], rsa: {2025-05: 100}}
    foyers_fiscaux:
      one: {declarants: [ana]}
      two: {declarants: [zoe]}
      three: {declarants: [mia]}
    menages:
      one: {personne_de_reference: ana, autres: [zoe, mia], loyer: {2025: 1200}}
  output:
    loyer: [100]
    individus:
      mia: {age: 40}
- name: variables only
  period: 2025-06
  input:
    salaire_net: {2025-05: [10, 20], 2024: [1200, 2400]}
    activite: [etudiant, actif]
    date_naissance: {ETERNITY: [2005-01-01, 1980-12-31]}
  output:
    salaire_net: {2024-03: [100, 200]}
    activite: [etudiant, actif]
- name: a year that starts in April
  period: 2025-06
  input:
    salaire_net: {2024-05: [12.0], "year:2024-04": [1200.0]}
  output:
    salaire_net: {2024-06: 108}
- name: unknown variable
  period: 2025-06
  input: {individus: {ana: {salaire_inexistant: 3}}}
  output: {af: 0}
- name: wrong expectation
  period: 2025-06
  input:
    age: 30
  output: {age: 31}
- name: unread key
  period: 2025-06
  parameters: {}
  input: {age: 30}
  output: {age: 30}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases")
    (path / "deeper").mkdir()
    (path / "deeper" / "some.yaml").write_text(CASES, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cases(folder: Path) -> dict[str, LawCase]:
    return {case.name.split(": ")[1]: case for case in read_cases(folder)}


def test_a_case_is_read_into_columns_and_expectations(cases: dict[str, LawCase]) -> None:
    case = cases["short notation"]
    assert case.file == "deeper/some.yaml"
    assert case.period == "2025-06"
    assert case.keywords == ("af", "two children")
    assert case.signature == ("activite@2025-06", "date_naissance@eternity", "salaire_imposable@2023")
    assert case.batch["famille.role"].tolist() == ["demandeur", "conjoint", "enfant", "enfant"]
    assert case.batch["salaire_imposable@2023"].tolist() == [0, 18_000, 0, 0]
    assert case.batch["activite@2025-06"].tolist() == ["actif", "inactif", "inactif", "inactif"]
    ages = ("age@2025-06", "age_en_mois@2025-06", "age_en_mois@2024-06")
    assert case.outputs == ("af@2025-06", "loyer@2025-06", *ages)
    assert [(one.column, one.instance, one.value) for one in case.expected][2] == ("age@2025-06", 2, 10)


def test_the_batch_of_a_case_answers_as_the_simulation_openfisca_builds(cases: dict[str, LawCase]) -> None:
    for name in ("short notation", "variables only", "a year that starts in April"):
        case = cases[name]
        _, original = situation(france(), case.source)
        expected, found = answer(case, original), answer(case, build(france(), case.batch))
        assert all(np.array_equal(expected[column], found[column]) for column in case.outputs), name
        assert check(case, found) == []


def test_persons_left_alone_get_groups_in_their_own_order(cases: dict[str, LawCase]) -> None:
    case = cases["persons left alone"]
    assert case.batch["famille.id"].tolist() == [1, 0, 2]
    # OpenFisca repeats what is said of the only declared group for those that it adds.
    assert case.batch["rsa@2025-05"].tolist() == [100, 100, 100]
    assert case.absolute_error_margin == {"default": 0.01, "age": 0}
    assert run(france(), case) == []


def test_a_case_of_variables_only_has_one_group_per_person(cases: dict[str, LawCase]) -> None:
    case = cases["variables only"]
    assert case.batch["menage.id"].tolist() == [0, 1]
    assert case.batch["activite@2025-06"].tolist() == ["etudiant", "actif"]
    assert case.batch["date_naissance@eternity"].dtype == np.dtype("datetime64[D]")
    assert run(france(), case) == []


def test_periods_that_a_batch_cannot_name_are_spread_by_month(cases: dict[str, LawCase]) -> None:
    case = cases["a year that starts in April"]
    assert len(case.signature) == 12
    assert case.batch["salaire_net@2024-05"].tolist() == [12]
    assert case.batch["salaire_net@2025-03"].tolist() == [108]


def test_what_cannot_be_read_says_why(cases: dict[str, LawCase]) -> None:
    assert "salaire_inexistant" in cases["unknown variable"].refusal
    assert cases["unknown variable"].expected == ()
    assert cases["unread key"].refusal == "keys not read: parameters"
    assert run(france(), cases["unread key"]) == ["keys not read: parameters"]


def test_differences_are_told_within_the_margins_of_the_case(cases: dict[str, LawCase]) -> None:
    assert "age@2025-06" in run(france(), cases["wrong expectation"])[0]
    case = cases["short notation"]
    answers = answer(case, build(france(), case.batch))
    answers["af@2025-06"] = answers["af@2025-06"] + 0.5
    assert check(case, answers) == []
    answers["af@2025-06"] = answers["af@2025-06"] + 10.0
    assert len(check(case, answers)) == 1
    assert check(case, answers, variables=["age"]) == []


def test_the_cases_on_a_right_are_those_that_expect_something_of_it(folder: Path) -> None:
    assert [case.name for case in rights_cases(folder)] == ["1: short notation"]


def test_the_script_lists_what_openfisca_itself_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(folder) == 0
    printed = capsys.readouterr().out
    assert "FAILS deeper/some.yaml | 6: wrong expectation | 2025-06" in printed
    assert "cases: 7\n" in printed
    assert "cases that OpenFisca fails: 3\n" in printed
