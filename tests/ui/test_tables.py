"""Tables: sorted, totalled, exported whole, typed, without live formulas."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.template import engines
from django.test import RequestFactory
from python_calamine import CalamineWorkbook

from maillage.ui import export, table_view, tables
from maillage.ui.tables import Cell, Column, Table

COLUMNS = [
    Column("place", "Territoire"),
    Column("credits", "Crédits", "money", total="sum"),
    Column("rate", "Taux", "percent"),
    Column("due", "Échéance", "date"),
    Column("state", "État", "status"),
]
ROWS: list[dict[str, Any]] = [
    {"place": "Évrecy", "credits": Cell(Decimal("1234.5"), status="estimated"), "rate": Decimal("12.3"),
     "due": date(2024, 3, 1), "state": "holds"},
    {"place": "étampes", "credits": None, "rate": Cell(None, status="suppressed"), "due": None, "state": ""},
    {"place": "Zola", "credits": 0, "rate": -5, "due": date(2020, 1, 31), "state": Cell("late", note="relancé")},
]  # fmt: skip


def table(**changes: Any) -> Table:
    return Table(
        **{"id": "t", "caption": "Crédits 2020", "columns": COLUMNS, "rows": ROWS, "source": "Bilan"} | changes
    )


def order(key: str, way: str = "asc") -> list[str]:
    return [row["place"] for row in table().sorted_by({"t-tri": key, "t-sens": way}).rows]


def test_texts_sort_without_accents_or_case() -> None:
    assert order("place") == ["étampes", "Évrecy", "Zola"]
    assert order("place", "desc") == ["Zola", "Évrecy", "étampes"]


def test_the_unknown_comes_last_both_ways_and_zero_is_a_value() -> None:
    assert order("credits") == ["Zola", "Évrecy", "étampes"]
    assert order("credits", "desc") == ["Évrecy", "Zola", "étampes"]
    assert order("due") == ["Zola", "Évrecy", "étampes"]


def test_an_order_that_does_not_exist_changes_nothing() -> None:
    assert order("inconnu") == ["Évrecy", "étampes", "Zola"]
    assert table().sorted_by({"autre-tri": "place"}).rows == ROWS


def test_a_cell_may_sort_by_something_else() -> None:
    rows = [{"n": Cell("10 à 20", sort=10)}, {"n": Cell("2 à 5", sort=2)}]
    made = Table("t", "T", [Column("n", "N")], rows).sorted_by({"t-tri": "n"})
    assert [row["n"].value for row in made.rows] == ["2 à 5", "10 à 20"]


def test_a_total_of_known_values_says_that_it_is_partial() -> None:
    cells = table().footer_cells()
    assert cells is not None
    assert cells["credits"] == Cell(Decimal("1234.5"), status="partial")
    assert cells["place"].value == "Total"
    assert cells["rate"].value == ""
    whole = table(rows=[ROWS[0], ROWS[2]]).footer_cells()
    assert whole is not None
    assert whole["credits"].status == ""


def test_a_total_of_nothing_known_is_unknown() -> None:
    cells = table(rows=[ROWS[1]]).footer_cells()
    assert cells is not None
    assert cells["credits"].value is None


def test_a_percentage_is_never_summed() -> None:
    with pytest.raises(ValueError, match="never summed"):
        Column("rate", "Taux", "percent", total="sum")


def draw(made: Table, address: str = "/") -> str:
    request = RequestFactory().get(address)
    html = engines["django"].from_string("{% ui_table table %}").render({"table": made}, request)
    return str(html).replace("\u202f", " ").replace("\u00a0", " ")


def test_a_table_is_named_headed_and_scrolls_under_the_keyboard() -> None:
    html = draw(table())
    assert '<caption id="t-caption"><span class="ui-table-caption">Crédits 2020</span></caption>' in html
    assert html.count('scope="col"') == 5
    assert html.count('scope="row"') == 4
    assert re.search(r'role="group"\s+tabindex="0"\s+aria-labelledby="t-caption"', html)
    assert "1 234,50 €" in html
    assert "12,3 %" in html
    assert ">secret<" in html
    assert "1 mars 2024" in html
    assert "Estimé" in html


def test_the_order_is_said_and_the_address_kept() -> None:
    html = draw(table(), "/?axe=2&t-tri=credits&t-sens=asc")
    assert html.count('aria-sort="ascending"') == 1
    assert 'href="?axe=2&amp;t-tri=credits&amp;t-sens=desc#t"' in html
    assert "export=csv&amp;tableau=t" in html


def test_an_empty_table_says_so() -> None:
    html = draw(table(rows=[], empty="Aucun crédit."))
    assert "Aucun crédit." in html
    assert "Exporter" not in html
    assert "<tfoot>" not in html


def test_hostile_cells_are_escaped() -> None:
    rows = [{"place": Cell("<b>", url="javascript:x", note="<i>"), "credits": Cell("<u>", status="<s>")}]
    html = draw(table(rows=rows))
    for text in ("<b>", "<i>", "<u>", "<s>", "javascript:"):
        assert text not in html


def read(content: bytes, sheet: str = "Données") -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet).to_python()


HEADER = [
    "Territoire",
    "Crédits (€)",
    "Crédits : statut",
    "Taux (%)",
    "Taux : statut",
    "Échéance",
    "État",
    "État : note",
]


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_a_spreadsheet_is_whole_and_typed(fmt: str) -> None:
    response = tables.export(table(), fmt, on=date(2026, 11, 20))
    rows = read(response.content)
    assert rows[0] == HEADER
    assert rows[1] == ["Évrecy", 1234.5, "Estimé", 12.3, "", date(2024, 3, 1), "Confirmé", ""]
    assert rows[2] == ["étampes", "", "", "", "Secret statistique", "", "", ""]
    assert rows[3] == ["Zola", 0.0, "", -5.0, "", date(2020, 1, 31), "En retard", "relancé"]
    about = dict(row[:2] for row in read(response.content, "À propos"))
    assert about == {"Titre": "Crédits 2020", "Source": "Bilan", "Note": "", "Exporté le": "20 novembre 2026"}
    assert response["Content-Disposition"] == f'attachment; filename="credits-2020.{fmt}"'


def test_a_csv_opens_in_a_french_spreadsheet() -> None:
    content = tables.export(table(), "csv").content
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == ";".join(HEADER)
    assert lines[1] == "Évrecy;1234,5;Estimé;12,3;;2024-03-01;Confirmé;"
    assert lines[3].startswith("Zola;0;;-5;")


FORMULAS = ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "ods"])
@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_neutralised(fmt: str, text: str) -> None:
    made = Table("t", text, [Column("a", text), Column("b", "B")], [{"a": text, "b": Cell("x", note=text)}])
    content = tables.export(made, fmt).content
    if fmt == "csv":
        assert not any(
            cell.strip('"').startswith(export.FORMULA_STARTS) for cell in content.decode("utf-8-sig").split(";")
        )
        return
    rows = read(content)
    assert all(str(cell).startswith("'") for cell in (rows[0][0], rows[1][0], rows[1][2]))
    assert b"<f>" not in content


def test_negative_numbers_stay_numbers() -> None:
    made = Table("t", "T", [Column("n", "N", "number")], [{"n": Decimal("-12.50")}])
    assert tables.export(made, "csv").content.decode("utf-8-sig").split("\r\n")[1] == "-12,5"


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_characters_that_xml_refuses_are_left_out(fmt: str) -> None:
    made = Table("t", "T\x00", [Column("a", "A\x07")], [{"a": "b\x1f\ud800c\nd"}])
    rows = read(tables.export(made, fmt).content)
    assert rows[0] == ["A"]
    assert rows[1] == ["bc\nd"]


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "ods"])
def test_an_export_has_no_limit_of_rows(fmt: str) -> None:
    made = Table("t", "T", [Column("n", "N", "number")], [{"n": number} for number in range(3000)])
    content = tables.export(made, fmt).content
    count = content.count(b"\r\n") if fmt == "csv" else len(read(content))
    assert count == 3001


def test_rows_beyond_a_sheet_go_on_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_SHEET_ROWS", 2)
    made = Table("t", "T", [Column("n", "N", "number")], [{"n": number} for number in range(5)])
    book = CalamineWorkbook.from_filelike(io.BytesIO(tables.export(made, "xlsx").content))
    assert book.sheet_names == ["Données", "Données 2", "Données 3", "À propos"]
    assert book.get_sheet_by_name("Données 3").to_python() == [["N"], [4.0]]


def test_an_instant_is_exported_in_local_time() -> None:
    made = Table("t", "T", [Column("at", "Le", "date")], [{"at": datetime(2024, 7, 1, 22, 30, tzinfo=UTC)}])
    assert read(tables.export(made, "xlsx").content)[1] == [datetime(2024, 7, 2, 0, 30)]  # noqa: DTZ001  (a spreadsheet has no zone)
    assert "2 juillet 2024, 00:30" in draw(made)


def test_a_page_answers_the_file_that_is_asked() -> None:
    def ask(address: str) -> Any:
        return tables.respond(RequestFactory().get(address), table(), table(id="autre", exportable=False))

    assert ask("/") is None
    assert ask("/?export=csv&tableau=inconnu") is None
    assert ask("/?export=exe&tableau=t") is None
    assert ask("/?export=csv&tableau=autre") is None
    lines = ask("/?export=csv&tableau=t&t-tri=place&t-sens=asc").content.decode("utf-8-sig").split("\r\n")
    assert [line.split(";")[0] for line in lines[1:4]] == ["étampes", "Évrecy", "Zola"]


def test_the_legend_names_the_marks_in_use_only() -> None:
    context = table_view.context_of(table(), QueryDict())
    assert [code for code, _mark in context["legend"]] == ["estimated", "suppressed", "partial"]
