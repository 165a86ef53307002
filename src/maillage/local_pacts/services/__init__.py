"""Writes of local pacts. `by` is None for a command run on the instance's own machine."""

from __future__ import annotations

from maillage.local_pacts.services.common import EditConflict, Refused
from maillage.local_pacts.services.follow_up import follow_commitment, note_follow_up, record_review
from maillage.local_pacts.services.steps import move_pact, move_partner
from maillage.local_pacts.services.writing import (
    open_pact,
    remove_commitment,
    remove_partner,
    remove_priority,
    remove_section,
    save_commitment,
    save_partner,
    save_priority,
    save_section,
    save_text,
)

__all__ = [
    "EditConflict",
    "Refused",
    "follow_commitment",
    "move_pact",
    "move_partner",
    "note_follow_up",
    "open_pact",
    "record_review",
    "remove_commitment",
    "remove_partner",
    "remove_priority",
    "remove_section",
    "save_commitment",
    "save_partner",
    "save_priority",
    "save_section",
    "save_text",
]
