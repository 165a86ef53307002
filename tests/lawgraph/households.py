"""Random households, plausible rather than representative, as the flat batch that OpenFisca and the compiler read.

`facts` draws what a household is, the same whatever the signature; a signature says which variables tell it, and by
which periods. Amounts are euros, per month unless a year is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from tests.lawgraph.facts import MONTHS_BACK, Columns, Facts, draw, month_name, quarters
from tests.lawgraph.shapes import SHAPES

#: The main income in all the forms that the law reads: a wage told in one form only makes false rights.
_WAGES = {"salaire_de_base": 1.28, "salaire_net": 1.0, "salaire_imposable": 1.04}
_ALLOWANCES = {"chomage_brut": 1.08, "chomage_net": 1.0, "chomage_imposable": 1.03}
_PENSIONS = {"retraite_brute": 1.08, "retraite_nette": 1.0, "retraite_imposable": 1.02}
_EARNERS = ("employed", "student", "disabled")
_ACTIVITE = {"actif": ("employed", "self_employed"), "chomeur": ("unemployed",), "etudiant": ("student",),
             "retraite": ("retired",)}  # fmt: skip

#: Facts that do not change over the months, told by year: (variable, is it an amount that a year divides by 12).
_STANDARD_PERSON = (
    ("taux_incapacite", False),
    ("handicap", False),
    ("aah_restriction_substantielle_durable_acces_emploi", False),
    ("nationalite", False),
    ("duree_possession_titre_sejour", False),
    ("garde_alternee", False),
    ("pensions_alimentaires_percues", True),
)
_WIDE_PERSON = (
    ("inapte_travail", False),
    ("enceinte", False),
    ("statut_marital", False),
    ("habite_chez_parents", False),
    ("pensions_alimentaires_versees_individu", True),
    ("revenus_stage_formation_pro", True),
    ("bourse_criteres_sociaux", True),
    ("livret_a", False),
    ("epargne_revenus_non_imposables", False),
    ("valeur_patrimoine_loue", False),
)
_DWELLING = (
    ("statut_occupation_logement", False),
    ("loyer", True),
    ("charges_locatives", True),
    ("coloc", False),
    ("logement_chambre", False),
)


@dataclass
class _Batch:
    """A batch being written from facts."""

    facts: Facts
    columns: Columns = field(default_factory=dict)

    @property
    def year(self) -> int:
        return self.facts.month // 12

    def put(self, variable: str, period: str, values: np.ndarray) -> None:
        narrow = {"f": np.float32, "i": np.int32}.get(values.dtype.kind)
        self.columns[f"{variable}@{period}"] = values if narrow is None else values.astype(narrow)

    def main_incomes(self, say: Callable[[str, float, tuple[str, ...]], None], *, gross: bool = True) -> None:
        """Says each form of each main income: variable, ratio to the net, activities that have it."""
        for variables, activities in ((_WAGES, _EARNERS), (_ALLOWANCES, ("unemployed",)), (_PENSIONS, ("retired",))):
            for variable, ratio in variables.items():
                if gross or variable != "chomage_brut":
                    say(variable, ratio, activities)
        say("pensions_invalidite", 1.0, ("invalid",))

    def by_month(self, months: Iterable[int]) -> Callable[[str, float, tuple[str, ...]], None]:
        def say(variable: str, ratio: float, activities: tuple[str, ...]) -> None:
            for month in months:
                self.put(variable, month_name(month), quarters(self.facts.income(month, *activities) * ratio))

        return say

    def by_year(self, years: Iterable[int]) -> Callable[[str, float, tuple[str, ...]], None]:
        def say(variable: str, ratio: float, activities: tuple[str, ...]) -> None:
            for year in years:
                months = range(year * 12, year * 12 + 12)
                total = sum(quarters(self.facts.income(month, *activities) * ratio) for month in months)
                self.put(variable, str(year), np.asarray(total))

        return say

    def activite(self, months: Iterable[int]) -> None:
        for month in months:
            conditions = [self.facts.active(month, *activities) for activities in _ACTIVITE.values()]
            self.put("activite", month_name(month), np.select(conditions, list(_ACTIVITE), "inactif"))

    def constants(self, of: Columns, variables: Iterable[tuple[str, bool]], years: Iterable[int]) -> None:
        for variable, amount in variables:
            for year in years:
                self.put(variable, str(year), of[variable] * 12 if amount else of[variable])

    def self_employed(self, years: Iterable[int], *, micro: bool) -> None:
        """Last year's profits. With `micro`, half of them are told by the turnover of a micro-enterprise instead."""
        small = self.facts.person["micro"] & micro
        for year in years:
            profit = 12 * self.facts.income(year * 12, "self_employed")
            self.put("rpns_autres_revenus", str(year), np.where(small, 0.0, profit))
            self.put("rpns_imposables", str(year), profit)
            if micro:
                self.put("rpns_auto_entrepreneur_CA_bic", str(year), np.where(small, 2 * profit, 0.0))

    def reference_months(self, months: Iterable[int]) -> None:
        """Since March 2025 resources are looked at from M-4 to M-2 everywhere; OpenFisca has to be told."""
        everywhere = np.ones(self.facts.people.counts["famille"], dtype=bool)
        for month in months:
            if month >= 2025 * 12 + 2:
                self.put("departement_experimentation_rsa", month_name(month), everywhere)


def _window(facts: Facts) -> range:
    """The months studied: back to the January before M-15, so that a year is told either by months or whole."""
    return range((facts.month - MONTHS_BACK) // 12 * 12, facts.month + 1)


def _minimal(batch: _Batch) -> None:
    facts = batch.facts
    months = range(facts.month - MONTHS_BACK, facts.month + 1)
    batch.put("date_naissance", "eternity", facts.birth)
    for variable, ratio in _WAGES.items():
        batch.by_month(months)(variable, ratio, _EARNERS)
    batch.activite(months)
    for variable in ("statut_occupation_logement", "loyer", "depcom"):
        for month in months:
            batch.put(variable, month_name(month), facts.dwelling[variable])


def _standard(batch: _Batch) -> None:
    facts = batch.facts
    months = _window(facts)
    years = range(months[0] // 12, batch.year + 1)
    batch.put("date_naissance", "eternity", facts.birth)
    batch.main_incomes(batch.by_month(months))
    batch.main_incomes(batch.by_year(range(batch.year - 4, years[0])))
    batch.activite(months)
    batch.self_employed(range(batch.year - 4, batch.year + 1), micro=False)
    batch.constants(facts.person, _STANDARD_PERSON, years)
    batch.constants(facts.dwelling, (*_DWELLING, ("depcom", False)), years)
    batch.reference_months(months)


def _wide(batch: _Batch) -> None:
    facts = batch.facts
    _standard(batch)
    years = range(_window(facts)[0] // 12, batch.year + 1)
    batch.self_employed(range(batch.year - 4, batch.year + 1), micro=True)
    batch.constants(facts.person, _WIDE_PERSON, years)
    batch.constants(facts.dwelling, (("participation_frais", False),), years)
    batch.constants(facts.family, (("proprietaire_proche_famille", False), ("rsa_isolement_recent", False)), years)
    batch.put("aide_logement_date_pret", "eternity", facts.dwelling["aide_logement_date_pret"])
    for month in range(facts.month - 6, facts.month + 1):
        sick = facts.person["indemnites_journalieres_maladie"]
        batch.put("indemnites_journalieres_maladie", month_name(month), sick)


def _intermediate(batch: _Batch) -> None:
    facts = batch.facts
    months = range(facts.month - MONTHS_BACK, facts.month + 1)
    years = range(months[0] // 12, batch.year + 1)
    now = month_name(facts.month)
    batch.put("date_naissance", "eternity", facts.birth)
    batch.main_incomes(batch.by_month(months), gross=False)
    batch.constants(facts.person, (*_STANDARD_PERSON, ("statut_marital", False), ("etudiant", False)), years)
    batch.constants(facts.dwelling, (*_DWELLING, ("zone_apl", False)), years)
    batch.reference_months(months)
    two_years_ago = str(batch.year - 2)
    income, shares = _tax_units(facts)
    batch.put("rfr", two_years_ago, income)
    batch.put("nbptr", two_years_ago, shares)
    batch.put("aide_logement_base_ressources", now, _family_income(facts))
    batch.put("prestations_familiales_base_ressources", now, _family_income(facts))
    for month in range(facts.month - 3, facts.month):
        batch.put("aide_logement", month_name(month), facts.family["aide_logement"])


def _tax_units(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """A reference income and its shares, by tax unit, as the tax notice of two years ago would give them."""
    people = facts.people
    foyer, role = people.groups["foyer_fiscal.id"], people.groups["foyer_fiscal.role"]
    size = people.counts["foyer_fiscal"]
    income = np.bincount(
        foyer, weights=12 * facts.income(facts.month - 24, *_EARNERS, "unemployed", "retired"), minlength=size
    )
    shares = np.bincount(foyer, weights=np.where(role == "personne_a_charge", 0.5, 1.0), minlength=size)
    return np.round(income * 0.9), shares


def _family_income(facts: Facts) -> np.ndarray:
    people = facts.people
    earned = 12 * facts.income(facts.month - 12, *_EARNERS, "unemployed", "retired", "invalid", "self_employed")
    return np.round(0.9 * np.bincount(people.groups["famille.id"], weights=earned, minlength=people.counts["famille"]))


def _yearly(batch: _Batch) -> None:
    facts = batch.facts
    years = range(batch.year - 4, batch.year + 1)
    batch.put("date_naissance", "eternity", facts.birth)
    batch.main_incomes(batch.by_year(years))
    batch.self_employed(years, micro=False)
    batch.constants(facts.person, (*_STANDARD_PERSON, ("etudiant", False)), years)
    batch.constants(facts.dwelling, (*_DWELLING, ("depcom", False)), years)
    batch.reference_months(range(facts.month - MONTHS_BACK, facts.month + 1))


def _mixed(batch: _Batch) -> None:
    """Years, and the last four months on their own: what is left of a year is spread over its other months."""
    _yearly(batch)
    recent = range(batch.facts.month - 3, batch.facts.month + 1)
    batch.main_incomes(batch.by_month(recent))
    batch.activite(recent)


def _by_age(batch: _Batch) -> None:
    _minimal(batch)
    del batch.columns["date_naissance@eternity"]
    batch.put("age", month_name(batch.facts.month), batch.facts.age_in_months // 12)


def _by_age_in_months(batch: _Batch) -> None:
    _intermediate(batch)
    del batch.columns["date_naissance@eternity"]
    batch.put("age_en_mois", month_name(batch.facts.month), batch.facts.age_in_months)


_WRITERS: dict[str, Callable[[_Batch], None]] = {
    "minimal": _minimal,
    "standard": _standard,
    "wide": _wide,
    "intermediate": _intermediate,
    "yearly": _yearly,
    "mixed": _mixed,
    "by_age": _by_age,
    "by_age_in_months": _by_age_in_months,
}
#: Ages without a date of birth. OpenFisca deduces an age from whichever it computed last, and takes everybody to be
#: born in 1970 once any formula has read the missing date: the answers depend on the order of the questions, so these
#: signatures are drawn only when asked for by name.
ORDER_DEPENDENT = ("by_age", "by_age_in_months")
SIGNATURES = tuple(name for name in _WRITERS if name not in ORDER_DEPENDENT)


#: The benefits that the law looks back at in loops. Declared from M-1 to M-15, with the incomes of every year looked
#: at, they leave OpenFisca no loop to cut; the RSA alone leaves those of the disability benefits.
PAST = ("rsa", "aah", "asi", "ass", "caah")


def random_households(
    n: int,
    month: str,
    seed: int,
    *,
    signature: str = "standard",
    past: Iterable[str] = PAST,
    shapes: Iterable[str] | None = None,
) -> Columns:
    """n random households at a month ("2020-01" to "2026-12") as a flat batch.

    `signature`: how they are told (one of SIGNATURES). `past`: the benefits (of PAST) whose amounts of M-1 to M-15 are
    declared, none with (). `shapes`: names of the compositions to draw from, all of them unless told. The same
    arguments give the same batch.
    """
    wanted = None if shapes is None else set(shapes)
    drawn = draw(n, month, seed, tuple(shape for shape in SHAPES if wanted is None or shape.name in wanted))
    batch = _Batch(drawn, dict(drawn.people.groups))
    _WRITERS[signature](batch)
    for benefit in past:
        of, since = _past(drawn, benefit)
        for back in range(1, MONTHS_BACK + 1):
            batch.put(benefit, month_name(drawn.month - back), np.where(since >= back, of[benefit], 0.0))
    return batch.columns


def _past(facts: Facts, benefit: str) -> tuple[Columns, np.ndarray]:
    """Where the amount of a benefit is, and since how many months it has been received."""
    since = facts.family["since"]
    if benefit in facts.family:
        return facts.family, since
    return facts.person, since[facts.people.groups["famille.id"]]
