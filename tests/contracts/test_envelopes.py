"""Envelopes: shared exactly, each person counted once, decided apart, and no cap ever moved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from maillage.contracts.enums import ShareMethod
from maillage.contracts.models import AllocationDecision, AnnualCap, Contract, Envelope, Simulation
from maillage.contracts.selectors.envelopes import bases_of, equity_record, indicators_for, simulated
from maillage.contracts.services.envelopes import (
    Settings,
    create_envelope,
    decide,
    effect_token,
    remove_simulation,
    simulate,
)
from maillage.core.models import AuditEntry, User
from maillage.engines.envelope import EURO, Persons
from maillage.indicators.enums import Known, Nature, Polarity, Status
from maillage.indicators.models import Indicator, Observation
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.money import Money
from maillage.territories.models import EpciPart, Population, Territory

AT = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)
REASON = "Selon l'avis du comité de pilotage"
METROPOLE = "EPCI-244400404"


def make_contract(territory: Territory, caps: Mapping[int, int | None], status: str = "in_force") -> Contract:
    contract = Contract.objects.create(
        reference=f"CLS-{territory.code}",
        kind="cls",
        title="Contrat d'essai",
        territory=territory,
        starts_on=date(2024, 1, 1),
        ends_on=date(2027, 12, 31),
        status=status,
        created_at=AT,
    )
    for year, amount in caps.items():
        AnnualCap.objects.create(contract=contract, year=year, ae=amount)
    return contract


def make_envelope(territories: dict[str, Territory], user: User, amount: int = 1000) -> Envelope:
    return create_envelope(
        territory=territories["REG-52"],
        title="Enveloppe d'essai",
        year=2025,
        kind="cls",
        amount=Money.of(amount),
        reference="",
        by=user,
        at=AT,
    )


def run(envelope: Envelope, user: User, method: str = "equal_per_inhabitant", **settings: Any) -> Simulation:
    chosen = ShareMethod(method)
    return simulate(envelope=envelope, title=chosen.label, method=chosen, settings=Settings(**settings), by=user, at=AT)


def observe(territory: Territory, indicator: Indicator, value: str, period: str = "2021") -> None:
    Observation.objects.create(
        indicator=indicator, territory=territory, period=period, value=value, status=Status.PUBLISHED
    )


def make_indicator(code: str, nature: str = Nature.SHARE, polarity: str = Polarity.LESS_IS_BETTER) -> Indicator:
    return Indicator.objects.create(
        code=code, label=code.title(), unit="%", nature=nature, polarity=polarity, decimals=1
    )


@pytest.fixture
def shared_out(territories: dict[str, Territory]) -> dict[str, Territory]:
    """Two départements and the métropole of one of them hold a contract; populations are invented."""
    for code, persons in (("DEP-44", 1000), (METROPOLE, 400), ("DEP-53", 400)):
        make_contract(territories[code], {2024: 100, 2025: 300 if code == "DEP-53" else 200})
        Population.objects.create(territory=territories[code], year=2022, municipal=persons)
    return territories


# --- shares ---------------------------------------------------------------------


def test_a_departement_is_counted_without_its_metropole(shared_out: dict[str, Territory], aicha: User) -> None:
    bases = bases_of(make_envelope(shared_out, aicha))
    assert {row.facts.code: row.facts.inhabitants for row in bases.rows} == {
        "DEP-44": 600,
        METROPOLE: 400,
        "DEP-53": 400,
    }
    assert [row.facts.label for row in bases.crossed] == ["Loire-Atlantique (hors Nantes Métropole)"]
    made = run(make_envelope(shared_out, aicha, 1400), aicha, step=EURO)
    assert made.shares == {"DEP-44": "600.00", METROPOLE: "400.00", "DEP-53": "400.00"}


def test_a_metropole_without_a_contract_stays_in_its_departement(shared_out: dict[str, Territory], aicha: User) -> None:
    Contract.objects.filter(territory__code=METROPOLE).update(status="cancelled")
    bases = bases_of(make_envelope(shared_out, aicha))
    assert {row.facts.code: row.facts.inhabitants for row in bases.rows} == {"DEP-44": 1000, "DEP-53": 400}


def test_poor_persons_of_a_departement_without_its_metropole_are_those_of_the_other_epci(
    shared_out: dict[str, Territory], aicha: User
) -> None:
    rate, persons = make_indicator(Known.POVERTY_RATE), make_indicator(Known.FISCAL_PERSONS, Nature.STOCK)
    other = Territory.objects.create(
        code="EPCI-1", level="epci", insee="1", name="A", sort_name="a", parent=shared_out["DEP-44"]
    )
    for one, percent, count in ((shared_out[METROPOLE], "20.0", "1000"), (other, "10.0", "500")):
        observe(one, rate, percent)
        observe(one, persons, count)
    rows = {row.facts.code: row.facts.poor_persons for row in bases_of(make_envelope(shared_out, aicha)).rows}
    first, second = rows["DEP-44"], rows[METROPOLE]
    assert first is not None
    assert second is not None
    assert (first.value, second.value) == (50, 200)
    assert first.low < 50 < first.high
    assert rows["DEP-53"] is None


@pytest.mark.parametrize("fault", ["none", "year", "crosses"])
def test_persons_not_known_refuse_with_the_name_of_the_territory(
    shared_out: dict[str, Territory], aicha: User, fault: str
) -> None:
    if fault == "none":
        Population.objects.filter(territory__code=METROPOLE).delete()
    elif fault == "year":
        Population.objects.filter(territory__code=METROPOLE).update(year=2019)
    else:
        EpciPart.objects.create(
            epci=shared_out[METROPOLE], area=shared_out["DEP-44"], vintage=2025, communes=3, communes_total=4
        )
    envelope = make_envelope(shared_out, aicha)
    with pytest.raises(InputRefused) as refused:
        run(envelope, aicha)
    assert "Loire-Atlantique" in " ".join(refused.value.lines())
    with pytest.raises(InputRefused) as refused:
        run(envelope, aicha, "equal_per_poor_person")
    assert "Mayenne" in " ".join(refused.value.lines())
    assert not Simulation.objects.exists()


def test_typed_amounts_make_the_envelope(shared_out: dict[str, Territory], aicha: User) -> None:
    envelope = make_envelope(shared_out, aicha)
    typed = {"DEP-44": Money.of(500), METROPOLE: Money.of(300)}
    with pytest.raises(InputRefused) as refused:
        run(envelope, aicha, "manual", manual=typed)
    assert "Mayenne n'est pas saisi" in " ".join(refused.value.lines())
    with pytest.raises(InputRefused) as refused:
        run(envelope, aicha, "manual", manual={**typed, "DEP-53": Money.of(150)})
    assert "il reste 50" in " ".join(refused.value.lines())
    made = run(envelope, aicha, "manual", manual={**typed, "DEP-53": Money.of(200)})
    assert made.shares["DEP-53"] == "200.00"


def test_a_needs_index_takes_rates_with_a_direction(shared_out: dict[str, Territory], aicha: User) -> None:
    poverty, count = make_indicator("POVERTY"), make_indicator("COUNT", Nature.STOCK)
    neutral = make_indicator("NEUTRAL", polarity=Polarity.NEUTRAL)
    served = [shared_out[code] for code in ("DEP-44", METROPOLE, "DEP-53")]
    for territory, value in zip(served, ("10", "20", "30"), strict=True):
        for one in (poverty, count, neutral):
            observe(territory, one, value)
    observe(served[0], poverty, "99", period="2023")  # a later year that the others do not have yet
    assert indicators_for(served) == [poverty]
    made = run(
        make_envelope(shared_out, aicha, 2600),
        aicha,
        "needs_index",
        weights=[(poverty, Decimal(1))],
        persons=Persons.INHABITANTS,
    )
    assert {code: Decimal(text) for code, text in made.shares.items()} == {
        "DEP-44": 600,
        METROPOLE: 800,
        "DEP-53": 1200,
    }


def test_shares_are_compared_with_the_caps_in_force(shared_out: dict[str, Territory], aicha: User) -> None:
    envelope = make_envelope(shared_out, aicha)
    bases = bases_of(envelope)
    assert bases.current_year == 2025
    assert {row.facts.code: row.facts.current for row in bases.rows}["DEP-53"] == Money.of(300)
    AnnualCap.objects.filter(year=2025, contract__territory__code="DEP-53").update(ae=None)
    bases = bases_of(envelope)
    assert (bases.current_year, bases.rows[0].facts.current) == (2024, Money.of(100))
    Contract.objects.update(status="negotiation")
    bases = bases_of(envelope)
    assert (bases.current_year, bases.rows[0].facts.current) == (None, None)


# --- the decision ---------------------------------------------------------------------


def shown(simulation: Simulation) -> str:
    return effect_token(equity_record(simulated(simulation, bases_of(simulation.envelope))))


def test_a_decision_keeps_its_effect_and_changes_no_cap(
    shared_out: dict[str, Territory], aicha: User, prefect: User
) -> None:
    before = list(AnnualCap.objects.order_by("pk").values_list("contract", "year", "ae"))
    simulation = run(make_envelope(shared_out, aicha), aicha)
    made = decide(simulation=simulation, reason=REASON, shown=shown(simulation), by=prefect, at=AT)
    assert made.shares == simulation.shares
    assert made.equity["differences"]["DEP-53"] == "-14.28"
    assert made.equity["per_inhabitant"]["ratio"] is not None
    assert list(AnnualCap.objects.order_by("pk").values_list("contract", "year", "ae")) == before
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "envelope.create",
        "envelope.simulate",
        "envelope.decide",
    ]
    with pytest.raises(MaillageError, match="décidée"):
        remove_simulation(simulation=simulation, by=aicha, at=AT)


def test_a_decision_is_never_changed(shared_out: dict[str, Territory], aicha: User, prefect: User) -> None:
    simulation = run(make_envelope(shared_out, aicha), aicha)
    made = decide(simulation=simulation, reason=REASON, shown=shown(simulation), by=prefect, at=AT)
    made.reason = "Une autre raison"
    with pytest.raises(DatabaseError), transaction.atomic():
        made.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        AllocationDecision.objects.all().delete()
    other = run(simulation.envelope, aicha, step=EURO)
    decide(simulation=other, reason=REASON, shown=shown(other), by=prefect, at=AT)
    assert AllocationDecision.objects.count() == 2


def test_only_a_prefect_decides_and_only_the_team_simulates(
    shared_out: dict[str, Territory], aicha: User, prefect: User, ddets: User, bruno: User
) -> None:
    simulation = run(make_envelope(shared_out, aicha), aicha)
    for user in (aicha, ddets, bruno):
        with pytest.raises(PermissionDenied):
            decide(simulation=simulation, reason=REASON, shown=shown(simulation), by=user, at=AT)
    for user in (ddets, bruno):
        with pytest.raises(PermissionDenied):
            run(simulation.envelope, user)
        with pytest.raises(PermissionDenied):
            make_envelope(shared_out, user)
        with pytest.raises(PermissionDenied):
            remove_simulation(simulation=simulation, by=user, at=AT)
    remove_simulation(simulation=simulation, by=prefect, at=AT)
    assert not Simulation.objects.exists()


def _more_caps(territories: dict[str, Territory]) -> None:
    AnnualCap.objects.filter(year=2025).update(ae=50)


def _one_more_contract(territories: dict[str, Territory]) -> None:
    make_contract(territories["DEP-72"], {})


def _other_amount(territories: dict[str, Territory]) -> None:
    Envelope.objects.update(amount=999)


@pytest.mark.parametrize(
    ("change", "said"),
    [(_more_caps, "relisez-le"), (_one_more_contract, "territoires"), (_other_amount, "ne font plus l'enveloppe")],
)
def test_what_was_not_read_is_not_decided(
    shared_out: dict[str, Territory], aicha: User, prefect: User, change: Any, said: str
) -> None:
    simulation = run(make_envelope(shared_out, aicha), aicha)
    token = shown(simulation)
    change(shared_out)
    with pytest.raises(InputRefused) as refused:
        decide(simulation=simulation, reason=REASON, shown=token, by=prefect, at=AT)
    assert said in " ".join(refused.value.lines())
    with pytest.raises(InputRefused) as refused:
        decide(simulation=simulation, reason="court", shown=token, by=prefect, at=AT)
    assert "10 caractères" in " ".join(refused.value.lines())
    assert not AllocationDecision.objects.exists()


@pytest.mark.parametrize(("title", "amount"), [(" ", 10), ("Enveloppe", 0)])
def test_an_envelope_has_a_title_and_an_amount(
    territories: dict[str, Territory], aicha: User, title: str, amount: int
) -> None:
    with pytest.raises(InputRefused):
        create_envelope(
            territory=territories["REG-52"],
            title=title,
            year=2025,
            kind="cls",
            amount=Money.of(amount),
            reference="",
            by=aicha,
            at=AT,
        )
    assert not Envelope.objects.exists()
