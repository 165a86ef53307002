"""Accounts, perimeters, audit journal, stored files, background jobs and weekly digests."""

from __future__ import annotations

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

from maillage.core.enums import DigestReason, DigestStatus, JobStatus, Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An agent who signs in (never a person accompanied)."""

    email = models.EmailField("adresse électronique", unique=True)
    full_name = models.CharField("nom complet", max_length=150)
    is_active = models.BooleanField("actif", default=True)
    is_demonstration = models.BooleanField("compte de démonstration", default=False)
    joined_at = models.DateTimeField("créé le", default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = "compte"
        ordering = ["full_name", "pk"]

    def __str__(self) -> str:
        return self.full_name or self.email


class Membership(models.Model):
    """A role held by a user over a perimeter: a territory code, and one axis code or all of them."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    territory_code = models.CharField("territoire", max_length=20)
    axis_code = models.CharField("axe", max_length=40, blank=True, help_text="Vide : tous les axes.")
    starts_on = models.DateField("depuis le")
    ends_on = models.DateField("jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "habilitation"
        ordering = ["user", "role", "territory_code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "territory_code", "axis_code", "starts_on"], name="core_membership_once"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="core_membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.territory_code}"


class AuditEntry(models.Model):
    """One line of the journal. Append-only: triggers of the database refuse any change (see `core.triggers`)."""

    at = models.DateTimeField("instant")
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    action = models.CharField("action", max_length=60)
    object_type = models.CharField("objet", max_length=60)
    object_id = models.CharField("identifiant", max_length=64)
    territory_code = models.CharField("territoire", max_length=20, blank=True)
    summary = models.CharField("résumé", max_length=300)
    changes = models.JSONField("détail", default=dict)

    append_only = True

    class Meta:
        verbose_name = "entrée du journal"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["object_type", "object_id"], name="core_audit_object")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class StoredFile(models.Model):
    """A file kept by the instance: checked at the door, named by its checksum, never changed."""

    name = models.CharField("nom", max_length=200)
    content_type = models.CharField("type", max_length=100)
    size = models.PositiveBigIntegerField("taille en octets")
    sha256 = models.CharField("empreinte", max_length=64, db_index=True)
    content = models.FileField("contenu", upload_to="stored/")
    created_at = models.DateTimeField("déposé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "fichier"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A long work done by the worker: progress, heartbeat, result. The task row itself keeps no personal data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("travail", max_length=40)
    title = models.CharField("intitulé", max_length=200)
    status = models.CharField("état", max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED)
    parameters = models.JSONField("paramètres", default=dict)
    progress = models.PositiveSmallIntegerField("avancement (%)", default=0)
    step = models.CharField("étape", max_length=200, blank=True)
    error = models.TextField("erreur", blank=True)
    result = models.JSONField("résultat", default=dict)
    result_file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="jobs")
    created_at = models.DateTimeField("demandé le")
    started_at = models.DateTimeField("commencé le", null=True)
    worker = models.CharField("exécuteur", max_length=64, blank=True)
    heartbeat_at = models.DateTimeField("dernier signe de vie", null=True)
    cancel_asked_at = models.DateTimeField("annulation demandée le", null=True)
    finished_at = models.DateTimeField("fini le", null=True)

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering = ["-created_at", "pk"]
        indexes = [models.Index(fields=["status", "heartbeat_at"], name="core_job_alive")]
        constraints = [
            models.CheckConstraint(condition=models.Q(progress__lte=100), name="core_job_progress_percent"),
        ]

    def __str__(self) -> str:
        return self.title


class Digest(models.Model):
    """The message of one week to one person, as it was previewed and as it leaves. Never two for a week."""

    user = models.ForeignKey(User, models.PROTECT, related_name="digests")
    week = models.CharField("semaine", max_length=8, help_text="Semaine ISO, par exemple 2026-W47.")
    status = models.CharField("état", max_length=10, choices=DigestStatus.choices, default=DigestStatus.PREPARED)
    reason = models.CharField("motif", max_length=15, choices=DigestReason.choices, blank=True)
    items = models.JSONField("ce qui attend", default=list)
    subject = models.CharField("objet", max_length=200)
    body = models.TextField("texte")
    prepared_at = models.DateTimeField("préparée le")
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField("approuvée le", null=True)
    claimed_at = models.DateTimeField("envoi commencé le", null=True)
    sent_at = models.DateTimeField("envoyée le", null=True)

    class Meta:
        verbose_name = "relance"
        ordering = ["-week", "user", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "week"], name="core_digest_once_a_week"),
            models.CheckConstraint(
                condition=models.Q(status__in=["prepared", "discarded"])
                | models.Q(approved_at__isnull=False, approved_by__isnull=False),
                name="core_digest_leaves_approved",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["sending", "sent", "failed"]) | models.Q(claimed_at__isnull=False),
                name="core_digest_claimed_before_leaving",
            ),
            models.CheckConstraint(
                condition=models.Q(status="sent", sent_at__isnull=False)
                | (~models.Q(status="sent") & models.Q(sent_at__isnull=True)),
                name="core_digest_sent_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Relance {self.week}"


class DigestPreference(models.Model):
    """Whether a person wants the weekly message. Without a row, she does."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="digest_preference")
    weekly = models.BooleanField("message hebdomadaire", default=True)
    changed_at = models.DateTimeField("changé le")

    class Meta:
        verbose_name = "choix des relances"

    def __str__(self) -> str:
        return "Reçoit les relances" if self.weekly else "Ne reçoit pas les relances"
