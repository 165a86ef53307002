"""Execution reports, evidence and evaluations: states, what is missing, what is kept, what is never lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from maillage.contracts import perms
from maillage.contracts.models import Contract, Evidence, ExecutionReport, Reading, Recommendation
from maillage.contracts.selectors.execution import differences, execution_of, report_figures
from maillage.contracts.services import evaluations as evaluating
from maillage.contracts.services.evidence import Tied, withdraw_evidence
from maillage.contracts.services.readings import move_reading
from maillage.contracts.services.reports import ensure_reports, facts_of, move_report, save_report
from maillage.contracts.services.seen import NOTHING, Moved, token_of
from maillage.contracts.services.transitions import move_contract
from maillage.core import files
from maillage.core.models import AuditEntry
from maillage.engines.lifecycle import Transition, TransitionRefused
from maillage.engines.lifecycle.contracts import EXECUTION_REPORT
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.territories.models import Territory
from tests.contracts.result_roles import REASON, actor_on, cases, name_of
from tests.contracts.results_world import LATER, World, make_world


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


@pytest.mark.parametrize(("row", "role"), list(cases(EXECUTION_REPORT)), ids=name_of)
def test_execution_report_transition(world: World, row: Transition, role: str) -> None:
    world.validate(world.enter())
    report = world.write()
    ExecutionReport.objects.filter(pk=report.pk).update(status=row.source)
    actor = actor_on(world.contract, role, world.cast)
    before = AuditEntry.objects.count()

    def move() -> ExecutionReport:
        return move_report(sheet=world.sheet, year=2024, name=row.name, by=actor, at=LATER, reason=REASON)

    if role in row.roles:
        assert move().status == row.target
        assert AuditEntry.objects.filter(action=f"execution_report.{row.name}").exists()
        return
    with pytest.raises((TransitionRefused, PermissionDenied)):
        move()
    report.refresh_from_db()
    assert report.status == row.source
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(("status", "who"), [("validated", "ddets"), ("consolidated", "commissioner")])
def test_execution_report_transition_unlock_needs_a_reason(world: World, status: str, who: str) -> None:
    report = world.validated_report()
    ExecutionReport.objects.filter(pk=report.pk).update(status=status)
    with pytest.raises(TransitionRefused, match="motif"):
        world.step("unlock", who, reason="non")
    assert world.step("unlock", who, reason="Une facture manquait").status == "to_complete"


def test_a_report_is_sent_only_whole_and_says_what_it_lacks(world: World) -> None:
    with pytest.raises(TransitionRefused, match=r"ce qui a été fait, le relevé de « Enfants accueillis » \(2024\)"):
        world.step("submit", "lead")
    assert not ExecutionReport.objects.exists(), "a refusal leaves no row"
    world.write()
    reading = world.enter()
    with pytest.raises(TransitionRefused, match="le relevé"):
        world.step("submit", "lead")
    move_reading(reading=reading, name="submit", by=world.cast.lead, at=LATER)
    report = world.step("submit", "lead")
    assert (report.status, report.submitted_by) == ("submitted", world.cast.lead)
    with pytest.raises(TransitionRefused, match="n'est pas validé"):
        world.step("validate", "ddets")


def test_the_validation_keeps_the_figures_and_the_difference_is_told(world: World) -> None:
    world.pay("committed", 4000)
    report = world.validated_report()
    assert report.figures is not None
    assert report.figures["lines"]["E2024"]["committed"] == "4000"
    assert report.figures["readings"][0]["value"] == "30"
    assert differences(report.figures, report_figures(world.sheet, 2024)) == []
    world.pay("committed", 500)
    reading = Reading.objects.get()
    move_reading(reading=reading, name="unlock", by=world.cast.commissioner, at=LATER, reason=REASON)
    world.deposit()
    report.refresh_from_db()
    assert report.figures["lines"]["E2024"]["committed"] == "4000", "what was validated does not move"
    told = {
        one.label: (one.before, one.after) for one in differences(report.figures, report_figures(world.sheet, 2024))
    }
    assert told["État (E2024), engagé (AE)"] == ("4\u202f000\u00a0€", "4\u202f500\u00a0€")
    assert told["Enfants accueillis, 2024"] == ("30", "")
    assert told["Nombre de preuves"] == ("0", "1")


def test_unlocking_gives_life_back_and_the_journal_keeps_what_was_frozen(world: World) -> None:
    report = world.validated_report()
    kept = report.figures
    again = world.step("unlock", "ddets", reason="Une facture manquait")
    assert again.figures is None
    entry = AuditEntry.objects.get(action="execution_report.unlock")
    assert entry.changes["figures"] == [kept, None]


def test_a_report_is_written_by_the_partner_and_never_once_sent(world: World) -> None:
    for user in (world.cast.ddets, world.reader, world.stranger):
        with pytest.raises(PermissionDenied):
            save_report(sheet=world.sheet, year=2024, texts={}, seen=NOTHING, by=user, at=LATER)
    world.validated_report()
    with pytest.raises(MaillageError, match="ne se modifie plus"):
        world.write(achievements="Autre chose")


def test_two_people_on_one_report_the_second_is_told(world: World) -> None:
    world.write(achievements="Le premier texte")
    with pytest.raises(Moved) as told:
        save_report(
            sheet=world.sheet, year=2024, texts={"achievements": "x"}, seen=NOTHING, by=world.cast.lead, at=LATER
        )
    assert told.value.current["achievements"] == "Le premier texte"
    assert ExecutionReport.objects.get().achievements == "Le premier texte"


def test_a_year_to_come_or_outside_owes_nothing(world: World) -> None:
    for year in (2023, 2026):
        with pytest.raises(MaillageError, match="ne doit pas de rapport"):
            world.write(year)


def test_the_rows_that_are_owed_are_made_once(world: World) -> None:
    made = ensure_reports(contract=world.contract, at=LATER)
    assert [(one.year, one.status, one.due_on) for one in made] == [
        (2024, "to_enter", date(2025, 6, 30)),
        (2025, "to_enter", date(2026, 6, 30)),
    ]
    assert ensure_reports(contract=world.contract, at=LATER) == []


@pytest.mark.parametrize(
    ("on", "late", "missing"),
    [(date(2025, 6, 30), [], [2024]), (date(2025, 7, 1), [2024], []), (date(2024, 5, 1), [], [])],
)
def test_late_and_missing_follow_the_dated_parameter(
    world: World, on: date, late: list[int], missing: list[int]
) -> None:
    (row,) = execution_of(world.contract, on)
    assert [one.year for one in row.late] == late
    assert [one.year for one in row.missing] == missing


def test_an_action_that_was_left_reports_only_where_money_was_committed(world: World) -> None:
    world.pay("committed", 100)
    sheet = world.sheet
    sheet.status = "abandoned"
    sheet.save()
    (row,) = execution_of(world.contract, date(2026, 1, 1))
    assert [one.year for one in row.reports] == [2024]


def test_a_contract_is_not_closed_on_reports_that_nobody_began(world: World) -> None:
    world.validated_report()
    Contract.objects.filter(pk=world.contract.pk).update(status="expired")
    with pytest.raises(TransitionRefused, match="1 rapport d'exécution à valider"):
        move_contract(contract=world.contract, name="close", by=world.cast.commissioner, at=LATER)
    world.validate(world.enter("2025"))
    world.write(2025)
    world.step("submit", "lead", 2025)
    world.step("validate", "ddets", 2025)
    closed = move_contract(contract=world.contract, name="close", by=world.cast.commissioner, at=LATER)
    assert closed.status == "closed"


def test_facts_of_a_report_name_the_reading_of_the_year(world: World) -> None:
    world.validate(world.enter("2025"))
    report = world.write(2024)
    assert facts_of(report)["blocking"] == ["Le relevé de « Enfants accueillis » n'est pas validé."]


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_evidence_is_deposited_tied_and_read_by_those_who_see_the_contract(world: World) -> None:
    reading = world.enter()
    made = world.deposit(tied=Tied(reading=reading))
    on = LATER.date()
    assert made.reading == reading
    assert files.can_download(world.reader, made.file, on)
    assert not files.can_download(world.stranger, made.file, on)
    assert perms.contracts_of_file(made.file).get() == world.contract


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("photo.png", b"\x89PNG\r\n\x1a\n pixels", ""),
        ("photo.jpg", b"\xff\xd8\xff\xe0 pixels", ""),
        ("photo.png", b"<svg onload=1>", "n'est pas une image"),
        ("programme.exe", b"MZ", "n'est pas d'un type accepté"),
        ("faux.pdf", b"bonjour", "n'est pas un PDF"),
    ],
)
def test_a_piece_is_what_its_name_says(world: World, name: str, content: bytes, said: str) -> None:
    file = SimpleUploadedFile(name, content)
    if not said:
        assert world.deposit(file=file).file.content_type.startswith("image/")
        return
    with pytest.raises(InputRefused, match=said):
        world.deposit(file=file)
    assert not Evidence.objects.exists()


def test_evidence_of_the_future_or_of_another_action_is_refused(territories: dict[str, Territory]) -> None:
    world = make_world(territories, ("A01", "A02"))
    with pytest.raises(InputRefused, match="futur"):
        world.deposit(dated_on=date(2031, 1, 1))
    other = world.contract.sheets.get(code="A02")
    report = ExecutionReport.objects.create(sheet=other, year=2024)
    with pytest.raises(InputRefused, match="d'une autre action"):
        world.deposit(tied=Tied(report=report))


def test_a_withdrawn_piece_says_why_and_stays(world: World) -> None:
    made = world.deposit()
    with pytest.raises(InputRefused, match="motif"):
        withdraw_evidence(evidence=made, reason="non", by=world.cast.lead, at=LATER)
    with pytest.raises(PermissionDenied):
        withdraw_evidence(evidence=made, reason=REASON, by=world.reader, at=LATER)
    gone = withdraw_evidence(evidence=made, reason=REASON, by=world.cast.lead, at=LATER)
    assert gone.withdrawn_reason == REASON
    assert files.is_intact(gone.file)
    assert report_figures(world.sheet, 2024)["evidence"] == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.filter(pk=gone.pk).update(withdrawn_reason="")


def test_only_a_party_deposits(world: World) -> None:
    for user in (world.reader, world.stranger, world.cast.prefect):
        with pytest.raises(PermissionDenied):
            world.deposit(by=user)


# --- evaluations ------------------------------------------------------------------------------------------------------


def _evaluation(world: World, **options: Any) -> Any:
    given = {"question": "L'accueil a-t-il progressé ?", "by": world.cast.lead, "at": LATER} | options
    return evaluating.open_evaluation(contract=world.contract, **given)


def _save(world: World, evaluation: Any, findings: str, finished_on: date | None = None, seen: str = "") -> Any:
    fields = evaluating.evaluation_fields(evaluation)
    return evaluating.save_evaluation(
        evaluation=evaluation,
        texts={"question": evaluation.question, "method": "Entretiens", "findings": findings},
        finished_on=finished_on,
        seen=seen or token_of(fields),
        by=world.cast.ddets,
        at=LATER,
    )


def test_an_evaluation_from_its_question_to_its_findings(world: World) -> None:
    made = _evaluation(world, sheet=world.sheet)
    with pytest.raises(InputRefused, match="constats"):
        _save(world, made, "", LATER.date())
    done = _save(world, made, "Oui, en partie", LATER.date())
    assert (done.findings, done.finished_on) == ("Oui, en partie", LATER.date())
    with pytest.raises(Moved):
        _save(world, done, "Autre", seen="0" * 16)


def test_an_evaluation_is_written_by_a_party_on_a_signed_contract(world: World) -> None:
    with pytest.raises(PermissionDenied):
        _evaluation(world, by=world.reader)
    with pytest.raises(InputRefused, match="question"):
        _evaluation(world, question="  ")
    Contract.objects.filter(pk=world.contract.pk).update(status="draft")
    with pytest.raises(MaillageError, match="contrat signé"):
        _evaluation(world)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "dites dans la note"),
        ({"before": Decimal(1)}, "de quelle période"),
        ({"before": Decimal(1), "before_period": "avant"}, "Écrivez 2020"),
    ],
)
def test_a_comparison_says_of_when_it_speaks(world: World, fields: dict[str, Any], said: str) -> None:
    compared = evaluating.Compared(Indicator.objects.get(), **fields)
    with pytest.raises(InputRefused, match=said):
        evaluating.compare_figure(evaluation=_evaluation(world), compared=compared, by=world.cast.lead, at=LATER)


def test_setting_a_recommendation_aside_has_a_reason_in_service_and_database(world: World) -> None:
    made = evaluating.recommend(evaluation=_evaluation(world), body="Ouvrir le samedi", by=world.cast.ddets, at=LATER)

    def follow(outcome: str, note: str) -> Recommendation:
        return evaluating.follow_recommendation(
            recommendation=made, outcome=outcome, note=note, by=world.cast.lead, at=LATER
        )

    for outcome in ("refused", "partly"):
        with pytest.raises(InputRefused, match="s'explique"):
            follow(outcome, "non")
    assert follow("adopted", "").outcome == "adopted"
    assert follow("refused", "Trop cher pour cette année").outcome_by == world.cast.lead
    with pytest.raises(IntegrityError), transaction.atomic():
        Recommendation.objects.filter(pk=made.pk).update(outcome_note="")
