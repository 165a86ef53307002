"""The contract: parties, annual caps, versions, amendments, and what is said while it is negotiated."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import F, Q

from maillage.contracts.enums import (
    AMENDMENT_STATES,
    CONTRACT_STATES,
    AttachmentKind,
    ContractKind,
    Origin,
    SignatorySide,
)
from maillage.contracts.models.fields import AmountField
from maillage.core.enums import Role
from maillage.core.models import StoredFile, User
from maillage.pacts.models import Pact
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory


class Contract(models.Model):
    """An agreement that carries the State's money and the other party's, over a territory and years."""

    reference = models.CharField("référence", max_length=40, unique=True)
    kind = models.CharField("nature", max_length=12, choices=ContractKind.choices)
    title = models.CharField("intitulé", max_length=250)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="contracts")
    pact = models.ForeignKey(Pact, models.PROTECT, null=True, blank=True, related_name="contracts")
    linked_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="linked")
    starts_on = models.DateField("début")
    ends_on = models.DateField("fin")
    purpose = models.TextField("objet", blank=True)
    status = models.CharField("état", max_length=16, choices=CONTRACT_STATES, default="draft")
    status_reason = models.CharField("motif du dernier changement d'état", max_length=500, blank=True)
    deliberated_on = models.DateField("délibéré le", null=True, blank=True)
    partner_signed_on = models.DateField("signé par le partenaire le", null=True, blank=True)
    prefect_signed_on = models.DateField("signé par le préfet le", null=True, blank=True)
    origin = models.CharField("origine", max_length=10, choices=Origin.choices, default=Origin.NATIVE)
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")
    locator = models.CharField("repère dans le document", max_length=200, blank=True)
    is_demonstration = models.BooleanField("données de démonstration inventées", default=False)
    created_at = models.DateTimeField("créé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "contrat"
        ordering = ["-starts_on", "reference"]
        indexes = [models.Index(fields=["territory", "status"], name="contracts_territory_status")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="contracts_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def years(self) -> range:
        """The calendar years of the contract."""
        return range(self.starts_on.year, self.ends_on.year + 1)


class AnnualCap(models.Model):
    """What the State may give in a year, at most (`ae`), and the budget that the actions of the year sum to.

    An unknown amount is null, never zero.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="caps")
    year = models.PositiveSmallIntegerField("année")
    ae = AmountField("plafond de l'État (AE)", null=True, blank=True)
    cp = AmountField("crédits de paiement (CP)", null=True, blank=True)
    budget = AmountField("budget de l'année, tous financeurs", null=True, blank=True)
    reference = models.CharField("référence", max_length=200, blank=True)

    class Meta:
        verbose_name = "plafond annuel"
        verbose_name_plural = "plafonds annuels"
        ordering = ["contract", "year"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "year"], name="contracts_cap_once"),
            models.CheckConstraint(
                condition=(Q(ae__isnull=True) | Q(ae__gte=0))
                & (Q(cp__isnull=True) | Q(cp__gte=0))
                & (Q(budget__isnull=True) | Q(budget__gte=0)),
                name="contracts_cap_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.year}"


class Signatory(models.Model):
    """A party and the office of who signs for it. The date of its signature is no part of the text."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="signatories")
    key = models.CharField("clé", max_length=20)
    side = models.CharField("partie", max_length=8, choices=SignatorySide.choices)
    organisation = models.CharField("organisme", max_length=200)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    office = models.CharField("qualité du signataire", max_length=200, blank=True)

    class Meta:
        verbose_name = "signataire"
        ordering = ["contract", "side", "key"]
        constraints = [models.UniqueConstraint(fields=["contract", "key"], name="contracts_signatory_once")]

    def __str__(self) -> str:
        return self.organisation


class Participant(models.Model):
    """A person who answers for a contract: reminders go to her, and an association sees its own agreement by this."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="participants")
    user = models.ForeignKey(User, models.CASCADE, related_name="participations")
    role = models.CharField("rôle", max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = "personne désignée"
        verbose_name_plural = "personnes désignées"
        ordering = ["contract", "role", "pk"]
        constraints = [models.UniqueConstraint(fields=["contract", "user", "role"], name="contracts_participant_once")]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.role}"


class ContractVersion(models.Model):
    """The text as it was signed: numbered, never changed, with the SHA-256 of its content.

    `content` is the canonical JSON of `engines.contract_text`: the same text gives the same characters.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("numéro")
    content = models.TextField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)
    # Null where a document gives a contract without the day of its signature.
    signed_on = models.DateField("en vigueur depuis le", null=True, blank=True)
    amendment = models.OneToOneField(
        "contracts.Amendment", models.PROTECT, null=True, blank=True, related_name="version"
    )
    created_at = models.DateTimeField("créée le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    append_only = True

    class Meta:
        verbose_name = "version"
        ordering = ["contract", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="contracts_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="contracts_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} v{self.number}"


class Amendment(models.Model):
    """A change proposed to the version in force: typed, it unlocks the blocks of its kinds and no other.

    `proposed` is the whole text as it would be. While it is not signed, the rows of the contract do not move.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField("numéro")
    title = models.CharField("objet", max_length=250)
    kinds = models.JSONField("natures", default=list)
    reason = models.TextField("motif", blank=True)
    base = models.ForeignKey(ContractVersion, models.PROTECT, related_name="+")
    proposed = models.JSONField("texte proposé")
    status = models.CharField("état", max_length=16, choices=AMENDMENT_STATES, default="draft")
    status_reason = models.CharField("motif du dernier changement d'état", max_length=500, blank=True)
    deliberated_on = models.DateField("délibéré le", null=True, blank=True)
    partner_signed_on = models.DateField("signé par le partenaire le", null=True, blank=True)
    prefect_signed_on = models.DateField("signé par le préfet le", null=True, blank=True)
    created_at = models.DateTimeField("créé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "avenant"
        ordering = ["contract", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="contracts_amendment_once"),
            models.UniqueConstraint(
                fields=["contract"],
                condition=~Q(status__in=["in_force", "cancelled"]),
                name="contracts_one_open_amendment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} avenant {self.number}"

    @property
    def base_last_year(self) -> int:
        """The last year of the contract before this amendment."""
        return int(json.loads(self.base.content)["text"]["contract"]["ends_on"][:4])


class Attachment(models.Model):
    """A deliberation, a signed scan, a notification: a file tied to the version it belongs to.

    It is deposited before that version exists: `version` is filled when the version is made.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="attachments")
    amendment = models.ForeignKey(Amendment, models.PROTECT, null=True, blank=True, related_name="attachments")
    version = models.ForeignKey(ContractVersion, models.PROTECT, null=True, blank=True, related_name="attachments")
    kind = models.CharField("nature", max_length=14, choices=AttachmentKind.choices)
    title = models.CharField("intitulé", max_length=200)
    dated_on = models.DateField("date de la pièce")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    at = models.DateTimeField("déposée le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "pièce"
        ordering = ["contract", "-at", "-pk"]

    def __str__(self) -> str:
        return self.title


class FieldComment(models.Model):
    """What someone says of one field of the text. While corrections are asked, it is what re-opens that field.

    `path` is a path of `engines.contract_text` (« sheets/A01/need »).
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="comments")
    amendment = models.ForeignKey(Amendment, models.CASCADE, null=True, blank=True, related_name="comments")
    path = models.CharField("champ", max_length=120)
    body = models.TextField("commentaire")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("le")
    answer = models.TextField("réponse", blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField("clos le", null=True, blank=True)

    class Meta:
        verbose_name = "commentaire"
        ordering = ["contract", "path", "at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(body=""), name="contracts_comment_says_something")]

    def __str__(self) -> str:
        return f"{self.path}"


class RuleWaiver(models.Model):
    """A warning of a rule that a named person accepts, with a reason.

    `key` holds the amounts compared: when they change, the waiver falls by itself.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="waivers")
    rule = models.CharField("règle", max_length=4)
    key = models.CharField("constat", max_length=200)
    message = models.CharField("constat, tel qu'il était", max_length=500)
    reason = models.TextField("motif")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("le")
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        verbose_name = "dérogation à une règle"
        verbose_name_plural = "dérogations à une règle"
        ordering = ["contract", "-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "key"],
                condition=Q(withdrawn_at__isnull=True),
                name="contracts_one_waiver_in_force",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="contracts_waiver_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.contract_id}"
