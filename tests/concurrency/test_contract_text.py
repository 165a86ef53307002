"""Two people save one sheet at the same instant, each on a connection of its own: one is told, nothing is lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import close_old_connections, connections

from maillage.contracts.models import Contract
from maillage.contracts.services.texts import TextMoved, change_text
from maillage.contracts.text import text_of
from maillage.core.models import AuditEntry, User
from maillage.engines.contract_text import edited, merged, token
from tests.contracts import builders
from tests.factories import make_territories

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = "sheets/A01"


def _save(contract: Contract, edits: dict[str, Any], seen: dict[str, str], by: User) -> Any:
    """Saves, or answers what the text has become."""
    try:
        return change_text(contract=contract, edits=edits, seen=seen, by=by, at=builders.AT)
    except TextMoved as moved:
        return moved


def _together(*calls: tuple[Any, ...]) -> list[Any]:
    """Each call in a thread of its own, all started at the same instant."""
    start = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(rank: int, arguments: tuple[Any, ...]) -> None:
        close_old_connections()
        try:
            start.wait(timeout=30)
            answers[rank] = _save(*arguments)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    return answers


def test_of_two_who_save_the_same_sheet_one_is_told_and_merges() -> None:
    cast = builders.make_cast()
    builders.make_reference_rows()
    contract = builders.fill(builders.make_contract(make_territories()["DEP-44"], cast), cast)
    base = text_of(contract)
    for turn in range(5):
        seen = {PLACE: token(base, PLACE)}
        mine = {f"{PLACE}/need": f"Besoin {turn}", f"{PLACE}/title": f"Titre {turn}"}
        theirs = {f"{PLACE}/need": f"Autre besoin {turn}", f"{PLACE}/pilot": f"Pilote {turn}"}
        answers = _together((contract, mine, seen, cast.lead), (contract, theirs, seen, cast.ddets))
        told = [answer for answer in answers if isinstance(answer, TextMoved)]
        assert len(told) == 1, answers
        now = text_of(contract)
        first, second = (theirs, mine) if answers[0] is told[0] else (mine, theirs)
        assert now == edited(base, first), "the first is whole"
        assert told[0].current == now, "the second is shown the text as it is"
        merge = merged(base, second, now)
        assert [one.path for one in merge.conflicts] == [f"{PLACE}/need"]
        _save(contract, merge.kept, {PLACE: token(now, PLACE)}, cast.lead)
        base = text_of(contract)
        assert (base["sheets"]["A01"]["title"], base["sheets"]["A01"]["pilot"]) == (f"Titre {turn}", f"Pilote {turn}")
    assert AuditEntry.objects.filter(action="contract.text").count() == 1 + 2 * 5


def test_two_who_save_different_sheets_do_not_disturb_each_other() -> None:
    cast = builders.make_cast()
    builders.make_reference_rows()
    contract = builders.fill(builders.make_contract(make_territories()["DEP-44"], cast), cast, ("A01", "A02"))
    base = text_of(contract)
    edits = [{f"sheets/{code}/title": f"Nouveau {code}"} for code in ("A01", "A02")]
    answers = _together(
        (contract, edits[0], {"sheets/A01": token(base, "sheets/A01")}, cast.lead),
        (contract, edits[1], {"sheets/A02": token(base, "sheets/A02")}, cast.ddets),
    )
    assert not [one for one in answers if isinstance(one, TextMoved)]
    assert text_of(contract) == edited(base, edits[0] | edits[1])
