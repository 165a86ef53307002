"""Who reads a page of the observatory."""

from __future__ import annotations

from django.http import HttpRequest

from maillage.core.models import User


def reader(request: HttpRequest) -> User:
    """The account that is signed in: the middleware lets nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101  (says it to the type checker)
    return request.user
