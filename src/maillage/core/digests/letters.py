"""The text of a digest: plain, short, and without a name, since a message may be forwarded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from maillage.core.digests.registry import Item, Waiting
from maillage.core.digests.week import Week
from maillage.kernel.errors import MaillageError

MOST_LISTED = 20
NBSP = "\u00a0"

# What writes messages on the machine itself, or nowhere.
LOCAL_BACKENDS = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
)


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def leaves_machine() -> bool:
    """Whether a message that is sent reaches somebody: a backend that is not known is held to do so."""
    return settings.EMAIL_BACKEND not in LOCAL_BACKENDS


def require_address() -> None:
    """Raises MaillageError when messages would leave with links that only open on this machine."""
    if leaves_machine() and not settings.MAILLAGE_SITE_URL:
        raise MaillageError(
            "Les messages porteraient des liens qui ne mènent nulle part. Donnez l'adresse publique du site dans le "
            "réglage MAILLAGE_SITE_URL, par exemple https://maillage.exemple.fr."
        )


def write(waiting: Waiting, *, week: Week, on: date) -> Letter:
    """The message that says what waits on a day."""
    listed = waiting.items[:MOST_LISTED]
    parts = [
        "Bonjour,",
        f"Voici ce qui vous attend dans {settings.MAILLAGE_NAME} au {date_format(on, 'j F Y')}.",
        _section("En retard", [item for item in listed if item.late]),
        _section("À faire", [item for item in listed if not item.late]),
        _left_out(len(waiting.items) - len(listed)),
        _silent(waiting.unavailable),
        f"Le détail{NBSP}: {_absolute(reverse('awaiting'))}",
        _why(),
    ]
    subject = f"{settings.MAILLAGE_NAME}{NBSP}: ce qui vous attend, {week.label}"
    return Letter(" ".join(subject.split("\n")), "\n\n".join(part for part in parts if part) + "\n")


def _section(title: str, items: Sequence[Item]) -> str:
    if not items:
        return ""
    return "\n".join([f"{title}{NBSP}:", *_lines(items)])


def _lines(items: Iterable[Item]) -> Iterable[str]:
    for item in items:
        due = f" (échéance{NBSP}: {date_format(item.due_on, 'j F Y')})" if item.due_on else ""
        yield f"- {item.label}{due}\n  {_absolute(item.url)}"


def _left_out(count: int) -> str:
    if count <= 0:
        return ""
    return "… et une autre chose." if count == 1 else f"… et {count} autres choses."


def _silent(unavailable: Sequence[str]) -> str:
    if not unavailable:
        return ""
    return f"Cette liste est incomplète, car indisponible pour{NBSP}: {', '.join(unavailable)}."


def _why() -> str:
    account = _absolute(reverse("account"))
    contact = f"\nUne question\u202f? {settings.MAILLAGE_CONTACT}" if settings.MAILLAGE_CONTACT else ""
    return (
        "Vous recevez ce message, une fois par semaine au plus, parce qu'un rôle vous est confié.\n"
        f"Pour ne plus le recevoir{NBSP}: {account}{contact}"
    )


def _absolute(path: str) -> str:
    site = settings.MAILLAGE_SITE_URL or "http://127.0.0.1:8000"
    return f"{site.rstrip('/')}{path}"
