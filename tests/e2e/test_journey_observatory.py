"""The map of the observatory: walked by the keyboard, read on a phone, drawn by the browser when it is large."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from maillage.core.enums import Role
from maillage.observatory.selectors import explorer_kept
from maillage.observatory.selectors.explorer_ground import DRAWN_AT_MOST
from tests.bench import mosaic
from tests.bench.measure import client_of
from tests.e2e.conftest import WIDTHS, Site, fill_login
from tests.e2e.test_every_page import graves
from tests.factories import Held, make_user

SignIn = Callable[[str], Page]
MAP = "/observatoire/carte/?indicateur=POVERTY-RATE&niveau=epci"
TOLD = "#carte-dit"
VALUE_TOLD = re.compile(r"\u00a0: (\d+,\d\u00a0%|n\.\u00a0c\. \(secret statistique\))$")


def _territories(page: Page) -> int:
    return page.locator("#carte .ui-map-shape").count()


def test_the_arrows_walk_on_the_map_and_say_each_value(site: Site, sign_in: SignIn) -> None:
    page = sign_in("commissioner")
    page.goto(f"{site.url}{MAP}")
    assert _territories(page) > 60
    stops = page.locator("#carte svg a[tabindex='0']")
    expect(stops).to_have_count(1)  # one stop for the Tab key, not one for each territory
    stops.focus()
    told = page.locator(TOLD)
    expect(told).to_have_text(VALUE_TOLD)
    seen = [told.inner_text()]
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(told.inner_text())
    assert len(set(seen)) >= 4, seen
    assert seen[-1] == page.locator("#carte svg a:focus").get_attribute("aria-label")
    page.keyboard.press("Tab")
    assert page.locator("#carte svg a:focus").count() == 0, "one Tab leaves the map"
    page.keyboard.press("Shift+Tab")
    expect(told).to_have_text(seen[-1])
    link = str(page.locator("#carte svg a:focus").get_attribute("href"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{link}")
    assert "/portrait/" in page.url


def test_pointing_at_a_territory_says_its_value(site: Site, sign_in: SignIn) -> None:
    page = sign_in("commissioner")
    page.goto(f"{site.url}{MAP}")
    link = page.locator("#carte svg a").nth(12)
    link.hover()
    expect(page.locator(TOLD)).to_have_text(str(link.get_attribute("aria-label")))


def test_the_form_changes_the_map_and_the_address_keeps_it(site: Site, sign_in: SignIn) -> None:
    page = sign_in("commissioner")
    page.goto(f"{site.url}/observatoire/carte/")
    page.get_by_label("Classes", exact=True).select_option(label="bornes choisies")
    page.get_by_label("Bornes choisies").fill("8 ; 12,5")
    page.get_by_role("button", name="Afficher").click()
    legend = page.locator(".ui-map-legend")
    expect(legend).to_contain_text("de 8,0 à moins de 12,5 %")
    page.get_by_role("link", name=re.compile("Lien permanent")).click()
    expect(legend).to_contain_text("de 8,0 à moins de 12,5 %")
    with page.expect_download() as download:
        page.get_by_role("link", name="PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_readable_at_every_width(site: Site, sign_in: SignIn, scheme: str) -> None:
    page = sign_in("commissioner")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it takes
    page.goto(f"{site.url}{MAP}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{over} pixels too wide at {width}"
        expect(page.locator("#carte svg").first).to_be_visible()
    assert graves(Axe(), page) == []


def test_without_a_script_the_links_and_the_table_remain(site: Site, browser: Browser) -> None:
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    fill_login(page, site, site.account("commissioner"))
    page.goto(f"{site.url}{MAP}")
    assert page.locator("#carte svg a[href*='/portrait/']").count() > 60
    assert page.get_by_role("region", name="Tableau").locator("tbody tr").count() > 60
    context.close()


# --- a map that the browser draws ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _the_browser_and_the_database_share_a_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def large(django_db_setup: None, transactional_db: None, live_server: LiveServer) -> Iterator[str]:
    """The address of a map of invented communes with contours, too many for the server to draw them in the page.

    The database is named first: it is then made before the browser starts its loop.
    """
    explorer_kept.forget()
    yield f"{live_server.url}{reverse('explorer')}?{mosaic.build(DRAWN_AT_MOST + 20)}"
    explorer_kept.forget()


def test_a_large_map_is_drawn_by_the_browser_and_walked_too(large: str, page: Page) -> None:
    reader = make_user("Lectrice", Held(Role.READER, "REG-52"))
    cookie = client_of(reader).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": large}])
    page.goto(large)
    frame = page.locator("#carte[data-drawn] .explorer-canvas")
    expect(frame).to_be_visible()
    told = page.locator(TOLD)
    frame.focus()
    expect(told).to_have_text(VALUE_TOLD)
    first = told.inner_text()
    page.keyboard.press("ArrowRight")
    expect(told).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(told).to_have_text(first)
    box = frame.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    expect(told).not_to_have_text(first)
    expect(told).to_have_text(VALUE_TOLD)
    assert len(_colours(page)) >= 5, "the classes of the legend are on the canvas"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{over} pixels too wide at {width}"
    assert graves(Axe(), page) == []
    frame.focus()
    name = told.inner_text().split("\u00a0:")[0]
    page.keyboard.press("Enter")
    page.wait_for_url("**/portrait/**")
    assert name.removeprefix("Commune inventée ") in page.url


def _colours(page: Page) -> set[tuple[int, ...]]:
    """Colours of the canvas that cover a good part of it."""
    counted = page.evaluate(
        """() => {
          const canvas = document.querySelector(".explorer-canvas canvas");
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          const found = {};
          for (let i = 0; i < data.length; i += 4) {
            const key = data.slice(i, i + 3).join();
            found[key] = (found[key] || 0) + 1;
          }
          return Object.entries(found).filter(([, number]) => number > data.length / 4 / 100).map(([key]) => key);
        }"""
    )
    return {tuple(int(part) for part in key.split(",")) for key in counted}
