"""The time of day. Only views, tasks and commands ask; services and engines are told (`at`, `on`)."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """The instant, with its time zone."""
    return timezone.now()


def today() -> date:
    """The day in the instance's time zone."""
    return timezone.localdate()
