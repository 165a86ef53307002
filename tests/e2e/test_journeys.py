"""What people come to do, from one end to the other, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import acts
from tests.e2e.conftest import Site, Watch, fill_login

ROLES = ("commissioner", "prefect", "ddets", "departement", "observer", "auditor", "reader")

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
    expect(page.get_by_role("main")).not_to_contain_text("Loire-Atlantique")
    response = page.goto(f"{site.url}/territoire/DEP-44/")
    assert response is not None
    assert response.status == 404
    watch.forgive("status of 404")


def test_a_wrong_password_says_so_and_locks_after_five(site: Site, page: Page, watch: Watch) -> None:
    page.goto(f"{site.url}/connexion/")
    for _ in range(5):
        page.get_by_label("Adresse électronique").fill("personne@exemple.test")
        page.get_by_label("Mot de passe").fill("ce n'est pas lui")
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion suspendue")
    watch.forgive("status of 4")


def test_from_the_overview_to_a_waiver_that_the_report_shows(
    site: Site, sign_in: SignIn, tmp_path: Path, watch: Watch
) -> None:
    page = sign_in("commissioner")
    link = acts.first_contradiction(page, site.url)
    label = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(label)
    figure_url = page.url
    code = figure_url.rstrip("/").rsplit("/", 1)[-1]

    page.get_by_role("region", name="Ce que le document imprime").locator("a[href*='/documents/']").click()
    row = page.get_by_role("row").filter(has=page.locator(f"a[href*='/chiffres/{code}/']"))
    expect(row.first).to_contain_text(re.compile("contredit|invraisemblable", re.IGNORECASE))

    page.goto(f"{figure_url}derogation/")
    page.get_by_role("button", name=re.compile("Accepter l.écart")).click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("un écart ne s.accepte pas sans raison"))
    watch.forgive("status of 422")

    page.goto(figure_url)
    acts.waive(page)
    acts.open_report(page, site.url)
    text = downloaded_text(page, acts.build_report(page), tmp_path)
    assert "vérifiée avec la préfecture" in text, "the report shows the waiver"
    assert "dérogation" in text.lower()


def downloaded_text(page: Page, link: Locator, folder: Path) -> str:
    """What a PDF says, on one line."""
    with page.expect_download() as started:
        link.click()
    path = folder / "report.pdf"
    started.value.save_as(path)
    document = pypdfium2.PdfDocument(path)
    text = " ".join(sheet.get_textpage().get_text_bounded() for sheet in document)
    document.close()
    return re.sub(r"\s+", " ", text)


def test_a_file_is_examined_before_it_is_loaded(site: Site, sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("commissioner")
    row = f"{acts.DOCUMENT},Document inventé pour le navigateur,Personne,2026,"
    acts.examine(page, site.url, acts.documents_file(tmp_path, row))
    acts.after_job(page, "Voir le résultat").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("Rien n.est encore écrit"))
    examined = page.url
    page.goto(f"{site.url}/documents/")
    expect(page.get_by_role("main")).not_to_contain_text(acts.DOCUMENT)

    page.goto(examined)
    page.get_by_role("button", name="Charger le fichier").click()
    acts.after_job(page, "Voir le résultat").click()
    page.goto(f"{site.url}/documents/")
    expect(page.get_by_role("main")).to_contain_text("Document inventé pour le navigateur")


def test_a_file_that_is_wrong_says_where(site: Site, sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("commissioner")
    acts.examine(page, site.url, acts.documents_file(tmp_path, "DOC-SANS-TITRE,,Personne,2026,"))
    alert = page.get_by_role("main")
    expect(alert).to_contain_text(re.compile("Le travail n.a pas abouti"), timeout=acts.JOB_MILLISECONDS)
    expect(alert).to_contain_text("igne 2")


def test_a_text_being_written_is_not_lost(site: Site, sign_in: SignIn) -> None:
    page = sign_in("commissioner")
    acts.open_report(page, site.url)
    page.get_by_role("link", name="Perspectives", exact=True).click()
    url = page.url
    typed = "Une phrase commencée, et la page se ferme."
    page.get_by_label("Texte").press_sequentially(typed)
    page.on("dialog", lambda dialog: dialog.accept())  # « quit without saving? »
    page.goto(f"{site.url}/aide/")
    page.goto(url)
    page.get_by_role("button", name="Le reprendre").click()
    expect(page.get_by_label("Texte")).to_have_value(typed)

    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("main")).to_contain_text("Version 1")
    page.goto(url)
    expect(page.get_by_role("button", name="Le reprendre")).to_have_count(0)
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("main").get_by_role("listitem").first).to_be_visible()


def test_everything_by_the_keyboard(site: Site, page: Page) -> None:
    """From the form to a figure, without a mouse; the point of focus is always seen."""
    account = site.account("commissioner")
    page.goto(f"{site.url}/connexion/")
    expect(page.locator("input[type=email], input[name=username]").first).to_be_focused()
    page.keyboard.type(account.email)
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
