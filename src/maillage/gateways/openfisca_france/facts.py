"""The plain facts of one household, as a worker learns them: what `inputs.csv` asks, and nothing else.

A household is one family in one dwelling: a person who asks, a partner if they live as a couple, children in their
charge. Anybody else under the same roof is another household. Nothing here names or identifies anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    APPLICANT = "applicant"
    PARTNER = "partner"
    CHILD = "child"


class Union(StrEnum):
    SINGLE = "single"
    MARRIED = "married"
    CIVIL_UNION = "civil_union"
    COHABITING = "cohabiting"


class Housing(StrEnum):
    SOCIAL_TENANT = "social_tenant"
    PRIVATE_TENANT = "private_tenant"
    FURNISHED_TENANT = "furnished_tenant"
    HOSTEL = "hostel"
    STUDENT_RESIDENCE = "student_residence"
    OWNER = "owner"
    BUYER = "buyer"
    HOUSED_FREE = "housed_free"
    HOMELESS = "homeless"


class Activity(StrEnum):
    EMPLOYED = "employed"
    UNEMPLOYED = "unemployed"
    STUDENT = "student"
    RETIRED = "retired"
    INACTIVE = "inactive"


class Nationality(StrEnum):
    FRENCH = "french"
    EEA = "eea"
    SWISS = "swiss"
    OTHER = "other"


class MicroActivity(StrEnum):
    SALES = "sales"
    SERVICES = "services"
    LIBERAL = "liberal"


class OtherParent(StrEnum):
    """What the other parent does, for whoever brings up children alone. It opens or closes the ASF."""

    ABSENT = "absent"
    PAYS_LITTLE = "pays_little"
    CONTRIBUTES = "contributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. Amounts are euros a month unless they end `_n2` (the calendar year before last) or are a profit.

    None on an amount: the same as the more recent one. `disability_rate` is a percentage.
    """

    born_on: date
    role: Role = Role.APPLICANT
    activity: Activity = Activity.INACTIVE
    unemployed_since: date | None = None
    wage: float = 0.0
    wage_before: float | None = None
    wage_n2: float | None = None
    wage_stopped: bool = False
    unemployment_benefit: float = 0.0
    unemployment_benefit_before: float | None = None
    unemployment_benefit_n2: float | None = None
    solidarity_allowance: float = 0.0
    retirement_pension: float = 0.0
    retirement_pension_n2: float | None = None
    invalidity_pension: float = 0.0
    sick_pay: float = 0.0
    maternity_pay: float = 0.0
    micro_turnover: float = 0.0
    micro_activity: MicroActivity = MicroActivity.SERVICES
    self_employed_profit: float = 0.0
    scholarship: float = 0.0
    child_support_received: float = 0.0
    child_support_paid: float = 0.0
    disability_rate: float = 0.0
    limited_employment: bool = False
    unfit_for_work: bool = False
    expecting: bool = False
    alternating_care: bool = False
    nationality: Nationality = Nationality.FRENCH
    residence_years: float = 0.0
    worked_two_years: bool = False
    seeks_support: bool = False
    lives_with_parents: bool = False
    in_parents_tax_unit: bool = False
    savings: float = 0.0
    rental_income: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One household. `commune` is an INSEE code, of today or of before; euros a month.

    `housing` None: not known, which no computation accepts.
    """

    persons: Sequence[Person]
    commune: str
    housing: Housing | None = None
    union: Union = Union.SINGLE
    rent: float = 0.0
    flatshare: bool = False
    single_room: bool = False
    family_landlord: bool = False
    housed_with_costs: bool = False
    other_parent: OtherParent = OtherParent.CONTRIBUTES
    separated_recently: bool = False
    rsa_received: float = 0.0
    parental_leave_pay: float = 0.0


def born_on_for_age(age: int, month: str) -> date:
    """A date of birth for whoever gives an age instead: in the middle of the twelve months possible at `month`."""
    year, number = (int(part) for part in month.split("-"))
    past = year * 12 + number - 1 - age * 12 - 6
    return date(past // 12, past % 12 + 1, 1)
