"""Query counts and times of a page, through Django's whole stack: middleware, permissions, template."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any

from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.models import User
from tests.bench.generate import Instance

RUNS = 15


@dataclass(frozen=True, slots=True)
class Measure:
    """Times in milliseconds, warm: the first call of a page is not counted."""

    page: str
    queries: int
    kilobytes: float
    low: float
    median: float
    p95: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def pages(instance: Instance) -> dict[str, str]:
    """The measured pages: name to address."""
    return {
        "overview": reverse("home"),
        "matrix": reverse("overview-matrix"),
        "territory (region)": reverse("territory", args=[instance.region.code]),
        "territory (département)": reverse("territory", args=[instance.departement.code]),
        "territory (EPCI)": reverse("territory", args=[instance.epci.code]),
        "document": reverse("document", args=[instance.document.code]),
        "consistency": reverse("consistency"),
        "indicator": reverse("indicator", args=[instance.indicator.code]),
        "measure": reverse("measure", args=[instance.measure.code]),
        "map (EPCI)": f"{reverse('explorer')}?niveau=epci&territoire=FRANCE",
        "map (communes, France)": f"{reverse('explorer')}?indicateur=INVENTE-00&niveau=commune&territoire=FRANCE",
    }


def signed_in(instance: Instance) -> Client:
    return client_of(instance.commissioner)


def client_of(user: User) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def queries(client: Client, url: str) -> tuple[int, int]:
    """(number of queries, bytes of the page). Raises ValueError when the page is not served."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    if response.status_code != 200:
        raise ValueError(f"{url} answered {response.status_code}")
    return len(captured), len(response.content)


def measure(client: Client, page: str, url: str, *, runs: int = RUNS) -> Measure:
    client.get(url)
    number, size = queries(client, url)
    taken = sorted(_timed(lambda: client.get(url)) for _ in range(runs))
    p95 = quantiles(taken, n=20, method="inclusive")[-1] if len(taken) > 1 else taken[0]
    return Measure(page, number, round(size / 1024, 1), round(taken[0], 1), round(median(taken), 1), round(p95, 1))


def _timed(call: Callable[[], object]) -> float:
    reset_queries()
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000
