import pytest

from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.provenance import Provenance, ProvenanceInvalid, Status


def test_a_problem_says_where_it_is() -> None:
    assert str(InputProblem(3, "valeur", "nombre négatif")) == "Ligne 3, colonne « valeur » : nombre négatif"
    assert str(InputProblem(None, "valeur", "colonne absente")) == "Colonne « valeur » : colonne absente"
    assert str(InputProblem(None, None, "fichier vide")) == "fichier vide"


def test_a_refusal_keeps_every_problem_and_shows_a_bounded_number() -> None:
    refusal = InputRefused(InputProblem(row, None, "x" * 5000) for row in range(1, 1001))
    assert isinstance(refusal, MaillageError)
    assert len(refusal.problems) == 1000
    assert len(str(refusal)) < 10_000
    assert str(refusal).endswith("… et 980 autres problèmes.")
    assert InputRefused([InputProblem(None, None, "a")] * 21).lines()[-1] == "… et 1 autre problème."
    assert InputRefused([]).message_fr == "Le contenu fourni est refusé."


def test_a_value_without_a_source_does_not_exist() -> None:
    with pytest.raises(ProvenanceInvalid, match="sans source"):
        Provenance(" ")
    with pytest.raises(ProvenanceInvalid, match="SHA-256"):
        Provenance("INSEE", checksum="abc")
    assert str(Provenance("INSEE", "tableau 2", checksum="0" * 64)) == "INSEE, tableau 2"
    assert str(Provenance("INSEE")) == "INSEE"


def test_statuses_have_french_labels_and_unknown_carries_no_value() -> None:
    assert all(status.label_fr for status in Status)
    assert [status for status in Status if not status.carries_value] == [Status.SUPPRESSED, Status.UNAVAILABLE]
