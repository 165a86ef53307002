"""Everything that happened to a contract, read from the journal; every value that a field has had."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from maillage.contracts.models import (
    ActionSheet,
    Amendment,
    Attachment,
    Contract,
    ContractVersion,
    Ej,
    Evaluation,
    Evidence,
    ExecutionReport,
    FieldComment,
    FundingLine,
    GeneratedDocument,
    IndicatorTarget,
    Movement,
    Reading,
    Recommendation,
    RuleWaiver,
)
from maillage.contracts.selectors.comparison import named, shown_at, told
from maillage.contracts.text import Names
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.engines.contract_text import PARTS, Change, at_path, field_at, kind_labels, part_at
from maillage.engines.lifecycle.contracts import LIFECYCLES
from maillage.engines.lifecycle.model import Lifecycle
from maillage.kernel.money import Money

TEXT = "contract.text"  # the action of every change of a text: forms, grids, pastes, spreadsheets
_CONTRACT = "contracts.contract"
_SHEET = "contracts.actionsheet"

# What belongs to a contract, and how it leads to it; what belongs to one of its sheets leads through the sheet.
_OF_CONTRACT: tuple[tuple[type[models.Model], str], ...] = (
    (Amendment, "contract"),
    (ContractVersion, "contract"),
    (Attachment, "contract"),
    (FieldComment, "contract"),
    (RuleWaiver, "contract"),
    (GeneratedDocument, "contract"),
    (Evaluation, "contract"),
    (Recommendation, "evaluation__contract"),
)
_OF_SHEET: tuple[tuple[type[models.Model], str], ...] = (
    (FundingLine, "sheet"),
    (Movement, "line__sheet"),
    (Ej, "sheet"),
    (IndicatorTarget, "sheet"),
    (Reading, "target__sheet"),
    (ExecutionReport, "sheet"),
    (Evidence, "sheet"),
)


def _of(model: type[models.Model], **owner: Any) -> Q:
    """The lines about the rows of a model, wherever their keys are: one subquery, no list."""
    keys = model._default_manager.filter(**owner).annotate(key_text=Cast("pk", TextField())).values("key_text")
    return Q(object_type=model._meta.label_lower, object_id__in=keys)


def journal_of(contract: Contract) -> QuerySet[AuditEntry]:
    """Every line of the journal about a contract or anything of its own, the newest first.

    A sheet taken out before the first signature has no row any more: its lines are known by the words they begin with.
    """
    of = Q(object_type=_CONTRACT, object_id=str(contract.pk)) | _of(ActionSheet, contract=contract)
    of |= Q(object_type=_SHEET, summary__startswith=f"{contract.reference} · fiche ")
    for model, path in _OF_CONTRACT:
        of |= _of(model, **{path: contract})
    for model, path in _OF_SHEET:
        of |= _of(model, **{f"{path}__contract": contract})
    return AuditEntry.objects.select_related("actor").filter(of)


def of_amendment(entries: QuerySet[AuditEntry], amendment: Amendment) -> QuerySet[AuditEntry]:
    return entries.filter(object_type=Amendment._meta.label_lower, object_id=str(amendment.pk))


def of_contract(entries: QuerySet[AuditEntry], contract: Contract) -> QuerySet[AuditEntry]:
    """The lines about the contract itself: its steps, its text, its parties, its files."""
    return entries.filter(object_type=_CONTRACT, object_id=str(contract.pk))


def of_sheet(entries: QuerySet[AuditEntry], sheet: ActionSheet) -> QuerySet[AuditEntry]:
    """The lines about an action, whatever it holds, and the changes of text that touch it."""
    of = Q(object_type=_SHEET, object_id=str(sheet.pk))
    for model, path in _OF_SHEET:
        of |= _of(model, **{path: sheet})
    touched = Q(action=TEXT, changes_text__contains=f'"sheets/{sheet.code}/')
    touched |= Q(action=TEXT, changes__has_key=f"sheets/{sheet.code}")
    return entries.annotate(changes_text=Cast("changes", TextField())).filter(of | touched)


def of_field(entries: QuerySet[AuditEntry], path: str) -> QuerySet[AuditEntry]:
    """The changes of text that touch a field or an object: it itself, what holds it, what it holds."""
    around = Q(changes__has_any_keys=[path, *holders(path)])
    within = Q(changes_text__contains=f'"{path}/')
    annotated = entries.annotate(changes_text=Cast("changes", TextField()))
    return annotated.filter(around | within, action=TEXT)


def of_kind_of_field(entries: QuerySet[AuditEntry], part: str, name: str) -> QuerySet[AuditEntry]:
    """The changes of text that touch one field of the catalogue, in whatever object: the need of any sheet.

    An object that comes or goes brings its fields with it.
    """
    path = next(one for one in PARTS if one.name == part).path
    steps = ['[^/"]+' if step == "*" else step for step in path]
    objects = ["/".join(steps[:rank]) for rank in range(2, len(steps) + 1, 2)]
    places = "|".join([*objects, "/".join([*steps, name])])
    annotated = entries.annotate(changes_text=Cast("changes", TextField()))
    return annotated.filter(action=TEXT, changes_text__regex=f'"({places})": ')


def holders(path: str) -> list[str]:
    """The objects that hold a place: « sheets/A01/lines/L1/year » → its line, its sheet."""
    steps = path.split("/")
    above = ("/".join(steps[:length]) for length in range(len(steps) - 1, 1, -1))
    return [one for one in above if part_at(one) is not None]


def actors_of(contract: Contract) -> list[User]:
    """Who did something on a contract."""
    keys = journal_of(contract).order_by().values("actor")
    return list(User.objects.filter(pk__in=keys).order_by("full_name", "pk"))


# --- what a line says ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that a line of the journal changed, in French; `path` where it is a place of the text."""

    label: str
    before: str
    after: str
    path: str = ""


_TABLES: dict[str, Lifecycle] = {
    "contracts.contract": LIFECYCLES[0],
    "contracts.amendment": LIFECYCLES[1],
    _SHEET: LIFECYCLES[2],
    "contracts.reading": LIFECYCLES[3],
    "contracts.executionreport": LIFECYCLES[4],
}
_WORDS = {
    "reason": "Motif",
    "on": "Date de l'acte",
    "sha256": "Empreinte du fichier",
    "document": "Document",
    "withdrawn": "Motif du retrait",
    "ej": "Engagement juridique",
    "achievements": "Ce qui a été fait",
    "difficulties": "Difficultés",
    "outlook": "Suites",
    "value": "Valeur",
    "unknown_reason": "Pourquoi la valeur manque",
    "numerator": "Numérateur",
    "denominator": "Dénominateur",
    "incomplete": "Ventilations incomplètes",
    "parts": "Ventilations",
    "method": "Méthode",
    "comment": "Commentaire",
    "question": "Question",
    "findings": "Constats",
    "body": "Recommandation",
    "outcome": "Suite donnée",
}
_AMOUNTS = {"committed": "Engagé, cumulé", "paid": "Payé, cumulé", "justified": "Justifié, cumulé"}
_NESTED = frozenset({"fields", "texts"})


def details(entry: AuditEntry, names: Names, people: Mapping[str, str]) -> list[Detail]:
    """What a line changed. `names`: table → code → name; `people`: key of a user → name."""
    if entry.action == TEXT:
        return [Detail(one.label, one.before, one.after, one.path) for one in told(text_changes(entry), names)]
    return [one for name, change in entry.changes.items() for one in _details(entry, name, change, people)]


def text_changes(entry: AuditEntry) -> list[Change]:
    """The changes of text that a line holds."""
    return [_change(path, *pair) for path, pair in sorted(entry.changes.items())]


def _change(path: str, before: Any, after: Any) -> Change:
    if field_at(path) is not None or (before is not None and after is not None):
        return Change(path, "changed", before, after)
    return Change(path, "added" if before is None else "removed", before, after)


def _details(entry: AuditEntry, name: str, change: Any, people: Mapping[str, str]) -> Iterator[Detail]:
    if not (isinstance(change, list) and len(change) == 2):
        yield Detail(_WORDS.get(name, name), "", _plain(change))
        return
    before, after = change
    if name == "status" and entry.object_type in _TABLES:
        labels = _TABLES[entry.object_type].labels
        yield Detail("État", labels.get(before, before or ""), labels.get(after, after or ""))
    elif name in _AMOUNTS:
        yield Detail(_AMOUNTS[name], str(Money.of(before)), str(Money.of(after)))
    elif name in _NESTED:
        yield from _nested(before or {}, after or {})
    elif name == "on" and after:
        yield Detail(_WORDS[name], "", f"{date.fromisoformat(after):%d/%m/%Y}")
    elif name == "figures":
        yield Detail("Chiffres figés", "oui" if before else "non", "oui" if after else "non")
    elif name == "kinds":
        yield Detail("Natures", ", ".join(kind_labels(before or [])), ", ".join(kind_labels(after or [])))
    elif name.startswith("participant/"):
        person = people.get(name.rpartition("/")[2], "")
        yield Detail(f"Personne désignée : {person}" if person else "Personne désignée", _role(before), _role(after))
    elif before or after:
        yield Detail(_label(entry, name), _plain(before), _plain(after))


def _nested(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Detail]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old != new and name != "status":
            yield Detail(_WORDS.get(name, name), _plain(old), _plain(new))


def _label(entry: AuditEntry, name: str) -> str:
    if entry.action.startswith("contract.waive"):
        return "Motif de la dérogation"
    if entry.action.startswith("contract.comment"):
        return "Réponse" if entry.action.endswith("answered") else "Commentaire"
    return _WORDS.get(name, name)


def _role(code: Any) -> str:
    return str(Role(code).label) if code in Role.values else ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} : {_plain(one)}" for key, one in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def people_of(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """Key of a user → name, for those whom the lines name besides their authors. One query."""
    keys = {name.rpartition("/")[2] for one in entries for name in one.changes if name.startswith("participant/")}
    found = User.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    return {str(one.pk): str(one) for one in found}


# --- decisions ---


@dataclass(frozen=True, slots=True)
class Decision:
    """A step that somebody did. `acted_on`: the day written on the act, ISO, '' where there is none."""

    entry: AuditEntry
    subject: str
    step: str
    before: str
    after: str
    reason: str
    acted_on: str


def decisions(entries: Iterable[AuditEntry]) -> list[Decision]:
    """The lines that changed a state, each with its step, its reason and the day of its act."""
    return [_decision(one, _TABLES[one.object_type]) for one in entries if _is_decision(one)]


def _is_decision(entry: AuditEntry) -> bool:
    return entry.object_type in _TABLES and isinstance(entry.changes.get("status"), list)


def _decision(entry: AuditEntry, table: Lifecycle) -> Decision:
    before, after = entry.changes["status"]
    name = entry.action.rpartition(".")[2]
    rows = [row for row in table.transitions if row.name == name]
    step = next(
        (row.label for row in rows if row.source == before), rows[0].label if rows else _OTHER_STEPS.get(name, "")
    )
    return Decision(
        entry=entry,
        subject=entry.summary.rpartition(" : ")[0] or entry.summary,
        step=step,
        before=table.labels.get(before, before or ""),
        after=table.labels.get(after, after or ""),
        reason=_last(entry, "reason"),
        acted_on=_last(entry, "on"),
    )


_OTHER_STEPS = {"take_over": "Reprendre d'un document"}


def _last(entry: AuditEntry, name: str) -> str:
    pair = entry.changes.get(name)
    return str(pair[1] or "") if isinstance(pair, list) and len(pair) == 2 else ""


# --- one field ---


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value that a place of the text took. `effect` says in French whether it came into force.

    `place`: what moved within the place asked, '' when it is the place itself.
    """

    entry: AuditEntry
    before: str
    after: str
    effect: str
    place: str = ""


def field_changes(entries: QuerySet[AuditEntry], contract: Contract, path: str, names: Names) -> list[FieldChange]:
    """Every before and after of a field, or of an object, the newest first; what held it coming or going counts."""
    amendments = {str(one.pk): one for one in contract.amendments.select_related("version")}
    found = []
    for entry in of_field(entries, path):
        amendment = amendments.get(entry.object_id) if entry.object_type == "contracts.amendment" else None
        effect = effect_of(amendment)
        for change in text_changes(entry):
            for where, before, after in _at(change, path):
                texts = (shown_at(where, before, names), shown_at(where, after, names))
                found.append(FieldChange(entry, *texts, effect, named(where, names) if where != path else ""))
    return found


def _at(change: Change, path: str) -> Iterator[tuple[str, Any, Any]]:
    """(place, before, after) of what this change did there; nothing where it left the place as it was."""
    if change.path == path or change.path.startswith(f"{path}/"):
        yield change.path, change.before, change.after
    elif path.startswith(f"{change.path}/"):
        inside = path[len(change.path) + 1 :]
        before, after = (at_path(one, inside) if one is not None else None for one in (change.before, change.after))
        if before != after:
            yield path, before, after


def effect_of(amendment: Amendment | None) -> str:
    """Whether what was written came into force."""
    if amendment is None:
        return "Négociation du contrat"
    if amendment.status == "in_force":
        return f"Avenant {amendment.number}, en vigueur : version {amendment.version.number}"
    if amendment.status == "cancelled":
        return f"Avenant {amendment.number}, annulé : sans effet"
    return f"Avenant {amendment.number}, non signé : sans effet pour l'instant"
