"""Messages of the last action, and the button that undoes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from maillage.ui.components import safe_url

KINDS = {"debug": "info", "info": "info", "success": "success", "warning": "warning", "error": "error"}
_UNDO = "undo:"


@dataclass(frozen=True)
class Shown:
    """A message as the page shows it; `undo_url` receives a POST."""

    kind: str
    text: str
    undo_url: str = ""


def undoable(request: HttpRequest, text: str, *, undo_url: str) -> None:
    """Say what was done, with a button « Annuler » that posts to `undo_url`."""
    messages.success(request, text, extra_tags=f"{_UNDO}{undo_url}")


def shown(stored: Iterable[Message]) -> list[Shown]:
    return [
        Shown(
            kind=KINDS.get(message.level_tag, "info"),
            text=str(message),
            undo_url=safe_url((message.extra_tags or "").removeprefix(_UNDO)),
        )
        for message in stored
    ]
