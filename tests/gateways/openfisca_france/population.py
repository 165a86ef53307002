"""Random households as the binding knows them: its own facts, so that the signature of production is what is run.

Who they are is drawn by `tests.lawgraph.facts`; here each becomes one family in one dwelling, told by the answers of
`inputs.csv`. Plausible rather than representative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from maillage.gateways.openfisca_france import household
from maillage.gateways.openfisca_france.columns import Facts
from maillage.gateways.openfisca_france.inputs import Kind, Of, questions_of
from tests.lawgraph import facts as drawn_facts
from tests.lawgraph.facts import Columns, quarters
from tests.lawgraph.shapes import SHAPES, Member, Shape

_EARNERS = ("employed", "student", "disabled")
_ONE_FAMILY = {"lone", "pensioner", "pensioners", "student", "unmarried_1", "unmarried_2"}
_YOUNG = Member("young", (0, "demandeur"), (0, "declarant_principal"), (0, "personne_de_reference"))

#: The shapes that are one family in one dwelling, and a young adult, who answers for themselves.
FAMILIES = (
    *(one for one in SHAPES if one.name in _ONE_FAMILY or one.name.startswith(("couple_", "lone_parent_"))),
    Shape("young", 60, (_YOUNG,)),
)

_ACTIVITY = {
    "employed": "employed", "self_employed": "employed", "unemployed": "unemployed", "student": "student",
    "retired": "retired", "disabled": "inactive", "invalid": "inactive", "inactive": "inactive", "child": "student",
}  # fmt: skip
_HOUSING = {
    "locataire_hlm": "social_tenant", "locataire_vide": "private_tenant", "locataire_meuble": "furnished_tenant",
    "proprietaire": "owner", "primo_accedant": "buyer", "loge_gratuitement": "housed_free",
    "locataire_foyer": "hostel", "sans_domicile": "homeless",
}  # fmt: skip
_NATIONALITY = {"FR": "french", "DE": "eea", "PT": "eea", "MA": "other", "DZ": "other", "CH": "swiss", "US": "other"}
_ROLE = {"demandeur": "applicant", "conjoint": "partner", "enfant": "child"}
#: The micro scheme for rents ends at 15,000 € a year for a tax unit of two.
_MOST_RENT = 600


def random_facts(n: int, month: str, seed: int) -> Facts:
    """n households at a month, in columns: what `household.facts_of` would make of as many `Household`."""
    drawn = drawn_facts.draw(n, month, seed, FAMILIES)
    rng = np.random.default_rng(seed + 1)
    household_of = drawn.people.household
    persons, households = _persons(drawn, rng), _households(drawn, rng)
    rows = np.arange(1, n + 1)
    return Facts(
        _as_asked(persons, Of.PERSON),
        _as_asked(households, Of.HOUSEHOLD),
        household_of.astype(np.int64),
        household_of + 1,
        rows,
    )


def random_batch(n: int, month: str, seed: int) -> Columns:
    """The same as the columns of `household.signature(month)`, checked as any file would be."""
    return dict(household.batch_of(random_facts(n, month, seed), month))


def tiled(batch: Columns, times: int) -> Columns:
    """The same households several times over, each copy with groups of its own: no sharing between copies."""
    result: Columns = {}
    for name, values in batch.items():
        copies = np.tile(values, times)
        if name.endswith(".id"):
            copies = copies + np.repeat(np.arange(times) * (int(values.max()) + 1), len(values))
        result[name] = copies
    return result


def _persons(drawn: drawn_facts.Facts, rng: np.random.Generator) -> dict[str, Any]:
    people, fact, size = drawn.people, drawn.person, len(drawn.people)
    last, year = drawn.month - 1, drawn.month // 12
    role = people.groups["famille.role"]
    child, years = role == "enfant", drawn.age_in_months // 12
    wage, benefit = drawn.income(last, *_EARNERS), drawn.income(last, "unemployed")
    independent = drawn.income(last, "self_employed")
    small = fact["micro"]
    young = ~child & (years >= 16) & (years <= 25)

    def chance(share: float) -> np.ndarray:
        return rng.random(size) < share

    def euros(who: np.ndarray, low: float, high: float) -> np.ndarray:
        return np.where(who, quarters(rng.uniform(low, high, size)), 0.0)

    def told(share: float, values: np.ndarray) -> np.ndarray:
        """None for those who answer « the same »."""
        return np.where(chance(share), values, np.nan)

    return {
        "born_on": drawn.birth,
        "role": _named(role, _ROLE),
        "activity": _named(np.where(drawn.changed > drawn.month, drawn.before, drawn.activity), _ACTIVITY),
        "unemployed_since": _unemployed_since(drawn),
        "wage": wage,
        "wage_before": told(0.5, drawn.income(last - 7, *_EARNERS)),
        "wage_n2": told(0.4, quarters(12 * 1.04 * drawn.income((year - 2) * 12 + 6, *_EARNERS))),
        "wage_stopped": (wage > 0) & (~drawn.active(drawn.month, *_EARNERS) | chance(0.03)),
        "unemployment_benefit": benefit,
        "unemployment_benefit_before": told(0.5, drawn.income(last - 7, "unemployed")),
        "unemployment_benefit_n2": told(0.4, 12 * drawn.income((year - 2) * 12 + 6, "unemployed")),
        "solidarity_allowance": fact["ass"],
        "retirement_pension": drawn.income(drawn.month, "retired"),
        "retirement_pension_n2": told(0.4, 12 * drawn.income((year - 2) * 12, "retired")),
        "invalidity_pension": drawn.income(drawn.month, "invalid"),
        "sick_pay": fact["indemnites_journalieres_maladie"],
        "maternity_pay": euros(fact["enceinte"] & chance(0.3), 300, 1500),
        "micro_turnover": np.where(small, np.minimum(2 * independent, 6000), 0.0),
        "micro_activity": rng.choice(["sales", "services", "liberal"], size),
        "self_employed_profit": np.where(small, 0.0, np.round(12 * independent)),
        "scholarship": fact["bourse_criteres_sociaux"],
        "child_support_received": fact["pensions_alimentaires_percues"],
        "child_support_paid": fact["pensions_alimentaires_versees_individu"],
        "disability_rate": np.round(100 * fact["taux_incapacite"]),
        "limited_employment": fact["aah_restriction_substantielle_durable_acces_emploi"],
        "unfit_for_work": fact["inapte_travail"],
        "expecting": fact["enceinte"],
        "alternating_care": fact["garde_alternee"],
        "nationality": _named(fact["nationalite"], _NATIONALITY),
        "residence_years": fact["duree_possession_titre_sejour"],
        "worked_two_years": young & chance(0.1),
        "seeks_support": young & (drawn.activity == "inactive") & chance(0.6),
        "lives_with_parents": (people.kind == "young") & chance(0.5),
        "in_parents_tax_unit": np.isin(people.kind, ("young", "student")) & (years < 25) & chance(0.3),
        "savings": fact["livret_a"],
        "rental_income": euros(~child & chance(0.03), 50, _MOST_RENT),
    }


def _unemployed_since(drawn: drawn_facts.Facts) -> np.ndarray:
    days = (drawn.changed - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    out = (drawn.activity == "unemployed") & (drawn.changed <= drawn.month) & (days > drawn.birth)
    return np.where(out, days, np.datetime64("NaT"))


def _households(drawn: drawn_facts.Facts, rng: np.random.Generator) -> dict[str, Any]:
    people, dwelling, family = drawn.people, drawn.dwelling, drawn.family
    size = people.counts["menage"]
    role = people.groups["famille.role"]
    couple = np.bincount(people.household[role == "conjoint"], minlength=size) > 0
    unions = rng.choice(["married", "civil_union", "cohabiting"], size, p=[0.6, 0.15, 0.25])
    housing = _named(dwelling["statut_occupation_logement"], _HOUSING)
    student = np.bincount(people.household[people.kind == "student"], minlength=size) > 0
    lone_parent = ~couple & (np.bincount(people.household[role == "enfant"], minlength=size) > 0)
    others = rng.choice(["absent", "pays_little", "contributes"], size, p=[0.3, 0.2, 0.5])
    leave = rng.random(size) < 0.02
    return {
        "commune": dwelling["depcom"],
        "housing": np.where(student & (rng.random(size) < 0.3), "student_residence", housing),
        "union": np.where(couple, unions, "single"),
        "rent": dwelling["loyer"],
        "flatshare": np.isin(housing, ("private_tenant", "furnished_tenant")) & (rng.random(size) < 0.05),
        "single_room": dwelling["logement_chambre"],
        "family_landlord": family["proprietaire_proche_famille"],
        "housed_with_costs": dwelling["participation_frais"],
        "other_parent": np.where(lone_parent, others, "contributes"),
        "separated_recently": family["rsa_isolement_recent"],
        "rsa_received": np.where(rng.random(size) < 0.5, family["rsa"], 0.0),
        "parental_leave_pay": np.where(leave, quarters(rng.uniform(100, 430, size)), 0.0),
    }


def _named(values: np.ndarray, names: Mapping[str, str]) -> np.ndarray:
    result = np.empty(len(values), dtype=f"U{max(map(len, names.values()))}")
    for value, name in names.items():
        result[values == value] = name
    return result


def _as_asked(found: Mapping[str, Any], of: Of) -> dict[str, np.ndarray]:
    """Every question answered, in the form in which `Facts` holds it."""
    asked = questions_of(of)
    assert {one.name for one in asked} == set(found)
    return {one.name: _held(found[one.name], one.kind, tuple(one.choices)) for one in asked}


def _held(values: np.ndarray, kind: Kind, choices: Sequence[str]) -> np.ndarray:
    if kind is Kind.CHOICE:
        ranks = np.full(len(values), -1, dtype=np.int64)
        for rank, code in enumerate(choices):
            ranks[values == code] = rank
        return ranks
    if kind is Kind.COMMUNE:
        return values.astype(object)
    return values.astype({Kind.DATE: "datetime64[D]", Kind.YES_NO: np.bool_}.get(kind, np.float64))
