"""The stored files of a contract: attachments, evidence (withdrawn or not), documents produced, vouchers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from django.utils.text import slugify

from maillage.contracts.archive.tables import ArchiveTable, FileRef
from maillage.contracts.archive.writer import Unreadable, Writer
from maillage.contracts.models import Attachment, Contract, Evidence, GeneratedDocument, Movement
from maillage.core.models import StoredFile

ABSENT = "fichier absent du stockage, il n'est pas dans l'archive"
ALTERED = "fichier altéré : son contenu n'a plus l'empreinte notée à son dépôt"
BROKEN = "fichier illisible : l'archive n'en contient que le début"


@dataclass(frozen=True, slots=True)
class Item:
    """A stored file and why it is there. `path`: its place in the archive."""

    path: str
    stored: StoredFile
    nature: str
    title: str
    about: str
    dated_on: date | None
    at: datetime
    by: str
    withdrawn: str = ""


@dataclass(slots=True)
class Outcomes:
    """What became of each file: path → what is wrong ('' nothing), path → the sum found."""

    notes: dict[str, str] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)

    def problems(self, items: Sequence[Item]) -> list[str]:
        """One sentence for each file that is not as it was deposited, in French."""
        wrong = [one for one in items if self.notes.get(one.path)]
        return list(dict.fromkeys(f"{one.title} ({one.path}) : {self.notes[one.path]}." for one in wrong))

    def resolved(self, table: ArchiveTable) -> ArchiveTable:
        """The table, its references to files told what became of them."""
        return replace(table, rows=[[self._cell(value) for value in row] for row in table.rows])

    def _cell(self, value: Any) -> Any:
        if not isinstance(value, FileRef) or not value.path:
            return value
        note = self.notes.get(value.path, "")
        return FileRef("" if note == ABSENT else value.path, note or value.note)


def items_of(contract: Contract) -> list[Item]:
    """Every file of a contract, in the order of its place in the archive."""
    found = [*_attachments(contract), *_evidence(contract), *_documents(contract), *_vouchers(contract)]
    return sorted(found, key=lambda one: one.path)


def path_of(folder: str, stored: StoredFile, title: str) -> str:
    """A plain name, whatever people called the file: its key, the beginning of its title, its extension."""
    suffix = PurePosixPath(stored.name).suffix.lower()
    kept = suffix if suffix[1:].isalnum() and suffix.isascii() else ""
    return f"fichiers/{folder}/{stored.pk:06d}-{slugify(title)[:50].strip('-') or 'fichier'}{kept}"


def _attachments(contract: Contract) -> Iterator[Item]:
    for one in contract.attachments.select_related("file", "by", "version", "amendment"):
        about = f"version {one.version.number}" if one.version else _amendment(one) or "contrat"
        yield Item(
            attachment_path(one),
            one.file,
            one.get_kind_display(),
            one.title,
            about,
            one.dated_on,
            one.at,
            _name(one.by),
        )


def _amendment(one: Attachment) -> str:
    return f"avenant {one.amendment.number}" if one.amendment else ""


def attachment_path(one: Attachment) -> str:
    return path_of("pieces", one.file, one.title)


def _evidence(contract: Contract) -> Iterator[Item]:
    for one in Evidence.objects.filter(sheet__contract=contract).select_related("file", "by", "sheet"):
        withdrawn = one.withdrawn_reason if one.withdrawn_at else ""
        about = f"fiche {one.sheet.code}"
        yield Item(
            evidence_path(one),
            one.file,
            f"Preuve, {one.get_kind_display().lower()}",
            one.title,
            about,
            one.dated_on,
            one.at,
            _name(one.by),
            withdrawn,
        )


def evidence_path(one: Evidence) -> str:
    """Those that were withdrawn are in the archive too, apart."""
    return path_of("preuves-retirees" if one.withdrawn_at else "preuves", one.file, one.title)


def _documents(contract: Contract) -> Iterator[Item]:
    documents = contract.documents.select_related("file", "by", "version", "amendment", "sheet", "report")
    for one in documents:
        title = f"{one.get_kind_display()} ({one.format.upper()})"
        yield Item(
            document_path(one), one.file, "Document produit", title, about_document(one), None, one.at, _name(one.by)
        )


def document_path(one: GeneratedDocument) -> str:
    return path_of("documents", one.file, one.get_kind_display())


def about_document(one: GeneratedDocument) -> str:
    parts = [
        f"version {one.version.number}" if one.version else "",
        f"avenant {one.amendment.number}" if one.amendment else "",
    ]
    parts += [f"fiche {one.sheet.code}" if one.sheet else "", f"année {one.report.year}" if one.report else ""]
    return ", ".join(part for part in parts if part) or "contrat"


def _vouchers(contract: Contract) -> Iterator[Item]:
    movements = Movement.objects.filter(line__sheet__contract=contract)
    for one in movements.select_related("file", "by", "line__sheet"):
        if one.file is None:
            continue
        about = f"fiche {one.line.sheet.code}, ligne {one.line.key}"
        title = f"{one.get_stage_display()} {one.dated_on:%Y-%m-%d}"
        yield Item(
            voucher_path(one), one.file, "Pièce d'un mouvement", title, about, one.dated_on, one.at, _name(one.by)
        )


def voucher_path(one: Movement) -> str:
    return path_of("mouvements", one.file, f"{one.stage} {one.dated_on}") if one.file is not None else ""


def _name(user: Any) -> str:
    return str(user) if user is not None else "Le système"


# --- copying --------------------------------------------------------------------------------------------------------


def copy_all(writer: Writer, items: Sequence[Item], advance: Any) -> Outcomes:
    """Copy each file once; what cannot be copied is said, and the rest goes on. `advance(done, total)`."""
    outcomes = Outcomes()
    for rank, one in enumerate(items):
        advance(rank, len(items))
        if one.path not in outcomes.notes:
            outcomes.notes[one.path] = _copy(writer, one, outcomes)
    return outcomes


def _copy(writer: Writer, one: Item, outcomes: Outcomes) -> str:
    try:
        source = one.stored.content.open("rb")
    except OSError:
        return ABSENT
    with source:
        try:
            entry = writer.copy(one.path, source, one.stored.size)
        except Unreadable:
            return BROKEN
    outcomes.sums[one.path] = entry.sha256
    return "" if entry.sha256 == one.stored.sha256 else ALTERED


def files_table(items: Sequence[Item], outcomes: Outcomes) -> ArchiveTable:
    """Every file, with the sum noted at its deposit and the one found."""
    header = (
        "Fichier", "Nom au dépôt", "Nature", "Intitulé", "Se rapporte à", "Date de la pièce", "Déposé le", "Par",
        "Taille (octets)", "Empreinte au dépôt (SHA-256)", "Empreinte trouvée", "État", "Motif du retrait",
    )  # fmt: skip
    rows = [
        (
            FileRef(one.path), one.stored.name, one.nature, one.title, one.about, one.dated_on or "", one.at, one.by,
            one.stored.size, one.stored.sha256, outcomes.sums.get(one.path), outcomes.notes.get(one.path) or "intact",
            one.withdrawn,
        )
        for one in items
    ]  # fmt: skip
    return outcomes.resolved(ArchiveTable("fichiers", "Fichiers déposés et produits", header, rows))
