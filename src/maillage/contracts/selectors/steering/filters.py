"""What a person asks of the steering screen: what the rows are, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import TextChoices

from maillage.engines.contract_rules import Family


class Rows(TextChoices):
    """What a row is. The codes are those of the address."""

    TERRITORY = "territoire", "Par territoire"
    AXIS = "axe", "Par axe"
    CROSSED = "croise", "Axe × territoire"
    YEAR = "annee", "Par année"
    CONTRACT = "contrat", "Par contrat"
    ACTION = "action", "Par action"


class Shown(TextChoices):
    """What a cell of axis × territory holds."""

    AWARDED = "attribue", "Attribué"
    PAID = "paye", "Payé"
    RATE = "taux", "Payé sur attribué"


# « axis » of a sheet that has none, in the address.
NO_AXIS = "sans"


@dataclass(frozen=True, slots=True)
class Filters:
    """`year` None: every year. The others: "" or None keeps everything."""

    rows: str = Rows.TERRITORY
    year: int | None = None
    axis: str = ""
    level: str = ""
    family: str = ""
    territory: str = ""
    contract: int | None = None
    shown: str = Shown.AWARDED

    @property
    def keeps_state(self) -> bool:
        return self.family in ("", Family.STATE)

    def query(self, **changed: object) -> str:
        """The address of the same screen with something changed: « ?lignes=axe&annee=2025 »."""
        asked = replace(self, **changed)  # type: ignore[arg-type]  # the names are those of the fields
        pairs = [
            ("lignes", asked.rows),
            ("annee", "toutes" if asked.year is None else str(asked.year)),
            ("axe", asked.axis),
            ("niveau", asked.level),
            ("famille", asked.family),
            ("territoire", asked.territory),
            ("contrat", "" if asked.contract is None else str(asked.contract)),
            ("montre", asked.shown if asked.rows == Rows.CROSSED else ""),
        ]
        return "?" + urlencode([(name, value) for name, value in pairs if value])
