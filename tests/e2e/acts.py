"""What a person does on a page, written once for the journeys that tell it and for those that need it done."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

JOB_MILLISECONDS = 90_000
REASON = "Les deux montants n'ont pas le même périmètre : note de bas de page vérifiée avec la préfecture."
DOCUMENT = "DOC-ESSAI"


def first_contradiction(page: Page, site: str) -> Locator:
    """The first figure that the overview says contradicts another, or its own components."""
    page.goto(f"{site}/")
    return page.get_by_role("region", name="Ce qui se contredit").get_by_role("listitem").locator("a").first


def waive(page: Page, reason: str = REASON) -> None:
    """From the page of a figure in discrepancy."""
    page.get_by_role("link", name=re.compile("Accepter l.écart")).click()
    page.get_by_label("Motif").fill(reason)
    page.get_by_role("button", name=re.compile("Accepter l.écart")).click()
    expect(page.get_by_role("region", name="Verdict")).to_contain_text(reason)


def open_report(page: Page, site: str, year: int = 2020) -> None:
    page.goto(f"{site}/rapports/")
    page.get_by_role("main").get_by_role("link", name=re.compile(str(year))).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(year))


def write(page: Page, section: str, text: str) -> None:
    """From the page of a report: a new version of one of its texts."""
    page.get_by_role("link", name=section, exact=True).click()
    page.get_by_label("Texte").fill(text)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".ui-messages")).to_be_visible()


def build_report(page: Page, label: str = "PDF") -> Locator:
    """From the page of a report: the link to the file, once the job is done."""
    page.get_by_label("Format").select_option(label=label)
    page.get_by_role("button", name="Produire").click()
    return after_job(page, "Télécharger")


def after_job(page: Page, link: str) -> Locator:
    """The link that the page of a job shows once it is done."""
    found = page.get_by_role("link", name=re.compile(link))
    expect(found).to_be_visible(timeout=JOB_MILLISECONDS)
    return found


def documents_file(folder: Path, *rows: str) -> Path:
    path = folder / "documents.csv"
    path.write_text("\n".join(["code,title_fr,publisher,date_printed,note", *rows]) + "\n", encoding="utf-8")
    return path


def examine(page: Page, site: str, path: Path) -> None:
    """Give a list of documents to the import page, which only looks at it."""
    page.goto(f"{site}/sources/charger/")
    page.get_by_label("Nature du fichier").select_option(label="Documents")
    page.get_by_label("Fichier", exact=False).and_(page.locator("input[type=file]")).set_input_files(path)
    page.get_by_role("button", name="Examiner le fichier").click()
    page.wait_for_url("**/travaux/**")
