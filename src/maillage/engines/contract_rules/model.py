"""What the rules of contracts take and give: plain values, nothing stored, nothing loaded.

Amounts are Decimals in euros, exact to the cent. None is « not known »: it is never read as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    """`blocking`: the contract goes no further with it. `blocking_at_signature`: it may stand until then.

    `warning`: it is shown, and may be waived with a reason.
    """

    BLOCKING = "blocking"
    BLOCKING_AT_SIGNATURE = "blocking_at_signature"
    WARNING = "warning"

    @property
    def label_fr(self) -> str:
        return {"blocking": "Bloquant", "blocking_at_signature": "Bloque la signature", "warning": "À justifier"}[self]


class Family(StrEnum):
    """Who pays, as the co-financing rule sees it."""

    STATE = "state"
    COLLECTIVITY = "collectivity"
    OTHER = "other"

    @property
    def label_fr(self) -> str:
        return {"state": "État", "collectivity": "Collectivités", "other": "Autres financeurs"}[self]


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One funding line: one year, one funder, cash or in kind. Amounts are cumulated to date."""

    key: str
    year: int
    funder: str
    family: str
    in_kind: bool = False
    planned: Decimal | None = None
    awarded: Decimal | None = None
    committed: Decimal | None = None
    paid: Decimal | None = None
    justified: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The target of an indicator for a year; `value` None when only the indicator was named."""

    indicator_code: str
    year: int
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class YearFacts:
    """The budget of an action for a year. `total_cost` holds contributions in kind; `eligible_cost` is its base."""

    total_cost: Decimal | None = None
    eligible_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """One action sheet. `nature` is new or reinforced; '' where a text is not given yet."""

    code: str
    title: str
    axis_code: str = ""
    measure_code: str = ""
    need: str = ""
    pilot: str = ""
    nature: str = "new"
    justification: str = ""
    baseline_known: bool = False
    larger_public_or_area: bool = False
    years: Mapping[int, YearFacts] = field(default_factory=dict)
    lines: tuple[LineFacts, ...] = ()
    targets: tuple[TargetFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A contract, or one of its versions. `caps`: State credits at most; `budgets`: all funders together."""

    kind: str
    years: tuple[int, ...]
    caps: Mapping[int, Decimal | None] = field(default_factory=dict)
    budgets: Mapping[int, Decimal | None] = field(default_factory=dict)
    sheets: tuple[SheetFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one place. `checkable` False: a figure or a parameter is missing, so nothing is known.

    `path` names the place (« sheets/A1/years/2025 », « contract/years/2025 », « readings »). `key` is the identity that
    a waiver attaches to: it holds the amounts compared, so that the waiver falls when one of them changes.
    """

    rule: str
    severity: Severity
    waivable: bool
    message_fr: str
    path: str
    year: int | None
    key: str
    checkable: bool = True

    @property
    def blocks(self) -> bool:
        """Whether the contract goes no further while it stands (a draft may still be saved, and mended)."""
        return self.severity is Severity.BLOCKING

    @property
    def blocks_signature(self) -> bool:
        """Whether a signature is refused while it stands."""
        return self.severity in {Severity.BLOCKING, Severity.BLOCKING_AT_SIGNATURE}

    @property
    def refuses_write(self) -> bool:
        """Whether the write that would make it true is itself refused: a payment, a reading, a sum."""
        return self.checkable and RULES[self.rule].refuses_write


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table of rules, from which the documentation is made.

    `when_unknown`: the severity of « ne peut pas être vérifiée ». `refuses_write`: while a draft is being filled a sum
    is false by nature, but a payment above its commitment is never written.
    """

    code: str
    title_fr: str
    severity: Severity
    waivable: bool = False
    refuses_write: bool = False
    when_unknown: Severity = Severity.WARNING


_BLOCKING, _AT_SIGNATURE, _WARNING = Severity.BLOCKING, Severity.BLOCKING_AT_SIGNATURE, Severity.WARNING

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule(
            "F1",
            "Les lignes font le budget de l'action ; les actions font le budget annuel du contrat",
            _BLOCKING,
            when_unknown=_AT_SIGNATURE,
        ),
        Rule(
            "F2",
            "Cofinancement : part de l'État par action, part des collectivités par contrat et année",
            _WARNING,
            waivable=True,
        ),
        Rule(
            "F3",
            "Les parts de l'État d'une année tiennent dans le plafond annuel",
            _BLOCKING,
            when_unknown=_AT_SIGNATURE,
        ),
        Rule("F4", "Payé ≤ engagé ≤ attribué ≤ base éligible ≤ coût total, en cumul", _BLOCKING, refuses_write=True),
        Rule(
            "F5",
            "Un engagement juridique, un SIRET et une année n'appartiennent qu'à un dossier",
            _BLOCKING,
            refuses_write=True,
        ),
        Rule(
            "A1",
            "Une action renforcée porte une situation initiale et un public ou un territoire élargi",
            _WARNING,
            waivable=True,
        ),
        Rule(
            "A2",
            "Une action a un axe, une mesure, un besoin, un pilote et un indicateur avec sa cible",
            _AT_SIGNATURE,
        ),
        Rule("I1", "Les ventilations font le total, ou sont dites incomplètes", _WARNING, waivable=True),
        Rule("I2", "Le numérateur d'une part ne dépasse pas son dénominateur", _BLOCKING, refuses_write=True),
        Rule("I3", "Une valeur cumulée ne baisse pas", _WARNING, waivable=True),
        Rule(
            "I4",
            "Seul le sommable s'additionne ; des personnes ne s'additionnent qu'avec la note de double compte",
            _BLOCKING,
            refuses_write=True,
        ),
        Rule("V1", "L'empreinte de la version en vigueur est celle de son contenu", _BLOCKING, refuses_write=True),
    )
}


@dataclass(frozen=True, slots=True)
class Breakdown:
    """How a total splits along one dimension (sex, age, territory). `incomplete` is said by who enters it."""

    dimension: str
    label: str
    parts: Mapping[str, Decimal | None]
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """One reading. `nature` is stock, flow, share or level. `history`: validated values of the same series by date.

    `added_up`: the value was made by adding up other readings, of actions or territories; `summable` says whether the
    indicator allows it, `unique_persons` whether the same person may then count twice, `double_count_note` whether it
    is said.
    """

    indicator_code: str
    label: str
    nature: str
    value: Decimal | None
    ends_on: date
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    cumulative: bool = False
    breakdowns: tuple[Breakdown, ...] = ()
    history: Mapping[date, Decimal] = field(default_factory=dict)
    added_up: bool = False
    summable: bool = True
    unique_persons: bool = False
    double_count_note: bool = False


@dataclass(frozen=True, slots=True)
class EjUse:
    """One use of a legal commitment: its EJ number, the beneficiary's SIRET, the year, the file that holds it."""

    ej: str
    siret: str
    year: int
    file: str
