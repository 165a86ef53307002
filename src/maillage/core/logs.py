"""Structured logs without personal data: one JSON object a line, of fields that are listed here and no others.

A message is a fixed sentence; what varies goes in `extra`, under a listed name. Other libraries put addresses, accounts
and values in their messages: of them we keep the sentence before anything is filled in, of exceptions the type and the
places in the code, never the text (a database quotes the row that it refuses).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

logger = logging.getLogger("maillage.request")

FIELDS = ("method", "route", "status", "duration_ms", "user", "job", "kind", "worker", "count", "event")

request_id: ContextVar[str] = ContextVar("request_id", default="")

_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_QUERY = re.compile(r"\?\S+")


def scrub(text: str) -> str:
    """Last guard for a sentence that was already filled in: no address, no query."""
    return _QUERY.sub("?…", _EMAIL.sub("…@…", text))


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(trace)][-12:]


class JsonFormatter(logging.Formatter):
    """One line of JSON. Only the fields of `FIELDS` are written."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(str(record.msg)),
        }
        if request_id.get():
            line["request"] = request_id.get()
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__qualname__
            line["frames"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def pseudonym(user_pk: int) -> str:
    """Tells two users apart in the log without naming them: nobody finds the account without the instance's secret."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"log:{user_pk}".encode(), hashlib.sha256).hexdigest()[:12]


class RequestLogMiddleware:
    """One line a request: its route by name, never its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        identifier = uuid.uuid4().hex
        token = request_id.set(identifier)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = identifier
            self._log(request, response.status_code, started)
            return response
        finally:
            request_id.reset(token)

    def _log(self, request: HttpRequest, status: int, started: float) -> None:
        match = request.resolver_match
        extra: dict[str, Any] = {
            "method": request.method,
            "route": (match.view_name or "unnamed") if match is not None else "unresolved",
            "status": status,
            "duration_ms": round((time.perf_counter() - started) * 1000, 1),
        }
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            extra["user"] = pseudonym(user.pk)
        logger.info("request", extra=extra)
