"""Which variables of OpenFisca each fact gives, and for which months: the signature, the same for every household.

A program is compiled for one signature, so every household gives every column; a fact that does not concern it is 0,
no, or OpenFisca's own default. Months that share a figure share a column: the compiler then knows that they are equal.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from maillage.gateways.openfisca_france.timeline import SOLIDARITY_FROM, Span, Timeline

ETERNITY = "eternity"
LARGEST = 1e7


class Given(NamedTuple):
    """One variable known for one period, and the column of the batch that holds it, with the values it may take."""

    variable: str
    period: str
    column: str
    low: float = 0.0
    high: float = LARGEST


# A figure for each span: now, the recent months, the months before, the years before.
_FLOWS = ("salaire_net", "salaire_imposable", "salaire_de_base", "chomage_net", "chomage_imposable")
_SALE_FLOWS = (
    "rpns_auto_entrepreneur_CA_achat_revente",
    "rpns_auto_entrepreneur_CA_bic",
    "rpns_auto_entrepreneur_CA_bnc",
)

# One figure for every month since last year, another for the years before.
_PENSIONS = ("retraite_brute", "retraite_nette", "retraite_imposable")

# The recent months and now; nothing is said of the months before.
_RECENT_ONLY = ("indemnites_journalieres_maladie", "indemnites_journalieres_maternite", "enceinte")

# One figure for every month.
_CONSTANT = (
    "ass", "pensions_invalidite", "pensions_alimentaires_percues", "pensions_alimentaires_versees_individu",
    "bourse_enseignement_sup", "boursier", "livret_a", *_SALE_FLOWS,
    "activite", "statut_marital", "garde_alternee", "handicap", "invalidite", "taux_incapacite", "inapte_travail",
    "aah_restriction_substantielle_durable_acces_emploi", "nationalite", "ressortissant_eee",
    "duree_possession_titre_sejour", "rsa_jeune_condition_heures_travail_remplie", "habite_chez_parents",
    "asf_elig", "rsa_isolement_recent", "paje_prepare", "proprietaire_proche_famille",
    "loyer", "statut_occupation_logement", "zone_apl", "coloc", "logement_chambre", "logement_crous",
    "participation_frais",
)  # fmt: skip

# One figure for every year.
_YEARLY = ("mbic_impv", "mbic_imps", "mbnc_impo", "rpns_micro_entreprise_benefice", "abic_impn", "f4be", "f6gu")

_ETERNAL = ("date_naissance", "date_debut_chomage")

_FRACTIONS = frozenset({"taux_incapacite"})
_YES_NO = frozenset(
    {
        "boursier", "garde_alternee", "handicap", "invalidite", "inapte_travail", "enceinte",
        "aah_restriction_substantielle_durable_acces_emploi", "ressortissant_eee",
        "rsa_jeune_condition_heures_travail_remplie", "habite_chez_parents", "asf_elig", "rsa_isolement_recent",
        "proprietaire_proche_famille", "coloc", "logement_chambre", "logement_crous", "participation_frais",
    }
)  # fmt: skip

PAST_RSA = "rsa@past"
SOLIDARITY = "departement_experimentation_rsa@since"


@lru_cache(maxsize=24)
def signature(month: str) -> tuple[Given, ...]:
    """Everything known, for the answers of one month: fixed, whatever the households. Raises MonthRefused."""
    line = Timeline(month)
    found: list[Given] = []
    for variable in _FLOWS:
        found += [_given(variable, one, f"{variable}@{span}") for span in Span for one in line.months(span)]
    for variable in _PENSIONS:
        found += [_given(variable, one, f"{variable}@since") for one in line.all_months() if one >= line.years()[-2]]
        found += [_given(variable, one, f"{variable}@{Span.YEAR_N2}") for one in line.months(Span.YEAR_N2)]
    for variable in _RECENT_ONLY:
        spans = (Span.RECENT, Span.NOW)
        found += [_given(variable, one, f"{variable}@{Span.RECENT}") for span in spans for one in line.months(span)]
    for variable in _CONSTANT:
        found += [_given(variable, one, variable) for one in line.all_months()]
    for variable in _YEARLY:
        found += [_given(variable, one, variable) for one in line.years()]
    found += [_given(variable, ETERNITY, variable) for variable in _ETERNAL]
    found += [_given("rsa", one, PAST_RSA) for one in line.past_months()]
    since = [one for one in line.all_months() if one >= SOLIDARITY_FROM]
    found += [Given("departement_experimentation_rsa", one, SOLIDARITY, 1, 1) for one in since]
    return tuple(found)


def _given(variable: str, period: str, column: str) -> Given:
    return Given(variable, period, column, 0, 1 if variable in _YES_NO or variable in _FRACTIONS else LARGEST)
