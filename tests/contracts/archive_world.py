"""A contract that has lived: two versions, a cancelled amendment, money, people, evidence, comments. Invented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from maillage.contracts.models import Amendment, Contract, Recommendation
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.comments import answer, close_comment, comment
from maillage.contracts.services.evidence import withdraw_evidence
from maillage.contracts.services.money import register_ej
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_amendment
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.results_world import LATER, World, make_world
from tests.sentinels import append_only_suspended

CSV = b"famille;nombre\n=2+2;3\n"
REASON = "Motif écrit pour cet essai"


@contextmanager
def past_the_triggers() -> Iterator[None]:
    """What somebody with the keys of the database could do: change what is append-only."""
    connection.check_constraints()  # what PostgreSQL had put off keeps a table from being altered
    with append_only_suspended(connection):
        yield
        connection.check_constraints()


def propose(world: World, title: str = "Plus pour 2025", kinds: tuple[str, ...] = ("amount",)) -> Amendment:
    return propose_amendment(
        contract=world.contract, title=title, kinds=kinds, reason=REASON, by=world.cast.lead, at=LATER
    )


def edit(world: World, edits: dict[str, Any]) -> None:
    change_text(contract=world.contract, edits=edits, seen={}, by=world.cast.commissioner, at=LATER)


def sign(world: World, amendment: Amendment) -> Amendment:
    """Through every step to the prefect's signature."""
    for name, who in builders.STEPS:
        if name == "deliberate":
            builders.deposit(world.contract, world.cast)
        amendment = move_amendment(amendment=amendment, name=name, by=getattr(world.cast, who), at=LATER)
    return amendment


# One euro more from each side in 2025: the cap and the budget follow.
MORE = {
    "sheets/A01/lines/E2025/planned": "6000",
    "sheets/A01/lines/D2025/planned": "6000",
    "sheets/A01/years/2025/total_cost": "12000",
    "sheets/A01/years/2025/eligible_cost": "12000",
    "caps/2025/ae": "6000",
    "caps/2025/budget": "12000",
}


def lived(territories: dict[str, Territory]) -> World:
    """Everything that an archive holds, at least once."""
    world = make_world(territories)
    _money(world)
    _results(world)
    sign(world, _amended(world))
    cancelled = propose(world, "Une idée abandonnée", ("action",))
    edit(world, {"sheets/A01/need": "=HYPERLINK(1)"})
    move_amendment(amendment=cancelled, name="cancel", by=world.cast.ddets, at=LATER, reason=REASON)
    world.contract = Contract.objects.select_related("territory__parent__parent").get(pk=world.contract.pk)
    return world


def _money(world: World) -> None:
    ej = register_ej(
        sheet=world.sheet, number="1234567", siret="12345678901234", year=2024, by=world.cast.ddets, at=LATER
    )
    world.pay("committed", 5000, ej=ej)
    world.pay("paid", "2500.50")
    world.pay("paid", "-0.50", note="Erreur de saisie du premier montant")


def _results(world: World) -> None:
    world.deposit()
    table = SimpleUploadedFile("=extraction.csv", CSV, content_type="text/csv")
    withdrawn = world.deposit(title="Extraction", kind="extract", file=table)
    withdraw_evidence(evidence=withdrawn, reason=REASON, by=world.cast.lead, at=LATER)
    world.validate(world.enter(parts={("sex", "women"): Decimal(18), ("sex", "men"): Decimal(12)}))
    world.enter("2025-s1", value=None, unknown_reason="Le logiciel est en panne")
    world.write()
    world.step("submit", "lead")
    world.step("validate", "ddets")
    evaluation = world.contract.evaluations.create(question="Les places suffisent-elles ?", at=LATER)
    evaluation.figures.create(indicator=world.target.indicator, before=Decimal(10), after=Decimal(30))
    Recommendation.objects.create(evaluation=evaluation, body="Ouvrir le samedi")


def _amended(world: World) -> Amendment:
    amendment = propose(world)
    edit(world, MORE)
    said = comment(
        contract=world.contract,
        path="sheets/A01/years/2025/total_cost",
        body="D'où vient ce montant ?",
        by=world.cast.ddets,
        at=LATER,
    )
    answer(comment=said, body="Du devis", by=world.cast.lead, at=LATER)
    close_comment(comment=said, by=world.cast.ddets, at=LATER)
    return amendment
