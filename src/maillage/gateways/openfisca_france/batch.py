"""From checked facts to the columns of a signature: every figure in the forms and for the months that the law reads."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from maillage.gateways.openfisca_france import zones
from maillage.gateways.openfisca_france.columns import Array, Facts
from maillage.gateways.openfisca_france.layout import PAST_RSA, SOLIDARITY, signature
from maillage.gateways.openfisca_france.timeline import Span

Batch = dict[str, Array]

NEVER = np.datetime64("9999-12-31")
"""OpenFisca's own default for a date that does not exist."""

_OF_PERSON = {
    "famille": {"applicant": "demandeur", "partner": "conjoint", "child": "enfant"},
    "foyer_fiscal": {"applicant": "declarant_principal", "partner": "conjoint", "child": "personne_a_charge"},
    "menage": {"applicant": "personne_de_reference", "partner": "conjoint", "child": "enfant"},
}
_HOUSING = {
    "social_tenant": "locataire_hlm",
    "private_tenant": "locataire_vide",
    "furnished_tenant": "locataire_meuble",
    "hostel": "locataire_foyer",
    "student_residence": "locataire_foyer",
    "owner": "proprietaire",
    "buyer": "primo_accedant",
    "housed_free": "loge_gratuitement",
    "homeless": "sans_domicile",
}
_ACTIVITY = {
    "employed": "actif",
    "unemployed": "chomeur",
    "student": "etudiant",
    "retired": "retraite",
    "inactive": "inactif",
}
# The law looks at three groups of countries: one code stands for each (XX names no country).
_NATIONALITY = {"french": "FR", "eea": "BE", "swiss": "CH", "other": "XX"}
_IN_EEA = {"french": True, "eea": True, "swiss": False, "other": False}
_UNION = {"single": "celibataire", "married": "marie", "civil_union": "pacse", "cohabiting": "celibataire"}


@cache
def conversions() -> dict[str, float]:
    """The factors between the net wage that people know and the forms that the law reads (conversions.csv)."""
    text = files(__package__).joinpath("conversions.csv").read_text(encoding="utf-8")
    return {row["name"]: float(row["value"]) for row in csv.DictReader(text.splitlines())}


def build(facts: Facts, month: str, earlier: zones.Earlier | None = None) -> Batch:
    """The batch of checked `facts`: structure of the groups, and one array per column of `signature(month)`.

    Groups: families and dwellings are numbered as the households; tax units are more, one per unmarried partner.
    """
    found: Batch = {}
    tax_units = _structure(facts, found)
    _incomes(facts, found)
    _self_employment(facts, found)
    _situations(facts, found)
    _family(facts, found)
    _dwelling(facts, found, earlier)
    _taxes(facts, found, tax_units)
    columns = {given.column for given in signature(month)}
    return {name: values for name, values in found.items() if name in columns or name.endswith((".id", ".role"))}


def _structure(facts: Facts, found: Batch) -> npt.NDArray[np.int64]:
    for group, roles in _OF_PERSON.items():
        found[f"{group}.id"] = facts.household_of
        found[f"{group}.role"] = facts.coded("role", roles)
    apart = facts.person_is("role", "partner") & facts.household_is("union", "cohabiting")[facts.household_of]
    ids = facts.household_of.copy()
    ids[apart] = facts.count + np.arange(int(apart.sum()))
    in_unit = found["foyer_fiscal.role"].astype("U19")
    in_unit[apart] = "declarant_principal"
    found["foyer_fiscal.id"], found["foyer_fiscal.role"] = ids, in_unit
    return ids


def _incomes(facts: Facts, found: Batch) -> None:
    one, rate = facts.persons, conversions()
    wage = one["wage"]
    before = _or(one["wage_before"], wage)
    taxable, gross = rate["net_to_taxable_wage"], rate["net_to_gross_wage"]
    n2 = _or(one["wage_n2"], 12 * before * taxable) / (12 * taxable)
    spans = {
        Span.NOW: np.where(one["wage_stopped"], 0.0, wage),
        Span.RECENT: wage,
        Span.BEFORE: before,
        Span.YEAR_N2: n2,
    }
    benefit = one["unemployment_benefit"]
    benefit_before = _or(one["unemployment_benefit_before"], benefit)
    benefit_n2 = _or(one["unemployment_benefit_n2"], 12 * benefit_before) / 12
    benefits = {Span.NOW: benefit, Span.RECENT: benefit, Span.BEFORE: benefit_before, Span.YEAR_N2: benefit_n2}
    for span in Span:
        for variable, factor in (("salaire_net", 1.0), ("salaire_imposable", taxable), ("salaire_de_base", gross)):
            found[f"{variable}@{span}"] = _amount(spans[span] * factor)
        # Small benefits bear no CSG: net and taxable are then one amount.
        for variable in ("chomage_net", "chomage_imposable"):
            found[f"{variable}@{span}"] = _amount(benefits[span])
    pension = one["retirement_pension"]
    pension_n2 = _or(one["retirement_pension_n2"], 12 * pension) / 12
    for variable in ("retraite_brute", "retraite_nette", "retraite_imposable"):  # likewise for small pensions
        found[f"{variable}@since"] = _amount(pension)
        found[f"{variable}@{Span.YEAR_N2}"] = _amount(pension_n2)
    for name, variable in (
        ("solidarity_allowance", "ass"),
        ("invalidity_pension", "pensions_invalidite"),
        ("child_support_received", "pensions_alimentaires_percues"),
        ("child_support_paid", "pensions_alimentaires_versees_individu"),
        ("scholarship", "bourse_enseignement_sup"),
        ("savings", "livret_a"),
        ("sick_pay", f"indemnites_journalieres_maladie@{Span.RECENT}"),
        ("maternity_pay", f"indemnites_journalieres_maternite@{Span.RECENT}"),
    ):
        found[variable] = _amount(one[name])
    found["boursier"] = one["scholarship"] > 0


def _self_employment(facts: Facts, found: Batch) -> None:
    """A micro-enterprise counts by its monthly sales for benefits and by its yearly sales for taxes, never twice."""
    sales = facts.persons["micro_turnover"]
    for code, monthly, yearly in (
        ("sales", "rpns_auto_entrepreneur_CA_achat_revente", "mbic_impv"),
        ("services", "rpns_auto_entrepreneur_CA_bic", "mbic_imps"),
        ("liberal", "rpns_auto_entrepreneur_CA_bnc", "mbnc_impo"),
    ):
        of_kind = np.where(facts.person_is("micro_activity", code), sales, 0.0)
        found[monthly] = _amount(of_kind)
        found[yearly] = _whole(12 * of_kind)
    found["rpns_micro_entreprise_benefice"] = np.zeros(len(sales), np.float32)
    found["abic_impn"] = _whole(facts.persons["self_employed_profit"])


def _situations(facts: Facts, found: Batch) -> None:
    one = facts.persons
    found["date_naissance"] = one["born_on"]
    since = one["unemployed_since"]
    found["date_debut_chomage"] = np.where(np.isnat(since), NEVER, since)
    found["activite"] = facts.coded("activity", _ACTIVITY)
    found["nationalite"] = facts.coded("nationality", _NATIONALITY)
    found["ressortissant_eee"] = facts.coded("nationality", _IN_EEA)
    found["duree_possession_titre_sejour"] = _amount(one["residence_years"])
    rate = one["disability_rate"]
    found["taux_incapacite"] = _amount(rate / 100)
    found["handicap"], found["invalidite"] = rate >= 50, rate >= 80
    found["aah_restriction_substantielle_durable_acces_emploi"] = one["limited_employment"]
    found["inapte_travail"] = one["unfit_for_work"]
    found[f"enceinte@{Span.RECENT}"] = one["expecting"]
    found["garde_alternee"] = one["alternating_care"]
    found["rsa_jeune_condition_heures_travail_remplie"] = one["worked_two_years"]
    # A young adult of the parents' tax unit is no more independent than one who lives with them (health cover).
    found["habite_chez_parents"] = one["lives_with_parents"] | one["in_parents_tax_unit"]
    union = facts.coded("union", _UNION)[facts.household_of]
    found["statut_marital"] = np.where(facts.person_is("role", "child"), "celibataire", union)


def _family(facts: Facts, found: Batch) -> None:
    one = facts.households
    alone = facts.household_is("union", "single")
    found["asf_elig"] = alone & ~facts.household_is("other_parent", "contributes")
    found["rsa_isolement_recent"] = alone & one["separated_recently"]
    found["paje_prepare"] = _amount(one["parental_leave_pay"])
    found["proprietaire_proche_famille"] = one["family_landlord"]
    found[PAST_RSA] = _amount(one["rsa_received"])
    found[SOLIDARITY] = np.ones(facts.count, bool)


def _dwelling(facts: Facts, found: Batch, earlier: zones.Earlier | None) -> None:
    one = facts.households
    found["loyer"] = _amount(one["rent"])
    found["statut_occupation_logement"] = facts.coded("housing", _HOUSING)
    found["zone_apl"], _ = zones.zones_of(list(one["commune"]), earlier)
    found["coloc"] = one["flatshare"]
    found["logement_chambre"] = one["single_room"]
    found["logement_crous"] = facts.household_is("housing", "student_residence")
    found["participation_frais"] = one["housed_with_costs"]


def _taxes(facts: Facts, found: Batch, tax_units: npt.NDArray[np.int64]) -> None:
    """What the tax form asks of the unit and not of a person: rents received, child support deducted."""
    count = int(tax_units.max(initial=-1)) + 1
    for name, variable in (("rental_income", "f4be"), ("child_support_paid", "f6gu")):
        found[variable] = _whole(12 * np.bincount(tax_units, facts.persons[name], minlength=count))


def _or(values: Array, instead: Array) -> Array:
    return np.where(np.isnan(values), instead, values)


def _amount(values: Array) -> npt.NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _whole(values: Array) -> npt.NDArray[np.int32]:
    """Euros without cents, as the tax form asks."""
    return np.asarray(np.rint(values), dtype=np.int32)
