"""Consistency as pages read it, recomputation, documents, series."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db.models.signals import post_init
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.indicators.enums import Status
from maillage.indicators.models import Observation, StatedFigure, Waiver
from maillage.indicators.selectors import consistency, documents, figures, series
from maillage.kernel.provenance import Status as ValueStatus
from maillage.sources.models import SourceEdition
from maillage.territories.models import Population, Territory
from tests.indicators.samples import AT, contradiction, document, figure, indicator

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(territories: dict[str, Territory]) -> Territory:
    return territories["REG-52"]


def kinds(document_code: str = "") -> dict[str, str]:
    return {item.figure.code: item.kind for item in consistency.check(document_code)}


def test_a_change_of_an_input_changes_the_verdict(region: Territory) -> None:
    contradiction(region, document())
    assert kinds()["K3"] == "contradicts_components"
    StatedFigure.objects.filter(code="K2").update(value=180, printed_as="180 €")
    assert kinds()["K3"] == "holds"


def test_one_document_is_checked_with_the_evidence_of_all(region: Territory) -> None:
    figure("A", "100", on=region, of=document("DOC-A"), printed_as="100 €")
    figure("B", "200", on=region, of=document("DOC-B"), printed_as="200 €")
    assert kinds("DOC-A") == {"A": "contradicts_document"}


def test_observations_and_populations_are_evidence(region: Territory) -> None:
    doc = document()
    Population.objects.create(territory=region, year=2020, municipal=1000)
    figure("P", "250", "persons", on=region, of=doc, printed_as="250", label="Personnes couvertes")
    figure("S", "40", "%", on=region, of=doc, printed_as="40 %", label="Part", relation="share(P;population)")
    assert kinds()["S"] == "contradicts_components"


def test_the_check_costs_a_fixed_number_of_queries(
    region: Territory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    contradiction(region, document())
    contradiction(region, document("DOC-B"), prefix="L")
    with django_assert_num_queries(4):
        shown = [(item.figure.territory.name, item.figure.document.code, item.waiver) for item in consistency.check()]
    assert len(shown) == 6


def test_what_a_page_keeps_has_the_verdict_that_all_figures_give(region: Territory) -> None:
    """Only what is shown, and what its verdict names, becomes an instance; the rest still serves as evidence."""
    contradiction(region, document())
    contradiction(region, document("DOC-B"), prefix="L")
    made: list[str] = []

    def note(instance: StatedFigure, **_: object) -> None:
        made.append(instance.code)

    post_init.connect(note, sender=StatedFigure)
    try:
        (kept,) = consistency.check(keep=lambda row: row.key == "K3")
    finally:
        post_init.disconnect(note, sender=StatedFigure)
    whole = next(one for one in consistency.check() if one.figure.code == "K3")
    assert kept.verdict == whole.verdict
    assert {one.code for one in kept.related} == {one.code for one in whole.related} != set()
    assert set(made) == {"K3"} | {one.code for one in kept.related}


def test_a_figure_comes_first_with_those_that_its_verdict_names(region: Territory) -> None:
    contradiction(region, document())
    found = consistency.check_with_related("K3")
    assert found[0].figure.code == "K3"
    assert {one.figure.code for one in found[1:]} == {one.code for one in found[0].related}
    assert consistency.check_with_related("K9") == ()


def test_only_the_waiver_in_force_comes_with_a_figure(region: Territory, aicha: User) -> None:
    wrong = contradiction(region, document())
    past = Waiver.objects.create(figure=wrong, verdict="x", reason="Ancien motif", by=aicha, at=AT)
    Waiver.objects.filter(pk=past.pk).update(withdrawn_at=AT, withdrawn_by=aicha)
    assert [one.waiver for one in consistency.check()] == [None, None, None]
    now = Waiver.objects.create(figure=wrong, verdict="x", reason="Motif en vigueur", by=aicha, at=AT)
    assert [one.waiver for one in consistency.check()] == [None, None, now]


def test_a_change_of_the_evidence_changes_the_verdict(region: Territory) -> None:
    """Nothing of what was read before stays: neither a population nor an observation."""
    doc = document()
    held = Population.objects.create(territory=region, year=2020, municipal=1000)
    figure("P", "250", "persons", on=region, of=doc, printed_as="250", label="Personnes couvertes")
    figure("S", "40", "%", on=region, of=doc, printed_as="40 %", label="Part", relation="share(P;population)")
    assert kinds()["S"] == "contradicts_components"
    Population.objects.filter(pk=held.pk).update(municipal=625)
    assert kinds()["S"] == "holds"


def test_the_account_of_a_load_is_not_read_with_each_value(region: Territory) -> None:
    edition = SourceEdition.objects.create(kind="observations", title="T", loaded_at=AT, report={"rows": [1] * 100})
    Observation.objects.create(
        indicator=indicator(), territory=region, period="2020", value=1, status=Status.PUBLISHED, edition=edition
    )
    read = Observation.objects.with_sources().get().edition
    assert read is not None
    assert read.get_deferred_fields() == {"report", "scope"}


def test_recomputation_is_shown_in_words(region: Territory) -> None:
    contradiction(region, document())
    item = next(one for one in consistency.check() if one.figure.code == "K3")
    redone = figures.recomputation(item)
    assert redone is not None
    assert redone.result == Decimal(50)
    assert "(150 − 100) ÷ 100 × 100 = 50,00" in redone.formula
    assert [operand.figure.code for operand in redone.operands if operand.figure] == ["K1", "K2"]
    assert [one.code for one in figures.citing(StatedFigure.objects.get(code="K1"))] == ["K3"]


def test_a_name_that_contains_another_is_not_a_citation(region: Territory) -> None:
    doc = document()
    one = figure("K1", "1", on=region, of=doc)
    figure("K10", "1", on=region, of=doc, relation="equals(K11)")
    assert figures.citing(one) == []


@pytest.mark.parametrize("relation", ["", "bancal(", "evolution(X;Y)", "sum(12;abc)"])
def test_a_relation_that_cannot_be_redone_raises_nothing(region: Territory, relation: str) -> None:
    figure("A", "12", on=region, of=document(), relation=relation)
    item = consistency.check()[0]
    redone = figures.recomputation(item)
    assert redone is None or redone.formula == ""


def test_passages_follow_the_print_and_draw_tables_again(region: Territory) -> None:
    doc = document()
    figure("A", "1", on=region, of=doc, locator="page 2", position=1)
    figure("B", "2", on=region, of=doc, locator="page 1", position=2)
    for row, column, position in (("x", "2019", 3), ("x", "2020", 4), ("y", "2020", 5)):
        figure(f"T{row}{column}", "3", on=region, of=doc, table="T", row=row, column=column, position=position)
    found = documents.passages(consistency.check("DOC-A"))
    assert [passage.locator for passage in found] == ["page 2", "page 1", ""]
    table = found[2].tables[0]
    assert (table.rows, table.columns) == (("x", "y"), ("2019", "2020"))
    assert ("y", "2019") not in table.cells


def test_a_document_without_figures_is_summarised(region: Territory) -> None:
    document()
    assert [(one.document.code, one.figures) for one in documents.summaries([])] == [("DOC-A", 0)]


def test_a_break_stands_where_the_perimeter_changes(region: Territory) -> None:
    measured = indicator()
    for year, perimeter in (("2018", "a"), ("2019", "a"), ("2020", "b")):
        Observation.objects.create(
            indicator=measured, territory=region, period=year, value=1, status=Status.PUBLISHED, perimeter=perimeter
        )
    found = series.series(measured, "region")
    assert [(one.before, one.after) for one in found.breaks] == [("2019", "2020")]
    assert series.levels_of(measured) == ["region"]


def test_the_stored_statuses_are_those_of_the_kernel() -> None:
    assert [str(status.value) for status in ValueStatus] == list(Status.values)
