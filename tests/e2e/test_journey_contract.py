"""A contract from an empty page to an archive that an auditor checks, by the people who do each thing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import contract_acts as acts
from tests.e2e.conftest import People, Site, Watch
from tests.e2e.contract_acts import Journey, act, fill, press, text_of_pdf, told, worded

IN_FORCE, REPLACED = "Cette version est en vigueur", "Cette version n.est plus en vigueur"


def test_from_an_empty_contract_to_an_archive_that_is_checked(
    site: Site, people: People, page: Page, tmp_path: Path
) -> None:
    journey = Journey(people, "PARCOURS-1")
    acts.open_contract(journey, site.url)
    acts.write_sheet(journey)
    acts.fund(journey)
    acts.write_caps(journey)
    act(journey.on("departement44"), acts.OPEN)
    acts.ask_correction(journey)
    acts.correct(journey)
    acts.retain(journey)
    journey.seen(journey.on("ddets44"), "08-contrat")
    act(journey.on("ddets44"), acts.AGREE)
    acts.deposit_deliberation(journey)
    act(journey.on("departement44"), acts.DELIBERATE, {"Date de l.acte": journey.day(1, 10)})
    act(journey.on("ddets44"), acts.TO_SIGN)
    acts.sign(journey, "departement44", acts.SIGN_PARTNER, journey.day(2, 2), "09-signature")
    acts.sign(journey, "prefete", acts.SIGN_PREFECT, journey.day(3, 3), "10-decision")
    expect(journey.on("prefete").get_by_role("main")).to_contain_text("En vigueur")

    first = acts.produce(journey, 1, tmp_path)
    acts.verify(page, site.url, first, IN_FORCE)

    acts.start(journey)
    acts.spend(journey)
    acts.read(journey)
    acts.report(journey)

    acts.propose(journey)
    acts.sign_amendment(journey)
    second = acts.produce(journey, 2, tmp_path)
    assert (first[1], second[1]) == ("1", "2")
    assert first[2] != second[2]
    acts.verify(page, site.url, first, REPLACED)
    people.picture(page, "parcours-18-verifier")
    acts.verify(page, site.url, second, IN_FORCE)

    folder = acts.take_archive(journey, tmp_path)
    checked = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert journey.reference in (folder / "index.html").read_text(encoding="utf-8")


def test_two_people_on_one_sheet_lose_nothing(site: Site, people: People, watch: Watch) -> None:
    """The second to save is told by whom, sees both versions, chooses, and keeps what it wrote elsewhere."""
    journey = Journey(people, "PARCOURS-2")
    acts.open_contract(journey, site.url)
    acts.write_sheet(journey)
    path = f"fiches/{acts.SHEET}/modifier/"
    first, second = journey.on("ddets44", path), journey.on("departement44", path)
    fill(first.locator("form.nego-form"), {"Besoin constaté": "Le besoin vu par la DDETS."})
    press(first, "Enregistrer la fiche")
    told(first, "est enregistrée")

    mine = {"Besoin constaté": "Le besoin vu par le département.", "Pilote": "Service de la petite enfance"}
    fill(second.locator("form.nego-form"), mine)
    press(second, "Enregistrer la fiche")
    main = second.get_by_role("main")
    expect(main).to_contain_text("Vous avez été deux à écrire au même endroit")
    watch.forgive("status of 409")
    for text in ("Denis Caro", "Le besoin vu par la DDETS.", *mine.values()):
        expect(main).to_contain_text(text)
    journey.seen(second, "20-deux-versions")
    second.get_by_label("Garder ma version").check()
    press(second, "Enregistrer ces choix")
    told(second, "est enregistrée")
    page = journey.on("ddets44", path)
    for label, text in mine.items():
        expect(page.locator("form.nego-form").get_by_label(label, exact=True)).to_have_value(text)


def test_the_operator_answers_by_page_and_by_paste(site: Site, people: People) -> None:
    """A share by its two terms in the page, a count pasted from a spreadsheet, then the list is submitted."""
    page = people.page("operateur")
    page.goto(f"{site.url}/collecte/")
    page.get_by_role("main").get_by_role("row").filter(has_text="À saisir").get_by_role("link").first.click()
    press(page, "Saisir les chiffres")
    people.picture(page, "parcours-21-saisie")
    missing = page.locator("fieldset.collection-figure").filter(has_text="à donner")
    expect(missing).to_have_count(2)
    share = missing.filter(has=page.locator("input[name^=numerator]"))
    share.locator("input[name^=numerator]").fill("60")
    share.locator("input[name^=denominator]").fill("1 200")
    page.get_by_role("button", name="Enregistrer", exact=True).last.click()  # the first one is for the Enter key
    told(page, "1 chiffre enregistré")
    expect(missing).to_have_count(1)

    page.locator("summary").filter(has_text="Coller depuis un tableur").click()
    page.get_by_label(worded("Cellules copiées")).fill("DEMO-VISITS\t12 345")
    press(page, "Reporter dans la liste")
    expect(page.get_by_role("main")).to_contain_text("1 ligne(s) collée(s), pas encore enregistrée(s)")
    expect(missing.locator("input[name^=value]")).to_have_value(re.compile(r"12.345"))
    press(page, "Enregistrer et transmettre")
    page.wait_for_url("**/etape/transmettre/")
    page.get_by_role("main").get_by_role("button", name="Transmettre").click()
    page.wait_for_url(re.compile(r"/demandes/\d+/$"))
    expect(page.get_by_role("main")).to_contain_text("Transmise")


def test_the_association_sees_its_own_agreement_and_nothing_else(site: Site, people: People, watch: Watch) -> None:
    page = people.page("association")
    page.goto(f"{site.url}/contrats/")
    main = page.get_by_role("main")
    expect(main).to_contain_text("DEMO-CPO-44")
    for reference in ("DEMO-CLS", "DEMO-LIEE", "CALPAE"):
        expect(main).not_to_contain_text(reference)
    own = {link.get_attribute("href") for link in main.locator("a[href^='/contrats/']").all()}

    other = people.page("commissaire")
    other.goto(f"{site.url}/contrats/")
    every = {
        str(link.get_attribute("href")) for link in other.get_by_role("main").locator("a[href^='/contrats/']").all()
    }
    foreign = sorted(href for href in every - own if href.strip("/").split("/")[-1].isdigit())
    assert foreign
    response = page.goto(f"{site.url}{foreign[0]}")
    assert response is not None
    assert response.status == 404
    watch.forgive("status of 404")


def test_the_decision_sheet_of_the_prefect_prints(site: Site, people: People, tmp_path: Path) -> None:
    """What is decided fits its paper, and the paper holds no control of the screen."""
    page = people.page("prefete")
    page.goto(f"{site.url}/contrats/?etat=signed_partner")
    page.get_by_role("main").get_by_role("link", name="DEMO-").first.click()
    page.get_by_role("main").get_by_role("link", name="Signer", exact=True).click()
    page.wait_for_url("**/etape/**")
    printed = people.pictures or tmp_path
    path = printed / "parcours-22-decision.pdf"
    page.pdf(path=path, format="A4")
    text = text_of_pdf(path)
    assert "Ce qui est décidé, par année" in text
    assert "Date de l" not in text, "the form is not printed"
    assert "Se déconnecter" not in text
