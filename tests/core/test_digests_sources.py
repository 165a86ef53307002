"""What waits for a person: the registry of sources, weeks, the text."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from maillage.core import digests
from maillage.core.digests import Item, Waiting, letters, registry
from maillage.core.digests.week import Week, WeekInvalid
from maillage.core.models import User
from maillage.kernel.errors import MaillageError
from tests.core.digest_world import ON, WEEK, item, only

SOMEONE = User(pk=7, email="quelquun@exemple.test", full_name="Quelqu'un")


def broken(user: User, on: date) -> list[Item]:
    raise LookupError(f"nothing for {user.email}")


def test_late_first_then_by_due_date_those_without_date_last() -> None:
    first = item("en retard", due=date(2026, 11, 20), late=True)
    second = item("bientôt", due=date(2026, 11, 19))
    third = item("plus tard", due=date(2026, 12, 1))
    last = item("sans date")
    with only(lambda user, on: [last, third], lambda user, on: [second, first]):
        assert digests.awaiting(SOMEONE, ON) == [first, second, third, last]


def test_a_source_is_registered_by_its_decorator_once() -> None:
    with only():

        @digests.source
        def reports(user: User, on: date) -> list[Item]:
            return [item()]

        digests.source(reports)
        assert digests.awaiting(SOMEONE, ON) == [item()]


def test_a_broken_source_takes_nothing_else_down_and_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with only(broken, lambda user, on: [item()]), caplog.at_level(logging.ERROR):
        found = digests.look(SOMEONE, ON)
    assert found == Waiting((item(),), ("une partie du site",))
    (line,) = caplog.records
    assert line.getMessage() == "digest source failed"
    assert "exemple.test" not in line.getMessage() + str(line.__dict__["event"])


def test_a_broken_source_is_named_by_its_app() -> None:
    def ask(user: User, on: date) -> list[Item]:
        raise LookupError

    ask.__module__ = "maillage.governance.selectors"
    with only(ask):
        assert digests.look(SOMEONE, ON).unavailable == ("Gouvernance",)


@pytest.mark.parametrize("url", ["https://ailleurs.test/", "//ailleurs.test/", "compte/", ""])
def test_an_item_stays_on_the_site(url: str) -> None:
    with pytest.raises(ValueError, match="path"):
        item(url=url)


def test_an_item_says_something() -> None:
    with pytest.raises(ValueError, match="label"):
        item(" ")


@pytest.mark.parametrize("due", [None, date(2026, 11, 30)])
def test_an_item_is_kept_and_read_again(due: date | None) -> None:
    assert Item.from_json(item(due=due).as_json()) == item(due=due)


def test_the_sources_of_the_apps_are_functions_of_the_apps() -> None:
    assert all(name.startswith("maillage.") for name in registry._sources)


# --- weeks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "written"),
    [(date(2026, 11, 18), "2026-W47"), (date(2027, 1, 3), "2026-W53"), (date(2024, 12, 30), "2025-W01")],
)
def test_a_day_is_in_its_iso_week(on: date, written: str) -> None:
    week = Week.of(on)
    assert str(week) == written
    assert Week.parse(written) == week
    assert week.starts_on <= on <= week.ends_on


@pytest.mark.parametrize("text", ["", "2026-47", "2025-W53", "2026-W00", "2026-W5", " 2026-W47", "2026-W471"])
def test_what_names_no_week_is_refused(text: str) -> None:
    with pytest.raises(WeekInvalid):
        Week.parse(text)


# --- the text --------------------------------------------------------------------------------------------------------


def body(waiting: Waiting) -> str:
    return letters.write(waiting, week=WEEK, on=ON).body


def test_the_text_is_short_and_its_links_are_whole(settings: object) -> None:
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.test"  # type: ignore[attr-defined]  # pytest-django's
    letter = letters.write(
        Waiting((item("Signer", late=True, due=date(2026, 11, 10)), item("Relire"))), week=WEEK, on=ON
    )
    assert letter.subject == "Maillage\u00a0: ce qui vous attend, semaine du 16 novembre 2026"
    assert (
        "En retard\u00a0:\n- Signer (échéance\u00a0: 10 novembre 2026)\n  https://maillage.exemple.test/compte/\n"
        in letter.body
    )
    assert "À faire\u00a0:\n- Relire\n  https://maillage.exemple.test/compte/\n" in letter.body
    assert "https://maillage.exemple.test/mes-attentes/" in letter.body


def test_a_long_list_is_cut_and_says_so() -> None:
    text = body(Waiting(tuple(item(f"Chose {rank}") for rank in range(23))))
    assert "Chose 19\n" in text
    assert "Chose 20" not in text
    assert "… et 3 autres choses." in text


def test_what_is_unavailable_is_said() -> None:
    assert "indisponible pour\u00a0: Contrats." in body(Waiting((item(),), ("Contrats",)))


@pytest.mark.parametrize(
    ("backend", "leaves"),
    [
        ("django.core.mail.backends.console.EmailBackend", False),
        ("django.core.mail.backends.filebased.EmailBackend", False),
        ("django.core.mail.backends.smtp.EmailBackend", True),
        ("ailleurs.EmailBackend", True),
    ],
)
def test_messages_that_leave_need_the_address_of_the_site(settings: object, backend: str, leaves: bool) -> None:
    settings.EMAIL_BACKEND = backend  # type: ignore[attr-defined]  # pytest-django's
    assert letters.leaves_machine() is leaves
    if leaves:
        with pytest.raises(MaillageError, match="MAILLAGE_SITE_URL"):
            letters.require_address()
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.test"  # type: ignore[attr-defined]  # pytest-django's
    letters.require_address()
