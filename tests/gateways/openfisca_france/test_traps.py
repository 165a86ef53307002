"""The traps of the inputs: what OpenFisca answers without the care taken here, and with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from maillage.gateways.openfisca_france.columns import facts_of
from maillage.gateways.openfisca_france.facts import Activity, Household, Housing, OtherParent, Role
from maillage.gateways.openfisca_france.household import Given, batch, ruled_out, signature
from tests.gateways.openfisca_france.oracle import MONTH, RURAL, amount, compute, household, person

Kept = Callable[[Given], bool]


def _only_this_month(*variables: str) -> Kept:
    def kept(given: Given) -> bool:
        return not given.variable.startswith(variables) or given.period == MONTH

    return kept


def _without(*variables: str) -> Kept:
    return lambda given: given.variable not in variables


def test_a_pension_given_only_as_net_would_open_a_false_aspa() -> None:
    retired = household(person(70, retirement_pension=1300, activity=Activity.RETIRED), housing=Housing.OWNER, rent=0)
    assert amount(retired, "aspa", _without("retraite_brute")) == pytest.approx(1043.6, abs=0.05)
    assert amount(retired, "aspa") == 0


def test_an_income_given_for_the_month_only_would_open_a_false_rsa() -> None:
    worker = household(person(wage=1500, activity=Activity.EMPLOYED), housing=Housing.SOCIAL_TENANT)
    wages = _only_this_month("salaire_")
    assert amount(worker, "rsa", wages) == pytest.approx(569, abs=1)
    assert amount(worker, "rsa") == 0
    assert amount(worker, "aide_logement", wages) > 2 * amount(worker, "aide_logement")


def test_a_dwelling_given_for_the_month_only_would_raise_prime_d_activite() -> None:
    worker = household(person(wage=1200, activity=Activity.EMPLOYED), housing=Housing.SOCIAL_TENANT)
    dwelling = _only_this_month("loyer", "statut_occupation_logement", "zone_apl", "logement_")
    assert amount(worker, "ppa", dwelling) > amount(worker, "ppa") + 25


def test_a_missing_commune_would_mean_zone_2() -> None:
    alone = household(person())
    assert amount(alone, "aide_logement", _without("zone_apl")) > amount(alone, "aide_logement") > 0


def test_every_lone_parent_would_have_asf_unless_the_other_parent_is_asked_about() -> None:
    child = person(8, role=Role.CHILD)
    alone = household(person(), child)
    assert amount(alone, "asf", _without("asf_elig")) > 190
    assert amount(alone, "asf") == 0
    absent = household(person(), child, other_parent=OtherParent.ABSENT)
    assert amount(absent, "asf") > 190
    little = household(person(child_support_received=80), child, other_parent=OtherParent.PAYS_LITTLE)
    assert amount(little, "asf") == pytest.approx(amount(absent, "asf") - 80, abs=0.01)


def test_wages_without_their_taxable_form_would_raise_housing_aid() -> None:
    worker = household(person(wage=1100, activity=Activity.EMPLOYED), housing=Housing.SOCIAL_TENANT)
    net_only = amount(worker, "aide_logement", _without("salaire_imposable", "salaire_de_base"))
    assert net_only > 1.5 * amount(worker, "aide_logement") > 0


def test_gross_wages_count_for_aspa() -> None:
    working = household(person(70, wage=1000, activity=Activity.RETIRED), housing=Housing.OWNER, rent=0)
    assert amount(working, "aspa", _without("salaire_de_base")) == pytest.approx(1043.6, abs=0.05)
    assert amount(working, "aspa") < 600


def test_the_window_of_source_solidarity_is_on_from_march_2025_and_not_before() -> None:
    given = {one.period for one in signature("2025-04") if one.variable == "departement_experimentation_rsa"}
    assert min(given) == "2025-03"
    earlier = {one.period for one in signature("2025-02") if one.variable == "departement_experimentation_rsa"}
    assert min(earlier) == "2025-03"
    # A wage that begins at M-1 does not count yet: the months are M-4 to M-2.
    worker = household(person(), housing=Housing.SOCIAL_TENANT)
    begun = batch([worker], MONTH)
    begun |= {f"salaire_net@{span}": np.array([900.0], np.float32) for span in ("recent", "now")}

    def only_last_month(given: Given) -> bool:
        return not given.variable.startswith("salaire_net") or given.period in {"2025-12", MONTH}

    assert compute(begun, MONTH, "rsa", kept=only_last_month)[0] == pytest.approx(amount(worker, "rsa"), abs=0.01)

    def and_the_old_window(given: Given) -> bool:
        return only_last_month(given) and given.variable != "departement_experimentation_rsa"

    assert compute(begun, MONTH, "rsa", kept=and_the_old_window)[0] < amount(worker, "rsa") - 200


def test_the_rsa_of_the_past_is_declared_and_not_guessed() -> None:
    worker = household(
        person(wage_before=1600, activity=Activity.UNEMPLOYED), housing=Housing.SOCIAL_TENANT, rsa_received=560
    )
    months = [one.period for one in signature(MONTH) if one.variable == "rsa"]
    assert max(months) == "2025-12"
    assert min(months) <= "2024-12"
    none = household(person(wage_before=1600, activity=Activity.UNEMPLOYED), housing=Housing.SOCIAL_TENANT)
    assert amount(worker, "aide_logement") > amount(none, "aide_logement")


def test_a_wage_that_has_just_stopped_is_neutralised() -> None:
    stopped = household(person(wage=1300, wage_stopped=True, activity=Activity.UNEMPLOYED))
    goes_on = household(person(wage=1300, activity=Activity.EMPLOYED))
    assert amount(stopped, "rsa") > 400
    assert amount(goes_on, "rsa") == 0


def test_the_young_persons_contract_is_for_those_who_seek_support() -> None:
    student = household(person(20, activity=Activity.INACTIVE))
    seeks = household(person(20, seeks_support=True))
    assert amount(student, "contrat_engagement_jeune", month="2026-01") > 0  # what OpenFisca would give to anybody
    facts, _ = facts_of([student, seeks])
    assert ruled_out(facts)["contrat_engagement_jeune"].tolist() == [True, False]


def test_sales_of_a_micro_enterprise_count_once() -> None:
    seller = household(person(micro_turnover=1000), housing=Housing.OWNER, rent=0)
    base = amount(seller, "rsa_base_ressources")
    assert base == pytest.approx(500, abs=1)  # services: half of the turnover, once
    assert (
        amount(seller, "rsa_base_ressources", lambda one: one.variable != "rpns_micro_entreprise_benefice") > base + 400
    )


@pytest.mark.parametrize("gross", [400.0, 1801.8, 2500.0])
def test_the_forms_of_a_wage_are_those_that_openfisca_derives(gross: float) -> None:
    columns = batch([household(person(wage=gross * 0.7916))], MONTH) | {"salaire_de_base@recent": np.array([gross])}
    for form in ("salaire_net", "salaire_imposable"):
        derived = compute(
            columns, MONTH, form, "2025-11", lambda one: one.variable not in {"salaire_net", "salaire_imposable"}
        )
        assert columns[f"{form}@recent"][0] == pytest.approx(derived[0], rel=0.002)


def test_an_unmarried_couple_makes_two_tax_units() -> None:
    couple = Household(
        persons=[person(), person(role=Role.PARTNER), person(8, role=Role.CHILD)],
        commune=RURAL,
        housing=Housing.OWNER,
        union="cohabiting",  # type: ignore[arg-type]  # a plain code is accepted as the enum is
    )
    made = batch([couple, household(person())], MONTH)
    assert made["foyer_fiscal.id"].tolist() == [0, 2, 0, 1]
    assert made["foyer_fiscal.role"].tolist() == [
        "declarant_principal", "declarant_principal", "personne_a_charge", "declarant_principal",
    ]  # fmt: skip
    assert len(made["f4be"]) == 3
