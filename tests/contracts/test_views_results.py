"""Pages of results: who sees them, what they say, what they let do, and how many queries they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from maillage.contracts.models import Evaluation, Evidence, ExecutionReport, Reading
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.results_world import World, make_world
from tests.factories import content_of

ClientFor = Callable[..., Client]


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def pages(world: World) -> dict[str, str]:
    pk = world.contract.pk
    return {
        "execution": reverse("contract-execution", args=[pk]),
        "chain": reverse("contract-sheet", args=[pk, "A01"]),
        "movements": reverse("contract-movements", args=[pk, "A01"]),
        "readings": reverse("contract-readings", args=[pk, "A01"]),
        "reading": reverse("contract-reading", args=[pk, "A01", "ENFANTS", "2024"]),
        "evidence": reverse("contract-evidence", args=[pk, "A01"]),
        "report": reverse("contract-report", args=[pk, "A01", 2024]),
        "evaluations": reverse("contract-evaluations", args=[pk]),
    }


NAMES = ("execution", "chain", "movements", "readings", "reading", "evidence", "report", "evaluations")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_for_those_who_see_the_contract(world: World, client_for: ClientFor, name: str) -> None:
    url = pages(world)[name]
    for user in (world.cast.lead, world.cast.ddets, world.cast.commissioner, world.reader):
        assert client_for(user).get(url).status_code == 200
    assert client_for(world.stranger).get(url).status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("execution", 13),
        ("chain", 15),
        ("movements", 13),
        ("readings", 11),
        ("reading", 13),
        ("evidence", 11),
        ("report", 13),
        ("evaluations", 7),
    ],
)
def test_a_page_costs_a_fixed_number_of_queries(
    world: World, client_for: ClientFor, django_assert_num_queries: Any, name: str, queries: int
) -> None:
    world.pay("committed", 100)
    world.validate(world.enter())
    world.deposit()
    world.write()
    client = client_for(world.cast.lead)
    url = pages(world)[name]
    client.get(url)
    with django_assert_num_queries(queries):
        client.get(url)


# --- readings --------------------------------------------------------------------------------------------------------


def typed(**fields: str) -> dict[str, str]:
    return {"value": "", "unknown_reason": "", "method": "", "comment": "", "seen": ""} | fields


def test_a_reading_is_entered_the_french_way_then_sent_and_validated(world: World, client_for: ClientFor) -> None:
    url = pages(world)["reading"]
    lead, ddets = client_for(world.cast.lead), client_for(world.cast.ddets)
    answer = lead.post(url, typed(value="1 234", part_sex_women="1 000", part_sex_men="234"))
    assert answer.status_code == 302
    reading = Reading.objects.get()
    assert (reading.value, reading.parts.count()) == (1234, 2)
    step = {
        name: reverse("contract-reading-move", args=[world.contract.pk, "A01", "ENFANTS", "2024", name])
        for name in ("submit", "validate", "ask_correction")
    }
    assert step["submit"] in lead.get(url).content.decode()
    assert lead.post(step["submit"]).status_code == 302
    assert ddets.post(step["ask_correction"], {"reason": "non"}).status_code == 422, "a reason is one of ten characters"
    assert ddets.post(step["ask_correction"], {"reason": "Le total ne va pas"}).status_code == 302
    assert "Le total ne va pas" in lead.get(url).content.decode()
    assert lead.post(step["submit"]).status_code == 302
    assert client_for(world.reader).post(step["validate"]).status_code == 403
    assert ddets.post(step["validate"]).status_code == 302
    reading.refresh_from_db()
    assert reading.status == "validated"
    assert '<form class="ui-form"' not in lead.get(url).content.decode(), "what is validated is no longer entered"


def test_a_refused_reading_keeps_what_was_typed(world: World, client_for: ClientFor) -> None:
    url = pages(world)["reading"]
    answer = client_for(world.cast.lead).post(url, typed(value="beaucoup", method="À la main", part_sex_women="12"))
    html = answer.content.decode()
    assert answer.status_code == 422
    for kept in ("beaucoup", "À la main", 'value="12"'):
        assert kept in html
    answer = client_for(world.cast.lead).post(url, typed(value="-3", method="À la main"))
    assert answer.status_code == 422
    assert "nombre entier" in answer.content.decode()
    assert not Reading.objects.exists()


def test_two_people_enter_one_reading_and_nothing_is_lost(world: World, client_for: ClientFor) -> None:
    url = pages(world)["reading"]
    client = client_for(world.cast.lead)
    world.enter(value=Decimal(30))
    answer = client.post(url, typed(value="41", method="Ma méthode"))
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "a changé pendant que vous écriviez" in html
    assert 'value="41"' in html, "what was typed"
    assert "Ma méthode" in html
    assert Reading.objects.get().value == 30
    seen = re.search(r'name="seen" value="([0-9a-f]{16})"', html)
    assert seen is not None
    assert client.post(url, typed(value="41", seen=seen[1])).status_code == 302
    assert Reading.objects.get().value == 41


def test_a_reading_says_what_is_counted_and_what_is_to_check(world: World, client_for: ClientFor) -> None:
    world.enter(parts={("sex", "women"): Decimal(1)}, incomplete=["sex"])
    html = client_for(world.reader).get(pages(world)["reading"]).content.decode()
    assert "Personnes distinctes" in html
    assert "ventilation incomplète" in html
    world.enter(parts={("sex", "women"): Decimal(1)})
    assert "I1" in client_for(world.reader).get(pages(world)["reading"]).content.decode()


@pytest.mark.parametrize(("indicator", "slot"), [("AUTRE", "2024"), ("ENFANTS", "2031"), ("ENFANTS", "2024-s3")])
def test_a_reading_that_cannot_be_is_404(world: World, client_for: ClientFor, indicator: str, slot: str) -> None:
    url = reverse("contract-reading", args=[world.contract.pk, "A01", indicator, slot])
    assert client_for(world.cast.lead).get(url).status_code == 404


@pytest.mark.parametrize("name", ["reading", "evidence", "report"])
def test_who_may_only_read_has_no_form_and_cannot_post(world: World, client_for: ClientFor, name: str) -> None:
    url = pages(world)[name]
    client = client_for(world.reader)
    assert "data-autosave" not in client.get(url).content.decode()
    assert 'type="file"' not in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 403
    assert client_for(world.stranger).post(url, {}).status_code == 404


# --- money -----------------------------------------------------------------------------------------------------------


def _movement(world: World, **fields: str) -> dict[str, str]:
    line = world.sheet.lines.get(key="E2024")
    given = {"line": str(line.pk), "stage": "committed", "amount": "1 000,50", "dated_on": "2024-06-01", "ej": ""}
    return given | {"note": ""} | fields


def test_an_amount_is_recorded_and_a_refusal_stays_in_the_form(world: World, client_for: ClientFor) -> None:
    url = reverse("contract-movement-record", args=[world.contract.pk, "A01"])
    ddets = client_for(world.cast.ddets)
    assert ddets.post(url, _movement(world)).status_code == 302
    answer = ddets.post(url, _movement(world, amount="9 000", note="une note à garder"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "dépasserait l’attribué" in html
    assert "une note à garder" in html
    assert world.sheet.lines.get(key="E2024").committed == Decimal("1000.50")


def test_the_partner_is_not_offered_the_lines_of_the_state(world: World, client_for: ClientFor) -> None:
    html = client_for(world.cast.lead).get(pages(world)["movements"]).content.decode()
    assert "2024 · Département (D2024)" in html
    assert "2024 · État (E2024)" not in html
    url = reverse("contract-movement-record", args=[world.contract.pk, "A01"])
    assert client_for(world.cast.lead).post(url, _movement(world)).status_code == 422
    assert client_for(world.reader).post(url, _movement(world)).status_code == 403
    assert "Enregistrer le montant" not in client_for(world.reader).get(pages(world)["movements"]).content.decode()


def test_an_ej_is_registered_and_the_second_action_is_refused(
    territories: dict[str, Territory], client_for: ClientFor
) -> None:
    world = make_world(territories, ("A01", "A02"))
    given = {"number": "1234567", "siret": "123 456 789 01234", "year": "2024"}
    ddets = client_for(world.cast.ddets)
    first, second = (reverse("contract-ej-register", args=[world.contract.pk, code]) for code in ("A01", "A02"))
    assert ddets.post(first, given).status_code == 302
    answer = ddets.post(second, given)
    assert answer.status_code == 422
    assert "déjà celui d’une autre action" in answer.content.decode()
    assert client_for(world.cast.lead).post(first, given).status_code == 403


# --- evidence --------------------------------------------------------------------------------------------------------


def test_evidence_is_deposited_read_and_withdrawn(world: World, client_for: ClientFor) -> None:
    lead = client_for(world.cast.lead)
    reading = world.enter()
    file = SimpleUploadedFile("feuille.pdf", builders.PDF, content_type="application/pdf")
    given = {"title": "Feuille de mai", "kind": "attendance", "dated_on": "2024-05-31", "tied": f"reading-{reading.pk}"}
    assert lead.post(pages(world)["evidence"], {**given, "file": file}).status_code == 302
    made = Evidence.objects.get()
    assert made.reading == reading
    assert content_of(client_for(world.reader).get(reverse("file", args=[made.file_id]))) == builders.PDF
    assert client_for(world.stranger).get(reverse("file", args=[made.file_id])).status_code == 404
    withdraw = reverse("contract-evidence-withdraw", args=[world.contract.pk, made.pk])
    assert client_for(world.reader).get(withdraw).status_code == 403
    lead.post(withdraw, {"reason": "non"})
    assert Evidence.objects.filter(withdrawn_at__isnull=True).exists()
    assert lead.post(withdraw, {"reason": "Déposée sur la mauvaise action"}).status_code == 302
    assert "Déposée sur la mauvaise action" in lead.get(pages(world)["evidence"]).content.decode()
    assert lead.get(withdraw).status_code == 404


def test_a_file_that_lies_is_refused_and_the_rest_is_kept(world: World, client_for: ClientFor) -> None:
    given = {"title": "Feuille de mai", "kind": "attendance", "dated_on": "2024-05-31", "tied": ""}
    file = SimpleUploadedFile("faux.pdf", b"bonjour", content_type="application/pdf")
    answer = client_for(world.cast.lead).post(pages(world)["evidence"], {**given, "file": file})
    assert answer.status_code == 422
    assert "Feuille de mai" in answer.content.decode()
    assert not Evidence.objects.exists()


# --- reports ---------------------------------------------------------------------------------------------------------


def test_a_report_is_virtual_until_somebody_writes(world: World, client_for: ClientFor) -> None:
    client = client_for(world.cast.lead)
    url = pages(world)["report"]
    html = client.get(url).content.decode()
    assert "À saisir" in html
    assert "30 juin 2025" in html
    assert not ExecutionReport.objects.exists()
    assert client.post(url, {"achievements": "Trois ateliers", "seen": ""}).status_code == 302
    assert ExecutionReport.objects.get().achievements == "Trois ateliers"
    outside = reverse("contract-report", args=[world.contract.pk, "A01", 2031])
    assert client.get(outside).status_code == 404


def test_two_people_write_one_report_and_nothing_is_lost(world: World, client_for: ClientFor) -> None:
    world.write(achievements="Le texte de l'autre")
    client = client_for(world.cast.lead)
    answer = client.post(pages(world)["report"], {"achievements": "Mon long texte", "seen": ""})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Mon long texte" in html
    assert "Le texte de l’autre" in html
    assert ExecutionReport.objects.get().achievements == "Le texte de l'autre"


def test_a_validated_report_shows_its_figures_and_what_became_of_them(world: World, client_for: ClientFor) -> None:
    world.pay("committed", 4000)
    world.validated_report()
    html = client_for(world.reader).get(pages(world)["report"]).content.decode()
    assert "Tels qu’ils étaient" in html
    assert "ont changé depuis" not in html
    world.pay("committed", 100)
    html = client_for(world.reader).get(pages(world)["report"]).content.decode()
    assert "Chiffres qui ont changé depuis la validation" in html
    assert "4\u202f000\u00a0€" in html
    assert "4\u202f100\u00a0€" in html


def test_only_those_who_answer_for_a_report_are_told_that_it_is_late(world: World, client_for: ClientFor) -> None:
    for user, told in ((world.cast.lead, True), (world.cast.ddets, True), (world.reader, False)):
        html = client_for(user).get(pages(world)["report"]).content.decode()
        assert ("Ce rapport est en retard" in html) is told


def test_a_report_that_moved_meanwhile_says_so(world: World, client_for: ClientFor) -> None:
    world.validated_report()
    step = reverse("contract-report-move", args=[world.contract.pk, "A01", 2024, "submit"])
    assert client_for(world.cast.lead).post(step).status_code == 409


# --- evaluations -----------------------------------------------------------------------------------------------------


def test_an_evaluation_from_question_to_the_fate_of_its_recommendation(world: World, client_for: ClientFor) -> None:
    lead, pk = client_for(world.cast.lead), world.contract.pk
    created = reverse("contract-evaluation-create", args=[pk])
    assert client_for(world.reader).get(created).status_code == 403
    assert (
        lead.post(created, {"question": "L'accueil a-t-il progressé ?", "method": "", "sheet": ""}).status_code == 302
    )
    one = Evaluation.objects.get()
    page = reverse("contract-evaluation", args=[pk, one.pk])
    compare = reverse("contract-evaluation-compare", args=[pk, one.pk])
    indicator = str(world.target.indicator_id)
    given = {
        "indicator": indicator,
        "before": "10",
        "before_period": "2023",
        "after": "",
        "after_period": "",
        "note": "",
    }
    assert lead.post(compare, {**given, "before_period": ""}).status_code == 422
    assert lead.post(compare, given).status_code == 302
    assert "+200,0" not in lead.get(page).content.decode(), "unknown after: no evolution is made up"
    assert lead.post(compare, {**given, "after": "30", "after_period": "2024"}).status_code == 302
    assert "+200,0\u00a0%" in lead.get(page).content.decode()
    assert lead.post(reverse("contract-evaluation-recommend", args=[pk, one.pk]), {"body": "Ouvrir"}).status_code == 302
    follow = reverse("contract-recommendation-follow", args=[pk, one.recommendations.get().pk])
    assert lead.post(follow, {"outcome": "refused", "note": ""}).status_code == 422
    assert lead.post(follow, {"outcome": "refused", "note": "Trop cher cette année"}).status_code == 302
    html = client_for(world.reader).get(page).content.decode()
    assert "Trop cher cette année" in html
    assert "Modifier" not in html
    assert client_for(world.stranger).get(page).status_code == 404


def test_an_evaluation_written_by_two_keeps_both_texts(world: World, client_for: ClientFor) -> None:
    lead, pk = client_for(world.cast.lead), world.contract.pk
    lead.post(reverse("contract-evaluation-create", args=[pk]), {"question": "Et alors ?", "method": "", "sheet": ""})
    url = reverse("contract-evaluation-edit", args=[pk, Evaluation.objects.get().pk])
    given = {"question": "Et alors ?", "method": "", "findings": "Mes constats", "finished_on": "", "seen": "0" * 16}
    answer = lead.post(url, given)
    assert answer.status_code == 409
    assert "Mes constats" in answer.content.decode()
    assert Evaluation.objects.get().findings == ""
