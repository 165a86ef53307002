"""Pages that a visitor may read without an account. What they say of the instance comes from its settings only."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TO_COMPLETE = "à compléter par l’instance"

# Keys of the table [legal] of instance.toml.
LEGAL_KEYS = ("publisher", "director", "host", "controller", "dpo", "retention", "accessibility_contact")


def legal_facts() -> dict[str, str]:
    """What the instance declared of itself; nothing is invented for what it left out."""
    declared: dict[str, str] = settings.MAILLAGE_LEGAL
    facts = {key: declared.get(key, "").strip() or TO_COMPLETE for key in LEGAL_KEYS}
    return facts | {"contact": settings.MAILLAGE_CONTACT or TO_COMPLETE, "instance": settings.MAILLAGE_NAME}


@login_not_required
def legal_notices(request: HttpRequest) -> HttpResponse:
    return render(request, "web/legal/notices.html", {"facts": legal_facts()})


@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    session_hours = settings.SESSION_COOKIE_AGE // 3600
    return render(request, "web/legal/privacy.html", {"facts": legal_facts(), "session_hours": session_hours})


@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "web/legal/accessibility.html", {"facts": legal_facts()})


@login_not_required
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "web/legal/help.html", {"facts": legal_facts()})
