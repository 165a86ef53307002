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
IN_FORCE, REPLACED = "en-vigueur", "remplacee"  # as the history page's address says them


def editions(*, kind: str = "", state: str = "") -> QuerySet[SourceEdition]:
    """Editions, the latest first, with who loaded them; of one kind, in force or replaced, where these are asked."""
    found = SourceEdition.objects.select_related("loaded_by").order_by("-loaded_at", "-pk")
    if kind:
        found = found.filter(kind=kind)
    return found.filter(is_current=state == IN_FORCE) if state else found


def kinds_loaded() -> list[tuple[str, str]]:
    """(code, French label) of the kinds that have an edition, by label."""
    kinds = SourceEdition.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return sorted(((kind, label_of(kind)) for kind in kinds), key=lambda pair: pair[1])


def latest_edition(kind: str, part: str = "") -> SourceEdition | None:
    """The last edition of that kind and part that was loaded."""
    return SourceEdition.objects.filter(kind=kind, part=part).order_by("-pk").first()


def newest_vintage(kind: str, part: str = "") -> str:
    """The greatest vintage in force for that kind and part; '' when none is."""
    current = SourceEdition.objects.filter(kind=kind, part=part, is_current=True)
    return current.order_by("-vintage").values_list("vintage", flat=True).first() or ""


def since(edition: SourceEdition) -> QuerySet[SourceEdition]:
    """The editions of the same kind and part that were loaded after this one."""
    return SourceEdition.objects.filter(kind=edition.kind, part=edition.part, pk__gt=edition.pk).order_by("pk")


def in_force_with(edition: SourceEdition) -> list[SourceEdition]:
    """What was in force for this kind and part once this edition was loaded, the oldest first, itself last.

    A file of one region leaves that of the country in force: what the database held then came from both.
    """
    force: list[SourceEdition] = []
    until = SourceEdition.objects.filter(kind=edition.kind, part=edition.part, pk__lte=edition.pk)
    for one in until.select_related("file").order_by("pk"):
        restored = one.report.get("restores")
        if restored is not None:
            force = [other for other in force if other.pk <= restored]
        covered = set(one.scope)
        force = [other for other in force if covered and not set(other.scope) <= covered]
        force.append(one)
    return force


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
