"""Sizes that cannot be meant, and those that can; and what a misprint does to its neighbours."""

from decimal import Decimal

import pytest

from maillage.engines.consistency import Figure, Observed, VerdictKind, check


def figure(key: str, printed: str, value: str, unit: str = "EUR", **others: str) -> Figure:
    columns = {"label": f"Chiffre {key}", "territory": "REG-27", "period": "2021", "document": "D", "locator": key}
    return Figure(key=key, printed_as=printed, value=Decimal(value), unit=unit, **(columns | others))


def kinds(*figures: Figure, observed: tuple[Observed, ...] = ()) -> list[VerdictKind]:
    return [verdict.kind for verdict in check(figures, observed)]


def population(period: str = "2021", value: int = 200_000) -> tuple[Observed, ...]:
    return (Observed("population", "Population", "REG-27", period, Decimal(value), "persons", "INSEE"),)


IMPLAUSIBLE, UNVERIFIABLE = VerdictKind.IMPLAUSIBLE, VerdictKind.UNVERIFIABLE


@pytest.mark.parametrize(
    ("printed", "value", "unit", "label", "kind"),
    [
        ("7 400 000 M€", "7400000000000", "EUR", "Aides", IMPLAUSIBLE),
        ("780 000 M€", "780000000000", "EUR", "Aides", IMPLAUSIBLE),
        ("1 500 M€", "1500000000", "EUR", "Aides", UNVERIFIABLE),
        ("12 500 k€", "12500000", "EUR", "Aides", UNVERIFIABLE),
        ("8 058 447 k€", "8058447000", "EUR", "Aides", IMPLAUSIBLE),
        ("-3", "-3", "places", "Places ouvertes", IMPLAUSIBLE),
        ("-3", "-3", "places", "Évolution des places", UNVERIFIABLE),
        ("-3 000 €", "-3000", "EUR", "Solde", UNVERIFIABLE),
        ("130 %", "130", "%", "Part des femmes", IMPLAUSIBLE),
        ("104 %", "104", "%", "Taux d'occupation", UNVERIFIABLE),
        ("130 %", "130", "%", "Hausse de la demande", UNVERIFIABLE),
        ("-120 %", "-120", "%", "Évolution de la demande", IMPLAUSIBLE),
        ("une baisse de 120 %", "120", "%", "Évolution de la demande", IMPLAUSIBLE),
        ("-100 %", "-100", "%", "Évolution de la demande", UNVERIFIABLE),
        ("90 millions de personnes", "90000000", "persons", "Personnes aidées", IMPLAUSIBLE),
    ],
)
def test_sizes(printed: str, value: str, unit: str, label: str, kind: VerdictKind) -> None:
    assert kinds(figure("A", printed, value, unit, label=label)) == [kind]


@pytest.mark.parametrize(
    ("printed", "value", "others", "observed", "kind"),
    [
        ("245 000", "245000", {}, population(), IMPLAUSIBLE),
        ("199 000", "199000", {}, population(), UNVERIFIABLE),
        ("203 000", "203000", {}, population("2015"), UNVERIFIABLE),
        ("245 000", "245000", {"period": "2015/2021"}, population(), UNVERIFIABLE),
        ("206 000", "206000", {"label": "Habitants du pays"}, population(), UNVERIFIABLE),
        ("200 000", "200000", {}, population(value=199_800), UNVERIFIABLE),
        ("245 000", "245000", {"territory": "DEP-21"}, population(), UNVERIFIABLE),
    ],
)
def test_persons_against_the_population(
    printed: str, value: str, others: dict[str, str], observed: tuple[Observed, ...], kind: VerdictKind
) -> None:
    assert kinds(figure("A", printed, value, "persons", **others), observed=observed) == [kind]


def test_a_series_does_not_jump_a_thousandfold() -> None:
    years = [
        figure(str(year), f"{year - 1900} M€", f"{year - 1900}e6", label="Aide", period=str(year))
        for year in (2018, 2019, 2020)
    ]
    slip = figure("slip", "110 k€", "110000", label="Aide", period="2021")
    assert kinds(*years, slip) == [UNVERIFIABLE] * 3 + [IMPLAUSIBLE]
    handful = [
        figure("a", "3", "3", "places", label="Places", period="2020"),
        figure("b", "3 075", "3075", "places", label="Places"),
    ]
    assert kinds(*handful) == [UNVERIFIABLE, UNVERIFIABLE]


def test_a_territory_has_no_more_than_the_one_that_holds_it() -> None:
    nation = figure("F", "48 M€", "48000000", label="Plan", territory="FRANCE")
    assert kinds(nation, figure("R", "61 M€", "61000000", label="Plan")) == [UNVERIFIABLE, IMPLAUSIBLE]
    assert kinds(nation, figure("R", "48,2 M€", "48200000", label="Plan")) == [UNVERIFIABLE, UNVERIFIABLE]
    rate = figure("F", "12 jours", "12", "days", label="Délai", territory="FRANCE")
    assert kinds(rate, figure("R", "15 jours", "15", "days", label="Délai")) == [UNVERIFIABLE, UNVERIFIABLE]
    departement = figure("D", "40 places", "40", "places", label="Places", territory="DEP-21")
    commune = figure("C", "41 places", "41", "places", label="Places", territory="COM-21231")
    assert kinds(departement, commune) == [UNVERIFIABLE, IMPLAUSIBLE]


def test_a_misprint_is_not_held_against_what_it_may_have_meant() -> None:
    misprint = figure("A", "7 400 000 M€", "7400000000000", label="Aide")
    same = figure("B", "7,4 M€", "7400000", label="Aide", document="E")
    other = figure("C", "9,9 M€", "9900000", label="Aide", document="E")
    assert kinds(misprint, same) == [IMPLAUSIBLE, UNVERIFIABLE]
    assert kinds(misprint, other) == [IMPLAUSIBLE, VerdictKind.CONTRADICTS_DOCUMENT]


def test_two_numbers_without_a_period_may_be_of_two_years() -> None:
    first = figure("A", "34 %", "34", "%", label="Non-recours", period="")
    second = figure("B", "29 %", "29", "%", label="Non-recours", period="", document="E")
    verdicts = check([first, second])
    assert [verdict.kind for verdict in verdicts] == [UNVERIFIABLE, UNVERIFIABLE]
    assert "aucun des deux n'imprime de période" in verdicts[0].reason


def test_a_share_above_its_whole_is_implausible_even_when_the_division_is_right() -> None:
    part, whole = figure("P", "60", "60", "places"), figure("W", "40", "40", "places")
    share = figure("S", "150 %", "150", "%", relation="share(P;W)", label="Femmes")
    assert kinds(part, whole, share)[2] is IMPLAUSIBLE
    filled = figure("S", "150 %", "150", "%", relation="share(P;W)", label="Taux de remplissage")
    assert kinds(part, whole, filled)[2] is VerdictKind.HOLDS


def test_the_same_row_twice_is_no_evidence() -> None:
    row = figure("A", "12 places", "12", "places", label="Places", locator="page 1")
    again = figure("B", "12 places", "12", "places", label="Places", locator="page 1")
    elsewhere = figure("C", "12 places", "12", "places", label="Places", locator="page 2")
    assert kinds(row, again) == [UNVERIFIABLE, UNVERIFIABLE]
    assert kinds(row, elsewhere) == [VerdictKind.HOLDS, VerdictKind.HOLDS]


def test_figures_said_equal_in_two_documents_contradict_on_both_sides() -> None:
    first = figure("A", "4,1 M€", "4100000", relation="equals(B)")
    second = figure("B", "4 348 420 €", "4348420", document="E")
    assert kinds(first, second) == [VerdictKind.CONTRADICTS_DOCUMENT, VerdictKind.CONTRADICTS_DOCUMENT]
    reason = check([first, second])[0].reason
    assert "D, A" in reason
    assert "E, B" in reason
