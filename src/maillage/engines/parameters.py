"""Dated parameters: what a law, an instruction or the product's own design sets by kind of contract.

No rule carries a value of its own: it asks here, and says « ne peut pas être vérifiée » when nobody answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, format_number
from maillage.kernel.period import MONTHS_FR
from maillage.kernel.rate import Rate

ALL_KINDS = "all"


class ParameterInvalid(MaillageError):
    """A parameter that cannot be read as what its unit announces."""


class Unit(StrEnum):
    """How the value reads: `rate` is a proportion (0.5 for 50 %), `ratio` a number of times, `month_day` MM-DD."""

    RATE = "rate"
    RATIO = "ratio"
    POINTS = "points"
    DAYS = "days"
    COUNT = "count"
    MONTH_DAY = "month_day"
    YES_NO = "yes_no"
    CODE = "code"


class Name(StrEnum):
    """Every parameter that an engine asks for. The codes are those of the data file."""

    CO_FUNDING_LEVELS = "co_funding_levels"
    CO_FUNDING_STATE_MAX_RATE = "co_funding_state_max_rate"
    CO_FUNDING_COLLECTIVITY_MIN_RATIO = "co_funding_collectivity_min_ratio"
    CO_FUNDING_TOLERANCE_RATE = "co_funding_tolerance_rate"
    IN_KIND_COUNTS = "in_kind_counts"
    CAP_ALERT_RATE = "cap_alert_rate"
    REPORT_DUE_DAY = "report_due_day"
    REPORT_REMINDER_DAYS = "report_reminder_days"
    UNLOCK_NEEDS_REASON = "unlock_needs_reason"
    ALERT_GAP_POINTS = "alert_gap_points"
    ALERT_GROUP_MIN = "alert_group_min"
    TREND_PERIODS = "trend_periods"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]


_LABELS = {
    Name.CO_FUNDING_LEVELS: "Niveaux où le cofinancement est vérifié",
    Name.CO_FUNDING_STATE_MAX_RATE: "Part maximale de l'État dans le coût éligible d'une action",
    Name.CO_FUNDING_COLLECTIVITY_MIN_RATIO: "Part des collectivités rapportée à celle de l'État, au minimum",
    Name.CO_FUNDING_TOLERANCE_RATE: "Tolérance sur le cofinancement",
    Name.IN_KIND_COUNTS: "Apports en nature comptés dans le cofinancement",
    Name.CAP_ALERT_RATE: "Part du plafond annuel à partir de laquelle une alerte est donnée",
    Name.REPORT_DUE_DAY: "Date limite du rapport d'exécution, l'année suivante",
    Name.REPORT_REMINDER_DAYS: "Rappel avant la date limite du rapport d'exécution",
    Name.UNLOCK_NEEDS_REASON: "Motif exigé pour rouvrir un rapport verrouillé",
    Name.ALERT_GAP_POINTS: "Écart à la médiane qui donne une alerte d'exécution",
    Name.ALERT_GROUP_MIN: "Effectif minimal pour comparer à une médiane",
    Name.TREND_PERIODS: "Périodes de baisse consécutives qui donnent une alerte",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value in force from `starts_on` to `ends_on` included (None: no end known) for one kind of contract.

    `kind` is calpae, cls, annual_link, cpo or `all`. `reference` names the source that was read, or says that the value
    is the product's own design; `confirmed` is True only when that source states the value.
    """

    name: str
    kind: str
    value: Decimal | str
    unit: str
    starts_on: date
    ends_on: date | None
    reference: str
    note: str = ""
    confirmed: bool = False

    def in_force(self, on: date) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)

    @property
    def number(self) -> Decimal:
        """The value of a rate, a ratio, points, days or a count. Raises ParameterInvalid for the other units."""
        if not isinstance(self.value, Decimal):
            raise ParameterInvalid(f"Le paramètre « {self.name} » n'est pas un nombre.")
        return self.value

    @property
    def text(self) -> str:
        return str(self.value)

    @property
    def is_yes(self) -> bool:
        """The value of a yes_no. Raises ParameterInvalid for anything but `yes` and `no`."""
        if self.value not in {"yes", "no"}:
            raise ParameterInvalid(f"Le paramètre « {self.name} » doit valoir « yes » ou « no ».")
        return self.value == "yes"

    def due_on(self, year: int) -> date:
        """The day of the year after `year` that a month_day names. Raises ParameterInvalid when there is none."""
        try:
            month, day = (int(part) for part in self.text.split("-"))
            return date(year + 1, month, day)
        except ValueError:
            raise ParameterInvalid(f"Le paramètre « {self.name} » doit être un jour écrit MM-JJ.") from None

    @property
    def label_fr(self) -> str:
        return Name(self.name).label_fr if self.name in set(Name) else self.name

    @property
    def value_fr(self) -> str:
        """The value as a page shows it: « 50 % », « 10 points », « 31 mars de l'année suivante », « oui »."""
        if not isinstance(self.value, Decimal):
            return self._text_fr()
        if self.unit == Unit.RATE:
            return Rate(self.value * 100).format(None)
        shown = format_number(self.value)
        word = {Unit.POINTS: "point", Unit.DAYS: "jour"}.get(Unit(self.unit))
        return f"{shown}{NBSP}{word}{'s' if abs(self.value) >= 2 else ''}" if word else shown

    def _text_fr(self) -> str:
        if self.unit == Unit.YES_NO:
            return "oui" if self.is_yes else "non"
        if self.unit == Unit.MONTH_DAY:
            due = self.due_on(2000)
            return f"{'1er' if due.day == 1 else due.day} {MONTHS_FR[due.month - 1]} de l'année suivante"
        return {
            "both": "par action, puis par contrat et année",
            "action": "par action",
            "contract": "par contrat et année",
            "none": "aucun (sans objet)",
        }.get(self.text, self.text)


def parameter(rows: Iterable[Parameter], name: str, kind: str, on: date | int) -> Parameter | None:
    """The parameter in force for this kind of contract, or for all kinds; None when none is known.

    `on` is a day, or a year: the last day of that year then decides. A row of the kind itself wins over `all`; of
    several rows, the one that started last.
    """
    day = date(on, 12, 31) if isinstance(on, int) else on
    found = [row for row in rows if row.name == name and row.kind in {kind, ALL_KINDS} and row.in_force(day)]
    return max(found, key=lambda row: (row.kind == kind, row.starts_on), default=None)


def overlaps(rows: Sequence[Parameter]) -> list[tuple[Parameter, Parameter]]:
    """Pairs of rows of one name and kind in force on a same day: the data would then answer twice."""
    ordered = sorted(rows, key=lambda row: (row.name, row.kind, row.starts_on))
    return [
        (before, after)
        for before, after in pairwise(ordered)
        if (before.name, before.kind) == (after.name, after.kind)
        and (before.ends_on is None or before.ends_on >= after.starts_on)
    ]
