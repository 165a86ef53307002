"""How an instance sends its messages, from one address such as `smtp://account:password@server:587/?tls=1`."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from maillage.kernel.errors import MaillageError

_BACKENDS = "django.core.mail.backends"
_SECONDS = 30  # a server that does not answer must not keep the worker

FORMS = "console:, file:///dossier, smtp://serveur:25, smtp://compte:motdepasse@serveur:587/?tls=1, smtps://serveur:465"


class MailAddressInvalid(MaillageError):
    """An address that says no way of sending; its password is never repeated."""


def mail_settings(url: str) -> dict[str, Any]:
    """Django's settings for an address; messages are shown on the console when it is empty."""
    parts = urlsplit(url or "console:")
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{_BACKENDS}.console.EmailBackend"}
    if parts.scheme == "file" and parts.path.strip("/"):
        return {"EMAIL_BACKEND": f"{_BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        return _smtp(parts)
    raise MailAddressInvalid(f"MAILLAGE_EMAIL_URL est mal écrit. Formes possibles : {FORMS}.")


def _smtp(parts: SplitResult) -> dict[str, Any]:
    try:
        port = parts.port
    except ValueError:
        raise MailAddressInvalid("MAILLAGE_EMAIL_URL : le port est un nombre de 1 à 65535.") from None
    wrapped = parts.scheme == "smtps"
    started = not wrapped and parse_qs(parts.query).get("tls", ["0"])[-1] == "1"
    return {
        "EMAIL_BACKEND": f"{_BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if wrapped else 587 if started else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": wrapped,
        "EMAIL_USE_TLS": started,
        "EMAIL_TIMEOUT": _SECONDS,
    }
