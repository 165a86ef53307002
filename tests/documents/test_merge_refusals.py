"""What a template may not do, whoever wrote it; and what is said of it."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import Any

import docx
import odfdo
import pytest
from django.test import override_settings
from docx.opc.constants import RELATIONSHIP_TYPE
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import TemplateError

from maillage.documents.enums import Format
from maillage.documents.merge import Problem, TemplateRefused, render, sandbox, tags, validate
from tests.documents.templates import CATALOGUE, OFFICE, main_part, read, template, values, with_entry

OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

WHOLE = {format: template(format, "{{ contrat.intitule }}") for format in OFFICE}
both = pytest.mark.parametrize("format", OFFICE)


def said(content: bytes, format: Format) -> str:
    problems = validate(content, format, CATALOGUE)
    assert problems
    return "\n".join(map(str, problems))


# --- tags that attack -----------------------------------------------------------------------------------------------

HOSTILE = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ contrat.__class__ }}",
    "{{ contrat['__class__'] }}",
    "{{ contrat|attr('__class__') }}",
    "{{ contrat.intitule.format(contrat) }}",
    "{{ contrat.items() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ namespace() }}",
    "{{ range(10) }}",
    "{{ dict(a=1) }}",
    "{{ 10 ** 10000000 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{{ (1, 2) }}",
    "{{ contrat.intitule if contrat else '' }}",
    "{{ contrat is defined }}",
    "{{ contrat.intitule|safe }}",
    "{{ contrat.intitule|tojson }}",
    "{{ actions|map(attribute='intitule')|list }}",
    "{{ contrat.montant|nombre(99) }}",
    "{{ contrat.montant|nombre(decimals=2) }}",
    "{{ contrat.signe_le|date('%c') }}",
    "{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1",
    "{{ " + "(" * 140 + "1" + ")" * 140 + " }}",
    "{{ " + "not " * 60 + "contrat }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import popen %}",
    "{% extends 'x' %}",
    "{% set x = 1 %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% raw %}x{% endraw %}",
    "{% with %}x{% endwith %}",
    "{% do x %}",
    "{% autoescape false %}{{ contrat.intitule }}{% endautoescape %}",
    "{% for x in range(1000000000) %}a{% endfor %}",
    "{% for x in actions recursive %}a{% endfor %}",
    "{% for x in actions if x %}a{% endfor %}",
    "{% for a, b in actions %}a{% endfor %}",
    "{% for _x in actions %}a{% endfor %}",
    "{% for loop in actions %}a{% endfor %}",
    "{% for x in contrat.intitule.upper() %}a{% endfor %}",
    "{% if 'a' in contrat.intitule %}a{% endif %}",
    "{%tc for a in actions %}a{%tc endfor %}",
    "{{ contrat.intitule }\ufeff}",
    "a \U000fab03 contrat \U000fab04",
]


@both
@pytest.mark.parametrize("typed", HOSTILE)
def test_a_tag_that_does_more_than_it_may_is_refused(format: Format, typed: str) -> None:
    made = template(format, typed)
    said(made, format)
    with pytest.raises(TemplateRefused):
        render(made, format, values())


@pytest.mark.parametrize("typed", HOSTILE[:12])
def test_the_sandbox_alone_gives_nothing_away(typed: str) -> None:
    """The second wall, without the first: no attribute, no call, no subscript, nothing of the environment's own."""
    made = sandbox.environment(lambda: "", lambda text: text)
    given = sandbox.contained(values(), sandbox.Steps())
    inside = typed.removeprefix("{{").removesuffix("}}")
    with pytest.raises((TemplateError, TemplateRefused)):
        made.from_string(f"{sandbox.OPEN_VALUE}{inside}{sandbox.CLOSE_VALUE}").render(given)


def test_no_attribute_of_python_is_within_reach() -> None:
    made = sandbox.environment(lambda: "", lambda text: text)
    given = sandbox.contained({"a": {"b": "c"}, "rows": [{"x": 1}]}, sandbox.Steps())
    for path in ("a.keys", "a.b.upper", "rows.count", "rows.steps", "a.__class__", "a.b.__len__"):
        with pytest.raises((TemplateRefused, TemplateError)):
            made.from_string(f"{sandbox.OPEN_VALUE} {path} {sandbox.CLOSE_VALUE}").render(given)


# --- bounds ---------------------------------------------------------------------------------------------------------


@both
def test_loops_inside_one_another_are_counted(format: Format) -> None:
    inside = "{% for a in actions %}" * 4 + "{% endfor %}" * 4
    with pytest.raises(TemplateRefused, match="tours"):
        render(template(format, f"x {inside}"), format, {"actions": [{}] * 200})


@both
def test_a_document_too_long_is_stopped_while_it_is_written(format: Format) -> None:
    inside = "{% for a in actions %}{% for b in actions %}{{ texte }}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateRefused, match="trop long"):
        render(template(format, f"x {inside}"), format, {"actions": [{}] * 250, "texte": "x" * 1000})


@both
def test_blocks_too_deep_are_refused(format: Format) -> None:
    typed = "x " + "{% if contrat.actif %}" * 6 + "{% endif %}" * 6
    assert "emboîtés" in said(template(format, typed), format)


@both
def test_thousands_of_tags_are_refused(format: Format) -> None:
    made = template(format, *["{{ contrat.intitule }}" * 50] * 70)
    assert "plus de 3000 balises" in said(made, format)


@both
@pytest.mark.parametrize(
    ("typed", "times"), [("{{", 100_000), ("{%", 100_000), ("{#", 100_000), ("{{ a }", 50_000), ("{{ a", 60_000)]
)
def test_braces_that_never_close_are_read_once(format: Format, typed: str, times: int) -> None:
    """In one pass: a quadratic reading of any of these would take hours."""
    (problem,) = validate(template(format, typed * times), format, CATALOGUE)
    assert "n'est pas fermée" in str(problem)
    assert len(str(problem)) < 400


# --- faults that an agent makes -------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            "{{ contrat.intitul }}",
            "le champ « contrat.intitul » n'existe pas ; vouliez-vous dire « contrat.intitule » ?",
        ),
        ("{{ contrat.zzz }}", "le champ « contrat.zzz » n'existe pas (dans"),
        ("{{ contrat }}", "« contrat » est un groupe de champs"),
        ("{{ actions }}", "« actions » est une liste : parcourez-la par une boucle"),
        ("{{ actions.intitule }}", "« actions » est une liste, à parcourir par une boucle"),
        ("{{ contrat.intitule.long }}", "n'existe pas"),
        ("{{ action.intitule }}", "le champ « action.intitule » n'existe pas"),
        ("{% for a in action %}x{% endfor %}", "le champ « action » n'existe pas ; vouliez-vous dire « actions » ?"),
        ("{% for a in contrat.intitule %}x{% endfor %}", "n'est pas une liste"),
        ("{% for a in actions %}{{ a.intitul }}{% endfor %}", "vouliez-vous dire « a.intitule » ?"),
        ("{% for a in actions %}{% for l in a.lignes %}{{ l.montan }}{% endfor %}{% endfor %}", "« l.montant »"),
        ("{% for a in actions %}x{% endfor %}{{ a.intitule }}", "le champ « a.intitule » n'existe pas"),
        ("{% if contrat.actiff %}x{% endif %}", "vouliez-vous dire « contrat.actif » ?"),
        ("{{ loop.index }}", "n'existe pas"),
        ("{{ contrat intitule }}", "ne contient pas d'espace"),
        ("{{ contrat.date-signature }}", "opération"),
        ("{{ }}", "elle est vide"),
        ("{{ contrat.intitule", "n'est pas fermée par « }} »"),
        ("{% if contrat.actif %}x", "n'est fermée par aucun « endif »"),
        ("x{% endif %}", "ne ferme rien"),
        ("{% for a in actions %}x{% endif %}", "ne ferme rien"),
        ("{% elif contrat.actif %}x", "ne ferme rien"),
        ("{% pour a in actions %}", "l'instruction « pour » n'est pas permise"),
        ("{{ contrat.montant|euros }}", "le filtre « euros » n'existe pas"),
        ("{%p if contrat.actif %} du texte {%p endif %}", "qui contient autre chose"),
        ("{%tr for a in actions %}", "sa ligne de tableau"),
        ("{% if contrat.signe_le > 3 %}x{% endif %}", "nature différente"),
    ],
)
def test_a_fault_is_named(format: Format, typed: str, expected: str) -> None:
    assert expected in said(template(format, f"avant {typed}" if "tr " not in typed else typed), format)


@both
def test_a_block_that_opens_here_and_closes_elsewhere_is_named(format: Format) -> None:
    made = template(format, "a {% for a in actions %} b", "c {% endfor %} d")
    assert "ne sont pas au même endroit" in said(made, format)


def test_the_place_of_a_fault_is_named() -> None:
    made = template(Format.DOCX, "x", foot="{{ contrat.intitul }}")
    assert said(made, Format.DOCX).startswith("Pied de page : la balise « {{ contrat.intitul }} »")


def test_a_long_message_is_cut_and_counted() -> None:
    error = TemplateRefused(Problem(f"p{n}") for n in range(25))
    assert "… et 5 autres problèmes." in str(error)
    assert str(error).count("\n") == 21


def test_a_tag_is_read_whatever_its_dashes() -> None:
    assert tags.read("{{- contrat.intitule -}}").inside == "contrat.intitule"
    assert tags.read("{# note #}").jinja == ""


# --- files that hold more than text ---------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("content", [b"", b"x", b"PK\x03\x04 tronque", b"%PDF-1.7", b"\xd0\xcf\x11\xe0" + b"0" * 600])
def test_what_is_not_a_document_is_refused(format: Format, content: bytes) -> None:
    said(content, format)


@both
def test_a_damaged_archive_is_refused(format: Format) -> None:
    made = bytearray(template(format, "{{ contrat.intitule }}"))
    for index in range(200, len(made) // 2):
        made[index] ^= 0x5A
    said(bytes(made), format)


@both
def test_a_file_without_the_list_of_what_it_holds_is_refused(format: Format) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template(format, "x"))) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            if entry.filename not in {"[Content_Types].xml", "META-INF/manifest.xml"}:
                target.writestr(entry, source.read(entry.filename))
    assert "abîmé" in said(made.getvalue(), format)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), format=st.sampled_from(OFFICE))
def test_a_file_changed_anywhere_is_accepted_or_refused_and_nothing_else(data: st.DataObject, format: Format) -> None:
    made = bytearray(WHOLE[format])
    for _ in range(data.draw(st.integers(1, 4))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | st.integers(0, len(made)))
    assert isinstance(validate(bytes(made[:cut]), format, CATALOGUE), list)


def test_a_damaged_type_is_refused() -> None:
    """The type of an OpenDocument is read before the rest."""
    kind = b"application/vnd.oasis.opendocument.text"
    made = with_entry(template(Format.ODT, "x"), "mimetype", kind)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        start = archive.getinfo("mimetype").header_offset + 30 + len("mimetype")
    assert "abîmé" in said(made[:start] + b"\xff" * 10 + made[start + 10 :], Format.ODT)


@both
def test_the_other_format_and_pdf_are_refused(format: Format) -> None:
    other = Format.ODT if format is Format.DOCX else Format.DOCX
    said(template(format, "x"), other)
    said(template(format, "x"), Format.PDF)


@both
def test_a_bomb_is_not_unpacked(format: Format) -> None:
    made = with_entry(template(format, "x"), "media.bin", b"\x00" * (45 * 1024 * 1024))
    assert "taille anormale" in said(made, format)


@both
def test_an_entry_that_hides_its_size_is_not_unpacked_whole(format: Format) -> None:
    """An archive announces sizes as it likes: no more than announced is unpacked, and then its checksum is wrong."""
    made = with_entry(template(format, "x"), "media.bin", b"\x00" * 30_000_000)
    announced = (30_000_000).to_bytes(4, "little")
    assert made.count(announced) == 2
    lying = made.replace(announced, (1000).to_bytes(4, "little"))
    tracemalloc.start()
    try:
        assert "abîmé" in said(lying, format)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@both
@override_settings(MAILLAGE_MAX_UPLOAD_BYTES=1000)
def test_the_limit_of_deposits_holds_here_too(format: Format) -> None:
    assert "la limite est de" in said(template(format, "x"), format)


@both
@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_declaration_of_entities_is_refused(format: Format, head: str) -> None:
    made = template(format, "x")
    name = main_part(format)
    xml = read(made, name)
    body = xml[xml.index("?>") + 2 :] if xml.startswith("<?xml") else xml
    assert said(with_entry(made, name, f'<?xml version="1.0"?>{head}{body}'.encode()), format)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("word/vbaProject.bin", "des macros"),
        ("word/embeddings/oleObject1.bin", "un objet incorporé"),
        ("word/activeX/activeX1.xml", "un objet incorporé"),
        ("../../evasion.xml", "entrée anormale"),
        ("/absolu.xml", "entrée anormale"),
    ],
)
def test_a_docx_that_holds_more_than_text_is_refused(name: str, expected: str) -> None:
    made = with_entry(template(Format.DOCX, "x"), name, b"<a/>" if name.endswith(".xml") else b"\x00")
    assert expected in said(made, Format.DOCX)


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        (RELATIONSHIP_TYPE.IMAGE, "https://ailleurs.example/x.png", "contenu extérieur"),
        (f"{OFFICE_RELATIONS}/attachedTemplate", "https://ailleurs.example/x.dotm", "attaché à un modèle"),
        (RELATIONSHIP_TYPE.OLE_OBJECT, "file:///c:/x.xls", "objet incorporé"),
        (RELATIONSHIP_TYPE.A_F_CHUNK, "x.html", "objet incorporé"),
        (RELATIONSHIP_TYPE.HYPERLINK, "file:///etc/passwd", "contenu extérieur"),
        (RELATIONSHIP_TYPE.HYPERLINK, "javascript:alert(1)", "contenu extérieur"),
        (RELATIONSHIP_TYPE.HYPERLINK, "https://www.example.org/", ""),
        (RELATIONSHIP_TYPE.HYPERLINK, "mailto:a@example.org", ""),
    ],
)
def test_a_docx_that_fetches_something_is_refused(kind: str, target: str, expected: str) -> None:
    word = docx.Document()
    word.part.relate_to(target, kind, is_external=True)
    made = io.BytesIO()
    word.save(made)
    problems = validate(made.getvalue(), Format.DOCX, CATALOGUE)
    assert bool(problems) == bool(expected)
    assert expected in "\n".join(map(str, problems))


@pytest.mark.parametrize("field", ["INCLUDETEXT", "DDEAUTO", "INCLUDEPICTURE", "LINK", "MACROBUTTON"])
def test_a_field_of_word_that_reads_or_runs_is_refused(field: str) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph()
    for piece in (field[:3], field[3:], ' "c:\\\\x"'):
        text = docx.oxml.OxmlElement("w:instrText")
        text.text = piece
        paragraph.add_run()._r.append(text)
    made = io.BytesIO()
    word.save(made)
    assert f"un champ {field}" in said(made.getvalue(), Format.DOCX)


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<text:p><text:script script:language="x">a</text:script></text:p>', "un script"),
        ('<text:p><text:execute-macro text:name="x">a</text:execute-macro></text:p>', "une macro"),
        ('<text:p><draw:object xlink:href="./Object 1"/></text:p>', "un objet incorporé"),
        ('<text:p><draw:plugin xlink:href="x"/></text:p>', "un module externe"),
        ('<text:p><draw:image xlink:href="https://ailleurs.example/x.png"/></text:p>', "contenu extérieur"),
        ('<text:p><draw:image xlink:href="../../../../etc/passwd"/></text:p>', "contenu extérieur"),
        ('<text:section text:name="s"><text:section-source xlink:href="x.odt"/></text:section>', "un autre document"),
        ('<text:p><text:a xlink:href="javascript:alert(1)">a</text:a></text:p>', "contenu extérieur"),
        ('<text:p><text:a xlink:href="vnd.sun.star.script:x">a</text:a></text:p>', "des macros"),
    ],
)
def test_an_odt_that_holds_more_than_text_is_refused(xml: str, expected: str) -> None:
    opened: Any = odfdo.Document("text")
    opened.body.append(odfdo.Element.from_tag(xml))
    made = io.BytesIO()
    opened.save(made)
    assert expected in said(made.getvalue(), Format.ODT)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Basic/Standard/Module1.xml", "des macros"),
        ("Scripts/python/x.py", "des macros"),
        ("Object 1/content.xml", "objet"),
    ],
)
def test_an_odt_with_macros_or_objects_is_refused(name: str, expected: str) -> None:
    made = with_entry(template(Format.ODT, "x"), name, b"<a/>")
    assert expected in said(made, Format.ODT)


def test_two_entries_of_one_name_are_refused() -> None:
    """One would be checked and the other opened."""
    made = io.BytesIO(template(Format.DOCX, "x"))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(made, "a") as archive:
        archive.writestr("word/document.xml", b"<a/>")
    assert "entrée anormale" in said(made.getvalue(), Format.DOCX)
