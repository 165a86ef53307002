"""Every page of the site: the addresses that need no argument, and for the others those that links lead to."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, get_resolver, resolve
from playwright.sync_api import APIRequestContext

from tests.architecture.test_pages import named_patterns

# Of each name, the first page is looked at, then those that show something (a class, a kind of control) that the ones
# before do not, up to this many.
MOST_EXAMPLES = 3
# Explored at most this many pages of one name to find links; the rest of a long list look the same.
EXPLORED = 4
EXPLORED_BY_OTHERS = 2

# What is not a page to look at, each with its reason.
NOT_PAGES = {
    "contract-comment-answer": "POST only",
    "contract-comment-close": "POST only",
    "contract-conflict": "POST only: where two people wrote, told by a journey",
    "contract-ej-register": "POST only",
    "contract-evaluation-compare": "POST only",
    "contract-evaluation-recommend": "POST only",
    "contract-funding-totals": "POST only",
    "contract-movement-record": "POST only",
    "contract-sheet-choose": "POST only",
    "contract-sheet-copy": "POST only",
    "contract-sheet-restore": "POST only",
    "contract-template-built-in": "a download",
    "contract-template-example": "a download",
    "contract-template-file": "a download",
    "digest-choice": "POST only",
    "digest-discard": "POST only",
    "digest-prepare": "POST only",
    "digest-send": "POST only",
    "explorer-ground": "read by the script of the map",
    "explorer-png": "a download",
    "explorer-svg": "a download",
    "explorer-values": "read by the script of the map",
    "file": "a download",
    "healthz": "read by machines",
    "job-cancel": "POST only",
    "local-pact-document": "a download",
    "local-pact-version-document": "a download",
    "logout": "POST only",
    "report-build": "POST only",
    "report-open": "POST only",
    "report-restore": "POST only",
    "portrait-pdf": "a download",
    "request-template": "a download",
    "rights-api": "POST only, read by machines",
    "rights-api-schema": "read by machines",
    "rights-communes": "POST only: part of the form",
    "simulation-remove": "POST only",
    "steering-alerts": "a part of the steering screen, asked once the screen is there",
}


# What only appears once somebody sent a file or did something first: their own tests open them.
NEEDS_WORK = {
    "campaign-list": "asks for a campaign that is being prepared",
    "campaign-list-preview": "asks for a file",
    "contract-comment": "where the browser runs no script",
    "contract-import": "asks for a file",
    "contract-template-current": "asks for a template that was deposited",
    "contract-template-try": "asks for a file",
    "contract-template-withdraw": "asks for a template that was deposited",
    "contract-waive": "asks for a rule that somebody breaks",
    "contract-waiver-withdraw": "asks for a waiver",
    "digest-approve": "asks for digests that are prepared",
    "edition-back": "asks for an edition that another one replaced",
    "portrait-search": "asks for a name that is typed",
    "request-add": "asks for a campaign that is being prepared",
    "request-figures": "asks for a campaign that is being prepared",
    "request-remove": "asks for a campaign that is being prepared",
    "request-sheet-preview": "asks for a file",
}


@dataclass
class Found:
    """Addresses by URL name, what their pages show, and what was wrong on the way."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    shown: dict[str, set[str]] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def keep(self, name: str, path: str, html: str) -> None:
        """Keep a page that is the first of its name, or that shows something new."""
        self.reached.add(name)
        is_first, known = name not in self.shown, self.shown.setdefault(name, set())
        new, kept = marks(html) - known, self.pages.get(name, [])
        if is_first or (new and len(kept) < MOST_EXAMPLES):
            self.pages[name] = [*kept, path]
            known |= new

    def unlike(self) -> Found:
        """Nothing found yet, but what these pages show is known: someone else's pages that show no more are left."""
        return Found(shown={name: set(known) for name, known in self.shown.items()})


def marks(html: str) -> set[str]:
    """What a page is made of: the classes of its elements, and the kinds of its controls."""
    main = html.partition("<main")[2].partition("</main>")[0]
    classes = {word for group in re.findall(r'class="([^"]+)"', main) for word in group.split()}
    return classes | set(re.findall(r'<input type="[a-z]+"|<select|<textarea|<form|role="[a-z]+"', main))


def page_names() -> set[str]:
    get_resolver()
    return {str(pattern.name) for pattern in named_patterns()} - set(NOT_PAGES)


def name_of(path: str) -> str:
    try:
        return str(resolve(path).url_name or "")
    except Resolver404:
        return ""


def crawl(
    request: APIRequestContext,
    site: str,
    starts: list[str],
    *,
    found: Found | None = None,
    within: tuple[str, ...] = ("/",),
    explored: int = EXPLORED,
) -> Found:
    """Follow links from the given paths, inside the site, until nothing new is found.

    `within`: what the addresses to follow begin with; `found`: what is known already (see `unlike`).
    """
    found = found or Found()
    waiting = deque(starts)
    seen = set(starts)
    opened: dict[str, int] = {}
    while waiting:
        path = waiting.popleft()
        name = name_of(urlsplit(path).path)
        if name in NOT_PAGES or (opened.get(name, 0) >= explored and path not in starts):
            continue
        opened[name] = opened.get(name, 0) + 1
        response = request.get(f"{site}{path}")
        if not response.ok:
            found.broken.append(f"{path} answered {response.status}")
            continue
        if "text/html" not in response.headers.get("content-type", ""):
            continue
        html = response.text()
        found.keep(name, path, html)
        for link in links(html, path):
            if link not in seen and link.startswith(within):
                seen.add(link)
                waiting.append(link)
    return found


def links(html: str, base: str) -> list[str]:
    """Paths of the site's own pages that a page links to; exports and sorts of the same page are left out."""
    found = []
    for target in re.findall(r'href="([^"#]+)', html):
        url = urlsplit(urljoin(base, target.replace("&amp;", "&")))
        if url.scheme or url.netloc or not url.path.startswith("/") or url.path.startswith("/static/"):
            continue
        if not url.query:
            found.append(url.path)
        elif not _same_page(url.query):
            found.append(f"{url.path}?{url.query}")
    return found


def _same_page(query: str) -> bool:
    """Whether a query only sorts, exports or pages what the address shows."""
    names = {part.split("=")[0].rsplit("-", 1)[-1] for part in query.split("&")}
    return bool(names & {"tri", "sens", "export", "tableau", "page"})
