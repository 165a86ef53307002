"""The map explorer: what the address asks and what it cannot, what is unknown, its files, its cost."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.models import User
from maillage.indicators.enums import Nature, Status
from maillage.indicators.models import Indicator, Observation
from maillage.observatory.selectors import explorer_kept
from maillage.observatory.selectors.explorer_asked import LimitsRefused, parse_limits
from maillage.observatory.selectors.explorer_ground import DRAWN_AT_MOST, HEXAGONS_AT_MOST
from maillage.territories.models import Contour, Territory
from tests.bench import mosaic

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
SVG = "{http://www.w3.org/2000/svg}"
FEW = 36
MOST_QUERIES = 30


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """Each test has a database of its own, in one process."""
    explorer_kept.forget()
    yield
    explorer_kept.forget()


@pytest.fixture
def country() -> str:
    """A small country of communes with contours: one in nine has its rate suppressed. Answers its query."""
    return mosaic.build(FEW)


@pytest.fixture
def get(client_for: ClientFor, bruno: User) -> Callable[..., str]:
    """The page of a query, as HTML."""
    client = client_for(bruno)

    def read(query: str = "", status: int = 200) -> str:
        answer = client.get(f"{reverse('explorer')}?{query}")
        assert answer.status_code == status
        return answer.content.decode()

    return read


def drawing(html: str) -> ElementTree.Element:
    found = re.search(r"<svg xmlns.*?</svg>", html, flags=re.S)
    assert found, "no drawing in the page"
    return ElementTree.fromstring(found.group(0))  # noqa: S314  (our own page)


def shapes(html: str) -> dict[str, str]:
    """What is said of each territory → class of its shape."""
    return {
        path.findtext(f"{SVG}title") or "": (path.get("class") or "").removeprefix("ui-map-shape ")
        for path in drawing(html).iter(f"{SVG}path")
        if "ui-map-shape" in (path.get("class") or "")
    }


def legend(html: str) -> list[str]:
    found = re.search(r'<div class="ui-map-legend">(.*?)</div>', html, flags=re.S)
    assert found
    return [re.sub(r"<[^>]+>|\s+", " ", item).strip() for item in re.findall(r"<li>(.*?)</li>", found.group(1), re.S)]


def counted(**fields: Any) -> Indicator:
    """A count on three communes: 400, 100 and 0; the others have no observation at all."""
    made = Indicator.objects.create(
        code="INVENTE-NOMBRE", label="Nombre inventé", unit="persons", nature=Nature.STOCK, **fields
    )
    communes = Territory.objects.filter(level="commune").order_by("code")[:3]
    for commune, value in zip(communes, (400, 100, 0), strict=True):
        Observation.objects.create(
            indicator=made, territory=commune, period="2021", value=value, status=Status.PUBLISHED
        )
    return made


# --- who may, and what it costs --------------------------------------------------------------------------------------


def test_whoever_is_signed_in_reads_it_and_nobody_else(
    client: Client, client_for: ClientFor, country: str, aicha: User, bruno: User, chloe: User
) -> None:
    names = ("explorer", "explorer-svg", "explorer-png", "explorer-values")
    for name in names:
        assert client.get(reverse(name)).status_code == 302
    assert client.get(reverse("explorer-ground", args=["commune", "FRANCE", "x"])).status_code == 302
    for user in (aicha, bruno, chloe):
        answer = client_for(user).get(f"{reverse('explorer')}?{country}")
        assert answer.status_code == 200
        assert "Taux inventé" in answer.content.decode()
    assert client_for(aicha).post(reverse("explorer")).status_code == 405


@pytest.mark.parametrize("count", [20, 60])
def test_a_larger_map_asks_no_more_queries(client_for: ClientFor, bruno: User, count: int) -> None:
    client = client_for(bruno)
    url = f"{reverse('explorer')}?{mosaic.build(count)}"
    with CaptureQueriesContext(connection) as first:
        assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as second:
        client.get(url)
    assert len(first) == 21
    assert len(second) == 14, "values and contours are kept until something is written"


# --- the map ---------------------------------------------------------------------------------------------------------


def test_unknown_is_never_the_lowest_class_and_suppressed_is_told_apart(country: str, get: Callable[..., str]) -> None:
    forgotten = Observation.objects.filter(status=Status.PUBLISHED).order_by("pk").first()
    assert forgotten is not None
    name = forgotten.territory.name
    forgotten.delete()
    html = get(country)
    by_kind: dict[str, list[str]] = {}
    for said, css in shapes(html).items():
        by_kind.setdefault(css, []).append(said)
    assert by_kind["ui-map-unknown"] == [f"{name}\u00a0: n.\u00a0c. (non disponible)"]
    assert len(by_kind["ui-map-suppressed"]) == FEW // 9
    assert all("secret statistique" in said for said in by_kind["ui-map-suppressed"])
    assert not any("n.\u00a0c." in said for said in by_kind["ui-map-0"])
    assert sum(len(some) for css, some in by_kind.items() if css[-1].isdigit()) == FEW - FEW // 9 - 1
    lines = legend(html)
    assert f"secret statistique ({FEW // 9})" in lines
    assert "n. c. (non connu) (1)" in lines
    assert sum(int(re.search(r"\((\d+)\)$", line)[1]) for line in lines) == FEW  # type: ignore[index]  # each line counts


@pytest.mark.parametrize("method", ["effectifs", "amplitudes", "naturels"])
@pytest.mark.parametrize("number", [3, 7])
def test_classes_are_those_asked(country: str, get: Callable[..., str], method: str, number: int) -> None:
    html = get(f"{country}&methode={method}&classes={number}")
    known = [line for line in legend(html) if "secret" not in line]
    assert len(known) <= number
    if method != "amplitudes":  # equal widths may leave a class empty, which is then dropped
        assert len(known) == number
    assert len({css for css in shapes(html).values() if css[-1].isdigit()}) == len(known)


def test_breaks_typed_are_those_of_the_legend(country: str, get: Callable[..., str]) -> None:
    lines = legend(get(f"{country}&methode=bornes&bornes=16 ; 12,5;90"))
    assert [line.split(" (")[0] for line in lines[:4]] == [
        "moins de 12,5 %",
        "de 12,5 à moins de 16,0 %",
        "de 16,0 à moins de 90,0 %",
        "90,0 % et plus",
    ]
    assert lines[3].endswith("(0)"), "an empty class that the reader asked for stays"


@pytest.mark.parametrize("typed", ["", "12", "a;b", "12;12,0", "1;2;3;4;5;6;7", "12, 14; 9"])
def test_breaks_that_cannot_be_used_are_refused_beside_the_field(
    country: str, get: Callable[..., str], typed: str
) -> None:
    html = get(f"{country}&methode=bornes&bornes={typed}")
    assert 'aria-invalid="true"' in html
    assert f'value="{typed}"' in html or not typed, "what was typed stays in the field"
    assert '<option value="bornes" selected>' in html
    assert shapes(html), "a map is shown all the same"
    with pytest.raises(LimitsRefused):
        parse_limits(typed)


def test_breaks_are_read_the_french_way() -> None:
    assert parse_limits("1 200 ; 7,5\n900") == (Decimal("7.5"), Decimal(900), Decimal(1200))


def test_a_count_is_told_by_circles(country: str, get: Callable[..., str]) -> None:
    counted()
    html = get("indicateur=INVENTE-NOMBRE&niveau=commune&territoire=FRANCE")
    radii = [
        float(one.get("r") or 0) for one in drawing(html).iter(f"{SVG}circle") if one.get("class") == "ui-map-circle"
    ]
    assert len(radii) == 3
    assert radii[0] == pytest.approx(2 * radii[1], rel=0.01), "the area says the value: 400 is four times 100"
    assert radii[2] < radii[1]
    kinds = list(shapes(html).values())
    assert kinds.count("ui-map-plain") == 3
    assert kinds.count("ui-map-unknown") == FEW - 3
    assert any("200 personnes" in line for line in legend(html))
    assert 'name="methode"' not in html, "classes are for rates and levels"


def test_without_contours_it_is_schematic_and_says_so(country: str, get: Callable[..., str]) -> None:
    Contour.objects.all().delete()
    html = get(country)
    assert "Carte schématique" in html
    assert len(shapes(html)) == FEW


def test_a_territory_without_contour_is_a_point_and_is_named(country: str, get: Callable[..., str]) -> None:
    alone = Territory.objects.filter(level="commune").order_by("code").first()
    assert alone is not None
    Contour.objects.filter(territory=alone).delete()
    html = get(country)
    assert f"figurés par un point\u00a0: {alone.name}" in html
    assert len(shapes(html)) == FEW


def test_each_territory_leads_to_its_portrait(country: str, get: Callable[..., str]) -> None:
    links = [link.get("href") for link in drawing(get(country)).iter(f"{SVG}a")]
    assert len(links) == FEW
    assert reverse("portrait", args=["COM-00000"]) in links


def test_an_area_keeps_what_it_holds(country: str, get: Callable[..., str]) -> None:
    area = Territory.objects.filter(level="departement", children__isnull=False).order_by("code").first()
    assert area is not None
    html = get(f"indicateur=INVENTE-TAUX&niveau=commune&territoire={area.code}")
    assert len(shapes(html)) == area.children.count() < FEW
    assert f"communes, {area.name}" in html


def test_a_new_value_is_seen_at_once(country: str, get: Callable[..., str]) -> None:
    counted()
    query = "indicateur=INVENTE-NOMBRE&niveau=commune&territoire=FRANCE"
    assert "9\u202f999\u00a0personnes" not in get(query)
    commune = Territory.objects.filter(level="commune").order_by("-code").first()
    assert commune is not None
    indicator = Indicator.objects.get(code="INVENTE-NOMBRE")
    Observation.objects.create(
        indicator=indicator, territory=commune, period="2021", value=9999, status=Status.PUBLISHED
    )
    assert "9\u202f999\u00a0personnes" in get(query)


def test_an_estimate_shows_its_interval(country: str, get: Callable[..., str]) -> None:
    Observation.objects.filter(indicator=counted(), value=400).update(status=Status.ESTIMATED, low=350, high=460)
    html = get("indicateur=INVENTE-NOMBRE&niveau=commune&territoire=FRANCE")
    assert any("entre 350 et 460 (estimé)" in said for said in shapes(html))


# --- what the address cannot have ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("indicateur=RIEN", "n’a pas de valeur chargée"),
        ("niveau=quartier", "n’a pas de valeur au niveau"),
        ("niveau=region", "n’a pas de valeur au niveau"),
        ("territoire=REG-00", "n’est pas chargé"),
        ("territoire=COM-00001", "ne contient pas de carte à ce niveau"),
        ("periode=1914", "n’est pas chargée à ce niveau"),
        ("methode=magie", "n’existe pas"),
        ("classes=2", "de 3 à 7 classes"),
        ("classes=douze", "de 3 à 7 classes"),
    ],
)
def test_what_cannot_be_shown_is_replaced_and_said(
    country: str, get: Callable[..., str], given: str, said: str
) -> None:
    name = given.partition("=")[0]
    kept = "&".join(part for part in country.split("&") if not part.startswith(f"{name}="))
    html = get(f"{kept}&{given}")
    assert said in html
    assert len(shapes(html)) == FEW


def test_a_hostile_address_is_shown_as_text(country: str, get: Callable[..., str]) -> None:
    html = get(f"{country}&methode=<script>alert(1)</script>&page=-4&territoires-tri=x&bornes=%22%3E%3Cb%3E")
    assert "<script>alert" not in html
    assert "<b>" not in html


def test_without_any_value_it_says_what_to_load(get: Callable[..., str]) -> None:
    assert "maillage import filosofi" in get()


def test_without_territories_it_says_what_to_load(country: str, get: Callable[..., str]) -> None:
    Observation.objects.all().delete()
    counted()
    departement = Territory.objects.filter(level="departement", children__isnull=True).order_by("code").first()
    assert departement is not None
    assert "maillage import cog" in get(f"niveau=commune&indicateur=INVENTE-NOMBRE&territoire={departement.code}")


def test_too_many_territories_without_contours_make_no_map_but_a_table(get: Callable[..., str]) -> None:
    query = mosaic.build(HEXAGONS_AT_MOST + 20)
    Contour.objects.all().delete()
    html = get(query)
    assert "maillage import contours" in html
    assert "<svg xmlns" not in html
    assert "Commune inventée" in html
    assert reverse("explorer-svg") not in html


# --- the table and the files -----------------------------------------------------------------------------------------


def test_the_table_puts_the_unknown_last_both_ways(country: str, get: Callable[..., str]) -> None:
    for order in ("asc", "desc"):
        html = get(f"{country}&territoires-tri=value&territoires-sens={order}")
        body = html.split("<tbody>")[1].split("</tbody>")[0]
        rows = re.findall(r"<tr>(.*?)</tr>", body, flags=re.S)
        hidden = ["secret statistique" in row for row in rows]
        assert hidden == sorted(hidden), order
        assert sum(hidden) == FEW // 9


def test_a_long_table_is_shown_by_pages_in_one_order(get: Callable[..., str]) -> None:
    query = f"{mosaic.build(130)}&territoires-tri=name&territoires-sens=asc"
    first, second = get(query), get(f"{query}&page=2")
    assert first.count('<th scope="row"') == 100
    assert second.count('<th scope="row"') == 30
    assert "Commune inventée 00129" in second
    assert "Commune inventée 00129" not in first.split("explorer-table")[1]


def test_the_table_goes_out_whole(country: str, client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    url = f"{reverse('explorer')}?{country}&tableau=territoires&export="
    rows = list(csv.reader(io.StringIO(client.get(f"{url}csv").content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Territoire"
    assert {"Code", "Source", "Classe"} <= set(rows[0])
    assert len(rows) == FEW + 1
    suppressed = [row for row in rows if "Secret statistique" in row]
    assert len(suppressed) == FEW // 9
    assert all(row[rows[0].index("Valeur (%)")] == "" for row in suppressed), "unknown stays empty, it is not zero"
    for kind in ("xlsx", "ods"):
        assert zipfile.ZipFile(io.BytesIO(client.get(f"{url}{kind}").content)).testzip() is None


def test_the_map_goes_out_as_svg_and_png(country: str, client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    answer = client.get(f"{reverse('explorer-svg')}?{country}")
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert 'filename="carte-taux-invente-commune-france-2021.svg"' in answer["Content-Disposition"]
    root = ElementTree.fromstring(answer.content)  # noqa: S314  (our own file)
    texts = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    for words in (
        "Taux inventé, 2021",
        "moins de",
        "secret statistique (4)",
        "Source",
        "Mosaïque inventée",
        "Maillage",
    ):
        assert words in texts
    assert not list(root.iter(f"{SVG}a"))
    picture = client.get(f"{reverse('explorer-png')}?{country}")
    assert picture["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(picture.content[16:20], "big") >= 1_000, "wide enough for a page"


def test_files_of_nothing_do_not_exist(client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    for name in ("explorer-svg", "explorer-png", "explorer-values"):
        assert client.get(reverse(name)).status_code == 404
    for level, area in (("commune", "FRANCE"), ("commune", "REG-00"), ("monde", "FRANCE")):
        assert client.get(reverse("explorer-ground", args=[level, area, "0"])).status_code == 404


def test_the_permanent_link_shows_the_same_map(country: str, get: Callable[..., str]) -> None:
    html = get(f"{country}&methode=bornes&bornes=12;16,25;20")
    link = re.search(r'href="\?([^"]+)">Lien permanent', html)
    assert link
    query = link.group(1).replace("&amp;", "&")
    assert "periode=2021" in query, "the latest period today may not be the latest tomorrow"
    assert shapes(get(query)) == shapes(html)
    assert legend(get(query)) == legend(html)


# --- a map that the browser draws ------------------------------------------------------------------------------------


@pytest.fixture
def large() -> str:
    return mosaic.build(DRAWN_AT_MOST + 12)


def test_a_large_map_is_left_to_the_browser(large: str, client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    html = client.get(f"{reverse('explorer')}?{large}").content.decode()
    given = mosaic.left_to_the_browser(html)
    assert given is not None
    assert shapes(html) == {}, "thousands of shapes are not in the page"
    assert "Sans script, le tableau donne chaque valeur" in html
    assert f"secret statistique ({(DRAWN_AT_MOST + 12 + 8) // 9})" in legend(html)
    packed = client.get(given["contours"], headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "immutable" in packed["Cache-Control"]
    plain = client.get(given["contours"])
    assert plain["ETag"] != packed["ETag"]
    ground, values = plain.json(), client.get(given["values"]).json()
    assert len(ground["codes"]) == len(ground["shapes"]) == len(values["ranks"]) == DRAWN_AT_MOST + 12
    _agrees(ground, values)
    again = client.get(reverse("explorer-ground", args=["commune", "FRANCE", "autre"]))
    assert "immutable" not in again["Cache-Control"]


def _agrees(ground: dict[str, Any], values: dict[str, Any]) -> None:
    """What is sent says what the database holds, territory by territory."""
    held = dict(Observation.objects.order_by("pk").values_list("territory__code", "value"))
    for code, name, rank, text in zip(ground["codes"], ground["names"], values["ranks"], values["texts"], strict=True):
        words = values["words"][text]
        assert name == f"Commune inventée {code[4:]}"
        if held[code] is None:
            assert rank == -2
            assert "secret statistique" in words
        else:
            assert 0 <= rank < len(values["classes"])
            assert words == f"{held[code]:.1f}\u00a0%".replace(".", ",")


def test_a_large_map_goes_out_whole_and_is_kept_between_restarts(
    large: str, client_for: ClientFor, bruno: User
) -> None:
    client = client_for(bruno)
    client.get(f"{reverse('explorer')}?{large}")
    explorer_kept.forget()
    with CaptureQueriesContext(connection) as after_restart:
        root = ElementTree.fromstring(client.get(f"{reverse('explorer-svg')}?{large}").content)  # noqa: S314  (ours)
    assert not any("geometry" in one["sql"] for one in after_restart), "contours are read again from the kept file"
    drawn = [path for path in root.iter(f"{SVG}path") if "ui-map-shape" in (path.get("class") or "")]
    assert len(drawn) == DRAWN_AT_MOST + 12


def test_values_are_refreshed_when_something_is_written(large: str, client_for: ClientFor, bruno: User) -> None:
    client = client_for(bruno)
    page = f"{reverse('explorer')}?{large}"
    before = mosaic.left_to_the_browser(client.get(page).content.decode())
    assert before is not None
    assert "immutable" in client.get(before["values"])["Cache-Control"]
    first = Observation.objects.order_by("pk").first()
    assert first is not None
    first.pk, first.territory_id, first.period = None, first.territory_id, "2020"
    first.save()
    after = mosaic.left_to_the_browser(client.get(page).content.decode())
    assert after is not None
    assert after["values"] != before["values"], "the address moves with the data, so a browser may keep it for ever"
    assert "immutable" not in client.get(before["values"])["Cache-Control"]
    assert json.loads(client.get(after["values"]).content)["ranks"]
