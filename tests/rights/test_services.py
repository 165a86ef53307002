"""Counting calculations: in the database, per client and per window, without keeping who asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from maillage.rights import services
from maillage.rights.models import CalculationCount
from maillage.rights.services import Allowance, TooMany, count_calculation

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 5, 10, 0, 7, tzinfo=UTC)
FEW = Allowance("few", 3, timedelta(minutes=1))


def ask(address: str = "192.0.2.1", *, times: int = 1, at: datetime = AT, allowance: Allowance = FEW) -> None:
    for _ in range(times):
        count_calculation(address=address, allowance=allowance, at=at)


def test_a_client_may_ask_what_is_allowed_then_waits_for_the_end_of_the_window() -> None:
    ask(times=3)
    with pytest.raises(TooMany) as refused:
        ask()
    assert refused.value.retry_after == 54
    ask(at=AT + timedelta(seconds=refused.value.retry_after))


def test_waiting_as_told_is_enough() -> None:
    for second in range(60):
        at = AT.replace(second=second)
        CalculationCount.objects.all().delete()
        ask(times=3, at=at)
        with pytest.raises(TooMany) as refused:
            ask(at=at)
        ask(at=at + timedelta(seconds=refused.value.retry_after))


def test_each_client_and_each_allowance_has_its_own_count() -> None:
    ask(times=3)
    ask("192.0.2.2", times=3)
    ask(times=3, allowance=Allowance("other", 3, timedelta(minutes=1)))
    with pytest.raises(TooMany):
        ask("192.0.2.2")


def test_the_addresses_of_one_subscriber_count_as_one() -> None:
    ask("2001:db8:1:2::1", times=2)
    ask("2001:db8:1:2:ffff::9")
    with pytest.raises(TooMany):
        ask("2001:db8:1:2::3")
    ask("2001:db8:1:3::1")


def test_an_address_that_is_not_one_is_counted_too() -> None:
    ask("unix:", times=3)
    with pytest.raises(TooMany):
        ask("")


def test_what_is_kept_names_nobody_and_does_not_tie_two_windows() -> None:
    ask()
    first = CalculationCount.objects.get()
    assert "192" not in first.client
    assert len(first.client) == 64
    ask(at=AT + timedelta(minutes=1))
    second = CalculationCount.objects.get()  # the row of the first window is swept
    assert second.client != first.client


def test_the_key_depends_on_the_secret_of_the_instance(settings: pytest.FixtureRequest) -> None:
    ask()
    first = CalculationCount.objects.get().client
    CalculationCount.objects.all().delete()
    settings.SECRET_KEY = "another secret"  # type: ignore[attr-defined]  # the fixture of pytest-django
    ask()
    assert CalculationCount.objects.get().client != first


def test_a_row_opened_by_another_process_meanwhile_is_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    ask()
    seen: list[bool] = []
    real = services._added

    def late(client: str) -> bool:
        """The first time, this process has not seen the row that the other has just opened."""
        seen.append(True)
        return real(client) if len(seen) > 1 else False

    monkeypatch.setattr(services, "_added", late)
    ask()
    assert CalculationCount.objects.get().count == 2
