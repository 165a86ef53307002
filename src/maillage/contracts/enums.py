"""Codes stored by contracts, with their French labels. States are those of `engines.lifecycle.contracts`."""

from __future__ import annotations

from django.db import models

from maillage.engines.lifecycle import contracts as tables
from maillage.engines.lifecycle.model import Lifecycle


def states(lifecycle: Lifecycle) -> list[tuple[str, str]]:
    """The choices of a state field, from its table."""
    return [(state, lifecycle.labels[state]) for state in lifecycle.states]


CONTRACT_STATES = states(tables.CONTRACT)
AMENDMENT_STATES = states(tables.AMENDMENT)
SHEET_STATES = states(tables.SHEET)
READING_STATES = states(tables.READING)
REPORT_STATES = states(tables.EXECUTION_REPORT)


class ContractKind(models.TextChoices):
    CALPAE = "calpae", "CALPAE (2019-2023)"
    CLS = "cls", "Contrat local des solidarités"
    ANNUAL_LINK = "annual_link", "Convention annuelle liée"
    CPO = "cpo", "Convention pluriannuelle d'objectifs"


class Origin(models.TextChoices):
    NATIVE = "native", "Négocié dans Maillage"
    TAKEN_OVER = "taken_over", "Repris d'un document"


class SignatorySide(models.TextChoices):
    STATE = "state", "État"
    PARTNER = "partner", "Partenaire"


class FunderKind(models.TextChoices):
    STATE = "state", "État"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "Métropole, EPCI"
    COMMUNE = "commune", "Commune, CCAS"
    SOCIAL_SECURITY = "social_security", "Sécurité sociale (CAF, MSA, CPAM)"
    AGENCY = "agency", "Opérateur public (ARS, France Travail…)"
    EUROPE = "europe", "Union européenne"
    COMPANY = "company", "Entreprise"
    FOUNDATION = "foundation", "Fondation"
    ASSOCIATION = "association", "Association"
    OTHER = "other", "Autre"


COLLECTIVITIES = frozenset({FunderKind.REGION, FunderKind.DEPARTEMENT, FunderKind.EPCI, FunderKind.COMMUNE})


class ActionNature(models.TextChoices):
    NEW = "new", "Nouvelle"
    REINFORCED = "reinforced", "Renforcée"


class Stage(models.TextChoices):
    """Stages of money once awarded. An `ae` is committed, a `cp` is paid."""

    COMMITTED = "committed", "Engagé (AE)"
    PAID = "paid", "Payé (CP)"
    JUSTIFIED = "justified", "Justifié"


class AmendmentKind(models.TextChoices):
    """What an amendment changes: it unlocks these blocks, and no other."""

    AMOUNT = "amount", "Montants"
    ACTION = "action", "Action ajoutée, retirée ou redéfinie"
    INDICATOR = "indicator", "Indicateurs et cibles"
    CALENDAR = "calendar", "Calendrier"
    PARTY = "party", "Parties, pilotes et partenaires"
    EXTENSION = "extension", "Prolongation"


class Counted(models.TextChoices):
    """What a reading counts; unique persons and visits are never mixed."""

    PERSONS = "persons", "Personnes uniques"
    VISITS = "visits", "Passages"
    OTHER = "other", "Autre unité"


class Dimension(models.TextChoices):
    SEX = "sex", "Sexe"
    AGE = "age", "Âge"
    TERRITORY = "territory", "Territoire"


class AttachmentKind(models.TextChoices):
    DELIBERATION = "deliberation", "Délibération"
    SIGNED_SCAN = "signed_scan", "Exemplaire signé"
    NOTIFICATION = "notification", "Notification de crédits"
    OTHER = "other", "Autre pièce"


class EvidenceKind(models.TextChoices):
    ATTENDANCE = "attendance", "Feuille d'émargement"
    INVOICE = "invoice", "Pièce comptable"
    PHOTO = "photo", "Photographie"
    SURVEY = "survey", "Enquête"
    EXTRACT = "extract", "Extraction d'un logiciel métier"
    OTHER = "other", "Autre"


class Outcome(models.TextChoices):
    """What became of a recommendation."""

    OPEN = "open", "À examiner"
    ADOPTED = "adopted", "Suivie"
    PARTLY = "partly", "Suivie en partie"
    REFUSED = "refused", "Écartée, avec un motif"


class DocumentKind(models.TextChoices):
    CONVENTION = "convention", "Convention"
    SHEET = "sheet", "Fiche action"
    AMENDMENT = "amendment", "Avenant"
    EXECUTION_REPORT = "execution_report", "Rapport d'exécution"


class ShareMethod(models.TextChoices):
    """How a simulation shares an envelope between territories."""

    EQUAL_PER_INHABITANT = "equal_per_inhabitant", "Même montant par habitant"
    EQUAL_PER_POOR_PERSON = "equal_per_poor_person", "Même montant par personne pauvre"
    NEEDS_INDEX = "needs_index", "Selon un indice de besoins"
    MANUAL = "manual", "Montants saisis"
