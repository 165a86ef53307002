"""The rights that are answered: how each is named, who pays it, and which variables of OpenFisca-France state it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maillage.kernel.errors import MaillageError


class RightUnknown(MaillageError):
    """No right bears this code."""


class Unit(StrEnum):
    """What the figure is: euros for a month or for a year, or whether the right is open."""

    EUR_MONTH = "eur_month"
    EUR_YEAR = "eur_year"
    OPEN = "open"

    @property
    def label_fr(self) -> str:
        return {Unit.EUR_MONTH: "€ par mois", Unit.EUR_YEAR: "€ par an", Unit.OPEN: "droit ouvert"}[self]


class Entity(StrEnum):
    """Whom OpenFisca answers for. The keys are its own."""

    PERSON = "individu"
    FAMILY = "famille"
    TAX_UNIT = "foyer_fiscal"
    DWELLING = "menage"


@dataclass(frozen=True, slots=True)
class Right:
    """One right. `variables` are OpenFisca's, the first being the one that gives the amount or opens the right.

    `yearly`: OpenFisca answers for the year of the month asked. `page`: the public page that
    OpenFisca-France itself refers to for this right; empty when it names none.
    """

    code: str
    label_fr: str
    variables: tuple[str, ...]
    entity: Entity
    unit: Unit
    payer_fr: str
    page: str = ""
    yearly: bool = False

    def period(self, month: str) -> str:
        """The period to ask for: `month` ("2026-01") or its year."""
        return month[:4] if self.yearly else month

    def outputs(self, month: str) -> tuple[str, ...]:
        """The keys of the answers, "variable@period"."""
        return tuple(f"{variable}@{self.period(month)}" for variable in self.variables)


_CAF = "caisse d'allocations familiales (CAF) ou Mutualité sociale agricole (MSA)"
_PUBLIC = "https://www.service-public.fr/particuliers/vosdroits/"

RIGHTS: tuple[Right, ...] = (
    Right(
        "rsa", "Revenu de solidarité active (RSA)", ("rsa",), Entity.FAMILY, Unit.EUR_MONTH, _CAF, _PUBLIC + "N19775"
    ),
    Right("ppa", "Prime d'activité", ("ppa",), Entity.FAMILY, Unit.EUR_MONTH, _CAF, _PUBLIC + "F2882"),
    Right(
        "aah",
        "Allocation aux adultes handicapés (AAH)",
        ("aah",),
        Entity.PERSON,
        Unit.EUR_MONTH,
        _CAF + ", après décision de la MDPH",
    ),
    Right(
        "aide_logement",
        "Aide au logement (APL, ALF ou ALS)",
        ("aide_logement",),
        Entity.FAMILY,
        Unit.EUR_MONTH,
        _CAF,
        _PUBLIC + "F12006",
    ),
    Right(
        "css",
        "Complémentaire santé solidaire (CSS)",
        ("cmu_c", "css_participation_forfaitaire"),
        Entity.FAMILY,
        Unit.OPEN,
        "caisse primaire d'assurance maladie (CPAM) ou Mutualité sociale agricole (MSA)",
    ),
    Right("af", "Allocations familiales", ("af",), Entity.FAMILY, Unit.EUR_MONTH, _CAF),
    Right("cf", "Complément familial", ("cf",), Entity.FAMILY, Unit.EUR_MONTH, _CAF, _PUBLIC + "F13214"),
    Right("asf", "Allocation de soutien familial (ASF)", ("asf",), Entity.FAMILY, Unit.EUR_MONTH, _CAF),
    Right(
        "paje_base",
        "Allocation de base de la Paje",
        ("paje_base",),
        Entity.FAMILY,
        Unit.EUR_MONTH,
        _CAF,
    ),
    Right(
        "ars",
        "Allocation de rentrée scolaire (ARS)",
        ("ars",),
        Entity.FAMILY,
        Unit.EUR_YEAR,
        _CAF,
        _PUBLIC + "F1878",
        yearly=True,
    ),
    Right(
        "aspa",
        "Allocation de solidarité aux personnes âgées (Aspa)",
        ("aspa",),
        Entity.FAMILY,
        Unit.EUR_MONTH,
        "caisse de retraite (Carsat, MSA ou autre)",
        _PUBLIC + "F16871",
    ),
    Right(
        "asi",
        "Allocation supplémentaire d'invalidité (ASI)",
        ("asi",),
        Entity.PERSON,
        Unit.EUR_MONTH,
        "caisse primaire d'assurance maladie (CPAM) ou caisse qui verse la pension d'invalidité",
    ),
    Right(
        "cheque_energie",
        "Chèque énergie",
        ("cheque_energie",),
        Entity.DWELLING,
        Unit.EUR_YEAR,
        "Agence de services et de paiement (ASP)",
        "https://chequeenergie.gouv.fr",
        yearly=True,
    ),
    Right(
        "contrat_engagement_jeune",
        "Contrat d'engagement jeune : allocation",
        ("contrat_engagement_jeune",),
        Entity.PERSON,
        Unit.EUR_MONTH,
        "mission locale ou France Travail",
        _PUBLIC + "F32700",
    ),
)


def right(code: str) -> Right:
    """The right of this code. Raises RightUnknown."""
    for one in RIGHTS:
        if one.code == code:
            return one
    raise RightUnknown(f"Le droit « {code} » n'est pas connu. Droits connus : {', '.join(r.code for r in RIGHTS)}.")
