"""The grammar of relations, the notes that give perimeters, labels and units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.consistency import Figure, Verdict, VerdictKind, check
from maillage.engines.consistency.perimeters import perimeter_from_note, perimeters_differ
from maillage.engines.consistency.relations import RelationKind, RelationUnreadable, parse_relation
from maillage.engines.consistency.text import label_key, label_stem
from maillage.engines.consistency.units import parse_unit


@pytest.mark.parametrize(
    ("text", "kind", "operands"),
    [
        ("evolution(F001;F002)", RelationKind.EVOLUTION, ("F001", "F002")),
        (" Évolution ( F001 ; F002 ) ", RelationKind.EVOLUTION, ("F001", "F002")),
        ("sum(A;B;C)", RelationKind.SUM, ("A", "B", "C")),
        ("share(F076;population)", RelationKind.SHARE, ("F076", "population")),
        ("part(A;B)", RelationKind.SHARE, ("A", "B")),
        ("part(A)", RelationKind.PART, ("A",)),
        ("equals(A)", RelationKind.EQUALS, ("A",)),
        ("count(8)", RelationKind.COUNT, ("8",)),
        ("listed(20;4;2)", RelationKind.LISTED, ("20", "4", "2")),
    ],
)
def test_relations_are_read(text: str, kind: RelationKind, operands: tuple[str, ...]) -> None:
    relation = parse_relation(text)
    assert relation is not None
    assert (relation.kind, relation.operands) == (kind, operands)


@pytest.mark.parametrize(
    "text",
    ["evolution", "evolution(A)", "evolution(A;B;C)", "sum()", "sum(A;)", "mean(A;B)", "sum(A", "sum(sum(A))", ")("],
)
def test_malformed_relations_are_refused_in_french(text: str) -> None:
    with pytest.raises(RelationUnreadable, match="relation"):
        parse_relation(text)


def test_no_relation_is_none() -> None:
    assert parse_relation("  ") is None


@given(st.text())
def test_any_text_is_a_relation_or_refused(text: str) -> None:
    try:
        parse_relation(text)
    except RelationUnreadable as refusal:
        message = refusal.message_fr
    else:
        return
    assert len(message) < 300


@pytest.mark.parametrize(
    ("note", "perimeter"),
    [
        ("footnote: contractualisation and animation", "contractualisation and animation"),
        ("footnote: A and B, plus C: the perimeter differs from 2019", "A and B, plus C"),
        ("Footnote 2: excludes overseas", "excludes overseas"),
        ("note de bas de page : hors crédits européens", "hors crédits européens"),
        ("périmètre : régime général", "régime général"),
        ("Champ : France métropolitaine.", "France métropolitaine"),
        (
            "2020 includes the FAPI (Fonds d'appui): its perimeter differs from 2019",
            "2020 includes the FAPI (Fonds d'appui)",
        ),
        ("y compris les nuitées d'hôtel", "y compris les nuitées d'hôtel"),
        ("hors Nantes Métropole", "hors Nantes Métropole"),
        ("régime général seulement", "régime général seulement"),
        ("target for the year", "target for the year"),
        ("counts households, not persons", "counts households, not persons"),
        ("as of 30 June", "as of 30 June"),
        (
            "the perimeter is not the same as in the other document",
            "the perimeter is not the same as in the other document",
        ),
        ("the two documents have different perimeters", "the two documents have different perimeters"),
        ("the two amounts have different perimeters by their footnotes", ""),
        ("les deux montants n'ont pas le même périmètre", ""),
        ("misprint: the amount cannot be read", ""),
        ("no year printed", ""),
        ("two of the six date from early 2021", ""),
        ("eight are named after it", ""),
        ("only eight are named after it", ""),
        ("printed as a part of 164 000 households", ""),
        ("ambiguous: the sentence speaks of the national level", ""),
        ("footnote: source CAF", ""),
        ("", ""),
    ],
)
def test_perimeters_of_notes(note: str, perimeter: str) -> None:
    assert perimeter_from_note(note) == perimeter


def test_perimeters_are_compared_by_their_words() -> None:
    assert not perimeters_differ("hors Nantes Métropole", "Hors Nantes-Métropole.")
    assert perimeters_differ("hors Nantes", "y compris Nantes")
    assert not perimeters_differ("hors Nantes", "")
    assert perimeters_differ("different perimeters", "different perimeters")


@given(st.text())
def test_any_note_gives_a_text(note: str) -> None:
    assert len(perimeter_from_note(note)) <= len(" ".join(note.split()))


def test_labels_meet_apart_from_case_accents_articles_and_plurals() -> None:
    assert label_key("Places d'accueil créées") == label_key("PLACE D’ACCUEIL CREEE")
    assert label_key("Nombre de kiosques") == label_key("Kiosques")
    assert label_key("Participants") != label_key("Participants attendus")
    assert label_stem("Aides : montant mai-juin 2020") == label_stem("Aides : montant novembre")


def test_units_meet_in_a_dimension() -> None:
    assert parse_unit("k€").dimension == parse_unit("EUR").dimension == parse_unit("millions d'euros").dimension
    assert parse_unit("personnes").dimension == parse_unit("persons").dimension
    assert parse_unit("foyers").dimension != parse_unit("persons").dimension
    assert parse_unit("ratio").dimension == parse_unit("%").dimension == parse_unit("% des foyers").dimension
    assert parse_unit("€/mois").dimension != parse_unit("EUR").dimension
    assert parse_unit("€/mois").is_money


def _verdicts(*rows: tuple[str, str, str, str, str], documents: str = "D") -> dict[str, Verdict]:
    return {
        verdict.figure: verdict
        for verdict in check(
            [
                Figure(key, f"Chiffre {key}", "REG-27", "2021", Decimal(value), unit, printed, relation, documents)
                for key, printed, value, unit, relation in rows
            ]
        )
    }


def test_a_round_total_may_be_rounded_but_not_to_another_thousand() -> None:
    parts = (("A", "120 350", "120350", "persons", ""), ("B", "44 800", "44800", "persons", ""))
    total = ("T", "165 000", "165000", "persons", "sum(A;B)")
    assert _verdicts(*parts, total)["T"].kind is VerdictKind.HOLDS_ROUNDED
    other = ("T", "164 000", "164000", "persons", "sum(A;B)")
    assert _verdicts(*parts, other)["T"].kind is VerdictKind.CONTRADICTS_COMPONENTS


def test_coarse_operands_do_not_excuse_every_evolution() -> None:
    amounts = (("A", "2 M€", "2000000", "EUR", ""), ("B", "3 M€", "3000000", "EUR", ""))
    assert _verdicts(*amounts, ("C", "70 %", "70", "%", "evolution(A;B)"))["C"].kind is (
        VerdictKind.CONTRADICTS_COMPONENTS
    )
    close = _verdicts(*amounts, ("C", "55 %", "55", "%", "evolution(A;B)"))["C"]
    assert close.kind is VerdictKind.HOLDS_ROUNDED
    assert "ne tient que par l'imprécision" in close.reason


def test_a_share_of_more_than_all_says_so_beside_its_contradiction() -> None:
    rows = (("P", "60", "60", "places", ""), ("W", "40", "40", "places", ""), ("S", "90 %", "90", "%", "share(P;W)"))
    verdict = _verdicts(*rows)["S"]
    assert [each.kind for each in verdict.checks] == [VerdictKind.CONTRADICTS_COMPONENTS, VerdictKind.IMPLAUSIBLE]
    assert "ne peut pas dépasser son tout" in verdict.checks[1].reason


def test_a_fault_of_transcription_outweighs_agreement_and_not_contradiction() -> None:
    def kinds(other: str, other_value: int) -> list[VerdictKind]:
        typed = Figure("A", "Aide", "REG-27", "2021", Decimal(800_000), "EUR", "8 M€", document="D")
        there = Figure("B", "Aide", "REG-27", "2021", Decimal(other_value), "EUR", other, document="E")
        return [verdict.kind for verdict in check([typed, there])]

    assert kinds("8 M€", 8_000_000) == [VerdictKind.UNVERIFIABLE, VerdictKind.HOLDS]
    assert kinds("5 M€", 5_000_000) == [VerdictKind.CONTRADICTS_DOCUMENT, VerdictKind.CONTRADICTS_DOCUMENT]
