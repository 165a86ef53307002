"""What a partner answers, and what the check makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.collection import perms
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import figures_of, is_open_to_answers, request_facts
from maillage.collection.services.campaigns import locked_request
from maillage.collection.services.reading import FIELDS, Answered
from maillage.core import audit
from maillage.core import perms as core_perms
from maillage.core.models import AuditEntry, User
from maillage.engines.lifecycle.collection import REQUEST
from maillage.kernel.errors import MaillageError

NOT_EDITABLE = "Cette réponse ne se modifie plus : elle est transmise ou validée, ou la collecte n'est pas ouverte."
MAX_REVIEW = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer for one figure. `base` is the revision its writer saw; None when nothing was seen (a spreadsheet)."""

    answered: Answered
    base: int | None = None


class EntryConflict(MaillageError):
    """Someone else changed the same figures meanwhile: `figures` are as they stand now, nothing was written."""

    def __init__(self, figures: Sequence[RequestedFigure]) -> None:
        self.figures = tuple(figures)
        super().__init__(
            f"{len(self.figures)} chiffre(s) ont été enregistrés par quelqu'un d'autre pendant que vous écriviez. "
            "Votre saisie n'est pas perdue : comparez, puis enregistrez à nouveau."
        )


@transaction.atomic
def enter(
    *, figure_request: FigureRequest, entries: Mapping[int, Entry], by: User, at: datetime, origin: str = ""
) -> list[RequestedFigure]:
    """Write answers, by primary key of their figure; returns those that changed. The same answer changes nothing.

    `origin` names the spreadsheet they came from, for the journal. Raises EntryConflict and writes nothing when one of
    them was changed by somebody else since it was read.
    """
    figure_request = _opened(figure_request, by, at)
    figures = {one.pk: one for one in figures_of(figure_request)}
    if not set(entries) <= set(figures):
        raise MaillageError("Un des chiffres n'appartient pas à cette liste : rouvrez la page, puis recommencez.")
    changed = [
        (figures[pk], _differences(figures[pk], one.answered))
        for pk, one in entries.items()
        if _differences(figures[pk], one.answered)
    ]
    crossed = [one for one, _ in changed if entries[one.pk].base not in (None, one.revision)]
    if crossed:
        raise EntryConflict(crossed)
    for figure, _ in changed:
        for name in FIELDS:
            setattr(figure, name, getattr(entries[figure.pk].answered, name))
        figure.revision += 1
        figure.entered_at, figure.entered_by = at, by
    written = [figure for figure, _ in changed]
    RequestedFigure.objects.bulk_update(written, [*FIELDS, "revision", "entered_at", "entered_by"])
    audit.record_all(_line(figure, changes, by, at, origin) for figure, changes in changed)
    return written


@transaction.atomic
def submit(*, figure_request: FigureRequest, by: User, at: datetime) -> FigureRequest:
    """Send the whole list to be checked. Raises TransitionRefused, saying how many figures are missing."""
    figure_request = _locked_for(figure_request, by, at)
    _move("submit", figure_request, by, at)
    figure_request.submitted_at, figure_request.submitted_by = at, by
    figure_request.save(update_fields=["status", "submitted_at", "submitted_by"])
    _record("request.submit", figure_request, by, at, "Réponse transmise")
    return figure_request


@transaction.atomic
def withdraw(*, figure_request: FigureRequest, by: User, at: datetime) -> FigureRequest:
    """Take an answer back before it is checked."""
    figure_request = _locked_for(figure_request, by, at)
    _move("withdraw", figure_request, by, at)
    figure_request.submitted_at = figure_request.submitted_by = None
    figure_request.save(update_fields=["status", "submitted_at", "submitted_by"])
    _record("request.withdraw", figure_request, by, at, "Réponse reprise")
    return figure_request


@transaction.atomic
def validate(*, figure_request: FigureRequest, by: User, at: datetime) -> FigureRequest:
    """Accept an answer: its figures change no more, and may be consolidated. The remarks have been answered."""
    figure_request = _locked_for(figure_request, by, at)
    _move("validate", figure_request, by, at)
    figure_request.validated_at, figure_request.validated_by, figure_request.remark = at, by, ""
    figure_request.save(update_fields=["status", "validated_at", "validated_by", "remark"])
    figure_request.figures.exclude(review="").update(review="")
    _record("request.validate", figure_request, by, at, "Réponse validée")
    return figure_request


@transaction.atomic
def ask(
    *, figure_request: FigureRequest, remarks: Mapping[int, str], by: User, at: datetime, remark: str = ""
) -> FigureRequest:
    """Ask to complete an answer: `remarks` by primary key of their figure, `remark` on the whole.

    Raises TransitionRefused when nothing is said.
    """
    figure_request = _locked_for(figure_request, by, at)
    said = {pk: text.strip()[:MAX_REVIEW] for pk, text in remarks.items() if text.strip()}
    _move("ask", figure_request, by, at, comments=len(said) + bool(remark.strip()))
    figures = list(figures_of(figure_request))
    lines = []
    for figure in figures:
        before, figure.review = figure.review, said.get(figure.pk, "")
        if figure.review:
            lines.append(_line(figure, {"review": [before, figure.review]}, by, at, "", "Complément demandé"))
    RequestedFigure.objects.bulk_update(figures, ["review"])
    figure_request.remark = remark.strip()
    figure_request.save(update_fields=["status", "remark"])
    audit.record_all(lines)
    _record("request.ask", figure_request, by, at, "Complément demandé", {"reason": [None, figure_request.remark]})
    return figure_request


@transaction.atomic
def unlock(*, figure_request: FigureRequest, reason: str, by: User, at: datetime) -> FigureRequest:
    """Open again an answer that was validated, with a reason."""
    figure_request = _locked_for(figure_request, by, at)
    _move("unlock", figure_request, by, at, reason=reason)
    figure_request.validated_at = figure_request.validated_by = None
    figure_request.remark = reason.strip()
    figure_request.save(update_fields=["status", "validated_at", "validated_by", "remark"])
    _record("request.unlock", figure_request, by, at, "Réponse rouverte", {"reason": [None, reason.strip()]})
    return figure_request


def _opened(figure_request: FigureRequest, by: User, at: datetime) -> FigureRequest:
    """The row to write answers in. Raises MaillageError when it takes none now."""
    figure_request = _locked_for(figure_request, by, at)
    core_perms.require(perms.can_answer(by, figure_request, localdate(at)), perms.ANSWER_REFUSED)
    if not is_open_to_answers(figure_request):
        raise MaillageError(NOT_EDITABLE)
    return figure_request


def _locked_for(figure_request: FigureRequest, by: User, at: datetime) -> FigureRequest:
    """The locked row, for someone who may see it at all."""
    found = locked_request(figure_request)
    core_perms.require(perms.can_view_request(by, found, localdate(at)), perms.ANSWER_REFUSED)
    return found


def _move(name: str, figure_request: FigureRequest, by: User, at: datetime, **said: Any) -> None:
    """Set the next state, from the table."""
    facts = request_facts(figure_request, list(figure_request.figures.order_by("position", "pk"))) | said
    roles = perms.roles_on_request(by, figure_request, localdate(at))
    figure_request.status = REQUEST.next_state(name, figure_request.status, roles, facts)


def _differences(figure: RequestedFigure, answered: Answered) -> dict[str, list[str | None]]:
    """Field → before and after, as the journal keeps them; empty when the answer is the same."""
    pairs = ((name, getattr(figure, name), getattr(answered, name)) for name in FIELDS)
    return {name: [_told(before), _told(after)] for name, before, after in pairs if before != after}


def _told(value: object) -> str | None:
    return None if value is None else str(value)


def _line(
    figure: RequestedFigure,
    changes: Mapping[str, Any],
    by: User,
    at: datetime,
    origin: str,
    verb: str = "Chiffre saisi",
) -> AuditEntry:
    return audit.line(
        action="figure.enter" if verb == "Chiffre saisi" else "figure.review",
        obj=figure,
        by=by,
        at=at,
        summary=f"{verb} : {figure.indicator.label}, {figure.territory.name}, {figure.period}",
        changes=dict(changes) | ({"origin": [None, origin]} if origin else {}),
        territory_code=figure.territory.code,
    )


def _record(
    action: str,
    figure_request: FigureRequest,
    by: User,
    at: datetime,
    summary: str,
    changes: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        action=action,
        obj=figure_request,
        by=by,
        at=at,
        summary=f"{summary} : {figure_request.partner}",
        changes=changes,
        territory_code=figure_request.territory.code,
    )
