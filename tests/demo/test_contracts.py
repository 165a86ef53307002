"""The demonstration's contracts: what the documents say and no more, and an invented one at every stage."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from maillage.collection.models import Campaign
from maillage.contracts.models import ActionSheet, AnnualCap, Contract, Envelope, FundingLine
from maillage.contracts.selectors.versions import verify
from maillage.demo import accounts, collecting, local_pacts
from maillage.demo.contracts import load_contracts
from maillage.demo.load import load
from maillage.engines.lifecycle.contracts import CONTRACT, SHEET
from maillage.indicators.models import Observation
from maillage.local_pacts.models import LocalPact

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def loaded(tmp_path: Path) -> None:
    accounts.ensure(data_dir=tmp_path, at=AT)
    load(by=None, at=AT)
    load_contracts(at=AT)
    collecting.load_campaigns(at=AT)
    local_pacts.load_local_pacts(at=AT)


def test_a_contract_stands_at_every_state_and_its_versions_are_intact(loaded: None) -> None:
    assert set(Contract.objects.values_list("status", flat=True)) == set(CONTRACT.states)
    seen = set(ActionSheet.objects.values_list("status", flat=True))
    assert seen >= {"proposed", "retained", "contracted", "under_way", "blocked", "suspended", "done", "evaluated"}
    assert seen <= set(SHEET.states)
    assert all(verify(contract).is_sound for contract in Contract.objects.select_related("territory"))
    assert Envelope.objects.get().decisions.count() == 1


def test_old_contracts_say_what_their_document_says_and_nothing_else(loaded: None) -> None:
    old = Contract.objects.filter(origin="taken_over")
    assert old.count() == 6
    credits = {
        (cap.contract.territory.code, str(cap.year)): cap.ae
        for cap in AnnualCap.objects.filter(contract__in=old).select_related("contract__territory")
    }
    printed = Observation.objects.filter(
        indicator__code="CREDITS-CONTRACT", territory__code__in={k for k, _ in credits}
    )
    assert credits == {(one.territory.code, one.period): one.value for one in printed.select_related("territory")}
    assert not FundingLine.objects.filter(sheet__contract__in=old).exists()
    assert set(AnnualCap.objects.filter(contract__in=old).values_list("budget", "cp")) == {(None, None)}
    assert all(contract.document is not None and not contract.is_demonstration for contract in old)


def test_what_is_invented_says_so(loaded: None) -> None:
    invented = Contract.objects.exclude(origin="taken_over")
    assert all(contract.is_demonstration and "exemple inventé" in contract.title for contract in invented)
    assert all("exemple inventé" in sheet.title for sheet in ActionSheet.objects.filter(contract__in=invented))
    given = Observation.objects.filter(edition__part__startswith="collecte-")
    assert given.exists()
    assert all(one.indicator.code.startswith("DEMO-") for one in given.select_related("indicator"))


def test_loaded_again_nothing_changes(loaded: None) -> None:
    before = Contract.objects.count(), Campaign.objects.count(), LocalPact.objects.count(), Envelope.objects.count()
    assert load_contracts(at=AT) == 0
    assert collecting.load_campaigns(at=AT) == 0
    assert local_pacts.load_local_pacts(at=AT) == 0
    after = Contract.objects.count(), Campaign.objects.count(), LocalPact.objects.count(), Envelope.objects.count()
    assert after == before
    assert before[0] == 21
    assert sum((cap.ae or Decimal(0)) for cap in AnnualCap.objects.filter(contract__origin="taken_over", year=2019)) > 0
