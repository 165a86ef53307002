"""Code passage on the official list of movements, against a table that others made."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from maillage.engines.passage import History, Movement, Outcome

COG = date(2026, 1, 1)
ORACLE_AT = date(2025, 1, 1)
# The oracle names codes as far back as January 2003: compared from there, it and the movements must say the same.
ORACLE_SINCE = date(2003, 1, 1)
FIRST = date(1943, 1, 1)


@pytest.fixture(scope="module")
def cog() -> Path:
    return Path(__file__).resolve().parents[3] / "shared" / "data" / "cog"


@pytest.fixture(scope="module")
def history(cog: Path) -> History:
    with (cog / "mouvements-communes.csv").open(encoding="utf-8") as handle:
        return History(
            Movement(
                int(row["MOD"]),
                date.fromisoformat(row["DATE_EFF"]),
                row["COM_AV"],
                row["TYPECOM_AV"],
                row["COM_AP"],
                row["TYPECOM_AP"],
            )
            for row in csv.DictReader(handle)
        )


@pytest.fixture(scope="module")
def communes(cog: Path) -> set[str]:
    with (cog / "communes.csv").open(encoding="utf-8") as handle:
        return {row["COM"] for row in csv.DictReader(handle) if row["TYPECOM"] == "COM"}


@pytest.fixture(scope="module")
def oracle(cog: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    with (cog.parent / "geo" / "geocodes_passage_annuel.csv").open(encoding="utf-8-sig") as handle:
        for row in csv.DictReader(handle, delimiter=";"):
            if row["Niveau"] == "COM":
                found[row["Ancien Code Officiel"]].add(row["Code Courant Officiel"])
    return found


def test_traps_met_in_these_files(history: History) -> None:
    recoded = history.passage("49069", date(2024, 6, 1), ORACLE_AT)
    assert (recoded.outcome, recoded.codes) == (Outcome.RECODED, ("49126",))
    split = history.passage("85084", date(2023, 6, 1), date(2024, 1, 1))
    assert (split.outcome, split.codes) == (Outcome.SPLIT, ("85084", "85165", "85212"))
    assert history.passage("49126", date(2020, 1, 1), COG).outcome is Outcome.ABSENT
    back = history.passage("49126", COG, date(2014, 1, 1))
    assert (back.outcome, len(back.codes)) == (Outcome.COMPOSED, 9)
    same_day = history.passage("49144", date(2017, 6, 1), date(2018, 6, 1))
    assert same_day.codes == ("44180",)


def test_the_lives_of_codes_end_in_the_communes_of_the_cog(history: History, communes: set[str]) -> None:
    """Rebuilt from the events alone, the communes of 2026 are those of the list: none missing, none too many."""
    named = {code for code in communes if history.is_known(code)}
    assert {code for code in named if not history.exists(code, COG)} == set()
    alive = {code for code in history._lives if history.exists(code, COG)}
    assert alive - communes == set()


def test_every_life_of_every_code_leads_to_communes_of_today(history: History, communes: set[str]) -> None:
    lost = []
    for code in history._lives:
        for since, _ in history.lives(code):
            found = history.passage(code, since or FIRST, COG)
            if not set(found.codes) <= communes or (not found.codes and found.outcome is not Outcome.GONE):
                lost.append((code, found))
    assert lost == []


def test_the_two_communes_that_left_the_code_are_gone(history: History) -> None:
    gone = [code for code in history._lives if history.passage(code, date(2007, 1, 1), COG).outcome is Outcome.GONE]
    assert sorted(gone) == ["97123", "97127"]  # Saint-Barthélemy and Saint-Martin, overseas collectivities since 2007


def _start(history: History, code: str, since: date) -> date:
    """A day of the code's last life, as early as the comparison goes."""
    born, until = history.lives(code)[-1]
    start = max(born or FIRST, since)
    return until - timedelta(days=1) if until is not None and start >= until else start


def test_the_oracle_says_the_same_for_every_code(history: History, oracle: dict[str, set[str]]) -> None:
    """36,727 codes, 100 % of agreement from 2003 on; codes shared between several communes included."""
    differing = {
        code: (sorted(wanted), found)
        for code, wanted in oracle.items()
        if set(found := history.passage(code, _start(history, code, ORACLE_SINCE), ORACLE_AT).codes) != wanted
    }
    assert len(oracle) > 36_000
    assert differing == {}


def test_the_only_exceptions_before_2003_are_splits_that_the_oracle_forgets(
    history: History, oracle: dict[str, set[str]]
) -> None:
    """Read from 1943, 0.6 % differ, all for one reason: a commune divided between 1943 and 2002."""
    differing = []
    for code, wanted in oracle.items():
        found = history.passage(code, _start(history, code, FIRST), ORACLE_AT)
        if set(found.codes) == wanted:
            continue
        differing.append(code)
        assert found.outcome is Outcome.SPLIT, (code, wanted, found)
        assert wanted < set(found.codes), (code, wanted, found)
        assert any(step.kind in (20, 21, 30) and step.on < ORACLE_SINCE for step in found.steps), (code, found)
    assert 0.990 < 1 - len(differing) / len(oracle) < 0.995
