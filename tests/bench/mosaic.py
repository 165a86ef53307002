"""`python -m tests.bench.mosaic`: a country of communes with generated contours, drawn in a real browser.

    python -m tests.bench.mosaic                     35,000 communes, five visits
    python -m tests.bench.mosaic --communes 2000     fewer, to see that it works

Prints, for the ground that the browser draws: what is sent, when the map is first drawn, and how long the server takes
to answer; and the same map as SVG made by the server, which record 0014 compares. Contours and values are invented.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import math
import os
import random
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any

Point = tuple[float, float]
SEED = 20_260_102
WEST, SOUTH, EAST, NORTH = -4.5, 42.5, 8.0, 51.0
BENDS = 14  # corners between two junctions, as a contour generalised at a kilometre has them or more
ROUNDED = 4  # decimals of a degree: ten metres


@dataclass(frozen=True, slots=True)
class Cell:
    """A territory of the mosaic: its ring and its centre, in degrees."""

    ring: list[Point]
    centre: Point


class Mosaic:
    """Cells side by side that cover a country; the common side of two neighbours is the same wandering line."""

    def __init__(self, count: int, seed: int = SEED) -> None:
        self.columns = max(1, round(math.sqrt(count)))
        self.rows = math.ceil(count / self.columns)
        self.count = count
        self._draw = random.Random(seed)  # noqa: S311  (a drawing, not a secret)
        self._sides: dict[tuple[int, int, int, int], list[Point]] = {}
        self._step_x, self._step_y = (EAST - WEST) / self.columns, (NORTH - SOUTH) / self.rows
        self._nodes = {
            (x, y): self._moved(WEST + x * self._step_x, SOUTH + y * self._step_y, 0.25)
            for x in range(self.columns + 1)
            for y in range(self.rows + 1)
        }

    def __iter__(self) -> Iterator[Cell]:
        for rank in range(self.count):
            yield self._cell(rank % self.columns, rank // self.columns)

    def _cell(self, x: int, y: int) -> Cell:
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
        ring = [point for a, b in pairwise(corners) for point in self._side(a, b)[:-1]]
        centre = (WEST + (x + 0.5) * self._step_x, SOUTH + (y + 0.5) * self._step_y)
        return Cell([*ring, ring[0]], centre)

    def _side(self, a: tuple[int, int], b: tuple[int, int]) -> list[Point]:
        """From one junction to the next; drawn once, read backwards by the other cell."""
        if (*b, *a) in self._sides:
            return self._sides[*b, *a][::-1]
        (ax, ay), (bx, by) = self._nodes[a], self._nodes[b]
        inner = (n / (BENDS + 1) for n in range(1, BENDS + 1))
        line = [(ax, ay), *(self._moved(ax + (bx - ax) * t, ay + (by - ay) * t, 0.06) for t in inner), (bx, by)]
        self._sides[*a, *b] = line
        return line

    def _moved(self, longitude: float, latitude: float, share: float) -> Point:
        x = self._draw.uniform(-share, share) * self._step_x
        y = self._draw.uniform(-share, share) * self._step_y
        return round(longitude + x, ROUNDED), round(latitude + y, ROUNDED)


def build(count: int) -> str:
    """A country of `count` communes with contours and a rate, one in nine of them suppressed. Answers the query."""
    from django.conf import settings

    from maillage.indicators.enums import Nature, Status
    from maillage.indicators.models import Indicator, Observation
    from maillage.sources.enums import EditionKind
    from maillage.sources.models import SourceEdition
    from maillage.territories.enums import Level
    from maillage.territories.models import Contour, Territory
    from tests.bench import bulk

    at = datetime(2026, 1, 1, tzinfo=UTC)
    edition = SourceEdition.objects.create(
        kind=EditionKind.COG, title="Mosaïque inventée", publisher="Personne", loaded_at=at
    )
    france = _territory("FRANCE", Level.COUNTRY, "France", None)
    region = _territory(settings.MAILLAGE_REGION, Level.REGION, "Région inventée", france)
    several = [
        _territory(f"DEP-{n:02d}", Level.DEPARTEMENT, f"Département inventé {n:02d}", region) for n in range(1, 96)
    ]
    mosaic = Mosaic(count)
    columns, rows = mosaic.columns, mosaic.rows
    cells = list(mosaic)
    start = max(one.pk for one in several) + 1

    def departement(rank: int) -> Territory:
        return several[(rank % columns) * 10 // columns + 10 * min(8, (rank // columns) * 9 // rows)]

    bulk.insert(
        Territory,
        ("id", "code", "level", "insee", "name", "sort_name", "parent_id", "latitude", "longitude", "edition_id"),
        (
            (start + n, f"COM-{n:05d}", Level.COMMUNE, f"{n:05d}", f"Commune inventée {n:05d}",
             f"commune inventee {n:05d}", departement(n).pk, cell.centre[1], cell.centre[0], edition.pk)
            for n, cell in enumerate(cells)
        ),
    )  # fmt: skip
    bulk.insert(
        Contour,
        ("territory_id", "geometry", "vintage", "edition_id"),
        (
            (start + n, json.dumps({"type": "Polygon", "coordinates": [cell.ring]}), "2026", edition.pk)
            for n, cell in enumerate(cells)
        ),
    )
    rate = Indicator.objects.create(
        code="INVENTE-TAUX", label="Taux inventé", unit="%", decimals=1, nature=Nature.SHARE
    )
    draw = random.Random(SEED)  # noqa: S311  (invented values)
    values = (None if n % 9 == 0 else f"{draw.gauss(14, 4):.1f}" for n in range(count))
    bulk.insert(
        Observation,
        ("indicator_id", "territory_id", "period", "value", "status", "edition_id"),
        (
            (rate.pk, start + n, "2021", value, Status.PUBLISHED if value else Status.SUPPRESSED, edition.pk)
            for n, value in enumerate(values)
        ),
    )
    return f"indicateur={rate.code}&niveau=commune&territoire=FRANCE"


def _territory(code: str, level: str, name: str, parent: Any) -> Any:
    from maillage.territories.models import Territory

    return Territory.objects.create(
        code=code, level=level, insee=code.partition("-")[2], name=name, sort_name=name.lower(), parent=parent
    )


# --- the measure -----------------------------------------------------------------------------------------------------


def serve() -> tuple[Any, int]:
    """The site on a free port of the loopback, in a thread, by the server of the product."""
    from django.core.management import call_command
    from waitress.server import create_server

    call_command("collectstatic", interactive=False, verbosity=0)
    from maillage.config.wsgi import application

    server = create_server(application, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    return server, int(server.effective_port)


def visit(url: str, cookie: str, visits: int) -> list[dict[str, float]]:
    """Each visit in a browser without memory: milliseconds until the map is drawn, kilobytes that came."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("MAILLAGE_CHROMIUM") or shutil.which("chromium")
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(visits):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
            page = context.new_page()
            received = _received(context.new_cdp_session(page))
            page.goto(url)
            page.wait_for_selector("#carte[data-drawn]")
            drawn = page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>"
                " done([performance.getEntriesByName('explorer-drawn')[0].startTime, performance.now()]))))"
            )
            found.append({"script": drawn[0], "shown": drawn[1], "kilobytes": sum(received) / 1000})
            context.close()
        browser.close()
    return found


def _received(session: Any) -> list[int]:
    """Bytes of each answer, heads included, as they came over the wire."""
    sizes: list[int] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    return sizes


def show_svg(drawing: str) -> float:
    """Milliseconds until a page that holds the whole map as SVG is shown, its bytes already there."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("MAILLAGE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        started = time.perf_counter()
        page.set_content(drawing, wait_until="load", timeout=120_000)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        taken = (time.perf_counter() - started) * 1000
        browser.close()
    return taken


def left_to_the_browser(html: str) -> dict[str, str] | None:
    """What the page gives to the script; None when the server drew the map itself."""
    found = re.search(r'<script id="carte-dessin" type="application/json">(.*?)</script>', html)
    return json.loads(found.group(1)) if found else None


def timed(call: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = call()
    return (time.perf_counter() - started) * 1000, answer


def run(count: int, visits: int) -> dict[str, Any]:
    """Every figure of a mosaic of `count` communes, in milliseconds and kilobytes."""
    from django.urls import reverse

    from maillage.core.enums import Role
    from maillage.observatory.selectors import explorer_kept
    from tests.bench.measure import client_of, measure
    from tests.factories import Held, make_user

    query = build(count)
    page = f"{reverse('explorer')}?{query}"
    reader = make_user("Lectrice", Held(Role.COMMISSIONER, "FRANCE"))
    client = client_of(reader)
    first, answer = timed(lambda: client.get(page))
    assert answer.status_code == 200
    drawing = left_to_the_browser(answer.content.decode())
    told: dict[str, Any] = {"communes": count, "first_page_ms": first}
    explorer_kept.forget()
    told["page_after_restart_ms"], _ = timed(lambda: client.get(page))
    told["page"] = measure(client, "explorer", page).as_dict()
    if drawing is None:
        return told
    told["values"] = measure(client, "values", drawing["values"]).as_dict()
    told["contours"] = measure(client, "contours", drawing["contours"]).as_dict()
    told["contours_kB"] = len(client.get(drawing["contours"], headers={"accept-encoding": "gzip"}).content) / 1000
    told["values_kB"] = len(client.get(drawing["values"], headers={"accept-encoding": "gzip"}).content) / 1000
    server, port = serve()
    try:
        seen = visit(f"http://127.0.0.1:{port}{page}", client.cookies["sessionid"].value, visits)
    finally:
        server.close()
    told["browser"] = {key: median(one[key] for one in seen) for key in seen[0]}
    told["svg_ms"], whole = timed(lambda: client.get(f"{reverse('explorer-svg')}?{query}"))
    told["svg_kB"], told["svg_gzip_kB"] = len(whole.content) / 1000, len(gzip.compress(whole.content)) / 1000
    told["svg_shown_ms"] = show_svg(whole.content.decode())
    return told


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mosaic", description=__doc__.split("\n")[0])
    parser.add_argument("--communes", type=int, default=35_000)
    parser.add_argument("--visits", type=int, default=5)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings.test")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's loop runs in this thread, beside the database
    import django

    django.setup()
    logging.getLogger("maillage.request").setLevel(logging.WARNING)
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        told = run(chosen.communes, chosen.visits)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
