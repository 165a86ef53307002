"""What a pact refuses and what it keeps: priorities, money that it has not, versions, abandonment, renewal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, models, transaction

from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.engines.lifecycle.model import TransitionRefused
from maillage.kernel.errors import InputRefused
from maillage.local_pacts import services
from maillage.local_pacts.enums import CommitmentState, PactState, PartnerKind, PartnerState
from maillage.local_pacts.models import (
    Commitment,
    FollowUp,
    LocalPact,
    LocalPactVersion,
    Partner,
    Priority,
    Signature,
    YearlyReview,
)
from maillage.local_pacts.selectors import document, snapshot
from maillage.local_pacts.selectors.pacts import Loaded, with_parts
from maillage.territories.models import Territory
from tests.factories import Held, make_user
from tests.local_pacts.building import AT, DUE, ON, Made, make, sign

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {"by": None, "at": AT}
MONEY = ("amount", "euro", "budget", "cost", "credit", "grant", "money", "price")


def loaded(made: Made) -> Loaded:
    return Loaded(with_parts().get(pk=made.pact.pk))


def test_a_local_pact_has_no_room_for_money() -> None:
    found = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("local_pacts").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.DecimalField | models.FloatField) or any(word in field.name for word in MONEY)
    ]
    assert not found


# --- opening and writing --------------------------------------------------------------------------------------------


def test_a_pact_is_opened_on_a_departement_only(territories: dict[str, Territory], aicha: User) -> None:
    with pytest.raises(services.Refused, match="département"):
        services.open_pact(territory=territories["REG-52"], title="Trop large", by=aicha, at=AT)
    made = services.open_pact(territory=territories["DEP-53"], title="Juste", by=aicha, at=AT)
    assert made.partners.get().kind == PartnerKind.PREFECT
    assert AuditEntry.objects.get(object_type="local_pacts.localpact").territory_code == "DEP-53"


def test_a_fourth_priority_is_refused_by_the_service_and_by_the_database(draft: Made) -> None:
    more: dict[str, Any] = {"pact": draft.pact, "need": "", "pilot": None, "technical_partners": [], **WHO}
    for number in (2, 3):
        services.save_priority(title=f"Priorité {number}", **more)
    with pytest.raises(services.Refused, match="3 priorités au plus"):
        services.save_priority(title="De trop", **more)
    for position in (0, 3, 4):
        with pytest.raises(IntegrityError), transaction.atomic():
            Priority.objects.create(pact=draft.pact, position=position, title="De trop")
    services.remove_priority(priority=draft.pact.priorities.get(position=2), **WHO)
    assert services.save_priority(title="À sa place", **more).position == 2


def test_parts_belong_to_their_pact(draft: Made, territories: dict[str, Territory]) -> None:
    other = make(territories["DEP-49"])
    with pytest.raises(services.Refused, match="partenaire de ce pacte"):
        services.save_commitment(priority=draft.priority, partner=other.caf, text="x", due_on=DUE, seen_by="y", **WHO)
    with pytest.raises(services.Refused, match="partenaire de ce pacte"):
        services.save_priority(pact=draft.pact, title="x", need="", pilot=other.caf, technical_partners=[], **WHO)


@pytest.mark.parametrize("empty", ["text", "seen_by", "due_on"])
def test_a_commitment_says_what_by_when_and_how_it_is_seen(draft: Made, empty: str) -> None:
    values = {"text": "Tenir", "due_on": DUE, "seen_by": "Un fait"} | {empty: None if empty == "due_on" else "  "}
    with pytest.raises(services.Refused, match="À remplir"):
        services.save_commitment(priority=draft.priority, partner=draft.caf, **values, **WHO)  # type: ignore[arg-type]  # the very thing tried


@pytest.mark.parametrize("state", [PactState.TO_SIGN, PactState.IN_FORCE, PactState.ENDED, PactState.CANCELLED])
def test_the_text_is_written_only_while_it_is_open(land: Territory, state: PactState) -> None:
    made = make(land, state)
    tried: list[Callable[[], object]] = [
        lambda: services.save_section(pact=made.pact, title="x", body="y", **WHO),
        lambda: services.save_partner(pact=made.pact, organisation="x", kind="caf", **WHO),
        lambda: services.remove_commitment(commitment=made.commitment, **WHO),
        lambda: services.remove_priority(priority=made.priority, **WHO),
        lambda: services.save_commitment(
            priority=made.priority, partner=made.caf, text="x", due_on=DUE, seen_by="y", **WHO
        ),
    ]
    for attempt in tried:
        with pytest.raises(services.Refused, match="ne permet pas de changer le texte"):
            attempt()


def test_an_account_is_linked_at_any_time(land: Territory, linked: User, ddets: User) -> None:
    made = make(land, PactState.IN_FORCE)
    services.save_partner(
        pact=made.pact, partner=made.caf, organisation="CAF d'essai", kind="caf", user=linked, by=ddets, at=AT
    )
    assert Partner.objects.get(pk=made.caf.pk).user == linked


def test_the_second_writer_is_told_and_loses_nothing(draft: Made, aicha: User, ddets: User) -> None:
    section = draft.pact.sections.get()
    save = {"pact": draft.pact, "section": section, "at": AT, "base_revision": 1}
    services.save_section(title="Besoins", body="De la première", by=aicha, **save)  # type: ignore[arg-type]  # a dict of mixed types
    with pytest.raises(services.EditConflict) as conflict:
        services.save_section(title="Besoins", body="Du second", by=ddets, **save)  # type: ignore[arg-type]  # as above
    (difference,) = conflict.value.differences
    assert (difference.saved, difference.yours) == ("De la première", "Du second")
    section.refresh_from_db()
    assert section.body == "De la première"
    # The same words twice are no conflict.
    services.save_section(title="Besoins", body="De la première", by=ddets, **save)  # type: ignore[arg-type]  # as above
    save["base_revision"] = conflict.value.revision
    assert services.save_section(title="Besoins", body="Du second", by=ddets, **save).body == "Du second"  # type: ignore[arg-type]  # as above


def test_nobody_hands_a_commitment_to_another(draft: Made, linked: User) -> None:
    theirs: dict[str, Any] = {"priority": draft.priority, "due_on": DUE, "seen_by": "y", "by": linked, "at": AT}
    services.save_commitment(commitment=draft.commitment, partner=draft.shelter, text="Autrement", **theirs)
    with pytest.raises(PermissionDenied):
        services.save_commitment(commitment=draft.commitment, partner=draft.caf, text="À d'autres", **theirs)
    with pytest.raises(PermissionDenied):
        services.save_commitment(partner=draft.caf, text="Pour d'autres", **theirs)


def test_the_departement_lead_writes_its_own_only(draft: Made, departement_lead: User) -> None:
    council = services.save_partner(
        pact=draft.pact, organisation="Conseil d'essai", kind=PartnerKind.DEPARTEMENT, **WHO
    )
    values: dict[str, Any] = {"priority": draft.priority, "text": "x", "due_on": DUE, "seen_by": "y", "at": AT}
    assert services.save_commitment(partner=council, by=departement_lead, **values).pk
    with pytest.raises(PermissionDenied):
        services.save_commitment(partner=draft.caf, by=departement_lead, **values)


@pytest.mark.parametrize("role", [Role.PREFECT, Role.DEPARTEMENT, Role.READER, Role.AUDITOR, Role.OPERATOR])
def test_the_text_is_the_ddets_s_and_the_commissioner_s(draft: Made, role: Role) -> None:
    user = make_user("Essai", Held(role, "DEP-44"))
    with pytest.raises(PermissionDenied):
        services.save_section(pact=draft.pact, title="x", body="y", by=user, at=AT)


def test_a_partner_that_the_pact_names_is_not_removed(draft: Made) -> None:
    with pytest.raises(services.Refused, match="pilote"):
        services.remove_partner(partner=draft.caf, **WHO)
    with pytest.raises(services.Refused, match="invitation"):
        services.remove_partner(partner=draft.shelter, **WHO)
    with pytest.raises(services.Refused, match="un préfet"):
        services.save_partner(pact=draft.pact, organisation="Autre", kind=PartnerKind.PREFECT, **WHO)


# --- signature and versions -----------------------------------------------------------------------------------------


def test_signature_needs_the_prefect_and_a_partner(land: Territory) -> None:
    made = make(land, PactState.TO_SIGN)
    with pytest.raises(TransitionRefused, match="préfet n'a pas signé"):
        services.move_pact(pact=made.pact, name="enter_in_force", **WHO)
    services.move_partner(partner=made.prefect, name="sign", **WHO)
    with pytest.raises(TransitionRefused, match="Aucun partenaire"):
        services.move_pact(pact=made.pact, name="enter_in_force", **WHO)
    services.move_partner(partner=made.shelter, name="sign", **WHO)
    services.move_pact(pact=made.pact, name="enter_in_force", **WHO)
    pact = made.again()
    assert (pact.state, pact.version_number, pact.in_force_on) == (PactState.IN_FORCE, 1, ON)
    assert Commitment.objects.get().since_version == 1


@pytest.mark.parametrize(("day", "said"), [(ON + timedelta(days=1), "à venir"), (ON - timedelta(days=1), "précède")])
def test_a_signature_is_of_the_text_opened_to_signature(land: Territory, day: date, said: str) -> None:
    made = make(land, PactState.TO_SIGN)
    with pytest.raises(services.Refused, match=said):
        services.move_partner(partner=made.shelter, name="sign", signed_on=day, **WHO)
    assert not Signature.objects.exists()


def test_going_back_to_consultation_releases_the_signatures(land: Territory) -> None:
    made = make(land, PactState.TO_SIGN)
    sign(made)
    services.move_pact(pact=made.pact, name="reopen", reason="Une erreur de date", **WHO)
    assert not Signature.objects.exists()
    assert set(made.pact.partners.exclude(pk=made.caf.pk).values_list("state", "signed_on")) == {("accepted", None)}


def test_the_version_holds_the_text_the_figures_and_their_hash(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    version = made.pact.versions.get()
    assert version.sha256 == hashlib.sha256(version.snapshot.encode()).hexdigest()
    assert version.is_intact
    content = json.loads(version.snapshot)
    assert snapshot.canonical(content) == version.snapshot
    assert content["priorities"][0]["commitments"][0]["text"] == "Ouvrir une permanence"
    assert content["plan"]["title"] == "Schéma d'essai"
    assert [one["value"] for one in content["figures"]] == [None, None, None]
    assert all(one["reason"] for one in content["figures"])
    assert {one["state"] for one in content["signatories"]} == {"signed"}


def test_the_same_text_gives_the_same_bytes(draft: Made) -> None:
    texts = {snapshot.canonical(snapshot.compose(loaded(draft), 1, ON)) for _ in range(2)}
    assert len(texts) == 1
    services.save_section(pact=draft.pact, section=draft.pact.sections.get(), title="Besoins", body="Autres", **WHO)
    assert snapshot.canonical(snapshot.compose(loaded(draft), 1, ON)) not in texts


@pytest.mark.parametrize("model", [LocalPactVersion, FollowUp])
def test_versions_and_notes_are_never_changed(land: Territory, model: type[models.Model]) -> None:
    made = make(land, PactState.IN_FORCE)
    services.note_follow_up(commitment=made.commitment, text="Vu", **WHO)
    for attempt in (lambda: model.objects.update(at=AT), lambda: model.objects.all()._raw_delete("default")):  # type: ignore[attr-defined]  # the manager of any model
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


def test_an_altered_version_is_seen(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    version = made.pact.versions.get()
    version.snapshot = version.snapshot.replace("permanence", "permanance")
    assert not version.is_intact


def _resumed(land: Territory) -> Made:
    made = make(land, PactState.IN_FORCE)
    services.move_pact(pact=made.pact, name="resume", reason="Ajouter une priorité", **WHO)
    return made


def test_resuming_makes_the_next_version_and_leaves_the_first(land: Territory) -> None:
    made = _resumed(land)
    first = made.pact.versions.get()
    services.save_commitment(
        priority=made.priority, partner=made.caf, text="En plus", due_on=DUE, seen_by="Un fait", **WHO
    )
    pact = made.again()
    assert (pact.state, pact.version_number) == (PactState.DRAFT, 1)
    for name in ("consult", "open_signature"):
        services.move_pact(pact=made.pact, name=name, **WHO)
    sign(made)
    services.move_pact(pact=made.pact, name="enter_in_force", **WHO)
    numbers = list(made.pact.versions.order_by("number").values_list("number", "sha256"))
    assert [number for number, _ in numbers] == [1, 2]
    assert numbers[0][1] == first.sha256 != numbers[1][1]
    assert dict(Commitment.objects.values_list("text", "since_version")) == {"Ouvrir une permanence": 1, "En plus": 2}
    assert Signature.objects.filter(version=1).count() == Signature.objects.filter(version=2).count() == 2


def test_abandoning_restores_the_text_the_partners_and_the_signatures(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    services.move_pact(pact=made.pact, name="resume", reason="Essai", **WHO)
    before = made.pact.versions.get()
    names: dict[str, Any] = {"need": "", "technical_partners": []}
    services.save_section(pact=made.pact, title="En plus", body="À oublier", **WHO)
    added = services.save_partner(pact=made.pact, organisation="Nouveau", kind="other", **WHO)
    # Two partners exchange their names: the keys of the version part them again.
    services.save_partner(pact=made.pact, partner=made.caf, organisation="Entre-deux", kind="caf", **WHO)
    services.save_partner(pact=made.pact, partner=made.shelter, organisation="CAF d'essai", kind="caf", **WHO)
    services.save_partner(pact=made.pact, partner=made.caf, organisation="Abri inventé", kind="association", **WHO)
    services.save_priority(pact=made.pact, title="En plus", pilot=added, **names, **WHO)
    services.save_priority(pact=made.pact, priority=made.priority, title="Autre titre", pilot=added, **names, **WHO)
    services.save_commitment(
        priority=made.priority, partner=added, text="Proposé", due_on=DUE, seen_by="Un fait", **WHO
    )
    services.save_commitment(
        commitment=made.commitment,
        priority=made.priority,
        partner=made.shelter,
        text="Réécrit",
        due_on=DUE,
        seen_by="Autre",
        **WHO,
    )
    services.follow_commitment(commitment=made.commitment, name="start", text="Commencé", **WHO)
    services.move_pact(pact=made.pact, name="abandon", **WHO)
    after = snapshot.compose(loaded(made), 1, ON)
    assert snapshot.canonical(after) == before.snapshot
    assert made.again().state == PactState.IN_FORCE
    assert Commitment.objects.get().state == CommitmentState.UNDER_WAY


def test_a_priority_of_a_version_is_set_aside_with_what_was_promised(land: Territory) -> None:
    made = _resumed(land)
    with pytest.raises(services.Refused, match="engagements à tenir"):
        services.remove_priority(priority=made.priority, **WHO)
    with pytest.raises(services.Refused, match="version signée"):
        services.remove_commitment(commitment=made.commitment, **WHO)
    services.follow_commitment(commitment=made.commitment, name="withdraw", text="Le local est perdu", **WHO)
    services.remove_priority(priority=made.priority, **WHO)
    assert Priority.objects.get().position is None
    found = loaded(made)
    assert (found.priorities, len(found.commitments)) == ([], 1)
    services.move_pact(pact=made.pact, name="abandon", **WHO)
    assert Priority.objects.get().position == 1


def test_a_partner_may_join_the_version_in_force(land: Territory) -> None:
    made = make(land, PactState.CONSULTATION)
    services.move_partner(partner=made.caf, name="invite", **WHO)
    services.move_pact(pact=made.pact, name="open_signature", **WHO)
    sign(made)
    services.move_pact(pact=made.pact, name="enter_in_force", **WHO)
    services.move_partner(partner=made.caf, name="sign", **WHO)
    assert Signature.objects.get(partner=made.caf).version == 1
    services.move_pact(pact=made.pact, name="resume", reason="Essai", **WHO)
    services.move_pact(pact=made.pact, name="abandon", **WHO)
    assert Partner.objects.get(pk=made.caf.pk).state == PartnerState.SIGNED


def test_renewing_opens_the_next_pact_without_commitments(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    following = services.move_pact(pact=made.pact, name="renew", **WHO)
    assert made.again().state == PactState.RENEWED
    assert following.renews_id == made.pact.pk
    assert [one.title for one in following.priorities.all()] == ["Accès aux droits"]
    assert following.priorities.get().pilot.pact_id == following.pk  # type: ignore[union-attr]  # copied with it
    assert not Commitment.objects.filter(priority__pact=following).exists()
    assert set(following.partners.values_list("state", flat=True)) == {"listed", "accepted"}


def test_a_pact_with_a_version_is_never_cancelled(land: Territory) -> None:
    made = _resumed(land)
    with pytest.raises(TransitionRefused, match="abandonnez la reprise"):
        services.move_pact(pact=made.pact, name="cancel", reason="Non", **WHO)
    with pytest.raises(IntegrityError), transaction.atomic():
        LocalPact.objects.update(state="cancelled", reason="Non")


@pytest.mark.parametrize(
    "change",
    [
        {"state": "cancelled", "reason": ""},
        {"state": "ended", "reason": ""},
        {"state": "in_force"},
    ],
)
def test_the_database_refuses_a_pact_that_cannot_be(draft: Made, change: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LocalPact.objects.filter(pk=draft.pact.pk).update(**change)


@pytest.mark.parametrize("change", [{"state": "signed"}, {"signed_on": ON}, {"kind": "prefect"}])
def test_the_database_refuses_a_signatory_that_cannot_be(draft: Made, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Partner.objects.filter(pk=draft.shelter.pk).update(**change)


@pytest.mark.parametrize(
    "change", [{"state": "kept"}, {"state": "not_kept", "since_version": 1}, {"state": "withdrawn", "since_version": 1}]
)
def test_the_database_refuses_a_commitment_that_cannot_be(draft: Made, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Commitment.objects.filter(pk=draft.commitment.pk).update(**change)


# --- follow-up ------------------------------------------------------------------------------------------------------


def test_a_finding_is_dated_and_keeps_its_evidence(land: Territory, linked: User) -> None:
    made = make(land, PactState.IN_FORCE, user=linked)
    piece = SimpleUploadedFile("constat.csv", b"jour;personnes\n1;2\n", content_type="text/csv")
    found = services.follow_commitment(
        commitment=made.commitment, name="start", text="Ouvert", evidence=piece, by=linked, at=AT
    )
    note = FollowUp.objects.get()
    assert (found.state, note.state_after, note.noted_on) == ("under_way", "under_way", ON)
    assert note.evidence is not None
    assert note.evidence.name == "constat.csv"
    assert loaded(made).progress(ON).under_way == 1


def test_a_file_that_lies_is_refused_and_nothing_is_written(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    lie = SimpleUploadedFile("constat.pdf", b"MZ not a pdf", content_type="application/pdf")
    with pytest.raises(InputRefused, match="n'est pas un PDF"):
        services.follow_commitment(commitment=made.commitment, name="start", text="Ouvert", evidence=lie, **WHO)
    assert Commitment.objects.get().state == CommitmentState.PROMISED
    assert not FollowUp.objects.exists()


def test_what_is_not_kept_says_why(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    with pytest.raises(TransitionRefused, match="motif"):
        services.follow_commitment(commitment=made.commitment, name="fail", text=" ", **WHO)
    services.follow_commitment(commitment=made.commitment, name="fail", text="Pas de local", **WHO)
    assert Commitment.objects.get().reason == "Pas de local"
    services.follow_commitment(commitment=made.commitment, name="correct", text="Local trouvé", **WHO)
    assert Commitment.objects.get().reason == ""
    assert FollowUp.objects.count() == 2


def test_a_proposed_commitment_is_not_followed(draft: Made) -> None:
    with pytest.raises(services.Refused, match="aucune version"):
        services.note_follow_up(commitment=draft.commitment, text="Vu", **WHO)


def test_late_is_derived_from_the_day(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    assert loaded(made).progress(DUE).late == 0
    assert loaded(made).progress(DUE + timedelta(days=1)).late == 1
    for name in ("start", "keep"):
        services.follow_commitment(commitment=made.commitment, name=name, text="Fait", **WHO)
    done = loaded(made).progress(DUE + timedelta(days=1))
    assert (done.late, done.kept, done.percent) == (0, 1, 100)


def test_the_review_comes_back_every_year(land: Territory) -> None:
    made = make(land, PactState.IN_FORCE)
    assert loaded(made).review_due_on() == date(2027, 1, 15)
    later = AT.replace(year=2027, month=12)
    services.record_review(pact=made.pact, held_on=date(2027, 12, 1), text="Deux sur trois", by=None, at=later)
    assert loaded(made).review_due_on() == date(2028, 12, 1)
    with pytest.raises(services.Refused, match="déjà notée"):
        services.record_review(pact=made.pact, held_on=date(2027, 12, 1), text="Encore", by=None, at=later)
    with pytest.raises(services.Refused, match="aujourd'hui"):
        services.record_review(pact=made.pact, held_on=date(2028, 12, 1), text="Trop tôt", by=None, at=later)
    assert YearlyReview.objects.count() == 1


def test_the_document_says_what_the_version_says(land: Territory) -> None:
    """Page, file and hash are drawn from one text; who declined has no place to sign."""
    made = make(land)
    services.move_partner(partner=made.caf, name="invite", **WHO)
    services.move_partner(partner=made.caf, name="decline", **WHO)
    content = snapshot.compose(loaded(made), 1, ON)
    draft = document.build(content, in_force=False, edited_on=ON, publisher="Essai")
    assert "Projet" in draft.banner
    words = repr(draft)
    for said in ("Ouvrir une permanence", "Abri inventé", "1 décembre 2026", "inconnu", "Schéma d’essai"):
        assert said in words
    (signatures,) = draft.chapters[-1].blocks
    assert "CAF" not in repr(signatures)
    assert not document.build(content, in_force=True, edited_on=ON, publisher="Essai").banner


def test_a_withdrawn_commitment_no_longer_holds_its_priority(land: Territory) -> None:
    made = _resumed(land)
    services.follow_commitment(commitment=made.commitment, name="withdraw", text="Le local est perdu", **WHO)
    services.move_pact(pact=made.pact, name="consult", **WHO)
    with pytest.raises(TransitionRefused, match="n'a aucun engagement"):
        services.move_pact(pact=made.pact, name="open_signature", **WHO)
