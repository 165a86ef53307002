"""Writes of the collection: campaigns, lists of figures, answers, checks, consolidation."""

from maillage.collection.services.answers import Entry, EntryConflict, ask, enter, submit, unlock, validate, withdraw
from maillage.collection.services.campaigns import (
    add_figures,
    add_request,
    assign,
    copy_campaign,
    create_campaign,
    extend,
    remove_request,
    revise_campaign,
)
from maillage.collection.services.consolidation import close, consolidate, open_campaign, reopen

__all__ = [
    "Entry",
    "EntryConflict",
    "add_figures",
    "add_request",
    "ask",
    "assign",
    "close",
    "consolidate",
    "copy_campaign",
    "create_campaign",
    "enter",
    "extend",
    "open_campaign",
    "remove_request",
    "reopen",
    "revise_campaign",
    "submit",
    "unlock",
    "validate",
    "withdraw",
]
