"""The page that asks once more before an action that matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def confirm_page(
    request: HttpRequest,
    *,
    title: str,
    message: str,
    submit: str,
    cancel_url: str,
    danger: bool = False,
    details: Sequence[tuple[str, Any]] = (),
    form: Any = None,
) -> HttpResponse:
    """Show what will happen, and a button that posts to the same address. `form` asks for a reason, say."""
    context = {
        "title": title,
        "message": message,
        "submit": submit,
        "cancel_url": cancel_url,
        "danger": danger,
        "details": list(details),
        "form": form,
    }
    return render(request, "ui/confirm.html", context)
