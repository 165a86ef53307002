"""The facts' own files go in as they are, and the embedded data says what they say."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from maillage.demo.load import load
from maillage.governance.models import Body, Kiosk, Workshop
from maillage.indicators import services
from maillage.indicators.models import Observation, StatedFigure
from maillage.indicators.selectors import consistency
from maillage.pacts.models import BaseMeasure, Measure, Milestone, SupportedProject
from maillage.sources.models import SourceDocument
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.territories.models import Territory
from tests.factories import make_territory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 5, tzinfo=UTC)


def rows(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "facts" / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def brought(shared: Path, name: str) -> ImportRequest:
    return ImportRequest(shared / "facts" / name, name, None, AT)


@pytest.fixture
def facts(shared: Path, territories: dict[str, Territory]) -> dict[str, ImportReport]:
    """The four files in an instance that knows only its territories."""
    make_territory("COM-49092", "Chemillé-en-Anjou", parent=territories["DEP-49"])
    return {
        "documents": services.import_documents(brought(shared, "documents.csv")),
        "stated": services.import_stated_figures(brought(shared, "stated_figures.csv")),
        "credits": services.import_printed_table(brought(shared, "contract_credits.csv")),
        "cover": services.import_printed_table(brought(shared, "css_beneficiaries.csv")),
    }


def test_each_file_is_taken_whole(shared: Path, facts: dict[str, ImportReport]) -> None:
    assert SourceDocument.objects.count() == len(rows(shared, "documents.csv"))
    stated = rows(shared, "stated_figures.csv")
    assert StatedFigure.objects.exclude(code__startswith="T-").count() == len(stated)
    for row in stated:
        kept = StatedFigure.objects.get(code=row["id"])
        assert kept.printed_as == row["printed_as"]
        assert kept.value == (Decimal(row["value"]) if row["value"] else None)
    assert facts["credits"].counts["added"] == 7 * 2 + 6
    assert facts["cover"].counts["added"] == 10 * 3


def test_twice_changes_nothing(shared: Path, facts: dict[str, ImportReport]) -> None:
    assert services.import_documents(brought(shared, "documents.csv")).changes_nothing
    assert services.import_stated_figures(brought(shared, "stated_figures.csv")).changes_nothing
    assert services.import_printed_table(brought(shared, "contract_credits.csv")).changes_nothing
    assert services.import_printed_table(brought(shared, "css_beneficiaries.csv")).changes_nothing


def test_idem_names_the_place_above(facts: dict[str, ImportReport]) -> None:
    assert not StatedFigure.objects.filter(locator__iexact="idem").exists()


def test_the_contradictions_are_found_on_the_facts_alone(facts: dict[str, ImportReport]) -> None:
    found = {item.figure.code: item.kind for item in consistency.check()}
    assert found["F003"] == "contradicts_components"
    assert found["F032"] == "implausible"
    assert found["F064"] == found["F067"] == "contradicts_document"
    assert found["F062"] in {"holds", "holds_rounded"}
    assert found["T-CRED-DEP-49-EVOL"] == "truncated"
    assert found["T-CRED-DEP-53-EVOL"] == "holds_rounded"
    assert found["T-CRED-REG-52-2019"] == found["T-CRED-REG-52-2020"] == "holds"
    assert found["T-CSS-DEP-44-2021-RATE"] == "contradicts_components"


def test_the_embedded_credits_and_cover_are_those_of_the_facts(shared: Path) -> None:
    load(by=None, at=AT)

    def value(indicator: str, territory: str, period: str) -> Decimal | None:
        return Observation.objects.get(indicator__code=indicator, territory__code=territory, period=period).value

    for row in rows(shared, "contract_credits.csv"):
        for year in ("2019", "2020"):
            assert value("CREDITS-CONTRACT", row["territory_code"], year) == Decimal(row[f"credits_{year}_eur"])
    for row in rows(shared, "css_beneficiaries.csv"):
        assert value("CSS-BENEFICIARIES", row["territory_code"], row["date"]) == Decimal(row["beneficiaries"])
        assert value("CSS-PROTECTED", row["territory_code"], row["date"]) == Decimal(row["protected_population"])
    for row in rows(shared, "epci_pays_de_la_loire.csv"):
        code = f"EPCI-{row['siren']}"
        assert value("POVERTY-RATE", code, "2021") == Decimal(row["poverty_rate_pct_2021"])
        assert value("MEDIAN-INCOME", code, "2021") == Decimal(row["median_income_eur_2021"])
        assert value("FISCAL-PERSONS", code, "2021") == Decimal(row["fiscal_persons_2021"])
        assert value("FRANCE-SERVICES", code, "2024-08-01") == Decimal(row["france_services_2024"])


def test_the_embedded_pact_and_governance_are_those_of_the_facts(shared: Path) -> None:
    load(by=None, at=AT)
    kinds = Counter(row["kind"] for row in rows(shared, "pact_measures.csv") if row["pact"] == "PACTE")
    held = Counter(Measure.objects.values_list("kind", flat=True))
    assert (held["new"], held["contracted"], held["complementary"]) == (
        kinds["nouvelle"],
        kinds["contractualisée"],
        kinds["complémentaire"],
    )
    for model, name in (
        (BaseMeasure, "base_measures_contract_2019.csv"),
        (Milestone, "milestones.csv"),
        (Body, "governance.csv"),
        (Kiosk, "kiosks.csv"),
        (Workshop, "workshops.csv"),
        (SupportedProject, "supported_projects_2020.csv"),
    ):
        assert model.objects.count() == len(rows(shared, name)), name


def test_the_facts_tables_change_nothing_on_the_demonstration(shared: Path) -> None:
    """The printed cells that the demonstration carries are those that the importer makes from the facts."""
    load(by=None, at=AT)
    for name in ("contract_credits.csv", "css_beneficiaries.csv"):
        report = services.import_printed_table(brought(shared, name))
        assert report.changes_nothing, report.lines()
