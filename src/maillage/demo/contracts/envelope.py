"""An invented envelope: simulated twice, decided once. It moves no cap."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from maillage.contracts.enums import ContractKind, ShareMethod
from maillage.contracts.models import Envelope
from maillage.contracts.selectors.envelopes import bases_of, equity_record, holders, simulated
from maillage.contracts.services.envelopes import Settings, create_envelope, decide, effect_token, simulate
from maillage.core.enums import Role
from maillage.demo.contracts.invented import REASON
from maillage.demo.contracts.tables import People, Tables
from maillage.engines.envelope import Persons
from maillage.kernel.money import Money
from maillage.territories.selectors import instance_region

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)


def load_envelope(tables: Tables, people: People) -> int:
    """Write the envelope where there is none; 0 where the region is not loaded."""
    region = instance_region()
    if region is None or Envelope.objects.exists():
        return 0
    by = people.of(Role.COMMISSIONER)
    envelope = create_envelope(
        territory=region,
        title="Crédits de 2027 à répartir (exemple inventé)",
        year=2027,
        kind=ContractKind.CLS,
        amount=Money.of(6_000_000),
        reference="Référence d'exemple",
        by=by,
        at=AT,
        is_demonstration=True,
    )
    persons = Settings(persons=Persons.POOR_PERSONS, step=Decimal(1))
    typed = {row["territory"]: Money.of(row["amount"]) for row in tables.rows("invented_shares")}
    asked = [("Même montant par personne pauvre", ShareMethod.EQUAL_PER_POOR_PERSON, persons)]
    if set(typed) == {one.code for one in holders(region, ContractKind.CLS)}:
        asked.append(("Montants proposés en réunion (exemple)", ShareMethod.MANUAL, Settings(manual=typed)))
    made = [
        simulate(envelope=envelope, title=title, method=method, settings=settings, by=by, at=AT)
        for title, method, settings in asked
    ]
    shown = effect_token(equity_record(simulated(made[0], bases_of(envelope))))
    decide(simulation=made[0], reason=REASON, shown=shown, by=people.of(Role.PREFECT), at=AT)
    return 1
