"""Addresses of pages that another part of the site brings."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse


def address(name: str, *args: str, anchor: str = "", **query: str) -> str:
    """The address of a page, or nothing where the instance leaves its app out: the text is then shown without link."""
    try:
        url = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    asked = urlencode({key: value for key, value in query.items() if value})
    return url + (f"?{asked}" if asked else "") + (f"#{anchor}" if anchor else "")
