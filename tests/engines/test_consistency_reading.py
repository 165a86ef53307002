"""What is printed, read with its precision."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.consistency.reading import Reading, read_print
from maillage.engines.consistency.thresholds import QUALIFIERS, Qualifier


def read(printed: str, value: str | None, unit: str, label: str = "") -> Reading:
    outcome = read_print(printed, None if value is None else Decimal(value), unit, label)
    assert outcome.reading is not None, outcome.problem
    assert not outcome.transcription
    return outcome.reading


@pytest.mark.parametrize(
    ("printed", "unit", "value", "half"),
    [
        ("4 660 000 €", "EUR", "4660000", "0.5"),
        ("4\u202f660\u202f000\u00a0€", "EUR", "4660000", "0.5"),
        ("269 975€", "EUR", "269975", "0.5"),
        ("27,7 millions d'euros", "EUR", "27700000", "50000"),
        ("27,7 millions d’euros", "EUR", "27700000", "50000"),
        ("8 millions", "EUR", "8000000", "500000"),
        ("37M€", "EUR", "37000000", "500000"),
        ("2,8 Me", "EUR", "2800000", "50000"),
        ("2,8 MEUR", "EUR", "2800000", "50000"),
        ("20 Mds€", "EUR", "20000000000", "500000000"),
        ("6,7 milliards d'euros", "EUR", "6700000000", "50000000"),
        ("450 k€", "k€", "450000", "500"),
        ("12 milliers d'euros", "EUR", "12000", "500"),
        ("8 M€", "M€", "8000000", "500000"),
        ("7.60%", "%", "7.60", "0.005"),
        ("10,62%", "%", "10.62", "0.005"),
        ("-58%", "%", "-58", "0.5"),
        ("−57,5 %", "%", "-57.5", "0.05"),
        ("+50%", "%", "50", "0.5"),
        ("12 pour cent", "%", "12", "0.5"),
        ("0,12", "ratio", "12", "0.5"),
        ("12 %", "ratio", "12", "0.5"),
        ("1831", "places", "1831", "0.5"),
        ("+9", "structures", "9", "0.5"),
        ("24 jours", "days", "24", "0.5"),
        ("78,5 ETP", "ETP", "78.5", "0.05"),
        ("Trois lauréats régionaux", "projets", "3", "0.5"),
        ("vingt-cinq mesures", "mesures", "25", "0.5"),
        ("quatre-vingt-dix-neuf places", "places", "99", "0.5"),
        ("soixante et onze places", "places", "71", "0.5"),
        ("deux cent quarante places", "places", "240", "0.5"),
        ("2 en Pays de la Loire", "projets", "2", "0.5"),
        ("dont 224 500 enfants", "persons", "224500", "0.5"),
        ("- 25 mesures", "mesures", "25", "0.5"),
        ("50/50", "%", "50", "0.5"),
        ("1.234.567 €", "EUR", "1234567", "0.5"),
        ("4 660 000 €²", "EUR", "4660000", "0.5"),
        ("x2", "fois", "2", "0.5"),
        ("12'500 €", "EUR", "12500", "0.5"),
        ("un demi-million d'euros", "EUR", "500000", "50000"),
        ("trois demi-journées", "demi-journées", "3", "0.5"),
        ("aucune place", "places", "0", "0.5"),
        ("8 pour mille", "%", "0.8", "0.05"),
        ("12,50 €/mois", "€/mois", "12.50", "0.005"),
    ],
)
def test_value_and_precision(printed: str, unit: str, value: str, half: str) -> None:
    scale = {"k€": Decimal(1000), "M€": Decimal(10**6), "ratio": Decimal(100)}.get(unit, Decimal(1))
    reading = read(printed, str(Decimal(value) / scale), unit)
    assert reading.value == Decimal(value)
    assert reading.half == Decimal(half)
    assert reading.qualifier is Qualifier.NONE


@pytest.mark.parametrize(
    ("printed", "value", "kind"),
    [
        ("près de 4,6 M€", "4600000", Qualifier.NEARLY),
        ("près d'un million d'euros", "1000000", Qualifier.NEARLY),
        ("presque 300 €", "300", Qualifier.NEARLY),
        ("environ 37M€", "37000000", Qualifier.ABOUT),
        ("quelque 300 €", "300", Qualifier.ABOUT),
        ("de l'ordre de 300 €", "300", Qualifier.ABOUT),
        ("300 € environ", "300", Qualifier.ABOUT),
        ("≈ 300 €", "300", Qualifier.ABOUT),
        ("plus ou moins 300 €", "300", Qualifier.ABOUT),
        ("plus d'1,8 M€", "1800000", Qualifier.MORE_THAN),
        ("plus de 29 M€", "29000000", Qualifier.MORE_THAN),
        ("au moins 300 €", "300", Qualifier.MORE_THAN),
        ("pas moins de 300 €", "300", Qualifier.MORE_THAN),
        ("> 300 €", "300", Qualifier.MORE_THAN),
        ("moins de 300 €", "300", Qualifier.LESS_THAN),
        ("jusqu'à 300 €", "300", Qualifier.LESS_THAN),
        ("pas plus de 300 €", "300", Qualifier.LESS_THAN),
        ("300 € au maximum", "300", Qualifier.LESS_THAN),
        ("une trentaine d'euros", "30", Qualifier.ROUGH_WORD),
        ("entre 300 et 400 €", "350", Qualifier.RANGE),
        ("300 à 400 €", "320", Qualifier.RANGE),
        ("300-400 €", "350", Qualifier.RANGE),
        ("de plus en plus : 300 €", "300", Qualifier.NONE),
    ],
)
def test_words_that_soften(printed: str, value: str, kind: Qualifier) -> None:
    assert read(printed, value, "EUR").qualifier is kind


def test_what_each_word_allows() -> None:
    nearly = read("près de 4,6 M€", "4600000", "EUR")
    assert nearly.accepts(Decimal(4_348_420))
    assert nearly.accepts(Decimal(4_650_000))
    assert not nearly.accepts(Decimal(4_700_000))
    assert not nearly.accepts(Decimal(4_100_000))
    more = read("plus de 13 012", "13012", "persons")
    assert not more.accepts(Decimal(12_000))
    assert not more.leaves_open(Decimal(12_000))
    assert more.accepts(Decimal(13_500))
    assert not more.accepts(Decimal(30_000))
    assert more.leaves_open(Decimal(30_000))
    less = read("moins de 500", "500", "persons")
    assert less.accepts(Decimal(480))
    assert less.leaves_open(Decimal(100))
    assert not less.leaves_open(Decimal(501))
    assert read("une trentaine", "30", "persons").accepts(Decimal(33))
    assert all(tolerance.reason for tolerance in QUALIFIERS.values())


def test_a_round_integer_may_be_a_rounding_and_a_full_one_never() -> None:
    assert read("400 000", "400000", "persons").excuses(Decimal(398_000))
    assert not read("400 000", "400000", "persons").excuses(Decimal(380_000))
    assert read("4 660 000 €", "4660000", "EUR").excuses(Decimal(4_657_300))
    assert not read("4 660 000 €", "4660000", "EUR").excuses(Decimal(4_666_000))
    assert read("8 058 447 €", "8058447", "EUR").round_step == 0
    assert read("250", "250", "persons").round_step == 0


@pytest.mark.parametrize("printed", ["400 00€", "40 0000 €", "1,2,3", "1 25 000 €", "9" * 60])
def test_a_malformed_number_is_not_read(printed: str) -> None:
    outcome = read_print(printed, Decimal(400_000), "EUR")
    assert outcome.reading is None
    assert "mal formé" in outcome.problem


@pytest.mark.parametrize(
    ("printed", "value", "unit", "problem"),
    [
        ("quelques-uns", "3", "persons", "aucun nombre"),
        ("plusieurs centaines", "300", "persons", "aucun nombre"),
        ("", None, "EUR", "aucune valeur"),
        ("12 %", "12", "EUR", "l'unité imprimée"),
        ("12 ou 15 places", None, "places", "plusieurs nombres"),
        ("12", "NaN", "places", "pas un nombre utilisable"),
    ],
)
def test_what_cannot_be_read_says_why(printed: str, value: str | None, unit: str, problem: str) -> None:
    outcome = read_print(printed, None if value is None else Decimal(value), unit)
    assert outcome.reading is None
    assert problem in outcome.problem


def test_a_value_that_is_not_the_one_printed_is_told() -> None:
    outcome = read_print("8 M€", Decimal(800_000), "EUR")
    assert outcome.reading is not None
    assert outcome.reading.value == 8_000_000
    assert "800\u202f000" in outcome.transcription


def test_the_value_typed_chooses_between_several_numbers() -> None:
    printed = "41 prescripteurs de colos pour 3200 enfants"
    assert read(printed, "3200", "persons").value == 3200
    assert read(printed, "41", "structures").value == 41
    assert read("1.234 personnes", "1234", "persons").value == 1234
    assert read("en 2020 25 communes", "25", "communes").value == 25


def test_a_fall_is_read_from_the_sentence_or_the_label() -> None:
    assert read("une baisse de 12 %", "12", "%").fall
    assert read("12 % de moins", "12", "%").fall
    assert read("moins 12 %", "12", "%").fall
    assert not read("au moins 12 %", "12", "%").fall
    assert read("12 %", "12", "%", "Recul du chômage").fall
    assert not read("12 %", "12", "%", "Hausse du chômage").fall


def test_one_number_is_read_without_a_value_to_choose() -> None:
    assert read("1,8 million d'euros", None, "EUR").value == 1_800_000
    assert read("un million d'euros", None, "EUR").value == 1_000_000
    assert read("trois quarts", None, "%").value == 75
    assert read("3 places sur 4, soit 75 %", "75", "%").qualifier is Qualifier.NONE
    assert "aucun nombre" in read_print("des millions d'euros", None, "EUR").problem


def test_nearly_reaches_a_little_above_a_round_number() -> None:
    assert read("près de 500", "500", "persons").accepts(Decimal(510))
    assert not read("près de 500", "500", "persons").accepts(Decimal(520))
    assert not read("près de 37 M€", "37000000", "EUR").accepts(Decimal(38_000_000))


def test_fractions_in_words_are_rough() -> None:
    for printed in ("un tiers des ménages", "1 personne sur 3", "1/3", "un enfant sur trois"):
        reading = read(printed, "33", "%")
        assert reading.accepts(Decimal(34))
        assert not reading.accepts(Decimal(40))


@given(st.text(max_size=60), st.one_of(st.none(), st.decimals()), st.text(max_size=10), st.text(max_size=20))
def test_no_text_raises(printed: str, value: Decimal | None, unit: str, label: str) -> None:
    outcome = read_print(printed, value, unit, label)
    assert outcome.reading is not None or outcome.problem
