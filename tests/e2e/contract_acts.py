"""What the parties of a contract do on its pages, from the first draft to the archive."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pypdfium2
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.acts import after_job
from tests.e2e.conftest import People

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SHEET = "J01"
# The words of a step on its button; a dot stands for an apostrophe, which a page may write either way.
OPEN, CORRECT, RESUBMIT = "Ouvrir la négociation", "Demander des corrections", "Renvoyer les corrections"
AGREE, DELIBERATE, TO_SIGN = "Donner l.accord technique", "Enregistrer la délibération", "Mettre à la signature"
SIGN_PARTNER, SIGN_PREFECT = "Signer pour le partenaire", "Signer"


@dataclass
class Journey:
    """One contract on its way. Its years are the last one and this one: a report is due whatever the day."""

    people: People
    reference: str
    url: str = ""
    first: int = field(default_factory=lambda: date.today().year - 1)  # noqa: DTZ011  (the years of an invented contract)

    @property
    def second(self) -> int:
        return self.first + 1

    def day(self, month: int, number: int) -> str:
        """A day of the first year, as a calendar control wants it."""
        return date(self.first, month, number).isoformat()

    def on(self, who: str, path: str = "") -> Page:
        """Someone opens a page of the contract."""
        page = self.people.page(who)
        page.goto(f"{self.url}{path}")
        return page

    def seen(self, page: Page, name: str) -> None:
        self.people.picture(page, f"parcours-{name}")


def worded(words: str) -> re.Pattern[str]:
    """A whole label, with the marks that pages add: « … » after a step that asks, « (facultatif) » after a field."""
    return re.compile(rf"^\s*{words}(…|\s*\(facultatif\))?\s*$")


def told(page: Page, words: str) -> None:
    """The message that a page shows after an act."""
    expect(page.locator(".ui-messages").last).to_contain_text(re.compile(words))


def press(page: Page, words: str) -> None:
    """A button or a link of the page, by its words."""
    place = page.get_by_role("main")
    place.get_by_role("button", name=worded(words)).or_(place.get_by_role("link", name=worded(words))).first.click()


def fill(place: Page | Locator, values: dict[str, str]) -> None:
    """Controls by their label; a list by the words of its choice."""
    for label, value in values.items():
        control = place.get_by_label(worded(label)).first
        if control.evaluate("one => one.tagName") == "SELECT":
            choice = control.locator("option").filter(has_text=re.compile(value)).first
            control.select_option(value=choice.get_attribute("value"))
        else:
            control.fill(value)


def act(page: Page, words: str, values: dict[str, str] | None = None, *, link: str = "") -> None:
    """A step of a lifecycle: its button leads to a page that says what will happen, and that does it."""
    press(page, link or words)
    page.wait_for_url("**/etape/**")
    fill(page.get_by_role("main"), values or {})
    address = page.url
    press(page, words)
    page.wait_for_url(lambda url: url != address)
    told(page, "C.est fait")


# --- the text ------------------------------------------------------------------------------------------------------


def open_contract(journey: Journey, site: str) -> None:
    page = journey.people.page("ddets44")
    page.goto(f"{site}/contrats/")
    press(page, "Ouvrir un contrat")
    values = {
        "Référence": journey.reference,
        "Intitulé": "Contrat du parcours",
        "Territoire": "Loire-Atlantique",
        "Début": journey.day(1, 1),
        "Fin": date(journey.second, 12, 31).isoformat(),
    }
    fill(page.get_by_role("main"), values)
    press(page, "Ouvrir le contrat")
    page.wait_for_url(re.compile(r"/contrats/\d+/$"))
    journey.url = page.url
    expect(page.get_by_role("main")).to_contain_text("Brouillon")


def write_sheet(journey: Journey) -> None:
    """The lead adds a sheet and fills its form."""
    page = journey.on("departement44", "negociation/")
    press(page, "Ajouter une fiche")
    fill(page.get_by_role("main"), {"Code": SHEET, "Intitulé": "Accueillir le soir", "Axe": "[a-z]"})
    press(page, "Ajouter la fiche")
    page.wait_for_url(f"**/fiches/{SHEET}/modifier/")
    journey.seen(page, "02-fiche-vide")
    values = {
        "Mesure": "[a-z]",
        "Besoin constaté": "Les lieux d'accueil ferment avant le retour du travail.",
        "Nature": "Nouvelle",
        "En quoi elle est nouvelle ou renforcée": "Rien n'existait.",
        "Pilote": "Service de l'enfance",
    }
    fill(page.locator("form.nego-form"), values)
    target = page.locator("#indicateurs fieldset").first
    fill(target, {"Indicateur": "Personnes|personnes|Enfants", "Situation initiale": "40"})
    fill(target, {f"Cible {journey.first}": "60", f"Cible {journey.second}": "80"})
    press(page, "Enregistrer la fiche")
    told(page, "est enregistrée")


def fund(journey: Journey) -> None:
    """The funding grid by the keyboard, with numbers as a French person types them; the totals follow."""
    page = journey.on("departement44", f"financement/{SHEET}/")
    grid = page.locator("table.nego-grid")
    rows = grid.locator("tbody tr")
    for rank, name in enumerate(("État", "Département")):
        funder = rows.nth(rank).locator("select")
        choice = funder.locator("option").filter(has_text=re.compile(f"^{name}")).first
        funder.select_option(value=choice.get_attribute("value"))
    cells = grid.locator("input[type=text]")
    cells.first.focus()
    # Down the column of the first year with Enter, then up again on the next one.
    for text in ("12 500,50", "12500,50", "25 001", "25 001,00"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    rows.nth(0).locator("input[type=text]").nth(2).focus()
    for text in ("10 000", "10 000", "20 000", "20 000"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    expect(page.locator("#totaux-en-direct")).to_contain_text(re.compile(r"20.000.€\s+20.000.€"))
    journey.seen(page, "03-grille")
    cells.first.focus()
    page.keyboard.press("Control+Enter")
    told(page, "est enregistré")
    expect(rows.nth(0).locator("input[type=text]").first).to_have_value(re.compile(r"12.500,50?"))


def write_caps(journey: Journey) -> None:
    """What the State may give, and who signs: by the State."""
    page = journey.on("ddets44", "plafonds/")
    for year, ae, budget in ((journey.first, "12 500,50", "25 001"), (journey.second, "10 000", "20 000")):
        panel = page.locator(f"#annee-{year}")
        fill(panel, {"Plafond de l.État \\(AE\\)": ae, "Budget de l.année, tous financeurs": budget})
    journey.seen(page, "04-plafonds")
    press(page, "Enregistrer")
    told(page, "enregistrés")
    for side, name, office in (
        ("État", "Préfecture de l'essai", "Préfète"),
        ("Partenaire", "Conseil de l'essai", "Président"),
    ):
        page = journey.on("ddets44", "signataires/")
        fresh = page.locator("form.nego-form fieldset").last
        fill(fresh, {"Partie": side, "Organisme": name, "Qualité du signataire": office})
        press(page, "Enregistrer")
        told(page, "enregistrés")


# --- comments and corrections --------------------------------------------------------------------------------------


def ask_correction(journey: Journey) -> None:
    """The State comments one field, which is what will stay open to the other party."""
    page = journey.on("ddets44", f"fiches/{SHEET}/modifier/")
    block = page.locator(".nego-block").filter(has=page.get_by_label("Besoin constaté")).first
    block.locator("summary").click()
    block.get_by_label("Votre commentaire").fill("Dites combien de familles sont concernées.")
    block.get_by_role("button", name="Commenter").click()
    expect(block.locator(".nego-said-one")).to_contain_text("combien de familles")
    journey.seen(page, "05-commentaire")
    act(journey.on("ddets44"), CORRECT)


def correct(journey: Journey) -> None:
    """Only the commented field is open; the lead answers, corrects it and sends it back."""
    page = journey.on("departement44", f"fiches/{SHEET}/modifier/")
    expect(page.get_by_role("main")).to_contain_text("Seuls les champs commentés sont modifiables")
    form = page.locator("form.nego-form")
    expect(form.locator("input[type=text]:enabled, textarea[name^=fiche]:enabled, select:enabled")).to_have_count(1)
    journey.seen(page, "06-corrections")
    block = page.locator(".nego-block.nego-commented")
    block.get_by_label("Votre réponse").fill("Chiffre ajouté.")
    block.get_by_role("button", name="Répondre").click()
    expect(block.locator("blockquote")).to_contain_text("Chiffre ajouté")
    page.get_by_label("Besoin constaté").fill("Deux cents familles n'ont pas d'accueil après dix-huit heures.")
    press(page, "Enregistrer la fiche")
    told(page, "est enregistrée")
    act(journey.on("departement44"), RESUBMIT)
    page = journey.on("ddets44", "commentaires/")
    expect(page.get_by_role("main")).to_contain_text("Chiffre ajouté")
    page.get_by_role("button", name="Clore").click()
    expect(page.get_by_role("button", name="Clore")).to_have_count(0)


def retain(journey: Journey) -> None:
    act(journey.on("ddets44"), "Retenir", link=f"Retenir la fiche {SHEET}")


# --- from the agreement to the signatures --------------------------------------------------------------------------


def deposit_deliberation(journey: Journey) -> None:
    page = journey.on("departement44", "pieces/")
    values = {"Nature de la pièce": "Délibération", "Intitulé": "Délibération de l'essai"}
    fill(page.get_by_role("main"), values | {"Date de la pièce": journey.day(1, 10)})
    deposited: FilePayload = {"name": "deliberation.pdf", "mimeType": "application/pdf", "buffer": PDF}
    page.locator("input[type=file]").set_input_files(deposited)
    journey.seen(page, "07-piece")
    page.locator("main form").get_by_role("button").last.click()
    told(page, "déposée")


def by_keyboard(page: Page, words: str, *, most: int = 150) -> None:
    """Tab until the button or link that says this, whose focus is seen, then Enter."""
    wanted = worded(words)
    for _ in range(most):
        page.keyboard.press("Tab")
        text = page.evaluate("() => document.activeElement.matches('main *') ? document.activeElement.innerText : ''")
        if wanted.match(str(text)):
            break
    else:
        raise AssertionError(f"« {words} » is not reached by the keyboard in {most} steps")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", f"the focus of « {words} » is not seen"
    page.keyboard.press("Enter")


def sign(journey: Journey, who: str, words: str, day: str, name: str) -> None:
    """By the keyboard alone, from the page of the contract: read what is decided, date the act, sign.

    `day`: its month and its number are the same.
    """
    page = journey.on(who)
    by_keyboard(page, words)
    page.wait_for_url("**/etape/**")
    expect(page.get_by_role("main")).to_contain_text("Ce qui est décidé, par année")
    journey.seen(page, name)
    control = page.get_by_label(worded("Date de l.acte"))
    for _ in range(150):
        page.keyboard.press("Tab")
        if control.evaluate("one => one === document.activeElement"):
            break
    year, month, number = day.split("-")
    assert month == number, "a calendar control takes them in the order of the browser's own language"
    page.keyboard.type(f"{number}{month}{year}")
    expect(control).to_have_value(day)
    address = page.url
    by_keyboard(page, words)
    page.wait_for_url(lambda url: url != address)
    told(page, "C.est fait")


def start(journey: Journey) -> None:
    act(journey.on("departement44"), "Démarrer", link=f"Démarrer la fiche {SHEET}")


# --- execution -----------------------------------------------------------------------------------------------------


def spend(journey: Journey) -> None:
    """What the State commits, then pays: more than is committed is refused, and what was typed stays."""
    page = journey.on("ddets44", f"fiches/{SHEET}/mouvements/")
    line = f"{journey.first} · État"
    for stage, amount, day in (("Engag", "12 000", journey.day(3, 15)), ("Pay", "11 500,25", journey.day(10, 15))):
        values = {"Ligne": line, "Étape": stage, "Montant, en euros": amount, "Date": day}
        fill(page.get_by_role("main"), values)
        press(page, "Enregistrer le montant")
        told(page, "nregistré")
    journey.seen(page, "11-mouvements")


def read(journey: Journey) -> None:
    """What the action reached in its first year: entered and submitted by the lead, validated by the State."""
    page = journey.on("departement44", f"fiches/{SHEET}/releves/")
    page.get_by_role("main").locator(f"a[href*='/releves/'][href$='/{journey.first}/']").first.click()
    fill(page.get_by_role("main"), {"Valeur": "58", "Méthode": "Feuilles de présence."})
    journey.seen(page, "12-releve")
    press(page, "Enregistrer")
    told(page, "Il reste à le transmettre")
    address = page.url
    act(page, "Transmettre")
    other = journey.people.page("ddets44")
    other.goto(address)
    act(other, "Valider")
    expect(other.get_by_role("main")).to_contain_text("Validé")


def report(journey: Journey) -> None:
    """The execution report of the first year: figures that fill themselves, a text, then three hands."""
    path = f"fiches/{SHEET}/rapports/{journey.first}/"
    page = journey.on("departement44", path)
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"11.500,25"))
    fill(page.get_by_role("main"), {"Ce qui a été fait": "Cinquante-huit personnes accompagnées le soir."})
    journey.seen(page, "13-rapport")
    press(page, "Enregistrer")
    told(page, "Il reste à le transmettre")
    act(page, "Transmettre")
    act(journey.on("ddets44", path), "Valider")
    page = journey.on("commissaire", path)
    act(page, "Consolider")
    expect(page.get_by_role("main")).to_contain_text("Consolidé")


# --- amendment -----------------------------------------------------------------------------------------------------


def propose(journey: Journey) -> None:
    """The lead asks for more in the second year, and writes it in the negotiation."""
    page = journey.on("departement44", "avenants/")
    press(page, "Proposer un avenant")
    fill(page.get_by_role("main"), {"Objet": "Ouvrir un second lieu"})
    page.get_by_label(re.compile(r"^\s*Montants")).check()
    journey.seen(page, "14-avenant")
    press(page, "Ouvrir l.avenant")
    page.wait_for_url("**/avenants/1/")
    press(page, "Travailler sur le texte")
    page.wait_for_url("**/negociation/")
    page.locator(f"a[href$='/financement/{SHEET}/']").first.click()
    rows = page.locator("table.nego-grid tbody tr")
    for rank in (0, 1):
        rows.nth(rank).locator("input[type=text]").nth(2).fill("12 000")
    for cost in ("Coût total", "Assiette éligible"):
        page.get_by_role("row", name=re.compile(f"^{cost}")).locator("input").nth(1).fill("24 000")
    press(page, "Enregistrer la grille")
    told(page, "est enregistré")
    page = journey.on("ddets44", "plafonds/")
    panel = page.locator(f"#annee-{journey.second}")
    fill(panel, {"Plafond de l.État \\(AE\\)": "12 000", "Budget de l.année, tous financeurs": "24 000"})
    press(page, "Enregistrer")
    told(page, "enregistrés")
    journey.seen(journey.on("ddets44", "negociation/"), "15-negociation-avenant")


def sign_amendment(journey: Journey) -> None:
    """The amendment goes the same way as the contract, on its own page."""
    path = "avenants/1/"
    act(journey.on("departement44", path), OPEN)
    page = journey.on("ddets44", path)
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"10.000"))
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"12.000"))
    journey.seen(page, "16-avenant-compare")
    act(page, AGREE)
    deposit_deliberation(journey)
    act(journey.on("departement44", path), DELIBERATE)
    act(journey.on("ddets44", path), TO_SIGN)
    act(journey.on("departement44", path), SIGN_PARTNER)
    act(journey.on("prefete", path), SIGN_PREFECT)


# --- documents and audit -------------------------------------------------------------------------------------------


def produce(journey: Journey, version: int, folder: Path) -> tuple[str, str, str]:
    """The convention of a version as PDF, read on paper: reference, version and fingerprint at its foot."""
    page = journey.on("ddets44", "documents/")
    fill(page.get_by_role("main"), {"Document": f"Convention.*version {version}", "Format": "PDF"})
    press(page, "Produire")
    told(page, "est dans la liste")
    journey.seen(page, "17-documents")
    link = page.locator("#produits").get_by_role("link", name=re.compile(f"version {version}")).first
    text = text_of_pdf(saved(page, link, folder / f"version-{version}.pdf"))
    found = re.search(rf"{journey.reference} · version (\d+) · ([0-9a-f]{{16}})", text)
    assert found is not None, "a page says which version it prints"
    return journey.reference, found.group(1), found.group(2)


def saved(page: Page, link: Locator, path: Path) -> Path:
    """A file that a page gives."""
    with page.expect_download() as started:
        link.click()
    started.value.save_as(path)
    return path


def text_of_pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    text = " ".join(sheet.get_textpage().get_text_bounded() for sheet in document)
    document.close()
    return re.sub(r"\s+", " ", text)


def verify(page: Page, site: str, printed: tuple[str, str, str], answer: str) -> None:
    """Someone without an account types what the paper says."""
    page.goto(f"{site}/verifier/")
    fill(page.get_by_role("main"), dict(zip(("Référence du contrat", "Version", "Empreinte"), printed, strict=True)))
    press(page, "Vérifier")
    expect(page.locator(".ui-alert-title").first).to_have_text(re.compile(answer))


def take_archive(journey: Journey, folder: Path) -> Path:
    """The auditor asks for the archive, and opens it where Maillage is not."""
    page = journey.on("auditeur", "archive/")
    journey.seen(page, "19-archive")
    press(page, "Faire l.archive")
    archive = saved(page, after_job(page, "Télécharger"), folder / "archive.zip")
    opened = folder / "archive"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(opened)
    return next(opened.rglob("SHA256SUMS")).parent
