"""What must be true of the engine whatever the documents."""

import random
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.consistency import NO_EVIDENCE, Figure, Observed, VerdictKind, check
from maillage.kernel.numbers import format_number
from maillage.kernel.provenance import Status

CONTRADICTIONS = {VerdictKind.CONTRADICTS_COMPONENTS, VerdictKind.CONTRADICTS_DOCUMENT}
amounts = st.integers(min_value=1, max_value=10**9)


def figure(key: str, printed: str, value: Decimal | int | None, **others: str) -> Figure:
    columns = {"label": f"Chiffre {key}", "territory": "REG-27", "period": "2021", "unit": "EUR"} | others
    return Figure(key=key, printed_as=printed, value=None if value is None else Decimal(value), **columns)


def evolution(before: int, after: int, claimed: Decimal) -> list[Figure]:
    return [
        figure("A", f"{format_number(before)} €", before),
        figure("B", f"{format_number(after)} €", after),
        figure("C", f"{format_number(claimed)} %", claimed, unit="%", relation="evolution(A;B)"),
    ]


def verdict_of(key: str, figures: list[Figure], observed: tuple[Observed, ...] = ()) -> VerdictKind:
    return next(verdict.kind for verdict in check(figures, observed) if verdict.figure == key)


@given(amounts, amounts, st.integers(0, 6), st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]))
def test_rounding_a_true_evolution_never_contradicts(before: int, after: int, decimals: int, rounding: str) -> None:
    exact = Decimal(after - before) * 100 / before
    claimed = exact.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
    printed = f"{format_number(claimed, decimals)} %"
    figures = [
        *evolution(before, after, claimed)[:2],
        figure("C", printed, claimed, unit="%", relation="evolution(A;B)"),
    ]
    assert verdict_of("C", figures) in {VerdictKind.HOLDS, VerdictKind.HOLDS_ROUNDED}


@given(amounts, amounts, st.integers(0, 6))
def test_truncating_a_true_share_is_at_worst_a_truncation(part: int, whole: int, decimals: int) -> None:
    exact = Decimal(part) * 100 / whole
    claimed = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)
    figures = [
        figure("A", format_number(part), part, unit="places"),
        figure("B", format_number(whole), whole, unit="demandes"),
        figure("C", f"{format_number(claimed, decimals)} %", claimed, unit="%", relation="share(A;B)", label="Taux"),
    ]
    assert verdict_of("C", figures) not in CONTRADICTIONS


@given(
    st.integers(10, 10**9),
    st.integers(10, 10**9),
    st.integers(0, 4),
    st.decimals(min_value=Decimal("1.001"), max_value=1000, places=3, allow_nan=False),
    st.booleans(),
)
def test_a_claim_beyond_its_own_resolution_always_contradicts(
    before: int, after: int, decimals: int, steps: Decimal, upwards: bool
) -> None:
    step = Decimal(1).scaleb(-decimals)
    exact = Decimal(after - before) * 100 / before
    shift = steps * step if upwards else -steps * step
    claimed = (exact + shift).quantize(step, rounding=ROUND_HALF_UP)
    if abs(claimed - exact) < step:
        claimed += step if upwards else -step
    figures = evolution(before, after, claimed)[:2]
    figures.append(figure("C", f"{format_number(claimed, decimals)} %", claimed, unit="%", relation="evolution(A;B)"))
    assert verdict_of("C", figures) is VerdictKind.CONTRADICTS_COMPONENTS


@given(st.lists(amounts, min_size=2, max_size=12), st.integers(-5, 5))
def test_a_total_of_integers_is_exact(addends: list[int], error: int) -> None:
    figures = [figure(f"A{index}", f"{format_number(value)} €", value) for index, value in enumerate(addends)]
    total = sum(addends) * 10 + 1 + error  # ends with a digit that no rounding explains
    figures.append(figure("LAST", f"{format_number(sum(addends) * 9 + 1)} €", sum(addends) * 9 + 1))
    relation = f"sum({';'.join(each.key for each in figures)})"
    figures.append(figure("T", f"{format_number(total)} €", total, relation=relation))
    if total % 100:
        expected = VerdictKind.HOLDS if error == 0 else VerdictKind.CONTRADICTS_COMPONENTS
        assert verdict_of("T", figures) is expected


LABELS = ("Places ouvertes", "Places ouverte", "Aides versées", "Foyers aidés")
PRINTS = (
    "8 millions",
    "7,6 M€",
    "1 250 000 €",
    "près de 1,3 M€",
    "plus de 900 000 €",
    "400 00 €",
    "7 400 000 M€",
    "12 %",
)


@st.composite
def documents(draw: st.DrawFn) -> list[Figure]:
    size = draw(st.integers(1, 14))
    keys = [f"K{index}" for index in range(size)]
    relations = st.sampled_from(
        ["", "", "equals({})", "part({})", "evolution({};{})", "sum({};{})", "share({};population)"]
    )
    figures = []
    for key in keys:
        relation = draw(relations).format(draw(st.sampled_from(keys)), draw(st.sampled_from(keys)))
        figures.append(
            Figure(
                key=key,
                label=draw(st.sampled_from(LABELS)),
                territory=draw(st.sampled_from(["REG-27", "FRANCE"])),
                period=draw(st.sampled_from(["2021", "2022", ""])),
                value=None,
                unit=draw(st.sampled_from(["EUR", "k€", "persons"])),
                printed_as=draw(st.sampled_from(PRINTS)),
                relation=relation,
                document=draw(st.sampled_from(["A", "B", "C"])),
                locator=draw(st.sampled_from(["page 1", "page 2"])),
                perimeter=draw(st.sampled_from(["", "", "hors siège"])),
            )
        )
    return figures


POPULATION = Observed("population", "Population", "REG-27", "2021", Decimal(2_800_000), "persons", "INSEE")


@settings(max_examples=500)
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(figures: list[Figure], shuffle: random.Random) -> None:
    shuffled = list(figures)
    shuffle.shuffle(shuffled)
    first = {verdict.figure: verdict for verdict in check(figures, [POPULATION])}
    second = {verdict.figure: verdict for verdict in check(shuffled, [POPULATION])}
    assert first == second


@given(documents())
def test_an_unrelated_figure_changes_nothing(figures: list[Figure]) -> None:
    stranger = figure("STRANGER", "17 tonnes", 17, label="Denrées collectées", territory="DEP-21", unit="tonnes")
    assert check([*figures, stranger], [POPULATION])[: len(figures)] == check(figures, [POPULATION])


@given(amounts, amounts)
def test_the_unit_of_the_column_changes_nothing(first: int, second: int) -> None:
    def kinds(unit: str, scale: int) -> list[VerdictKind]:
        pair = [
            figure("A", f"{format_number(first)} k€", Decimal(first * 1000) / scale, unit=unit, label="Même"),
            figure(
                "B",
                f"{format_number(second)} k€",
                Decimal(second * 1000) / scale,
                unit=unit,
                label="Même",
                document="B",
            ),
        ]
        return [verdict.kind for verdict in check(pair)]

    assert kinds("EUR", 1) == kinds("k€", 1000) == kinds("M€", 10**6)


texts = st.one_of(
    st.text(max_size=30), st.sampled_from(["2021", "REG-27", "EUR", "%", "sum(a;b)", "equals(a)", "a", "12 %"])
)


@settings(max_examples=300)
@given(
    st.lists(
        st.builds(
            Figure, texts, texts, texts, texts, st.one_of(st.none(), st.decimals()), texts, texts, texts, texts, texts
        ),
        max_size=6,
    ),
    st.lists(
        st.builds(
            Observed,
            texts,
            texts,
            texts,
            texts,
            st.one_of(st.none(), st.decimals()),
            texts,
            texts,
            st.sampled_from(list(Status)),
            st.one_of(st.none(), st.decimals()),
            st.one_of(st.none(), st.decimals()),
        ),
        max_size=3,
    ),
)
def test_no_text_in_any_column_raises(figures: list[Figure], observed: list[Observed]) -> None:
    verdicts = check(figures, observed)
    assert [verdict.figure for verdict in verdicts] == [each.key for each in figures]
    assert all(verdict.reason for verdict in verdicts)


def test_a_figure_alone_has_no_evidence() -> None:
    (verdict,) = check([figure("A", "12 €", 12)])
    assert (verdict.kind, verdict.reason) == (VerdictKind.UNVERIFIABLE, NO_EVIDENCE)
    assert check([]) == []


def test_agreement_within_a_circle_proves_nothing_and_disagreement_still_does() -> None:
    first = figure("A", "10 €", 10, relation="sum(B;C)")
    second = figure("B", "6 €", 6, relation="difference(C;A)")
    third = figure("C", "4 €", 4)
    verdicts = {verdict.figure: verdict for verdict in check([first, second, third])}
    assert verdicts["A"].kind is VerdictKind.UNVERIFIABLE
    assert "tournent en rond" in verdicts["A"].reason
    wrong = replace(first, printed_as="11 €", value=Decimal(11))
    assert verdict_of("A", [wrong, second, third]) is VerdictKind.CONTRADICTS_COMPONENTS
    itself = figure("D", "4 €", 4, relation="sum(D;C)")
    assert "lui-même" in check([itself, third])[0].reason


def test_observations_are_evidence_but_not_of_their_own_document() -> None:
    stated = figure("A", "12 400", 12400, label="Places", unit="places", document="RAPPORT")
    value = Observed("places", "Places", "REG-27", "2021", Decimal(12_387), "places", "DREES")
    assert verdict_of("A", [stated], (value,)) is VerdictKind.HOLDS_ROUNDED
    assert verdict_of("A", [stated], (replace(value, value=Decimal(15_000)),)) is VerdictKind.CONTRADICTS_DOCUMENT
    assert verdict_of("A", [stated], (replace(value, document="RAPPORT"),)) is VerdictKind.UNVERIFIABLE
    assert verdict_of("A", [stated], (replace(value, period="2020"),)) is VerdictKind.UNVERIFIABLE
    provisional = replace(value, value=Decimal(15_000), status=Status.PROVISIONAL)
    assert verdict_of("A", [stated], (provisional,)) is VerdictKind.UNVERIFIABLE
    floor = replace(value, value=Decimal(11_000), status=Status.FLOOR)
    assert verdict_of("A", [stated], (floor,)) is VerdictKind.HOLDS_ROUNDED
    estimate = replace(value, status=Status.ESTIMATED, low=Decimal(12_000), high=Decimal(13_000))
    assert verdict_of("A", [stated], (estimate,)) is VerdictKind.HOLDS_ROUNDED
    hidden = replace(value, value=None, status=Status.SUPPRESSED)
    assert verdict_of("A", [stated], (hidden,)) is VerdictKind.UNVERIFIABLE


def test_the_nearest_vintage_is_used_and_named() -> None:
    figures = [
        figure("A", "100 000", 100_000, unit="persons"),
        figure("C", "5 %", 5, unit="%", relation="share(A;POPULATION)"),
    ]
    observed = tuple(
        replace(POPULATION, period=year, value=Decimal(value)) for year, value in (("2015", 1), ("2020", 2_000_000))
    )
    verdict = check(figures, observed)[1]
    assert verdict.kind is VerdictKind.HOLDS
    assert "valeur 2020" in verdict.reason


def test_another_vintage_confirms_but_does_not_contradict() -> None:
    share = figure("C", "5,1 %", Decimal("5.1"), unit="%", relation="share(A;population)", label="Taux")
    persons = figure("A", "100 000", 100_000, unit="persons")
    two_years_before = replace(POPULATION, period="2019", value=Decimal(2_000_000))
    assert verdict_of("C", [persons, share], (two_years_before,)) is VerdictKind.HOLDS_ROUNDED
    same_year = replace(two_years_before, period="2021")
    assert verdict_of("C", [persons, share], (same_year,)) is VerdictKind.CONTRADICTS_COMPONENTS
    far = replace(share, printed_as="9 %", value=Decimal(9))
    assert verdict_of("C", [persons, far], (two_years_before,)) is VerdictKind.CONTRADICTS_COMPONENTS
    households = Observed("menages", "Ménages", "REG-27", "2019", Decimal(1_000_000), "households", "INSEE")
    of_households = replace(far, relation="share(A;ménages)")
    assert verdict_of("C", [persons, of_households], (households,)) is VerdictKind.UNVERIFIABLE


def test_a_figure_repeated_very_often_is_contradicted_everywhere() -> None:
    many = [figure(f"K{n}", "12 €", 12, label="Même", document=f"D{n}") for n in range(3000)]
    odd = figure("ODD", "15 €", 15, label="Même", document="E")
    verdicts = check([*many, odd])
    assert {verdict.kind for verdict in verdicts} == {VerdictKind.CONTRADICTS_DOCUMENT}
