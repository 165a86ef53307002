"""Local pacts: a diagnosis, one to three priorities, the commitments of partners and their follow-up. No money."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from maillage.core.models import StoredFile, User
from maillage.engines.lifecycle.local_pacts import MAX_PRIORITIES
from maillage.indicators.models import Indicator
from maillage.local_pacts.enums import OPEN_COMMITMENT, CommitmentState, PactState, PartnerKind, PartnerState
from maillage.territories.models import Territory


class LocalPact(models.Model):
    """The local pact of a département. `version_number` is that of the version in force, 0 before the first.

    `revision` grows at each save: a form that started from another one is told.
    """

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="local_pacts", verbose_name="département")
    title = models.CharField("intitulé", max_length=200)
    state = models.CharField("état", max_length=12, choices=PactState.choices, default=PactState.DRAFT)
    reason = models.TextField("motif du dernier changement d'état", blank=True)
    plan_title = models.CharField("schéma d'accessibilité des services (SDAASP)", max_length=200, blank=True)
    plan_reference = models.CharField("référence du schéma", max_length=200, blank=True)
    plan_url = models.URLField("adresse du schéma", max_length=300, blank=True)
    ends_on = models.DateField("terme prévu", null=True, blank=True)
    indicators = models.ManyToManyField(Indicator, blank=True, related_name="+", verbose_name="chiffres du diagnostic")
    version_number = models.PositiveSmallIntegerField("version en vigueur", default=0)
    opened_on = models.DateField("ouvert à la signature le", null=True, blank=True)
    in_force_on = models.DateField("en vigueur depuis le", null=True, blank=True)
    closed_on = models.DateField("clos le", null=True, blank=True)
    renews = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="renewed_by")
    revision = models.PositiveIntegerField("révision", default=1)
    created_at = models.DateTimeField("créé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "pacte local"
        verbose_name_plural = "pactes locaux"
        ordering = ["territory", "-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[PactState.CANCELLED, PactState.ENDED]) | ~Q(reason=""),
                name="local_pacts_closed_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=PactState.CANCELLED) | Q(version_number=0), name="local_pacts_cancelled_unsigned"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PactState.IN_FORCE, PactState.RENEWED, PactState.ENDED])
                | Q(version_number__gte=1, in_force_on__isnull=False),
                name="local_pacts_in_force_has_version",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DiagnosisSection(models.Model):
    """One written part of the diagnosis."""

    pact = models.ForeignKey(LocalPact, models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField("rang")
    title = models.CharField("intertitre", max_length=150)
    body = models.TextField("texte")
    revision = models.PositiveIntegerField("révision", default=1)

    class Meta:
        verbose_name = "partie du diagnostic"
        verbose_name_plural = "parties du diagnostic"
        ordering = ["pact", "position", "pk"]

    def __str__(self) -> str:
        return self.title


class Partner(models.Model):
    """An organisation of the pact: it may pilot, sit in a technical body, commit itself, and be invited to sign.

    `user` is the account that may act in its name.
    """

    pact = models.ForeignKey(LocalPact, models.CASCADE, related_name="partners")
    organisation = models.CharField("organisme", max_length=150)
    kind = models.CharField("nature", max_length=15, choices=PartnerKind.choices)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="local_pact_partners")
    state = models.CharField("signature", max_length=10, choices=PartnerState.choices, default=PartnerState.LISTED)
    signed_on = models.DateField("signé le", null=True, blank=True)
    revision = models.PositiveIntegerField("révision", default=1)

    class Meta:
        verbose_name = "partenaire"
        ordering = ["pact", "organisation", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["pact", "organisation"], name="local_pacts_partner_once"),
            models.UniqueConstraint(
                fields=["pact"], condition=Q(kind=PartnerKind.PREFECT), name="local_pacts_one_prefect"
            ),
            models.CheckConstraint(
                condition=Q(state=PartnerState.SIGNED, signed_on__isnull=False)
                | (~Q(state=PartnerState.SIGNED) & Q(signed_on__isnull=True)),
                name="local_pacts_signature_has_date",
            ),
        ]

    def __str__(self) -> str:
        return self.organisation


class Signature(models.Model):
    """The signature of a partner under one version, the one to come while the text is open to signature.

    Kept apart from the partner's state, which is that of the text in work.
    """

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="signatures")
    version = models.PositiveSmallIntegerField("version")
    signed_on = models.DateField("signé le")

    class Meta:
        verbose_name = "signature"
        ordering = ["partner", "version"]
        constraints = [models.UniqueConstraint(fields=["partner", "version"], name="local_pacts_signature_once")]

    def __str__(self) -> str:
        return f"{self.partner_id} v{self.version}"


class Priority(models.Model):
    """One of the pact's priorities. The position is 1, 2 or 3, once each: the database refuses a fourth.

    A priority that a later version leaves out keeps its commitments and has no position any more.
    """

    pact = models.ForeignKey(LocalPact, models.CASCADE, related_name="priorities")
    position = models.PositiveSmallIntegerField("rang", null=True, blank=True)
    title = models.CharField("priorité", max_length=200)
    need = models.TextField("besoin auquel elle répond", blank=True)
    pilot = models.ForeignKey(Partner, models.PROTECT, null=True, blank=True, related_name="piloted")
    technical_partners = models.ManyToManyField(
        Partner, blank=True, related_name="technical_priorities", verbose_name="comité technique"
    )
    revision = models.PositiveIntegerField("révision", default=1)

    class Meta:
        verbose_name = "priorité"
        ordering = ["pact", "position"]
        constraints = [
            models.UniqueConstraint(fields=["pact", "position"], name="local_pacts_priority_position_once"),
            models.CheckConstraint(
                condition=Q(position__isnull=True) | Q(position__gte=1, position__lte=MAX_PRIORITIES),
                name="local_pacts_three_priorities_at_most",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Commitment(models.Model):
    """What a partner undertakes for a priority, and how it will be seen as kept.

    `since_version` is the first version that holds it; null while it binds nobody.
    """

    priority = models.ForeignKey(Priority, models.PROTECT, related_name="commitments")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="commitments")
    text = models.TextField("engagement")
    due_on = models.DateField("échéance")
    seen_by = models.TextField("comment on verra qu'il est tenu")
    state = models.CharField("état", max_length=10, choices=CommitmentState.choices, default=CommitmentState.PROMISED)
    reason = models.TextField("motif", blank=True)
    since_version = models.PositiveSmallIntegerField("depuis la version", null=True, blank=True)
    revision = models.PositiveIntegerField("révision", default=1)

    class Meta:
        verbose_name = "engagement"
        ordering = ["priority", "due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[CommitmentState.NOT_KEPT, CommitmentState.WITHDRAWN]) | ~Q(reason=""),
                name="local_pacts_not_kept_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=CommitmentState.PROMISED) | Q(since_version__isnull=False, since_version__gte=1),
                name="local_pacts_followed_once_binding",
            ),
        ]

    def __str__(self) -> str:
        return f"Engagement {self.pk}"

    def is_open(self) -> bool:
        """Promised or under way: still to be kept."""
        return self.state in OPEN_COMMITMENT

    def is_late(self, on: date) -> bool:
        """Binding, not settled, and its due date passed."""
        return self.since_version is not None and self.is_open() and self.due_on < on


class FollowUp(models.Model):
    """A dated note on a commitment, with its evidence; `state_after` says the state it led to, if it changed."""

    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="follow_ups")
    noted_on = models.DateField("constaté le")
    text = models.TextField("note")
    evidence = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    state_after = models.CharField("état constaté", max_length=10, choices=CommitmentState.choices, blank=True)
    at = models.DateTimeField("saisi le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    append_only = True

    class Meta:
        verbose_name = "note de suivi"
        verbose_name_plural = "notes de suivi"
        ordering = ["-noted_on", "-pk"]

    def __str__(self) -> str:
        return f"Suivi {self.pk}"


class YearlyReview(models.Model):
    """The review of a pact in force, a year after its entry in force and after each review."""

    pact = models.ForeignKey(LocalPact, models.PROTECT, related_name="reviews")
    held_on = models.DateField("tenue le")
    text = models.TextField("conclusions")
    at = models.DateTimeField("saisie le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "revue annuelle"
        verbose_name_plural = "revues annuelles"
        ordering = ["-held_on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["pact", "held_on"], name="local_pacts_review_once_a_day")]

    def __str__(self) -> str:
        return f"Revue du {self.held_on:%d/%m/%Y}"


class LocalPactVersion(models.Model):
    """A version that entered in force: its text in canonical JSON and the SHA-256 of that text. Never changed."""

    pact = models.ForeignKey(LocalPact, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("version")
    snapshot = models.TextField("contenu")
    sha256 = models.CharField("empreinte", max_length=64)
    at = models.DateTimeField("en vigueur le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    append_only = True

    class Meta:
        verbose_name = "version de pacte local"
        verbose_name_plural = "versions de pactes locaux"
        ordering = ["pact", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["pact", "number"], name="local_pacts_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="local_pacts_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def is_intact(self) -> bool:
        """Whether the text is still the one that was signed (invariant V1)."""
        return hashlib.sha256(self.snapshot.encode()).hexdigest() == self.sha256

    @property
    def content(self) -> dict[str, Any]:
        """The text as data, in the shape of `selectors.snapshot.compose`."""
        found: dict[str, Any] = json.loads(self.snapshot)
        return found
