"""Sharing an envelope: exact, bounded, indifferent to order; and what it does to equity."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.contracts.enums import ShareMethod
from maillage.engines.envelope import (
    EURO,
    Allocation,
    AllocationRefused,
    IndicatorWeight,
    Method,
    Persons,
    TerritoryBase,
    allocate,
)
from maillage.engines.equity import equity, gini
from maillage.engines.estimates import Estimate
from maillage.kernel.money import CENT, Money, total


def territory(code: str, inhabitants: int | None = 100, poor: int | None = 10, **more: object) -> TerritoryBase:
    return TerritoryBase(
        code,
        f"Territoire {code}",
        None if inhabitants is None else Decimal(inhabitants),
        None if poor is None else Estimate.exact(Decimal(poor)),
        **more,  # type: ignore[arg-type]  # the cases give fields of many types
    )


A, B, C = territory("A", 100, 30), territory("B", 200, 30), territory("C", 300, 40)
RATE = IndicatorWeight("POVERTY-RATE", "Taux de pauvreté", Decimal(2))
INCOME = IndicatorWeight("INCOME", "Niveau de vie médian", Decimal(1), "more")


def shares(envelope: int | str, territories: list[TerritoryBase], method: Method, **options: object) -> list[str]:
    made = allocate(Money.of(envelope), territories, method, **options)  # type: ignore[arg-type]  # options of the case
    return [str(share.amount.euros) for share in made.shares]


def refused(envelope: int | str, territories: list[TerritoryBase], method: Method, **options: object) -> str:
    with pytest.raises(AllocationRefused) as caught:
        allocate(Money.of(envelope), territories, method, **options)  # type: ignore[arg-type]  # options of the case
    return str(caught.value)


def test_methods_are_those_of_the_stored_simulations() -> None:
    assert {method.value: method.label_fr for method in Method} == dict(ShareMethod.choices)


def test_equal_per_inhabitant() -> None:
    assert shares(600, [A, B, C], Method.EQUAL_PER_INHABITANT) == ["100.00", "200.00", "300.00"]


def test_equal_per_poor_person() -> None:
    assert shares(1000, [A, B, C], Method.EQUAL_PER_POOR_PERSON) == ["300.00", "300.00", "400.00"]


def test_what_rounding_leaves_goes_to_the_largest_remainders() -> None:
    """100 € by 1, 2 and 3: 16,666…, 33,333…, 50. The cent left goes to the first."""
    assert shares(100, [A, B, C], Method.EQUAL_PER_INHABITANT) == ["16.67", "33.33", "50.00"]
    assert shares(100, [A, B, C], Method.EQUAL_PER_INHABITANT, step=EURO) == ["17.00", "33.00", "50.00"]


def test_a_tie_goes_by_code_however_the_territories_are_listed() -> None:
    same = [territory("Z"), territory("Y"), territory("X")]
    assert shares(100, same, Method.EQUAL_PER_INHABITANT, step=EURO) == ["33.00", "33.00", "34.00"]


def test_a_territory_without_persons_gets_nothing() -> None:
    assert shares(100, [A, territory("D", 0)], Method.EQUAL_PER_INHABITANT) == ["100.00", "0.00"]


def test_an_unknown_base_refuses_with_the_territory_named() -> None:
    unknown = [A, territory("D", None, None), territory("E", None, None)]
    message = refused(100, unknown, Method.EQUAL_PER_INHABITANT)
    assert "Le nombre d'habitants n'est pas connu pour Territoire D et Territoire E." in message
    assert "personnes pauvres" in refused(100, unknown, Method.EQUAL_PER_POOR_PERSON)
    assert "rien à quoi proportionner" in refused(100, [territory("D", 0)], Method.EQUAL_PER_INHABITANT)


@pytest.mark.parametrize(
    ("envelope", "territories", "options", "words"),
    [
        ("100.50", [A], {"step": EURO}, "n'est pas un multiple du pas"),
        (-1, [A], {}, "en dessous de zéro"),
        (100, [], {}, "Aucun territoire"),
        (100, [A, A], {}, "donné deux fois"),
        (100, [replace(A, floor=Money.of(60)), replace(B, floor=Money.of(60))], {}, "Les planchers font"),
        (100, [replace(A, ceiling=Money.of(10)), replace(B, ceiling=Money.of(10))], {}, "Les plafonds font"),
        (100, [replace(A, floor=Money.of(60), ceiling=Money.of(50)), B], {}, "dépasse son plafond"),
        (100, [replace(A, floor=Money.of(-1)), B], {}, "en dessous de zéro"),
        (100, [replace(A, ceiling=Money.of(10)), territory("D", 0)], {}, "ne laissent pas de place"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    envelope: int | str, territories: list[TerritoryBase], options: dict[str, object], words: str
) -> None:
    assert words in refused(envelope, territories, Method.EQUAL_PER_INHABITANT, **options)


def test_floors_and_ceilings_move_the_rest_in_proportion() -> None:
    """Of 600: A is raised to 200; B and C share the 400 left as 2 and 3."""
    raised = [replace(A, floor=Money.of(200)), B, C]
    assert shares(600, raised, Method.EQUAL_PER_INHABITANT) == ["200.00", "160.00", "240.00"]
    held = [A, B, replace(C, ceiling=Money.of(150))]
    assert shares(600, held, Method.EQUAL_PER_INHABITANT) == ["150.00", "300.00", "150.00"]
    both = [replace(A, floor=Money.of(250)), B, replace(C, ceiling=Money.of(150))]
    assert shares(600, both, Method.EQUAL_PER_INHABITANT) == ["250.00", "200.00", "150.00"]


def test_a_floor_serves_a_territory_without_persons() -> None:
    assert shares(100, [A, territory("D", 0, floor=Money.of(10))], Method.EQUAL_PER_INHABITANT) == ["90.00", "10.00"]


# Needs index


def test_needs_are_persons_times_the_mean_of_ratios() -> None:
    """Rates 10 and 30 (mean 20) with weight 2, incomes 20 and 10 (inverses 1/20, 1/10) with weight 1.

    A: (2 × 0,5 + 2/3) / 3 = 5/9; B: (2 × 1,5 + 4/3) / 3 = 13/9. Same population: 5 parts and 13 parts of 18.
    """
    a = territory("A", indicators={"POVERTY-RATE": Decimal(10), "INCOME": Decimal(20)})
    b = territory("B", indicators={"POVERTY-RATE": Decimal(30), "INCOME": Decimal(10)})
    made = allocate(Money.of(1800), [a, b], Method.NEEDS_INDEX, indicators=[RATE, INCOME])
    assert [share.amount for share in made.shares] == [Money.of(500), Money.of(1300)]
    assert [round(share.index or 0, 4) for share in made.shares] == [Decimal("0.5556"), Decimal("1.4444")]
    assert "« Taux de pauvreté » (poids 2) et « Niveau de vie médian » (poids 1)" in made.description_fr
    assert "les habitants" in made.description_fr


def test_the_index_may_multiply_poor_persons() -> None:
    a = territory("A", 100, 10, indicators={"POVERTY-RATE": Decimal(10)})
    b = territory("B", 100, 30, indicators={"POVERTY-RATE": Decimal(10)})
    options = {"indicators": [RATE], "persons": Persons.POOR_PERSONS}
    assert shares(400, [a, b], Method.NEEDS_INDEX, **options) == ["100.00", "300.00"]


def test_equal_needs_share_as_persons_do() -> None:
    same = [replace(each, indicators={"POVERTY-RATE": Decimal(15)}) for each in (A, B, C)]
    by_needs = shares(1234, same, Method.NEEDS_INDEX, indicators=[RATE])
    assert by_needs == shares(1234, same, Method.EQUAL_PER_INHABITANT)


@pytest.mark.parametrize(
    ("indicators", "values", "words"),
    [
        ([], {}, "aucun indicateur"),
        ([replace(RATE, weight=Decimal(0))], {"POVERTY-RATE": Decimal(1)}, "aucun indicateur"),
        ([RATE], {}, "« Taux de pauvreté » n'est pas connu pour Territoire A."),
        ([RATE], {"POVERTY-RATE": None}, "n'est pas connu pour Territoire A."),
        ([RATE], {"POVERTY-RATE": Decimal(-1)}, "doit être positif"),
        ([INCOME], {"INCOME": Decimal(0)}, "doit être positif"),
        ([RATE], {"POVERTY-RATE": Decimal(0)}, "vaut 0 partout"),
        ([replace(RATE, polarity="neutral")], {"POVERTY-RATE": Decimal(1)}, "sens de lecture"),
        ([RATE, replace(INCOME, weight=Decimal(-1))], {"POVERTY-RATE": Decimal(1)}, "est négatif"),
    ],
)
def test_needs_that_cannot_be_told_are_refused(
    indicators: list[IndicatorWeight], values: dict[str, Decimal | None], words: str
) -> None:
    assert words in refused(100, [replace(A, indicators=values)], Method.NEEDS_INDEX, indicators=indicators)


# Manual


def test_typed_amounts_are_taken_as_they_are() -> None:
    typed = [replace(A, manual=Money.of("33.33")), replace(B, manual=Money.of("66.67"))]
    made = allocate(Money.of(100), typed, Method.MANUAL)
    assert [share.amount for share in made.shares] == [each.manual for each in typed]


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ((30, 60), f"il reste {Money.of(10)} à répartir"),
        ((50, 60), f"{Money.of(10)} de trop sont répartis"),
        ((100, None), "Le montant de Territoire B n'est pas saisi."),
        ((120, -20), "sort de son plancher"),
    ],
)
def test_typed_amounts_that_do_not_make_the_envelope_are_refused(amounts: tuple[int, int | None], words: str) -> None:
    typed = [
        replace(each, manual=None if amount is None else Money.of(amount))
        for each, amount in zip((A, B), amounts, strict=True)
    ]
    assert words in refused(100, typed, Method.MANUAL)


# Equity


def test_the_same_per_inhabitant_has_no_gap_per_inhabitant() -> None:
    seen = equity(allocate(Money.of(6000), [A, B, C], Method.EQUAL_PER_INHABITANT))
    assert seen.per_inhabitant.ratio == 1
    assert seen.per_inhabitant.gini == 0
    assert seen.per_poor_person.gini != 0
    amounts = {code: amount and amount.value for code, amount in seen.per_poor_person.amounts.items()}
    assert amounts["A"] == Decimal(1000) / 30
    assert seen.per_poor_person.ratio == (Decimal(1000) / 30) / 75


def test_who_gains_and_who_loses() -> None:
    now = [replace(A, current=Money.of(300)), replace(B, current=Money.of(200)), replace(C, current=Money.of(50))]
    seen = equity(allocate(Money.of(600), now, Method.EQUAL_PER_INHABITANT))
    assert [(share.territory.code, share.difference) for share in seen.gainers] == [("C", Money.of(250))]
    assert [(share.territory.code, share.difference) for share in seen.losers] == [("A", Money.of(-200))]
    assert [share.territory.code for share in seen.unchanged] == ["B"]
    assert seen.change == Money.of(50)


def test_a_share_that_nobody_knows_is_named_and_no_difference_is_made_up() -> None:
    now = [replace(A, current=Money.of(300)), B]
    seen = equity(allocate(Money.of(600), now, Method.EQUAL_PER_INHABITANT))
    assert seen.unknown_current == ("Territoire B",)
    assert seen.change is None


def test_an_unknown_number_of_persons_is_left_out_and_named() -> None:
    some = [A, territory("D", 100, None), C]
    seen = equity(allocate(Money.of(500), some, Method.EQUAL_PER_INHABITANT))
    assert seen.per_poor_person.amounts["D"] is None
    assert seen.per_poor_person.unknown == ("Territoire D",)
    assert seen.per_poor_person.gini is not None
    alone = equity(allocate(Money.of(500), [A], Method.EQUAL_PER_INHABITANT))
    assert (alone.per_inhabitant.ratio, alone.per_inhabitant.gini) == (None, None)


def test_an_estimate_of_persons_gives_an_interval_of_euros() -> None:
    unsure = replace(A, poor_persons=Estimate(Decimal(20), Decimal(25), Decimal(50)))
    amount = equity(allocate(Money.of(100), [unsure], Method.EQUAL_PER_INHABITANT)).per_poor_person.amounts["A"]
    assert amount == Estimate(Decimal(2), Decimal(4), Decimal(5))


def test_gini_of_known_cases() -> None:
    """Two equal populations, one of which gets everything: 1/2. Nobody gets anything: no index."""
    one = Decimal(1)
    assert gini([(one, one), (Decimal(0), one)]) == Decimal("0.5")
    assert gini([(one, one), (one, Decimal(9))]) == 0
    assert gini([(Decimal(0), one), (Decimal(0), one)]) is None
    assert gini([(one, one)]) is None


# Properties

counts = st.integers(0, 3_000_000)
envelopes = st.integers(0, 10**10).map(lambda cents: Money(Decimal(cents) / 100))


@st.composite
def territories(draw: st.DrawFn, *, bounded: bool = False) -> list[TerritoryBase]:
    made = []
    for rank in range(draw(st.integers(1, 8))):
        floor = draw(st.none() | st.integers(0, 1000)) if bounded else None
        room = draw(st.none() | st.integers(0, 100_000)) if bounded else None
        made.append(
            territory(
                f"T{rank}",
                draw(counts),
                draw(counts),
                indicators={"POVERTY-RATE": Decimal(draw(st.integers(1, 600))) / 10},
                floor=None if floor is None else Money.of(floor),
                ceiling=None if room is None else Money.of((floor or 0) + room),
            )
        )
    return made


PROPORTIONAL = [method for method in Method if method is not Method.MANUAL]


def attempt(envelope: Money, given_: list[TerritoryBase], method: Method, step: Decimal = CENT) -> Allocation | None:
    try:
        return allocate(envelope, given_, method, step=step, indicators=[RATE])
    except AllocationRefused:
        return None


@given(envelopes, territories(bounded=True), st.sampled_from(PROPORTIONAL))
def test_shares_sum_to_the_envelope_and_hold_their_bounds(
    envelope: Money, some: list[TerritoryBase], method: Method
) -> None:
    made = attempt(envelope, some, method)
    if made is None:
        return
    assert total([share.amount for share in made.shares]) == envelope
    for share in made.shares:
        assert (share.territory.floor or Money.zero()) <= share.amount
        assert share.territory.ceiling is None or share.amount <= share.territory.ceiling


@given(envelopes, territories(), st.sampled_from(PROPORTIONAL))
def test_without_bounds_nothing_but_an_absence_of_weight_refuses(
    envelope: Money, some: list[TerritoryBase], method: Method
) -> None:
    poor = method is Method.EQUAL_PER_POOR_PERSON
    weighs = any(each.poor_persons and each.poor_persons.value if poor else each.inhabitants for each in some)
    assert (attempt(envelope, some, method) is not None) == bool(weighs)


@given(st.integers(0, 10**8), territories(bounded=True))
def test_shares_in_whole_euros_are_whole(euros: int, some: list[TerritoryBase]) -> None:
    made = attempt(Money.of(euros), some, Method.EQUAL_PER_INHABITANT, EURO)
    if made is not None:
        assert all(share.amount.euros % 1 == 0 for share in made.shares)
        assert total([share.amount for share in made.shares]) == Money.of(euros)


@given(envelopes, territories(bounded=True), st.sampled_from(PROPORTIONAL), st.data())
def test_the_order_of_territories_is_nothing(
    envelope: Money, some: list[TerritoryBase], method: Method, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(some))
    made, other = attempt(envelope, some, method), attempt(envelope, shuffled, method)
    assert (made is None) == (other is None)
    if made is not None and other is not None:
        assert {share.territory.code: share.amount for share in made.shares} == {
            share.territory.code: share.amount for share in other.shares
        }


@given(envelopes, territories(), st.sampled_from([EURO, CENT]))
def test_more_persons_never_get_less(envelope: Money, some: list[TerritoryBase], step: Decimal) -> None:
    made = attempt(Money(envelope.euros - envelope.euros % step), some, Method.EQUAL_PER_INHABITANT, step)
    if made is not None:
        by_weight = sorted(made.shares, key=lambda share: (share.territory.inhabitants or 0, share.amount))
        assert [share.amount for share in by_weight] == sorted(share.amount for share in made.shares)


@given(envelopes, territories(bounded=True), st.integers(1, 10**6), st.data())
def test_a_territory_that_grows_never_loses(
    envelope: Money, some: list[TerritoryBase], more: int, data: st.DataObject
) -> None:
    rank = data.draw(st.integers(0, len(some) - 1))
    grown = list(some)
    grown[rank] = replace(some[rank], inhabitants=(some[rank].inhabitants or Decimal(0)) + more)
    before = attempt(envelope, some, Method.EQUAL_PER_INHABITANT)
    after = attempt(envelope, grown, Method.EQUAL_PER_INHABITANT)
    if before is not None and after is not None:
        assert after.of(some[rank].code) >= before.of(some[rank].code)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_typed_amounts_equal_themselves(cents: list[int]) -> None:
    typed = [territory(f"T{n}", manual=Money(Decimal(each) / 100)) for n, each in enumerate(cents)]
    made = allocate(Money(Decimal(sum(cents)) / 100), typed, Method.MANUAL)
    assert [share.amount for share in made.shares] == [each.manual for each in typed]


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), min_size=2, max_size=8))
def test_gini_goes_from_zero_to_one_and_reads_no_unit(pairs: list[tuple[int, int]]) -> None:
    amounts = [(Decimal(euros), Decimal(persons)) for euros, persons in pairs]
    index = gini(amounts)
    scaled = gini([(euros * 7, persons * 3) for euros, persons in amounts])
    if index is None or scaled is None:
        assert index is scaled is None
    else:
        assert 0 <= index < 1
        assert abs(index - scaled) < Decimal("1e-12")
