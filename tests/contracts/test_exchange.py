"""A contract out to a workbook and back: what is read, what changes, what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from maillage.contracts.exchange.plan import Plan, plan_book
from maillage.contracts.exchange.reading import read_workbook
from maillage.contracts.exchange.template import Given, write_template
from maillage.contracts.models import Contract
from maillage.contracts.selectors.choices import choices_of
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.texts import change_text
from maillage.contracts.text import all_names, known_codes
from maillage.core.models import User
from maillage.engines.contract_text import REMOVED, Change, token
from maillage.kernel.errors import InputRefused
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.builders import AT, Cast

FORMATS = ["xlsx", "ods"]
Refusal = Callable[[Change], str]


def never(change: Change) -> str:
    return ""


@pytest.fixture
def cast(territories: dict[str, Territory]) -> Cast:
    return builders.make_cast()


@pytest.fixture
def contract(territories: dict[str, Territory], cast: Cast) -> Contract:
    builders.make_reference_rows()
    return builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)


def template(contract: Contract, fmt: str = "xlsx", closed: Refusal = never) -> bytes:
    given = Given(draft_of(contract), all_names(), choices_of(contract), closed, "Brouillon")
    return write_template(given, fmt, AT)


def plan(contract: Contract, content: bytes, name: str = "retour.xlsx", closed: Refusal = never) -> Plan:
    book = read_workbook(content, name=name)
    base = book.seal.text if book.seal is not None else None
    current = draft_of(contract).text
    return plan_book(book, current=current, base=base, codes=known_codes(), names=all_names(), closed=closed)


def apply(contract: Contract, made: Plan, by: User) -> list[Change]:
    seen = {place: token(made.current, place) for place in made.places}
    return change_text(contract=contract, edits=made.merge.kept, seen=seen, by=by, at=AT, source="tableur")


class Sheets:
    """A workbook that someone fills, by sheet, row and heading."""

    def __init__(self, content: bytes) -> None:
        self.book: Workbook = load_workbook(io.BytesIO(content))

    def column(self, sheet: str, heading: str) -> int:
        cells = {str(cell.value).split(" *")[0].split(" [")[0]: cell.column for cell in self.book[sheet][1]}
        return int(cells[heading])

    def set(self, sheet: str, row: int, **values: Any) -> Sheets:
        for heading, value in values.items():
            self.book[sheet].cell(row, self.column(sheet, heading.replace("_", " "))).value = value
        return self

    def put(self, sheet: str, row: int, values: Mapping[str, Any]) -> Sheets:
        for heading, value in values.items():
            self.book[sheet].cell(row, self.column(sheet, heading)).value = value
        return self

    @property
    def content(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputRefused) as caught:
        call()
    return "\n".join(str(one) for one in caught.value.problems)


# --- out and back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_template_sent_back_as_it_is_changes_nothing(contract: Contract, fmt: str) -> None:
    made = plan(contract, template(contract, fmt), f"x.{fmt}")
    assert made.made == ()
    assert made.merge.conflicts == ()
    assert made.notes == ()
    assert {one.name: (one.rows, one.touched) for one in made.counts}["Financement"] == (4, 0)


def test_what_is_filled_is_written_once(contract: Contract, cast: Cast) -> None:
    sheets = Sheets(template(contract))
    sheets.set("Fiches", 2, Intitulé="Ouvrir des places", Pilote=None)
    sheets.put("Financement", 2, {"Prévu (AE)": "5 500,50 €"})
    sheets.put("Financement", 6, {"Fiche": "a01", "Année": 2024, "Financeur": "CAF", "Prévu (AE)": 12.5})
    sheets.put("Fiches", 3, {"Fiche": "A02", "Intitulé": "Nouvelle", "Axe": "Enfance", "Nature": "Nouvelle"})
    sheets.put("Coûts", 4, {"Fiche": "A02", "Année": 2024, "Coût total": 10})
    sheets.put("Signataires", 4, {"Partie": "Partenaire", "Organisme": "CAF"})
    sheets.put("Plafonds", 3, {"Retirer": "oui"})
    content = sheets.content
    first = plan(contract, content)
    assert dict(first.kinds) == {"changed": 2, "erased": 1, "added": 3, "removed": 1}
    assert {change.path for change in first.made if change.kind == "added"} == {
        "sheets/A01/lines/L1",
        "sheets/A02",
        "signatories/S3",
    }
    row = first.row_of("sheets/A01/lines/D2024/planned")
    assert row is not None
    assert (row.tab.name, row.number) == ("Financement", 2)
    assert len(apply(contract, first, cast.commissioner)) == 7
    text = draft_of(contract).text
    assert text["sheets"]["A01"]["lines"]["D2024"]["planned"] == "5500.5"
    assert text["sheets"]["A01"]["pilot"] is None
    assert text["sheets"]["A02"]["axis"] == "PACTE-1"
    assert list(text["caps"]) == ["2024"]
    again = plan(contract, content)
    assert (again.made, again.merge.conflicts) == ((), ())


def test_a_missing_column_changes_nothing_and_an_own_one_is_said(contract: Contract) -> None:
    sheets = Sheets(template(contract))
    page = sheets.book["Fiches"]
    page.delete_cols(sheets.column("Fiches", "Pilote"))
    page.cell(1, 40).value = "Mes notes"
    page.cell(2, 40).value = "à revoir"
    page.move_range("B1:B30", cols=40)
    made = plan(contract, sheets.content)
    assert made.made == ()
    assert any("Mes notes" in note and "ignorée" in note for note in made.notes)
    assert any("Pilote" in note and "laissée telle quelle" in note for note in made.notes)


def test_a_row_taken_off_the_sheet_stays_in_the_text(contract: Contract) -> None:
    sheets = Sheets(template(contract))
    sheets.book["Financement"].delete_rows(2, 2)
    sheets.book.remove(sheets.book["Cibles"])
    assert plan(contract, sheets.content).made == ()


# --- others wrote meanwhile -------------------------------------------------------------------------------------------


def test_what_others_wrote_elsewhere_stays(contract: Contract, cast: Cast) -> None:
    content = Sheets(template(contract)).set("Fiches", 2, Intitulé="Du tableur").content
    edits = {"sheets/A01/need": "Récrit par une autre", "sheets/A01/lines/E2024": REMOVED}
    change_text(contract=contract, edits=edits, seen={}, by=cast.lead, at=AT)
    made = plan(contract, content)
    assert [change.path for change in made.made] == ["sheets/A01/title"]
    apply(contract, made, cast.commissioner)
    sheet = draft_of(contract).text["sheets"]["A01"]
    assert (sheet["title"], sheet["need"]) == ("Du tableur", "Récrit par une autre")
    assert "E2024" not in sheet["lines"]


def test_what_both_wrote_is_a_conflict(contract: Contract, cast: Cast) -> None:
    content = Sheets(template(contract)).set("Fiches", 2, Intitulé="Du tableur").content
    change_text(contract=contract, edits={"sheets/A01/title": "De la page"}, seen={}, by=cast.lead, at=AT)
    made = plan(contract, content)
    assert made.made == ()
    [one] = made.merge.conflicts
    assert (one.path, one.base, one.mine, one.theirs) == ("sheets/A01/title", "Action A01", "Du tableur", "De la page")


def test_a_workbook_without_its_memory_is_compared_with_today(contract: Contract, cast: Cast) -> None:
    sheets = Sheets(template(contract))
    change_text(contract=contract, edits={"sheets/A01/title": "De la page"}, seen={}, by=cast.lead, at=AT)
    sheets.book.remove(sheets.book["maillage"])
    made = plan(contract, sheets.content)
    assert [(change.path, change.after) for change in made.made] == [("sheets/A01/title", "Action A01")]


def test_a_forged_memory_is_not_believed(contract: Contract) -> None:
    sheets = Sheets(template(contract))
    page = sheets.book["maillage"]
    last = page.cell(page.max_row, 2)
    last.value = str(last.value)[:-4] + "AAAA"
    assert read_workbook(sheets.content, name="x.xlsx").seal is None


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "row", "values", "told"),
    [
        (
            "Financement",
            2,
            {"Prévu (AE)": "douze"},
            "Feuille «\u00a0Financement\u00a0», ligne 2, colonne « Prévu (AE) *",
        ),
        ("Financement", 2, {"Prévu (AE)": -5}, "ne peut pas être négatif"),
        ("Financement", 2, {"Prévu (AE)": None}, "sans montant, retirez la ligne"),
        ("Financement", 3, {"Ligne": "D2024"}, "figure déjà ligne 2"),
        ("Financement", 7, {"Prévu (AE)": 5}, "colonne « Fiche » : Cette case doit être remplie"),
        ("Financement", 7, {"Fiche": "A09", "Année": 2024, "Financeur": "CAF", "Prévu (AE)": 5}, "ajoutez-le d'abord"),
        ("Coûts", 2, {"Assiette éligible": 20_000}, "L'assiette éligible dépasse le coût total"),
        ("Coûts", 2, {"Année": "20x4"}, "« Année » : «\u00a020X4\u00a0» n'est pas un code"),
        ("Fiches", 2, {"Axe": "Inconnu"}, "ligne 2, colonne « Axe *"),
        ("Fiches", 2, {"Début": "31/02/2024"}, "n'est pas une date"),
        ("Fiches", 2, {"Retirer": "peut-être"}, "colonne « Retirer » : « peut-être »"),
        ("Contrat", 2, {"Début": None}, "Donnez la date de début"),
        ("Cibles", 2, {"Indicateur": "AUTRE"}, "ajoutez-le d'abord"),
    ],
)
def test_a_wrong_cell_is_refused_by_its_place(
    contract: Contract, sheet: str, row: int, values: dict[str, Any], told: str
) -> None:
    content = Sheets(template(contract)).put(sheet, row, values).content
    assert told in refusal(lambda: plan(contract, content))


def test_a_closed_field_that_differs_is_refused_by_name(contract: Contract) -> None:
    def closed(change: Change) -> str:
        return "Les plafonds de l'État sont écrits par l'État." if change.path.startswith("caps/") else ""

    content = template(contract, closed=closed)
    sheets = Sheets(content)
    page = sheets.book["Plafonds"]
    assert page.protection.sheet
    assert page.cell(2, 2).protection.locked
    assert "[fermé]" in str(page.cell(1, 2).value)
    assert not sheets.book["Fiches"].protection.sheet
    assert plan(contract, content, closed=closed).made == ()
    changed = sheets.put("Plafonds", 2, {"Plafond de l'État (AE)": 1}).content
    said = refusal(lambda: plan(contract, changed, closed=closed))
    assert "Feuille «\u00a0Plafonds\u00a0», ligne 2, colonne « Plafond de l'État (AE) * [fermé] »" in said
    assert "Ce champ est fermé" in said


def test_a_sheet_taken_out_is_not_changed_elsewhere(contract: Contract) -> None:
    sheets = Sheets(template(contract)).put("Fiches", 2, {"Retirer": "x"})
    assert [change.path for change in plan(contract, sheets.content).made] == ["sheets/A01"]
    sheets.put("Coûts", 2, {"Coût total": 5})
    assert "change ce que la feuille" in refusal(lambda: plan(contract, sheets.content))


# --- an amendment -----------------------------------------------------------------------------------------------------


def test_the_workbook_of_an_amendment_opens_its_blocks_alone(contract: Contract, cast: Cast) -> None:
    signed = builders.advance(contract, cast)
    given = {"title": "Hausse", "kinds": ["amount"], "reason": "Moyens nouveaux", "by": cast.lead, "at": AT}
    propose_amendment(contract=signed, **given)
    draft = draft_of(signed)

    def closed(change: Change) -> str:
        return next((reason for _, reason in draft.refused([change])), "")

    sheets = Sheets(template(signed, closed=closed))
    assert "Avenant n° 1" in "".join(str(row[0].value) for row in sheets.book["Mode d'emploi"].iter_rows())
    assert sheets.book["Fiches"].protection.sheet
    assert "[fermé]" in str(sheets.book["Fiches"].cell(1, 2).value)
    assert not sheets.book["Financement"].protection.sheet
    sheets.put("Financement", 2, {"Prévu (AE)": 4000})
    made = plan(signed, sheets.content, closed=closed)
    apply(signed, made, cast.lead)
    assert draft_of(signed).text["sheets"]["A01"]["lines"]["D2024"]["planned"] == "4000"
    assert signed.sheets.get(code="A01").lines.get(key="D2024").planned == 5000
    sheets.set("Fiches", 2, Intitulé="Autre")
    said = refusal(lambda: plan(signed, sheets.content, closed=closed))
    assert "Feuille «\u00a0Fiches\u00a0», ligne 2" in said
    assert "Cet avenant n'ouvre pas ce champ" in said
