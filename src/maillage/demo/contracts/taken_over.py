"""The contracts of 2019 and 2020, as a document gives them: credits by year, base measures, and nothing else."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from maillage.contracts.models import Contract
from maillage.contracts.services.contracts import take_over
from maillage.demo.contracts.tables import Row, Tables
from maillage.pacts.models import BaseMeasure, Pact
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory

PURPOSE = (
    "Seuls les crédits de l'État de 2019 et de 2020 sont connus ici, et les mesures socles communes aux conventions. "
    "Ni leur ventilation par action, ni la part de la collectivité, ni la date de signature ne sont dans le document."
)


def load(tables: Tables, known: set[str], at: datetime) -> int:
    """Write the contracts that are missing, where their territory and their document are loaded."""
    territories = Territory.objects.in_bulk([row["territory"] for row in tables.taken_over], field_name="code")
    documents = SourceDocument.objects.in_bulk([row["document"] for row in tables.taken_over], field_name="code")
    done = 0
    for row in tables.taken_over:
        if row["reference"] in known or row["territory"] not in territories or row["document"] not in documents:
            continue
        _write(row, territories[row["territory"]], documents[row["document"]], tables, at)
        done += 1
    return done


def _write(row: Row, territory: Territory, document: SourceDocument, tables: Tables, at: datetime) -> None:
    contract = Contract.objects.create(
        reference=row["reference"],
        kind=row["kind"],
        title=row["title"],
        territory=territory,
        pact=Pact.objects.filter(code=row["pact"]).first(),
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]),
        purpose=PURPOSE,
        created_at=at,
    )
    for cap in tables.caps:
        if cap["reference"] == contract.reference:
            contract.caps.create(year=int(cap["year"]), ae=Decimal(cap["ae"]), reference=cap["note"])
    _base_measures(contract, row["base_measures"].split(";"))
    take_over(contract=contract, document=document, locator=row["locator"], signed_on=None, by=None, at=at)


def _base_measures(contract: Contract, codes: list[str]) -> None:
    measures = BaseMeasure.objects.in_bulk([code for code in codes if code], field_name="code")
    for rank, code in enumerate((code for code in codes if code in measures), start=1):
        contract.sheets.create(code=code, title=measures[code].title, base_measure=measures[code], position=rank)
