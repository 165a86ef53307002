"""Documents, and the figures they assert as printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Max

from maillage.core import upsert
from maillage.engines import rows as reading
from maillage.engines.consistency import perimeter_from_note
from maillage.engines.rows import Field, Row, Texts
from maillage.indicators.models import Indicator, StatedFigure
from maillage.indicators.services.edition import (
    NO_AXIS,
    NO_DOCUMENT,
    NO_INDICATOR,
    NO_MEASURE,
    NO_TERRITORY,
    NOT_SAID,
    TERRITORY,
    About,
    Loader,
    Staged,
    codes_by_key,
    is_negative_count,
    refuse,
    run,
)
from maillage.kernel.errors import InputProblem
from maillage.pacts.models import Axis, Measure, Pact
from maillage.pacts.services import code, length, text
from maillage.sources.models import SourceDocument
from maillage.sources.registry import ImportReport, ImportRequest, LeftOut
from maillage.territories.models import Territory

DOCUMENT_FIELDS = (
    code("code", "identifiant", needed=True, filled=True, max_length=length(SourceDocument, "code")),
    text(SourceDocument, "title", "title_fr", "titre", "intitulé", needed=True, filled=True),
    text(SourceDocument, "publisher", "éditeur", "producteur"),
    text(SourceDocument, "printed_on", "date_printed", "date imprimée", "date"),
    text(SourceDocument, "note", "note_fr"),
    text(SourceDocument, "url", "adresse"),
    Field("file", ("fichier",), max_length=300),
)
FIGURE_FIELDS = (
    code("code", "id", "identifiant", needed=True, filled=True, max_length=length(StatedFigure, "code")),
    text(StatedFigure, "label", "label_fr", "libellé", needed=True, filled=True),
    TERRITORY,
    Field("period", ("période",), reading.period),
    Field("value", ("valeur",), reading.number(), empty=None),
    text(StatedFigure, "unit", "unité", needed=True, filled=True),
    text(StatedFigure, "printed_as", "tel qu'imprimé", "imprimé", needed=True),
    text(StatedFigure, "relation", "relation énoncée"),
    code("document", "document", "source", needed=True, filled=True),
    text(StatedFigure, "locator", "repère", "emplacement"),
    text(StatedFigure, "note", "note_fr", "remarque"),
    text(StatedFigure, "perimeter", "perimeter_fr", "périmètre"),
    code("indicator", "indicator", "indicateur", "indicator_code", empty=""),
    code("axis", "axis", "axe", "engagement", "axis_code", empty=""),
    code("measure", "measure", "mesure", "measure_code", empty=""),
    text(StatedFigure, "table", "table_fr", "tableau"),
    text(StatedFigure, "row", "ligne"),
    text(StatedFigure, "column", "colonne"),
)
LINK_FIELDS = (
    code("figure", "chiffre", needed=True, filled=True),
    code("measure", "measure", "mesure", needed=True, filled=True),
)
_RELATIONS: tuple[tuple[str, Any, str], ...] = (
    ("territory", Territory, NO_TERRITORY),
    ("document", SourceDocument, NO_DOCUMENT),
    ("indicator", Indicator, NO_INDICATOR),
    ("axis", Axis, NO_AXIS),
    ("measure", Measure, NO_MEASURE),
)
_IDEM = {"idem", "id", "id.", "ibid", "ibid.", "ibidem", "même repère"}


def import_documents(asked: ImportRequest, about: About = NOT_SAID) -> ImportReport:
    """Load the list of documents. Raises InputRefused with every problem by row and column."""
    return run(Loader("documents", "Documents", _stage_documents, has_edition=False), asked, about)


def import_stated_figures(asked: ImportRequest, about: About = NOT_SAID) -> ImportReport:
    """Load figures as documents print them. A column that the file lacks leaves what is known untouched."""
    return run(Loader("stated", "Chiffres énoncés", _stage_figures), asked, about)


def link_measures(asked: ImportRequest, about: About = NOT_SAID) -> ImportReport:
    """Say which measure a stated figure is about."""
    return run(Loader("stated", "Chiffres rattachés aux mesures", _stage_links, has_edition=False), asked, about)


def stage_figures(rows: list[Row], problems: list[InputProblem]) -> Staged:
    """Check figures already read and compare them with what is there; shared with printed tables."""
    _repeat_locators(rows)
    negative = [row for row in rows if is_negative_count(row["unit"], row["value"])]
    problems = problems + [row.problem("value", "un nombre de choses ne peut pas être négatif.") for row in negative]
    for name, model, missing in _RELATIONS:
        problems += upsert.resolve(rows, name, model, missing)
    found = StatedFigure.objects.filter(code__in=[row["code"] for row in rows]).order_by("pk")
    existing = {figure.code: figure for figure in found}
    problems += _moved(rows, existing)
    refuse(problems)
    axes = _axes_by_words()
    values = [_values(row, existing.get(row["code"]), axes) for row in rows]
    plan = upsert.plan(StatedFigure, existing.values(), values, key=("code",))
    _rank(plan.new)
    codes = codes_by_key(rows)
    documents = {row["document"].code for row in rows}
    return Staged(plan, len(rows), documents, territory_code=lambda figure: codes.get(figure.territory_id, ""))


def _stage_documents(table: Texts) -> Staged:
    rows = reading.read_rows(table, DOCUMENT_FIELDS)
    refuse(reading.unique(rows, "code"))
    values = [{name: row[name] for name in row.headers if name != "file"} for row in rows]
    codes = [row["code"] for row in rows]
    existing = SourceDocument.objects.filter(code__in=codes).order_by("pk")
    staged = Staged(upsert.plan(SourceDocument, existing, values, key=("code",)), len(rows), codes)
    named = sum(1 for row in rows if row["file"])
    if named:
        staged.left_out.append(LeftOut("Le fichier nommé n'est pas chargé avec la liste des documents.", named))
    return staged


def _stage_figures(table: Texts) -> Staged:
    rows = reading.read_rows(table, FIGURE_FIELDS)
    return stage_figures(rows, reading.unique(rows, "code"))


def _stage_links(table: Texts) -> Staged:
    rows = reading.read_rows(table, LINK_FIELDS)
    problems = reading.unique(rows, "figure")
    codes = [row["figure"] for row in rows]
    problems += upsert.resolve(rows, "figure", StatedFigure, "n'est pas un chiffre énoncé chargé.")
    problems += upsert.resolve(rows, "measure", Measure, NO_MEASURE)
    refuse(problems)
    values = [{"code": code_, "measure": row["measure"]} for code_, row in zip(codes, rows, strict=True)]
    existing = StatedFigure.objects.filter(code__in=codes).order_by("pk")
    return Staged(upsert.plan(StatedFigure, existing, values, key=("code",)), len(rows), codes)


def _repeat_locators(rows: Sequence[Row]) -> None:
    """« idem » is the place named on the row above, in the same document."""
    last: dict[str, str] = {}
    for row in rows:
        if row["locator"].casefold() in _IDEM and row["document"] in last:
            row.values["locator"] = last[row["document"]]
        last[row["document"]] = row["locator"]


def _moved(rows: Sequence[Row], existing: dict[str, StatedFigure]) -> list[InputProblem]:
    """An identifier belongs to one document for ever: another document's row under it is a clash, not a correction."""
    return [
        row.problem("code", f"«\u00a0{row['code']}\u00a0» est déjà l'identifiant d'un chiffre d'un autre document.")
        for row in rows
        if row["document"] is not None
        and row["code"] in existing
        and existing[row["code"]].document_id != row["document"].pk
    ]


def _values(row: Row, known: StatedFigure | None, axes: dict[str, Axis]) -> dict[str, Any]:
    values = {name: row[name] for name in row.headers}
    if known is None:
        values |= row.get("defaults", {})
    if known is None or known.value != row["value"]:
        values |= row.get("rebuilt", {})
    if "perimeter" not in row.headers and (known is None or not known.perimeter):
        values["perimeter"] = perimeter_from_note(row.get("covers") or row["note"])[: length(StatedFigure, "perimeter")]
    if "axis" not in row.headers and (known is None or known.axis_id is None):
        values["axis"] = axes.get(reading.fold(row["locator"]))
    return values


def _axes_by_words() -> dict[str, Axis]:
    """« axe 2 », « engagement 4 »: the locators that name an axis in the word that one pact only uses."""
    pacts = list(Pact.objects.prefetch_related("axes"))
    words = [reading.fold(pact.axis_word) for pact in pacts]
    return {
        f"{word} {axis.number}": axis
        for pact, word in zip(pacts, words, strict=True)
        if words.count(word) == 1 and re.fullmatch(r"[a-z ]+", word)
        for axis in pact.axes.all()
    }


def _rank(new: Sequence[StatedFigure]) -> None:
    """New figures follow those of their document, in the order of the file."""
    documents = {figure.document_id for figure in new}
    last = dict(
        StatedFigure.objects.filter(document__in=documents)
        .order_by()
        .values_list("document")
        .annotate(last=Max("position"))
    )
    for figure in new:
        last[figure.document_id] = last.get(figure.document_id, 0) + 1
        figure.position = last[figure.document_id]
