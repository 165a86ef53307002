"""Reads about editions shared by pages and importers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet

from maillage.core.models import Job, User
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition

_CHUNK = 1024 * 1024


def editions() -> QuerySet[SourceEdition]:
    """Every edition, the latest first, with who loaded it."""
    return SourceEdition.objects.select_related("loaded_by").order_by("-loaded_at", "-pk")


def latest_edition(kind: str, part: str = "") -> SourceEdition | None:
    """The last edition of that kind and part that was loaded."""
    return SourceEdition.objects.filter(kind=kind, part=part).order_by("-pk").first()


def newest_vintage(kind: str, part: str = "") -> str:
    """The greatest vintage loaded for that kind and part; '' when none is."""
    found = SourceEdition.objects.filter(kind=kind, part=part).order_by("-vintage").values_list("vintage", flat=True)
    return found.first() or ""


def preview(key: UUID, user: User) -> Job | None:
    """The examination that a person asked for, by its key."""
    return Job.objects.filter(kind="import.preview", parameters__key=str(key), created_by=user).first()


def mark() -> int:
    """A number that grows with every edition: the same before and after means that nothing was loaded between."""
    return SourceEdition.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def label_of(kind: str) -> str:
    return EditionKind(kind).label if kind in EditionKind.values else kind


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
