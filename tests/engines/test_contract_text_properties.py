"""Properties of texts: differences and edits are two writings of one thing; merging loses nothing of either side."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.contract_text import (
    REMOVED,
    Change,
    at_path,
    canonical,
    changes,
    edited,
    edits_for,
    edits_of,
    field_at,
    merged,
    token,
)
from tests.engines.text_cases import texts


@given(texts, texts)
def test_what_differs_once_applied_gives_the_other_text(before: Any, after: Any) -> None:
    assert changes(edited(before, edits_of(changes(before, after))), after) == []


@given(texts, texts)
def test_equal_tokens_are_texts_without_difference(before: Any, after: Any) -> None:
    made = changes(before, after)
    for part in ("contract", "caps", "signatories", "sheets"):
        differs = any(change.path.startswith(f"{part}/") for change in made)
        assert (token(before, part) != token(after, part)) is differs


@given(texts, texts)
def test_differences_are_symmetrical_and_name_fields_or_objects_once(before: Any, after: Any) -> None:
    forth, back = changes(before, after), changes(after, before)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert [(c.path, turned[c.kind], c.after, c.before) for c in forth] == [
        (c.path, c.kind, c.before, c.after) for c in back
    ]
    paths = [change.path for change in forth]
    assert paths == sorted(set(paths))
    assert not any(one.startswith(f"{other}/") for one in paths for other in paths)


@given(texts, texts, st.randoms(use_true_random=False))
def test_the_order_of_edits_does_not_count(before: Any, after: Any, rng: Any) -> None:
    edits = list(edits_of(changes(before, after)).items())
    shuffled = list(edits)
    rng.shuffle(shuffled)
    assert canonical(edited(before, dict(edits))) == canonical(edited(before, dict(shuffled)))


@given(texts, texts)
def test_setting_again_what_stands_changes_nothing(before: Any, after: Any) -> None:
    edits = edits_of(changes(before, after))
    once = edited(before, edits)
    assert changes(once, edited(once, edits)) == []


# --- merging ----------------------------------------------------------------------------------------------------------


def _merge(base: Any, mine: Any, theirs: Any) -> Any:
    return merged(base, edits_of(changes(base, mine)), theirs)


@given(texts, texts)
def test_alone_everything_is_kept(base: Any, mine: Any) -> None:
    merge = _merge(base, mine, base)
    assert merge.conflicts == ()
    assert changes(edited(base, merge.kept), mine) == []


@given(texts, texts)
def test_the_same_work_twice_is_no_conflict(base: Any, both: Any) -> None:
    merge = _merge(base, both, both)
    assert merge.conflicts == ()
    assert changes(edited(both, merge.kept), both) == []


@given(texts, texts, texts)
def test_choosing_mine_everywhere_gives_my_edits_and_the_rest_of_theirs(base: Any, mine: Any, theirs: Any) -> None:
    """Each of my changes is in the result; each place that the result changes in theirs is one of mine."""
    merge = _merge(base, mine, theirs)
    chosen = dict(merge.kept)
    for one in merge.conflicts:
        chosen |= edits_for(one.path, one.mine)
    result = edited(theirs, chosen)
    places = {one.path for one in merge.conflicts} | {change.path for change in changes(base, mine)}
    for change in changes(base, mine):
        assert not _differs(at_path(result, change.path), at_path(mine, change.path), change.path)
    for change in changes(theirs, result):
        assert any(_overlap(change.path, place) for place in places)


@given(texts, texts, texts)
def test_choosing_theirs_everywhere_keeps_all_that_they_changed(base: Any, mine: Any, theirs: Any) -> None:
    merge = _merge(base, mine, theirs)
    chosen = dict(merge.kept)
    for one in merge.conflicts:
        chosen |= edits_for(one.path, one.theirs)
    result = edited(theirs, chosen)
    for change in changes(base, theirs):
        assert not _differs(at_path(result, change.path), at_path(theirs, change.path), change.path)


@given(texts, texts, texts)
def test_a_conflict_shows_the_three_versions_and_they_differ(base: Any, mine: Any, theirs: Any) -> None:
    for one in _merge(base, mine, theirs).conflicts:
        assert _differs(one.mine, one.theirs, one.path)
        assert one.theirs == at_path(theirs, one.path)
        assert one.base == at_path(base, one.path)


def test_two_fields_of_a_sheet_go_together() -> None:
    base = edited(_empty(), {"sheets/A01/title": "Accueil", "sheets/A01/need": "Places"})
    theirs = edited(base, {"sheets/A01/need": "Peu de places"})
    merge = merged(base, {"sheets/A01/title": "Accueil de jour"}, theirs)
    assert merge.kept == {"sheets/A01/title": "Accueil de jour"}
    assert merge.conflicts == ()
    assert [change.path for change in merge.theirs] == ["sheets/A01/need"]


def test_a_line_that_one_removes_and_the_other_changes_is_chosen() -> None:
    base = edited(_empty(), {"sheets/A01/lines/L1/planned": "5"})
    theirs = edited(base, {"sheets/A01/lines/L1/planned": "6"})
    merge = merged(base, {"sheets/A01/lines/L1": REMOVED}, theirs)
    assert [(one.path, one.mine, one.theirs) for one in merge.conflicts] == [
        ("sheets/A01/lines/L1", None, {"planned": "6"})
    ]
    merge = merged(base, {"sheets/A01/lines/L1/planned": "7"}, edited(base, {"sheets/A01/lines/L1": REMOVED}))
    assert [(one.path, one.mine, one.theirs) for one in merge.conflicts] == [
        ("sheets/A01/lines/L1", {"planned": "7"}, None)
    ]


def _empty() -> Any:
    return {"contract": {}, "caps": {}, "signatories": {}, "sheets": {}}


def _differs(one: Any, other: Any, path: str) -> bool:
    if field_at(path) is not None:
        return bool(changes(_holding(path, one), _holding(path, other)))
    if one is None or other is None:
        return one is not other
    return bool(changes(_holding(path, one), _holding(path, other)))


def _holding(path: str, value: Any) -> Any:
    """A text that holds this value at this path, and nothing else."""
    text: Any = {}
    *steps, name = path.split("/")
    found = text
    for step in steps:
        found = found.setdefault(step, {})
    found[name] = value
    return text


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def test_an_added_object_is_written_field_by_field() -> None:
    made = Change("sheets/A01/lines/L1", "added", None, {"planned": "5"})
    assert edits_of([made])["sheets/A01/lines/L1/planned"] == "5"
