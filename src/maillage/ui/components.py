"""Rendering of components: the theme of the instance first, then the neutral one.

A theme is a folder `ui/themes/<name>/` of templates (in any installed app). It may replace one component or all of
them, and `shell.html`, the page around every page; what it leaves out keeps the neutral look.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import select_template
from django.utils.safestring import SafeString, mark_safe

SAFE_STARTS = ("/", "#", "?", "./", "https://", "http://", "mailto:")


@lru_cache(maxsize=128)
def template_for(name: str, theme: str) -> Any:
    return select_template([f"ui/themes/{theme}/{name}.html", f"ui/themes/neutral/{name}.html"])


def shell_name() -> str:
    """Name of the template that draws the page around every page."""
    return str(template_for("shell", settings.MAILLAGE_THEME).template.name)


def render(name: str, context: dict[str, Any]) -> SafeString:
    """The HTML of a component; its template escapes what it is given."""
    html = template_for(name, settings.MAILLAGE_THEME).render(context)
    return mark_safe(html.strip())  # noqa: S308  (output of an autoescaped template)


def safe_url(url: str) -> str:
    """The address if following it cannot run a script, otherwise nothing."""
    stripped = str(url or "").strip()
    return stripped if stripped.startswith(SAFE_STARTS) else ""
