"""Local aids: what facts allow to say, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.aid_conditions import (
    UNKNOWN,
    ConditionUnreadable,
    Fact,
    HouseholdFacts,
    Range,
    every,
    parse_conditions,
)
from maillage.engines.local_aids import (
    AMOUNT_UNKNOWN,
    AidAnswer,
    LocalAid,
    Outcome,
    Source,
    Unit,
    evaluate,
    evaluate_all,
    overlapping,
    parse_scale,
)
from maillage.kernel.errors import MaillageError
from maillage.kernel.territory import TerritoryCode

RIGHTS = ("rsa", "aah")
DAY = date(2026, 3, 1)
HERE = "EPCI-200046977"


def aid(conditions: str = "", scale: str = "100", unit: Unit = Unit.EUR_ONCE, territory: str = HERE) -> LocalAid:
    return LocalAid(
        code="invented-aid",
        name="Aide inventée",
        body="Organisme inventé",
        territory=TerritoryCode.parse(territory),
        clauses=parse_conditions(conditions, rights=RIGHTS),
        other_conditions="",
        scale=parse_scale(scale, rights=RIGHTS),
        unit=unit,
        what="Une aide inventée.",
        how="Auprès de personne.",
        source=Source(
            "Page inventée", "Éditeur inventé", date(2026, 1, 5), ("https://example.org/",), date(2026, 1, 6)
        ),
        verified_on=date(2026, 1, 6),
    )


def facts(
    quotient: Range = UNKNOWN,
    age: Range = UNKNOWN,
    rights: dict[str, bool] | None = None,
    statuses: dict[str, bool] | None = None,
    territories: frozenset[str] | None = frozenset({HERE, "DEP-69"}),
) -> HouseholdFacts:
    return HouseholdFacts({Fact.FAMILY_QUOTIENT: quotient, Fact.AGE: age}, rights or {}, statuses or {}, territories)


def answer(conditions: str = "", scale: str = "100", known: HouseholdFacts | None = None) -> AidAnswer:
    return evaluate(aid(conditions, scale), known or facts(), on=DAY)


# --- conditions ---


@pytest.mark.parametrize(
    ("condition", "known", "truth"),
    [
        ("age < 26", Range.exact(25), True),
        ("age < 26", Range.exact(26), False),
        ("age <= 26", Range.exact(26), True),
        ("age >= 18", Range.exact(18), True),
        ("age > 18", Range.exact(18), False),
        ("age = 18", Range.exact(18), True),
        ("age = 18", Range.exact(19), False),
        ("age < 26", UNKNOWN, None),
        ("age < 26", Range(Decimal(20), Decimal(30)), None),
        ("age < 26", Range(Decimal(20), Decimal(25)), True),
        ("age < 26", Range(Decimal(26), None), False),
        ("age <= 26", Range(Decimal(26), None), None),
        ("age ≤ 26", Range(None, Decimal(26)), True),
        ("age ≥ 27", Range(None, Decimal(26)), False),
        ("age = 18", Range(Decimal(17), Decimal(19)), None),
        ("age = 18", Range(Decimal(19), None), False),
    ],
)
def test_a_number_is_compared_with_what_is_known_of_it(condition: str, known: Range, truth: bool | None) -> None:
    assert every(parse_conditions(condition, rights=RIGHTS), facts(age=known)) is truth


@pytest.mark.parametrize(
    ("condition", "known", "truth"),
    [
        ("droit = aah", {"aah": True}, True),
        ("droit = aah", {"aah": False}, False),
        ("droit = aah", {"rsa": True}, None),
        ("droit != aah", {"aah": True}, False),
        ("droit != aah", {}, None),
        ("droit = aah ou droit = rsa", {"rsa": True}, True),
        ("droit = aah ou droit = rsa", {"aah": False}, None),
        ("droit = aah ou droit = rsa", {"aah": False, "rsa": False}, False),
        ("droit = aah ; droit = rsa", {"aah": True}, None),
        ("droit = aah ; droit = rsa", {"aah": False}, False),
    ],
)
def test_what_is_not_said_is_neither_yes_nor_no(condition: str, known: dict[str, bool], truth: bool | None) -> None:
    assert every(parse_conditions(condition, rights=RIGHTS), facts(rights=known)) is truth


def test_a_territory_is_compared_with_the_commune_and_all_that_contains_it() -> None:
    clauses = parse_conditions("territoire = DEP-69", rights=RIGHTS)
    assert every(clauses, facts()) is True
    assert every(clauses, facts(territories=frozenset({"DEP-01"}))) is False
    assert every(clauses, facts(territories=None)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("age", "n'est pas une condition"),
        ("age 18", "n'est pas une condition"),
        ("salaire > 3", "n'est pas un fait connu"),
        ("age > dix", "n'est pas un nombre"),
        ("age != 18", "ne se compare pas à un nombre"),
        ("droit > rsa", "que par = ou !="),
        ("droit = rmi", "Valeurs admises"),
        ("statut = riche", "Valeurs admises"),
        ("territoire = Lyon", "territoire"),
        ("age > 18 ou", "n'est pas un nombre"),
        ("__import__('os')", "n'est pas une condition"),
    ],
)
def test_a_condition_out_of_the_language_is_refused(text: str, said: str) -> None:
    with pytest.raises(MaillageError, match=said):
        parse_conditions(text, rights=RIGHTS)


def test_a_range_that_goes_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="low to high"):
        Range(Decimal(2), Decimal(1))


def test_conditions_read_as_french() -> None:
    clauses = parse_conditions(
        "quotient_familial <= 1200 ou droit = rsa ; age >= 18 ; droit != aah ; statut = apprenti", rights=RIGHTS
    )
    texts = [clause.text_fr({"rsa": "RSA"}) for clause in clauses]
    assert texts == [
        "quotient familial de la CAF ou de la MSA\u00a0: 1\u202f200\u00a0€ au plus, ou recevoir\u00a0: RSA",
        "âge\u00a0: 18\u00a0ans au moins",
        "ne pas recevoir\u00a0: aah",
        "être apprenti",
    ]


# --- scales ---

BANDS = "quotient_familial < 350 : 100 | quotient_familial < 750 : 40 à 60 | quotient_familial <= 900 : 30"


@pytest.mark.parametrize(
    ("quotient", "low", "high"),
    [
        (Range.exact(0), 100, 100),
        (Range.exact(350), 40, 60),
        (Range.exact(900), 30, 30),
        (Range(Decimal(300), Decimal(500)), 40, 100),
        (Range(Decimal(0), Decimal(900)), 30, 100),
    ],
)
def test_the_amount_is_that_of_the_bands_that_may_apply(quotient: Range, low: int, high: int) -> None:
    found = answer("quotient_familial <= 900", BANDS, facts(quotient))
    assert found.amount == Range(Decimal(low), Decimal(high))


def test_a_band_whose_amount_is_not_known_makes_the_amount_unknown() -> None:
    scale = "quotient_familial < 350 : 100 | quotient_familial < 750 : ? | quotient_familial <= 900 : 30"
    assert answer("", scale, facts(Range.exact(400))).amount is None
    assert answer("", scale, facts(Range(Decimal(300), Decimal(400)))).amount is None
    assert answer("", scale, facts(Range.exact(800))).amount == Range.exact(30)


def test_beyond_the_last_band_the_amount_is_unknown_never_zero() -> None:
    found = answer("", BANDS, facts(Range.exact(2000)))
    assert found.amount is None
    assert found.amount_fr == AMOUNT_UNKNOWN


def test_an_unknown_fact_of_the_scale_is_asked() -> None:
    found = answer("", BANDS, facts())
    assert found.outcome is Outcome.TO_CHECK
    assert found.amount is None  # beyond 900 € the source says nothing
    assert found.missing == (Fact.FAMILY_QUOTIENT,)
    assert any("quotient familial" in check for check in found.checks)


def test_a_last_band_without_condition_closes_the_scale() -> None:
    scale = "age < 26 : 10 | 20"
    assert answer("", scale).amount == Range(Decimal(10), Decimal(20))
    assert answer("", scale, facts(age=Range.exact(40))).amount == Range.exact(20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "n'est pas un nombre"),
        ("beaucoup", "n'est pas un nombre"),
        ("-5", "montant positif"),
        ("60 à 40", "ordre croissant"),
        (": 5", "la condition manque"),
        ("10 | age < 26 : 20", "que la dernière"),
    ],
)
def test_a_scale_that_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(MaillageError, match=said):
        parse_scale(text, rights=RIGHTS)


@pytest.mark.parametrize(
    ("scale", "unit", "text"),
    [
        ("400", Unit.EUR_ONCE, "400\u00a0€ en une fois"),
        ("30 à 60", Unit.PERCENT_OFF, "entre 30 et 60\u00a0% de réduction"),
        ("7,5", Unit.PRICE_MONTH, "7,5\u00a0€ par mois à payer"),
        ("?", Unit.EUR_YEAR, AMOUNT_UNKNOWN),
        ("?", Unit.SERVICE, "service, sans somme versée"),
    ],
)
def test_an_amount_reads_as_french(scale: str, unit: Unit, text: str) -> None:
    assert evaluate(aid(scale=scale, unit=unit), facts(), on=DAY).amount_fr == text


# --- outcomes ---


def test_all_is_known_and_met() -> None:
    found = answer("age >= 18", "100", facts(age=Range.exact(30)))
    assert (found.outcome, found.checks, found.missing) == (Outcome.POSSIBLE, (), ())
    assert found.reasons == ("Condition remplie\u00a0: âge\u00a0: 18\u00a0ans au moins.",)
    assert found.outcome.label_fr == "vous pourriez y avoir droit"


def test_a_condition_that_fails_says_which() -> None:
    found = answer("age >= 18 ; quotient_familial <= 900", "100", facts(age=Range.exact(12)))
    assert found.outcome is Outcome.NOT_MET
    assert found.amount is None
    assert "Condition non remplie\u00a0: âge\u00a0: 18\u00a0ans au moins." in found.reasons


def test_an_unknown_fact_is_to_check_and_asked() -> None:
    found = answer("age >= 18 ou droit = aah ; quotient_familial <= 900")
    assert found.outcome is Outcome.TO_CHECK
    assert found.missing == (Fact.AGE, Fact.RIGHT, Fact.FAMILY_QUOTIENT)
    assert len(found.checks) == 2


def test_what_no_fact_can_settle_stays_to_check() -> None:
    found = evaluate(replace(aid(), other_conditions="être suivi par un conseiller."), facts(), on=DAY)
    assert found.outcome is Outcome.TO_CHECK
    assert "être suivi par un conseiller." in found.checks[0]


def test_another_territory_and_an_unknown_commune() -> None:
    elsewhere = answer("", "100", facts(territories=frozenset({"COM-01004"})))
    assert elsewhere.outcome is Outcome.ELSEWHERE
    nowhere = answer("", "100", facts(territories=None))
    assert nowhere.outcome is Outcome.TO_CHECK
    assert nowhere.missing == (Fact.TERRITORY,)
    everywhere = evaluate(aid(territory="FRANCE"), facts(territories=None), on=DAY)
    assert everywhere.outcome is Outcome.POSSIBLE


def test_names_replace_codes_where_they_are_given() -> None:
    labels = {HERE: "Métropole inventée", "aah": "AAH"}
    found = evaluate(aid("droit = aah"), facts(territories=None), on=DAY, labels=labels)
    assert "Métropole inventée" in found.checks[0]
    assert "AAH" in found.checks[1]


@pytest.mark.parametrize(
    ("start", "end", "outcome", "said"),
    [
        (date(2026, 3, 2), None, Outcome.NOT_IN_FORCE, "ouvre le 2 mars 2026"),
        (None, date(2026, 2, 28), Outcome.NOT_IN_FORCE, "a pris fin le 28 février 2026"),
        (date(2026, 3, 1), date(2026, 3, 1), Outcome.POSSIBLE, ""),
    ],
)
def test_an_aid_is_open_between_its_dates(start: date | None, end: date | None, outcome: Outcome, said: str) -> None:
    found = evaluate(replace(aid(), starts_on=start, ends_on=end), facts(), on=DAY)
    assert found.outcome is outcome
    assert said in "".join(found.reasons)


def test_old_or_unverified_information_is_never_a_plain_answer() -> None:
    old = evaluate(replace(aid(), verified_on=date(2025, 2, 28)), facts(), on=DAY)
    assert old.outcome is Outcome.TO_CHECK
    assert "28 février 2025" in old.checks[0]
    fresh = evaluate(replace(aid(), verified_on=date(2025, 3, 1)), facts(), on=DAY)
    assert fresh.outcome is Outcome.POSSIBLE
    never = evaluate(replace(aid(), verified_on=None), facts(), on=DAY)
    assert "la source date du 5 janvier 2026" in never.checks[0]
    undated = replace(aid(), verified_on=None, source=replace(aid().source, published_on=None))
    assert "la source n'est pas datée" in evaluate(undated, facts(), on=DAY).checks[0]
    failing = evaluate(replace(aid("age < 26"), verified_on=None), facts(age=Range.exact(40)), on=DAY)
    assert failing.outcome is Outcome.NOT_MET
    assert failing.checks, "a refusal drawn from an old source says so"


def test_the_most_useful_comes_first_and_a_replaced_scale_is_left_out() -> None:
    before = replace(aid(scale="50"), ends_on=date(2026, 2, 28))
    after = replace(aid(scale="80"), starts_on=date(2026, 3, 1))
    far = replace(aid(territory="DEP-01"), code="far")
    doubtful = replace(aid(), code="doubtful", verified_on=None)
    closed = replace(aid(), code="closed", ends_on=date(2025, 1, 1))
    found = evaluate_all([far, doubtful, closed, before, after], facts(), on=DAY)
    assert [(one.aid.code, one.outcome) for one in found] == [
        ("invented-aid", Outcome.POSSIBLE),
        ("doubtful", Outcome.TO_CHECK),
        ("closed", Outcome.NOT_IN_FORCE),
        ("far", Outcome.ELSEWHERE),
    ]
    assert found[0].amount == Range.exact(80)


def test_two_scales_of_one_aid_on_one_day_are_seen() -> None:
    before = replace(aid(), ends_on=date(2026, 3, 1))
    assert overlapping([before, replace(aid(), starts_on=date(2026, 3, 1))])
    assert not overlapping([before, replace(aid(), starts_on=date(2026, 3, 2))])
    assert overlapping([aid(), replace(aid(), starts_on=date(2026, 3, 2))])


# --- knowing more never contradicts what was said ---

bounds = st.integers(0, 1200).map(Decimal)


@st.composite
def narrowed(draw: st.DrawFn) -> tuple[HouseholdFacts, HouseholdFacts]:
    """Partial facts, and complete ones that agree with them."""
    quotient, age = draw(bounds), draw(st.integers(0, 100).map(Decimal))
    loose = {
        Fact.FAMILY_QUOTIENT: draw(st.sampled_from([UNKNOWN, Range(quotient - 200, quotient + 200)])),
        Fact.AGE: draw(st.sampled_from([UNKNOWN, Range(None, age), Range(age - 3, age + 9), Range(age, age)])),
    }
    rights = {code: draw(st.booleans()) for code in RIGHTS}
    kept = {code: held for code, held in rights.items() if draw(st.booleans())}
    exact = {Fact.FAMILY_QUOTIENT: Range.exact(quotient), Fact.AGE: Range.exact(age)}
    place = frozenset({HERE})
    return HouseholdFacts(loose, kept, {}, place), HouseholdFacts(exact, rights, {}, place)


def ends(amount: Range) -> tuple[Decimal, Decimal]:
    assert amount.low is not None
    assert amount.high is not None
    return amount.low, amount.high


@given(
    pair=narrowed(),
    conditions=st.sampled_from(["", "age >= 18", "quotient_familial <= 900 ou droit = aah", "droit != rsa ; age < 26"]),
    scale=st.sampled_from([BANDS, "age < 26 : 10 | 20", "?", "droit = aah : 5 | quotient_familial <= 400 : 7 | 9"]),
)
def test_knowing_more_never_contradicts(
    pair: tuple[HouseholdFacts, HouseholdFacts], conditions: str, scale: str
) -> None:
    partial, complete = (evaluate(aid(conditions, scale), known, on=DAY) for known in pair)
    assert complete.outcome in {Outcome.POSSIBLE, Outcome.NOT_MET}
    assert not complete.missing
    if partial.outcome is not Outcome.TO_CHECK:
        assert partial.outcome is complete.outcome
    if partial.amount is not None and complete.outcome is Outcome.POSSIBLE:
        assert complete.amount is not None
        (low, high), (least, most) = ends(partial.amount), ends(complete.amount)
        assert low <= least <= most <= high


def test_the_refusal_is_a_message_for_its_author() -> None:
    with pytest.raises(ConditionUnreadable, match="Faits admis") as refused:
        parse_conditions("revenu > 3", rights=RIGHTS)
    assert "revenu_fiscal_par_part" in refused.value.message_fr
