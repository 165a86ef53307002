"""Every page: served, titled, readable at three widths, no serious finding of axe, no complaint of the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e import acts
from tests.e2e.conftest import WIDTHS, Site, Watch
from tests.e2e.crawl import NOT_PAGES, Found, crawl, name_of, page_names

GRAVE = {"serious", "critical"}
NOWHERE = "/adresse-qui-n-existe-pas/"


@pytest.fixture(scope="module")
def found(
    site: Site, browser: Browser, signed_state: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Found]:
    """The site after some days of use: a waiver, two versions of a text, a report built, a file examined."""
    context = browser.new_context(storage_state=signed_state)  # type: ignore[arg-type]  # a dict of the same shape
    page = context.new_page()
    acts.first_contradiction(page, site.url).click()
    acts.waive(page)
    waived = urlsplit(page.url).path
    for text in ("Un premier texte.", "Un second texte."):
        acts.open_report(page, site.url)
        acts.write(page, "Éditorial", text)
    acts.open_report(page, site.url)
    acts.build_report(page)
    row = "DOC-EXAMINE,Document examiné,Personne,2026,"
    acts.examine(page, site.url, acts.documents_file(tmp_path_factory.mktemp("given"), row))
    acts.after_job(page, "Voir le résultat")
    page.close()
    yield crawl(context.request, site.url, ["/", "/aide/", "/mentions-legales/", waived])
    context.close()


def _paths(found: Found) -> list[str]:
    return sorted(path for paths in found.pages.values() for path in paths)


@pytest.fixture
def visitor(browser: Browser, signed_state: dict[str, Any], watch: Watch) -> Iterator[Page]:
    context = browser.new_context(storage_state=signed_state, locale="fr-FR")  # type: ignore[arg-type]  # as above
    page = context.new_page()
    watch.attach(page)
    yield page
    context.close()


def test_every_page_of_the_site_is_reached_by_links(found: Found) -> None:
    assert not found.broken, "\n".join(found.broken)
    assert page_names() - set(found.pages) - {"login"} == set(), "pages that no link leads to"


def test_what_is_left_out_exists() -> None:
    assert all(name == name_of(path) for name, path in {"healthz": "/healthz", "logout": "/deconnexion/"}.items())
    assert {"healthz", "logout"} <= set(NOT_PAGES)


def test_no_serious_finding_of_axe(found: Found, visitor: Page, site: Site, watch: Watch) -> None:
    """In the light and in the dark: a contrast may hold in one and fail in the other."""
    axe = Axe()
    grave = []
    for path in [*_paths(found), NOWHERE]:
        for scheme in ("light", "dark"):
            visitor.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
            visitor.goto(f"{site.url}{path}")
            _settle(visitor)
            results = axe.run(visitor)
            grave += [
                f"{path} ({scheme}) {v['id']} ({v['impact']}): {v['help']}: {v['nodes'][0]['html'][:150]}"
                for v in results.response["violations"]
                if v["impact"] in GRAVE
            ]
    watch.forgive(NOWHERE)
    assert not grave, "\n".join(grave)


def test_axe_sees_what_it_refuses(visitor: Page, site: Site) -> None:
    visitor.goto(f"{site.url}/aide/")
    visitor.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(v["id"] == "label" and v["impact"] in GRAVE for v in Axe().run(visitor).response["violations"])


def test_no_serious_finding_of_axe_before_signing_in(site: Site, page: Page) -> None:
    for path in ("/connexion/", "/accessibilite/"):
        page.goto(f"{site.url}{path}")
        found = [v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in GRAVE]
        assert not found, f"{path}: {found}"


def test_every_page_has_one_heading_and_a_title_of_its_own(found: Found, visitor: Page, site: Site) -> None:
    titles: dict[str, str] = {}
    for path in _paths(found):
        visitor.goto(f"{site.url}{path}")
        assert visitor.locator("h1").count() == 1, f"{path} has {visitor.locator('h1').count()} h1"
        assert visitor.locator("h1").inner_text().strip(), f"{path} has an empty h1"
        title = visitor.title()
        assert re.fullmatch(r".{3,}\s·\s.+", title), f"{path}: title « {title} »"
        titles.setdefault(title, path)
    assert len(titles) > len(found.pages) * 0.6, "too many pages share their title"


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_overflows(found: Found, visitor: Page, site: Site, width: int, screenshots: Path | None) -> None:
    """Nothing is cut and nothing scrolls sideways: a wide table scrolls inside its own frame."""
    visitor.set_viewport_size({"width": width, "height": 900})
    wide = []
    for path in _paths(found):
        visitor.goto(f"{site.url}{path}")
        _settle(visitor)
        over = visitor.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide.append(f"{path}: {over} px wider than {width}")
        if screenshots is not None:
            name = re.sub(r"[^a-zA-Z0-9]+", "-", path).strip("-") or "accueil"
            visitor.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True)
    assert not wide, "\n".join(wide)


def test_the_policy_refuses_what_is_inline(visitor: Page, site: Site, watch: Watch) -> None:
    """The browser itself enforces it: an inline script put in the page does not run, and says so."""
    response = visitor.goto(f"{site.url}/aide/")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
    inline = "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s)"
    visitor.evaluate(f"() => {{ {inline} }}")
    assert visitor.evaluate("window.ran") is None
    watch.forgive("Content Security Policy")


def _settle(page: Page) -> None:
    """Charts are drawn after the page."""
    page.wait_for_function("() => !document.querySelector('[data-chart]:not([data-drawn])')")
    assert page.locator("[data-drawn=failed]").count() == 0, f"{page.url}: a chart was not drawn"
