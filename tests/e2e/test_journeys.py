"""What people come to do, from one end to the other, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site, Watch, fill_login

ROLES = ("commissioner", "prefect", "ddets", "departement", "observer", "auditor", "reader")
REASON = "Les deux montants n'ont pas le même périmètre : note de bas de page vérifiée avec la préfecture."
JOB_MILLISECONDS = 90_000

SignIn = Callable[[str], Page]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_of_the_cast_signs_in_and_out(site: Site, sign_in: SignIn, role: str) -> None:
    page = sign_in(role)
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    expect(page.get_by_role("navigation", name="Navigation principale").first).to_be_visible()
    page.locator("details.ui-user > summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/connexion/**")
    page.goto(f"{site.url}/coherence/")
    expect(page).to_have_url(re.compile(r"/connexion/\?next=/coherence/"))


def test_someone_of_another_region_sees_nothing_of_this_one(site: Site, page: Page, watch: Watch) -> None:
    other = next(account for account in site.accounts if account.territory == "DEP-35")
    fill_login(page, site, other)
    expect(page.get_by_role("heading", level=1)).to_contain_text("pas encore de périmètre")
    response = page.goto(f"{site.url}/territoire/DEP-44/")
    assert response is not None
    assert response.status == 404
    watch.seen.clear()  # the console tells of the 404, which was the purpose


def test_a_wrong_password_says_so_and_locks_after_five(site: Site, page: Page, watch: Watch) -> None:
    page.goto(f"{site.url}/connexion/")
    for _ in range(5):
        page.get_by_label("Adresse électronique").fill("personne@exemple.test")
        page.get_by_label("Mot de passe").fill("ce n'est pas lui")
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion suspendue")
    watch.seen.clear()  # refused answers are errors in the console


def test_from_the_overview_to_a_waiver_that_the_report_shows(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("commissioner")
    wrong = page.get_by_role("region", name="Ce qui se contredit")
    link = wrong.get_by_role("listitem").get_by_role("link").first
    label = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(label)
    figure_url = page.url
    code = figure_url.rstrip("/").rsplit("/", 1)[-1]

    page.get_by_role("region", name="Ce que le document imprime").locator("a[href*='/documents/']").click()
    row = page.get_by_role("row").filter(has=page.locator(f"a[href*='/chiffres/{code}/']"))
    expect(row.first).to_contain_text(re.compile("contredit|invraisemblable", re.IGNORECASE))

    page.goto(figure_url)
    page.get_by_role("link", name="Accepter l'écart").click()
    page.get_by_role("button", name="Accepter l'écart").click()
    expect(page.get_by_label("Motif")).to_be_focused()  # nothing was typed: the browser points at the field
    page.get_by_label("Motif").fill(REASON)
    page.get_by_role("button", name="Accepter l'écart").click()
    expect(page.get_by_role("region", name="Verdict")).to_contain_text(REASON)

    page.goto("/".join(figure_url.split("/")[:3]) + "/rapports/")
    page.get_by_role("link", name=re.compile("2020")).first.click()
    text = _built_report(page, tmp_path)
    assert "vérifiée avec la préfecture" in text, "the report shows the waiver"
    assert re.search(r"dérogation", text)


def _built_report(page: Page, folder: Path) -> str:
    """Build the PDF from the report's page, wait for the job, and read what it says on one line."""
    page.get_by_label("Format").select_option(label="PDF")
    page.get_by_role("button", name="Produire").click()
    link = page.get_by_role("link", name=re.compile("Télécharger"))
    expect(link).to_be_visible(timeout=JOB_MILLISECONDS)
    with page.expect_download() as started:
        link.click()
    path = folder / "report.pdf"
    started.value.save_as(path)
    document = pypdfium2.PdfDocument(path)
    text = " ".join(page_.get_textpage().get_text_bounded() for page_ in document)
    document.close()
    return re.sub(r"\s+", " ", text)


def test_a_text_being_written_is_not_lost(sign_in: SignIn) -> None:
    page = sign_in("commissioner")
    page.goto("/".join(page.url.split("/")[:3]) + "/rapports/")
    page.get_by_role("link", name=re.compile("2020")).first.click()
    page.get_by_role("link", name="Perspectives", exact=True).click()
    url = page.url
    body = page.locator("textarea").first
    body.fill("Une phrase commencée, et la page se ferme.")
    page.wait_for_timeout(1_500)  # the draft is kept a moment after the last key
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    page.goto(url)
    restored = page.get_by_role("button", name=re.compile("Reprendre|Restaurer|Rétablir"))
    if restored.count():
        restored.first.click()
    expect(page.locator("textarea").first).to_have_value("Une phrase commencée, et la page se ferme.")

    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("main")).to_contain_text("Version")
    page.get_by_role("link", name="Versions").first.click()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()


def test_everything_by_the_keyboard(site: Site, page: Page) -> None:
    """From the form to a figure, without a mouse; the point of focus is always seen."""
    account = site.account("commissioner")
    page.goto(f"{site.url}/connexion/")
    page.keyboard.type(account.email)  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(account.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/connexion/" not in url)

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    assert _focus_is_seen(page)
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()

    _tab_to(page, "a[href*='/chiffres/']")
    assert _focus_is_seen(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/chiffres/**")
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()


def _tab_to(page: Page, selector: str, most: int = 200) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by the keyboard in {most} steps")


def _focus_is_seen(page: Page) -> bool:
    """The focused element has an outline, a shadow or an underline that the others have not."""
    style = page.evaluate(
        "() => { const s = getComputedStyle(document.activeElement);"
        " return {outline: s.outlineStyle, width: s.outlineWidth, shadow: s.boxShadow} }"
    )
    return (style["outline"] != "none" and style["width"] != "0px") or style["shadow"] != "none"


def test_tables_sort_and_export(site: Site, sign_in: SignIn) -> None:
    page = sign_in("reader")
    page.goto(f"{site.url}/coherence/")
    page.get_by_role("columnheader").get_by_role("link").first.click()
    expect(page.locator("[aria-sort=ascending], [aria-sort=descending]").first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV").first.click()
    exported = Path(started.value.path()).read_bytes()
    assert exported.startswith(b"\xef\xbb\xbf"), "a spreadsheet needs the mark to read the accents"
    assert b";" in exported
