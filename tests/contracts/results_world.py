"""A contract in force with what is done under it: readings, money, evidence, reports. Invented, and small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from maillage.contracts.models import ActionSheet, Contract, Evidence, ExecutionReport, IndicatorTarget, Reading
from maillage.contracts.selectors.results import reading_fields, slot_of
from maillage.contracts.services.evidence import add_evidence
from maillage.contracts.services.money import record_movement
from maillage.contracts.services.readings import Given, move_reading, save_reading
from maillage.contracts.services.reports import move_report, report_fields, save_report
from maillage.contracts.services.seen import NOTHING, token_of
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.kernel.money import Money
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.factories import Held, make_user

# After the first year of the contract, and after the day its report was due.
LATER = datetime(2025, 9, 1, 10, 0, tzinfo=UTC)


@dataclass
class World:
    """The contract, its one action, and the people."""

    contract: Contract
    cast: builders.Cast
    reader: User
    stranger: User

    @property
    def sheet(self) -> ActionSheet:
        sheet = self.contract.sheets.get(code="A01")
        sheet.contract = self.contract
        return sheet

    @property
    def target(self) -> IndicatorTarget:
        return self.sheet.targets.select_related("indicator", "sheet__contract__territory").get()

    # --- what people do, with defaults ------------------------------------------------------------------------------

    def enter(self, code: str = "2024", *, by: User | None = None, **given: Any) -> Reading:
        slot = slot_of(code, self.contract.years)
        assert slot is not None
        held = Reading.objects.filter(target=self.target, period=slot.period.canonical).first()
        seen = token_of(reading_fields(held)) if held is not None else NOTHING
        values = Given(**({"value": Decimal(30)} | given))
        return save_reading(target=self.target, slot=slot, given=values, seen=seen, by=by or self.cast.lead, at=LATER)

    def validate(self, reading: Reading) -> Reading:
        move_reading(reading=reading, name="submit", by=self.cast.lead, at=LATER)
        return move_reading(reading=reading, name="validate", by=self.cast.ddets, at=LATER)

    def write(self, year: int = 2024, achievements: str = "Trois ateliers ouverts") -> ExecutionReport:
        held = ExecutionReport.objects.filter(sheet=self.sheet, year=year).first()
        seen = token_of(report_fields(held)) if held is not None else NOTHING
        texts = {"achievements": achievements, "difficulties": "", "outlook": ""}
        return save_report(sheet=self.sheet, year=year, texts=texts, seen=seen, by=self.cast.lead, at=LATER)

    def step(self, name: str, who: str, year: int = 2024, reason: str = "") -> ExecutionReport:
        return move_report(sheet=self.sheet, year=year, name=name, by=getattr(self.cast, who), at=LATER, reason=reason)

    def validated_report(self) -> ExecutionReport:
        self.validate(self.enter())
        self.write()
        self.step("submit", "lead")
        return self.step("validate", "ddets")

    def pay(self, stage: str, amount: int | str, key: str = "E2024", **options: Any) -> Any:
        given = {"dated_on": date(2024, 6, 1), "by": self.cast.ddets, "at": LATER} | options
        line = self.sheet.lines.get(key=key)
        return record_movement(line=line, stage=stage, amount=Money.of(amount), **given)

    def deposit(self, **options: Any) -> Evidence:
        given = {
            "kind": "attendance",
            "title": "Feuille d'émargement",
            "dated_on": date(2024, 6, 1),
            "file": SimpleUploadedFile("feuille.pdf", builders.PDF, content_type="application/pdf"),
            "by": self.cast.lead,
            "at": LATER,
        }
        return add_evidence(sheet=self.sheet, **(given | options))


def make_world(territories: dict[str, Territory], codes: tuple[str, ...] = ("A01",)) -> World:
    cast = builders.make_cast()
    contract = builders.signed_contract(territories["DEP-44"], cast, codes)
    return World(
        contract=Contract.objects.select_related("territory__parent__parent").get(pk=contract.pk),
        cast=cast,
        reader=make_user("Bruno Le Goff", Held(Role.READER, "REG-52")),
        stranger=make_user("Chloé Martin", Held(Role.DEPARTEMENT, "DEP-35")),
    )


def make_indicator(code: str, **fields: Any) -> Indicator:
    given = {"label": code.lower(), "unit": "persons", "nature": "flow"} | fields
    return Indicator.objects.create(code=code, **given)
