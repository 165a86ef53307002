"""Workbooks and blocks as people really send them: rearranged, half text, half numbers, damaged, hostile."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from maillage.contracts.exchange.paste import Pasted, read_paste
from maillage.contracts.exchange.plan import Plan, plan_book
from maillage.contracts.exchange.reading import read_workbook
from maillage.engines.contract_text import REMOVED, Text
from maillage.kernel.errors import InputRefused

CODES = {
    "funder": {"etat": "ETAT", "état": "ETAT", "caf": "CAF", "dep": "DEP", "département": "DEP"},
    "axis": {"ax-1": "AX-1", "enfance": "AX-1"},
    "indicator": {"enfants": "ENFANTS"},
}
NAMES = {"funder": {"ETAT": "État", "CAF": "CAF", "DEP": "Département"}, "axis": {"AX-1": "Enfance"}}
YEARS = ("2024", "2025")


def base() -> Text:
    line = {"year": "2024", "funder": "ETAT", "in_kind": False, "planned": "5000", "planned_cp": None}
    sheet = {"title": "Action", "axis": "AX-1", "starts_on": "2024-01-01", "lines": {"L1": line}}
    return {
        "contract": {"reference": "R", "title": "T", "starts_on": "2024-01-01", "ends_on": "2025-12-31"},
        "caps": {"2024": {"ae": "5000"}},
        "signatories": {},
        "sheets": {"A01": {**sheet, "years": {}, "targets": {}}},
    }


def book(**sheets: list[list[Any]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def plan(content: bytes, name: str = "x.xlsx") -> Plan:
    text = base()
    read = read_workbook(content, name=name)
    return plan_book(read, current=text, base=text, codes=CODES, names=NAMES, closed=lambda change: "")


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputRefused) as caught:
        call()
    return "\n".join([caught.value.title, *(str(one) for one in caught.value.problems)])


HEAD = ["Fiche", "Ligne", "Année *", "Financeur *", "Prévu (AE) *"]


# --- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["1 234,50 €", "1\u202f234,50\u00a0€", "1234.5", "1234,5", 1234.5, "1.234,50"])
def test_an_amount_is_read_however_it_is_written(typed: Any) -> None:
    assert plan(book(Financement=[HEAD, ["A01", "L1", 2024, "État", typed]])).edits == {
        "sheets/A01/lines/L1/planned": "1234.5"
    }


@pytest.mark.parametrize(
    "typed",
    [date(2024, 3, 5), datetime(2024, 3, 5), "05/03/2024", "2024-03-05", "5.3.2024", "5-3-2024", "5 mars 2024"],  # noqa: DTZ001  (a spreadsheet knows no time zone)
)
def test_a_date_is_read_however_it_is_written(typed: Any) -> None:
    made = plan(book(Fiches=[["Fiche", "Début"], ["A01", typed]]))
    assert made.edits == {"sheets/A01/starts_on": "2024-03-05"}


@pytest.mark.parametrize("typed", ["AX-1", "ax-1", "Enfance", "AX-1 · Enfance", "AX-1 · un nom d'avant"])
def test_a_code_is_read_by_itself_its_name_or_both(typed: str) -> None:
    assert plan(book(Fiches=[["Fiche", "Axe"], ["A01 · Action", typed]])).edits == {}


@pytest.mark.parametrize("typed", [True, "oui", "x", "VRAI", "1"])
def test_a_yes_is_read_however_it_is_written(typed: Any) -> None:
    assert plan(book(Fiches=[["Fiche", "Retirer"], ["A01", typed]])).edits == {"sheets/A01": REMOVED}


# --- sheets and columns -----------------------------------------------------------------------------------------------


def test_a_title_merged_above_and_columns_in_any_order() -> None:
    content = book(
        financement=[["Notre contrat"], [], ["Notes", *reversed(HEAD)], ["à voir", 7000, "ETAT", 2024, "L1", "A01"]]
    )
    sheets = load_workbook(io.BytesIO(content))
    sheets["financement"].merge_cells("A1:F1")
    out = io.BytesIO()
    sheets.save(out)
    made = plan(out.getvalue())
    assert made.edits == {"sheets/A01/lines/L1/planned": "7000"}
    assert made.rows["sheets/A01/lines/L1/planned"].number == 4


def test_sheets_of_other_names_are_said_or_refused() -> None:
    made = plan(book(Financement=[HEAD], Brouillon=[["x"]], Vide=[]))
    assert made.notes[-1] == "La feuille «\u00a0Brouillon\u00a0» n'est pas du modèle : ignorée."
    assert len([note for note in made.notes if "n'est pas du modèle" in note]) == 1
    assert "Aucune feuille n'est reconnue" in refusal(lambda: plan(book(Feuil1=[HEAD])))


def test_a_sheet_without_its_keys_is_refused() -> None:
    said = refusal(lambda: plan(book(Coûts=[["Fiche", "Coût total"], ["A01", 5]])))
    assert (
        "Feuille «\u00a0Coûts\u00a0» : La ligne d'en-tête est introuvable : il faut la colonne «\u00a0Année\u00a0»"
        in said
    )
    twice = refusal(lambda: plan(book(Fiches=[["Fiche", "Axe", "Axe *"], ["A01", "AX-1", "AX-1"]])))
    assert "Feuille «\u00a0Fiches\u00a0», ligne 1, colonne « Axe * » : Cette colonne est donnée deux fois." in twice


def test_blank_rows_and_rows_far_below_are_read() -> None:
    rows = [HEAD, [], ["A01", "L1", 2024, "ETAT", 1], *[[] for _ in range(200)], ["A01", None, 2025, "CAF", 3]]
    made = plan(book(Financement=rows))
    assert made.edits["sheets/A01/lines/L2/planned"] == "3"
    assert made.rows["sheets/A01/lines/L2"].number == 204


def test_a_formula_is_its_recorded_value_and_never_computed() -> None:
    content = book(Financement=[HEAD, ["A01", "L1", 2024, "ETAT", "=2500*2+1"]])
    assert "ligne 2, colonne « Prévu (AE) * » : Formule sans valeur" in refusal(lambda: plan(content))
    recorded = replaced(content, b"<f>2500*2+1</f><v></v>", b"<f>2500*2+1</f><v>42</v>")
    assert plan(recorded).edits == {"sheets/A01/lines/L1/planned": "42"}


def replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            held = given.read(name)
            if name.startswith("xl/worksheets/"):
                if old not in held:
                    raise ValueError(f"{old!r} is not in {held!r}")
                held = held.replace(old, new)
            made.writestr(name, held)
    return out.getvalue()


# --- hostile, damaged -------------------------------------------------------------------------------------------------


def test_a_cell_at_the_end_of_the_world_is_refused() -> None:
    content = book(Financement=[HEAD, ["A01", "L1", 2024, "ETAT", 5]])
    far = replaced(
        content, b"</row></sheetData>", b'</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    assert "Feuille" in (said := refusal(lambda: plan(far))) or "feuille" in said
    assert "1\u202f048\u202f576 lignes" in said


def test_too_many_sheets_are_refused() -> None:
    many = book(**{f"F{rank}": [["x"]] for rank in range(61)})
    assert "61 feuilles" in refusal(lambda: plan(many))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protégé par un mot de passe"),
        (b"PK\x03\x04 rien", "abîmé"),
        (b"Fiche;Axe\nA01;x\n", "n'est pas un classeur"),
        (b"", "vide"),
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes, told: str) -> None:
    assert told in refusal(lambda: plan(content))


ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="Plafonds">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)

MANIFEST = '<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def ods(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", ODS.format(rows))
        made.writestr("META-INF/manifest.xml", MANIFEST)
    return out.getvalue()


def ods_row(*cells: str, repeated: int = 1) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


def test_repeated_rows_of_an_ods_keep_their_numbers() -> None:
    empty = '<table:table-row table:number-rows-repeated="7"><table:table-cell/></table:table-row>'
    made = plan(ods(ods_row("Année", "Référence") + empty + ods_row("2024", "Une lettre")), "x.ods")
    assert made.edits == {"caps/2024/reference": "Une lettre"}
    assert made.rows["caps/2024/reference"].number == 9
    twice = refusal(lambda: plan(ods(ods_row("Année", "Référence") + ods_row("2024", "x", repeated=2)), "x.ods"))
    assert "ligne 3, colonne « Année » : La même ligne figure déjà ligne 2" in twice


# --- pasted -----------------------------------------------------------------------------------------------------------


def pasted(text: str) -> Pasted:
    return read_paste(text, place="sheets/A01", base=base(), current=base(), years=YEARS, codes=CODES)


def amounts(found: Pasted) -> dict[str, Any]:
    return {
        path.removeprefix("sheets/A01/lines/"): value
        for path, value in found.edits.items()
        if path.rpartition("/")[2].startswith("planned")
    }


TWO_HEADINGS = "Financeur\tEn nature\t2024\t\t2025\t\n\t\tPrévu (AE)\tPaiement (CP)\tPrévu (AE)\tPaiement (CP)\n"


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        ("État\tnon\t6 000,50 €\t\t\t\n", {"L1/planned": "6000.5"}),
        ("\ufeffÉtat;non;6000;5000;;\r\n", {"L1/planned": "6000", "L1/planned_cp": "5000"}),
        ("État\t6000\t7000\n", {"L1/planned": "6000", "L2/planned": "7000"}),
        ("Financeur,2024\nETAT,12.5\n", {"L1/planned": "12.5"}),
        ("2024\tÉtat\tnon\t9\t8\n", {"L1/planned": "9", "L1/planned_cp": "8"}),
        ("Année;Financeur;Nature;Montant\n2025;CAF;En nature;3\n", {"L2/planned": "3"}),
        (TWO_HEADINGS + "État\tnon\t1\t2\t\t\n", {"L1/planned": "1", "L1/planned_cp": "2"}),
        ("Financeur\tEn nature\t2024\t\t2025\nÉtat\tnon\t1\t2\t\n", {"L1/planned": "1", "L1/planned_cp": "2"}),
        ('"Financeur"\t"2024\n(AE)"\n"État"\t"6 000"\n', {"L1/planned": "6000"}),
        ("Financeur\tCommentaire\t2024\nÉtat\tà voir\t5000\nTotal\t\t5000\n", {}),
        ("Ligne\tFinanceur\tAnnée\tPrévu\nL1\tÉtat\t2024\t-\n", {}),
    ],
)  # fmt: skip
def test_a_block_is_read_whatever_its_shape(block: str, wanted: dict[str, str]) -> None:
    assert amounts(pasted(block)) == wanted


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("", "Il est vide"),
        ("Mairie\t5\n", "Ligne 1, colonne « Financeur » : « Mairie » n'est pas connu"),
        ("État\tnon\tdouze\n", "Ligne 1, colonne « Prévu (AE) 2024 »"),
        (
            "Financeur\t2031\nÉtat\t5\n",
            "Ligne 2, colonne « Année » : «\u00a02031\u00a0» n'est pas une année du contrat",
        ),
        ("Financeur\t2024\nÉtat\t5\nETAT\t6\n", "Ligne 3 : La même ligne de financement figure déjà ligne 2"),
        ("Financeur\t2024 (CP)\nCAF\t5\n", "Ligne 2, colonne « Prévu (AE) 2024 » : Donnez le prévu"),
        ("Financeur\t2024\n\t5\n", "Ligne 2, colonne « Financeur » : Donnez le financeur"),
        ("Ligne\tFinanceur\tAnnée\tPrévu\nL9\tÉtat\t2024\t5\n", "Ligne 2, colonne « Ligne »"),
        ("État\tpeut-être\t5\t6\t7\t8\n", "Ligne 1, colonne « Prévu (AE) 2024 »"),
        ("État\tnon\t5\t6\t7\t8\t9\n", "Ligne 1 : 7 cellules : au plus 6"),
        ("Financeur\t2024\nÉtat\t=1+1\n", "Ligne 2, colonne « Prévu (AE) 2024 »"),
    ],
)
def test_a_wrong_block_is_refused_by_row_and_column(block: str, told: str) -> None:
    assert told in refusal(lambda: pasted(block))


def test_two_lines_of_one_funder_ask_for_their_code() -> None:
    text = base()
    text["sheets"]["A01"]["lines"]["L2"] = dict(text["sheets"]["A01"]["lines"]["L1"])
    with pytest.raises(InputRefused, match=r"L1, L2.*collez leur code"):
        read_paste("Financeur\t2024\nÉtat\t5\n", place="sheets/A01", base=text, current=text, years=YEARS, codes=CODES)
