"""Code passage: mergers sum, splits do not invent, a changed code is not a merger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.passage import History, Movement, Outcome

Y2010, Y2015, Y2020, Y2025 = (date(year, 1, 1) for year in (2010, 2015, 2020, 2025))


def com(kind: int, on: date, before: str, after: str) -> Movement:
    return Movement(kind, on, before, "COM" if before else "", after, "COM" if after else "")


MERGER = [com(32, Y2015, "01001", "01001"), com(32, Y2015, "01002", "01001"), com(32, Y2015, "01003", "01001")]
SPLIT = [com(21, Y2020, "01001", "01001"), com(21, Y2020, "01001", "01002")]
RECODING = [com(50, Y2020, "01001", "01002")]


def test_a_code_that_no_movement_names_is_unchanged() -> None:
    found = History(MERGER).passage("99001", Y2010, Y2025)
    assert (found.outcome, found.codes, found.steps) == (Outcome.UNCHANGED, ("99001",), ())


def test_a_rename_keeps_the_code() -> None:
    found = History([com(10, Y2015, "01001", "01001")]).passage("01001", Y2010, Y2020)
    assert (found.outcome, found.codes) == (Outcome.UNCHANGED, ("01001",))


def test_a_merger_carries_every_part_to_one_code() -> None:
    history = History(MERGER)
    for code in ("01001", "01002", "01003"):
        found = history.passage(code, Y2010, Y2020)
        assert (found.outcome, found.codes, found.is_sure) == (Outcome.MERGED, ("01001",), True)


def test_a_merger_seen_backwards_names_every_part() -> None:
    found = History(MERGER).passage("01001", Y2020, Y2010)
    assert (found.outcome, found.codes) == (Outcome.COMPOSED, ("01001", "01002", "01003"))


def test_a_merged_code_no_longer_exists() -> None:
    history = History(MERGER)
    assert history.passage("01002", Y2020, Y2025).outcome is Outcome.ABSENT
    assert history.lives("01002") == ((None, Y2015),)


def test_a_split_names_the_candidates_and_chooses_none() -> None:
    found = History(SPLIT).passage("01001", Y2015, Y2025)
    assert (found.outcome, found.codes, found.is_sure) == (Outcome.SPLIT, ("01001", "01002"), False)


def test_a_piece_seen_backwards_is_a_part_and_not_the_whole() -> None:
    found = History(SPLIT).passage("01002", Y2025, Y2015)
    assert (found.outcome, found.codes) == (Outcome.SPLIT, ("01001",))


def test_a_changed_code_is_not_a_merger() -> None:
    history = History(RECODING)
    assert history.passage("01001", Y2015, Y2025).outcome is Outcome.RECODED
    assert history.passage("01002", Y2025, Y2015).codes == ("01001",)


def test_a_code_may_be_born_again_as_another_commune() -> None:
    """A delegated commune's code is given to the whole commune years after it was merged away."""
    history = History([*MERGER, com(50, Y2025, "01001", "01002")])
    assert history.lives("01002") == ((None, Y2015), (Y2025, None))
    assert history.passage("01002", Y2010, Y2025).outcome is Outcome.MERGED
    assert history.passage("01002", Y2020, Y2025).outcome is Outcome.ABSENT
    assert history.passage("01002", Y2025, Y2010).codes == ("01001", "01002", "01003")


def test_a_split_undone_by_a_merger_is_sure_again() -> None:
    back = [com(31, Y2025, "01001", "01001"), com(31, Y2025, "01002", "01001")]
    found = History([*SPLIT, *back]).passage("01001", Y2015, Y2025)
    assert (found.outcome, found.codes) == (Outcome.UNCHANGED, ("01001",))


def test_two_events_of_one_day_are_followed_to_the_evening() -> None:
    """Changed to a code of another département, then merged, the same day."""
    moves = [com(41, Y2020, "49144", "44225"), com(32, Y2020, "44225", "44180"), com(32, Y2020, "44180", "44180")]
    found = History(moves).passage("49144", Y2015, Y2025)
    assert (found.outcome, found.codes) == (Outcome.MERGED, ("44180",))
    assert [step.kind for step in found.steps] == [41]


def test_two_codes_exchanged_the_same_day_do_not_loop() -> None:
    moves = [com(10, Y2010, "01001", "01001"), com(10, Y2010, "01002", "01002")]
    swapped = [com(50, Y2020, "01001", "01002"), com(50, Y2020, "01002", "01001")]
    history = History([*moves, *swapped])
    assert history.passage("01001", Y2015, Y2025).codes == ("01002",)
    assert history.passage("01002", Y2015, Y2025).codes == ("01001",)


def test_parts_of_communes_do_not_move_communes() -> None:
    moves = [
        Movement(32, Y2015, "01001", "COM", "01001", "COM"),
        Movement(32, Y2015, "01001", "COM", "01001", "COMD"),
        Movement(35, Y2020, "01001", "COMD", "01001", "COM"),
        Movement(72, Y2025, "01009", "COM", "01009", "COMD"),
    ]
    history = History(moves)
    assert history.passage("01001", Y2010, Y2025).outcome is Outcome.UNCHANGED
    assert history.exists("01009", Y2025)


def test_a_commune_that_leaves_the_code_is_gone() -> None:
    found = History([com(30, Y2015, "97123", "")]).passage("97123", Y2010, Y2020)
    assert (found.outcome, found.codes, found.is_sure) == (Outcome.GONE, (), False)


def test_a_commune_created_from_nothing_did_not_exist_before() -> None:
    history = History([com(20, Y2015, "", "97601")])
    assert history.passage("97601", Y2010, Y2020).outcome is Outcome.ABSENT
    assert history.passage("97601", Y2020, Y2010).outcome is Outcome.GONE


def test_what_takes_effect_on_a_day_is_in_the_state_of_that_day() -> None:
    history = History(RECODING)
    assert history.passage("01001", date(2019, 12, 31), Y2020).codes == ("01002",)
    assert history.passage("01002", Y2020, Y2020).outcome is Outcome.UNCHANGED
    assert history.passage("01002", Y2020, date(2019, 12, 31)).codes == ("01001",)


def test_values_of_a_merger_are_summed_only_when_they_are_all_there() -> None:
    history = History(MERGER)
    whole = history.carry({"01001": Decimal(10), "01002": Decimal(5), "01003": Decimal(1)}, Y2010, Y2020)
    assert whole.values == {"01001": Decimal(16)}
    part = history.carry({"01001": Decimal(10), "01002": Decimal(5)}, Y2010, Y2020)
    assert part.values == {}
    assert part.partial == {"01001": ("01003",)}


def test_a_value_is_never_spread_over_a_split_nor_over_the_parts_of_a_merger() -> None:
    split = History(SPLIT).carry({"01001": Decimal(10)}, Y2015, Y2025)
    assert (split.values, split.uncertain) == ({}, {"01001": ("01001", "01002")})
    backwards = History(MERGER).carry({"01001": Decimal(16)}, Y2020, Y2010)
    assert (backwards.values, backwards.uncertain) == ({}, {"01001": ("01001", "01002", "01003")})


def test_a_code_of_no_commune_is_told() -> None:
    assert History(MERGER).carry({"01002": Decimal(5)}, Y2020, Y2025).absent == ("01002",)


# Random histories: each year some communes merge, one splits, one changes its code.


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Movement], set[str], set[str]]:
    """Movements over ten years, the communes before the first and those after the last."""
    first = {f"0100{number}" for number in range(draw(st.integers(2, 8)))}
    alive, used, moves = set(first), set(first), []
    for year in range(2011, 2011 + draw(st.integers(0, 6))):
        day = date(year, 1, 1)
        event = draw(st.sampled_from(["merger", "split", "recoding", "rename"]))
        chosen = sorted(alive)[draw(st.integers(0, len(alive) - 1))]
        fresh = f"02{len(used):03d}"
        if event == "merger" and len(alive) > 1:
            others = draw(st.sets(st.sampled_from(sorted(alive - {chosen})), min_size=1, max_size=3))
            moves += [com(32, day, one, chosen) for one in sorted({chosen} | others)]
            alive -= others
        elif event == "split":
            moves += [com(21, day, chosen, chosen), com(21, day, chosen, fresh)]
            alive.add(fresh)
            used.add(fresh)
        elif event == "recoding":
            moves.append(com(50, day, chosen, fresh))
            alive = alive - {chosen} | {fresh}
            used.add(fresh)
        else:
            moves.append(com(10, day, chosen, chosen))
    return moves, first, alive


START, END = date(2010, 6, 1), date(2030, 1, 1)


@given(histories())
def test_every_code_leads_to_communes_that_exist(case: tuple[list[Movement], set[str], set[str]]) -> None:
    moves, first, last = case
    history = History(moves)
    reached: set[str] = set()
    for code in first:
        found = history.passage(code, START, END)
        assert found.codes
        assert set(found.codes) <= last
        reached |= set(found.codes)
    assert reached == last


@given(histories())
def test_later_and_earlier_are_the_same_relation(case: tuple[list[Movement], set[str], set[str]]) -> None:
    moves, first, last = case
    history = History(moves)
    forward = {(a, b) for a in first for b in history.passage(a, START, END).codes}
    backward = {(a, b) for b in last for a in history.passage(b, END, START).codes}
    assert forward == backward


@given(histories(), st.data())
def test_nothing_is_lost_and_nothing_is_invented(
    case: tuple[list[Movement], set[str], set[str]], data: st.DataObject
) -> None:
    """What is carried, what is left in partial sums and what is uncertain add up to what was given."""
    moves, first, _ = case
    given_codes = data.draw(st.sets(st.sampled_from(sorted(first))))
    values = {code: Decimal(data.draw(st.integers(0, 1000))) for code in given_codes}
    history = History(moves)
    carried = history.carry(values, START, END)
    partial = [code for code in values if history.passage(code, START, END).codes[0] in carried.partial]
    kept_back = sum((values[code] for code in {*carried.uncertain, *partial}), Decimal(0))
    assert sum(carried.values.values(), Decimal(0)) + kept_back == sum(values.values(), Decimal(0))
    assert not carried.absent


@given(histories())
def test_going_and_coming_back_finds_the_start(case: tuple[list[Movement], set[str], set[str]]) -> None:
    moves, first, _ = case
    history = History(moves)
    for code in first:
        there = history.passage(code, START, END)
        if there.outcome in (Outcome.RECODED, Outcome.UNCHANGED):
            assert history.passage(there.codes[0], END, START).codes == (code,)


@pytest.mark.parametrize("on", [Y2010, Y2015, Y2025])
def test_a_passage_to_the_same_day_changes_nothing(on: date) -> None:
    found = History([*MERGER, *SPLIT]).passage("01001", on, on)
    assert (found.outcome, found.codes, found.steps) == (Outcome.UNCHANGED, ("01001",), ())
