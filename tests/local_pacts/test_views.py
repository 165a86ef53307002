"""The pages: what each of the cast sees, does, or does not know of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.core import clock
from maillage.core.models import AuditEntry, User
from maillage.indicators.enums import Known, Nature, Status
from maillage.indicators.models import Indicator, Observation
from maillage.local_pacts import selectors, services
from maillage.local_pacts.enums import PactState
from maillage.local_pacts.models import Commitment, DiagnosisSection, FollowUp, LocalPact, Partner
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory
from tests.local_pacts.building import AT, DUE, Made, make, sign

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]


def addresses(made: Made) -> list[str]:
    """The pages that are read."""
    pk = made.pact.pk
    return [
        reverse("local-pact", args=[pk]),
        reverse("local-pact-partner", args=[pk, made.shelter.pk]),
        reverse("local-pact-commitment", args=[pk, made.commitment.pk]),
    ]


def writing(made: Made) -> list[str]:
    """The pages that write the text, whoever may."""
    pk, section = made.pact.pk, made.pact.sections.get()
    return [
        reverse("local-pact-text", args=[pk]),
        reverse("local-pact-part-add", args=[pk, "diagnostic"]),
        reverse("local-pact-part-add", args=[pk, "partenaires"]),
        reverse("local-pact-part-add", args=[pk, "priorites"]),
        reverse("local-pact-part-add", args=[pk, "engagements"]),
        reverse("local-pact-part", args=[pk, "diagnostic", section.pk]),
        reverse("local-pact-part", args=[pk, "partenaires", made.shelter.pk]),
        reverse("local-pact-part", args=[pk, "priorites", made.priority.pk]),
        reverse("local-pact-part", args=[pk, "engagements", made.commitment.pk]),
        reverse("local-pact-part-remove", args=[pk, "diagnostic", section.pk]),
        reverse("local-pact-part-remove", args=[pk, "engagements", made.commitment.pk]),
    ]


def steps(made: Made) -> list[str]:
    pk = made.pact.pk
    return [
        reverse("local-pact-step", args=[pk, "consult"]),
        reverse("local-pact-partner-step", args=[pk, made.shelter.pk, "accept"]),
    ]


def test_the_owner_works(client_for: ClientFor, ddets: User, draft: Made) -> None:
    client = client_for(ddets)
    for address in [
        reverse("local-pacts"),
        reverse("local-pact-open"),
        *addresses(draft),
        *writing(draft),
        *steps(draft),
    ]:
        response = client.get(address)
        assert response.status_code == 200, address
    page = client.get(addresses(draft)[0]).content.decode()
    for shown in ("Mettre en consultation…", "Ajouter un engagement", "Ouvrir une permanence", "Schéma d’essai"):
        assert shown in page
    assert "n.\u00a0c." in page or "n.\u00a0d." in page, "an unknown figure is said to be unknown"


@pytest.mark.parametrize("name", ["bruno", "auditor"])
def test_the_colleague_reads_and_has_no_button(
    client_for: ClientFor, draft: Made, name: str, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(name))
    for address in [reverse("local-pacts"), *addresses(draft)]:
        page = client.get(address)
        assert page.status_code == 200, address
        for action in (
            "Mettre en consultation",
            "Ajouter",
            "Modifier",
            "Noter un constat",
            "Accepter",
            "Ouvrir un pacte",
        ):
            assert action not in page.content.decode(), (address, action)
    for address in [*writing(draft), *steps(draft), reverse("local-pact-open")]:
        assert client.get(address).status_code == 403, address
        assert client.post(address, {}).status_code == 403, address
    assert not AuditEntry.objects.filter(actor__isnull=False).exists()


@pytest.mark.parametrize("name", ["chloe", "neighbour"])
def test_a_draft_does_not_exist_for_those_outside(
    client_for: ClientFor, draft: Made, name: str, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(name))
    for address in [*addresses(draft), *writing(draft), *steps(draft)]:
        assert client.get(address).status_code == 404, address
        assert client.post(address, {}).status_code in (404, 405), address
    assert client.get(reverse("local-pact-document", args=[draft.pact.pk, "pdf"])).status_code == 404
    assert "Pacte d’essai" not in client.get(reverse("local-pacts")).content.decode()


def test_everyone_signs_in(client: Client, draft: Made) -> None:
    for address in [reverse("local-pacts"), *addresses(draft), *writing(draft)]:
        response = client.get(address)
        assert response.status_code == 302
        assert reverse("login") in response.headers["Location"]


def test_once_in_force_the_region_reads_it(
    client_for: ClientFor, land: Territory, neighbour: User, chloe: User
) -> None:
    made = make(land, PactState.IN_FORCE)
    version = reverse("local-pact-version", args=[made.pact.pk, 1])
    assert client_for(chloe).get(version).status_code == 404
    assert client_for(chloe).get(addresses(made)[0]).status_code == 404
    client = client_for(neighbour)
    assert client.get(addresses(made)[0]).status_code == 200
    assert client.get(version).status_code == 200
    assert made.pact.versions.get().sha256 in client.get(version).content.decode()
    # While the text is written again, the region reads the version, and only it.
    services.move_pact(pact=made.pact, name="resume", reason="Essai", by=None, at=AT)
    services.save_section(pact=made.pact, title="Secret", body="Ébauche", by=None, at=AT)
    assert client.get(addresses(made)[0]).headers["Location"] == version
    assert client.get(addresses(made)[2]).status_code == 404
    page = client.get(reverse("local-pacts")).content.decode()
    assert "En vigueur" in page
    assert "Rédaction" not in page
    assert "Ébauche" not in client.get(version).content.decode()


def test_the_linked_account_sees_its_pact_and_writes_its_own(client_for: ClientFor, draft: Made, linked: User) -> None:
    client, pk = client_for(linked), draft.pact.pk
    assert client.get(addresses(draft)[0]).status_code == 200
    mine = reverse("local-pact-part", args=[pk, "engagements", draft.commitment.pk])
    page = client.get(mine).content.decode()
    assert "Abri inventé" in page
    assert "CAF d&#x27;essai</option>" not in page, "it writes in no other name"
    assert client.get(reverse("local-pact-text", args=[pk])).status_code == 403
    accept = reverse("local-pact-partner-step", args=[pk, draft.shelter.pk, "accept"])
    assert client.post(accept, {}).status_code == 302
    assert Partner.objects.get(pk=draft.shelter.pk).state == "accepted"


def test_a_declined_partner_reads_no_more(client_for: ClientFor, draft: Made, linked: User) -> None:
    services.move_partner(partner=draft.shelter, name="decline", by=linked, at=AT)
    assert client_for(linked).get(addresses(draft)[0]).status_code == 404


# --- writing --------------------------------------------------------------------------------------------------------


def test_a_pact_is_written_from_its_pages(client_for: ClientFor, ddets: User, land: Territory) -> None:
    client = client_for(ddets)
    client.post(reverse("local-pact-open"), {"territory": land.pk, "title": "Pacte neuf"})
    pact = LocalPact.objects.get()

    def add(part: str, /, **data: object) -> None:
        response = client.post(reverse("local-pact-part-add", args=[pact.pk, part]), data)
        assert response.status_code == 302, response.content.decode()

    add("diagnostic", title="Besoins", body="Des trajets")
    add("partenaires", organisation="CAF", kind="caf", account="")
    caf = pact.partners.get(kind="caf")
    add("priorites", title="Accès", need="", pilot=caf.pk, technical_partners=[caf.pk])
    priority = pact.priorities.get()
    add("engagements", priority=priority.pk, partner=caf.pk, text="Ouvrir", due_on="2027-01-01", seen_by="Un lieu")
    given = {"title": "Pacte neuf", "plan_title": "Schéma", "ends_on": "2028-12-31", "base_revision": "1"}
    assert client.post(reverse("local-pact-text", args=[pact.pk]), given).status_code == 302
    pact.refresh_from_db()
    assert (pact.plan_title, str(pact.ends_on)) == ("Schéma", "2028-12-31")
    assert Commitment.objects.get().partner == caf


def test_a_wrong_form_loses_nothing(client_for: ClientFor, ddets: User, draft: Made) -> None:
    address = reverse("local-pact-part-add", args=[draft.pact.pk, "engagements"])
    data = {"priority": draft.priority.pk, "partner": draft.caf.pk, "text": "Tapé avec soin", "due_on": "demain"}
    response = client_for(ddets).post(address, data)
    assert response.status_code == 400
    assert "Tapé avec soin" in response.content.decode()
    assert "Écrivez une date qui existe" in response.content.decode()


def test_an_unknown_account_is_refused(client_for: ClientFor, ddets: User, draft: Made) -> None:
    address = reverse("local-pact-part-add", args=[draft.pact.pk, "partenaires"])
    response = client_for(ddets).post(address, {"organisation": "MSA", "kind": "msa", "account": "x@exemple.test"})
    assert response.status_code == 400
    assert "Aucun compte actif" in response.content.decode()


def test_two_people_writing_the_second_sees_both(client_for: ClientFor, ddets: User, aicha: User, draft: Made) -> None:
    section = draft.pact.sections.get()
    address = reverse("local-pact-part", args=[draft.pact.pk, "diagnostic", section.pk])
    first, second = client_for(ddets), client_for(aicha)
    assert 'name="base_revision" value="1"' in second.get(address).content.decode()
    first.post(address, {"title": "Besoins", "body": "Texte de Denis", "base_revision": "1"})
    answer = second.post(address, {"title": "Besoins", "body": "Texte d'Aïcha", "base_revision": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Texte de Denis" in page
    assert page.count("Texte d") >= 3, "the saved one, hers beside it, and hers still in the form"
    assert 'name="base_revision" value="2"' in page
    again = second.post(address, {"title": "Besoins", "body": "Les deux", "base_revision": "2"})
    assert again.status_code == 302
    assert DiagnosisSection.objects.get().body == "Les deux"


def test_a_priority_beyond_three_is_refused_on_the_page(client_for: ClientFor, ddets: User, draft: Made) -> None:
    client, address = client_for(ddets), reverse("local-pact-part-add", args=[draft.pact.pk, "priorites"])
    for number in (2, 3):
        assert client.post(address, {"title": f"Priorité {number}"}).status_code == 302
    refused = client.post(address, {"title": "De trop"})
    assert refused.status_code == 400
    assert "3 priorités au plus" in refused.content.decode()
    assert "De trop" in refused.content.decode()


def test_removing_asks_first(client_for: ClientFor, ddets: User, draft: Made) -> None:
    address = reverse("local-pact-part-remove", args=[draft.pact.pk, "engagements", draft.commitment.pk])
    client = client_for(ddets)
    assert "Ouvrir une permanence" in client.get(address).content.decode()
    assert Commitment.objects.exists()
    assert client.post(address, {}).status_code == 302
    assert not Commitment.objects.exists()


# --- steps and follow-up --------------------------------------------------------------------------------------------


def test_what_is_missing_before_signature_is_listed(client_for: ClientFor, ddets: User, land: Territory) -> None:
    pact = services.open_pact(territory=land, title="Vide", by=None, at=AT)
    page = client_for(ddets).get(reverse("local-pact", args=[pact.pk])).content.decode()
    assert "Ce qui manque avant la signature" in page
    for said in ("Aucun signataire", "au moins une priorité", "SDAASP"):
        assert said in page


def test_from_consultation_to_force_by_its_pages(
    client_for: ClientFor, ddets: User, local_prefect: User, draft: Made
) -> None:
    pk = draft.pact.pk
    agent, prefect = client_for(ddets), client_for(local_prefect)

    def step(client: Client, name: str, **data: str) -> int:
        return client.post(reverse("local-pact-step", args=[pk, name]), data).status_code

    def signature(client: Client, partner: Partner) -> int:
        day = clock.today().isoformat()
        return client.post(
            reverse("local-pact-partner-step", args=[pk, partner.pk, "sign"]), {"signed_on": day}
        ).status_code

    assert step(agent, "consult") == 302
    assert step(agent, "open_signature") == 403
    assert step(prefect, "open_signature") == 302
    assert step(prefect, "reopen") == 200, "asks why"
    assert signature(prefect, draft.prefect) == 302
    assert signature(agent, draft.shelter) == 302
    assert step(prefect, "enter_in_force") == 302
    assert draft.again().state == PactState.IN_FORCE
    assert "En vigueur" in prefect.get(reverse("local-pact", args=[pk])).content.decode()


def test_a_step_that_is_past_says_so(client_for: ClientFor, ddets: User, draft: Made) -> None:
    client, address = client_for(ddets), reverse("local-pact-step", args=[draft.pact.pk, "consult"])
    assert client.post(address, {}).status_code == 302
    response = client.post(address, {}, follow=True)
    assert "L’état a changé entre-temps" in response.content.decode()
    assert client.get(reverse("local-pact-step", args=[draft.pact.pk, "nothing"])).status_code == 404


def test_a_finding_and_its_piece(
    client_for: ClientFor, land: Territory, linked: User, bruno: User, neighbour: User
) -> None:
    made = make(land, PactState.IN_FORCE, user=linked)
    address = reverse("local-pact-commitment-step", args=[made.pact.pk, made.commitment.pk, "start"])
    piece = SimpleUploadedFile("constat.csv", b"jour;personnes\n1;2\n", content_type="text/csv")
    data = {"text": "Ouvert <hier>", "noted_on": clock.today().isoformat(), "evidence": piece}
    assert client_for(linked).post(address, data).status_code == 302
    note = FollowUp.objects.get()
    page = client_for(bruno).get(addresses(made)[2]).content.decode()
    assert "Ouvert &lt;hier&gt;" in page
    assert "constat.csv" in page
    outside = client_for(neighbour).get(addresses(made)[2]).content.decode()
    assert "réservée à ceux du département" in outside
    assert "constat.csv" not in outside
    file = reverse("file", args=[note.evidence_id])
    for user, expected in ((bruno, 200), (linked, 200), (neighbour, 404)):
        response = client_for(user).get(file)
        assert response.status_code == expected
        if expected == 200:
            assert response.getvalue()  # type: ignore[attr-defined]  # a file answer


def test_a_review_is_noted(client_for: ClientFor, land: Territory, ddets: User, bruno: User) -> None:
    made = make(land, PactState.IN_FORCE)
    address = reverse("local-pact-review", args=[made.pact.pk])
    assert client_for(bruno).get(address).status_code == 403
    client = client_for(ddets)
    data = {"held_on": clock.today().isoformat(), "text": "Le point est fait"}
    assert client.post(address, data).status_code == 302
    assert "Le point est fait" in client.get(addresses(made)[0]).content.decode()


# --- figures, documents, lists --------------------------------------------------------------------------------------


@pytest.fixture
def observed(land: Territory) -> Indicator:
    book = SourceDocument.objects.create(code="INVENTE", title="Bilan inventé", publisher="Préfecture inventée")
    rate = Indicator.objects.create(code=Known.POVERTY_RATE, label="Taux de pauvreté", unit="%", nature=Nature.SHARE)
    made = Indicator.objects.create(code="INVENTED", label="Guichets", unit="places", nature=Nature.STOCK)
    for indicator, period, value in ((rate, "2019", "10.5"), (rate, "2021", "10.9"), (made, "2021", "17")):
        Observation.objects.create(
            indicator=indicator,
            territory=land,
            period=period,
            value=Decimal(value),
            status=Status.PUBLISHED,
            document=book,
            locator="tableau inventé",
        )
    return made


def test_the_version_keeps_the_figures_of_its_day(
    client_for: ClientFor, ddets: User, land: Territory, observed: Indicator
) -> None:
    made = make(land)
    text = {"title": "Pacte d'essai", "plan_title": "Schéma", "plan_reference": "", "plan_url": "", "ends_on": None}
    services.save_text(pact=made.pact, indicators=[observed], by=None, at=AT, **text)  # type: ignore[arg-type]  # a dict of mixed types
    for name in ("consult", "open_signature"):
        services.move_pact(pact=made.pact, name=name, by=None, at=AT)
    sign(made)
    services.move_pact(pact=made.pact, name="enter_in_force", by=None, at=AT)
    Observation.objects.filter(indicator=observed).update(value=Decimal(99))
    client = client_for(ddets)
    assert "99\u00a0places" in client.get(addresses(made)[0]).content.decode()
    page = client.get(reverse("local-pact-version", args=[made.pact.pk, 1])).content.decode()
    assert "17\u00a0places" in page
    assert "99\u00a0places" not in page
    assert "10,9\u00a0%" in page
    assert "INVENTE, tableau inventé" in page


@pytest.mark.parametrize(("file_format", "start"), [("pdf", b"%PDF"), ("odt", b"PK"), ("docx", b"PK")])
def test_the_document_of_a_version_and_of_a_draft(
    client_for: ClientFor, bruno: User, land: Territory, file_format: str, start: bytes
) -> None:
    made, client = make(land), client_for(bruno)
    draft = client.get(reverse("local-pact-document", args=[made.pact.pk, file_format]))
    assert draft.content.startswith(start)
    assert "-projet." in draft.headers["Content-Disposition"]
    done = make(land, PactState.IN_FORCE)
    asked = client.get(reverse("local-pact-document", args=[done.pact.pk, file_format]), follow=True)
    assert asked.content.startswith(start)
    assert f"-v1.{file_format}" in asked.headers["Content-Disposition"]
    assert client.get(reverse("local-pact-document", args=[made.pact.pk, "exe"])).status_code == 404


def test_the_list_is_exported_and_empty_says_so(client_for: ClientFor, bruno: User, land: Territory) -> None:
    client = client_for(bruno)
    assert "Aucun pacte local" in client.get(reverse("local-pacts")).content.decode()
    make(land)
    exported = client.get(reverse("local-pacts"), {"export": "csv", "tableau": "pactes"})
    assert "Loire-Atlantique" in exported.content.decode("utf-8-sig")


def test_the_list_asks_the_same_for_one_pact_as_for_many(
    client_for: ClientFor,
    bruno: User,
    territories: dict[str, Territory],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_for(bruno)
    make(territories["DEP-44"], PactState.IN_FORCE)
    with django_assert_num_queries(12):
        client.get(reverse("local-pacts"))
    for code in ("DEP-49", "DEP-53", "DEP-72"):
        make(territories[code], PactState.IN_FORCE)
    with django_assert_num_queries(12):
        client.get(reverse("local-pacts"))


def test_the_page_asks_the_same_for_few_parts_as_for_many(
    client_for: ClientFor, ddets: User, draft: Made, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(ddets)
    with django_assert_num_queries(18):
        client.get(addresses(draft)[0])
    for number in range(5):
        partner = services.save_partner(
            pact=draft.pact, organisation=f"Organisme {number}", kind="other", by=None, at=AT
        )
        services.save_commitment(
            priority=draft.priority, partner=partner, text="x", due_on=DUE, seen_by="y", by=None, at=AT
        )
    with django_assert_num_queries(18):
        client.get(addresses(draft)[0])


def test_the_summary_of_a_territory_speaks_of_what_is_in_force(
    land: Territory, territories: dict[str, Territory]
) -> None:
    made = make(land)
    late = DUE + timedelta(days=1)
    assert selectors.for_territory(land, late) is None
    for name in ("consult", "open_signature"):
        services.move_pact(pact=made.pact, name=name, by=None, at=AT)
    sign(made)
    services.move_pact(pact=made.pact, name="enter_in_force", by=None, at=AT)
    found = selectors.for_territory(land, late)
    assert found is not None
    assert (found.priorities, found.progress.late) == (("Accès aux droits",), 1)
    assert selectors.for_territory(territories["DEP-49"], late) is None
