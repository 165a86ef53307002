"""Making documents of contracts, and keeping the templates that they are made with."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import ContractKind, DocumentKind
from maillage.contracts.models import Contract, DocumentTemplate, GeneratedDocument
from maillage.contracts.paper import templates
from maillage.contracts.paper.making import make, make_example
from maillage.contracts.paper.subjects import Subject, subject_of
from maillage.contracts.services.texts import lock
from maillage.core import audit, files, jobs
from maillage.core.models import Job, StoredFile, User
from maillage.core.perms import require
from maillage.documents.enums import Format
from maillage.documents.renderers import CONTENT_TYPES
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

JOB = "contract.document"
REFUSED = "Vous ne pouvez pas produire de document de ce contrat."
TEMPLATES_REFUSED = "Les modèles de documents sont gérés par l'équipe de l'instance."


# --- documents --------------------------------------------------------------------------------------------------------


def produce(*, contract: Contract, key: str, format: str, by: User, at: datetime) -> GeneratedDocument:
    """Make a document and keep it. `key`: of `paper.subjects`. The database is not held while the file is drawn.

    The same document made again is not kept twice. Raises MaillageError for a key that names none, TemplateRefused
    where the deposited template cannot be filled.
    """
    require(perms.can_produce_documents(by, contract, localdate(at)), REFUSED)
    subject = _subject(contract, key)
    wanted = Format(format)
    template = None if wanted is Format.PDF else templates.in_use(subject.kind, contract.kind, wanted.value)
    content = make(subject.kind, wanted, subject.build(localdate(at)), _content(template))
    return _keep(contract=contract, subject=subject, format=wanted, template=template, content=content, by=by, at=at)


def _subject(contract: Contract, key: str) -> Subject:
    found = subject_of(contract, key)
    if found is None:
        raise MaillageError("Ce document n'existe pas, ou n'existe plus, pour ce contrat : choisissez dans la liste.")
    return found


def _content(template: DocumentTemplate | None) -> bytes | None:
    if template is None:
        return None
    with template.file.content.open("rb") as handle:
        held: bytes = handle.read()
    return held


@transaction.atomic
def _keep(
    *,
    contract: Contract,
    subject: Subject,
    format: Format,
    template: DocumentTemplate | None,
    content: bytes,
    by: User,
    at: datetime,
) -> GeneratedDocument:
    sha256 = hashlib.sha256(content).hexdigest()
    already = contract.documents.filter(title=subject.title, format=format.value, file__sha256=sha256)
    if (same := already.select_related("file").first()) is not None:
        return same
    stored = files.store(
        name=_file_name(contract, subject, format),
        content=content,
        content_type=CONTENT_TYPES[format],
        by=by,
        at=at,
    )
    made = GeneratedDocument.objects.create(
        contract=contract,
        version=subject.version,
        amendment=subject.amendment,
        sheet=subject.sheet,
        report=subject.report,
        kind=subject.kind,
        title=subject.title,
        format=format.value,
        template=template,
        file=stored,
        at=at,
        by=by,
    )
    audit.record(
        action="contract.document",
        obj=contract,
        by=by,
        at=at,
        summary=f"{contract} : {subject.title}, {format.value.upper()}",
        changes={"sha256": [None, stored.sha256], "template": [None, template.file.sha256 if template else "intégré"]},
        territory_code=contract.territory.code,
    )
    return made


def _file_name(contract: Contract, subject: Subject, format: Format) -> str:
    return f"{slugify(contract.reference)}-{slugify(subject.title)}.{format.value}"


@transaction.atomic
def ask_document(*, contract: Contract, key: str, format: str, by: User, at: datetime) -> Job:
    """Start the job that makes a long document."""
    locked = lock(contract)
    require(perms.can_produce_documents(by, locked, localdate(at)), REFUSED)
    subject = _subject(locked, key)
    parameters = {"contract_id": locked.pk, "key": key, "format": Format(format).value, "by_id": by.pk}
    return jobs.start(kind=JOB, title=f"{subject.title} ({locked})", parameters=parameters, by=by, at=at)


# --- templates --------------------------------------------------------------------------------------------------------


@transaction.atomic
def deposit_template(
    *, kind: str, contract_kind: str, format: str, file: files.Uploaded, by: User, at: datetime
) -> DocumentTemplate:
    """Keep a template and use it from now on; the one it replaces is withdrawn. `contract_kind` '': every nature.

    Raises InputRefused with everything that is to be mended in it: nothing is kept then.
    """
    require(perms.can_manage_templates(by, localdate(at)), TEMPLATES_REFUSED)
    document, nature = DocumentKind(kind), ContractKind(contract_kind).value if contract_kind else ""
    content = read_template(kind=kind, format=format, file=file)
    before = _in_place(document, nature, format)
    if before is not None:
        _withdraw(before, by, at)
    stored: StoredFile = files.store(
        name=file.name or f"modele.{format}", content=content, content_type=CONTENT_TYPES[Format(format)], by=by, at=at
    )
    made = DocumentTemplate.objects.create(
        kind=document, contract_kind=nature, format=Format(format).value, file=stored, at=at, by=by
    )
    _record("deposit", made, by, at)
    return made


def read_template(*, kind: str, format: str, file: files.Uploaded) -> bytes:
    """The bytes of a template. Raises InputRefused with everything that is to be mended, each by its place."""
    files.check_upload(file, {f".{format}"})
    file.seek(0)
    content = file.read()
    problems = templates.problems_of(content, kind, format)
    if problems:
        raise InputRefused(
            [InputProblem(None, None, str(one)) for one in problems],
            title="Le modèle est refusé, rien n'est enregistré.",
        )
    return content


def try_template(*, kind: str, format: str, file: files.Uploaded, by: User, at: datetime) -> bytes:
    """The document that a template gives of invented values; nothing is kept. Raises InputRefused."""
    require(perms.can_manage_templates(by, localdate(at)), TEMPLATES_REFUSED)
    return make_example(kind, Format(format), read_template(kind=kind, format=format, file=file))


@transaction.atomic
def withdraw_template(*, template: DocumentTemplate, by: User, at: datetime) -> DocumentTemplate:
    """Stop using a template. Documents made with it still name it."""
    require(perms.can_manage_templates(by, localdate(at)), TEMPLATES_REFUSED)
    held = DocumentTemplate.objects.select_for_update(of=("self",)).select_related("file").get(pk=template.pk)
    if held.withdrawn_at is not None:
        raise MaillageError("Ce modèle est déjà retiré.")
    _withdraw(held, by, at)
    return held


def _in_place(kind: str, contract_kind: str, format: str) -> DocumentTemplate | None:
    found = DocumentTemplate.objects.select_for_update(of=("self",)).select_related("file")
    return found.filter(kind=kind, contract_kind=contract_kind, format=format, withdrawn_at__isnull=True).first()


def _withdraw(held: DocumentTemplate, by: User, at: datetime) -> None:
    held.withdrawn_at, held.withdrawn_by = at, by
    held.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _record("withdraw", held, by, at)


def _record(name: str, template: DocumentTemplate, by: User, at: datetime) -> None:
    nature = template.get_contract_kind_display() if template.contract_kind else "toutes natures"
    done = "déposé" if name == "deposit" else "retiré"
    audit.record(
        action=f"document_template.{name}",
        obj=template,
        by=by,
        at=at,
        summary=f"Modèle {done} : {template.get_kind_display()}, {nature}, {template.format.upper()}",
        changes={"sha256": [None, template.file.sha256]},
    )
