"""What no test may let pass, whatever it is about. Installed by `conftest.py` for every test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template import engines
from django.template.backends.django import DjangoTemplates

from maillage.core import triggers

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

# A page that is only read may leave a trace of its reading: journal, session, cache, lockout counters.
TRACES = re.compile(r"^(core_auditentry|django_session|core_cache|axes_\w+)$")

_WRITE = re.compile(
    r"^\s*(?:WITH\b.*?\)\s*)?(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM"
    r"|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO|(?:ALTER|CREATE|DROP)\s+\w+(?:\s+IF\s+(?:NOT\s+)?EXISTS)?)\s+"
    r'(?:ONLY\s+)?["`\[]?(?P<table>\w+)',
    re.IGNORECASE | re.DOTALL,
)


def written_table(sql: str) -> str | None:
    """The table that a statement writes, or None when it only reads (or leaves a permitted trace)."""
    match = _WRITE.match(sql)
    if match is None:
        return None
    table = match["table"]
    return None if TRACES.match(table) else table


class UndefinedVariable(str):
    """Stands for a template variable that nobody gave: showing it fails the test."""

    __slots__ = ()

    def __mod__(self, variable: object) -> str:
        pytest.fail(f"Undefined template variable: {variable}")


def undefined_variables_fail() -> Callable[[], None]:
    """Templates of every engine refuse what they were not given; returns what puts things back.

    The settings are changed too: a test that overrides TEMPLATES makes Django build its engines again from them.
    """
    options = [each["OPTIONS"] for each in settings.TEMPLATES if each["BACKEND"].endswith("DjangoTemplates")]
    made = [engine.engine for engine in engines.all() if isinstance(engine, DjangoTemplates)]
    before = [each.get("string_if_invalid", "") for each in options]
    originals = [engine.string_if_invalid for engine in made]
    for each in options:
        each["string_if_invalid"] = UndefinedVariable("%s")
    for engine in made:
        engine.string_if_invalid = UndefinedVariable("%s")

    def restore() -> None:
        for each, original in zip(options, before, strict=True):
            each["string_if_invalid"] = original
        for engine, original in zip(made, originals, strict=True):
            engine.string_if_invalid = original

    return restore


class ReadsThatWrote:
    """Watches the real request handler: a GET that writes raises there, and is remembered for the end of the test."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def install(self) -> Callable[[], None]:
        """Watch every request of the process; returns what puts things back."""
        original = BaseHandler.get_response

        def get_response(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
            if request.method not in SAFE_METHODS:
                return original(handler, request)
            with ExitStack() as stack:
                for connection in connections.all():
                    stack.enter_context(connection.execute_wrapper(self._guard(request)))
                return original(handler, request)

        BaseHandler.get_response = get_response  # type: ignore[method-assign]  # the sentinel's very purpose

        def restore() -> None:
            BaseHandler.get_response = original  # type: ignore[method-assign]  # as above

        return restore

    def _guard(self, request: HttpRequest) -> Callable[..., Any]:
        def guard(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            table = written_table(sql)
            if table is not None:
                self.seen.append(f"{request.method} {request.path} wrote in {table}")
                pytest.fail(f"A page that is only read wrote: {self.seen[-1]}")
            return execute(sql, params, many, context)

        return guard


@contextmanager
def append_only_suspended(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Without the triggers of the append-only tables: only the cleaning between two tests may do this."""
    with connection.cursor() as cursor:
        for statement in triggers.drop_statements(connection):
            cursor.execute(statement)
    try:
        yield
    finally:
        triggers.create(connection)


def let_flush_empty_the_journal() -> Callable[[], None]:
    """Tests on real transactions are cleaned by DELETE or TRUNCATE, which the journal's triggers refuse."""
    original = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(operations: BaseDatabaseOperations, sql_list: list[str]) -> None:
        with append_only_suspended(operations.connection):
            original(operations, sql_list)

    BaseDatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]  # tests only

    def restore() -> None:
        BaseDatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]  # as above

    return restore
