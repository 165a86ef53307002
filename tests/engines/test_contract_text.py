"""The text of a contract: paths, edits, differences, fingerprints, and what an amendment unlocks."""

from __future__ import annotations

import pytest

from maillage.engines.contract_text import (
    FIELDS,
    PARTS,
    REMOVED,
    Change,
    at_path,
    bad_code,
    canonical,
    changes,
    edited,
    edits_of,
    empty_text,
    field_at,
    kind_labels,
    label_of,
    locked_changes,
    part_at,
    sha256_of,
    token,
    unfit,
    unlocking_kinds,
)


def sample() -> dict[str, object]:
    return edited(
        empty_text(),
        {
            "contract/title": "Contrat",
            "caps/2024/ae": "100",
            "sheets/A01/title": "Accueil",
            "sheets/A01/lines/L1/year": "2024",
            "sheets/A01/lines/L1/planned": "50",
            "sheets/A01/targets/ENFANTS/years/2024/value": "12",
        },
    )


# --- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("contract/title", "Contrat · Intitulé"),
        ("caps/2025/ae", "Année 2025 · Plafond de l'État (AE)"),
        ("signatories/S1/office", "Signataire S1 · Qualité du signataire"),
        ("sheets/A01", "Fiche A01"),
        ("sheets/A01/need", "Fiche A01 · Besoin constaté"),
        ("sheets/A01/years/2025/total_cost", "Fiche A01 · Année 2025 · Coût total"),
        ("sheets/A01/lines/L1/planned", "Fiche A01 · Ligne L1 · Prévu (AE)"),
        ("sheets/A01/targets/ENFANTS/years/2025/value", "Fiche A01 · Indicateur ENFANTS · Année 2025 · Cible"),
        ("sheets/A01/targets", "Fiche A01 · Indicateurs suivis"),
        ("caps", "Plafonds annuels"),
        ("sheets/A01/unknown", "sheets/A01/unknown"),
        ("", ""),
    ],
)
def test_a_path_is_named_in_french(path: str, label: str) -> None:
    assert label_of(path) == label


def test_every_field_is_found_by_its_path_and_has_a_label() -> None:
    for part, field in FIELDS:
        path = "/".join(["2025" if step == "*" else step for step in part.path] + [field.name])
        assert field_at(path) == (part, field)
        assert part_at(path) is None
        assert label_of(path).endswith(field.label)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("sheets/A01/need", ""),
        ("sheets/a 1/need", "a 1"),
        ("sheets//need", "(vide)"),
        ("sheets/A01/lines/l1/planned", "l1"),
        ("caps/24/ae", "24"),
        ("caps/2O24/ae", "2O24"),
        ("caps/20٢٤/ae", "20٢٤"),  # digits of another writing make another key for the same year
        ("sheets/A01/years/1824/total_cost", "1824"),
        ("sheets/A01/targets/deux mots/baseline", "deux mots"),
        ("sheets/ABCDEFGHIJKLM/need", "ABCDEFGHIJKLM"),
        ("sheets/YEARS/need", ""),  # a sheet that bears the name of a collection
        ("sheets/A01\n/need", "A01\n"),
    ],
)
def test_a_code_that_cannot_be_one_is_found(path: str, wrong: str) -> None:
    assert bad_code(path) == wrong


# --- edits ------------------------------------------------------------------------------------------------------------


def test_an_edit_makes_the_objects_that_its_path_crosses_and_leaves_the_text_alone() -> None:
    before = empty_text()
    after = edited(before, {"sheets/A01/targets/ENFANTS/years/2024/value": "12"})
    assert at_path(after, "sheets/A01/targets/ENFANTS/years/2024") == {"value": "12"}
    assert before == empty_text()


def test_an_object_removed_takes_all_it_holds() -> None:
    assert edited(sample(), {"sheets/A01": REMOVED})["sheets"] == {}


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert edited(sample(), {"sheets/Z99": REMOVED, "sheets/Z99/lines/L1": REMOVED}) == sample()


def test_an_object_removed_of_which_a_field_is_set_is_a_new_one_in_any_order() -> None:
    edits = {"sheets/A01/lines/L1/funder": "ETAT", "sheets/A01/lines/L1": REMOVED}
    assert at_path(edited(sample(), edits), "sheets/A01/lines/L1") == {"funder": "ETAT"}
    assert edited(sample(), edits) == edited(sample(), dict(reversed(edits.items())))


@pytest.mark.parametrize("path", ["sheets/A01/unknown", "sheets/A01", "caps/2024", "", "contract"])
def test_a_path_that_is_no_field_is_a_fault_of_the_caller(path: str) -> None:
    with pytest.raises(ValueError, match="no such field"):
        edited(sample(), {path: "x"})


@pytest.mark.parametrize("path", ["sheets/A01/need", "contract", "sheets", ""])
def test_only_objects_are_removed(path: str) -> None:
    with pytest.raises(ValueError, match="no such object"):
        edited(sample(), {path: REMOVED})


# --- differences ------------------------------------------------------------------------------------------------------


def test_differences_come_by_field_and_by_object() -> None:
    after = edited(
        sample(),
        {"sheets/A01/title": "Accueil de jour", "sheets/A01/lines/L1": REMOVED, "sheets/B01/title": "Autre"},
    )
    assert changes(sample(), after) == [
        Change("sheets/A01/lines/L1", "removed", {"year": "2024", "planned": "50"}, None),
        Change("sheets/A01/title", "changed", "Accueil", "Accueil de jour"),
        Change("sheets/B01", "added", None, {"title": "Autre"}),
    ]
    assert changes(sample(), after)[1].label == "Fiche A01 · Intitulé"


def test_absent_unknown_and_empty_are_the_same() -> None:
    for value in (None, ""):
        after = edited(sample(), {"sheets/A01/need": value})
        assert changes(sample(), after) == []
        assert token(sample(), "sheets/A01") == token(after, "sheets/A01")


def test_unknown_is_not_zero() -> None:
    after = edited(sample(), {"caps/2024/ae": "0"})
    assert [change.after for change in changes(sample(), after)] == ["0"]
    assert [change.after for change in changes(after, edited(after, {"caps/2024/ae": None}))] == [None]


def test_a_yes_or_no_that_is_not_said_is_a_no() -> None:
    said = edited(sample(), {"sheets/A01/lines/L1/in_kind": False})
    assert changes(sample(), said) == []
    assert token(sample(), "sheets/A01") == token(said, "sheets/A01")
    assert len(changes(sample(), edited(sample(), {"sheets/A01/lines/L1/in_kind": True}))) == 1


def test_an_object_without_any_field_is_something() -> None:
    after = edited(sample(), {"sheets/A01/targets/AUTRE/baseline": None})
    assert [change.kind for change in changes(sample(), after)] == ["added"]
    assert token(sample(), "sheets/A01") != token(after, "sheets/A01")
    assert edited(sample(), edits_of(changes(sample(), after)))["sheets"]["A01"]["targets"]["AUTRE"] is not None


def test_a_token_tells_one_part_from_another_and_only_it() -> None:
    after = edited(sample(), {"caps/2024/ae": "200"})
    assert token(sample(), "caps/2024") != token(after, "caps/2024")
    assert token(sample(), "sheets/A01") == token(after, "sheets/A01")
    assert token(sample(), "sheets/NONE") == token(after, "sheets/NONE") != token(after, "sheets/A01")


def test_the_canonical_writing_does_not_depend_on_order_and_keeps_accents() -> None:
    assert canonical({"b": "é", "a": None}) == canonical({"a": None, "b": "é"}) == '{"a":null,"b":"é"}'
    assert sha256_of("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


# --- amendments -------------------------------------------------------------------------------------------------------


def changed(path: str, before: object = None, after: object = "x") -> Change:
    return Change(path, "changed", before, after)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (changed("sheets/A01/title"), {"action"}),
        (changed("sheets/A01/pilot"), {"party"}),
        (changed("sheets/A01/calendar"), {"calendar"}),
        (changed("sheets/A01/lines/L1/planned"), {"amount"}),
        (changed("sheets/A01/targets/ENFANTS/years/2024/value"), {"indicator"}),
        (Change("sheets/B01", "added", None, {}), {"action"}),
        (Change("sheets/A01/targets/ENFANTS", "removed", {}, None), {"indicator"}),
        (Change("sheets/A01/targets/ENFANTS/years/2024", "added", None, {}), {"indicator"}),
        (Change("sheets/A01/years/2024", "added", None, {}), {"amount"}),
        (Change("signatories/S2", "removed", {}, None), {"party"}),
        (changed("contract/ends_on"), {"extension"}),
        (changed("contract/reference"), set()),
        (changed("contract/starts_on"), set()),
    ],
)
def test_each_change_names_the_kinds_that_unlock_it(change: Change, kinds: set[str]) -> None:
    assert unlocking_kinds(change) == kinds
    for kind in ("amount", "action", "indicator", "calendar", "party", "extension"):
        assert bool(locked_changes([change], [kind], last_year=2025)) is (kind not in kinds)


def test_every_block_but_the_identity_is_unlocked_by_one_kind_at_least() -> None:
    opened = {field.block for part, field in FIELDS if unlocking_kinds(changed(f"{'/'.join(part.path)}/{field.name}"))}
    assert opened == {field.block for _, field in FIELDS} - {"identity"}
    assert kind_labels(["amount", "neuf"]) == ["Montants", "neuf"]


EXTENDED = edited(sample(), {"sheets/A01/lines/L8/year": "2028", "sheets/A01/lines/L8/planned": "9"})


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        (Change("caps/2028", "added", None, {"ae": "1"}), True),
        (Change("caps/2025", "removed", {"ae": "1"}, None), False),
        (changed("caps/2028/ae"), True),
        (changed("caps/2025/ae"), False),
        (Change("sheets/A01/years/2028", "added", None, {}), True),
        (Change("sheets/A01/targets/ENFANTS/years/2028", "added", None, {}), True),
        (Change("sheets/A01/targets/ENFANTS/years/2025", "added", None, {}), False),
        (Change("sheets/A01/lines/L2", "added", None, {"year": "2028"}), True),
        (Change("sheets/A01/lines/L2", "added", None, {"year": "2025"}), False),
        (Change("sheets/A01/lines/L2", "added", None, {}), False),
        (Change("sheets/A01/lines/L8", "removed", {"year": "2028"}, None), True),
        (Change("sheets/A01/lines/L1", "removed", {"year": "2024"}, None), False),
        (changed("sheets/A01/lines/L8/planned"), True),
        (changed("sheets/A01/lines/L1/planned"), False),
        (changed("sheets/A01/lines/L8/year", "2028", "2024"), False),
        (changed("sheets/A01/lines/L1/year", "2024", "2028"), False),
        (Change("sheets/B01", "added", None, {}), False),
        # Codes that look like a later year open nothing.
        (changed("sheets/2028/years/2024/total_cost"), False),
        (changed("sheets/A01/lines/2028/planned"), False),
        (changed("sheets/A01/targets/2028/years/2024/value"), False),
        (changed("sheets/A01/targets/2028/baseline"), False),
    ],
)
def test_an_extension_opens_the_years_that_it_adds_and_no_other(change: Change, allowed: bool) -> None:
    locked = locked_changes([change], ["extension"], last_year=2025, text=EXTENDED)
    assert (locked == []) is allowed


# --- what no row could hold -------------------------------------------------------------------------------------------


def whole() -> dict[str, object]:
    identity = {"reference": "R", "title": "T", "starts_on": "2024-01-01", "ends_on": "2025-12-31"}
    return edited(
        sample(),
        {f"contract/{name}": value for name, value in identity.items()} | {"sheets/A01/lines/L1/funder": "ETAT"},
    )


@pytest.mark.parametrize(
    ("edits", "path"),
    [
        ({"contract/ends_on": None}, "contract/ends_on"),
        ({"contract/ends_on": "2023-12-31"}, "contract/ends_on"),
        ({"contract/ends_on": "2034-01-01"}, "contract/ends_on"),
        ({"contract/title": ""}, "contract/title"),
        ({"sheets/A01/lines/L1/year": None}, "sheets/A01/lines/L1/year"),
        ({"sheets/A01/lines/L1/planned": None}, "sheets/A01/lines/L1/planned"),
        ({"sheets/A01/lines/L1/funder": None}, "sheets/A01/lines/L1/funder"),
        ({"sheets/A01/targets/ENFANTS/years/2024/value": ""}, "sheets/A01/targets/ENFANTS/years/2024/value"),
        ({"sheets/A01/starts_on": "2025-01-01", "sheets/A01/ends_on": "2024-01-01"}, "sheets/A01/ends_on"),
        (
            {"sheets/A01/years/2024/total_cost": "9.5", "sheets/A01/years/2024/eligible_cost": "10"},
            "sheets/A01/years/2024/eligible_cost",
        ),
        ({"signatories/S9/organisation": "X"}, "signatories/S9/side"),
    ],
)
def test_what_no_row_could_hold_is_named_by_its_field(edits: dict[str, object], path: str) -> None:
    assert unfit(whole()) == []
    assert [found for found, _ in unfit(edited(whole(), edits))] == [path]


def test_a_draft_may_be_far_from_complete() -> None:
    assert unfit(edited(whole(), {"sheets/B01/title": None, "sheets/B01/years/2024/total_cost": None})) == []


def test_every_part_is_looked_at() -> None:
    assert {part.name for part in PARTS} == {
        "contract",
        "cap",
        "signatory",
        "sheet",
        "year",
        "line",
        "target",
        "year_target",
    }
