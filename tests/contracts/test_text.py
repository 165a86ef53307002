"""From rows to text and back: what is written is what is read, whatever the text."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.contracts.models import Contract
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.texts import change_text
from maillage.contracts.text import all_names, known_codes, names_of, text_of, write_text
from maillage.engines.contract_text import REMOVED, canonical, changes, edited, unfit
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.pacts.models import Axis, BaseMeasure, Measure, Pact
from maillage.territories.models import Territory
from tests.contracts import builders

YEARS = ("2024", "2025")


@pytest.fixture
def cast(db: None) -> builders.Cast:
    return builders.make_cast()


@pytest.fixture
def contract(territories: dict[str, Territory], cast: builders.Cast) -> Contract:
    builders.make_reference_rows()
    Indicator.objects.create(code="PLACES", label="Places", unit="places", nature="stock", summable_territories=True)
    pact = Pact.objects.get(code="PACTE")
    BaseMeasure.objects.create(pact=pact, code="SOCLE-1", title="Socle", position=1)
    return builders.make_contract(territories["DEP-44"], cast)


# --- a text, drawn -----

_amounts = st.none() | st.sampled_from(["0", "0.01", "5000", "123456.78", "999999999999.99"])
_values = st.sampled_from(["0", "-3.25", "0.0001", "12", "99999999999999"])
_words = st.none() | st.sampled_from(["Un mot", "Œuvre « d'été »\nsur deux lignes", "=1+1", "<b>&</b>"])
_lines = st.none() | st.sampled_from(["Un mot", "Œuvre « d'été »", "=1+1", "<b>&</b>"])

_year = st.tuples(_amounts, _amounts).map(
    lambda two: {"total_cost": two[0], "eligible_cost": two[1] if two[0] is None else two[0]}
)
_line = st.fixed_dictionaries(
    {
        "year": st.sampled_from(YEARS),
        "funder": st.sampled_from(["ETAT", "DEP", "CAF"]),
        "in_kind": st.booleans(),
        "planned": st.sampled_from(["0", "5000", "0.01"]),
        "planned_cp": _amounts,
    }
)
_target = st.fixed_dictionaries(
    {
        "baseline": st.none() | _values,
        "baseline_period": st.none() | st.just("2023-06"),
        "method": _words,
        "years": st.dictionaries(st.sampled_from(YEARS), st.fixed_dictionaries({"value": _values}), max_size=2),
    }
)
_sheet = st.fixed_dictionaries(
    {
        "title": _lines,
        "axis": st.none() | st.just("PACTE-1"),
        "measure": st.none() | st.just("PACTE-1-1"),
        "base_measure": st.none() | st.just("SOCLE-1"),
        "need": _words,
        "need_indicator": st.none() | st.just("ENFANTS"),
        "nature": st.sampled_from([None, "new", "reinforced"]),
        "justification": _words,
        "enlargement": _words,
        "description": _words,
        "target_public": _words,
        "area": _lines,
        "pilot": _lines,
        "partners": _words,
        "starts_on": st.none() | st.just("2024-01-01"),
        "ends_on": st.none() | st.just("2025-12-31"),
        "calendar": _words,
        "years": st.dictionaries(st.sampled_from(YEARS), _year, max_size=2),
        "lines": st.dictionaries(st.sampled_from(["L1", "L2", "E-1"]), _line, max_size=3),
        "targets": st.dictionaries(st.sampled_from(["ENFANTS", "PLACES"]), _target, max_size=2),
    }
)
_texts = st.fixed_dictionaries(
    {
        "contract": st.fixed_dictionaries(
            {
                "reference": st.just("CLS-ESSAI-1"),
                "title": st.sampled_from(["Contrat", "Contrat « d'essai »"]),
                "purpose": _words,
                "starts_on": st.just("2024-01-01"),
                "ends_on": st.sampled_from(["2025-12-31", "2027-06-30"]),
            }
        ),
        "caps": st.dictionaries(
            st.sampled_from(YEARS),
            st.fixed_dictionaries({"ae": _amounts, "cp": _amounts, "budget": _amounts, "reference": _lines}),
            max_size=2,
        ),
        "signatories": st.dictionaries(
            st.sampled_from(["S1", "S2"]),
            st.fixed_dictionaries(
                {
                    "side": st.sampled_from(["state", "partner"]),
                    "organisation": _lines,
                    "siret": st.none(),
                    "office": _lines,
                }
            ),
            max_size=2,
        ),
        "sheets": st.dictionaries(st.sampled_from(["A01", "A02", "B-1"]), _sheet, max_size=3),
    }
)

_drawn = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_drawn
@given(first=_texts, second=_texts)
def test_what_is_written_is_what_is_read_over_whatever_stood_before(
    contract: Contract, first: Any, second: Any
) -> None:
    assert unfit(first) == unfit(second) == []
    with transaction.atomic():
        for text in (first, second, second):
            fresh = Contract.objects.get(pk=contract.pk)
            write_text(fresh, text, keep_removed=False)
            read = text_of(Contract.objects.get(pk=contract.pk))
            assert canonical(read) == canonical(text)
        transaction.set_rollback(True)  # the next example starts from the same rows


@_drawn
@given(first=_texts, second=_texts)
def test_a_removed_sheet_that_is_kept_is_out_of_the_text_and_comes_back_as_written(
    contract: Contract, first: Any, second: Any
) -> None:
    with transaction.atomic():
        for text in (first, second, first):
            fresh = Contract.objects.get(pk=contract.pk)
            write_text(fresh, text, keep_removed=True)
            assert canonical(text_of(Contract.objects.get(pk=contract.pk))) == canonical(text)
        transaction.set_rollback(True)  # the next example starts from the same rows


def test_the_sheets_keep_the_order_of_the_text(contract: Contract) -> None:
    text = edited(text_of(contract), {f"sheets/{code}/title": code for code in ("B02", "A01", "C03")})
    write_text(contract, text, keep_removed=False)
    assert list(text_of(contract)["sheets"]) == ["B02", "A01", "C03"]


def test_reading_a_text_asks_as_many_queries_whatever_its_size(
    contract: Contract, cast: builders.Cast, django_assert_num_queries: Any
) -> None:
    for codes in (("A01",), tuple(f"B{rank:02d}" for rank in range(12))):
        edits = {path: value for code in codes for path, value in builders.sheet_edits(code).items()}
        change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=builders.AT)
        with django_assert_num_queries(10):
            text_of(Contract.objects.get(pk=contract.pk))


# --- what no row could hold is refused, and said by place -----


@pytest.mark.parametrize(
    ("edits", "label"),
    [
        ({"sheets/A01/lines/L9/funder": "ETAT"}, "Fiche A01 · Ligne L9 · Année"),
        ({"sheets/A01/lines/E2024/planned": ""}, "Fiche A01 · Ligne E2024 · Prévu (AE)"),
        ({"sheets/A01/lines/E2024/funder": ""}, "Fiche A01 · Ligne E2024 · Financeur"),
        ({"sheets/A01/targets/ENFANTS/years/2024/value": ""}, "Fiche A01 · Indicateur ENFANTS · Année 2024 · Cible"),
        ({"sheets/A01/targets/INCONNU/baseline": "1"}, "Fiche A01 · Indicateurs suivis"),
        ({"sheets/A01/years/2024/eligible_cost": "99999"}, "Fiche A01 · Année 2024 · Assiette éligible"),
        ({"contract/ends_on": "2023-12-31"}, "Contrat · Fin"),
        ({"contract/starts_on": ""}, "Contrat · Début"),
        ({"sheets/A01/starts_on": "2025-01-01", "sheets/A01/ends_on": "2024-01-01"}, "Fiche A01 · Fin"),
        ({"sheets//title": "X"}, "Fiche"),
        ({"sheets/A01/lines/L 1/planned": "5"}, "Fiche A01 · Ligne L 1 · Prévu (AE)"),
    ],
)
def test_an_impossible_text_is_refused_by_place_and_nothing_changes(
    edits: dict[str, Any], label: str, contract: Contract, cast: builders.Cast
) -> None:
    builders.fill(contract, cast)
    before = text_of(contract)
    with pytest.raises(InputRefused) as refused:
        change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=builders.AT)
    assert label in str(refused.value)
    assert text_of(contract) == before


def test_the_same_is_refused_in_an_amendment_long_before_its_signature(
    territories: dict[str, Territory], cast: builders.Cast
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    propose_amendment(
        contract=made, title="Plus", kinds=["amount", "indicator"], reason="", by=cast.lead, at=builders.AT
    )
    for path in ("sheets/A01/lines/L9/planned", "sheets/A01/targets/INCONNU/years/2024/value"):
        with pytest.raises(InputRefused):
            change_text(contract=made, edits={path: "5"}, seen={}, by=cast.lead, at=builders.AT)


def test_a_code_that_left_the_instance_is_named(contract: Contract) -> None:
    text = edited(text_of(contract), {"sheets/A01/title": "X", "sheets/A01/axis": "DISPARU"})
    with pytest.raises(MaillageError, match="« DISPARU » n'existe plus"):
        write_text(contract, text, keep_removed=False)


# --- codes and names -----


def test_a_name_that_two_rows_bear_says_neither_and_a_code_always_wins(contract: Contract) -> None:
    axis = Axis.objects.get(code="PACTE-1")
    Measure.objects.create(code="PACTE-1-2", axis=axis, kind="new", title="Socialisation", position=2)
    Measure.objects.create(code="PACTE-1-3", axis=axis, kind="new", title="PACTE-1-1", position=3)
    known = known_codes()["measure"]
    assert "socialisation" not in known
    assert known["pacte-1-1"] == "PACTE-1-1"
    assert known["pacte-1-3"] == "PACTE-1-3"


def test_names_are_those_of_the_codes_of_the_text(contract: Contract, cast: builders.Cast) -> None:
    builders.fill(contract, cast)
    names = names_of(text_of(contract))
    assert names["axis"] == {"PACTE-1": "Enfance"}
    assert names["family"] == {"ETAT": "state", "DEP": "collectivity"}
    assert names["unit"] == {"ENFANTS": "persons"}
    assert all_names()["funder"]["CAF"] == "CAF"


def test_a_line_taken_out_and_written_again_is_the_same_text(contract: Contract, cast: builders.Cast) -> None:
    builders.fill(contract, cast)
    before = text_of(contract)
    line = before["sheets"]["A01"]["lines"]["E2024"]
    given = {"contract": contract, "seen": {}, "by": cast.commissioner, "at": builders.AT}
    change_text(edits={"sheets/A01/lines/E2024": REMOVED}, **given)
    change_text(edits={f"sheets/A01/lines/E2024/{name}": value for name, value in line.items()}, **given)
    assert changes(before, text_of(contract)) == []
