"""Opening a contract, taking one over, naming who answers for it: the services, refusals and journal included."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from maillage.contracts.models import Contract, Participant
from maillage.contracts.services.contracts import create_contract, name_participant, remove_participant, take_over
from maillage.contracts.services.transitions import expire_ended
from maillage.contracts.services.versions import is_intact, read_version
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.kernel.errors import InputRefused
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.builders import AT, Cast


@pytest.fixture
def cast(territories: dict[str, Territory]) -> Cast:
    return builders.make_cast()


def opening(territories: dict[str, Territory], **fields: Any) -> dict[str, Any]:
    given = {
        "reference": " CLS-44 ",
        "kind": "cls",
        "title": " Contrat ",
        "territory": territories["DEP-44"],
        "starts_on": date(2024, 1, 1),
        "ends_on": date(2027, 12, 31),
        "at": AT,
    }
    return given | fields


def test_a_contract_opens_as_a_draft_with_a_cap_to_fill_each_year(
    territories: dict[str, Territory], cast: Cast
) -> None:
    contract = create_contract(**opening(territories), by=cast.ddets)
    assert (contract.reference, contract.title, contract.status) == ("CLS-44", "Contrat", "draft")
    assert [(cap.year, cap.ae, cap.budget) for cap in contract.caps.all()] == [
        (year, None, None) for year in range(2024, 2028)
    ]
    entry = AuditEntry.objects.get(action="contract.create")
    assert (entry.actor, entry.object_id, entry.territory_code) == (cast.ddets, str(contract.pk), "DEP-44")


@pytest.mark.parametrize("who", ["lead", "prefect"])
def test_only_the_state_s_team_opens_one(territories: dict[str, Territory], cast: Cast, who: str) -> None:
    with pytest.raises(PermissionDenied):
        create_contract(**opening(territories), by=getattr(cast, who))
    assert not Contract.objects.exists()


def test_a_ddets_opens_nothing_elsewhere(territories: dict[str, Territory], cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        create_contract(**opening(territories, territory=territories["DEP-85"]), by=cast.ddets)


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"reference": "  "}, "référence"),
        ({"ends_on": date(2023, 12, 31)}, "fin"),
        ({"ends_on": date(2034, 1, 1)}, "fin"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    territories: dict[str, Territory], cast: Cast, fields: dict[str, Any], column: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        create_contract(**opening(territories, **fields), by=cast.ddets)
    assert [problem.column for problem in refused.value.problems] == [column]
    assert not Contract.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_reference_is_one_contract_s(territories: dict[str, Territory], cast: Cast) -> None:
    create_contract(**opening(territories), by=cast.ddets)
    with pytest.raises(InputRefused, match="déjà cette référence"):
        create_contract(**opening(territories), by=cast.commissioner)
    assert Contract.objects.count() == 1


@pytest.mark.parametrize(("ends_on", "status"), [(date(2020, 12, 31), "expired"), (date(2026, 12, 31), "in_force")])
def test_an_old_contract_is_taken_over_with_what_its_document_gives(
    territories: dict[str, Territory], cast: Cast, ends_on: date, status: str
) -> None:
    fields = opening(territories, kind="calpae", starts_on=date(2019, 1, 1), ends_on=ends_on)
    contract = create_contract(**fields, by=cast.commissioner)
    document = SourceDocument.objects.create(code="DOC", title="Une convention")
    taken = take_over(
        contract=contract, document=document, locator="p. 3", signed_on=date(2019, 7, 5), by=cast.ddets, at=AT
    )
    version = taken.versions.get()
    assert (taken.status, taken.origin, taken.locator) == (status, "taken_over", "p. 3")
    assert (taken.deliberated_on, taken.partner_signed_on) == (None, None)
    assert is_intact(version)
    assert version.signed_on == date(2019, 7, 5)
    assert [cap["ae"] for cap in read_version(version)["text"]["caps"].values()] == [None] * len(taken.years)


def test_the_other_party_takes_nothing_over(territories: dict[str, Territory], cast: Cast) -> None:
    contract = create_contract(**opening(territories), by=cast.ddets)
    document = SourceDocument.objects.create(code="DOC", title="Une convention")
    with pytest.raises(PermissionDenied):
        take_over(contract=contract, document=document, locator="", signed_on=date(2019, 7, 5), by=cast.lead, at=AT)
    contract.refresh_from_db()
    assert contract.status == "draft"


def named(contract: Contract, person: User, by: User) -> Participant:
    return name_participant(contract=contract, user=person, role=Role.DEPARTEMENT, by=by, at=AT)


def test_naming_twice_is_naming_once(territories: dict[str, Territory], cast: Cast) -> None:
    contract = create_contract(**opening(territories), by=cast.ddets)
    first, second = (named(contract, cast.lead, cast.ddets) for _ in range(2))
    assert first == second
    assert AuditEntry.objects.filter(action="contract.participant").count() == 1


def test_the_journal_names_nobody_in_its_words(territories: dict[str, Territory], cast: Cast) -> None:
    contract = create_contract(**opening(territories), by=cast.ddets)
    remove_participant(participant=named(contract, cast.lead, cast.ddets), by=cast.commissioner, at=AT)
    assert not contract.participants.exists()
    entries = AuditEntry.objects.filter(action__startswith="contract.participant")
    assert entries.count() == 2
    assert all(cast.lead.full_name not in f"{entry.summary} {entry.changes}" for entry in entries)


@pytest.mark.parametrize("who", ["lead", "prefect"])
def test_who_is_no_team_names_nobody(territories: dict[str, Territory], cast: Cast, who: str) -> None:
    contract = create_contract(**opening(territories), by=cast.ddets)
    participant = named(contract, cast.lead, cast.ddets)
    with pytest.raises(PermissionDenied):
        named(contract, cast.prefect, getattr(cast, who))
    with pytest.raises(PermissionDenied):
        remove_participant(participant=participant, by=getattr(cast, who), at=AT)
    assert contract.participants.count() == 1


def test_what_is_past_its_term_expires_by_itself_and_nothing_else(territories: dict[str, Territory]) -> None:
    cast = builders.make_cast()
    ended = builders.signed_contract(territories["DEP-44"], cast)
    builders.signed_contract(territories["DEP-44"], cast, reference="CLS-ESSAI-2", ends_on=date(2027, 12, 31))
    day = builders.AT.replace(year=2026, month=1, day=2)
    assert [one.reference for one in expire_ended(at=day)] == [ended.reference]
    assert AuditEntry.objects.get(action="contract.expire").actor is None
    assert expire_ended(at=day) == []
