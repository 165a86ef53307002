"""The oracle is OpenFisca and nothing else: same answers as its own builder, however the batch is cut or ordered."""

from __future__ import annotations

import numpy as np
import pytest
from openfisca_core.simulations import SimulationBuilder

from tests.lawgraph.households import random_households
from tests.lawgraph.oracle import (
    RIGHTS,
    Columns,
    components,
    france,
    loops,
    openfisca,
    openfisca_warnings_aside,
    output_period,
    split_name,
    spread,
)

MONTH = "2026-01"
PAST_MONTHS = ("2025-10", "2025-11", "2025-12")


def _family() -> dict[str, object]:
    """A couple with two children and the mother's father at home, as one writes it for OpenFisca."""
    wages = dict.fromkeys(PAST_MONTHS, 700) | {"2024": 9000}
    return {
        "individus": {
            "ana": {
                "date_naissance": {"ETERNITY": "1990-04-12"},
                "salaire_de_base": {month: 1.28 * wage for month, wage in wages.items()},
                "salaire_net": wages,
                "salaire_imposable": {month: 1.04 * wage for month, wage in wages.items()},
                "activite": {"2025": "actif", "2026": "actif"},
            },
            "ben": {"date_naissance": {"ETERNITY": "1988-01-30"}, "taux_incapacite": {"2025": 0.8, "2026": 0.8}},
            "cleo": {"date_naissance": {"ETERNITY": "2014-09-01"}, "garde_alternee": {"2025": True, "2026": True}},
            "dan": {"date_naissance": {"ETERNITY": "2025-02-15"}},
            "elie": {"date_naissance": {"ETERNITY": "1955-06-06"}},
        },
        "familles": {
            "one": {"parents": ["ana", "ben"], "enfants": ["cleo", "dan"], "rsa": {"2025-12": 312.5}},
            "two": {"parents": ["elie"]},
        },
        "foyers_fiscaux": {
            "one": {"declarants": ["ana", "ben"], "personnes_a_charge": ["cleo", "dan"]},
            "two": {"declarants": ["elie"]},
        },
        "menages": {
            "home": {
                "personne_de_reference": ["ana"],
                "conjoint": ["ben"],
                "enfants": ["cleo", "dan"],
                "autres": ["elie"],
                "loyer": {"2025": 7200, "2026": 7200},
                "statut_occupation_logement": {"2025": "locataire_vide", "2026": "locataire_vide"},
                "depcom": {"2025": "49007", "2026": "49007"},
            }
        },
    }


def _same_family_as_a_batch() -> Columns:
    def wages(ratio: float, amount: float) -> np.ndarray:
        return np.array([ratio * amount, 0, 0, 0, 0], dtype=np.float32)

    batch: Columns = {
        "famille.id": np.array([0, 0, 0, 0, 1]),
        "famille.role": np.array(["demandeur", "conjoint", "enfant", "enfant", "demandeur"]),
        "foyer_fiscal.id": np.array([0, 0, 0, 0, 1]),
        "foyer_fiscal.role": np.array(
            ["declarant_principal", "conjoint", "personne_a_charge", "personne_a_charge", "declarant_principal"]
        ),
        "menage.id": np.zeros(5, dtype=int),
        "menage.role": np.array(["personne_de_reference", "conjoint", "enfant", "enfant", "autre"]),
        "date_naissance@eternity": np.array(
            ["1990-04-12", "1988-01-30", "2014-09-01", "2025-02-15", "1955-06-06"], dtype="datetime64[D]"
        ),
        "rsa@2025-12": np.array([312.5, 0], dtype=np.float32),
    }
    for variable, ratio in {"salaire_de_base": 1.28, "salaire_net": 1.0, "salaire_imposable": 1.04}.items():
        for month in PAST_MONTHS:
            batch[f"{variable}@{month}"] = wages(ratio, 700)
        batch[f"{variable}@2024"] = wages(ratio, 9000)
    for year in ("2025", "2026"):
        batch[f"activite@{year}"] = np.array(["actif", "inactif", "inactif", "inactif", "inactif"])
        batch[f"taux_incapacite@{year}"] = np.array([0, 0.8, 0, 0, 0], dtype=np.float32)
        batch[f"garde_alternee@{year}"] = np.array([False, False, True, False, False])
        batch[f"loyer@{year}"] = np.array([7200], dtype=np.float32)
        batch[f"statut_occupation_logement@{year}"] = np.array(["locataire_vide"])
        batch[f"depcom@{year}"] = np.array(["49007"])
    return batch


def test_a_batch_answers_as_the_dict_that_openfisca_builds_from() -> None:
    with openfisca_warnings_aside():
        simulation = SimulationBuilder().build_from_dict(france(), _family())
        expected = {
            f"{name}@{at}": simulation.calculate(name, at)
            for name in RIGHTS
            for at in [output_period(france().get_variable(name), MONTH)]
        }
    answers = openfisca(france(), _same_family_as_a_batch(), RIGHTS, MONTH)
    assert list(answers) == list(expected)
    for column, values in expected.items():
        assert np.array_equal(answers[column], values), column
    assert sum(bool((values > 0).any()) for values in answers.values()) >= 7


def _shuffled(batch: Columns, order: np.ndarray) -> Columns:
    """The same persons in another order; groups keep theirs."""
    people = len(order)
    per_person = {
        column for column, values in batch.items()
        if "@" not in column or france().get_variable(split_name(column)[0]).entity.is_person
    }  # fmt: skip
    assert all(len(batch[column]) == people for column in per_person)
    return {column: values[order] if column in per_person else values for column, values in batch.items()}


def test_a_batch_cut_in_chunks_of_any_order_answers_as_a_whole() -> None:
    outputs = ("rsa", "aah", "cheque_energie", "zone_apl", "ir_tranche")
    batch = random_households(60, MONTH, 1)
    order = np.random.default_rng(2).permutation(len(batch["famille.id"]))
    whole = openfisca(france(), batch, outputs, MONTH, chunk=None)
    cut = openfisca(france(), batch, outputs, MONTH, chunk=25)
    shuffled = openfisca(france(), _shuffled(batch, order), outputs, MONTH, chunk=25)
    assert list(whole) == ["rsa@2026-01", "aah@2026-01", "cheque_energie@2026", "zone_apl@2026-01", "ir_tranche@2026"]
    for column, values in whole.items():
        assert values.dtype == cut[column].dtype
        assert np.array_equal(values, cut[column]), column
        in_order = values[order] if column.startswith("aah") else values
        assert np.array_equal(in_order, shuffled[column]), column


def test_a_fresh_simulation_per_output_does_not_depend_on_the_order_of_the_questions() -> None:
    batch = random_households(60, MONTH, 1, signature="by_age")
    asked, column = ["contrat_engagement_jeune", "ars"], "ars@2026"
    alone = openfisca(france(), batch, ["ars"], MONTH)[column]
    fresh = openfisca(france(), batch, asked, MONTH, fresh_per_output=True)[column]
    shared = openfisca(france(), batch, asked, MONTH)[column]
    assert np.array_equal(alone, fresh)
    assert not np.array_equal(alone, shared)


def test_declaring_past_benefits_leaves_openfisca_no_loop_to_cut() -> None:
    asked = ("aide_logement", "rsa", "css_participation_forfaitaire")
    assert not loops(france(), random_households(20, MONTH, 3), asked, MONTH)
    found = loops(france(), random_households(20, MONTH, 3, past=("rsa",)), asked, MONTH)
    assert all(names[0] == names[-1] for names in found)
    assert "aah" in {names[0] for names in found}
    assert "rsa" in {names[0] for names in loops(france(), random_households(20, MONTH, 3, past=()), asked, MONTH)}


def test_inputs_are_spread_by_the_rule_of_their_variable() -> None:
    batch: Columns = {
        "famille.id": np.array([0]),
        "famille.role": np.array(["demandeur"]),
        "foyer_fiscal.id": np.array([0]),
        "foyer_fiscal.role": np.array(["declarant_principal"]),
        "menage.id": np.array([0]),
        "menage.role": np.array(["personne_de_reference"]),
        "salaire_net@2025": np.array([1200], dtype=np.float32),
        "salaire_net@2025-12": np.array([650], dtype=np.float32),
        "activite@2025": np.array(["etudiant"]),
        "rfr@2024": np.array([9000], dtype=np.float32),
        "date_naissance@eternity": np.array(["2004-02-29"], dtype="datetime64[D]"),
    }
    months = spread(france(), batch)
    assert months["salaire_net@2025-12"].tolist() == [650]
    assert months["salaire_net@2025-01"].tolist() == [50]
    assert months["activite@2025-07"].tolist() == ["etudiant"]
    assert months["rfr@2024"].tolist() == [9000]
    assert months["date_naissance@eternity"].tolist() == batch["date_naissance@eternity"].tolist()
    assert len(months) == 6 + 12 + 12 + 1 + 1


def test_a_household_is_whoever_is_linked_by_a_chain_of_groups() -> None:
    families, dwellings = np.array([0, 1, 1, 2, 3]), np.array([0, 0, 1, 2, 1])
    assert components([families, dwellings]).tolist() == [0, 0, 0, 1, 0]


def test_an_unknown_role_is_refused() -> None:
    batch = _same_family_as_a_batch()
    batch["menage.role"] = np.array(["personne_de_reference", "conjoint", "enfant", "enfant", "cousin"])
    with pytest.raises(ValueError, match=r"menage: unknown roles .*cousin"):
        openfisca(france(), batch, ["af"], MONTH)


def test_a_group_without_members_is_not_cut_away_in_silence() -> None:
    batch = _same_family_as_a_batch()
    batch["famille.id"] = np.array([0, 0, 0, 0, 2])
    batch["menage.id"] = np.array([0, 0, 0, 0, 1])
    left_out = ("rsa", "loyer", "statut", "depcom")
    batch = {column: values for column, values in batch.items() if not column.startswith(left_out)}
    with pytest.raises(ValueError, match="famille: a group has no member"):
        openfisca(france(), batch, ["af"], MONTH, chunk=1)
