"""On a doorstep: a household's rights, from the first answer to the sheet, with no account and nothing kept."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WIDTHS, Site, Watch
from tests.e2e.test_every_page import graves

# The law of the month is compiled by the first who asks, unless the server had the time.
FIRST_ANSWER_MS = 60_000
ANSWERED_BY_CHOICE = {
    "enceinte": "non",
    "autre_parent": "absent",
    "separe_recemment": "non",
    "nationalite": "francaise",
    "changement": "non",
    "rsa": "non",
}


def _open(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/droits/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Vérifier des droits")


def _fill(page: Page, name: str, value: str) -> None:
    """Type an answer as a keyboard does: the page hears of it when the field is left."""
    page.locator(f'main [name="{name}"]').fill(value)
    page.keyboard.press("Tab")


def _results(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def test_rights_narrow_as_the_worker_answers(site: Site, page: Page, watch: Watch) -> None:
    _open(page, site)
    _fill(page, "naissance", "05/1990")
    rsa = page.get_by_role("main").get_by_text("Revenu de solidarité active (RSA)").first
    expect(rsa).to_be_visible(timeout=FIRST_ANSWER_MS)
    expect(page.get_by_role("main")).to_contain_text("vous pourriez avoir droit", ignore_case=True)
    page.locator('main select[name="couple"]').select_option("non")
    _fill(page, "enfants", "1")
    _fill(page, "naissance_enfant_1", "03/2018")
    _fill(page, "commune", "44109")
    page.locator('main select[name="logement"]').select_option("locataire_hlm")
    _fill(page, "loyer", "400")
    page.locator('main select[name="activite"]').select_option("autre")
    page.locator('main select[name="handicap"]').select_option("non")
    for name, value in ANSWERED_BY_CHOICE.items():
        page.locator(f'main [name="{name}"][value="{value}"]').check()
    for name in ("salaire", "independant", "chomage", "retraite", "invalidite", "indemnites", "epargne"):
        _fill(page, name, "0")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"environ\s[1-9]", re.IGNORECASE))
    expect(page.get_by_role("main")).not_to_contain_text("Rien n’est encore calculé")
    assert "vous avez droit" not in _results(page).lower()
    assert page.url == f"{site.url}/droits/", "answers travel by POST"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{over} pixels too wide at {width}"
    page.locator("main details summary", has_text="Pourquoi").first.click()
    assert graves(Axe(), page) == []


def test_rights_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    _open(page, site)
    page.locator('main [name="naissance"]').fill("05/1950")
    page.locator('main [name="retraite"]').fill("300")
    page.get_by_role("button", name="Calculer").click()
    expect(page.get_by_role("main")).to_contain_text("Aspa", timeout=FIRST_ANSWER_MS)
    expect(page.locator('main [name="retraite"]')).to_have_value("300")
    context.close()


@pytest.mark.parametrize(("name", "value", "said"), [("naissance", "13/2090", "mois"), ("salaire", "-5", "")])
def test_a_wrong_answer_is_said_and_stays(site: Site, browser: Browser, name: str, value: str, said: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    _open(page, site)
    page.locator('main select[name="logement"]').select_option("locataire_hlm")
    page.locator(f'main [name="{name}"]').fill(value)
    page.get_by_role("button", name="Calculer").click()
    field = page.locator(f'main [name="{name}"]')
    expect(field).to_have_value(value)
    expect(field).to_have_attribute("aria-invalid", "true")
    assert said in _results(page)
    context.close()
