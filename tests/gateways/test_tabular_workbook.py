"""Workbooks from anyone: cells as text, and hostile files refused without harm to this process."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from odfdo import Document, Row
from odfdo import Table as OdfTable

from maillage.gateways.tabular import Limits, Table, read_table
from maillage.kernel.errors import InputRefused

SHEET_HEAD = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def _xlsx(rows: list[list[object]], title: str = "Données") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.create_sheet("Autre").append(["x"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _with_sheet_xml(xml: str, content: bytes | None = None) -> bytes:
    """A workbook whose first sheet is exactly this XML."""
    written = io.BytesIO()
    given = zipfile.ZipFile(io.BytesIO(content or _xlsx([["a"]])))
    with given, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        for member in given.namelist():
            out.writestr(member, xml if member == "xl/worksheets/sheet1.xml" else given.read(member))
    return written.getvalue()


def _ods(rows: list[list[object]]) -> bytes:
    document = Document("spreadsheet")
    document.body.clear()
    table = OdfTable("Feuille")
    for values in rows:
        row = Row()
        row.set_values(values)
        table.append_row(row)
    document.body.append(table)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _ods_of_xml(table_xml: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr(
            "content.xml",
            '<?xml version="1.0"?><office:document-content '
            'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="F">{table_xml}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        out.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest '
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return written.getvalue()


def _read(content: bytes, name: str = "essai.xlsx", **options: object) -> Table:
    return read_table(content, name=name, **options)  # type: ignore[arg-type]  # options are those of read_table


def _refusal(content: bytes, name: str = "essai.xlsx", **options: object) -> str:
    with pytest.raises(InputRefused) as caught:
        _read(content, name, **options)
    return str(caught.value)


ROWS: list[list[object]] = [
    ["code", "nom", "valeur", "date", "vide"],
    ["01004", "Ambérieu", 200029999, date(2025, 1, 1), None],
    ["2A004", "Ajaccio", 0.1 + 0.2, date(2024, 2, 29), None],
]
TEXT = [["01004", "Ambérieu", "200029999", "2025-01-01", None], ["2A004", "Ajaccio", "0.3", "2024-02-29", None]]


def test_cells_of_a_workbook_come_as_text() -> None:
    table = _read(_xlsx(ROWS))
    assert table.sheet == "Données"
    assert table.columns == ["code", "nom", "valeur", "date", "vide"]
    assert table.rows == TEXT
    assert list(table.row_numbers) == [2, 3]


def test_an_ods_gives_the_same_text() -> None:
    assert _read(_ods(ROWS), "essai.ods").rows == TEXT


def test_a_sheet_is_chosen_by_name_and_an_unknown_one_names_those_found() -> None:
    content = _xlsx(ROWS)
    assert _read(content, sheet="Autre").columns == ["x"]
    message = _refusal(content, sheet="Absente")
    assert "Données" in message
    assert "Autre" in message


def test_a_path_is_read_and_the_name_does_not_decide(tmp_path: Path) -> None:
    path = tmp_path / "mal_nommé.csv"
    path.write_bytes(_xlsx(ROWS))
    assert read_table(path, name=path.name).rows == TEXT


def test_a_formula_is_read_by_the_value_saved_with_it() -> None:
    xml = (
        f'{SHEET_HEAD}<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>total</t></is></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row></sheetData></worksheet>'
    )
    assert _read(_with_sheet_xml(xml)).rows == [["2"]]


def test_a_formula_that_nothing_computed_is_refused_by_cell() -> None:
    """openpyxl writes formulas without values: read as empty, they would be lost in silence."""
    message = _refusal(_xlsx([["code", "total"], ["1", "=1+1"]]))
    assert "Ligne 2, colonne « total »" in message
    assert "Formule sans valeur" in message


def test_a_tiny_workbook_that_claims_a_million_rows_of_sixteen_thousand_columns_is_refused() -> None:
    xml = (
        f'{SHEET_HEAD}<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    content = _with_sheet_xml(xml)
    assert len(content) < 6000
    assert "1\u202f048\u202f576 lignes et 16\u202f384 colonnes" in _refusal(content)


def test_the_same_trick_hidden_from_the_check_is_stopped_by_the_memory_limit() -> None:
    """Attributes written so that our own measure does not see them: the process limits are the second wall."""
    xml = (
        f'{SHEET_HEAD}<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r = "XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    assert "mémoire" in _refusal(_with_sheet_xml(xml), limits=Limits(memory_bytes=600 * 1024 * 1024))


def test_an_ods_that_repeats_a_cell_a_million_times_a_million_is_refused() -> None:
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="1000000"/>'
    content = _ods_of_xml(f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>')
    assert len(content) < 2000
    assert _refusal(content, "essai.ods", limits=Limits(memory_bytes=600 * 1024 * 1024, seconds=10))


def test_the_empty_repeated_rows_that_end_every_ods_are_no_harm() -> None:
    filler = '<table:table-cell table:number-columns-repeated="1023"/>'
    text = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
        "{}</table:table-row>"
    )
    tail = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    )
    table = _read(_ods_of_xml(text.format("code", filler) + text.format("01", filler) + tail), "essai.ods")
    assert (table.columns, table.rows) == (["code"], [["01"]])


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _with_sheet_xml(SHEET_HEAD + " " * 60_000_000 + "<sheetData/></worksheet>")
    assert len(bomb) < 200_000
    assert "une fois décompressé" in _refusal(bomb)


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused() -> None:
    assert "une fois décompressé" in _refusal(_xlsx(ROWS), limits=Limits(max_unpacked_bytes=1000))


def test_a_parser_that_takes_too_long_is_ended() -> None:
    content = _xlsx([["a"]] + [[n] for n in range(200_000)])
    assert re.search("temps|secondes", _refusal(content, limits=Limits(seconds=0)))


def test_a_workbook_under_a_password_is_told() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600
    assert "mot de passe" in _refusal(ole)
    assert ".xls" in _refusal(ole, "ancien.xls")


def test_an_encrypted_ods_is_told() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        out.writestr("content.xml", b"\x8f\x00\x01")
        out.writestr("META-INF/manifest.xml", '<manifest:encryption-data manifest:checksum="x"/>')
    assert "mot de passe" in _refusal(written.getvalue(), "essai.ods")


@pytest.mark.parametrize("cut", [30, 400, 2000])
def test_a_truncated_workbook_is_told(cut: int) -> None:
    assert "abîmé" in _refusal(_xlsx(ROWS)[:cut])


def test_bytes_changed_inside_the_archive_are_told() -> None:
    content = bytearray(_xlsx(ROWS))
    start = content.index(b"xl/worksheets/sheet1.xml") + 30
    content[start : start + 60] = b"\xff" * 60
    assert "abîmé" in _refusal(bytes(content))


def test_another_archive_is_not_a_workbook() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        out.writestr("lettre.txt", "bonjour")
    assert "n'est pas un classeur" in _refusal(written.getvalue())


def test_a_text_named_xlsx_is_told() -> None:
    assert "n'est pas un classeur" in _refusal(b"a;b\n1;2\n")


def test_a_stray_cell_far_from_the_table_is_explained() -> None:
    book = openpyxl.Workbook()
    book.active.append(["code"])
    book.active.cell(row=5, column=3000, value="x")
    written = io.BytesIO()
    book.save(written)
    assert "cellules égarées" in _refusal(written.getvalue())


def test_ragged_and_twice_named_columns_are_checked_as_in_csv() -> None:
    assert "plusieurs fois" in _refusal(_xlsx([["code", "code"], ["1", "2"]]))
    assert "au lieu de" in _refusal(_xlsx([["code"], ["1", "2"]]))
