"""Comments on fields: the thread of one field, and all those of a contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.contracts.models import Contract, FieldComment
from maillage.contracts.selectors.comparison import shown_at
from maillage.contracts.selectors.threads import Reader, Thread, thread, thread_id, threads_of
from maillage.contracts.services.comments import answer, close_comment, comment
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.contracts.views.places import address_of
from maillage.contracts.views.writing import Desk
from maillage.core import clock
from maillage.engines.contract_text import at_path, bad_code, field_at, part_at
from maillage.kernel.errors import InputRefused, MaillageError


def reader_of(request: HttpRequest, desk: Desk) -> Reader:
    return Reader(user_of(request), desk.is_party, desk.is_state_team, desk.may_write)


@require_safe
def contract_comments(request: HttpRequest, pk: int) -> HttpResponse:
    """All the comments of what is negotiated: the fields with open ones first."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    found = threads_of(desk.draft, reader_of(request, desk), desk.names)
    opened = [one for one in found.values() if one.open]
    context = frame(contract, "contract-negotiation") | {
        "banner": desk.banner,
        "opened": [_placed(desk, one) for one in opened],
        "closed": [_placed(desk, one) for one in found.values() if not one.open],
        "count": sum(one.open for one in opened),
        "waiting": sum(said.waits for one in opened for said in one.said),
        "form_url": reverse("contract-comment", args=[pk]),
        "back_url": request.path,
    }
    return render(request, "contracts/comments.html", context)


def _placed(desk: Desk, found: Thread) -> dict[str, Any]:
    value = at_path(desk.draft.text, found.path)
    return {
        "thread": found,
        "url": address_of(desk.contract, found.path),
        "value": shown_at(found.path, value, desk.names) if value is not None else "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def contract_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """One field: what is said of it, and a place to say more. A script is answered by the thread alone."""
    contract = contract_or_404(request, pk)
    path = _path_asked(request)
    if request.method != "POST":
        return _thread_page(request, contract, path)
    body = request.POST.get(f"body-{path}", request.POST.get("body", ""))

    def say() -> FieldComment:
        return comment(contract=contract, path=path, body=body, by=user_of(request), at=clock.now())

    return _done(request, contract, path, say, "Le commentaire est enregistré.", body)


@require_POST
def comment_answer(request: HttpRequest, pk: int, comment_pk: int) -> HttpResponse:
    contract = contract_or_404(request, pk)
    held = get_object_or_404(FieldComment, pk=comment_pk, contract=contract)
    body = request.POST.get(f"answer-{held.pk}", "")

    def reply() -> FieldComment:
        return answer(comment=held, body=body, by=user_of(request), at=clock.now())

    return _done(request, contract, held.path, reply, "La réponse est enregistrée.", body, answering=held.pk)


@require_POST
def comment_close(request: HttpRequest, pk: int, comment_pk: int) -> HttpResponse:
    contract = contract_or_404(request, pk)
    held = get_object_or_404(FieldComment, pk=comment_pk, contract=contract)

    def close() -> FieldComment:
        return close_comment(comment=held, by=user_of(request), at=clock.now())

    return _done(request, contract, held.path, close, "Le commentaire est clos.", "")


def _path_asked(request: HttpRequest) -> str:
    path = (request.POST if request.method == "POST" else request.GET).get("champ", "")
    if bad_code(path) or (field_at(path) is None and part_at(path) is None):
        raise Http404
    return path


def _done(
    request: HttpRequest,
    contract: Contract,
    path: str,
    do: Callable[[], FieldComment],
    message: str,
    body: str,
    *,
    answering: int | None = None,
) -> HttpResponse:
    """Do it; a refusal is said in the thread, with what was typed."""
    is_script = bool(request.headers.get("HX-Request"))
    try:
        do()
    except MaillageError as error:
        said = " ".join(error.lines()) if isinstance(error, InputRefused) else error.message_fr
        return _thread_page(request, contract, path, refused=said, typed=body, answering=answering)
    if is_script:
        return _thread_page(request, contract, path)
    messages.success(request, message)
    return redirect(_after(request, contract, path))


def _after(request: HttpRequest, contract: Contract, path: str) -> str:
    asked = request.POST.get("suite", "")
    fallback = reverse("contract-comments", args=[contract.pk])
    allowed = url_has_allowed_host_and_scheme(asked, allowed_hosts=None, require_https=False) and asked.startswith("/")
    return f"{asked}#{thread_id(path)}" if allowed else fallback


def _thread_page(
    request: HttpRequest,
    contract: Contract,
    path: str,
    *,
    refused: str = "",
    typed: str = "",
    answering: int | None = None,
) -> HttpResponse:
    desk = Desk.of(request, contract)
    reader = reader_of(request, desk)
    found = threads_of(desk.draft, reader, desk.names).get(path) or thread(path, [], reader, desk.names)
    is_script = bool(request.headers.get("HX-Request"))
    context = {
        "contract": contract,
        "thread": found,
        "refused": refused,
        "typed": typed,
        "answering": answering,
        "form_id": "commenter",
    }
    if not is_script:
        value = at_path(desk.draft.text, path)
        context |= frame(contract, "contract-negotiation") | {
            "value": shown_at(path, value, desk.names) if value is not None else "",
            "url": address_of(contract, path),
            "form_url": reverse("contract-comment", args=[contract.pk]),
            "back_url": reverse("contract-comments", args=[contract.pk]),
        }
    template = "contracts/_thread.html" if is_script else "contracts/comment.html"
    status = 422 if refused and not is_script else 200  # htmx shows an answer that is not an error only
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response
