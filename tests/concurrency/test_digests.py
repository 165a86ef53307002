"""Processes that send the same week at the same instant, one that is killed meanwhile: nobody gets two messages."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from maillage.core import clock
from maillage.core.digests import selectors, services
from maillage.core.digests.week import Week
from maillage.core.enums import DigestStatus, Role
from maillage.core.models import Digest
from tests.concurrency import digest_sender
from tests.concurrency.conftest import wait_until
from tests.core.digest_world import only, waits_for
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 30


@pytest.fixture
def week(transactional_db: None) -> Week:
    """A week whose digests are approved and have not left."""
    leader = make_user("Aïcha Benali", Held(Role.COMMISSIONER, "REG-52"))
    people = [make_user(f"Agent {rank}", Held(Role.DDETS, "DEP-44")) for rank in range(PEOPLE)]
    at = clock.now()
    with only(waits_for(*people)):
        week = services.prepare(by=None, at=at).week
    services.approve(week=week, seen=selectors.fingerprint(selectors.to_read(week)), by=leader, at=at)
    return week


Sender = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def sender(other_process: Callable[..., list[str]], week: Week, tmp_path: Path) -> Sender:
    """Starts a process that sends the week; `other_process` names this test's database in the environment."""
    script = str(Path(digest_sender.__file__))
    return lambda *more: subprocess.Popen([sys.executable, script, str(week), str(tmp_path), *more])


def left(folder: Path) -> Counter[str]:
    return Counter(path.read_text(encoding="utf-8") for path in folder.glob("*.to"))


def test_senders_that_start_together_send_each_message_once(sender: Sender, tmp_path: Path) -> None:
    senders = [sender(), sender(), sender()]
    wait_until(lambda: len(list(tmp_path.glob(f"*.{digest_sender.READY}"))) == len(senders), 60, "the senders")
    (tmp_path / digest_sender.GO).touch()
    assert [one.wait(timeout=120) for one in senders] == [0, 0, 0]
    assert left(tmp_path) == Counter(Digest.objects.values_list("user__email", flat=True))
    assert set(Digest.objects.values_list("status", flat=True)) == {DigestStatus.SENT}


def test_a_killed_sender_leaves_one_uncertain_message_that_never_leaves_again(sender: Sender, tmp_path: Path) -> None:
    (tmp_path / digest_sender.GO).touch()
    killed = sender("stay")
    wait_until((tmp_path / digest_sender.LEFT).exists, 60, "the first message")
    killed.kill()
    killed.wait(timeout=30)
    assert sum(left(tmp_path).values()) == 1

    assert sender().wait(timeout=120) == 0
    assert sum(left(tmp_path).values()) == PEOPLE
    assert set(left(tmp_path).values()) == {1}
    uncertain = Digest.objects.get(status=DigestStatus.SENDING)
    assert selectors.display_status(uncertain, clock.now() + timedelta(hours=1))[0] == selectors.UNCERTAIN
    assert Digest.objects.filter(status=DigestStatus.SENT).count() == PEOPLE - 1
