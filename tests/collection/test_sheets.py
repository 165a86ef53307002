"""Spreadsheets out and in, lists of a campaign, and pasted cells."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from maillage.collection import services
from maillage.collection.enums import Answer
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import figures_of
from maillage.collection.services.lists import load_list, plan_list, read_list
from maillage.collection.services.paste import lay
from maillage.collection.services.reading import FIELDS
from maillage.collection.services.sheets import COLUMNS, enter_sheet, plan_sheet, read_sheet
from maillage.collection.views import workbooks
from maillage.core import files
from maillage.core.models import AuditEntry, StoredFile, User
from maillage.engines.pasted import cut
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputRefused
from maillage.territories.models import Territory
from tests.collection.building import AT, Collecting

ClientFor = Callable[[User], Client]
HEAD = "Code;Code territoire;Période;Valeur;Numérateur;Dénominateur;Situation;Motif;Commentaire\n"
GOOD = HEAD + "MEALS;DEP-44;2025;1 500;;;;;\nHOUSEHOLDS;DEP-44;2025;;;;non disponible;panne;\n"


def stored(content: str | bytes, by: User, name: str = "feuille.csv") -> StoredFile:
    data = content.encode() if isinstance(content, str) else content
    return files.store(name=name, content=data, content_type="text/csv", by=by, at=AT)


def template(one: FigureRequest, fmt: str) -> bytes:
    return workbooks.WRITERS[fmt](one, workbooks.lines(list(figures_of(one)), {}))


def fill_xlsx(content: bytes, cells: dict[tuple[int, str], object]) -> bytes:
    book = load_workbook(io.BytesIO(content))
    places = {name: place for place, name in enumerate(COLUMNS, start=1)}
    for (row, name), value in cells.items():
        book["Chiffres"].cell(row, places[name]).value = value  # type: ignore[union-attr]  # no merged cell there
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- the template ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_a_template_sent_back_as_it_is_changes_nothing(collecting: Collecting, fmt: str) -> None:
    collecting.fill(collecting.caf)
    figure = collecting.figures()[0]
    RequestedFigure.objects.filter(pk=figure.pk).update(comment="=1+1 été", value="1234.5")
    plan = plan_sheet(figure_request=collecting.caf, table=read_sheet(template(collecting.caf, fmt), name=f"x.{fmt}"))
    assert plan.changes == ()
    assert plan.same == 3
    assert plan.absent == ()


@pytest.mark.django_db
def test_codes_are_text_and_formulas_are_neutral(collecting: Collecting) -> None:
    Indicator.objects.filter(code="MEALS").update(code="0123", label='=HYPERLINK("x")')
    FigureRequest.objects.filter(pk=collecting.caf.pk).update(partner="@Caisse")
    one = collecting.refreshed(collecting.caf)
    book = load_workbook(io.BytesIO(template(one, "xlsx")))
    page = book["Chiffres"]
    assert (page["A2"].value, page["A2"].data_type, page["A2"].number_format) == ("0123", "s", "@")
    assert page["B2"].data_type == "s"
    assert str(page["B2"].value).startswith("'=")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert "Non disponible" in page.data_validations.dataValidation[0].formula1
    assert "31 mars 2026" in str(book["Mode d'emploi"]["A2"].value)


@pytest.mark.django_db
def test_a_filled_workbook_is_entered_once(collecting: Collecting) -> None:
    filled = fill_xlsx(
        template(collecting.caf, "xlsx"),
        {(2, "value"): 1500.5, (3, "answer"): "Non disponible", (3, "reason"): "panne", (4, "numerator"): 1}
        | {(4, "denominator"): 3},
    )
    file = stored(filled, collecting.operator, "feuille.xlsx")
    assert len(enter_sheet(figure_request=collecting.caf, file=file, by=collecting.operator, at=AT)) == 3
    values = [(figure.answer, figure.value) for figure in collecting.figures()]
    assert [answer for answer, _ in values] == [Answer.KNOWN, Answer.UNAVAILABLE, Answer.KNOWN]
    assert str(values[2][1]) == "33.3333"
    before = AuditEntry.objects.count()
    assert enter_sheet(figure_request=collecting.caf, file=file, by=collecting.operator, at=AT) == []
    assert AuditEntry.objects.count() == before
    assert AuditEntry.objects.filter(changes__origin__isnull=False).count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + "MEALS;DEP-44;2025;douze;;;;;\n", "Ligne 2, colonne « Valeur »"),
        (HEAD + "MEALS;DEP-44;2025;-3;;;;;\n", "Ligne 2, colonne « Valeur »"),
        (HEAD + "AUTRE;DEP-44;2025;3;;;;;\n", "Ligne 2, colonne « Code »"),
        (HEAD + "MEALS;DEP-49;2025;3;;;;;\n", "n'est pas un chiffre de cette liste"),
        (HEAD + "MEALS;DEP-44;demain;3;;;;;\n", "Ligne 2, colonne « Période »"),
        (HEAD + "MEALS;DEP-44;2025;3;;;;;\nMEALS;DEP-44;2025;4;;;;;\n", "figure déjà ligne 2"),
        (HEAD + "TAKE-UP;DEP-44;2025;;3;2;;;\n", "Ligne 2, colonne « Numérateur »"),
        (HEAD + "MEALS;DEP-44;2025;;;;non disponible;;\n", "Ligne 2, colonne « Motif »"),
        (HEAD + "MEALS;DEP-44;2025;;;;peut-être;x;\n", "Ligne 2, colonne « Situation »"),
        ("Code;Période;Valeur\nMEALS;2025;3\n", "colonne manquante"),
        (HEAD.replace("Motif", "Pourquoi") + "MEALS;DEP-44;2025;3;;;;;\n", "colonne inconnue"),
        (HEAD, "aucune ligne"),
        ("", "vide"),
        ("pas un tableau", "colonne"),
    ],
)
def test_a_dirty_sheet_is_refused_whole_and_by_its_place(collecting: Collecting, text: str, told: str) -> None:
    content = text + "HOUSEHOLDS;DEP-44;2025;8;;;;;\n" if text.startswith(HEAD) and text != HEAD else text
    with pytest.raises(InputRefused) as refused:
        plan_sheet(figure_request=collecting.caf, table=read_sheet(content.encode(), name="feuille.csv"))
    assert told in str(refused.value)
    file = stored(content, collecting.operator)
    with pytest.raises(InputRefused):
        enter_sheet(figure_request=collecting.caf, file=file, by=collecting.operator, at=AT)
    assert {figure.answer for figure in collecting.figures()} == {Answer.AWAITED}


@pytest.mark.django_db
def test_a_renamed_sheet_is_told(collecting: Collecting) -> None:
    book = load_workbook(io.BytesIO(template(collecting.caf, "xlsx")))
    book["Chiffres"].title = "Feuil1"
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(InputRefused, match="Feuil1"):
        read_sheet(out.getvalue(), name="x.xlsx")


@pytest.mark.django_db
def test_a_column_left_out_leaves_what_was_there(collecting: Collecting) -> None:
    file = stored(GOOD, collecting.operator)
    enter_sheet(figure_request=collecting.caf, file=file, by=collecting.operator, at=AT)
    text = "Code;Code territoire;Période;Valeur\nMEALS;DEP-44;2025;1 600\nHOUSEHOLDS;DEP-44;2025;\n"
    plan = plan_sheet(figure_request=collecting.caf, table=read_sheet(text.encode(), name="x.csv"))
    assert [one.figure.indicator.code for one in plan.changes] == ["MEALS"]
    assert plan.same == 1
    assert [one.indicator.code for one in plan.absent] == ["TAKE-UP"]


@pytest.mark.django_db
@pytest.mark.usefixtures("that_day")
def test_a_sheet_is_shown_before_it_is_entered(client_for: ClientFor, aicha: User, collecting: Collecting) -> None:
    client, address = client_for(collecting.operator), reverse("request-sheet", args=[collecting.caf.pk])
    answer = client.post(address, {"file": SimpleUploadedFile("feuille.csv", GOOD.encode())})
    preview = answer.headers["Location"]
    page = client.get(preview).content.decode()
    assert "2 chiffres changent" in page
    assert "1\u202f500" in page
    assert "1 absent du tableur" in page
    assert collecting.figures()[0].value is None
    assert client_for(aicha).get(preview).status_code == 404, "the file of another person"
    assert "2 chiffres enregistrés" in client.post(preview, follow=True).content.decode()
    assert collecting.figures()[0].value == 1500
    again = client.get(preview).content.decode()
    assert "la même chose" in again
    bad = client.post(address, {"file": SimpleUploadedFile("feuille.csv", GOOD.replace("1 500", "x").encode())})
    refused = client.get(bad.headers["Location"])
    assert client.post(bad.headers["Location"]).status_code == 422
    assert "Ligne 2, colonne" in refused.content.decode()
    program = client.post(address, {"file": SimpleUploadedFile("feuille.exe", b"MZ")})
    assert program.status_code == 422


# --- the list of a campaign -----------------------------------------------------------------------------------------

LIST = """nature;partenaire;territoire;responsable;indicateur;période
msa;Mutualité inventée;DEP-44;caf@exemple.test;MEALS;
msa;Mutualité inventée;DEP-44;;HOUSEHOLDS;2025-06
msa;Mutualité voisine;DEP-49;;;
msa;;;;TAKE-UP;
CAF;;;;MEALS;2025-12
"""


@pytest.mark.django_db
def test_a_list_asks_partners_and_kinds(prepared: Collecting, aicha: User) -> None:
    file = stored(LIST, aicha, "liste.csv")
    plan = load_list(campaign=prepared.campaign, file=file, by=aicha, at=AT)
    assert (plan.new_partners, plan.new_figures) == (2, 6)
    made = FigureRequest.objects.get(partner="Mutualité inventée")
    asked = list(made.figures.order_by("position").values_list("indicator__code", "period"))
    assert asked == [("MEALS", "2025"), ("HOUSEHOLDS", "2025-06"), ("TAKE-UP", "2025")]
    assert made.responsible == prepared.operator
    assert FigureRequest.objects.get(partner="Mutualité voisine").figures.count() == 1
    assert prepared.caf.figures.filter(period="2025-12").count() == 1
    assert prepared.cpam.figures.count() == 3
    again = load_list(campaign=prepared.campaign, file=file, by=aicha, at=AT)
    assert again.adds_nothing


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("inconnue;X;DEP-44;;MEALS;", "Ligne 2, colonne « nature »"),
        ("caf;X;;;MEALS;", "Ligne 2, colonne « territoire »"),
        ("caf;X;DEP-01;;MEALS;", "n'est pas un territoire chargé"),
        ("caf;X;DEP-99;;MEALS;", "Ligne 2, colonne « territoire »"),
        ("caf;X;DEP-35;;MEALS;", "n'est pas dans le territoire"),
        ("caf;X;DEP-44;;AUTRE;", "n'est pas un indicateur chargé"),
        ("caf;X;DEP-44;personne@exemple.test;MEALS;", "aucun compte"),
        ("caf;X;DEP-49;caf@exemple.test;MEALS;", "habilitation"),
        ("msa;;;;MEALS;", "aucun partenaire de nature"),
        ("caf;;;;;", "ne nomme ni partenaire"),
        ("caf;;DEP-44;;MEALS;", "va avec le nom"),
        ("msa;Caisse inventée;DEP-44;;MEALS;", "donné ailleurs"),
        ("caf;X;DEP-44;;MEALS;hier", "Ligne 2, colonne « période »"),
    ],
)
def test_a_dirty_list_is_refused_by_its_place(prepared: Collecting, row: str, told: str) -> None:
    text = f"{LIST.splitlines()[0]}\n{row}\ncaf;Y;DEP-44;;MEALS;\n"
    with pytest.raises(InputRefused) as refused:
        plan_list(campaign=prepared.campaign, table=read_list(text.encode(), name="liste.csv"), at=AT)
    assert told in str(refused.value)
    assert "exemple.test" not in str(refused.value)
    assert FigureRequest.objects.count() == 4


@pytest.mark.django_db
def test_an_exported_list_is_a_list(
    client_for: ClientFor, aicha: User, prepared: Collecting, territories: dict[str, Territory]
) -> None:
    client = client_for(aicha)
    address = reverse("campaign-list", args=[prepared.campaign.pk])
    exported = client.get(address, {"export": "csv", "tableau": "liste"}).content
    copy = services.create_campaign(
        title="Copie",
        year=2025,
        territory=territories["REG-52"],
        opens_on=AT.date(),
        due_on=AT.date(),
        by=aicha,
        at=AT,
    )
    sent = client.post(
        reverse("campaign-list", args=[copy.pk]), {"file": SimpleUploadedFile("liste.csv", exported)}
    ).headers["Location"]
    assert "4 partenaires, 12 chiffres" in client.get(sent).content.decode()
    client.post(sent)
    assert copy.requests.count() == 4
    assert RequestedFigure.objects.filter(request__campaign=copy).count() == 12


# --- pasted cells ---------------------------------------------------------------------------------------------------


def listed(*codes: str) -> list[RequestedFigure]:
    """Figures that no database holds."""
    territory = Territory(pk=1, code="DEP-44")
    return [
        RequestedFigure(pk=number, indicator=Indicator(pk=number, code=code), territory=territory, period="2025")
        for number, code in enumerate(codes, start=1)
    ]


PLAIN = st.text(st.characters(exclude_characters='\t\r\n"', exclude_categories=["Cs"]), max_size=12).map(
    lambda text: " ".join(text.split())
)
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(lambda text: " ".join(text.split()))


@given(st.lists(st.lists(PLAIN, min_size=1, max_size=6), min_size=1, max_size=6))
def test_plain_cells_come_back_as_they_were(rows: list[list[str]]) -> None:
    text = "\n".join("\t".join(row) for row in rows)
    kept = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    assert cut(text) == kept


@given(st.lists(st.lists(st.text('ab\t\n" ', max_size=6), min_size=1, max_size=4), min_size=1, max_size=4))
def test_quoted_cells_come_back_whatever_they_hold(rows: list[list[str]]) -> None:
    """As a spreadsheet copies: a cell with a tab, a quote or a line break is quoted, its quotes doubled."""
    lines = ["\t".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    found = [cells for _, cells in cut("\n".join(lines))]
    assert found == [[" ".join(cell.split()) for cell in row] for row in rows if any(cell.strip() for cell in row)]


@given(st.text(max_size=80))
def test_no_text_breaks_the_paste(text: str) -> None:
    figures = listed("A", "B", "C")
    texts: Mapping[int, dict[str, str]] = {}
    with suppress(InputRefused):
        texts = lay(text, figures).texts
    assert set(texts) <= {1, 2, 3}
    assert all(set(cells) <= set(FIELDS) for cells in texts.values())


@given(st.permutations(["A", "B", "C", "D"]), st.lists(CELL, min_size=4, max_size=4))
def test_lines_with_their_codes_may_come_in_any_order(order: list[str], values: list[str]) -> None:
    quoted = ['"' + value.replace('"', '""') + '"' for value in values]
    text = "\n".join(f"{code}\t{value}" for code, value in zip(order, quoted, strict=True))
    pasted = lay(text, listed("A", "B", "C", "D")).texts
    assert [pasted["ABCD".index(code) + 1]["value"] for code in order] == values


def test_a_bare_column_follows_the_list() -> None:
    pasted = lay("12\n\n1 500\n", listed("A", "B", "C")).texts
    assert pasted == {1: {"value": "12"}, 2: {"value": "1 500"}}


def test_headings_say_which_cell_is_which() -> None:
    text = "Motif\tCode\tPériode\tValeur\tInconnue\n\tB\t2025\t4\tx\npanne\tA\t\tn.d.\t"
    pasted = lay(text, listed("A", "B")).texts
    assert pasted == {2: {"reason": "", "value": "4"}, 1: {"reason": "panne", "value": "n.d."}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "il est vide"),
        (" \n\t\n", "il est vide"),
        ("1\n2\n3\n4", "4 lignes collées pour 3"),
        ("A\t1\nA\t2", "Ligne 2 : « A » figure déjà"),
        ("A\t1\nZ\t2", "Ligne 2 : « Z » n'est pas un chiffre"),
        ("1\t2\t3\t4\t5\t6\t7", "7 colonnes"),
        ("x" * 200_001, "trop grand"),
    ],
)
def test_a_paste_that_cannot_be_laid_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputRefused) as refused:
        lay(text, listed("A", "B", "C"))
    assert told in str(refused.value).replace("\u00a0", " ")


def test_a_code_asked_twice_needs_its_territory() -> None:
    figures = listed("A", "A")
    figures[1].period = "2024"
    with pytest.raises(InputRefused, match="plusieurs fois"):
        lay("A\t3", figures)
    assert lay("Code\tPériode\tValeur\nA\t2024\t3", figures).texts == {2: {"value": "3"}}
