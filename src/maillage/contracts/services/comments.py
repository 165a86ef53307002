"""Comments on a field of the text: said, answered, closed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.models import Contract, FieldComment
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.services.texts import lock
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.contract_text import field_at, label_of, part_at
from maillage.engines.lifecycle.contracts import OPEN_TO_CHANGE, OPEN_WHERE_COMMENTED
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

MAX_BODY = 2000


@transaction.atomic
def comment(*, contract: Contract, path: str, body: str, by: User, at: datetime) -> FieldComment:
    """Say something of a field, or of a whole sheet or line. While corrections are asked, it re-opens that field."""
    locked = lock(contract)
    require(perms.is_party(by, locked, localdate(at)), "Vous ne pouvez pas commenter ce contrat.")
    if field_at(path) is None and part_at(path) is None:
        raise ValueError(f"no such field: {path}")
    draft = draft_of(locked)
    if draft.status not in OPEN_TO_CHANGE | OPEN_WHERE_COMMENTED:
        raise MaillageError("Le texte n'est plus en négociation : rouvrez-la pour le commenter.")
    text = _said(body)
    made = FieldComment.objects.create(contract=locked, amendment=draft.amendment, path=path, body=text, by=by, at=at)
    _record("contract.comment", made, by, at, [None, text])
    return made


@transaction.atomic
def answer(*, comment: FieldComment, body: str, by: User, at: datetime) -> FieldComment:
    """Answer a comment; answering again replaces the answer, and the journal keeps both."""
    held = _lock(comment)
    require(perms.is_party(by, held.contract, localdate(at)), "Vous ne pouvez pas répondre sur ce contrat.")
    _refuse_closed(held)
    before, held.answer = held.answer, _said(body)
    held.answered_by, held.answered_at = by, at
    held.save(update_fields=["answer", "answered_by", "answered_at"])
    _record("contract.comment_answered", held, by, at, [before or None, held.answer])
    return held


@transaction.atomic
def close_comment(*, comment: FieldComment, by: User, at: datetime) -> FieldComment:
    """Close a comment: by who wrote it, or by the State's team."""
    held = _lock(comment)
    allowed = held.by_id == by.pk or perms.is_state_team(by, held.contract, localdate(at))
    require(allowed, "Seul l'auteur du commentaire, ou l'équipe de l'État, peut le clore.")
    _refuse_closed(held)
    held.closed_by, held.closed_at = by, at
    held.save(update_fields=["closed_by", "closed_at"])
    _record("contract.comment_closed", held, by, at, ["open", "closed"])
    return held


def _lock(comment: FieldComment) -> FieldComment:
    contract = lock(comment.contract)
    held = FieldComment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
    held.contract = contract
    return held


def _refuse_closed(held: FieldComment) -> None:
    if held.closed_at is not None:
        raise MaillageError("Ce commentaire est clos.")


def _said(body: str) -> str:
    text = body.strip()
    if not text or len(text) > MAX_BODY:
        raise InputRefused([InputProblem(None, "commentaire", f"Écrivez de 1 à {MAX_BODY} caractères.")])
    return text


def _record(action: str, said: FieldComment, by: User, at: datetime, change: list[str | None]) -> None:
    audit.record(
        action=action,
        obj=said.amendment or said.contract,
        by=by,
        at=at,
        summary=f"{said.contract} : commentaire sur {label_of(said.path)}",
        changes={said.path: change},
        territory_code=said.contract.territory.code,
    )
