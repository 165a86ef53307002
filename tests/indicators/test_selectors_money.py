"""Credits, populations, estimates: exact sums, sourced values, unknown with its reason."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import credits, gaps, people
from maillage.indicators.selectors.values import NotSummable, Value, sum_over_territories, unknown
from maillage.pacts.models import Pact
from maillage.territories.models import Population, Territory
from tests.indicators.samples import document, indicator

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(territories: dict[str, Territory]) -> Territory:
    return territories["REG-52"]


def credit(code: str, year: str, value: str | None, **fields: object) -> Observation:
    measured = Indicator.objects.filter(code=Known.CREDITS).first() or indicator(
        Known.CREDITS, summable_territories=True
    )
    status = Status.PUBLISHED if value is not None else Status.UNAVAILABLE
    return Observation.objects.create(
        indicator=measured,
        territory=Territory.objects.get(code=code),
        period=year,
        value=value,
        status=status,
        **fields,
    )


def rate_and_persons(code: str, rate: str, persons: str, *, year: str = "2021", status: str = Status.PUBLISHED) -> None:
    place = Territory.objects.get(code=code)
    for known, value, unit, nature, decimals, told in (
        (Known.POVERTY_RATE, rate, "%", "share", 1, status),
        (Known.FISCAL_PERSONS, persons, "persons", "stock", 0, Status.PUBLISHED),
    ):
        measured = Indicator.objects.filter(code=known).first() or indicator(known, unit, nature, decimals=decimals)
        Observation.objects.create(indicator=measured, territory=place, period=year, value=value, status=told)


def test_contracts_are_listed_and_summed(region: Territory) -> None:
    doc = document()
    for code, before, after in (("DEP-44", "100", "150"), ("EPCI-244400404", "10", "5"), ("DEP-35", "7", "7")):
        credit(code, "2019", before, document=doc)
        credit(code, "2020", after, document=doc)
    credit("REG-52", "2020", "160", document=doc)
    table = credits.credits_by_contract(region)
    assert [row.territory.code for row in table.rows] == ["DEP-44", "EPCI-244400404"]
    assert {year: value.amount for year, value in table.totals.items()} == {"2019": Decimal(110), "2020": Decimal(155)}
    assert table.printed_totals["2020"].amount == Decimal(160)
    assert [source.document for source in table.totals["2020"].sources] == ["DOC-A"]
    assert table.evolution.comparable
    assert round(table.evolution.percent or 0, 2) == Decimal("40.91")


def test_one_unknown_contract_makes_the_total_unknown(region: Territory) -> None:
    credit("DEP-44", "2020", "100")
    credit("DEP-49", "2020", None)
    total = credits.credits_by_contract(region).totals["2020"]
    assert total.amount is None
    assert total.reason == "1 valeur(s) sur 2 manque(nt)"


def test_two_perimeters_are_compared_with_a_warning(region: Territory) -> None:
    credit("DEP-44", "2019", "100", perimeter="sans le fonds")
    credit("DEP-44", "2020", "150", perimeter="avec le fonds")
    change = credits.credits_by_contract(region).rows[0].evolution
    assert change.percent == Decimal(50)
    assert not change.comparable
    assert "sans le fonds" in change.warning
    assert "avec le fonds" in change.warning


def test_no_evolution_from_nothing(region: Territory) -> None:
    credit("DEP-44", "2019", "0")
    credit("DEP-44", "2020", "150")
    assert credits.credits_by_contract(region).rows[0].evolution.percent is None


def test_nothing_loaded_is_told(region: Territory) -> None:
    table = credits.credits_by_contract(region)
    assert (table.rows, table.years, table.indicator) == ((), (), None)
    assert table.warning


def test_credits_cost_a_fixed_number_of_queries(
    region: Territory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for code in ("DEP-44", "DEP-49", "DEP-53", "DEP-72", "DEP-85", "EPCI-244400404"):
        credit(code, "2019", "100")
        credit(code, "2020", "100")
    with django_assert_num_queries(2):
        credits.credits_by_contract(region)


def test_by_axis_is_unknown_where_no_source_splits(region: Territory) -> None:
    pact = Pact.objects.create(code="P", title="P", short_title="P", period="2020/2022", axis_word="engagement")
    one, two = (pact.axes.create(code=f"P-{n}", number=n, title="x") for n in (1, 2))
    credit("REG-52", "2020", "90", axis=one)
    found = credits.credits_by_axis(pact, region, "2020")
    assert [(line.axis, line.value.amount) for line in found] == [(one, Decimal(90)), (two, None)]
    assert "engagement" in found[1].value.reason


def test_per_inhabitant_names_the_year_of_its_denominator(region: Territory) -> None:
    for year, number in ((2018, 50), (2021, 40), (2023, 30)):
        Population.objects.create(territory=region, year=year, municipal=number)
    persons = people.population(region, near="2020")
    ratio = credits.per_person(Value(Decimal(200), "EUR", period="2020"), persons)
    assert (persons.period, ratio.amount, ratio.unit) == ("2021", Decimal(5), "EUR")
    assert ratio.low is None


def test_per_inhabitant_is_unknown_without_a_population(region: Territory) -> None:
    ratio = credits.per_person(Value(Decimal(200), "EUR", period="2020"), people.population(region, near="2020"))
    assert ratio.amount is None
    assert "non chargée" in ratio.reason


def test_poor_persons_are_an_estimate_with_its_interval(territories: dict[str, Territory]) -> None:
    rate_and_persons("EPCI-244400404", "12.5", "1000")
    value = people.poor_persons([territories["EPCI-244400404"]])["EPCI-244400404"]
    assert (value.low, value.amount, value.high) == (Decimal("124.5"), Decimal(125), Decimal("125.5"))
    assert value.status == Status.ESTIMATED
    assert value.period == "2021"


def test_a_rate_printed_as_a_floor_goes_down_to_zero(territories: dict[str, Territory]) -> None:
    rate_and_persons("EPCI-244400404", "5", "1000", status=Status.FLOOR)
    value = people.poor_persons([territories["EPCI-244400404"]])["EPCI-244400404"]
    assert (value.low, value.high) == (Decimal(0), Decimal("50.5"))


def test_a_departement_sums_the_epci_seated_there(territories: dict[str, Territory]) -> None:
    from tests.factories import make_territory

    make_territory("EPCI-200000001", "Autre EPCI", parent=territories["DEP-44"])
    make_territory("EPCI-200000002", "Ailleurs", parent=territories["DEP-35"])
    for code in ("EPCI-244400404", "EPCI-200000001", "EPCI-200000002"):
        rate_and_persons(code, "10", "1000")
    found = people.poor_persons([territories["DEP-44"], territories["REG-52"], territories["FRANCE"]])
    assert {code: value.amount for code, value in found.items()} == {
        "DEP-44": Decimal(200),
        "REG-52": Decimal(200),
        "FRANCE": Decimal(300),
    }
    assert found["DEP-44"].high == Decimal(201)
    assert "siège" in found["DEP-44"].note


def test_one_epci_without_a_rate_makes_the_sum_unknown(territories: dict[str, Territory]) -> None:
    from tests.factories import make_territory

    make_territory("EPCI-200000001", "Autre EPCI", parent=territories["DEP-44"])
    rate_and_persons("EPCI-244400404", "10", "1000")
    value = people.poor_persons([territories["DEP-44"]])["DEP-44"]
    assert value.amount is None
    assert "1 EPCI sur 2" in value.reason


def test_per_poor_person_carries_the_interval(territories: dict[str, Territory]) -> None:
    rate_and_persons("EPCI-244400404", "10", "1000")
    poor = people.poor_persons([territories["EPCI-244400404"]])["EPCI-244400404"]
    ratio = credits.per_person(Value(Decimal(1000), "EUR", period="2020"), poor)
    assert ratio.amount == Decimal(10)
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.low < Decimal(10) < ratio.high
    assert ratio.is_estimate


def test_a_rate_is_never_summed() -> None:
    with pytest.raises(NotSummable, match="ne s'additionne pas"):
        sum_over_territories(indicator("TAUX", "%", "share"), [Value(Decimal(1), "%")])


def test_a_sum_of_estimates_is_an_estimate() -> None:
    measured = indicator("GENS", "persons", "stock", summable_territories=True)
    total = sum_over_territories(
        measured,
        [
            Value(Decimal(10), "persons", status=Status.ESTIMATED, low=Decimal(9), high=Decimal(12)),
            Value(Decimal(5), "persons"),
        ],
    )
    assert (total.status, total.low, total.amount, total.high) == ("estimated", Decimal(14), Decimal(15), Decimal(17))


def test_unknown_is_not_zero() -> None:
    assert unknown("EUR", "parce que").amount is None
    assert not unknown("EUR", "parce que").known


def test_two_sources_that_disagree_are_both_named(region: Territory) -> None:
    credit("DEP-44", "2020", "100", document=document("DOC-A"))
    credit("DEP-44", "2020", "110", document=document("DOC-B"), locator="page 2")
    value = credits.credits_by_contract(region).rows[0].by_year["2020"]
    assert value.amount == Decimal(110)
    assert "DOC-A" in value.note


def test_gaps_follow_the_chain(region: Territory) -> None:
    pact = Pact.objects.create(code="P", title="P", short_title="P", period="2020/2022", announced_measures=3)
    credit("DEP-44", "2019", "100")
    found = gaps.missing(region, pact, 2020)
    links = [gap.link for gap in found]
    assert links == sorted(links, key=list(gaps.LINKS).index)
    titles = " ".join(gap.title for gap in found)
    assert "Aucun crédit de contractualisation chargé pour 2020" in titles
    assert "Population légale non chargée" in titles
    assert "Personnes touchées" in titles
