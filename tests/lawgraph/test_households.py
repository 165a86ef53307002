"""The random households are people, and say so in columns that OpenFisca takes."""

from __future__ import annotations

import numpy as np
import pytest
from openfisca_core.indexed_enums import Enum

from tests.lawgraph.facts import COMMUNES, MONTHS_BACK, draw, month_name, month_number
from tests.lawgraph.households import ORDER_DEPENDENT, PAST, SIGNATURES, random_households
from tests.lawgraph.oracle import RIGHTS, build, france, openfisca, split_name
from tests.lawgraph.shapes import SHAPES

HEADS = {"famille": "demandeur", "foyer_fiscal": "declarant_principal", "menage": "personne_de_reference"}
EVERY = (*SIGNATURES, *ORDER_DEPENDENT)
MONTHS = ("2020-01", "2023-05", "2026-12")


@pytest.mark.parametrize("month", MONTHS)
def test_every_person_is_in_one_group_of_each_kind_and_every_group_has_one_head(month: str) -> None:
    batch = random_households(300, month, 3)
    for group, head in HEADS.items():
        ids, roles = batch[f"{group}.id"], batch[f"{group}.role"]
        known = {role.key for role in next(e for e in france().group_entities if e.key == group).flattened_roles}
        assert len(ids) == len(roles) == len(batch["famille.id"])
        assert np.array_equal(np.unique(ids), np.arange(ids.max() + 1))
        assert set(roles.tolist()) <= known
        assert np.array_equal(np.bincount(ids[roles == head], minlength=ids.max() + 1), np.ones(ids.max() + 1))
        assert np.bincount(ids[roles == "conjoint"], minlength=ids.max() + 1).max() == 1


@pytest.mark.parametrize("signature", EVERY)
@pytest.mark.parametrize("month", MONTHS)
def test_every_column_has_the_length_and_the_type_of_its_variable(signature: str, month: str) -> None:
    batch = random_households(40, month, 4, signature=signature)
    sizes = {group: int(batch[f"{group}.id"].max()) + 1 for group in HEADS} | {"individu": len(batch["famille.id"])}
    kinds = {float: "f", int: "i", bool: "b", str: "U", Enum: "U"}
    for column, values in batch.items():
        if "@" in column:
            variable = france().get_variable(split_name(column)[0], check_existence=True)
            assert len(values) == sizes[variable.entity.key], column
            assert values.dtype.kind == kinds.get(variable.value_type, "M"), column
            if variable.value_type is Enum:
                assert set(values.tolist()) <= {item.name for item in variable.possible_values}, column
            if values.dtype.kind == "f":
                assert np.isfinite(values).all(), column
                assert (values >= 0).all(), column


@pytest.mark.parametrize("signature", EVERY)
@pytest.mark.parametrize("month", MONTHS)
def test_openfisca_takes_every_signature(signature: str, month: str) -> None:
    batch = random_households(25, month, 5, signature=signature)
    simulation = build(france(), batch)
    assert simulation.persons.count == len(batch["famille.id"])


def test_the_same_seed_gives_the_same_households_and_another_gives_others() -> None:
    first, again, other = (random_households(50, "2026-01", seed, signature="wide") for seed in (1, 1, 2))
    assert list(first) == list(again)
    assert all(np.array_equal(first[column], again[column]) for column in first)
    assert len(first["famille.id"]) != len(other["famille.id"]) or not np.array_equal(
        first["date_naissance@eternity"], other["date_naissance@eternity"]
    )


def test_the_signatures_tell_the_same_households() -> None:
    minimal, yearly, mixed = (
        random_households(50, "2026-12", 6, signature=signature) for signature in ("minimal", "yearly", "mixed")
    )
    assert np.array_equal(minimal["famille.id"], yearly["famille.id"])
    months = sum(minimal[f"salaire_net@2026-{number:02d}"] for number in range(1, 13))
    assert np.array_equal(months, yearly["salaire_net@2026"])
    assert np.array_equal(mixed["salaire_net@2026-10"], minimal["salaire_net@2026-10"])


def test_parents_are_seventeen_years_older_than_their_children() -> None:
    facts = draw(2000, "2026-01", 7)
    people = facts.people
    child = (people.kind == "child") | (people.kind == "young")
    assert (facts.age_in_months[people.kin[child]] - facts.age_in_months[child] >= 16.9 * 12).all()
    assert (facts.age_in_months[~child] >= 18 * 12).all()
    assert (facts.age_in_months >= 0).all()
    assert facts.birth.max() < np.datetime64("2026-01-01")


def test_ages_in_months_are_those_of_the_dates_of_birth() -> None:
    facts = draw(300, "2024-03", 8)
    batch = {**facts.people.groups, "date_naissance@eternity": facts.birth}
    found = build(france(), batch).calculate("age_en_mois", "2024-03")
    # OpenFisca counts months of 30.44 days: around an anniversary it is a month early or late.
    assert np.abs(facts.age_in_months - found).max() <= 1
    assert (facts.age_in_months == found).mean() > 0.9


def test_the_groups_of_a_household_need_not_coincide() -> None:
    def counts(shape: str) -> list[int]:
        batch = random_households(1, "2026-01", 9, shapes=[shape])
        return [int(batch[f"{group}.id"].max()) + 1 for group in HEADS]

    assert counts("couple_2") == [1, 1, 1]
    assert counts("young_at_home") == [2, 1, 1]
    assert counts("unmarried_2") == [1, 2, 1]
    assert counts("two_families") == [2, 2, 1]
    assert counts("flat_share") == [3, 3, 1]
    assert counts("student_away") == [2, 1, 2]


def test_every_shape_and_situation_of_the_law_is_drawn() -> None:
    facts = draw(3000, "2026-01", 10)
    assert set(facts.people.shape.tolist()) == set(range(len(SHAPES)))
    assert {"employed", "unemployed", "self_employed", "retired", "student", "disabled", "invalid", "inactive"} <= set(
        facts.activity.tolist()
    )
    assert {"proprietaire", "primo_accedant", "locataire_hlm", "locataire_vide", "locataire_foyer"} <= set(
        facts.dwelling["statut_occupation_logement"].tolist()
    )
    for fact in ("garde_alternee", "enceinte", "handicap", "inapte_travail", "habite_chez_parents"):
        assert facts.person[fact].any(), fact
    assert facts.dwelling["coloc"].any()
    assert not facts.person["garde_alternee"][facts.people.kind != "child"].any()


def test_two_who_sign_one_tax_return_have_one_marital_status() -> None:
    facts = draw(500, "2026-01", 11)
    groups = facts.people.groups
    spouse = groups["foyer_fiscal.role"] == "conjoint"
    head = groups["foyer_fiscal.role"] == "declarant_principal"
    foyer, status = groups["foyer_fiscal.id"], facts.person["statut_marital"]
    of_head = dict(zip(foyer[head].tolist(), status[head].tolist(), strict=True))
    assert spouse.any()
    for one, said in zip(foyer[spouse].tolist(), status[spouse].tolist(), strict=True):
        assert of_head[one] == said
        assert said in {"marie", "pacse"}


def test_wages_and_allowances_are_told_in_all_their_forms() -> None:
    batch = random_households(300, "2026-01", 12)
    for base, net, taxable in (
        ("salaire_de_base", "salaire_net", "salaire_imposable"),
        ("chomage_brut", "chomage_net", "chomage_imposable"),
        ("retraite_brute", "retraite_nette", "retraite_imposable"),
    ):
        told = [batch[f"{form}@2025-11"] for form in (net, taxable, base)]
        assert told[0].any()
        assert np.array_equal(told[0] > 0, told[2] > 0)
        assert (told[0] <= told[1]).all()
        assert (told[1] <= told[2]).all()


def test_the_zone_is_that_of_the_commune() -> None:
    batch = random_households(60, "2026-01", 13)
    found = build(france(), batch).calculate("zone_apl", "2026-01").decode_to_str()
    assert found.tolist() == [f"zone_{COMMUNES[code]}" for code in batch["depcom@2026"].tolist()]


def test_past_benefits_are_declared_for_fifteen_months_or_not_at_all() -> None:
    declared, rsa, none = (random_households(20, "2024-02", 14, past=past) for past in (PAST, ("rsa",), ()))
    months = [month_name(month_number("2024-02") - back) for back in range(1, MONTHS_BACK + 1)]
    assert months[0] == "2024-01"
    assert months[-1] == "2022-11"
    for benefit in PAST:
        assert all(f"{benefit}@{month}" in declared for month in months)
        assert all((f"{benefit}@{month}" in rsa) == (benefit == "rsa") for month in months)
    assert not any(column.startswith("rsa@") for column in none)
    assert not any(column.endswith("@2024-02") for column in declared if split_name(column)[0] in PAST)


def test_every_right_has_somebody_who_receives_it_and_somebody_who_does_not() -> None:
    answers = openfisca(france(), random_households(250, "2026-01", 15, signature="wide"), RIGHTS, "2026-01")
    for column, values in answers.items():
        assert (values > 0).any(), column
        assert (values == 0).any(), column
