from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.period import Period, PeriodInvalid

days = st.dates(min_value=date(1800, 1, 1), max_value=date(2200, 12, 31))


def _written(day: date, precision: int) -> str:
    return day.isoformat()[: (4, 7, 10)[precision]]


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2020", (2020, 1, 1), (2020, 12, 31), "2020"),
        ("2020-11", (2020, 11, 1), (2020, 11, 30), "novembre 2020"),
        ("2020-05/2020-06", (2020, 5, 1), (2020, 6, 30), "mai-juin 2020"),
        ("2020-03/2020-06", (2020, 3, 1), (2020, 6, 30), "mars à juin 2020"),
        ("2019/2023", (2019, 1, 1), (2023, 12, 31), "2019-2023"),
        ("2023-11-07", (2023, 11, 7), (2023, 11, 7), "7 novembre 2023"),
        ("2023-11-01/2023-11-07", (2023, 11, 1), (2023, 11, 7), "1er au 7 novembre 2023"),
        ("2019-10/2020-11", (2019, 10, 1), (2020, 11, 30), "octobre 2019 à novembre 2020"),
        ("2019/2021-02", (2019, 1, 1), (2021, 2, 28), "2019 à février 2021"),
        ("2020-02", (2020, 2, 1), (2020, 2, 29), "février 2020"),
    ],
)
def test_periods_of_documents(text: str, start: tuple[int, int, int], end: tuple[int, int, int], label: str) -> None:
    period = Period.parse(text)
    assert (period.start, period.end) == (date(*start), date(*end))
    assert period.label_fr == label
    assert str(period) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",
        "2020-13",
        "2020-00",
        "2021-02-29",
        "2020-1",
        "2023/2019",
        "2020/",
        "/2020",
        "2019-",
        "0000",
        "9999",
        "2020/2021/2022",
        "２０２０",
        "2020-05/2020-04",
    ],
)
def test_what_is_not_a_period_is_refused_in_french(text: str) -> None:
    with pytest.raises(PeriodInvalid, match="Période"):
        Period.parse(text)


@given(days, days, st.integers(0, 2), st.integers(0, 2))
def test_canonical_text_gives_the_same_period_back(
    first: date, last: date, first_precision: int, last_precision: int
) -> None:
    text = f"{_written(first, first_precision)}/{_written(last, last_precision)}"
    try:
        period = Period.parse(text)
    except PeriodInvalid:
        return
    assert Period.parse(str(period)) == period
    assert period.start <= period.end
    assert period.contains(period)
    assert period.overlaps(period)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        Period.parse(text)
    except PeriodInvalid as refusal:
        message = refusal.message_fr
    else:
        return
    assert len(message) < 200


def test_containment_and_order() -> None:
    year = Period.parse("2020")
    assert year.contains(Period.parse("2020-05/2020-06"))
    assert year.contains(date(2020, 12, 31))
    assert not Period.parse("2020-05").contains(year)
    assert Period.parse("2019") < year < Period.parse("2020/2021") < Period.parse("2021")
    assert year == Period.parse("2020-01/2020-12")
    assert len({year, Period.parse("2020-01/2020-12")}) == 1
    assert year.distance_days(Period.parse("2019")) < year.distance_days(Period.parse("2017"))
    assert Period.of_year(2020) == year
    assert year.days == 366
