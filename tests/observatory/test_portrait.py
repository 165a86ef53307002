"""The portrait of a territory: what it says, what it does not, on the page and on its two sheets of paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.models import User
from maillage.documents.model import Layout, Table
from maillage.documents.renderers import typst_pdf
from maillage.indicators.models import Observation
from maillage.observatory.perms import can_see_portrait
from maillage.observatory.selectors.portrait import portrait_of
from maillage.observatory.selectors.portrait_paper import document_of
from maillage.territories.models import Territory
from maillage.territories.selectors import by_code
from tests.contracts.builders import make_cast, signed_contract
from tests.factories import make_territory, make_user
from tests.observatory.portrayed import METROPOLE, TODAY, TOWN, VILLAGE, Portrayed, portrayed
from tests.reports.reading import pdf_pages, pdf_tags, pdf_text

ClientFor = Callable[[User], Client]
QUERIES_AT_MOST = 28  # the page whole, session and menus included


@pytest.fixture
def region(territories: dict[str, Territory]) -> Portrayed:
    return portrayed(territories)


def url(code: str, **query: str) -> str:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return reverse("portrait", args=[code]) + (f"?{asked}" if asked else "")


def page(client: Client, code: str, **query: str) -> str:
    response = client.get(url(code, **query))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", unescape(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " "))


def paper(client: Client, code: str, **query: str) -> bytes:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    response = client.get(reverse("portrait-pdf", args=[code]) + (f"?{asked}" if asked else ""))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    return response.content


def words(content: bytes) -> str:
    return re.sub(r"\s+", " ", pdf_text(content).replace("\u00a0", " ").replace("\u202f", " "))


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["portrait", "portrait-pdf"])
def test_it_asks_to_sign_in(client: Client, region: Portrayed, name: str) -> None:
    assert client.get(reverse(name, args=["DEP-44"])).status_code == 302


@pytest.mark.parametrize("name", ["portrait", "portrait-pdf"])
def test_another_region_does_not_exist(
    region: Portrayed, bruno: User, chloe: User, client_for: ClientFor, name: str
) -> None:
    assert client_for(bruno).get(reverse(name, args=["DEP-44"])).status_code == 200
    assert client_for(chloe).get(reverse(name, args=["DEP-44"])).status_code == 404
    assert client_for(chloe).get(reverse(name, args=["DEP-35"])).status_code == 200
    assert client_for(bruno).get(reverse(name, args=["DEP-99"])).status_code == 404


def test_an_epci_across_the_border_is_read_from_both_sides(region: Portrayed, chloe: User, bruno: User) -> None:
    across, within = by_code("EPCI-200000009"), by_code("EPCI-200000001")
    assert across is not None
    assert within is not None
    assert can_see_portrait(chloe, across, TODAY)
    assert not can_see_portrait(chloe, within, TODAY)
    assert can_see_portrait(bruno, across, TODAY)
    for one in (across, region.territories["FRANCE"]):
        assert not can_see_portrait(make_user("Sans rôle"), one, TODAY)
        assert can_see_portrait(bruno, one, TODAY)


def test_a_reference_that_may_not_be_read_is_not_retained(
    region: Portrayed, chloe: User, client_for: ClientFor
) -> None:
    shown = page(client_for(chloe), "DEP-35", reference="DEP-44")
    assert "Référence non retenue" in shown
    assert "Loire-Atlantique" not in shown


# --- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["FRANCE", "REG-52", "DEP-44", METROPOLE, TOWN, VILLAGE])
def test_every_level_has_its_portrait(region: Portrayed, bruno: User, client_for: ClientFor, code: str) -> None:
    client = client_for(bruno)
    assert f"Portrait : {region.territories[code].name}" in page(client, code)
    assert len(pdf_pages(paper(client, code))) == 2


def test_the_difference_is_said_in_words(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    shown = page(client_for(bruno), METROPOLE, reference="DEP-44")
    assert "3,9 points de plus" in shown
    shown = page(client_for(bruno), METROPOLE, reference="FRANCE")
    assert "non comparé : années différentes (2021 et 2020)" in shown


def test_the_widest_reference_of_the_same_year_is_the_default(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    """France has a rate, of another year: it compares with nothing here."""
    shown = page(client_for(bruno), METROPOLE)
    assert '<option value="REG-52" selected>' in shown
    assert "3,1 points de plus" in shown


def test_the_reference_asked_is_kept(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    client = client_for(bruno)
    shown = page(client, METROPOLE, reference="EPCI-200000001")
    assert '<option value="EPCI-200000001" selected>' in shown
    assert "portrait/EPCI-244400404.pdf?reference=EPCI-200000001" in shown
    assert '<input type="hidden" name="reference" value="EPCI-200000001">' in shown
    assert "6,0 points de plus" in words(paper(client, METROPOLE, reference="EPCI-200000001"))
    found = client.get(reverse("portrait-search"), {"q": "bouaye", "reference": "EPCI-200000001"})
    assert found["Location"] == url(VILLAGE, reference="EPCI-200000001")


def test_the_nearest_by_size_is_offered(region: Portrayed, bruno: User) -> None:
    shown = portrait_of(_territory("EPCI-200000002"), user=bruno, on=TODAY)
    assert shown.around.nearest is not None
    assert shown.around.nearest.code == "EPCI-200000001"
    assert "la taille la plus proche" in shown.choices[-1].label


def test_a_commune_without_a_value_shows_that_of_its_epci_under_its_name(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    client = client_for(bruno)
    shown = page(client, VILLAGE)
    assert "secret statistique" in shown
    assert "couvert par le secret statistique" in shown
    assert "EPCI Nantes Métropole : 14,0 %" in shown
    assert "rien n’en est reporté sur la commune" in shown
    figure = portrait_of(_territory(VILLAGE), user=bruno, on=TODAY).figures["POVERTY-RATE"]
    assert figure.value.amount is None
    assert figure.difference == ""
    assert "EPCI Nantes Métropole : 14,0 %" in words(paper(client, VILLAGE))


def test_unknown_is_not_zero(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    """The commune has no household with the benefit, which is known; its EPCI has no value, which is not zero."""
    shown = portrait_of(_territory(VILLAGE), user=bruno, on=TODAY).figures["CAF-RSA"]
    assert shown.value.amount == 0
    assert shown.epci is None
    text = page(client_for(bruno), VILLAGE)
    row = text[text.index("Foyers allocataires du RSA</a>") :]
    row = row[: row.index("</tr>")]
    assert re.search(r">\s*0\s*<", row)
    assert "non chargé" in row


def test_a_floor_is_told_and_not_subtracted(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    Observation.objects.filter(territory__code=METROPOLE, indicator__code="POVERTY-RATE").update(
        value=Decimal(5), status="floor"
    )
    shown = page(client_for(bruno), METROPOLE, reference="DEP-44")
    assert "5,0 % (plancher)" in shown
    assert "non comparé : valeur plancher" in shown
    Observation.objects.filter(status="floor").update(low=0, high=5)
    assert "au plus 5,0 % (plancher)" in page(client_for(bruno), METROPOLE)


def test_poor_persons_come_with_their_interval(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    shown = page(client_for(bruno), METROPOLE)
    assert "Estimé, entre 1 395 et 1 405" in shown


# --- place, evolution ------------------------------------------------------------------------------------------------


def test_the_rank_says_among_whom_and_by_what_rule(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    shown = page(client_for(bruno), METROPOLE)
    assert "1er ex æquo sur 5" in shown
    assert "1 sans valeur" in shown
    assert "Parmi les EPCI de la région Pays de la Loire" in shown
    assert "EPCI dont une commune au moins est dans le territoire, chacun en entier" in shown
    assert "portrait-mark" in shown


def test_an_epci_across_the_border_says_its_part(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    shown = page(client_for(bruno), "EPCI-200000009")
    assert "2 de ses 6 communes dans la région Pays de la Loire" in shown
    assert "4 de ses 6 communes dans la région Bretagne" in shown


def test_a_break_is_shown_and_no_difference_worked_out_across_it(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    region.observe("MEDIAN-INCOME", METROPOLE, "23000", period="2020")
    before = page(client_for(bruno), METROPOLE)
    assert "1 000 € de plus" in before
    assert "Rupture de série" not in before
    assert "portrait-break" not in before
    Observation.objects.filter(indicator__code="MEDIAN-INCOME").update(perimeter="dispositif de 2021")
    region.observe("MEDIAN-INCOME", METROPOLE, "26000", period="2023", perimeter="dispositif de 2023")
    after = page(client_for(bruno), METROPOLE)
    assert "Rupture de série, non comparable. Périmètres différents" in after
    assert "2 000 € de plus" not in after
    assert "1 000 € de plus" in after
    assert after.count('class="portrait-break"') == 1
    assert after.count('class="portrait-line"') == 1
    assert "Rupture de série" in words(paper(client_for(bruno), METROPOLE))


# --- services, pact --------------------------------------------------------------------------------------------------


def test_services_count_buses_apart_and_say_where_they_are(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    assert "Aucune liste de points de service n’est chargée" in page(client_for(bruno), VILLAGE)
    region.point("1", TOWN, hours="lundi 9 h - 12 h")
    region.point("2", VILLAGE, kind="mobile")
    region.point("3", TOWN, closed_on=TODAY)
    region.zone(VILLAGE, "Ceintures urbaines")
    shown = page(client_for(bruno), VILLAGE)
    assert "Nantes Métropole : 1 lieu fixe et 1 service itinérant, dont 1 dans la commune" in shown
    assert "lundi 9 h - 12 h" in shown
    assert "France services 3" not in shown
    assert "Ceintures urbaines" in shown
    assert "Ceintures urbaines (1)" in page(client_for(bruno), METROPOLE)


def test_euros_of_a_contract_above_are_not_split(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    signed_contract(region.territories["DEP-44"], make_cast())
    client = client_for(bruno)
    own = page(client, "DEP-44")
    assert "20 000 €" in own
    assert "non réparti à ce niveau" not in own
    below = page(client, TOWN)
    assert "non réparti à ce niveau" in below
    assert "leurs montants ne sont pas répartis à ce niveau" in below
    assert "20 000 €, non réparti à ce niveau" in words(paper(client, TOWN))
    assert "inventés" in own


def test_contracts_are_those_that_the_person_may_see(region: Portrayed, chloe: User, bruno: User) -> None:
    contract = signed_contract(region.territories["DEP-44"], make_cast())
    seen = portrait_of(_territory("DEP-44"), user=bruno, on=TODAY).pact.contracts
    assert [line.contract for line in seen] == [contract]
    assert portrait_of(_territory("DEP-44"), user=chloe, on=TODAY).pact.contracts == ()


# --- paper -----------------------------------------------------------------------------------------------------------


def test_the_tables_of_the_paper_have_a_tagged_head(region: Portrayed, bruno: User) -> None:
    region.point("1", TOWN)
    signed_contract(region.territories["DEP-44"], make_cast())
    document = document_of(portrait_of(_territory("DEP-44"), user=bruno, on=TODAY))
    content = typst_pdf.render(document)
    tables = [block for block in document.blocks() if isinstance(block, Table)]
    tags = pdf_tags(content)
    assert document.layout is Layout.BRIEF
    assert len(tables) >= 4
    assert tags.count("THead") == len(tables)
    assert tags.count("TH") == sum(len(table.columns) for table in tables)
    assert b"pdfuaid:part" in content
    assert re.search(rb"/Lang ?\(fr", content)


def test_the_paper_has_two_pages_even_where_there_is_much_to_say(region: Portrayed, bruno: User) -> None:
    long_name = "Communauté de communes des très longs noms du pays d’entre les deux rivières"
    Territory.objects.filter(code=METROPOLE).update(name=long_name)
    for rank in range(60):
        code = f"EXTRA-{rank}"
        indicator = region.indicators["CAF-RSA"]
        indicator.pk, indicator.code, indicator.label = (
            None,
            code,
            f"Un indicateur au libellé plutôt long, numéro {rank}",
        )
        indicator.save()
        region.indicators[code] = indicator
        for on in (METROPOLE, TOWN, "REG-52"):
            region.observe(code, on, "1234567")
            region.observe(code, on, "1234560", period="2020")
    for rank in range(40):
        region.point(str(rank), TOWN, hours="lundi 09:00 - 12:00 ; " * 20)
    signed_contract(region.territories["DEP-44"], make_cast(), codes=("A01", "A02", "A03"))
    for code in (METROPOLE, TOWN, "REG-52"):
        pages = pdf_pages(typst_pdf.render(document_of(portrait_of(_territory(code), user=bruno, on=TODAY))))
        assert len(pages) == 2
        assert "autres chiffres sont sur la page du site" in pages[0].replace("\r\n", " ")


def test_page_and_paper_follow_the_data(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    """One value changes: so do the page, the paper and the fingerprint that both bear."""
    client = client_for(bruno)

    def told() -> tuple[str, str, str]:
        shown = portrait_of(_territory(METROPOLE), user=bruno, on=TODAY)
        return page(client, METROPOLE), words(paper(client, METROPOLE)), shown.fingerprint

    first_page, first_paper, first_mark = told()
    for text in (first_page, first_paper):
        assert "14,0 %" in text
        assert first_mark in text
        assert "INSEE, Filosofi 2021 (empreinte abababababab)" in text
    Observation.objects.filter(territory__code=METROPOLE, indicator__code="POVERTY-RATE").update(value=Decimal("15.2"))
    second_page, second_paper, second_mark = told()
    assert second_mark != first_mark
    for text in (second_page, second_paper):
        assert "15,2 %" in text
        assert "4,3 points de plus" in text
        assert second_mark in text


def test_figures_are_exported_whole(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    response = client_for(bruno).get(url(VILLAGE, export="csv", tableau="chiffres"))
    assert response["Content-Type"].startswith("text/csv")
    assert "Taux de pauvreté" in response.content.decode("utf-8-sig")


# --- search, links, emptiness, cost ----------------------------------------------------------------------------------


def test_the_search_leads_to_the_only_one_or_lists_several(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    client = client_for(bruno)
    assert client.get(reverse("portrait-search"), {"q": "44109"})["Location"] == url(TOWN)
    several = client.get(reverse("portrait-search"), {"q": "nantes"}).content.decode()
    assert url(TOWN) in several
    assert url(METROPOLE) in several
    nothing = unescape(client.get(reverse("portrait-search"), {"q": "zzz"}).content.decode())
    assert "maillage import cog" in nothing
    assert client.get(reverse("portrait-search")).status_code == 200


def test_the_page_of_a_territory_and_its_portrait_lead_to_each_other(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    client = client_for(bruno)
    assert url("DEP-44") in client.get(reverse("territory", args=["DEP-44"])).content.decode()
    assert reverse("territory", args=["DEP-44"]) in page(client, "DEP-44")


def test_nothing_loaded_says_what_to_load(
    territories: dict[str, Territory], bruno: User, client_for: ClientFor
) -> None:
    client = client_for(bruno)
    shown = page(client, "DEP-44")
    for command in ("import filosofi", "import contours", "import france-services", "import density"):
        assert f"maillage {command}" in shown
    assert "n. d." in shown
    assert len(pdf_pages(paper(client, "DEP-44"))) == 2


@pytest.mark.parametrize("code", ["REG-52", "DEP-44", METROPOLE, VILLAGE])
def test_the_cost_does_not_grow_with_what_is_loaded(
    region: Portrayed, bruno: User, client_for: ClientFor, code: str
) -> None:
    region.point("1", TOWN)
    client = client_for(bruno)

    def cost() -> int:
        page(client, code)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client, code)
        return len(queries)

    few = cost()
    for rank in range(12):
        region.epci(f"2000001{rank:02}", f"{7 + rank}.0")
        region.commune(f"44{200 + rank}", f"Commune {rank}")
        region.observe("POVERTY-RATE", f"COM-44{200 + rank}", "9.0")
        region.point(f"p{rank}", f"COM-44{200 + rank}")
    assert cost() == few
    assert few <= QUERIES_AT_MOST


def _territory(code: str) -> Territory:
    found = by_code(code)
    assert found is not None
    return found


def test_a_commune_of_no_epci_has_its_portrait(region: Portrayed, bruno: User, client_for: ClientFor) -> None:
    make_territory("COM-44999", "Une île", parent=region.territories["DEP-44"])
    shown = page(client_for(bruno), "COM-44999")
    assert "Portrait : Une île" in shown
    assert "EPCI :" not in shown


def test_a_quarter_has_no_portrait_and_a_former_commune_says_it_is_one(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    Territory.objects.create(
        code="IRIS-441090101", level="iris", insee="441090101", name="Q", sort_name="q", parent=_territory(TOWN)
    )
    assert client_for(bruno).get(url("IRIS-441090101")).status_code == 404
    Territory.objects.filter(code=VILLAGE).update(valid_to=date(2025, 1, 1))
    assert "n’existe plus depuis le 1er janvier 2025" in page(client_for(bruno), VILLAGE)
    assert len(pdf_pages(paper(client_for(bruno), VILLAGE))) == 2


def test_what_only_the_quarters_of_a_commune_have_is_added_up_unless_one_is_hushed(
    region: Portrayed, bruno: User, client_for: ClientFor
) -> None:
    for rank, value in enumerate(("120", "80"), start=1):
        code = f"IRIS-44109010{rank}"
        region.territories[code] = Territory.objects.create(
            code=code, level="iris", insee=code[5:], name=code, sort_name=code.lower(), parent=_territory(TOWN)
        )
        region.observe("CAF-RSA", code, value)
    figure = portrait_of(_territory(TOWN), user=bruno, on=TODAY).figures["CAF-RSA"]
    assert figure.value.amount == 200
    assert "Somme des 2 IRIS de la commune." in page(client_for(bruno), TOWN)
    Observation.objects.filter(territory__code="IRIS-441090102").update(value=None, status="suppressed")
    figure = portrait_of(_territory(TOWN), user=bruno, on=TODAY).figures["CAF-RSA"]
    assert figure.value.amount is None
    shown = page(client_for(bruno), TOWN)
    assert "1 IRIS sur 2 sans valeur connue" in shown
    assert "au moins 120" in shown


def test_the_map_shows_the_latest_year_that_half_of_the_places_have(region: Portrayed, bruno: User) -> None:
    region.observe("POVERTY-RATE", METROPOLE, "15.0", period="2023")
    shown = portrait_of(_territory(METROPOLE), user=bruno, on=TODAY).map
    assert shown is not None
    assert shown.title == "Taux de pauvreté, EPCI de la région Pays de la Loire, 2021"
    for rank in range(1, 5):
        region.observe("POVERTY-RATE", f"EPCI-20000000{rank}", "9.0", period="2023")
    shown = portrait_of(_territory(METROPOLE), user=bruno, on=TODAY).map
    assert shown is not None
    assert shown.title.endswith(", 2023")
