"""Where figures come from: documents that assert, editions of files that were loaded."""

from __future__ import annotations

from django.db import models

from maillage.core.models import StoredFile, User
from maillage.sources.enums import EditionKind


class SourceDocument(models.Model):
    """A published document: report, slides, synthesis. It asserts figures, each at a locator."""

    code = models.CharField("code", max_length=40, unique=True)
    title = models.CharField("titre", max_length=300)
    publisher = models.CharField("éditeur", max_length=200, blank=True)
    printed_on = models.CharField("date imprimée", max_length=60, blank=True, help_text="Telle qu'imprimée.")
    note = models.CharField("note", max_length=500, blank=True)
    url = models.URLField("adresse", blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "document"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class SourceEdition(models.Model):
    """One file, as loaded: producer, vintage, checksum, when and by whom. Loading the same file twice changes nothing.

    `part` tells apart files of one kind that do not replace each other; `scope` lists the codes of what the file covers
    (départements, for a file of communes), so that a file of one region does not put out of force that of the country.
    """

    kind = models.CharField("nature", max_length=20, choices=EditionKind.choices)
    title = models.CharField("intitulé", max_length=300)
    publisher = models.CharField("producteur", max_length=200, blank=True)
    vintage = models.CharField("millésime", max_length=20, blank=True)
    licence = models.CharField("licence", max_length=100, blank=True)
    origin = models.CharField("nom du fichier ou adresse", max_length=300, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="fichier gardé"
    )
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    part = models.CharField("partie", max_length=40, blank=True)
    scope = models.JSONField("étendue", default=list, blank=True)
    rows = models.PositiveIntegerField("lignes", default=0)
    report = models.JSONField("compte rendu", default=dict)
    loaded_at = models.DateTimeField("chargé le")
    loaded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    is_current = models.BooleanField("en vigueur", default=True)

    class Meta:
        verbose_name = "édition de source"
        ordering = ["-loaded_at", "-pk"]
        indexes = [models.Index(fields=["kind", "part", "vintage"], name="sources_edition_kind")]

    def __str__(self) -> str:
        return self.title
