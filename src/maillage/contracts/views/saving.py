"""Saving a part of the text while others may be changing it: merge what goes together, ask about the rest.

A form carries, signed, the part as it was read. From it one knows what its author changed, and, when someone saved
meanwhile, what each of the two did: nothing that was typed is lost, and nothing of the other is overwritten unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from maillage.contracts.models import Contract
from maillage.contracts.selectors.comparison import named, shown_at, told
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.services.texts import TextMoved, change_text
from maillage.contracts.text import all_names
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.core import clock
from maillage.core.models import AuditEntry
from maillage.engines.contract_text import (
    REMOVED,
    Change,
    Conflict,
    Merge,
    Text,
    at_path,
    edits_for,
    empty_text,
    field_at,
    label_of,
    merged,
    token,
)
from maillage.kernel.errors import InputRefused, MaillageError, shorten
from maillage.kernel.numbers import french_list
from maillage.ui.forms import BaseForm
from maillage.ui.units import typography

SALT = "maillage.contracts.part"
MAX_TRIES = 3
_REMOVED = {"removed": True}  # how a removal is written where only JSON passes
JOURNAL_READ = 20  # lines of the journal looked at to name who wrote
NAMED = 4  # places named in a message; the page of history has them all


def part_of(text: Text, places: Sequence[str]) -> Text:
    """A text that holds these places of another, and nothing else."""
    kept = empty_text()
    for place in places:
        *steps, name = place.split("/")
        found: Any = kept
        for step in steps:
            found = found.setdefault(step, {})
        value = at_path(text, place)
        if value is not None:
            found[name] = value
    return kept


def sealed(contract: Contract, text: Text, places: Sequence[str]) -> str:
    """The places as they are read now, for the form to bring back."""
    return signing.dumps({"contract": contract.pk, "text": part_of(text, places)}, salt=SALT, compress=True)


def unsealed(request: HttpRequest, contract: Contract, text: Text, places: Sequence[str]) -> Text:
    """The places as the form was made from; as they are now where the form brings nothing readable."""
    try:
        found = signing.loads(request.POST.get("base", ""), salt=SALT)
    except signing.BadSignature:
        return part_of(text, places)
    if found.get("contract") != contract.pk or "text" not in found:
        return part_of(text, places)
    base: Text = found["text"]
    return base


@dataclass(frozen=True)
class Saving:
    """What someone wants to save: `edits` of the `places`, made from `base`. `after_url`: where the success leads."""

    contract: Contract
    places: tuple[str, ...]
    base: Text
    edits: Mapping[str, Any]
    after_url: str
    done: str = "C'est enregistré."
    source: str = "saisie"


def save(request: HttpRequest, saving: Saving) -> HttpResponse:
    """Save, and go on; or show both versions where two people wrote the same place.

    Raises InputRefused, or another MaillageError, where the text refuses: the caller shows it in its form.
    """
    merges: list[Merge] = []
    who = ""
    for _ in range(MAX_TRIES):
        try:
            made = _change(request, saving)
        except TextMoved as moved:
            who = who_wrote(saving)
            current = part_of(moved.current, saving.places)
            merge = merged(saving.base, _with_free_keys(saving, current), current)
            if merge.conflicts:
                return conflict_page(request, replace(saving, base=current, edits=merge.kept), merge)
            merges.append(merge)
            saving = replace(saving, base=current, edits=merge.kept)
        else:
            return _done(request, saving, made, merges, who)
    raise MaillageError("Le texte change trop vite : rien n'est perdu, enregistrez de nouveau dans un instant.")


def _change(request: HttpRequest, saving: Saving) -> list[Change]:
    return change_text(
        contract=saving.contract,
        edits=saving.edits,
        seen={place: token(saving.base, place) for place in saving.places},
        by=user_of(request),
        at=clock.now(),
        source=saving.source,
    )


def _done(
    request: HttpRequest, saving: Saving, made: Sequence[Change], merges: Sequence[Merge], who: str
) -> HttpResponse:
    if merges:
        theirs = [change.path for merge in merges for change in merge.theirs]
        messages.info(request, typography(f"{who} {_places(theirs)}. {_own(made)}"))
    messages.success(request, typography(saving.done if made else "Rien n'avait changé : rien n'est à enregistrer."))
    return redirect(saving.after_url)


def _own(made: Sequence[Change]) -> str:
    if not made:
        return "Vous aviez écrit la même chose."
    return "Vos modifications portaient sur d'autres champs : elles s'y ajoutent."


def _places(paths: Sequence[str]) -> str:
    labels = [label_of(path) for path in paths[:NAMED]]
    more = len(paths) - len(labels)
    rest = [f"{more} autre{'s' if more > 1 else ''} champ{'s' if more > 1 else ''}"] if more else []
    return f"a modifié entre-temps : {french_list([*labels, *rest])}"


def who_wrote(saving: Saving) -> str:
    """The name of who saved these places last."""
    entry = last_writing(saving)
    return str(entry.actor) if entry is not None and entry.actor is not None else "Quelqu'un"


def last_writing(saving: Saving) -> AuditEntry | None:
    """The last line of the journal that changed these places: who and when."""
    subject = draft_of(saving.contract).amendment or saving.contract
    found = AuditEntry.objects.filter(
        object_type=subject._meta.label_lower, object_id=str(subject.pk), action="contract.text"
    )
    for entry in found.select_related("actor")[:JOURNAL_READ]:
        if any(path == place or path.startswith(f"{place}/") for path in entry.changes for place in saving.places):
            return entry
    return None


def _with_free_keys(saving: Saving, current: Text) -> dict[str, Any]:
    """My edits, the lines that I add under keys that nobody took meanwhile: two lines added are two lines."""
    edits: dict[str, Any] = {}
    renamed: dict[str, str] = {}
    for path, value in saving.edits.items():
        steps = path.split("/")
        place = "/".join(steps[:4])
        if steps[2:3] == ["lines"] and at_path(saving.base, place) is None and at_path(current, place) is not None:
            renamed.setdefault(place, _free_key(place, current, {*saving.edits, *renamed.values()}))
            path = path.replace(place, renamed[place], 1)
        edits[path] = value
    return edits


def _free_key(place: str, current: Text, asked: set[str]) -> str:
    parent = place.rpartition("/")[0]
    taken = {
        *(at_path(current, parent) or {}),
        *(path.split("/")[3] for path in asked if path.startswith(f"{parent}/")),
    }
    return next(f"{parent}/L{rank}" for rank in range(1, len(taken) + 2) if f"L{rank}" not in taken)


# --- both versions, side by side --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """A conflict as the page shows it. `name`: of its controls; `can_rewrite`: a field may be written a third way."""

    name: str
    label: str
    base: str
    mine: str
    theirs: str
    can_rewrite: bool
    is_long: bool
    chosen: str = ""
    rewritten: str = ""
    error: str = ""


def conflict_page(
    request: HttpRequest, saving: Saving, merge: Merge, *, answers: Mapping[str, Any] | None = None, refused: str = ""
) -> HttpResponse:
    """The two versions of each place that two people wrote, with what was there before. Nothing is saved yet."""
    names = all_names()
    given = answers or {}
    choices = [_choice(rank, one, names, given) for rank, one in enumerate(merge.conflicts)]
    form = BaseForm()
    entry = last_writing(saving)
    kept = [Change(path, "changed", at_path(saving.base, path), value) for path, value in saving.edits.items()]
    context = frame(saving.contract, "contract-negotiation") | {
        "form": form,
        "choices": choices,
        "refused": refused,
        "who": who_wrote(saving),
        "when": entry.at if entry is not None else None,
        "kept": told([one for one in kept if one.after is not REMOVED], names),
        "kept_removed": [named(one.path, names) for one in kept if one.after is REMOVED],
        "theirs": [one for one in told(merge.theirs, names) if not _is_asked(one.path, merge)],
        "sealed": _sealed_conflict(saving, merge),
        "cancel_url": saving.after_url,
        "action": reverse("contract-conflict", args=[saving.contract.pk]),
    }
    return render(request, "contracts/conflict.html", context, status=409)


def _is_asked(path: str, merge: Merge) -> bool:
    return any(path == one.path or path.startswith(f"{one.path}/") for one in merge.conflicts)


def _choice(rank: int, one: Conflict, names: Any, given: Mapping[str, Any]) -> Choice:
    name = f"c{rank}"
    found = field_at(one.path)
    gone = "retiré" if found is None else ""
    mine = shown_at(one.path, one.mine, names) or gone
    return Choice(
        name=name,
        label=named(one.path, names),
        base=shown_at(one.path, one.base, names) or "rien",
        mine=mine,
        theirs=shown_at(one.path, one.theirs, names) or gone,
        can_rewrite=found is not None and found[1].kind in ("line", "long", "amount", "value"),
        is_long=found is not None and found[1].kind == "long",
        chosen=str(given.get(name, "")),
        rewritten=str(given.get(f"{name}-text", "" if one.mine is None or found is None else one.mine)),
        error="Choisissez une des deux versions, ou écrivez la vôtre." if given and not given.get(name) else "",
    )


def _sealed_conflict(saving: Saving, merge: Merge) -> str:
    held = {
        "contract": saving.contract.pk,
        "places": saving.places,
        "text": saving.base,
        "edits": {path: _REMOVED if value is REMOVED else value for path, value in saving.edits.items()},
        "conflicts": [[one.path, one.base, one.mine, one.theirs] for one in merge.conflicts],
        "after_url": saving.after_url,
        "done": saving.done,
        "source": saving.source,
    }
    return signing.dumps(held, salt=f"{SALT}.conflict", compress=True)


@require_POST
def contract_conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """What was chosen is saved against the text that was shown; if it moved again, what remains is asked again."""
    contract = contract_or_404(request, pk)
    saving, merge = _opened_conflict(request, contract)
    answers = {key: value for key, value in request.POST.items() if key.startswith("c")}
    chosen: dict[str, Any] = {}
    for rank, one in enumerate(merge.conflicts):
        chosen |= _chosen(one, request.POST.get(f"c{rank}", ""), request.POST.get(f"c{rank}-text", ""))
    if any(not request.POST.get(f"c{rank}") for rank in range(len(merge.conflicts))):
        return conflict_page(request, saving, merge, answers=answers or {"": ""}, refused="Il reste un choix à faire.")
    try:
        return save(request, replace(saving, edits={**saving.edits, **chosen}))
    except MaillageError as error:
        said = " ".join(error.lines()) if isinstance(error, InputRefused) else error.message_fr
        return conflict_page(request, saving, merge, answers=answers, refused=shorten(said))


def _chosen(one: Conflict, answer: str, text: str) -> dict[str, Any]:
    if answer == "mine":
        return edits_for(one.path, one.mine)
    if answer == "text" and field_at(one.path) is not None:
        return {one.path: text}
    return {}


def _opened_conflict(request: HttpRequest, contract: Contract) -> tuple[Saving, Merge]:
    try:
        held = signing.loads(request.POST.get("conflict", ""), salt=f"{SALT}.conflict")
    except signing.BadSignature:
        raise Http404 from None
    if held["contract"] != contract.pk:
        raise Http404
    edits = {path: REMOVED if value == _REMOVED else value for path, value in held["edits"].items()}
    saving = Saving(
        contract,
        tuple(held["places"]),
        held["text"],
        edits,
        held["after_url"],
        held["done"],
        held["source"],
    )
    return saving, Merge(edits, tuple(Conflict(*one) for one in held["conflicts"]), ())
