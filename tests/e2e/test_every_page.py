"""Every page: served, titled, readable at three widths, no serious finding of axe, no complaint of the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from maillage.engines.lifecycle.contracts import CONTRACT
from tests.architecture.test_pages import named_patterns
from tests.e2e import acts, contract_acts
from tests.e2e.conftest import WIDTHS, Site, Watch, fill_login, screenshots_folder
from tests.e2e.crawl import EXPLORED_BY_OTHERS, NEEDS_WORK, NOT_PAGES, Found, crawl, name_of, page_names

GRAVE = {"serious", "critical"}
NOWHERE = "/adresse-qui-n-existe-pas/"
# Where the pages differ by what one is on a contract, a request or a local pact.
SHARED = ("/contrats/", "/collecte/", "/pactes-locaux/")
OTHERS = (
    "prefete", "ddets44", "departement44", "metropole", "departement49", "departement53", "departement72",
    "departement85", "operateur", "association", "mairie", "auditeur", "lecteur", "observatoire",
)  # fmt: skip


@dataclass
class Seen:
    """What was seen of one page: titles, pixels too wide by width, findings of axe, complaints of the browser."""

    who: str
    path: str
    status: int
    headings: list[str]
    title: str
    over: dict[int, int] = field(default_factory=dict)
    grave: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"{self.path} ({self.who})"


@dataclass
class Survey:
    """The whole site: what the region's team reaches, and what others see that it does not show."""

    found: Found
    broken: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def survey(
    site: Site, browser: Browser, signed_state: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Survey]:
    """The site after some days of use, each page opened once: looked at at three widths, in the light and the dark."""
    folder = screenshots_folder()
    context = browser.new_context(storage_state=signed_state, locale="fr-FR")  # type: ignore[arg-type]  # a dict of the same shape
    page = context.new_page()
    starts = days_of_use(page, site, tmp_path_factory.mktemp("given"))
    page.close()
    found = crawl(context.request, site.url, ["/", "/aide/", "/mentions-legales/", *starts])
    made = Survey(found, broken=list(found.broken), reached=set(found.reached))
    made.seen += look(context, site, "commissaire", [*_paths(found), NOWHERE], folder)
    context.close()
    for who in OTHERS:
        context = browser.new_context(locale="fr-FR")
        page = context.new_page()
        fill_login(page, site, next(one for one in site.accounts if one.email.split("@")[0] == who))
        page.close()
        own = crawl(
            context.request, site.url, ["/", *SHARED], found=found.unlike(), within=SHARED, explored=EXPLORED_BY_OTHERS
        )
        found.shown = own.shown
        made.broken += [f"{text} ({who})" for text in own.broken]
        made.reached |= own.reached
        made.seen += look(context, site, who, _paths(own), folder)
        context.close()
    return made


def days_of_use(page: Page, site: Site, folder: Path) -> list[str]:
    """A waiver, two versions of a text, a report built, a file examined. Answers pages that links alone do not find."""
    acts.first_contradiction(page, site.url).click()
    acts.waive(page)
    waived = urlsplit(page.url).path
    for text in ("Un premier texte.", "Un second texte."):
        acts.open_report(page, site.url)
        acts.write(page, "Éditorial", text)
    acts.open_report(page, site.url)
    acts.build_report(page)
    acts.examine(page, site.url, acts.documents_file(folder, "DOC-EXAMINE,Document examiné,Personne,2026,"))
    acts.after_job(page, "Voir le résultat")
    share_an_envelope(page, site)
    return [waived, "/verifier/INCONNU/1/0123456789abcdef/", *contracts_by_state(page, site)]


def share_an_envelope(page: Page, site: Site) -> None:
    """An envelope of next year, and one way to share it."""
    page.goto(f"{site.url}/contrats/enveloppes/creer/")
    values = {"Intitulé": "Enveloppe d'essai", "Année": "2026", "Montant, en euros": "1 000 000"}
    contract_acts.fill(page.get_by_role("main"), values)
    contract_acts.press(page, "Créer l.enveloppe")
    page.wait_for_url(re.compile(r"/enveloppes/\d+/$"))
    page.get_by_role("main").locator("a[href$='/simuler/equal_per_poor_person/']").click()
    contract_acts.fill(page.get_by_role("main"), {"Intitulé": "Un partage d'essai"})
    contract_acts.press(page, "Simuler")
    page.wait_for_url(re.compile(r"/enveloppes/\d+/(#.*)?$"))


def contracts_by_state(page: Page, site: Site) -> list[str]:
    """One contract in each state, with the screens where it is written and followed."""
    starts = []
    for state in CONTRACT.states:
        page.goto(f"{site.url}/contrats/?etat={state}")
        link = page.get_by_role("main").locator("a").filter(has_text=re.compile("^DEMO-|^CALPAE")).first
        if link.count():
            href = str(link.get_attribute("href"))
            starts += [href, f"{href}negociation/"]
    return starts


def look(context: BrowserContext, site: Site, who: str, paths: list[str], folder: Path | None) -> list[Seen]:
    """Open each page once."""
    watch, page = Watch(), context.new_page()
    watch.attach(page)
    axe, seen = Axe(), []
    for path in paths:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        response = page.goto(f"{site.url}{path}")
        assert response is not None
        _settle(page)
        one = Seen(who, path, response.status, page.locator("h1").all_inner_texts(), page.title())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            one.over |= {width: over} if over > 0 else {}
            if folder is not None:
                name = re.sub(r"[^a-zA-Z0-9]+", "-", f"{path}-{who}").strip("-")
                page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        one.grave += graves(axe, page)
        one.complaints, watch.seen[:] = list(watch.seen), []
        seen.append(one)
    page.close()
    return seen


def graves(axe: Axe, page: Page) -> list[str]:
    """What axe finds, in the light then in the dark, where the contrasts alone can differ."""
    found = {"light": axe.run(page).response["violations"]}
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate("() => axe.run({runOnly: ['color-contrast']})")  # the script is in the page already
    found["dark"] = dark["violations"]
    return [
        f"({scheme}) {v['id']} ({v['impact']}): {v['help']}: {v['nodes'][0]['html'][:150]}"
        for scheme, violations in found.items()
        for v in violations
        if v["impact"] in GRAVE
    ]


def _paths(found: Found) -> list[str]:
    return sorted(path for paths in found.pages.values() for path in paths)


@pytest.fixture
def visitor(browser: Browser, signed_state: dict[str, Any], watch: Watch) -> Iterator[Page]:
    context = browser.new_context(storage_state=signed_state, locale="fr-FR")  # type: ignore[arg-type]  # as above
    page = context.new_page()
    watch.attach(page)
    yield page
    context.close()


def test_every_page_of_the_site_is_reached_by_links(survey: Survey) -> None:
    assert not survey.broken, "\n".join(survey.broken)
    left = page_names() - survey.reached - {"login"} - set(NEEDS_WORK)
    assert left == set(), "pages that no link leads to"


def test_what_is_left_out_exists() -> None:
    assert all(name == name_of(path) for name, path in {"healthz": "/healthz", "logout": "/deconnexion/"}.items())
    assert {"healthz", "logout"} <= set(NOT_PAGES)
    known = {str(pattern.name) for pattern in named_patterns()}
    assert set(NOT_PAGES) | set(NEEDS_WORK) <= known


def test_every_page_answers_and_the_browser_complains_of_none(survey: Survey) -> None:
    wrong = [f"{one.place}: {one.status}" for one in survey.seen if one.status != 200 and one.path != NOWHERE]
    wrong += [f"{one.place}: {text}" for one in survey.seen if one.path != NOWHERE for text in one.complaints]
    assert not wrong, "\n".join(wrong)


def test_no_serious_finding_of_axe(survey: Survey) -> None:
    """In the light and in the dark: a contrast may hold in one and fail in the other."""
    grave = [f"{one.place} {text}" for one in survey.seen for text in one.grave]
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


def test_every_page_has_one_heading_and_a_title_of_its_own(survey: Survey) -> None:
    titles: dict[str, str] = {}
    for one in survey.seen:
        assert len(one.headings) == 1, f"{one.place} has {len(one.headings)} h1"
        assert one.headings[0].strip(), f"{one.place} has an empty h1"
        assert re.fullmatch(r".{3,}\s·\s.+", one.title), f"{one.place}: title « {one.title} »"
        titles.setdefault(one.title, one.path)
    assert len(titles) > len(survey.found.pages) * 0.6, "too many pages share their title"


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_overflows(survey: Survey, width: int) -> None:
    """Nothing is cut and nothing scrolls sideways: a wide table scrolls inside its own frame."""
    wide = [f"{one.place}: {one.over[width]} px wider than {width}" for one in survey.seen if width in one.over]
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
