"""Weekly digests: who gets one, read before it leaves, never twice."""

from __future__ import annotations

import smtplib
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction

from maillage.core import jobs
from maillage.core.digests import selectors, sending, services
from maillage.core.enums import DigestReason, DigestStatus, JobStatus, Role
from maillage.core.models import AuditEntry, Digest, DigestPreference, Job, User
from maillage.engines.lifecycle import DIGEST, TransitionRefused
from maillage.kernel.errors import MaillageError
from tests.core.digest_world import AT, ON, WEEK, approve, item, of, only, prepare, seen, send, waits_for
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db


# --- prepare ---------------------------------------------------------------------------------------------------------


def test_only_those_for_whom_something_waits_get_one(aicha: User, bruno: User, ddets: User) -> None:
    done = prepare(ddets, bruno)
    assert done.written == 2
    assert set(Digest.objects.values_list("user", flat=True)) == {ddets.pk, bruno.pk}
    assert of(ddets).status == DigestStatus.PREPARED
    assert AuditEntry.objects.filter(action="digest.prepare").count() == 2
    assert not mail.outbox, "nothing leaves by itself"


def test_who_is_closed_holds_nothing_or_declined_gets_none(ddets: User) -> None:
    closed = make_user("Fermé", Held(Role.DDETS, "DEP-49"), is_active=False)
    nothing = make_user("Sans rôle")
    over = make_user("Terme échu", Held(Role.DDETS, "DEP-53"))
    over.memberships.update(ends_on=ON - timedelta(days=1))
    declined = make_user("Sans message", Held(Role.DDETS, "DEP-72"))
    services.choose(user=declined, weekly=False, by=declined, at=AT)
    prepare(ddets, closed, nothing, over, declined)
    assert [digest.user for digest in Digest.objects.all()] == [ddets]


def test_preparing_again_brings_up_to_date_what_nobody_approved(aicha: User, bruno: User, ddets: User) -> None:
    prepare(ddets, bruno)
    again = prepare(ddets, items=(item("Autre chose"),))
    assert (again.written, again.refreshed, again.withdrawn) == (0, 1, 1)
    assert "Autre chose" in of(ddets).body
    assert (of(bruno).status, of(bruno).reason) == (DigestStatus.DISCARDED, DigestReason.NOTHING_LEFT)
    approve(aicha)
    after = prepare(ddets, items=(item("Trop tard"),))
    assert (after.written, after.refreshed, after.kept) == (0, 0, 1)
    assert "Trop tard" not in of(ddets).body


def test_what_was_discarded_is_not_prepared_again(aicha: User, ddets: User) -> None:
    prepare(ddets)
    services.discard(digest=of(ddets), by=aicha, at=AT)
    assert prepare(ddets).kept == 1
    assert of(ddets).status == DigestStatus.DISCARDED


def test_a_broken_source_withdraws_nothing(ddets: User) -> None:
    prepare(ddets)

    def broken(user: User, on: date) -> list[Any]:
        raise LookupError

    with only(broken):
        done = services.prepare(by=None, at=AT)
    assert (done.withdrawn, done.unavailable) == (0, ("une partie du site",))
    assert of(ddets).status == DigestStatus.PREPARED


def test_preparing_asks_the_accounts_in_two_queries(ddets: User, django_assert_num_queries: Any) -> None:
    for rank in range(8):
        make_user(f"Agent {rank}", Held(Role.DDETS, "DEP-44"))
    with django_assert_num_queries(2):
        assert len(selectors.recipients(ON)) == 9


def test_the_database_refuses_a_second_digest_for_a_week(ddets: User) -> None:
    prepare(ddets)
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.create(user=ddets, week=str(WEEK), prepared_at=AT)


@pytest.mark.parametrize("status", ["approved", "sending", "sent", "failed"])
def test_the_database_refuses_what_leaves_without_approval(ddets: User, status: str) -> None:
    prepare(ddets)
    sent_at = AT if status == "sent" else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.update(status=status, claimed_at=AT, sent_at=sent_at)


@pytest.mark.parametrize(
    "fields",
    [{"status": "sending"}, {"status": "sent", "sent_at": AT}, {"status": "failed"}, {"sent_at": AT},
     {"status": "sent", "claimed_at": AT}],
)  # fmt: skip
def test_the_database_refuses_what_was_sent_without_being_claimed_or_dated(
    aicha: User, ddets: User, fields: dict[str, Any]
) -> None:
    prepare(ddets)
    approve(aicha)
    with pytest.raises(IntegrityError), transaction.atomic():
        Digest.objects.update(**fields)


# --- read and decide -------------------------------------------------------------------------------------------------


def test_nothing_leaves_before_approval(ddets: User) -> None:
    prepare(ddets)
    assert send().sent == 0
    assert not mail.outbox


def test_what_leaves_is_what_was_read(aicha: User, bruno: User, ddets: User) -> None:
    prepare(bruno, ddets)
    read = {digest.user.email: (digest.subject, digest.body) for digest in selectors.to_read(WEEK)}
    approve(aicha)
    assert send().sent == 2
    assert {message.to[0]: (message.subject, message.body) for message in mail.outbox} == read
    for message in mail.outbox:
        assert len(message.recipients()) == 1
        assert (message.cc, message.bcc) == ([], [])
    assert of(ddets).status == DigestStatus.SENT
    assert of(ddets).sent_at == AT


def test_approval_starts_the_job_that_sends(aicha: User, ddets: User) -> None:
    prepare(ddets)
    job = services.approve(week=WEEK, seen=seen(), by=aicha, at=AT)
    assert job.parameters == {"week": "2026-W47"}
    jobs.execute(job.pk)
    job.refresh_from_db()
    assert (job.status, job.result["data"]) == (JobStatus.DONE, {"sent": 1, "discarded": 0})
    assert len(mail.outbox) == 1


def test_what_changed_since_it_was_read_is_not_approved(aicha: User, bruno: User, ddets: User) -> None:
    prepare(ddets)
    read = seen()
    prepare(ddets, bruno)
    with pytest.raises(TransitionRefused, match="ont changé"):
        services.approve(week=WEEK, seen=read, by=aicha, at=AT)
    assert not Digest.objects.exclude(status=DigestStatus.PREPARED).exists()
    assert not Job.objects.exists()


def test_another_week_is_not_approved(aicha: User, ddets: User) -> None:
    prepare(ddets)
    with pytest.raises(TransitionRefused, match="autre semaine"):
        approve(aicha, at=AT + timedelta(days=7))


def test_nothing_to_approve_is_said(aicha: User) -> None:
    with pytest.raises(MaillageError, match="Aucune relance"):
        approve(aicha)
    with pytest.raises(MaillageError, match="Aucune relance"):
        services.request_sending(week=WEEK, by=aicha, at=AT)


def test_only_the_team_prepares_decides_and_sends(aicha: User, bruno: User, chloe: User, ddets: User) -> None:
    prepare(ddets)
    for other in (bruno, chloe, ddets):
        with pytest.raises(PermissionDenied):
            services.request_preparation(by=other, at=AT)
        with pytest.raises(PermissionDenied):
            services.prepare(by=other, at=AT)
        with pytest.raises(PermissionDenied):
            services.discard(digest=of(ddets), by=other, at=AT)
        with pytest.raises(PermissionDenied):
            approve(other)
        with pytest.raises(PermissionDenied):
            services.request_sending(week=WEEK, by=other, at=AT)
        if other != ddets:
            with pytest.raises(PermissionDenied):
                services.choose(user=ddets, weekly=False, by=other, at=AT)
    assert of(ddets).status == DigestStatus.PREPARED


def test_a_discarded_digest_does_not_leave(aicha: User, bruno: User, ddets: User) -> None:
    prepare(bruno, ddets)
    services.discard(digest=of(bruno), by=aicha, at=AT)
    approve(aicha)
    services.discard(digest=of(ddets), by=aicha, at=AT)
    assert send().sent == 0
    assert not mail.outbox


def test_what_has_left_is_not_discarded(aicha: User, ddets: User) -> None:
    prepare(ddets)
    approve(aicha)
    send()
    with pytest.raises(TransitionRefused, match="Envoyée"):
        services.discard(digest=of(ddets), by=aicha, at=AT)


# --- never twice -----------------------------------------------------------------------------------------------------


def test_sending_twice_sends_once(aicha: User, ddets: User) -> None:
    prepare(ddets)
    approve(aicha)
    assert [send().sent, send().sent] == [1, 0]
    assert len(mail.outbox) == 1


def test_a_claimed_digest_is_taken_by_nobody_else(aicha: User, ddets: User) -> None:
    prepare(ddets)
    approve(aicha)
    key = of(ddets).pk
    assert sending.claim(key=key, at=AT, result=sending.Sent()) is not None
    assert sending.claim(key=key, at=AT, result=sending.Sent()) is None
    assert send().sent == 0


class Dies(BaseException):
    """The process is killed: no handler of an exception sees it."""


class DyingBackend(EmailBackend):
    """The message leaves, and the process dies before anything is written down."""

    def send_messages(self, messages: Any) -> int:
        super().send_messages(messages)
        raise Dies


def test_a_sender_that_dies_leaves_an_uncertain_digest_that_is_never_sent_again(
    aicha: User, ddets: User, settings: Any
) -> None:
    prepare(ddets)
    approve(aicha)
    normal, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DyingBackend"
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.test"
    with pytest.raises(Dies):
        send()
    settings.EMAIL_BACKEND = normal
    digest = of(ddets)
    assert digest.status == DigestStatus.SENDING
    assert selectors.display_status(digest, AT + timedelta(minutes=1)) == ("sending", "Envoi en cours")
    assert selectors.display_status(digest, AT + timedelta(hours=1)) == ("uncertain", "Incertain")
    prepare(ddets, items=(item("Plus récent"),))
    assert send(AT + timedelta(hours=1)).sent == 0
    assert len(mail.outbox) == 1


# --- what the server says --------------------------------------------------------------------------------------------


class RefusingBackend(EmailBackend):
    """Refuses the addresses of one domain, as a server does."""

    def send_messages(self, messages: Any) -> int:
        (message,) = messages
        if message.to[0].startswith("ddets"):
            raise smtplib.SMTPRecipientsRefused({message.to[0]: (550, b"unknown")})
        return super().send_messages(messages)


class DeadBackend(EmailBackend):
    def open(self) -> None:
        raise ConnectionRefusedError


class LostBackend(EmailBackend):
    """The link breaks at the first message."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected


@pytest.fixture
def approved(aicha: User, bruno: User, ddets: User, settings: Any) -> Any:
    """Two digests approved on an instance that reaches the outside; then the server is chosen."""
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.test"
    prepare(ddets, bruno)
    approve(aicha)

    def choose(backend: type) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"

    return choose


def test_a_refused_address_is_written_down_and_the_others_leave(
    approved: Any, bruno: User, ddets: User, caplog: pytest.LogCaptureFixture
) -> None:
    approved(RefusingBackend)
    done = send()
    assert (done.sent, done.failed) == (1, 1)
    assert (of(ddets).status, of(ddets).reason) == (DigestStatus.FAILED, DigestReason.REFUSED)
    assert of(bruno).status == DigestStatus.SENT
    assert "exemple.test" not in caplog.text
    assert send().sent == 0, "a failure is not sent again by itself"


def test_a_job_with_failures_says_so_without_naming_anyone(approved: Any, ddets: User) -> None:
    approved(RefusingBackend)
    job = Job.objects.get(kind=services.SEND_JOB)
    jobs.execute(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "1 message refusé" in job.error
    assert ddets.email not in job.error


def test_a_server_that_is_down_costs_nothing(approved: Any, aicha: User, settings: Any) -> None:
    normal = settings.EMAIL_BACKEND
    approved(DeadBackend)
    with pytest.raises(MaillageError, match="ne répond pas"):
        send()
    assert set(Digest.objects.values_list("status", flat=True)) == {DigestStatus.APPROVED}
    settings.EMAIL_BACKEND = normal
    job = services.request_sending(week=WEEK, by=aicha, at=AT)
    jobs.execute(job.pk)
    assert len(mail.outbox) == 2


def test_a_link_that_breaks_stops_the_batch_and_the_rest_waits(approved: Any) -> None:
    approved(LostBackend)
    with pytest.raises(MaillageError, match="ne répond pas"):
        send()
    states = sorted(Digest.objects.values_list("status", "reason"))
    assert states == [(DigestStatus.APPROVED, ""), (DigestStatus.FAILED, DigestReason.INTERRUPTED)]


# --- the person, at the last moment ----------------------------------------------------------------------------------


def close(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def end_membership(user: User) -> None:
    user.memberships.update(ends_on=ON - timedelta(days=1))


def decline(user: User) -> None:
    services.choose(user=user, weekly=False, by=user, at=AT)


@pytest.mark.parametrize("change", [close, end_membership, decline])
def test_who_receives_no_more_gets_nothing_even_approved(aicha: User, ddets: User, change: Any) -> None:
    prepare(ddets)
    approve(aicha)
    change(ddets)
    assert send().discarded == 1
    assert not mail.outbox
    assert (of(ddets).status, of(ddets).reason) == (DigestStatus.DISCARDED, DigestReason.NOT_RECIPIENT)


def test_one_may_decline_and_accept_again(ddets: User) -> None:
    assert selectors.wants(ddets)
    for weekly in (False, False, True):
        services.choose(user=ddets, weekly=weekly, by=ddets, at=AT)
        assert selectors.wants(ddets) is weekly
    assert DigestPreference.objects.count() == 1
    assert AuditEntry.objects.filter(action="digest.choose").count() == 2


@pytest.fixture
def demo() -> User:
    return make_user("Démonstration", Held(Role.DDETS, "DEP-44"), is_demonstration=True)


class OutsideBackend(EmailBackend):
    """Held to reach people: it is not one of those known to stay on the machine."""


def test_a_demonstration_account_is_shown_its_message_on_the_machine(aicha: User, demo: User) -> None:
    prepare(demo)
    approve(aicha)
    assert send().sent == 1


def test_a_demonstration_account_is_refused_at_approval(aicha: User, ddets: User, demo: User, settings: Any) -> None:
    prepare(demo, ddets)
    settings.EMAIL_BACKEND = f"{__name__}.OutsideBackend"
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.test"
    with pytest.raises(TransitionRefused, match="compte de démonstration"):
        approve(aicha)
    services.discard(digest=of(demo), by=aicha, at=AT)
    approve(aicha)
    assert send().sent == 1


def test_a_demonstration_account_is_refused_again_when_sending(aicha: User, demo: User, settings: Any) -> None:
    prepare(demo)
    approve(aicha)
    settings.EMAIL_BACKEND = f"{__name__}.OutsideBackend"
    assert send().discarded == 1
    assert not mail.outbox
    assert of(demo).reason == DigestReason.DEMONSTRATION


def test_messages_that_would_leave_without_an_address_are_not_even_prepared(ddets: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.OutsideBackend"
    with only(waits_for(ddets)), pytest.raises(MaillageError, match="MAILLAGE_SITE_URL"):
        services.prepare(by=None, at=AT)


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_states_of_digests_are_the_stored_codes() -> None:
    assert set(DIGEST.states) == set(DigestStatus.values)
    assert dict(DIGEST.labels) == dict(DigestStatus.choices)


ROLES = ("system", "author", *Role.values)
NAMES = sorted({row.name for row in DIGEST.transitions})
OPEN = {"seen": True, "current": True, "demonstration": False, "leaves_machine": True}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", DIGEST.states)
def test_transition_of_digests_by_role(state: str, name: str, role: str) -> None:
    rows = [row for row in DIGEST.transitions if (row.source, row.name) == (state, name) and role in row.roles]
    if rows:
        assert DIGEST.next_state(name, state, {role}, OPEN) == rows[0].target
    else:
        with pytest.raises(TransitionRefused):
            DIGEST.next_state(name, state, {role}, OPEN)


def test_transition_to_sending_comes_from_approval_only() -> None:
    assert {row.source for row in DIGEST.transitions if row.target == "sending"} == {"approved"}
    assert {row.source for row in DIGEST.transitions if row.target == "sent"} == {"sending"}
    assert DIGEST.final_states == {"discarded", "sent", "failed"}
