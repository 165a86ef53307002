"""The pages where the text is written: what is open, what is closed and why, what is saved, and comments on fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from maillage.contracts.forms.sheet import SECTIONS
from maillage.contracts.models import Contract, FieldComment, Funder
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.comments import comment
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract
from maillage.contracts.text import text_of
from maillage.core.models import AuditEntry, User
from maillage.engines.contract_text import SHEET
from maillage.indicators.models import Indicator
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.forms_sent import filled
from tests.contracts.test_views_negotiation import plain

SignIn = Callable[[User], Client]


@pytest.fixture
def cast(db: None) -> builders.Cast:
    return builders.make_cast()


@pytest.fixture
def contract(territories: dict[str, Territory], cast: builders.Cast) -> Contract:
    builders.make_reference_rows()
    made = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast, ("A01", "A02"))
    return move_contract(contract=made, name="open", by=cast.lead, at=builders.AT)


def edit_url(contract: Contract, code: str = "A01") -> str:
    return reverse("contract-sheet-edit", args=[contract.pk, code])


def last_changes(contract: Contract) -> dict[str, Any]:
    entry = AuditEntry.objects.filter(action="contract.text").first()
    assert entry is not None
    return dict(entry.changes)


# --- an action sheet -----


def test_every_field_of_the_catalogue_has_its_place_on_the_form() -> None:
    placed = [name for _, names in SECTIONS for name in names]
    assert sorted(placed) == sorted(field.name for field in SHEET.fields)


def test_sending_the_form_as_it_is_changes_nothing(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    entries = AuditEntry.objects.count()
    page = client.get(edit_url(contract))
    answer = client.post(edit_url(contract), filled(page), follow=True)
    assert "Rien n’avait changé" in answer.content.decode()
    assert text_of(contract) == before
    assert AuditEntry.objects.count() == entries


def test_only_what_was_changed_is_saved_and_written_in_the_journal(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client = client_for(cast.lead)
    page = client.get(edit_url(contract))
    need = "Un besoin décrit\nsur deux lignes"
    sent = filled(page, fiche__need=need, fiche__starts_on="01/02/2024", **{"indicateur-ENFANTS-y2024": "1 234,5"})
    answer = client.post(edit_url(contract), sent, follow=True)
    assert "La fiche A01 est enregistrée" in answer.content.decode()
    assert last_changes(contract) == {
        "sheets/A01/need": ["Peu de places d'accueil", need],
        "sheets/A01/starts_on": [None, "2024-02-01"],
        "sheets/A01/targets/ENFANTS/years/2024/value": ["20", "1234.5"],
    }


def test_an_indicator_is_added_taken_out_and_a_year_emptied(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    Indicator.objects.create(code="PLACES", label="Places", unit="places", nature="stock", summable_territories=True)
    client = client_for(cast.lead)
    added = {"nouveau-0-indicator": "PLACES", "nouveau-0-baseline": "3", "nouveau-0-y2025": "8"}
    client.post(edit_url(contract), filled(client.get(edit_url(contract)), **added, **{"indicateur-ENFANTS-y2025": ""}))
    targets = text_of(contract)["sheets"]["A01"]["targets"]
    assert targets["PLACES"]["baseline"] == "3"
    assert targets["PLACES"]["years"] == {"2025": {"value": "8"}}
    assert set(targets["ENFANTS"]["years"]) == {"2024"}
    client.post(edit_url(contract), filled(client.get(edit_url(contract)), **{"indicateur-PLACES-remove": "on"}))
    assert set(text_of(contract)["sheets"]["A01"]["targets"]) == {"ENFANTS"}


def test_another_blank_indicator_is_given_without_losing_what_is_typed(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    sent = filled(client.get(edit_url(contract)), fiche__title="Titre en cours", add_blank="1")
    answer = client.post(edit_url(contract), sent)
    assert "Titre en cours" in answer.content.decode()
    assert 'name="nouveau-1-indicator"' in answer.content.decode()
    assert text_of(contract) == before


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("fiche-ends_on", "31/02/2025", "n'est pas une date"),
        ("fiche-title", "x" * 251, "250 au plus"),
        ("fiche-measure", "INCONNUE", "n'est pas connu ici"),
        ("indicateur-ENFANTS-y2024", "beaucoup", "n'est pas un nombre"),
        ("nouveau-0-y2024", "5", "Choisissez l'indicateur"),
    ],
)
def test_a_bad_value_is_refused_in_place_and_everything_typed_stays(
    name: str, typed: str, why: str, contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    sent = filled(client.get(edit_url(contract)), fiche__need="Mon texte tapé") | {name: typed}
    answer = client.post(edit_url(contract), sent)
    assert answer.status_code == 422
    shown = plain(answer.content.decode()).replace("’", "'")
    assert why in shown
    assert "Mon texte tapé" in shown
    assert f'id="id_{name.replace("nouveau-0-y2024", "nouveau-0-indicator")}-error"' in shown
    assert text_of(contract) == before


def test_a_refusal_of_the_text_is_told_and_everything_typed_stays(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client = client_for(cast.lead)
    sent = filled(client.get(edit_url(contract)), fiche__starts_on="2025-06-01", fiche__ends_on="2024-06-01")
    answer = client.post(edit_url(contract), sent)
    assert answer.status_code == 422
    shown = plain(answer.content.decode())
    assert "La fin précède le début" in shown
    assert 'value="2025-06-01"' in shown


def test_the_reader_sees_values_and_no_control(contract: Contract, bruno: User, client_for: SignIn) -> None:
    shown = plain(client_for(bruno).get(edit_url(contract)).content.decode())
    assert "Peu de places d'accueil" in shown.replace("’", "'")
    assert "Enregistrer la fiche" not in shown
    assert 'name="fiche-need"' not in shown


def test_the_reader_who_posts_is_refused(contract: Contract, bruno: User, client_for: SignIn) -> None:
    before = text_of(contract)
    client_for(bruno).post(edit_url(contract), {"fiche-need": "Intrusion", "fiche-title": "X"})
    assert text_of(contract) == before


@pytest.mark.parametrize(
    "name",
    ["contract-terms", "contract-caps", "contract-signatories", "contract-comments", "contract-funding"],
)
def test_the_stranger_sees_none_of_these_pages(
    name: str, contract: Contract, bruno: User, chloe: User, client_for: SignIn
) -> None:
    url = reverse(name, args=[contract.pk])
    assert client_for(chloe).get(url).status_code == 404
    assert client_for(bruno).get(url).status_code == 200
    assert Client().get(url).status_code == 302


def test_the_stranger_sees_no_sheet_and_an_unknown_sheet_is_not_found(
    contract: Contract, cast: builders.Cast, chloe: User, client_for: SignIn
) -> None:
    assert client_for(chloe).get(edit_url(contract)).status_code == 404
    assert client_for(cast.lead).get(edit_url(contract, "Z99")).status_code == 404


# --- corrections and amendments -----


def test_in_corrections_only_the_commented_field_is_open_and_the_others_say_why(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    comment(contract=contract, path="sheets/A01/need", body="Précisez", by=cast.ddets, at=builders.AT)
    move_contract(contract=contract, name="request_corrections", by=cast.ddets, at=builders.AT)
    client = client_for(cast.lead)
    page = client.get(edit_url(contract))
    shown = plain(page.content.decode())
    assert "Corrections demandées" in shown
    assert 'name="fiche-need"' in shown
    assert 'name="fiche-title"' not in shown
    assert "seuls les champs commentés sont modifiables" in shown
    client.post(edit_url(contract), filled(page, fiche__need="Précisé", fiche__title="Autre titre"))
    sheet = text_of(contract)["sheets"]["A01"]
    assert (sheet["need"], sheet["title"]) == ("Précisé", "Action A01")


def test_an_amendment_opens_its_blocks_and_shows_the_version_in_force_beside(
    territories: dict[str, Territory], cast: builders.Cast, client_for: SignIn
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    propose_amendment(contract=made, title="Pilote", kinds=["party"], reason="", by=cast.lead, at=builders.AT)
    client = client_for(cast.lead)
    page = client.get(edit_url(made))
    assert 'name="fiche-title"' not in page.content.decode()
    assert "Cet avenant n’ouvre pas ce champ." in page.content.decode()
    client.post(edit_url(made), filled(page, fiche__pilot="Métropole"))
    shown = plain(client.get(edit_url(made)).content.decode())
    assert "Version en vigueur : </strong> Département" in shown or "Version en vigueur :</strong> Département" in shown
    assert text_of(made)["sheets"]["A01"]["pilot"] == "Département"
    assert 'value="Métropole"' in shown


# --- identity, caps, signatories -----


def test_caps_are_written_by_the_state_alone(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    url = reverse("contract-caps", args=[contract.pk])
    partner = client_for(cast.lead).get(url).content.decode()
    assert "Les plafonds de l’État sont écrits par l’État." in partner
    assert 'name="a2024-ae"' not in partner
    state = client_for(cast.ddets)
    state.post(url, filled(state.get(url), **{"a2024-ae": "12 000,50", "a2025-reference": "Notification"}))
    caps = text_of(contract)["caps"]
    assert caps["2024"]["ae"] == "12000.5"
    assert caps["2025"]["reference"] == "Notification"


def test_a_signatory_is_added_corrected_and_taken_out(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, url = client_for(cast.lead), reverse("contract-signatories", args=[contract.pk])
    new = {"signataire-S3-side": "partner", "signataire-S3-organisation": "CAF", "signataire-S3-office": "Directrice"}
    wrong = client.post(url, filled(client.get(url), **new, **{"signataire-S3-siret": "12345678901234"}))
    assert wrong.status_code == 422
    assert "Ce n’est pas un SIRET" in wrong.content.decode()
    client.post(url, filled(client.get(url), **new, **{"signataire-S3-siret": "732 829 320 00074"}))
    held = text_of(contract)["signatories"]
    assert held["S3"]["siret"] == "73282932000074"
    client.post(url, filled(client.get(url), **{"signataire-S2-remove": "on"}))
    assert set(text_of(contract)["signatories"]) == {"S1", "S3"}


def test_the_identity_is_written_and_its_reference_stays_needed(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, url = client_for(cast.lead), reverse("contract-terms", args=[contract.pk])
    client.post(url, filled(client.get(url), contrat__purpose="Agir ensemble"))
    contract.refresh_from_db()
    assert text_of(contract)["contract"]["purpose"] == "Agir ensemble"
    answer = client.post(url, filled(client.get(url), contrat__reference=""))
    assert answer.status_code == 422
    assert "Donnez la référence du contrat" in plain(answer.content.decode())


# --- the funding grid -----


def grid_url(contract: Contract, code: str = "A01") -> str:
    return reverse("contract-funding-sheet", args=[contract.pk, code])


def test_the_grid_sent_as_it_is_changes_nothing(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    answer = client.post(grid_url(contract), filled(client.get(grid_url(contract))), follow=True)
    assert "Rien n’avait changé" in answer.content.decode()
    assert text_of(contract) == before


def test_the_grid_changes_adds_and_removes_lines(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    client = client_for(cast.lead)
    typed = {
        "r0-2024-ae": "6 000,50",  # the département, first by key
        "r1-2025-ae": "",  # the State gives nothing in 2025: its line goes
        "r2-funder": "CAF",
        "r2-in_kind": "on",
        "r2-2025-ae": "750",
        "r2-2025-cp": "700",
        "c-2025-total_cost": "5 750",
        "c-2025-eligible_cost": "5 000",
    }
    answer = client.post(grid_url(contract), filled(client.get(grid_url(contract)), **typed), follow=True)
    assert "Le financement de la fiche A01 est enregistré" in answer.content.decode()
    sheet = text_of(contract)["sheets"]["A01"]
    assert sheet["lines"]["D2024"]["planned"] == "6000.5"
    assert "E2025" not in sheet["lines"]
    assert sheet["lines"]["L1"] == {
        "year": "2025",
        "funder": "CAF",
        "in_kind": True,
        "planned": "750",
        "planned_cp": "700",
    }
    assert sheet["years"]["2025"] == {"total_cost": "5750", "eligible_cost": "5000"}


def test_refused_cells_are_marked_in_place_and_everything_typed_stays(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    typed = {"r0-2024-ae": "six mille", "r2-2024-ae": "100", "r3-funder": "CAF", "r1-2024-cp": "-5"}
    answer = client.post(grid_url(contract), filled(client.get(grid_url(contract)), **typed))
    assert answer.status_code == 422
    shown = plain(answer.content.decode()).replace("’", "'")
    for expected in (
        "« six mille » n'est pas un nombre",
        "Choisissez le financeur de cette ligne.",
        "Donnez un montant à ce financeur, ou retirez-le.",
        "Un montant ne peut pas être négatif.",
        'value="six mille"',
        'id="id_r2-funder-error"',
        "4 champs sont à corriger",
    ):
        assert expected in shown
    assert text_of(contract) == before


def test_a_row_is_added_and_totals_computed_without_saving(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    sent = filled(client.get(grid_url(contract)), **{"r0-2024-ae": "9 999"})
    more = client.post(grid_url(contract), sent | {"add_row": "1"})
    assert 'name="r5-funder"' in more.content.decode()
    assert 'value="9 999"' in more.content.decode()
    again = client.post(grid_url(contract), sent | {"recompute": "1"})
    assert "14 999 €" in plain(again.content.decode())
    assert text_of(contract) == before


def test_the_grid_opens_on_the_totals_of_the_text(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    shown = plain(client_for(cast.lead).get(grid_url(contract)).content.decode())
    assert "non connu" not in shown
    assert "sans coût" not in shown
    assert "20 000 €" in shown  # the costs of the two sheets


def test_live_totals_answer_what_is_being_typed_and_save_nothing(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    sent = filled(client.get(grid_url(contract)), **{"r1-2024-ae": "8 000", "r0-2025-ae": "?"})
    url = reverse("contract-funding-totals", args=[contract.pk, "A01"])
    answer = client.post(url, sent, headers={"HX-Request": "true"})
    shown = plain(answer.content.decode())
    assert "<html" not in shown
    assert "13 000 €" in shown  # the State over the two sheets in 2024
    assert "−3 000 €" in shown  # over its cap of 10 000
    assert "1 case ne se lit pas" in shown
    assert "au moins" in shown
    assert text_of(contract) == before


def test_live_totals_are_for_the_parties(contract: Contract, chloe: User, client_for: SignIn) -> None:
    url = reverse("contract-funding-totals", args=[contract.pk, "A01"])
    assert client_for(chloe).post(url, {}).status_code == 404


def test_a_line_sent_under_the_key_of_another_year_or_sheet_is_a_new_one(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client = client_for(cast.lead)
    sent = filled(client.get(grid_url(contract)), **{"r2-funder": "CAF", "r2-2024-ae": "5", "r2-2024-key": "D2024"})
    client.post(grid_url(contract), sent)
    lines = text_of(contract)["sheets"]["A01"]["lines"]
    assert lines["D2024"]["funder"] == "DEP"
    assert lines["L1"]["funder"] == "CAF"


def test_the_overview_exports_every_line(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    url = reverse("contract-funding", args=[contract.pk])
    shown = plain(client_for(cast.lead).get(url).content.decode())
    assert "A01 Action A01" in shown
    exported = client_for(cast.lead).get(url, {"export": "csv", "tableau": "lignes"})
    assert exported.status_code == 200
    assert len(exported.content.decode("utf-8-sig").strip().splitlines()) >= 9  # two sheets, two years, two funders


def test_execution_is_read_beside_the_grid_once_signed(
    territories: dict[str, Territory], cast: builders.Cast, client_for: SignIn
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    shown = plain(client_for(cast.lead).get(grid_url(made)).content.decode())
    assert "Exécution des lignes en vigueur" in shown
    assert "Enregistrer la grille" not in shown
    assert "Cette grille se lit" in shown


def test_an_amendment_of_another_kind_leaves_the_grid_closed(
    territories: dict[str, Territory], cast: builders.Cast, client_for: SignIn
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    propose_amendment(contract=made, title="Pilote", kinds=["party"], reason="", by=cast.lead, at=builders.AT)
    client, before = client_for(cast.lead), text_of(made)
    page = client.get(grid_url(made))
    assert "Cet avenant n’ouvre pas ce champ." in page.content.decode()
    client.post(grid_url(made), filled(page, **{"r0-2024-ae": "1"}))
    assert text_of(made) == before


def test_a_funder_is_added_once_by_the_state_with_a_checked_siret(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    url = reverse("contract-funder-add", args=[contract.pk])
    given = {"name": "Fondation d'essai", "kind": "foundation", "siret": "73282932000074"}
    assert client_for(cast.lead).get(url).status_code == 403
    client = client_for(cast.ddets)
    assert client.post(url, given | {"siret": "73282932000075"}).status_code == 422
    assert client.post(url, given).status_code == 302
    assert Funder.objects.get(name="Fondation d'essai").code == "FONDATION-D-ESSAI"
    twice = client.post(url, given | {"name": "fondation d’ESSAI", "siret": ""})
    assert "déjà dans la liste" in plain(twice.content.decode())


# --- comments -----


def test_a_comment_is_said_answered_and_closed_beside_its_field(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    path, ddets, lead = "sheets/A01/need", client_for(cast.ddets), client_for(cast.lead)
    say = reverse("contract-comment", args=[contract.pk])
    back = edit_url(contract)
    answer = ddets.post(say, {"champ": path, f"body-{path}": "Précisez la source", "suite": back})
    assert answer["Location"] == f"{back}#fil-sheets-A01-need"
    made = FieldComment.objects.get()
    assert "1 commentaire ouvert" in plain(lead.get(back).content.decode())
    lead.post(reverse("contract-comment-answer", args=[contract.pk, made.pk]), {f"answer-{made.pk}": "INSEE 2021"})
    shown = plain(ddets.get(reverse("contract-comments", args=[contract.pk])).content.decode())
    assert "INSEE 2021" in shown
    assert "1 commentaire ouvert sur 1 champ." in shown
    close = reverse("contract-comment-close", args=[contract.pk, made.pk])
    refused = lead.post(close)
    assert refused.status_code == 403
    ddets.post(close)
    made.refresh_from_db()
    assert made.closed_by == cast.ddets
    actions = set(AuditEntry.objects.filter(action__startswith="contract.comment").values_list("action", flat=True))
    assert actions == {"contract.comment", "contract.comment_answered", "contract.comment_closed"}


def test_a_script_is_answered_by_the_thread_alone(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    path, headers = "sheets/A01/need", {"HX-Request": "true"}
    url = reverse("contract-comment", args=[contract.pk])
    client = client_for(cast.ddets)
    said = client.post(url, {"champ": path, f"body-{path}": "Précisez"}, headers=headers).content.decode()
    assert said.lstrip().startswith('<div class="nego-thread"')
    assert "Précisez" in said
    empty = client.post(url, {"champ": path, f"body-{path}": "  "}, headers=headers)
    assert "Écrivez de 1 à" in empty.content.decode()
    assert FieldComment.objects.count() == 1


def test_a_refused_comment_keeps_what_was_typed(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    path = "sheets/A01/need"
    url = reverse("contract-comment", args=[contract.pk])
    answer = client_for(cast.ddets).post(url, {"champ": path, f"body-{path}": "x" * 2001})
    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()


@pytest.mark.parametrize("path", ["", "sheets/A01/unknown", "sheets//need", "sheets/a b/need"])
def test_only_a_place_of_the_text_is_commented(
    path: str, contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    url = reverse("contract-comment", args=[contract.pk])
    assert client_for(cast.ddets).get(url, {"champ": path}).status_code == 404


def test_the_reader_reads_comments_and_says_nothing(
    contract: Contract, cast: builders.Cast, bruno: User, client_for: SignIn
) -> None:
    comment(contract=contract, path="sheets/A01/need", body="Précisez", by=cast.ddets, at=builders.AT)
    shown = plain(client_for(bruno).get(reverse("contract-comments", args=[contract.pk])).content.decode())
    assert "Précisez" in shown
    assert "<textarea" not in shown
    path = "sheets/A01/need"
    url = reverse("contract-comment", args=[contract.pk])
    assert client_for(bruno).post(url, {"champ": path, f"body-{path}": "Bonjour"}).status_code == 403


def test_after_a_comment_one_does_not_leave_the_site(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    path = "sheets/A01/need"
    url = reverse("contract-comment", args=[contract.pk])
    for elsewhere in ("https://ailleurs.test/", "//ailleurs.test/"):
        answer = client_for(cast.ddets).post(url, {"champ": path, f"body-{path}": "Bon", "suite": elsewhere})
        assert answer["Location"] == reverse("contract-comments", args=[contract.pk])


def test_a_line_of_the_grid_is_commented_and_its_comment_stands_under_the_grid(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client, url = client_for(cast.ddets), grid_url(contract)
    path = "sheets/A01/lines/E2024"
    assert f'<option value="{path}">2024 · État (E2024)</option>' in client.get(url).content.decode()
    client.post(reverse("contract-comment", args=[contract.pk]), {"champ": path, "body": "Trop élevé", "suite": url})
    shown = plain(client_for(cast.lead).get(url).content.decode())
    assert "Fiche A01 · Ligne E2024" in shown
    assert "Trop élevé" in shown


def test_a_commented_line_alone_is_open_in_the_grid_during_corrections(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    comment(contract=contract, path="sheets/A01/lines/E2024", body="Trop", by=cast.ddets, at=builders.AT)
    move_contract(contract=contract, name="request_corrections", by=cast.ddets, at=builders.AT)
    client = client_for(cast.lead)
    page = client.get(grid_url(contract))
    client.post(grid_url(contract), filled(page, **{"r1-2024-ae": "4 000", "r0-2024-ae": "1", "r1-2025-ae": "1"}))
    lines = text_of(contract)["sheets"]["A01"]["lines"]
    assert lines["E2024"]["planned"] == "4000"
    assert {lines[key]["planned"] for key in ("D2024", "D2025", "E2025")} == {"5000"}


def test_an_amendment_marks_the_cells_that_differ_from_the_version_in_force(
    territories: dict[str, Territory], cast: builders.Cast, client_for: SignIn
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    propose_amendment(contract=made, title="Plus", kinds=["amount"], reason="", by=cast.lead, at=builders.AT)
    client = client_for(cast.lead)
    client.post(grid_url(made), filled(client.get(grid_url(made)), **{"r0-2025-ae": "6 000"}))
    shown = plain(client.get(grid_url(made)).content.decode())
    assert shown.count("En vigueur : 5 000 €") == 1


# --- the number of queries does not depend on the size -----


def _size(contract: Contract, cast: builders.Cast, sheets: int) -> None:
    edits: dict[str, Any] = {}
    for rank in range(sheets):
        edits |= builders.sheet_edits(f"B{rank:02d}", (2024, 2025))
    change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=builders.AT)


@pytest.mark.parametrize(
    ("name", "own", "most"),
    [
        ("contract-negotiation", (), 48),
        ("contract-funding", (), 42),
        ("contract-funding-sheet", ("A01",), 48),
        ("contract-sheet-edit", ("A01",), 42),
        ("contract-comments", (), 34),
        ("contract-caps", (), 42),
    ],
)
def test_a_page_asks_as_many_queries_for_one_sheet_as_for_thirty(
    name: str,
    own: tuple[str, ...],
    most: int,
    contract: Contract,
    cast: builders.Cast,
    client_for: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    client, url = client_for(cast.ddets), reverse(name, args=[contract.pk, *own])
    with django_assert_max_num_queries(most) as small:
        client.get(url)
    _size(contract, cast, 30)
    for rank in range(10):
        comment(contract=contract, path=f"sheets/B{rank:02d}/need", body="?", by=cast.ddets, at=builders.AT)
    with django_assert_max_num_queries(most) as large:
        assert client.get(url).status_code == 200
    assert len(large) == len(small)
