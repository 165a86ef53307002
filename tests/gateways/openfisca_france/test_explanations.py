"""Why: every right has its steps, sourced and dated; their figures rebuild the amounts, by OpenFisca's own formulas."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maillage.gateways.openfisca_france import explanations, law_texts
from maillage.gateways.openfisca_france.corrections import leaf
from maillage.gateways.openfisca_france.engine import Answers, CompiledLaw
from maillage.gateways.openfisca_france.explanations import FigureUnit, Row, Step, periods, rows, rows_of
from maillage.gateways.openfisca_france.facts import Activity, Household, Housing, OtherParent, Person, Role, Union
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.gateways.openfisca_france.system import system
from maillage.kernel.numbers import NBSP
from maillage.rights.guidance import guidance_of
from maillage.rights.plain_language import promise
from maillage.ui.units import typography
from tests.gateways.openfisca_france.oracle import MONTH, columns, household, person
from tests.lawgraph.oracle import openfisca_warnings_aside

MONTHS = ("2020-01", "2023-06", MONTH)


@pytest.fixture(scope="module")
def law() -> CompiledLaw:
    with openfisca_warnings_aside():
        compiled = CompiledLaw()
        compiled.month(MONTH)
    return compiled


def _child(years: int, **facts: object) -> Person:
    return person(years, role=Role.CHILD, activity=Activity.STUDENT, **facts)


def _couple(*children: Person, wage: float = 0.0, other: float = 0.0) -> Household:
    earners = (person(38, wage=wage, activity=Activity.EMPLOYED), person(36, wage=other, role=Role.PARTNER))
    return household(*earners, *children, union=Union.MARRIED)


LONE = household(person(), rent=400.0)
WORKER = household(person(wage=1100.0, activity=Activity.EMPLOYED), rent=400.0)
LONE_PARENT = household(
    person(wage=700.0, activity=Activity.EMPLOYED), _child(2), _child(9), other_parent=OtherParent.ABSENT
)
OWNER = household(person(), housing=Housing.OWNER, rent=0.0)
RICH = _couple(_child(8), _child(15), wage=6500.0, other=3000.0)
LARGE = _couple(_child(4), _child(8), _child(16), wage=1500.0)
HOUSEHOLDS = [LONE, WORKER, LONE_PARENT, OWNER, RICH, LARGE]


def _step(answers: Answers, right: str, beginning: str) -> Step:
    (found,) = [one for one in answers.steps(right) if one.sentence.startswith(beginning)]
    return found


def _figures(answers: Answers, right: str, *beginnings: str) -> list[np.ndarray]:
    """The figures of steps where they are shown, 0 elsewhere."""
    steps = [_step(answers, right, beginning) for beginning in beginnings]
    return [np.where(one.shown, one.values, 0.0) for one in steps]


def _reasons(answers: Answers, right: str) -> list[str]:
    return [one.sentence for one in answers.steps(right) if one.unit is None and one.shown.any()]


# The file


@pytest.mark.parametrize("month", MONTHS)
def test_every_right_has_steps_in_order_whose_variables_and_parameters_the_law_of_the_month_has(month: str) -> None:
    for right in RIGHTS:
        found = rows_of(right.code, month)
        assert found, right.code
        for row in found:
            for label, name in row.parameters:
                assert law_texts.parameter_at(label, name, f"{month}-28") is not None, name
        assert len(explanations.traced(right.code, month)) == len(found)
    variables = system().variables
    for output in explanations.outputs([right.code for right in RIGHTS], month):
        variable, _, period = output.partition("@")
        assert variable in variables, output
        assert len(period) == 7 or str(variables[variable].definition_period) == "year", output


def test_a_right_that_is_younger_than_2020_says_from_when() -> None:
    (only,) = rows_of("contrat_engagement_jeune", "2022-02")
    assert (only.value, only.until) == ("", "2022-02")
    assert all(row.since == "2022-03" for row in rows_of("contrat_engagement_jeune", "2022-03"))
    assert {row.since for row in rows_of("aah", MONTH)} == {"", "2023-10"}


def test_the_order_of_each_right_has_no_hole_and_every_right_tells_the_reasons_of_a_zero() -> None:
    for right in RIGHTS:
        mine = [row for row in rows() if row.right == right.code]
        assert 2 <= len([row for row in mine if row.value and row.holds_at(MONTH)]) <= 9, right.code
        assert [row for row in mine if not row.value and row.when.startswith("not amount")], right.code


def test_every_article_is_where_it_was_read() -> None:
    """Nothing invented: the tree of OpenFisca cites it, or the guidance of the right does, or a public text."""
    for row in rows():
        assert bool(row.article) == bool(row.source), row.sentence
        if row.source == "guidance.csv":
            guidance = guidance_of(row.right)
            assert guidance is not None
            assert row.article in guidance.law, row.article
        elif row.source.startswith("https://"):
            assert row.article == "CSS, art. L. 861-11"
        elif row.source:
            assert any(law_texts.cites(one.title, row.article) for one in law_texts.texts_at(row.source)), row


def test_an_article_is_told_from_its_neighbours() -> None:
    assert law_texts.cites("Article R844-3 du Code de la sécurité sociale", "CSS, art. R. 844-3")
    assert law_texts.cites("modif art. R262-1 du CASF", "CASF, art. R. 262-1")
    assert not law_texts.cites("Article R262-10 du code", "CASF, art. R. 262-1")
    assert not law_texts.cites("Article L844-3 du code", "CSS, art. R. 844-3")


def test_addresses_are_public_ones_without_a_session() -> None:
    for month in MONTHS:
        for right in RIGHTS:
            for one in explanations.traced(right.code, month):
                addresses = [one.url, *(parameter.url for parameter in one.parameters)]
                assert all(not url or url.startswith(("https://", "http://")) for url in addresses)
                assert not [url for url in addresses if "jsessionid" in url or " " in url]


def test_sentences_promise_nothing_and_are_french_typography() -> None:
    for row in rows():
        for text in (row.sentence, *(label for label, _ in row.parameters)):
            assert not promise(text), text
            assert '"' not in text
            assert "  " not in text
            assert typography(text).replace("’", "'") == text or " :" in text
        assert row.sentence.endswith(".") == (not row.value), row.sentence
        assert row.sentence[0].isupper() or row.sentence.startswith("dont "), row.sentence


def test_a_parameter_is_told_with_its_date_and_its_text() -> None:
    name = "prestations_sociales.solidarite_insertion.minima_sociaux.rsa.rsa_m.montant_de_base_du_rsa"
    found = law_texts.parameter_at("Montant forfaitaire", name, "2026-01-01")
    assert found is not None
    assert found.text_fr == f"Montant forfaitaire{NBSP}: 646,52{NBSP}€ depuis le 1er avril 2025"
    assert found.reference == "Décret n° 2025-293 du 29 mars 2025, art. 1"
    assert found.url == "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000051393086"
    later = law_texts.parameter_at("Montant forfaitaire", name, "2026-04-01")
    assert later is not None
    assert (later.value, later.since) == (651.69, "2026-04-01")
    assert later.reference.startswith("Décret n° 2026-220")


def test_a_corrected_parameter_is_told_with_our_source() -> None:
    name = "prestations_sociales.solidarite_insertion.minima_sociaux.cs.cmu.plafond_base"
    found = law_texts.parameter_at("Plafond", name, "2026-01-01")
    assert found is not None
    assert (found.value, found.since) == (10338.55, "2025-04-01")
    assert found.reference.startswith("Arrêté publié au Journal officiel du 29 mars 2025")
    before = law_texts.parameter_at("Plafond", name, "2025-03-31")
    assert before is not None
    assert before.reference == "Arrêté du 26/03/2024, art. 1"


def test_a_value_repeated_since_long_is_dated_from_its_first_day() -> None:
    name = "prestations_sociales.solidarite_insertion.minima_sociaux.cs.acs.majoration_plafond_acs"
    assert leaf(system().parameters, name).values_list[0].instant_str == "2019-10-01"
    found = law_texts.parameter_at("Écart", name, "2026-01-01")
    assert found is not None
    assert (found.since, found.value_fr) == ("2012-01-01", f"35{NBSP}%")


def test_units_of_parameters() -> None:
    one = law_texts.ParameterValue("x", "x", 0.32, "BMAF", "2025-04-01", "", "")
    assert one.value_fr == f"32{NBSP}% de la Bmaf"
    assert replace(one, value=25.0, unit="year").value_fr == f"25{NBSP}ans"
    assert replace(one, value=6.0, unit="currency").value_fr == f"6{NBSP}€"
    assert replace(one, value=1.5, unit="").value_fr == "1,5"


def test_the_three_months_that_the_law_looks_at_are_named() -> None:
    assert periods("x__quarter", "2025-02") == ("2024-11", "2024-12", "2025-01")
    assert periods("x__quarter", "2025-03") == ("2024-11", "2024-12", "2025-01")
    assert periods("x__quarter", "2026-01") == ("2025-09", "2025-10", "2025-11")
    sentences = [one.sentence for one in explanations.traced("rsa", "2025-03")]
    assert any("novembre 2024 à janvier 2025" in text for text in sentences)
    assert any("Ressources de 2024" in one.sentence for one in explanations.traced("af", "2026-01"))


# The figures


def test_figures_are_openfisca_s_own(law: CompiledLaw) -> None:
    answers = law.answer(HOUSEHOLDS, MONTH)
    batch = columns(HOUSEHOLDS)
    simulation = _simulation(batch)
    compared = 0
    for row in rows():
        if not _plain(row):
            continue
        step = _step(answers, row.right, row.sentence.partition("{")[0])
        with openfisca_warnings_aside():
            expected = np.asarray(simulation.calculate(row.value, MONTH), dtype=float)
        if system().variables[row.value].entity.key == "individu":
            expected = np.bincount(batch["famille.id"], expected, minlength=len(HOUSEHOLDS))
        assert step.values == pytest.approx(expected, abs=0.01), row.value
        compared += 1
    assert compared > 30


def _plain(row: Row) -> bool:
    """One variable of the month, without a condition on persons."""
    if not row.value.isidentifier() or "__" in row.value or row.of or row.unit == "choice" or not row.holds_at(MONTH):
        return False
    return str(system().variables[row.value].definition_period) == "month"


def _simulation(batch: dict[str, np.ndarray]) -> object:
    from maillage.gateways.openfisca_france.household import signature
    from tests.gateways.openfisca_france.oracle import _empty, _give

    simulation = _empty(batch)
    for given in signature(MONTH):
        _give(simulation, given, batch[given.column])
    return simulation


def test_rsa_is_rebuilt_from_its_steps(law: CompiledLaw) -> None:
    answers = law.answer(HOUSEHOLDS, MONTH)
    plain, raised, resources, housing = _figures(
        answers, "rsa", "Montant forfaitaire pour", "Montant majoré", "Ressources retenues", "Forfait logement"
    )
    rebuilt = np.maximum(np.maximum(plain, raised) - resources - housing, 0)
    assert answers.amount("rsa") == pytest.approx(np.where(rebuilt < 6, 0, rebuilt), abs=0.01)
    assert answers.amount("rsa")[0] == pytest.approx(646.52 * 0.88, abs=0.01)
    assert raised[2] > plain[2]


def test_prime_d_activite_is_rebuilt_from_its_steps(law: CompiledLaw) -> None:
    answers = law.answer(HOUSEHOLDS, MONTH)
    base, earned, part, bonus, other, housing = _figures(
        answers,
        "ppa",
        "Montant forfaitaire pour",
        "Revenus d'activité",
        "Part de ces revenus",
        "Bonification",
        "Autres ressources",
        "Forfait logement",
    )
    rebuilt = np.maximum(base + bonus + part - np.maximum(earned + other + housing, base), 0)
    assert answers.amount("ppa") == pytest.approx(np.where(rebuilt < 15, 0, rebuilt), abs=0.01)
    assert answers.amount("ppa")[1] > 100


def test_family_allowances_are_rebuilt_from_their_steps(law: CompiledLaw) -> None:
    answers = law.answer(HOUSEHOLDS, MONTH)
    base, older, flat, complement = _figures(
        answers, "af", "Montant de base", "Majoration", "Allocation forfaitaire", "Complément"
    )
    assert answers.amount("af") == pytest.approx(base + older + flat + complement, abs=0.01)
    assert _step(answers, "af", "Enfants").values.tolist() == [0, 0, 2, 0, 2, 3]
    assert _step(answers, "af", "Part versée").values[4] < 1
    assert base[2] == pytest.approx(0.32 * 474.37, abs=0.01)


def test_housing_aid_is_rebuilt_from_its_steps(law: CompiledLaw) -> None:
    """Rent and charges less the household's part; then the flat deduction, the CRDS, and down to the euro."""
    answers = law.answer(HOUSEHOLDS, MONTH)
    rent, charges, part, before = _figures(
        answers, "aide_logement", "Loyer retenu", "Forfait de charges", "Part du loyer", "Aide avant retenues, soit"
    )
    assert before == pytest.approx(np.maximum(rent + charges - part, 0), abs=0.01)
    gross = np.round(np.maximum(before - 5, 0), 2)
    rebuilt = np.floor(gross - np.floor(gross * 0.5) / 100)
    paid = answers.amount("aide_logement")
    assert paid[[0, 1, 2]] == pytest.approx(rebuilt[[0, 1, 2]], abs=0.01)
    assert (paid[[0, 1, 2]] > 50).all()
    assert set(_step(answers, "aide_logement", "Zone").values) == {"zone 3"}


def test_the_reasons_of_a_zero_are_plain(law: CompiledLaw) -> None:
    answers = law.answer([OWNER], MONTH)
    assert _reasons(answers, "aide_logement") == ["Le logement n'est ni loué, ni acheté avec un prêt qui ouvre l'aide."]
    assert _reasons(answers, "af") == ["Le foyer n'a pas assez d'enfants à charge."]
    assert _reasons(answers, "rsa") == []
    rich = law.answer([RICH], MONTH)
    assert any(text.startswith("Les ressources et le forfait logement") for text in _reasons(rich, "rsa"))
    assert "Les ressources dépassent les deux plafonds." in _reasons(rich, "css")
    student = law.answer([household(person(20, activity=Activity.STUDENT))], MONTH)
    assert any(text.startswith("Aucun adulte du foyer") for text in _reasons(student, "rsa"))
    assert not _step(student, "rsa", "Ressources retenues").shown.any()


def test_a_right_of_zero_always_has_a_reason(law: CompiledLaw) -> None:
    young = household(person(20))
    willing = household(person(20, seeks_support=True))
    answers = law.answer([*HOUSEHOLDS, young, willing], MONTH)
    for right in RIGHTS:
        amounts = answers.amount(right.code)
        told = np.zeros(len(amounts), dtype=bool)
        for one in answers.steps(right.code):
            told |= one.shown & (one.unit is None)
        assert told[amounts == 0].all(), right.code


def test_who_does_not_ask_for_support_is_told_that_it_is_needed(law: CompiledLaw) -> None:
    answers = law.answer([household(person(20)), household(person(20, seeks_support=True))], MONTH)
    assert answers.amount("contrat_engagement_jeune").tolist() == [0, pytest.approx(561.68, abs=0.01)]
    (needed,) = [one for one in answers.steps("contrat_engagement_jeune") if "accompagnement" in one.sentence]
    assert needed.shown.tolist() == [True, False]
    assert needed.text_fr.startswith(f"Dans une partie des cas encore possibles{NBSP}: il faut")
    maximum = _step(answers, "contrat_engagement_jeune", "Montant maximal")
    assert maximum.values.tolist() == [0, pytest.approx(561.68, abs=0.01)]


def test_who_earns_too_much_is_told_so_though_nobody_asked_for_support(law: CompiledLaw) -> None:
    earner = household(person(22, wage=2600.0, activity=Activity.EMPLOYED))
    answers = law.answer([earner], MONTH)
    assert _reasons(answers, "contrat_engagement_jeune") == ["Les ressources atteignent le montant maximal."]


def test_only_those_concerned_count_in_a_figure(law: CompiledLaw) -> None:
    """A partner who is not disabled earns: nothing of it is among the resources of the AAH, that are each person's."""
    ill = person(45, disability_rate=80.0)
    couple = household(ill, person(44, wage=1500.0, role=Role.PARTNER), union=Union.MARRIED)
    answers = law.answer([couple], MONTH)
    resources = _step(answers, "aah", "Ressources retenues")
    assert (resources.shown.tolist(), resources.values.tolist()) == ([True], [0.0])
    assert answers.amount("aah")[0] == pytest.approx(1033.32, abs=0.01)


def test_figures_are_told_as_an_interval_over_the_households(law: CompiledLaw) -> None:
    wages = [0.0, 225.0, 450.0]
    told = [household(person(wage=wage, activity=Activity.EMPLOYED)) for wage in wages]
    step = _step(law.answer(told, MONTH), "rsa", "Ressources retenues")
    assert step.unit is FigureUnit.EUR_MONTH
    assert step.figure_fr == f"entre 0 et 450{NBSP}€ par mois"
    assert step.text_fr == (
        "Ressources retenues, moyenne par mois de septembre à novembre 2025, prestations familiales comprises"
        f"{NBSP}: entre 0 et 450{NBSP}€ par mois"
    )
    alone = _step(law.answer([LONE], MONTH), "rsa", "Montant forfaitaire pour")
    assert alone.figure_fr == f"646,52{NBSP}€ par mois"
    assert alone.parameters[0].since == "2025-04-01"


# What is kept


def test_steps_are_kept_beside_the_program_and_load_no_openfisca(law: CompiledLaw, tmp_path: Path) -> None:
    month = law.month(MONTH)
    assert month.explained is not None
    told = json.loads(json.dumps(month.told(), ensure_ascii=False))
    again = type(month).kept(month.explained, told)
    assert again.steps == month.steps
    assert again.flags == month.flags
    with openfisca_warnings_aside():
        CompiledLaw(tmp_path).month(MONTH)
    code = (
        "import sys; from pathlib import Path; from maillage.gateways.openfisca_france.engine import CompiledLaw;"
        "from tests.gateways.openfisca_france.test_explanations import LONE;"
        f"names = set(sys.modules); answers = CompiledLaw(Path({str(tmp_path)!r})).answer([LONE], {MONTH!r});"
        "assert answers.steps('rsa')[0].parameters[0].value == 646.52;"
        "assert 'openfisca_france' not in set(sys.modules) - names, 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_population_is_answered_without_the_figures_that_explain(law: CompiledLaw) -> None:
    month = law.month(MONTH)
    assert month.explained is not None
    assert len(month.program.outputs) == 15
    assert len(month.explained.outputs) > 80
    assert len(month.program.nodes) <= len(month.explained.nodes) <= 1.15 * len(month.program.nodes)
    batch = columns(HOUSEHOLDS)
    alone, with_figures = month.run(batch), month.run(batch, explained=True)
    assert alone.keys() == month.program.outputs.keys()
    for name, values in alone.items():
        np.testing.assert_array_equal(values, with_figures[name], err_msg=name)
