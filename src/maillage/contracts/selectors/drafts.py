"""What may be changed of a contract now: the text in negotiation, that of an open amendment, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from maillage.contracts.models import Amendment, Contract, FieldComment
from maillage.contracts.text import text_of
from maillage.engines.contract_text import Change, Text, locked_changes
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE, OPEN_TO_CHANGE, OPEN_WHERE_COMMENTED, OVER

STATE_ONLY = ("caps/",)  # what the State alone writes: its own caps


@dataclass(frozen=True)
class Draft:
    """The text that is worked on. `amendment` None: the contract itself, before its first signature."""

    contract: Contract
    amendment: Amendment | None
    text: Text

    @property
    def status(self) -> str:
        return self.amendment.status if self.amendment is not None else self.contract.status

    @property
    def is_open(self) -> bool:
        """Whether something of it may be changed."""
        return self.status in OPEN_TO_CHANGE | OPEN_WHERE_COMMENTED

    @cached_property
    def commented_paths(self) -> frozenset[str]:
        """The paths that an open comment re-opens."""
        comments = FieldComment.objects.filter(contract=self.contract, closed_at__isnull=True)
        return frozenset(comments.filter(amendment=self.amendment).values_list("path", flat=True))

    def refused(self, made: Iterable[Change]) -> list[tuple[Change, str]]:
        """The changes that may not be made, each with the reason in French."""
        made = list(made)
        if not self.is_open:
            return [(change, "Le texte n'est pas modifiable dans cet état.") for change in made]
        refused = [(change, _NOT_COMMENTED) for change in made if not self._is_reopened(change.path)]
        if self.amendment is not None:
            last_year = int(self.amendment.base_last_year)
            locked = locked_changes(made, self.amendment.kinds, last_year=last_year, text=self.text)
            refused += [(change, "Cet avenant n'ouvre pas ce champ.") for change in locked]
        return refused

    def _is_reopened(self, path: str) -> bool:
        if self.status in OPEN_TO_CHANGE:
            return True
        return any(path == open_one or path.startswith(f"{open_one}/") for open_one in self.commented_paths)


_NOT_COMMENTED = "Pendant les corrections, seuls les champs commentés sont modifiables."


def open_amendment(contract: Contract) -> Amendment | None:
    """The amendment that is not over, if there is one: one at most, the database holds it."""
    return contract.amendments.exclude(status__in=OVER).select_related("base").first()


def draft_of(contract: Contract) -> Draft:
    """What is worked on: before the first signature the contract's rows, then the open amendment's text.

    Without an open amendment, the text in force, which nothing opens.
    """
    if contract.status in BEFORE_SIGNATURE:
        return Draft(contract, None, text_of(contract))
    amendment = open_amendment(contract)
    if amendment is not None:
        return Draft(contract, amendment, amendment.proposed)
    return Draft(contract, None, text_of(contract))
