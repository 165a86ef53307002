"""Pages cost the same number of queries whatever the size of the instance: an N+1 shows here. No time is asserted."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.bench import contracts, engine, generate
from tests.bench.measure import Measure, client_of, measure, pages, queries, signed_in
from tests.bench.size import SMALL, TINY, Size

# The most that a page may ask of the database. Lower it when the page asks less; raising it is a decision.
MOST_QUERIES = 60


def _counts(size: Size) -> dict[str, int]:
    instance = generate.build(size)
    client: Client = signed_in(instance)
    counts = {}
    for page, url in pages(instance).items():
        client.get(url)
        counts[page], _ = queries(client, url)
    return counts


def _empty() -> None:
    from django.apps import apps

    from maillage.core.models import Membership, User

    for model in reversed([*apps.get_models()]):
        if model._meta.app_label in {"territories", "pacts", "indicators", "governance", "sources", "reports"}:
            model._base_manager.all()._raw_delete(using="default")
    Membership.objects.all().delete()
    User.objects.all().delete()


@pytest.mark.django_db
def test_a_larger_instance_asks_no_more_queries() -> None:
    small = _counts(TINY)
    _empty()
    large = _counts(SMALL)
    grown = {page: (small[page], large[page]) for page in small if large[page] > small[page]}
    assert not grown, f"queries grow with the data (small, larger): {grown}"
    heavy = {page: number for page, number in large.items() if number > MOST_QUERIES}
    assert not heavy, f"more than {MOST_QUERIES} queries: {heavy}"


@pytest.mark.django_db
def test_more_contracts_ask_no_more_queries_and_give_the_same_figures_both_ways() -> None:
    instance = generate.build(SMALL)
    assert instance.region.pk
    counts = []
    for size in (contracts.ContractsSize(3, 2, 2, 2), contracts.FEW):
        held = contracts.build(size)
        client = client_of(held.reader)
        counts.append({page: queries(client, url)[0] for page, url in contracts.pages(held).items()})
        compared = contracts.compare(held, runs=1)
        assert compared["lines"] == size.all_lines
        contracts.remove()
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= MOST_QUERIES


@pytest.mark.django_db
def test_a_measure_gives_ordered_times() -> None:
    instance = generate.build(TINY)
    found = measure(signed_in(instance), "overview", pages(instance)["overview"], runs=2)
    assert isinstance(found, Measure)
    assert 0 < found.low <= found.median <= found.p95
    assert found.queries > 0


def test_generated_figures_are_the_same_every_time() -> None:
    assert engine.figures(400) == engine.figures(400)
    seconds, verdicts = engine.run(400)
    assert seconds > 0
    assert verdicts["contradicts_components"] > 0, "the generated wrong evolutions are found"
    assert verdicts.total() == 400
