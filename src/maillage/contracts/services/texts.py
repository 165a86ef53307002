"""The one way in: every form, grid, paste and spreadsheet changes the text of a contract through `change_text`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.models import Amendment, Contract
from maillage.contracts.selectors.drafts import STATE_ONLY, Draft, draft_of
from maillage.contracts.text import known_codes, write_text
from maillage.contracts.values import clean
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.contract_text import (
    REMOVED,
    Change,
    Text,
    bad_code,
    changes,
    edited,
    field_at,
    label_of,
    token,
    unfit,
)
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError, shorten


class TextMoved(MaillageError):
    """Someone changed the same part meanwhile. Nothing is saved; `current` is the text as it is now, to show beside."""

    def __init__(self, paths: list[str], current: Text) -> None:
        named = ", ".join(label_of(path) for path in paths)
        super().__init__(f"{named} : quelqu'un d'autre l'a modifié pendant votre saisie. Rien n'est perdu : comparez.")
        self.paths = paths
        self.current = current


def lock(contract: Contract) -> Contract:
    """The contract, locked until the end of the transaction."""
    return Contract.objects.select_for_update(of=("self",)).select_related("territory").get(pk=contract.pk)


@transaction.atomic
def change_text(
    *,
    contract: Contract,
    edits: Mapping[str, Any],
    seen: Mapping[str, str],
    by: User,
    at: datetime,
    source: str = "saisie",
) -> list[Change]:
    """Set fields and remove objects of the text that is worked on; answers what changed, nothing if nothing did.

    `edits`: path → what was typed (French writing accepted), or `REMOVED`. `seen`: path of a part → its token when it
    was read (`engines.contract_text.token`). `source`: where it comes from, in French, for the journal.
    Raises TextMoved where a part is no longer what was read, InputRefused with every field refused and why.
    """
    locked = lock(contract)
    require(perms.is_party(by, locked, localdate(at)), "Vous ne pouvez pas modifier ce contrat.")
    draft = draft_of(locked)
    moved = [path for path, known in seen.items() if token(draft.text, path) != known]
    if moved:
        raise TextMoved(moved, draft.text)
    after = edited(draft.text, _cleaned(edits))
    made = changes(draft.text, after)
    if not made:
        return []
    _refuse_forbidden(draft, made, by, at)
    _refuse_unfit(after)
    save_draft(draft, after)
    audit.record(
        action="contract.text",
        obj=draft.amendment or locked,
        by=by,
        at=at,
        summary=f"{draft.amendment or locked} : texte modifié ({source})",
        changes={change.path: [change.before, change.after] for change in made},
        territory_code=locked.territory.code,
    )
    return made


def _cleaned(edits: Mapping[str, Any]) -> dict[str, Any]:
    codes = known_codes()
    cleaned: dict[str, Any] = {}
    problems = []
    for path, raw in edits.items():
        if wrong := bad_code(path):
            problems.append(InputProblem(None, label_of(path), f"« {shorten(wrong, 30)} » ne peut pas être un code."))
            continue
        if raw is REMOVED:
            cleaned[path] = raw
            continue
        found = field_at(path)
        if found is None:
            raise ValueError(f"no such field: {path}")
        try:
            cleaned[path] = clean(found[1], raw, codes)
        except MaillageError as error:
            problems.append(InputProblem(None, label_of(path), error.message_fr))
    if problems:
        raise InputRefused(problems, title="Rien n'est enregistré.")
    return cleaned


def _refuse_forbidden(draft: Draft, made: list[Change], by: User, at: datetime) -> None:
    refused = draft.refused(made)
    if not perms.is_state_team(by, draft.contract, localdate(at)):
        own = [change for change in made if change.path.startswith(STATE_ONLY)]
        refused += [(change, "Les plafonds de l'État sont écrits par l'État.") for change in own]
    if refused:
        problems = [InputProblem(None, change.label, reason) for change, reason in refused]
        raise InputRefused(problems, title="Rien n'est enregistré.")


def _refuse_unfit(text: Text) -> None:
    """What no row could hold is refused with its place, in the rows and in an amendment's proposal alike."""
    problems = [InputProblem(None, label_of(path), message) for path, message in unfit(text)]
    wanted = [(sheet, code) for sheet, content in text["sheets"].items() for code in content.get("targets", {})]
    known = set(Indicator.objects.filter(code__in={code for _, code in wanted}).values_list("code", flat=True))
    problems += [
        InputProblem(None, label_of(f"sheets/{sheet}/targets"), f"« {shorten(code, 60)} » n'est pas connu ici.")
        for sheet, code in wanted
        if code not in known
    ]
    if problems:
        raise InputRefused(problems, title="Rien n'est enregistré.")


def save_draft(draft: Draft, text: Text) -> None:
    """Write the text where it is worked on: the rows before the first signature, the amendment afterwards."""
    if draft.amendment is None:
        write_text(draft.contract, text, keep_removed=False)
        return
    Amendment.objects.filter(pk=draft.amendment.pk).update(proposed=text)


__all__ = ["REMOVED", "TextMoved", "change_text", "lock", "save_draft"]
