"""Templates that agents edit, and the documents made from contracts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.contracts.enums import ContractKind, DocumentKind
from maillage.contracts.models.contract import Amendment, Contract, ContractVersion
from maillage.contracts.models.results import ExecutionReport
from maillage.contracts.models.sheet import ActionSheet
from maillage.core.models import StoredFile, User


class DocumentTemplate(models.Model):
    """A template uploaded by the team: one is in use by document, nature and format; without any, the built-in one."""

    kind = models.CharField("document", max_length=16, choices=DocumentKind.choices)
    contract_kind = models.CharField("nature de contrat", max_length=12, choices=ContractKind.choices, blank=True)
    format = models.CharField("format", max_length=4)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    at = models.DateTimeField("déposé le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "modèle de document"
        verbose_name_plural = "modèles de documents"
        ordering = ["kind", "contract_kind", "format", "-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "contract_kind", "format"],
                condition=Q(withdrawn_at__isnull=True),
                name="contracts_one_template_in_use",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.format}"


class GeneratedDocument(models.Model):
    """A document made from a contract: what it shows, from which version, with which template."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="documents")
    version = models.ForeignKey(ContractVersion, models.PROTECT, null=True, blank=True, related_name="documents")
    amendment = models.ForeignKey(Amendment, models.PROTECT, null=True, blank=True, related_name="documents")
    # A sheet in negotiation may go, and the draft that was printed of it stays: its title says what it was.
    sheet = models.ForeignKey(ActionSheet, models.SET_NULL, null=True, blank=True, related_name="documents")
    report = models.ForeignKey(ExecutionReport, models.PROTECT, null=True, blank=True, related_name="documents")
    kind = models.CharField("document", max_length=16, choices=DocumentKind.choices)
    title = models.CharField("intitulé", max_length=250)
    format = models.CharField("format", max_length=4)
    template = models.ForeignKey(DocumentTemplate, models.PROTECT, null=True, blank=True, related_name="+")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    at = models.DateTimeField("produit le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "document produit"
        verbose_name_plural = "documents produits"
        ordering = ["contract", "-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.format}"
