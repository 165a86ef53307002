"""Asking in words and comparing, by the keyboard: answers while one types, and the same without any script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site
from tests.e2e.test_every_page import graves

SignIn = Callable[[str], Page]
QUESTION = "taux de pauvreté nantes métropole"
ANSWER = "Nantes Métropole"


def test_answers_come_while_one_types_and_lead_to_the_ranking(site: Site, sign_in: SignIn) -> None:
    page = sign_in("commissioner")
    page.goto(f"{site.url}/observatoire/")
    page.get_by_label("Un indicateur, un territoire, une année").press_sequentially(QUESTION)
    answers = page.locator("#reponses")
    expect(answers).to_contain_text(ANSWER)
    expect(answers).to_contain_text("12,8\u00a0%")
    link = answers.get_by_role("link", name="Classement").first
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/observatoire/comparer/**")
    expect(page.get_by_text("Nantes Métropole\u00a0: rang")).to_be_visible()


def test_the_same_answer_without_a_script(site: Site, sign_in: SignIn, browser: Browser) -> None:
    kept = sign_in("commissioner").context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=kept)
    page = context.new_page()
    page.goto(f"{site.url}/observatoire/")
    page.get_by_label("Un indicateur, un territoire, une année").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#reponses")).to_contain_text(ANSWER)
    context.close()


@pytest.mark.parametrize("tab", ["classement", "nuage", "series"])
def test_comparing_is_read_by_all(site: Site, sign_in: SignIn, tab: str) -> None:
    page = sign_in("commissioner")
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site.url}/observatoire/comparer/?onglet={tab}&territoire=EPCI-244400404&territoire=EPCI-200083392")
    expect(page.get_by_role("heading", name="Comparer")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert graves(Axe(), page) == []
