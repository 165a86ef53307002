"""Local aids from files: the ones that come with Maillage, and an instance's own."""

from __future__ import annotations

import csv
import io
import os
import re
from datetime import date
from pathlib import Path

import pytest

from maillage.engines.aid_conditions import STATUSES, Fact, HouseholdFacts
from maillage.engines.local_aids import AMOUNT_UNKNOWN, Outcome, Unit, evaluate, evaluate_all
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.kernel.errors import InputRefused
from maillage.rights.local_aids import FIELDS, of_instance, read_local_aids, shipped, template, with_own
from maillage.rights.plain_language import promise
from tests.architecture import project
from tests.architecture.test_glossary import PLAIN_SPACE

GUIDE = project.ROOT / "docs" / "aides-locales.md"
DAY = date(2026, 11, 20)

ROW = {
    "code": "bus-invente",
    "nom": "Bus à petit prix (inventé)",
    "organisme": "Métropole inventée",
    "territoire": "EPCI-200046977",
    "conditions": "quotient_familial <= 900 ou droit = aah",
    "autres conditions": "",
    "montant": "quotient_familial < 350 : 100 | quotient_familial <= 900 : 30 | ?",
    "unité": "percent_off",
    "ce que c'est": "Une réduction sur l'abonnement.",
    "comment demander": "À la mairie.",
    "source": "Délibération inventée",
    "éditeur": "Métropole inventée",
    "publiée le": "2026-01-10",
    "adresse": "https://example.org/bus",
    "lue le": "2026-02-01",
    "début": "2026-01-01",
    "fin": "",
    "vérifiée le": "2026-02-01",
}


def content(*changes: dict[str, str]) -> bytes:
    """A file of as many rows as changes to the model row."""
    handle = io.StringIO(newline="")
    writer = csv.DictWriter(handle, list(ROW), delimiter=";")
    writer.writeheader()
    writer.writerows(ROW | change for change in changes)
    return handle.getvalue().encode()


def refused(*changes: dict[str, str]) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(InputRefused) as refusal:
        read_local_aids(content(*changes), name="aides.csv")
    return [(one.row, one.column, one.message) for one in refusal.value.problems]


# --- those that come with Maillage ---


def test_shipped_aids_are_sourced_and_promise_nothing() -> None:
    assert 1 <= len(shipped()) <= 20
    for aid in shipped():
        assert aid.source.title, aid.code
        assert aid.source.publisher, aid.code
        assert aid.source.read_on <= DAY
        texts = [aid.name, aid.what, aid.how, aid.other_conditions, aid.source.title]
        assert not [text for text in texts if promise(text) or PLAIN_SPACE.search(text)], aid.code


def test_no_shipped_aid_is_answered_plainly_before_somebody_verified_it() -> None:
    unverified = [aid for aid in shipped() if aid.verified_on is None]
    everywhere = frozenset(str(aid.territory) for aid in shipped())
    for aid in unverified:
        found = evaluate(aid, HouseholdFacts(territories=everywhere), on=DAY)
        assert found.outcome is Outcome.TO_CHECK, aid.code
        assert any("n'a pas été vérifiée" in check for check in found.checks)


def test_an_amount_that_no_source_gives_is_not_known() -> None:
    everywhere = HouseholdFacts(territories=frozenset(str(aid.territory) for aid in shipped()))
    silent = [one for one in evaluate_all(shipped(), everywhere, on=DAY) if one.aid.scale[0].amount is None]
    assert silent
    assert {one.amount_fr for one in silent} <= {AMOUNT_UNKNOWN, Unit.SERVICE.label_fr}


# --- the format ---


def test_the_template_is_the_heading_of_a_file_that_is_read() -> None:
    assert template().strip().split(";") == list(ROW)
    [aid] = read_local_aids(content({}), name="aides.csv")
    assert (aid.code, str(aid.territory), aid.unit) == ("bus-invente", "EPCI-200046977", Unit.PERCENT_OFF)
    assert aid.source.addresses == ("https://example.org/bus",)
    assert aid.verified_on == date(2026, 2, 1)


def test_a_unit_may_be_written_in_words() -> None:
    [aid] = read_local_aids(content({"unité": "€ par mois"}), name="aides.csv")
    assert aid.unit is Unit.EUR_MONTH


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("code", "", "doit être remplie"),
        ("code", "bus inventé", "n'est pas un identifiant"),
        ("nom", "Vous avez droit au bus", "promet un droit"),
        ("territoire", "Lyon", "territoire"),
        ("territoire", "EPCI-12", "neuf chiffres"),
        ("conditions", "quotient_familial < beaucoup", "n'est pas un nombre"),
        ("conditions", "droit = rmi", "Valeurs admises"),
        ("montant", "", "doit être remplie"),
        ("montant", "gratuit", "n'est pas un nombre"),
        ("unité", "sacs", "Valeurs admises"),
        ("source", "", "doit être remplie"),
        ("éditeur", "", "doit être remplie"),
        ("lue le", "", "doit être remplie"),
        ("lue le", "01/02/2026", "AAAA-MM-JJ"),
        ("adresse", "javascript:alert(1)", "n'est pas une adresse"),
        ("fin", "2025-12-31", "la fin précède le début"),
        ("lue le", "2026-01-09", "avant d'être publiée"),
    ],
)
def test_a_wrong_cell_is_told_by_row_and_column(column: str, cell: str, said: str) -> None:
    [(row, where, message)] = refused({"code": "other"}, {column: cell})
    assert (row, where) == (3, column)
    assert said in message


def test_every_problem_is_told_at_once() -> None:
    assert [row for row, _, _ in refused({"unité": "sacs"}, {"montant": "x", "territoire": "y"})] == [2, 3, 3]


def test_two_scales_of_one_aid_may_follow_but_not_overlap() -> None:
    [(row, where, message)] = refused({}, {"début": "2026-07-01"})
    assert (row, where) == (3, "début")
    assert "donnez une fin" in message
    assert refused({}, {})[0][2].endswith("figure déjà ligne 2.")
    followed = read_local_aids(content({"fin": "2026-06-30"}, {"début": "2026-07-01"}), name="aides.csv")
    assert len(followed) == 2


def test_a_column_that_is_missing_or_unknown_is_refused() -> None:
    with pytest.raises(InputRefused, match="colonne inconnue"):
        read_local_aids(b"code;couleur\na;b\n", name="aides.csv")


# --- an instance's own ---


def test_an_instance_adds_its_aids_and_replaces_by_code(tmp_path: Path) -> None:
    assert of_instance(tmp_path) == shipped()
    first = shipped()[0].code
    path = tmp_path / "local_aids.csv"
    path.write_bytes(content({}, {"code": first}))
    own = of_instance(tmp_path)
    assert len(own) == len(shipped()) + 1
    assert [aid.name for aid in own if aid.code == first] == [ROW["nom"]]
    assert with_own([]) == shipped()


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "local_aids.csv"
    path.write_bytes(content({}))
    assert of_instance(tmp_path)[-1].name == ROW["nom"]
    path.write_bytes(content({"nom": "Bus renommé"}))
    os.utime(path, ns=(1, 1))  # two writes may fall in one tick of the clock
    assert of_instance(tmp_path)[-1].name == "Bus renommé"
    path.write_bytes(content({"unité": "sacs"}))
    os.utime(path, ns=(2, 2))
    with pytest.raises(InputRefused, match="sacs"):
        of_instance(tmp_path)


# --- the guide ---


def test_the_guide_tells_every_column_word_and_unit() -> None:
    quoted = set(re.findall(r"`([^`\n]+)`", GUIDE.read_text(encoding="utf-8")))
    told = {field.headers[0] for field in FIELDS} | set(Fact) | set(STATUSES) | set(Unit) | {one.code for one in RIGHTS}
    assert told <= quoted, told - quoted
