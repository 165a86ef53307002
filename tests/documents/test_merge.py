"""Templates filled with values, in both formats alike."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import docx
import odfdo
import pytest
from docx.shared import Pt
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from maillage.documents import qr
from maillage.documents.enums import Format
from maillage.documents.merge import Catalogue, Field, Kind, TemplateRefused, describe, render, validate
from maillage.documents.merge.outline import Outline, Paragraph, default_template
from maillage.kernel.money import Money
from tests.documents.templates import CATALOGUE, OFFICE, OUTLINE, main_part, read, template, values, with_entry

CODE = qr.png("https://maillage.example/verifier/3f2a")
BREAKS = re.compile(r"<(?:w:br|text:line-break)/>")
both = pytest.mark.parametrize("format", OFFICE)


def lines(content: bytes, format: Format) -> list[str]:
    """The paragraphs of the body, those of tables included; a line break is a line feed."""
    root = etree.fromstring(read(content, main_part(format)).encode())
    if format is Format.ODT:
        root = next(root.iter("{urn:oasis:names:tc:opendocument:xmlns:office:1.0}body"))
    found = []
    for paragraph in root.iter("{*}p", "{*}h"):
        text = "".join(_written(one) for one in paragraph.iter())
        found.append(text)
    return found


def _written(element: Any) -> str:
    name = etree.QName(element).localname
    if name in {"br", "line-break"}:
        start = "\n"
    elif name == "tab":
        start = "\t"
    elif name == "s":
        start = " " * int(element.get("{urn:oasis:names:tc:opendocument:xmlns:text:1.0}c", "1"))
    else:
        start = element.text or ""
    tail = "" if name in {"p", "h"} else element.tail or ""
    return start + tail


def filled(format: Format, *paragraphs: str, **changed: Any) -> list[str]:
    return lines(render(template(format, *paragraphs), format, values() | changed), format)


@both
def test_the_default_template_is_accepted_and_filled(format: Format) -> None:
    made = default_template(format, OUTLINE, CATALOGUE)
    text = lines(render(made, format, values(), reference_qr=CODE), format)
    assert "Contrat inventé" in text
    assert (
        "L’État apporte 1\u202f502\u202f450,80\u00a0€ "
        "(un million cinq cent deux mille quatre cent cinquante euros et quatre-vingts centimes)."
    ) in text
    assert "Signé le 1er juin 2024." in text
    assert [line for line in text if line.startswith("Financeur ")] == [
        f"Financeur {a}.{n}" for a in range(2) for n in range(2)
    ]
    assert "1. Action 0" in text
    assert not [line for line in text if "{" in line]


@both
def test_the_same_input_gives_the_same_bytes(format: Format) -> None:
    made = default_template(format, OUTLINE, CATALOGUE)
    assert made == default_template(format, OUTLINE, CATALOGUE)
    assert render(made, format, values(), reference_qr=CODE) == render(made, format, values(), reference_qr=CODE)


@both
@pytest.mark.parametrize(
    "typed",
    [
        "État & Dpt <44>",
        "première ligne\nseconde\tavec tabulation",
        "deux  espaces   puis trois",
        "{{ contrat.montant }} {% raw %} \\ ' \"",
        "اللغة العربية ‎ et עברית",
        "e\u0301 ﬁ 😀 漢字 \u202f!",
        "]]> <!-- --> &amp; &lt;",
    ],
)
def test_what_a_person_typed_comes_out_whole(format: Format, typed: str) -> None:
    assert filled(format, "[{{ contrat.intitule }}]", **values(typed)) == [f"[{typed}]"]


@both
def test_control_characters_leave(format: Format) -> None:
    assert filled(format, "{{ contrat.intitule }}", **values("a\x00b\x0bc\ufffe\ud800d")) == ["abcd"]


@settings(max_examples=60, deadline=None)
@given(typed=st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=40), format=st.sampled_from(OFFICE))
def test_any_text_comes_out_whole(typed: str, format: Format) -> None:
    assert filled(format, "[{{ contrat.intitule }}]", **values(typed)) == [f"[{typed}]"]


@both
@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("{{ contrat.intitule }}", "État & Dpt <44>"),
        ("Le {{ contrat.intitule|majuscules }}", "Le ÉTAT & DPT <44>"),
        ("{{ contrat.manquant }}", ""),
        ("{{ contrat.__class__ }}", ""),
        ("{% for a in actions %}", "{% for a in actions %}"),
        ("{{ a", ""),
    ],
)
def test_the_title_of_the_file_is_filled_and_stops_nothing(format: Format, title: str, expected: str) -> None:
    made = default_template(format, Outline("x", (Paragraph("y"),)), CATALOGUE)
    name, old = ("docProps/core.xml", "<dc:title>x<") if format is Format.DOCX else ("meta.xml", "<dc:title>x<")
    properties = read(made, name)
    assert old in properties
    made = with_entry(made, name, properties.replace(old, f"<dc:title>{title}<").encode())
    out = read(render(made, format, values("État & Dpt <44>")), name)
    assert etree.fromstring(out.encode()).findtext(".//{http://purl.org/dc/elements/1.1/}title") == expected


# --- tags as word processors write them -----------------------------------------------------------------------------


def test_word_cuts_a_tag_over_runs_of_different_looks() -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("Le ")
    for index, piece in enumerate(["{", "{ contr", "at.inti", "tule", " }", "} fin"]):
        run = paragraph.add_run(piece)
        run.bold, run.font.size = index % 2 == 0, Pt(8 + index)
    made = io.BytesIO()
    word.save(made)
    assert validate(made.getvalue(), Format.DOCX, CATALOGUE) == []
    out = render(made.getvalue(), Format.DOCX, values())
    assert lines(out, Format.DOCX) == ["Le Contrat inventé fin"]
    runs = docx.Document(io.BytesIO(out)).paragraphs[0].runs
    assert next(run for run in runs if "inventé" in run.text).bold  # the look of where the tag begins


def open_document(*xml: str) -> bytes:
    opened: Any = odfdo.Document("text")
    opened.body.clear()
    for one in xml:
        opened.body.append(odfdo.Element.from_tag(one))
    made = io.BytesIO()
    opened.save(made)
    return made.getvalue()


def test_libreoffice_cuts_a_tag_over_spans_and_breaks() -> None:
    made = open_document(
        '<text:p>Le <text:span text:style-name="T1">{</text:span><text:span>{ contrat.</text:span>'
        "<text:soft-page-break/>inti<text:span>tule<text:s/></text:span>}<text:span>}</text:span> fin</text:p>"
    )
    assert validate(made, Format.ODT, CATALOGUE) == []
    assert lines(render(made, Format.ODT, values()), Format.ODT) == ["Le Contrat inventé fin"]


@pytest.mark.parametrize(("active", "expected"), [(True, "A gras B fin"), (False, "A C fin")])
def test_a_condition_may_begin_in_a_run_and_end_in_another(active: bool, expected: str) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("A {% if contrat.actif %}")
    paragraph.add_run("gras").bold = True
    paragraph.add_run(" B{% else").italic = True
    paragraph.add_run(" %}C{% endif %} fin")
    made = io.BytesIO()
    word.save(made)
    given = values()
    given["contrat"]["actif"] = active
    assert lines(render(made.getvalue(), Format.DOCX, given), Format.DOCX) == [expected]
    spans = open_document(
        '<text:p>A <text:span text:style-name="T1">{% if contrat.actif %}gras</text:span> B'
        "<text:span>{% else</text:span> %}<text:span>"
        '<text:span text:style-name="T2">C{% endif %}</text:span> fin</text:span></text:p>'
    )
    assert lines(render(spans, Format.ODT, given), Format.ODT) == [expected]


@both
def test_quotes_spaces_and_marks_that_the_office_changes_are_understood(format: Format) -> None:
    text = filled(
        format,
        "{{\u00a0contrat.signe_le|date(“court”)\u202f}}",
        "{{ contrat\u200b.inti\u00adtule }}",
        "{%- if contrat.intitule == « Contrat inventé » -%}oui{%+ endif %}".replace("« ", "«").replace(" »", "»"),
    )
    assert text == ["01/06/2024", "Contrat inventé", "oui"]


# --- loops and conditions -------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("mark", ["", "p "])
def test_tags_alone_in_their_paragraph_take_it_away(format: Format, mark: str) -> None:
    text = filled(
        format,
        "avant",
        f"{{%{mark} for action in actions %}}".replace("%p  ", "%p "),
        "{{ loop.index }}/{{ loop.length }} {{ action.intitule }}",
        f"{{%{mark}if loop.last %}}" if mark else "{% if loop.last %}",
        "dernière",
        f"{{%{mark}endif %}}",
        f"{{%{mark}endfor %}}",
        "après",
    )
    assert text == ["avant", "1/2 Action 0", "2/2 Action 1", "dernière", "après"]


def word_table(*rows: tuple[str, str]) -> bytes:
    word = docx.Document()
    table = word.add_table(0, 2)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    made = io.BytesIO()
    word.save(made)
    return made.getvalue()


def open_table(*rows: tuple[str, str]) -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in row)
        + "</table:table-row>"
        for row in rows
    )
    return open_document(
        f'<table:table table:name="T"><table:table-column table:number-columns-repeated="2"/>{cells}</table:table>'
    )


@both
@pytest.mark.parametrize("mark", ["", "tr "])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_row_for_each_of_a_list(format: Format, mark: str, count: int) -> None:
    build = word_table if format is Format.DOCX else open_table
    made = build(
        ("Financeur", "Montant"),
        (f"{{%{mark}for ligne in lignes %}}", ""),
        ("{{ ligne.nom }}", "{{ ligne.montant }}"),
        (f"{{%{mark}endfor %}}", ""),
    )
    catalogue = Catalogue(
        [Field("lignes[].nom", "Nom", "a"), Field("lignes[].montant", "Montant", Money.of(1), Kind.MONEY)]
    )
    assert validate(made, format, catalogue) == []
    rows = [{"nom": f"n{n}", "montant": Money.of(n)} for n in range(count)]
    out = render(made, format, {"lignes": rows})
    expected = ["Financeur", "Montant"]
    for n in range(count):
        expected += [f"n{n}", f"{n}\u00a0€"]
    assert [line for line in lines(out, format) if line] == expected
    name = "tr" if format is Format.DOCX else "table-row"
    assert len(list(etree.fromstring(read(out, main_part(format)).encode()).iter(f"{{*}}{name}"))) == count + 1


def test_a_cell_emptied_by_a_condition_keeps_a_paragraph_and_an_empty_table_leaves() -> None:
    """Word refuses to open a cell without paragraph, or a table without row."""
    made = word_table(("{% if non %}", "x"), ("y", "z"))
    word = docx.Document(io.BytesIO(made))
    cell = word.tables[0].rows[0].cells[0]
    cell.add_paragraph("dedans")
    cell.add_paragraph("{% endif %}")
    saved = io.BytesIO()
    word.save(saved)
    out = docx.Document(io.BytesIO(render(saved.getvalue(), Format.DOCX, {"non": False})))
    assert [len(cell.paragraphs) for cell in out.tables[0].rows[0].cells] == [1, 1]
    gone = word_table(("{% for a in rien %}", ""), ("{{ a }}", ""), ("{% endfor %}", ""))
    assert docx.Document(io.BytesIO(render(gone, Format.DOCX, {"rien": []}))).tables == []


def test_a_cell_that_would_end_by_a_table_ends_by_a_paragraph() -> None:
    word = docx.Document()
    cell = word.add_table(1, 1).rows[0].cells[0]
    inside = cell.add_table(1, 1)
    inside.rows[0].cells[0].text = "dedans"
    cell.paragraphs[-1].text = "{% if non %}"
    cell.add_paragraph("{% endif %}")
    cell.paragraphs[0].text = "avant"
    saved = io.BytesIO()
    word.save(saved)
    out = docx.Document(io.BytesIO(render(saved.getvalue(), Format.DOCX, {"non": False})))
    assert out.tables[0].rows[0].cells[0]._tc[-1].tag.endswith("}p")


@both
def test_conditions_and_what_is_not_known(format: Format) -> None:
    typed = (
        "{% if a %}A{% elif b > 2 and not c %}B{% else %}C{% endif %} {{ a }} {% if a > 1 %}plus{% endif %}"
        '{% if d == "x" or a %}D{% endif %}'
    )
    assert lines(render(template(format, typed), format, {"a": None, "b": 3, "c": False, "d": "x"}), format) == [
        "B n.\u00a0c. D"
    ]
    assert lines(render(template(format, typed), format, {"a": Money.of(2), "b": 3, "c": False, "d": "y"}), format) == [
        "A 2\u00a0€ plusD"
    ]


@both
@pytest.mark.parametrize(
    ("typed", "value", "expected"),
    [
        ("v", date(2024, 2, 29), "29 février 2024"),
        ('v|date("court")', date(2024, 2, 29), "29/02/2024"),
        ("v|date", None, "n.\u00a0c."),
        ("v|montant", Decimal("1234.5"), "1\u202f234,50\u00a0€"),
        ("v|montant", None, "n.\u00a0c."),
        ("v|montant_en_lettres", Money.of(80), "quatre-vingts euros"),
        ("v|montant_en_lettres|majuscules", Money.of(80), "QUATRE-VINGTS EUROS"),
        ("v|nombre", Decimal("1234.50"), "1\u202f234,5"),
        ("v|nombre(1)", Decimal("1234.56"), "1\u202f234,6"),
        ("v|majuscules", "élan", "ÉLAN"),
        ("v", True, "oui"),
        ("v", 1200, "1\u202f200"),
        ("v", "", ""),
    ],
)
def test_how_a_value_is_written(format: Format, typed: str, value: object, expected: str) -> None:
    out = render(template(format, f"{{{{ {typed} }}}}|"), format, {"v": value})
    assert lines(out, format) == [f"{expected}|"]


# --- the code -------------------------------------------------------------------------------------------------------


def test_the_code_stands_in_the_body_and_in_the_foot_of_a_docx() -> None:
    made = template(Format.DOCX, "Voir {{ qr }} ici", foot="{{ qr }} {{ reference.texte }}")
    out = docx.Document(io.BytesIO(render(made, Format.DOCX, values(), reference_qr=CODE, reference_alt="à <lire>")))
    assert len(out.inline_shapes) == 1
    foot = out.sections[0].footer
    assert foot.paragraphs[0].text == " CLS-DEP-99-2024 · version 2"
    assert "à &lt;lire&gt;" in foot._element.xml
    for part in (out.part, foot.part):
        assert CODE in [one.blob for one in part.related_parts.values() if one.partname.endswith(".png")]
    numbers = re.findall(r'wp:docPr id="(\d+)"', out.element.xml + foot._element.xml)
    assert len(set(numbers)) == 2


def test_the_code_stands_in_the_body_and_in_the_foot_of_an_odt() -> None:
    made = default_template(Format.ODT, OUTLINE, CATALOGUE)
    out = render(made, Format.ODT, values(), reference_qr=CODE)
    assert read(out, "styles.xml").count("Pictures/code-qr.png") == 2  # first page, others
    assert odfdo.Document(io.BytesIO(out)).get_part("Pictures/code-qr.png") == CODE
    assert "Pictures/code-qr.png" in read(out, "META-INF/manifest.xml")
    assert out[30:77] == b"mimetypeapplication/vnd.oasis.opendocument.text"


@both
def test_without_a_code_its_place_is_empty_and_no_image_is_kept(format: Format) -> None:
    out = render(template(format, "[{{ qr }}]"), format, {})
    assert lines(out, format) == ["[]"]
    assert b"code-qr" not in out


# --- catalogue ------------------------------------------------------------------------------------------------------


def test_the_fields_are_described_as_they_are_typed() -> None:
    rows = {row.typed: row for row in describe(CATALOGUE)}
    assert rows["{{ contrat.montant }}"].example == "1\u202f502\u202f450\u00a0€"
    assert rows["{% for action in actions %}"].kind == "liste"
    assert rows["{{ ligne.montant }}"].inside == "{% for ligne in action.lignes %}"
    assert "{{ qr }}" in rows


@pytest.mark.parametrize("path", ["", "Contrat", "a..b", "_a", "a.b()", "a[0]"])
def test_a_field_that_nobody_could_type_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="merge field"):
        Catalogue([Field(path, "x")])


def test_the_code_is_the_only_image() -> None:
    with pytest.raises(ValueError, match="only image"):
        Catalogue([Field("logo", "x", kind=Kind.IMAGE)])


def test_a_name_is_a_list_or_is_not() -> None:
    with pytest.raises(ValueError, match="declared otherwise"):
        Catalogue([Field("actions[].nom", "x"), Field("actions.nombre", "x")])


def test_an_outline_that_the_catalogue_refuses_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match=r"contrat\.intitul"):
        default_template(Format.DOCX, Outline("x", (Paragraph("{{ contrat.intitul }}"),)), CATALOGUE)


def test_a_value_of_another_kind_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="object"):
        render(template(Format.DOCX, "x"), Format.DOCX, {"a": object()})


@both
def test_a_field_without_value_stops_the_document(format: Format) -> None:
    with pytest.raises(TemplateRefused, match="« manquant »"):
        render(template(format, "{{ contrat.manquant }}"), format, {"contrat": {}})
