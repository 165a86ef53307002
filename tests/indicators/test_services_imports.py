"""Imports of documents, stated figures, definitions and observations: exact shapes, hostile rows, twice the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied

from maillage.core.models import AuditEntry, User
from maillage.indicators import services
from maillage.indicators.models import Observation, StatedFigure
from maillage.kernel.errors import InputRefused
from maillage.sources import registry
from maillage.sources.models import SourceDocument, SourceEdition
from maillage.sources.registry import ImportRequest
from maillage.territories.models import Territory
from tests.indicators.samples import (
    DOCUMENT_HEAD,
    OBSERVATION_HEAD,
    STATED_HEAD,
    axis,
    document,
    figure,
    indicator,
)

pytestmark = pytest.mark.django_db
Asked = Callable[..., ImportRequest]


@pytest.fixture(autouse=True)
def _places(territories: dict[str, Territory]) -> None:
    """Every import here names territories that are loaded."""


def stated(*rows: str) -> str:
    return "\n".join([STATED_HEAD, *rows]) + "\n"


def observed(*rows: str) -> str:
    return "\n".join([OBSERVATION_HEAD, *rows]) + "\n"


def problems(refusal: pytest.ExceptionInfo[InputRefused]) -> list[tuple[int | None, str | None]]:
    return [(one.row, one.column) for one in refusal.value.problems]


GOOD = 'A1,Aides versées,DEP-44,2020,1234.5,EUR,"1 234,5 €",,DOC-A,page 3,'


def test_documents_in_the_shape_of_the_facts(asked: Asked) -> None:
    text = f'{DOCUMENT_HEAD}\nDOC-A,"Titre, avec virgule",Éditeur,2023-11-07 (la conférence),note,fichier.txt\n'
    report = services.import_documents(asked(text))
    assert report.counts["added"] == 1
    assert [one.count for one in report.left_out] == [1]
    kept = SourceDocument.objects.get(code="DOC-A")
    assert (kept.title, kept.printed_on) == ("Titre, avec virgule", "2023-11-07 (la conférence)")


def test_stated_figures_keep_what_is_printed(asked: Asked) -> None:
    document()
    services.import_stated_figures(asked(stated(GOOD)))
    kept = StatedFigure.objects.get(code="A1")
    assert (kept.value, kept.printed_as, kept.locator, kept.position) == (Decimal("1234.5"), "1 234,5 €", "page 3", 1)
    assert kept.edition is not None
    assert len(kept.edition.sha256) == 64


def test_french_headings_and_a_semicolon(asked: Asked) -> None:
    document()
    text = (
        "Identifiant;Libellé;Code territoire;Période;Valeur;Unité;Tel qu'imprimé;Source\n"
        "A1;Aides;DEP-44;2020;1 234,5;EUR;1 234,5 €;DOC-A\n"
    )
    services.import_stated_figures(asked(text))
    assert StatedFigure.objects.get(code="A1").value == Decimal("1234.5")


def test_idem_is_the_place_above_in_the_same_document(asked: Asked) -> None:
    document()
    document("DOC-B")
    rows = [
        GOOD,
        GOOD.replace("A1", "A2").replace("page 3", "idem"),
        GOOD.replace("A1", "A3").replace("DOC-A", "DOC-B"),
    ]
    services.import_stated_figures(asked(stated(*rows, GOOD.replace("A1", "A4").replace("page 3", "Idem"))))
    places = dict(StatedFigure.objects.values_list("code", "locator"))
    assert places == {"A1": "page 3", "A2": "page 3", "A3": "page 3", "A4": "page 3"}


def test_a_footnote_gives_the_perimeter(asked: Asked) -> None:
    document()
    row = 'A1,Aides,DEP-44,2020,12,EUR,12,,DOC-A,,"footnote: subsidies only, without loans"'
    services.import_stated_figures(asked(stated(row)))
    assert StatedFigure.objects.get(code="A1").perimeter == "subsidies only, without loans"


def test_a_locator_in_the_pact_s_word_names_the_axis(asked: Asked) -> None:
    document()
    axis()
    services.import_stated_figures(asked(stated(GOOD.replace("page 3", "Axe 1"), GOOD.replace("A1", "A2"))))
    assert dict(StatedFigure.objects.values_list("code", "axis__code")) == {"A1": "P-1", "A2": None}


def test_the_same_file_twice_changes_nothing(asked: Asked) -> None:
    document()
    services.import_stated_figures(asked(stated(GOOD)))
    before = list(StatedFigure.objects.values()), AuditEntry.objects.count(), SourceEdition.objects.count()
    report = services.import_stated_figures(asked(stated(GOOD)))
    assert report.changes_nothing
    assert (list(StatedFigure.objects.values()), AuditEntry.objects.count(), SourceEdition.objects.count()) == before


def test_a_dry_run_shows_the_differences_and_writes_nothing(asked: Asked) -> None:
    document()
    services.import_stated_figures(asked(stated(GOOD)))
    changed = stated(GOOD.replace("1234.5", "1500"), GOOD.replace("A1", "A2"))
    report = services.import_stated_figures(asked(changed, dry_run=True))
    assert (report.counts["added"], report.counts["changed"]) == (1, 1)
    assert any("1234.5" in one.before and "1500" in one.after for one in report.examples)
    assert StatedFigure.objects.get().value == Decimal("1234.5")


def test_a_change_keeps_its_history(asked: Asked, aicha: User) -> None:
    document()
    services.import_stated_figures(asked(stated(GOOD)))
    services.import_stated_figures(asked(stated(GOOD.replace("1234.5", "1500")), by=aicha))
    line = AuditEntry.objects.get(object_type="indicators.statedfigure")
    assert line.changes == {"value": ["1234.5000", "1500"]}
    assert (line.actor, line.territory_code) == (aicha, "DEP-44")
    assert StatedFigure.objects.get().edition == SourceEdition.objects.filter(is_current=True).get()


def test_a_column_that_the_file_lacks_is_left_alone(asked: Asked) -> None:
    doc = document()
    one = figure("A1", "12", on=Territory.objects.get(code="DEP-44"), of=doc, axis=axis(), perimeter="le mien")
    services.import_stated_figures(asked(stated(GOOD)))
    one.refresh_from_db()
    assert (one.axis.code if one.axis else "", one.perimeter, one.value) == ("P-1", "le mien", Decimal("1234.5"))


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (GOOD.replace("DEP-44", "DEP-01"), (3, "territory_code")),
        (GOOD.replace("DEP-44", "44"), (3, "territory_code")),
        (GOOD.replace("DOC-A", "DOC-Z"), (3, "document")),
        (GOOD.replace(",2020,", ",2020-13,"), (3, "period")),
        (GOOD.replace(",2020,", ",2020/2019,"), (3, "period")),
        (GOOD.replace(",2020,", ",2020-02-30,"), (3, "period")),
        (GOOD.replace("1234.5", "douze"), (3, "value")),
        (GOOD.replace("1234.5", "1.23456"), (3, "value")),
        (GOOD.replace("1234.5", "1" * 40), (3, "value")),
        (GOOD.replace("1234.5,EUR", "-3,persons"), (3, "value")),
        (GOOD.replace("A1", "A0"), (3, "id")),
        (GOOD.replace("A1", "A/1"), (3, "id")),
        (GOOD.replace("A1", ""), (3, "id")),
        (GOOD.replace("Aides versées", "x" * 201), (3, "label_fr")),
    ],
)
def test_a_wrong_cell_refuses_the_whole_file_and_says_where(asked: Asked, row: str, place: tuple[int, str]) -> None:
    document()
    with pytest.raises(InputRefused) as refusal:
        services.import_stated_figures(asked(stated(GOOD.replace("A1", "A0"), row)))
    assert place in problems(refusal)
    assert "fichier.csv" in refusal.value.title
    assert not StatedFigure.objects.exists()
    assert not SourceEdition.objects.exists()


def test_every_problem_is_told_at_once(asked: Asked) -> None:
    document()
    rows = [GOOD.replace("1234.5", "douze"), GOOD.replace("A1", "A2").replace("2020", "jamais")]
    with pytest.raises(InputRefused) as refusal:
        services.import_stated_figures(asked(stated(*rows)))
    assert problems(refusal) == [(2, "value"), (3, "period")]


def test_an_unknown_column_is_refused_by_its_name(asked: Asked) -> None:
    with pytest.raises(InputRefused, match=r"couleur.*colonne inconnue"):
        services.import_stated_figures(asked(stated(GOOD).replace("note", "couleur", 1)))


def test_a_missing_column_is_refused_by_its_name(asked: Asked) -> None:
    with pytest.raises(InputRefused, match=r"document.*colonne manquante"):
        services.import_stated_figures(asked("id,label_fr,territory_code,unit,printed_as\nA,b,DEP-44,EUR,1\n"))


def test_a_file_without_a_row_is_refused(asked: Asked) -> None:
    with pytest.raises(InputRefused, match="aucune ligne"):
        services.import_stated_figures(asked(STATED_HEAD + "\n"))


def test_an_identifier_of_another_document_is_a_clash(asked: Asked) -> None:
    figure("A1", "1", on=Territory.objects.get(code="DEP-44"), of=document("DOC-B"))
    document()
    with pytest.raises(InputRefused, match="autre document"):
        services.import_stated_figures(asked(stated(GOOD)))
    assert StatedFigure.objects.get().value == Decimal(1)


def test_a_formula_stays_a_text(asked: Asked) -> None:
    document()
    services.import_stated_figures(asked(stated(GOOD.replace("Aides versées", "=1+1"))))
    assert StatedFigure.objects.get().label == "=1+1"


def test_a_workbook_reads_as_a_csv_does(asked: Asked) -> None:
    document()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(STATED_HEAD.split(","))
    sheet.append(["A1", "Aides", "DEP-44", 2020, 1234.5, "EUR", "1 234,5 €", None, "DOC-A", "page 3", None])
    buffer = io.BytesIO()
    book.save(buffer)
    services.import_stated_figures(asked(buffer.getvalue(), name="chiffres.xlsx"))
    kept = StatedFigure.objects.get()
    assert (kept.value, kept.period) == (Decimal("1234.5"), "2020")


def test_a_reader_may_not_load(asked: Asked, bruno: User, chloe: User) -> None:
    document()
    for user in (bruno, chloe):
        with pytest.raises(PermissionDenied):
            services.import_stated_figures(asked(stated(GOOD), by=user))
    assert not StatedFigure.objects.exists()


def test_observations_keep_status_and_bounds(asked: Asked) -> None:
    indicator()
    rows = [
        "AIDES,DEP-44,2020,12,published,,,,",
        "AIDES,DEP-49,2020,,suppressed,,,,",
        "AIDES,DEP-53,2020,5,estimated,4,6,,",
    ]
    services.import_observations(asked(observed(*rows)))
    kept = {
        one.territory.code: (one.status, one.value, one.low) for one in Observation.objects.select_related("territory")
    }
    assert kept == {
        "DEP-44": ("published", Decimal(12), None),
        "DEP-49": ("suppressed", None, None),
        "DEP-53": ("estimated", Decimal(5), Decimal(4)),
    }


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("AIDES,DEP-44,2020,,published,,,,", (2, "value")),
        ("AIDES,DEP-44,2020,0,suppressed,,,,", (2, "value")),
        ("AIDES,DEP-44,2020,5,estimated,,,,", (2, "low")),
        ("AIDES,DEP-44,2020,5,estimated,6,7,,", (2, "low")),
        ("AIDES,DEP-44,2020,5,certain,,,,", (2, "status")),
        ("GENS,DEP-44,2020,-5,published,,,,", (2, "value")),
        ("PART,DEP-44,2020,101,published,,,,", (2, "value")),
        ("PART,DEP-44,2020,50,published,,,3,2", (2, "numerator")),
        ("AUTRE,DEP-44,2020,5,published,,,,", (2, "indicator")),
    ],
)
def test_an_impossible_observation_is_refused(asked: Asked, row: str, place: tuple[int, str]) -> None:
    indicator()
    indicator("GENS", "persons", "stock")
    indicator("PART", "%", "share")
    with pytest.raises(InputRefused) as refusal:
        services.import_observations(asked(observed(row)))
    assert place in problems(refusal)
    assert not Observation.objects.exists()


def test_two_rows_of_one_value_are_refused(asked: Asked) -> None:
    indicator()
    row = "AIDES,DEP-44,2020,12,published,,,,"
    with pytest.raises(InputRefused, match="figure déjà ligne 2"):
        services.import_observations(asked(observed(row, row)))


def test_a_revised_value_takes_the_place_of_the_old_one(asked: Asked) -> None:
    indicator()
    services.import_observations(
        asked(observed("AIDES,DEP-44,2020,12,provisional,,,,", "AIDES,DEP-49,2020,7,published,,,,"))
    )
    services.import_observations(
        asked(observed("AIDES,DEP-44,2020,13,published,,,,", "AIDES,DEP-49,2020,7,published,,,,"))
    )
    assert Observation.objects.count() == 2
    line = AuditEntry.objects.get(object_type="indicators.observation")
    assert line.changes == {"value": ["12.0000", "13"], "status": ["provisional", "published"]}
    assert Observation.objects.values("edition").distinct().count() == 1


def test_a_rate_is_never_declared_summable(asked: Asked) -> None:
    text = "code,label,unit,nature,summable_territories\nTAUX,Taux,%,share,oui\n"
    with pytest.raises(InputRefused, match="ne s'additionne pas"):
        services.import_indicators(asked(text))


def test_the_kinds_are_offered_by_the_import_page_and_the_command() -> None:
    kinds = {importer.kind for importer in registry.importers()}
    assert {"documents", "stated", "tables", "observations", "indicators"} <= kinds
