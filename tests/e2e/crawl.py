"""Every page of the site: the addresses that need no argument, and for the others those that links lead to."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, get_resolver, resolve
from playwright.sync_api import APIRequestContext

from tests.architecture.test_pages import named_patterns

# Examples kept for each address that takes arguments: the first one, and the one after it, which often differs.
EXAMPLES = 2
# Explored at most this many pages of one name to find links; the rest of a long list look the same.
EXPLORED = 4

# What is not a page to look at, each with its reason.
NOT_PAGES = {
    "file": "a download",
    "healthz": "read by machines",
    "job-cancel": "POST only",
    "logout": "POST only",
    "report-build": "POST only",
    "report-open": "POST only",
    "report-restore": "POST only",
}


@dataclass
class Found:
    """Addresses by URL name, and what was wrong on the way."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def page_names() -> set[str]:
    get_resolver()
    return {str(pattern.name) for pattern in named_patterns()} - set(NOT_PAGES)


def name_of(path: str) -> str:
    try:
        return str(resolve(path).url_name or "")
    except Resolver404:
        return ""


def crawl(request: APIRequestContext, site: str, starts: list[str]) -> Found:
    """Follow links from the given paths, inside the site, until nothing new is found."""
    found = Found()
    waiting = deque(starts)
    seen = set(starts)
    opened: dict[str, int] = {}
    while waiting:
        path = waiting.popleft()
        name = name_of(urlsplit(path).path)
        if name in NOT_PAGES or opened.get(name, 0) >= EXPLORED:
            continue
        opened[name] = opened.get(name, 0) + 1
        response = request.get(f"{site}{path}")
        if not response.ok:
            found.broken.append(f"{path} answered {response.status}")
            continue
        if "text/html" not in response.headers.get("content-type", ""):
            continue
        kept = found.pages.setdefault(name, [])
        if len(kept) < EXAMPLES:
            kept.append(path)
        for link in links(response.text(), path):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return found


def links(html: str, base: str) -> list[str]:
    """Paths of the site's own pages that a page links to; exports and sorts of the same page are left out."""
    found = []
    for target in re.findall(r'href="([^"#]+)', html):
        url = urlsplit(urljoin(base, target.replace("&amp;", "&")))
        if not url.scheme and not url.netloc and url.path.startswith("/") and not url.path.startswith("/static/"):
            found.append(f"{url.path}?{url.query}" if url.query and not _same_page(url.query) else url.path)
    return found


def _same_page(query: str) -> bool:
    """Whether a query only sorts, exports or pages what the address shows."""
    names = {part.split("=")[0].rsplit("-", 1)[-1] for part in query.split("&")}
    return bool(names & {"tri", "sens", "export", "tableau", "page"})
