"""Codes that the documents share, with their French labels."""

from __future__ import annotations

from django.db import models


class Format(models.TextChoices):
    """The files that a document is given as."""

    PDF = "pdf", "PDF"
    ODT = "odt", "ODT"
    DOCX = "docx", "DOCX"
