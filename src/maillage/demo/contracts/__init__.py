"""Contracts of the demonstration: those of 2019 and 2020 as a document gives them, and invented ones at every stage.

The first carry the credits that the document prints, and nothing that it does not say. The second say on every page
that they are invented; they are written through the services, by the demonstration accounts, as people would.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.contracts.models import Contract
from maillage.demo.contracts import invented, taken_over
from maillage.demo.contracts.envelope import load_envelope
from maillage.demo.contracts.tables import Tables, load_indicators, load_people


@transaction.atomic
def load_contracts(*, at: datetime) -> int:
    """Write the contracts that are not there yet, and count them. Those that people changed since stay as they are."""
    known = set(Contract.objects.values_list("reference", flat=True))
    tables = Tables()
    people = load_people()
    done = taken_over.load(tables, known, at)
    wanted = [row for row in tables.invented_contracts if row["reference"] not in known]
    if not wanted or not people:
        return done
    load_indicators(at)
    for row in wanted:
        done += invented.write(row, tables, people)
    load_envelope(tables, people)
    return done
