"""What every page's shell needs."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from maillage.ui.components import shell_name


def shell(request: HttpRequest) -> dict[str, object]:
    return {
        "instance_name": settings.MAILLAGE_NAME,
        "is_demonstration": settings.MAILLAGE_DEMONSTRATION,
        "theme": settings.MAILLAGE_THEME,
        "ui_shell": shell_name(),
    }
