"""What random households are: ages, activities, incomes, dwelling, drawn whatever the variables that will tell it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.lawgraph.shapes import SHAPES, People, Shape, draw_people

Columns = dict[str, np.ndarray]

#: How far back the law looks month by month, and how far a declared past RSA goes.
MONTHS_BACK = 15

#: Real communes and their zone (1, 2, 3): metropolitan only, the overseas rules being other law.
COMMUNES = {
    "75056": 1, "93066": 1, "77001": 1, "44109": 2, "49007": 2, "35238": 2, "13055": 2, "72181": 2, "67482": 2,
    "44036": 3, "53130": 3, "85191": 3, "72071": 3, "48095": 3, "23096": 3,
}  # fmt: skip


def month_number(month: str) -> int:
    """Months since year 0, so that they can be counted."""
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1


def month_name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def quarters(euros: np.ndarray) -> np.ndarray:
    """Rounded to a quarter of a euro, which float32 holds exactly: a year less some of its months leaves no crumb."""
    return np.round(euros * 4) / 4


@dataclass(frozen=True)
class Facts:
    """All that is drawn of the persons, dwellings and families of a batch, for the month numbered `month`."""

    month: int
    people: People
    age_in_months: np.ndarray
    birth: np.ndarray
    activity: np.ndarray
    before: np.ndarray
    """Activity until `changed` (a month number) excluded."""
    changed: np.ndarray
    level: np.ndarray
    """Net euros a month of the main income, whichever it is."""
    person: Columns
    dwelling: Columns
    family: Columns

    def active(self, month: int, *activities: str) -> np.ndarray:
        """Who is in one of these activities that month."""
        return np.isin(np.where(self.changed > month, self.before, self.activity), activities)

    def income(self, month: int, *activities: str) -> np.ndarray:
        """The main income of a month, of those in one of these activities. Each year before is 1.5 % lower."""
        earlier = (self.month - month) / 12
        return np.where(self.active(month, *activities), quarters(self.level * 0.985**earlier), 0.0)


def draw(n: int, month: str, seed: int, shapes: tuple[Shape, ...] = SHAPES) -> Facts:
    """n households as they are at a month."""
    rng = np.random.default_rng(seed)
    people = draw_people(n, rng, shapes)
    number = month_number(month)
    birth, age = _ages(people, number, rng)
    activity = _activities(people, age // 12, rng)
    moves = rng.random(len(people)) < 0.3
    stable = np.isin(activity, ("retired", "student", "child"))
    before = np.where(moves & ~stable, _shift(activity, rng), activity)
    changed = number - rng.integers(0, MONTHS_BACK + 12, len(people))
    level = _levels(activity, before, rng)
    return Facts(
        month=number,
        people=people,
        age_in_months=age,
        birth=birth,
        activity=activity,
        before=before,
        changed=changed,
        level=level,
        person=_person_facts(people, age // 12, activity, rng),
        dwelling=_dwelling_facts(people, shapes, rng),
        family=_family_facts(people, rng),
    )


def _ages(people: People, month: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Days of birth and ages in whole months at the first of the month; a child is younger than its parent by 17."""
    size = len(people)
    bounds = {
        "adult": (20, 62),
        "partner": (20, 62),
        "mature": (43, 62),
        "child": (0, 21),
        "young": (16, 26),
        "student": (18, 26),
        "pensioner": (61, 96),
    }
    months = np.zeros(size, dtype=np.int64)
    for kind, (low, high) in bounds.items():
        months = np.where(people.kind == kind, rng.integers(low * 12, high * 12, size), months)
    # One child in four is under three: the age of the birth allowances.
    small = (people.kind == "child") & (rng.random(size) < 0.25)
    months = np.where(small, rng.integers(0, 36, size), months)
    kin = np.maximum(people.kin, 0)
    near = np.maximum(months[kin] + rng.integers(-72, 73, size), 18 * 12)
    months = np.where((people.kind == "partner"), near, months)
    most = np.maximum(months[kin] - 17 * 12, 1)
    months = np.where(people.kind == "child", months % np.minimum(most, 21 * 12), months)
    first = (month - months - 1 - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
    birth = first + rng.integers(0, 28, size)
    # Born on the first, one is a month older on the first.
    return birth, months + (birth == first)


def _activities(people: People, years: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    shares = {
        "adult": {"employed": 52, "unemployed": 14, "inactive": 14, "self_employed": 8, "disabled": 8, "invalid": 4},
        "young": {"employed": 25, "unemployed": 15, "inactive": 25, "student": 30, "disabled": 5},
        "student": {"student": 85, "employed": 15},
        "pensioner": {"retired": 85, "inactive": 10, "invalid": 5},
        "child": {"child": 100},
    }
    shares["partner"] = shares["mature"] = shares["adult"]
    result = np.full(len(people), "inactive", dtype="U13")
    for kind, share in shares.items():
        drawn = rng.choice(list(share), size=len(people), p=np.array(list(share.values())) / sum(share.values()))
        result = np.where(people.kind == kind, drawn, result)
    # Past 18, a child of the family studies, works a little as an apprentice would, or does nothing.
    grown = rng.choice(["student", "employed", "inactive"], size=len(people), p=[0.7, 0.15, 0.15])
    return np.where((people.kind == "child") & (years >= 17), grown, result)


def _shift(activity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What one did before: the employed were out of work, the others worked."""
    out = rng.choice(["unemployed", "inactive", "self_employed"], size=len(activity))
    return np.where(activity == "employed", out, "employed")


def _levels(activity: np.ndarray, before: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = len(activity)
    wage = np.clip(rng.lognormal(np.log(1450), 0.55, size), 120, 7500)
    by_activity = {
        "unemployed": np.clip(wage * 0.6, 150, 3500),
        "self_employed": np.clip(rng.lognormal(np.log(900), 0.9, size), 0, 6000),
        "retired": np.clip(rng.lognormal(np.log(1150), 0.5, size), 80, 4500),
        "invalid": rng.uniform(250, 1300, size),
        "disabled": np.where(rng.random(size) < 0.3, wage * 0.4, 0.0),
        "student": np.where(rng.random(size) < 0.3, rng.uniform(150, 900, size), 0.0),
    }
    result = wage
    for name, amount in by_activity.items():
        result = np.where(activity == name, amount, result)
    # One who never had another income has none out of work.
    return np.round(np.where((activity == "inactive") & (before == "inactive"), 0.0, result), 2)


def _person_facts(people: People, years: np.ndarray, activity: np.ndarray, rng: np.random.Generator) -> Columns:
    size = len(people)

    def chance(share: float) -> np.ndarray:
        return rng.random(size) < share

    def euros(who: np.ndarray, low: float, high: float) -> np.ndarray:
        return np.where(who, quarters(rng.uniform(low, high, size)), 0.0)

    adult = people.kind != "child"
    disabled = (activity == "disabled") | (~adult & chance(0.03))
    foreign = adult & chance(0.12)
    lone_parent, has_child = _lone_parents(people)
    rate = np.where(chance(0.5), rng.uniform(0.5, 0.79, size), rng.uniform(0.8, 1.0, size))
    mother = adult & (years < 43) & (people.groups["famille.role"] == "demandeur")
    idle = adult & (activity == "inactive")
    return {
        "taux_incapacite": np.where(disabled, np.round(rate, 2), 0.0),
        "handicap": disabled,
        "aah_restriction_substantielle_durable_acces_emploi": disabled & chance(0.7),
        "inapte_travail": (people.kind == "pensioner") & chance(0.1),
        "nationalite": np.where(foreign, rng.choice(["DE", "PT", "MA", "DZ", "CH", "US"], size), "FR"),
        "duree_possession_titre_sejour": np.where(foreign, rng.integers(0, 16, size), 0.0),
        "garde_alternee": _alternating(people, lone_parent, rng),
        "enceinte": mother & chance(0.04),
        "etudiant": activity == "student",
        "statut_marital": _marital(people, lone_parent, rng),
        "habite_chez_parents": people.kind == "young",
        "pensions_alimentaires_percues": euros(lone_parent & chance(0.4), 60, 360),
        "pensions_alimentaires_versees_individu": euros(adult & ~has_child & chance(0.04), 80, 280),
        "indemnites_journalieres_maladie": euros((activity == "employed") & chance(0.04), 200, 1100),
        "revenus_stage_formation_pro": euros(idle & chance(0.05), 200, 700),
        "bourse_criteres_sociaux": euros((activity == "student") & chance(0.4), 100, 550),
        "livret_a": euros(adult & chance(0.6), 0, 12_000),
        "epargne_revenus_non_imposables": euros(adult & chance(0.1), 0, 40_000),
        "valeur_patrimoine_loue": euros(adult & chance(0.03), 0, 90_000),
        "aah": euros((activity == "disabled") & chance(0.5), 100, 970),
        "asi": euros((activity == "invalid") & chance(0.4), 50, 500),
        "ass": euros((activity == "unemployed") & chance(0.08), 300, 560),
        "caah": np.where((activity == "disabled") & chance(0.2), 104.75, 0.0),
        "micro": chance(0.5),
    }


def _lone_parents(people: People) -> tuple[np.ndarray, np.ndarray]:
    """Who raises children alone, and who belongs to a family with children."""
    famille, role = people.groups["famille.id"], people.groups["famille.role"]
    size = people.counts["famille"]
    has_child = (np.bincount(famille[role == "enfant"], minlength=size) > 0)[famille]
    in_couple = (np.bincount(famille[role == "conjoint"], minlength=size) > 0)[famille]
    return (role == "demandeur") & has_child & ~in_couple, has_child


def _alternating(people: People, lone_parent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All the children of a family alternate, or none: more often those of a lone parent."""
    famille = people.groups["famille.id"]
    share = np.full(people.counts["famille"], 0.06)
    share[famille[lone_parent]] = 0.2
    return (people.kind == "child") & (rng.random(len(share)) < share)[famille]


def _marital(people: People, lone_parent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Married or in a civil union when two sign one tax return, the same for both; else single, divorced, widowed."""
    foyer, role = people.groups["foyer_fiscal.id"], people.groups["foyer_fiscal.role"]
    size = people.counts["foyer_fiscal"]
    joint = (np.bincount(foyer[role == "conjoint"], minlength=size) > 0)[foyer] & (role != "personne_a_charge")
    together = np.where(rng.random(size) < 0.7, "marie", "pacse")[foyer]
    widowed = (people.kind == "pensioner") & (rng.random(len(people)) < 0.5)
    divorced = (lone_parent | (people.kind == "pensioner")) & (rng.random(len(people)) < 0.4)
    return np.select([joint, widowed, divorced], [together, "veuf", "divorce"], "celibataire")


def _dwelling_facts(people: People, shapes: tuple[Shape, ...], rng: np.random.Generator) -> Columns:
    size = people.counts["menage"]
    statuses = {
        "locataire_hlm": 26,
        "locataire_vide": 30,
        "locataire_meuble": 8,
        "proprietaire": 18,
        "primo_accedant": 6,
        "loge_gratuitement": 6,
        "locataire_foyer": 4,
        "sans_domicile": 2,
    }
    status = rng.choice(list(statuses), size=size, p=np.array(list(statuses.values())) / sum(statuses.values()))
    # Who shares a flat rents it.
    shared = people.dwelling(np.array([shape.shared for shape in shapes])[people.shape])
    status = np.where(shared, "locataire_vide", status)
    persons = np.bincount(people.groups["menage.id"], minlength=size)
    rent = np.clip(rng.normal(330 + 75 * persons, 110, size), 90, 1600)
    rent = np.where(status == "locataire_hlm", rent * 0.7, rent)
    free = np.isin(status, ("proprietaire", "loge_gratuitement", "sans_domicile"))
    commune = rng.choice(list(COMMUNES), size=size)
    room = (
        np.isin(status, ("locataire_meuble", "locataire_vide")) & ~shared & (persons == 1) & (rng.random(size) < 0.05)
    )
    first_home = status == "primo_accedant"
    loan = np.datetime64("2009-01-01") + rng.integers(0, 3200, size)
    return {
        "statut_occupation_logement": status,
        "loyer": np.where(free, 0.0, np.round(rent, 2)),
        "charges_locatives": np.where(free | first_home, 0.0, np.round(30 + 20 * rng.random(size) * persons, 2)),
        "depcom": commune,
        "zone_apl": np.array([f"zone_{COMMUNES[code]}" for code in commune.tolist()]),
        "coloc": shared,
        "logement_chambre": room,
        "participation_frais": (status == "loge_gratuitement") & (rng.random(size) < 0.3),
        "aide_logement_date_pret": np.where(first_home, loan, np.datetime64("9999-12-31")),
    }


def _family_facts(people: People, rng: np.random.Generator) -> Columns:
    size = people.counts["famille"]
    return {
        "rsa_isolement_recent": rng.random(size) < 0.03,
        "proprietaire_proche_famille": rng.random(size) < 0.03,
        "rsa": np.where(rng.random(size) < 0.25, quarters(rng.uniform(50, 900, size)), 0.0),
        "since": rng.integers(1, MONTHS_BACK + 10, size),
        "aide_logement": np.where(rng.random(size) < 0.35, np.round(rng.uniform(15, 450, size)), 0.0),
    }
