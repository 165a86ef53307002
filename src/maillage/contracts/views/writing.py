"""What every page that writes the text needs: what may be chosen, what is closed and why, what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from maillage.contracts import perms
from maillage.contracts.forms.text import Source
from maillage.contracts.models import Contract
from maillage.contracts.selectors.choices import choices_of
from maillage.contracts.selectors.comparison import shown_at
from maillage.contracts.selectors.drafts import STATE_ONLY, Draft, draft_of
from maillage.contracts.selectors.negotiation import in_force
from maillage.contracts.text import all_names, known_codes
from maillage.contracts.views.common import user_of
from maillage.core import clock
from maillage.engines.contract_text import Change, Text, at_path, changes, field_at, kind_labels
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, OPEN_WHERE_COMMENTED
from maillage.ui.units import typography

READ_ONLY = "Vous lisez ce contrat sans pouvoir le modifier."
STATE_WRITES = "Les plafonds de l'État sont écrits par l'État."


@dataclass(frozen=True)
class Desk:
    """A contract, who works on it, and the text that is worked on."""

    contract: Contract
    draft: Draft
    is_party: bool
    is_state_team: bool

    @classmethod
    def of(cls, request: HttpRequest, contract: Contract) -> Desk:
        user, today = user_of(request), clock.today()
        return cls(
            contract,
            draft_of(contract),
            perms.is_party(user, contract, today),
            perms.is_state_team(user, contract, today),
        )

    @property
    def may_write(self) -> bool:
        """Whether this person may change something of the text now."""
        return self.is_party and self.draft.is_open

    def closed(self, change: Change) -> str:
        """Why a change may not be made by this person now; '' when it may."""
        return typography(self._closed(change))

    def _closed(self, change: Change) -> str:
        if not self.is_party:
            return READ_ONLY
        if change.path.startswith(STATE_ONLY) and not self.is_state_team:
            return STATE_WRITES
        refused = self.draft.refused([change])
        return refused[0][1] if refused else ""

    def closed_at(self, path: str) -> str:
        """Why a field, or the taking out of an object, is closed."""
        kind = "changed" if field_at(path) is not None else "removed"
        content = at_path(self.draft.text, path)
        return self.closed(Change(path, kind, content, None if kind == "removed" else ""))

    def closed_to_add(self, path: str) -> str:
        """Why an object may not be added at this path."""
        return self.closed(Change(path, "added", None, {}))

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        return all_names()

    @cached_property
    def source(self) -> Source:
        return Source(choices_of(self.contract), known_codes(), self.names, self.closed_at)

    @cached_property
    def in_force(self) -> Text | None:
        return in_force(self.draft)

    @cached_property
    def changed_paths(self) -> frozenset[str]:
        """The places where an open amendment differs from the version in force."""
        if self.in_force is None:
            return frozenset()
        return frozenset(change.path for change in changes(self.in_force, self.draft.text))

    def before(self, path: str) -> str:
        """What the version in force says at a place that the amendment changes, in French; '' elsewhere."""
        if self.in_force is None or path not in self.changed_paths:
            return ""
        return shown_at(path, at_path(self.in_force, path), self.names) or "absent de la version en vigueur"

    @property
    def banner(self) -> dict[str, Any]:
        """What the page says of the text it shows: which one, in which state, what may be changed of it."""
        amendment = self.draft.amendment
        table = AMENDMENT if amendment is not None else CONTRACT
        return {
            "amendment": amendment,
            "version": amendment.base.number if amendment is not None else None,
            "opened": kind_labels(amendment.kinds) if amendment is not None else [],
            "state": table.labels[self.draft.status],
            "is_open": self.draft.is_open,
            "only_commented": self.draft.status in OPEN_WHERE_COMMENTED,
            "may_write": self.may_write,
        }
