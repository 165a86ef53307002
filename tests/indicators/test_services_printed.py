"""Printed tables: each cell a figure, with the relation that the table claims."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from maillage.indicators import services
from maillage.indicators.models import StatedFigure
from maillage.indicators.selectors import consistency
from maillage.kernel.errors import InputRefused
from maillage.sources.registry import ImportRequest
from maillage.territories.models import Territory
from tests.indicators.samples import document

pytestmark = pytest.mark.django_db
Asked = Callable[..., ImportRequest]

CREDITS = (
    "territory_code,territory_fr,credits_2019_eur,credits_2020_eur,printed_evolution,as_of,note,document,locator\n"
)
COVER = "territory_code,fund,date,protected_population,beneficiaries,printed_rate,right,document,locator\n"


@pytest.fixture(autouse=True)
def _places(territories: dict[str, Territory]) -> None:
    document()


def credit_rows(total: str = "2010") -> str:
    note = "2020 includes the new fund: its perimeter differs from 2019"
    lines = (
        "DEP-44,Loire-Atlantique,1000,1510,51 %",
        "DEP-49,Maine-et-Loire,400,500,30%",
        f"REG-52,Total imprimé,1400,{total},",
    )
    return CREDITS + "".join(f"{line},2020-09-18,{note},DOC-A,tableau 1\n" for line in lines)


def kinds() -> dict[str, str]:
    return {item.figure.code: item.kind for item in consistency.check()}


def test_credits_become_cells_with_their_relations(asked: Asked) -> None:
    report = services.import_printed_table(asked(credit_rows()))
    assert report.counts["added"] == 8
    cells = {one.code: one for one in StatedFigure.objects.all()}
    assert cells["T-CRED-DEP-44-EVOL"].relation == "evolution(T-CRED-DEP-44-2019;T-CRED-DEP-44-2020)"
    assert cells["T-CRED-REG-52-2020"].relation == "sum(T-CRED-DEP-44-2020;T-CRED-DEP-49-2020)"
    assert cells["T-CRED-DEP-44-2020"].printed_as == "1 510"
    assert (cells["T-CRED-DEP-44-2020"].row, cells["T-CRED-DEP-44-2020"].column) == ("Loire-Atlantique", "2020")
    assert "T-CRED-REG-52-EVOL" not in cells


def test_a_note_of_one_year_gives_that_year_its_perimeter(asked: Asked) -> None:
    services.import_printed_table(asked(credit_rows()))
    assert StatedFigure.objects.get(code="T-CRED-DEP-44-2019").perimeter == ""
    assert "new fund" in StatedFigure.objects.get(code="T-CRED-DEP-44-2020").perimeter


def test_sums_and_evolutions_are_checked_cell_by_cell(asked: Asked) -> None:
    services.import_printed_table(asked(credit_rows(total="2011")))
    found = kinds()
    assert found["T-CRED-DEP-44-EVOL"] == "holds"
    assert found["T-CRED-DEP-49-EVOL"] == "contradicts_components"
    assert found["T-CRED-REG-52-2019"] == "holds"
    assert found["T-CRED-REG-52-2020"] == "contradicts_components"


def test_cover_rates_are_checked_against_their_terms(asked: Asked) -> None:
    rows = (
        "DEP-44,CPAM 44,2021-01-01,1000,76,7.60%,CSS,DOC-A,tableau 2\n"
        "DEP-49,CPAM 49,2021-01-01,1000,75,8 %,CSS,DOC-A,idem\n"
        "DEP-53,CPAM 53,2021-01-01,1000,75,9 %,CSS,DOC-A,idem\n"
    )
    services.import_printed_table(asked(COVER + rows))
    found = kinds()
    assert found["T-CSS-DEP-44-2021-RATE"] == "holds"
    assert found["T-CSS-DEP-49-2021-RATE"] == "holds_rounded"
    assert found["T-CSS-DEP-53-2021-RATE"] == "contradicts_components"
    assert StatedFigure.objects.get(code="T-CSS-DEP-49-2021-RATE").locator == "tableau 2"


def test_the_same_table_twice_changes_nothing(asked: Asked) -> None:
    services.import_printed_table(asked(credit_rows()))
    assert services.import_printed_table(asked(credit_rows())).changes_nothing


def test_a_changed_amount_prints_anew(asked: Asked) -> None:
    services.import_printed_table(asked(credit_rows()))
    services.import_printed_table(asked(credit_rows().replace("1510", "1600")))
    cell = StatedFigure.objects.get(code="T-CRED-DEP-44-2020")
    assert (cell.value, cell.printed_as) == (Decimal(1600), "1 600")


def test_a_second_document_s_table_takes_its_own_identifiers(asked: Asked) -> None:
    document("DOC-B")
    services.import_printed_table(asked(credit_rows()))
    services.import_printed_table(asked(credit_rows().replace("DOC-A", "DOC-B")))
    other = StatedFigure.objects.get(code="T-DOC-B-CRED-DEP-44-EVOL")
    assert other.relation == "evolution(T-DOC-B-CRED-DEP-44-2019;T-DOC-B-CRED-DEP-44-2020)"
    assert services.import_printed_table(asked(credit_rows().replace("DOC-A", "DOC-B"))).changes_nothing


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        credit_rows().replace("1510", "beaucoup"),
        credit_rows().replace("51 %", "beaucoup"),
        COVER + "DEP-44,CPAM 44,2021-01-01,-5,76,7.60%,CSS,DOC-A,t\n",
        credit_rows() + credit_rows().splitlines()[1] + "\n",
    ],
)
def test_what_is_not_such_a_table_is_refused_whole(asked: Asked, text: str) -> None:
    with pytest.raises(InputRefused):
        services.import_printed_table(asked(text))
    assert not StatedFigure.objects.exists()
