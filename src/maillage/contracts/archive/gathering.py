"""What the database says of a contract, read at once: the rest of the archive is made from this and from files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from maillage.contracts.archive import money, negotiation, results
from maillage.contracts.archive.files import Item, items_of
from maillage.contracts.archive.tables import ArchiveTable, instant
from maillage.contracts.models import Amendment, Contract, ContractVersion
from maillage.contracts.selectors.amendments import Comparison, compared_amendment
from maillage.contracts.selectors.history import Detail, details, journal_of, people_of
from maillage.contracts.selectors.versions import verify
from maillage.contracts.text import all_names
from maillage.core.models import AuditEntry
from maillage.engines.contract_text import label_of


@dataclass(frozen=True, slots=True)
class ArchivedAmendment:
    """An amendment, what it changes, and its proposal as JSON."""

    amendment: Amendment
    comparison: Comparison
    json: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything but the bytes of the files. `problems`: what is wrong in the database itself (V1), in French."""

    contract: Contract
    at: datetime
    versions: tuple[ContractVersion, ...]
    amendments: tuple[ArchivedAmendment, ...]
    sections: tuple[tuple[str, tuple[ArchiveTable, ...]], ...]
    figures: tuple[tuple[str, str], ...]
    journal: tuple[dict[str, Any], ...]
    items: tuple[Item, ...]
    problems: tuple[str, ...]

    @property
    def tables(self) -> list[ArchiveTable]:
        return [table for _, tables in self.sections for table in tables]


@transaction.atomic
def gather(*, contract: Contract, at: datetime) -> Gathered:
    """Read everything of a contract. It is locked meanwhile: what is read goes together."""
    found = Contract.objects.select_for_update(of=("self",)).select_related(
        "territory", "pact", "document", "linked_to"
    )
    held = found.get(pk=contract.pk)
    versions = list(held.versions.select_related("amendment", "created_by").order_by("number"))
    amendments = list(held.amendments.select_related("base", "created_by", "version").order_by("number"))
    for one in amendments:
        one.contract = held
    entries = list(journal_of(held).order_by("at", "pk"))
    return Gathered(
        contract=held,
        at=at,
        versions=tuple(versions),
        amendments=tuple(_archived(one) for one in amendments),
        sections=_sections(held, versions, amendments, entries),
        figures=tuple(results.frozen_figures(held)),
        journal=tuple(_line(one) for one in entries),
        items=tuple(items_of(held)),
        problems=tuple(_problems(held)),
    )


def _problems(contract: Contract) -> list[str]:
    faults = verify(contract)
    moved = [f"{label_of(one.path)} : la base dit autre chose que la version en vigueur." for one in faults.moved]
    return [*faults.hashes, *moved]


def _archived(amendment: Amendment) -> ArchivedAmendment:
    comparison = compared_amendment(amendment)
    content = {
        "number": amendment.number,
        "title": amendment.title,
        "kinds": amendment.kinds,
        "reason": amendment.reason,
        "status": amendment.status,
        "base_version": amendment.base.number,
        "changes": comparison.plain(),
        "proposed": amendment.proposed,
    }
    return ArchivedAmendment(
        amendment, comparison, json.dumps(content, ensure_ascii=False, sort_keys=True, indent=2) + "\n"
    )


def _line(entry: AuditEntry) -> dict[str, Any]:
    """A line of the journal as it is kept: codes, and every before and after."""
    return {
        "at": instant(entry.at),
        "by": negotiation.name_of(entry.actor),
        "action": entry.action,
        "object": entry.object_type,
        "id": entry.object_id,
        "territory": entry.territory_code,
        "summary": entry.summary,
        "changes": entry.changes,
    }


def _sections(
    contract: Contract, versions: Sequence[ContractVersion], amendments: Sequence[Amendment], entries: list[AuditEntry]
) -> tuple[tuple[str, tuple[ArchiveTable, ...]], ...]:
    agreed = (
        negotiation.versions_table(versions),
        negotiation.amendments_table(amendments),
        negotiation.differences_table(amendments),
        negotiation.decisions_table(entries),
        negotiation.people_table(contract),
        results.attachments_table(contract),
        results.documents_table(contract),
    )
    said = (
        negotiation.comments_table(contract),
        negotiation.waivers_table(contract),
        negotiation.findings_table(contract),
        negotiation.parameters_table(contract),
    )
    spent = (
        money.caps_table(contract),
        money.sheets_table(contract),
        money.costs_table(contract),
        money.lines_table(contract),
        money.movements_table(contract),
        money.ejs_table(contract),
    )
    done = (
        results.targets_table(contract),
        results.readings_table(contract),
        results.parts_table(contract),
        results.reports_table(contract),
        results.evaluations_table(contract),
        results.compared_table(contract),
        results.recommendations_table(contract),
        results.evidence_table(contract),
    )
    return (
        ("Ce qui a été convenu", agreed),
        ("Règles, commentaires et dérogations", said),
        ("L'argent", spent),
        ("Ce qui a été fait", done),
        ("Le journal", (_journal_table(entries),)),
    )


def _journal_table(entries: list[AuditEntry]) -> ArchiveTable:
    """One row a change, oldest first; a line that changed nothing named keeps one row."""
    names, people = all_names(), people_of(entries)
    header = ("Quand", "Qui", "Ce qui s'est passé", "Action", "Champ", "Chemin", "Avant", "Après")
    rows = [
        (
            entry.at,
            negotiation.name_of(entry.actor),
            entry.summary,
            entry.action,
            one.label,
            one.path,
            one.before,
            one.after,
        )
        for entry in entries
        for one in _or_nothing(details(entry, names, people))
    ]
    return ArchiveTable("journal", "Journal", header, rows)


def _or_nothing(found: list[Detail]) -> Iterable[Detail]:
    return found or [Detail("", "", "")]
