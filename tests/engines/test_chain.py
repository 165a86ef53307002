"""The completeness of a chain follows from facts, names what is missing, and never blames what is not due yet."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.chain import ChainFacts, Followed, Name, Place, Spent, State, chain

WHOLE_YEAR = Spent(Decimal(100), Decimal(100), Decimal(100), Decimal(90), Decimal(90))

WHOLE = ChainFacts(
    years=(2024, 2025),
    elapsed=(2024,),
    signed=True,
    need=True,
    need_indicator="Taux de pauvreté",
    need_figure_known=True,
    axis=True,
    measure=True,
    pilot=True,
    spent={2024: WHOLE_YEAR, 2025: Spent(Decimal(100), Decimal(100), Decimal(0), Decimal(0), Decimal(0))},
    followed=(Followed("Enfants", True, (2024, 2025), (2024,)),),
    evidence_years=frozenset({2024}),
    evidence_count=1,
    reports={2024: True},
)


def test_a_whole_chain_is_complete() -> None:
    found = chain(WHOLE)
    assert found.complete
    assert [link.state for link in found.links] == [State.PRESENT] * 6
    assert found.summary_fr == "6 maillons complets sur 6 attendus"
    assert [link.name for link in found.links] == list(Name), "the order of the chain"


def _spent(**fields: Any) -> dict[int, Spent]:
    return {2024: replace(WHOLE_YEAR, **fields)}


@pytest.mark.parametrize(
    ("fields", "name", "state", "place", "said"),
    [
        ({"need": False}, Name.NEED, State.PARTIAL, Place.TEXT, "le besoin n'est pas écrit"),
        ({"need_figure_known": False}, Name.NEED, State.PARTIAL, Place.FIGURES, "pas de valeur connue"),
        ({"need_indicator": ""}, Name.NEED, State.PARTIAL, Place.TEXT, "aucun indicateur ne mesure"),
        ({"need": False, "need_indicator": ""}, Name.NEED, State.MISSING, Place.TEXT, "pas écrit"),
        ({"pilot": False}, Name.ACTION, State.PARTIAL, Place.TEXT, "il manque le pilote"),
        ({"axis": False, "measure": False, "pilot": False}, Name.ACTION, State.MISSING, Place.TEXT, "l'axe"),
        ({"spent": {}}, Name.MONEY, State.MISSING, Place.TEXT, "aucune ligne"),
        ({"spent": _spent(awarded=None)}, Name.MONEY, State.PARTIAL, Place.SIGNATURE, "pas attribuées"),
        (
            {"spent": _spent(committed=Decimal(0), paid=Decimal(0), justified=Decimal(0))},
            Name.MONEY,
            State.PARTIAL,
            Place.MOVEMENTS,
            "2024 : rien n'est engagé",
        ),
        ({"spent": _spent(paid=Decimal(0))}, Name.MONEY, State.PARTIAL, Place.MOVEMENTS, "rien n'est payé"),
        ({"spent": _spent(justified=Decimal(1))}, Name.MONEY, State.PARTIAL, Place.MOVEMENTS, "pas justifiés"),
        ({"followed": ()}, Name.PEOPLE, State.MISSING, Place.TEXT, "aucun indicateur n'est suivi"),
        (
            {"followed": (Followed("Enfants", False, (2024, 2025), (2024,)),)},
            Name.PEOPLE,
            State.PARTIAL,
            Place.TEXT,
            "situation initiale",
        ),
        (
            {"followed": (Followed("Enfants", True, (2024,), (2024,)),)},
            Name.PEOPLE,
            State.PARTIAL,
            Place.TEXT,
            "pas de cible pour 2025",
        ),
        (
            {"followed": (Followed("Enfants", True, (2024, 2025)),)},
            Name.PEOPLE,
            State.MISSING,
            Place.READINGS,
            "aucun relevé pour 2024",
        ),
        (
            {"followed": (Followed("Enfants", True, (2024, 2025), (), (2024,)),)},
            Name.PEOPLE,
            State.MISSING,
            Place.READINGS,
            "n'est pas validé",
        ),
        ({"evidence_years": frozenset(), "evidence_count": 0}, Name.EVIDENCE, State.MISSING, Place.EVIDENCE, "2024"),
        ({"evidence_years": frozenset({2025})}, Name.EVIDENCE, State.PARTIAL, Place.EVIDENCE, "2024"),
        ({"reports": {}}, Name.REPORT, State.MISSING, Place.REPORT, "de 2024 est à saisir"),
        ({"reports": {2024: False}}, Name.REPORT, State.PARTIAL, Place.REPORT, "n'est pas validé"),
    ],
)
def test_each_missing_thing_is_named_where_it_is_mended(
    fields: dict[str, Any], name: Name, state: State, place: Place, said: str
) -> None:
    found = chain(replace(WHOLE, **fields))
    link = found.link(name)
    assert (link.state, found.complete) == (state, False)
    assert any(said in gap.text_fr and gap.place is place for gap in link.what_is_missing)
    assert link.label_fr.lower() in found.summary_fr
    others = [one for one in found.links if one.name is not name]
    assert all(one.state is State.PRESENT for one in others), "one gap spoils one link"


def test_before_any_year_is_over_nothing_of_what_follows_is_due() -> None:
    young = replace(
        WHOLE,
        elapsed=(),
        spent={2024: replace(WHOLE_YEAR, committed=Decimal(0), paid=Decimal(0), justified=Decimal(0))},
        followed=(Followed("Enfants", True, (2024, 2025)),),
        evidence_years=frozenset(),
        evidence_count=0,
        reports={},
    )
    found = chain(young)
    waiting = [link.name for link in found.links if not link.expected]
    assert waiting == [Name.PEOPLE, Name.EVIDENCE, Name.REPORT]
    assert found.complete
    assert all(found.link(name).state_fr == "pas encore attendu" for name in waiting)


def test_an_unsigned_text_owes_no_money() -> None:
    unsigned = replace(WHOLE, signed=False, elapsed=(), spent=_spent(awarded=None))
    assert chain(unsigned).link(Name.MONEY).state is State.PRESENT


_facts = st.builds(
    ChainFacts,
    years=st.just((2024, 2025)),
    elapsed=st.sampled_from([(), (2024,), (2024, 2025)]),
    signed=st.booleans(),
    need=st.booleans(),
    need_indicator=st.sampled_from(["", "Taux"]),
    need_figure_known=st.booleans(),
    axis=st.booleans(),
    measure=st.booleans(),
    pilot=st.booleans(),
    spent=st.dictionaries(
        st.sampled_from([2024, 2025]),
        st.builds(Spent, *[st.integers(0, 3).map(Decimal) for _ in range(5)]),
    ),
    followed=st.lists(
        st.builds(Followed, st.just("x"), st.booleans(), *[st.frozensets(st.sampled_from([2024, 2025]))] * 3),
        max_size=2,
    ).map(tuple),
    evidence_years=st.frozensets(st.sampled_from([2024, 2025])),
    evidence_count=st.integers(0, 2),
    reports=st.dictionaries(st.sampled_from([2024, 2025]), st.booleans()),
)


@given(_facts)
def test_a_link_is_present_exactly_when_nothing_is_missing_from_it(facts: ChainFacts) -> None:
    for link in chain(facts).links:
        if link.expected:
            assert (link.state is State.PRESENT) == (not link.what_is_missing)
            assert link.why
        else:
            assert link.state is State.MISSING
