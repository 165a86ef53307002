"""Rights by the compiled law: OpenFisca's own figures, one value per household, kept on disk under the law's name."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from maillage.gateways.openfisca_france import engine, rights
from maillage.gateways.openfisca_france.engine import CompiledLaw, MonthOfLaw, months_before
from maillage.gateways.openfisca_france.facts import Activity, Household, Housing, OtherParent, Role, Union
from maillage.gateways.openfisca_france.household import batch
from maillage.gateways.openfisca_france.rights import RIGHTS, Unit
from maillage.gateways.openfisca_france.timeline import MonthRefused
from maillage.kernel.errors import InputRefused
from tests.gateways.openfisca_france.compiled import law as compiled_law
from tests.gateways.openfisca_france.oracle import MONTH, compute, household, person
from tests.lawgraph.france import quiet

LONE = household(person(28))
LONE_PARENT = household(
    person(31, wage=650.0, activity=Activity.EMPLOYED),
    person(2, role=Role.CHILD),
    person(8, role=Role.CHILD),
    other_parent=OtherParent.ABSENT,
)
#: Two tax units in one household, and a benefit of persons that both receive.
COHABITING = household(
    person(44, disability_rate=85.0),
    person(41, disability_rate=82.0, role=Role.PARTNER),
    union=Union.COHABITING,
)
PENSIONER = household(person(70, retirement_pension=620.0, activity=Activity.RETIRED), housing=Housing.OWNER, rent=0.0)
YOUNG = household(person(21, seeks_support=True))
HOUSEHOLDS = [LONE, LONE_PARENT, COHABITING, PENSIONER, YOUNG]


@pytest.fixture
def law() -> CompiledLaw:
    compiled_law()  # traced once for all the tests of a process
    return CompiledLaw(settings.DATA_DIR / "law")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of its own that holds the law of the month already."""
    compiled_law()
    for path in (settings.DATA_DIR / "law").glob(f"{MONTH}-*"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def tracings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The months that are traced, which takes seconds; the law of MONTH stands for what a tracing gives."""
    done: list[str] = []
    held = compiled_law().explained  # traced before the tracing is replaced, whichever test comes first

    def traced(month: str, **options: Any) -> Any:
        done.append(month)
        return held

    monkeypatch.setattr(engine, "traced", traced)
    return done


def test_each_right_is_what_openfisca_answers_household_by_household(law: CompiledLaw) -> None:
    answers = law.answer(HOUSEHOLDS, MONTH)
    for rank, one in enumerate(HOUSEHOLDS):
        columns = batch([one], MONTH)
        for right in RIGHTS:
            with quiet():
                own = [compute(columns, MONTH, each, right.period(MONTH)).sum() for each in right.variables]
            expected = float(any(amount > 0 for amount in own)) if right.unit is Unit.OPEN else own[0]
            if right.code == "contrat_engagement_jeune" and one is not YOUNG:
                expected = 0
            assert answers.amount(right.code)[rank] == pytest.approx(expected, abs=0.01), right.code
    received = {right.code for right in RIGHTS if answers.amount(right.code).any()}
    assert {"rsa", "aah", "aide_logement", "css", "asf", "ars", "aspa", "contrat_engagement_jeune"} <= received


def test_what_persons_receive_is_added_in_their_household(law: CompiledLaw) -> None:
    couple = law.answer([LONE, COHABITING], MONTH).amount("aah")
    assert couple[0] == 0
    assert couple[1] > 1900


def test_the_young_person_s_contract_is_for_whoever_asks_for_support(law: CompiledLaw) -> None:
    without = household(person(21))
    assert law.answer([without, YOUNG], MONTH).amount("contrat_engagement_jeune").tolist()[0] == 0
    assert law.answer([without, YOUNG], MONTH).amount("contrat_engagement_jeune")[1] > 0


def test_company_and_order_change_no_answer(law: CompiledLaw) -> None:
    order = [3, 0, 4, 2, 1]
    together, moved = law.answer(HOUSEHOLDS, MONTH), law.answer([HOUSEHOLDS[rank] for rank in order], MONTH)
    for right in RIGHTS:
        assert moved.amount(right.code).tolist() == together.amount(right.code)[order].tolist()
        alone = [law.answer([one], MONTH).amount(right.code)[0] for one in HOUSEHOLDS]
        assert together.amount(right.code).tolist() == alone, right.code


def test_no_loop_is_left_to_the_order_of_the_questions() -> None:
    assert compiled_law().program.spirals == ()


def test_the_past_is_none_at_first_then_what_the_pass_before_found() -> None:
    month = compiled_law()
    columns = batch(HOUSEHOLDS, MONTH)
    first = month.run(columns)
    second = month.run(columns, passes=2)
    received = dict(columns) | {column: first[f"{variable}@{MONTH}"] for variable, column in engine.PAST.items()}
    again = month.run(received)
    assert {name: values.tolist() for name, values in second.items()} == {
        name: values.tolist() for name, values in again.items()
    }
    assert first[f"rsa@{MONTH}"][0] > 0


def test_what_a_household_declares_of_its_past_is_kept_by_every_pass() -> None:
    month = compiled_law()
    columns = batch([household(person(28), rsa_received=100.0)], MONTH)
    assert month._with_past(columns, month.run(columns))[engine.PAST["rsa"]].tolist() == [100.0]


def test_a_program_on_disk_is_not_traced_again(folder: Path, tracings: list[str]) -> None:
    answers = CompiledLaw(folder).answer([LONE], MONTH)
    assert tracings == []
    assert answers.amount("rsa").tolist() == CompiledLaw(folder).answer([LONE], MONTH).amount("rsa").tolist()


def test_an_empty_folder_is_filled_and_serves_the_next_process(tmp_path: Path, tracings: list[str]) -> None:
    CompiledLaw(tmp_path / "law").month(MONTH)
    assert tracings == [MONTH]
    assert sorted(path.suffix for path in (tmp_path / "law").iterdir()) == [".json", ".law"]
    again = CompiledLaw(tmp_path / "law").month(MONTH)
    assert tracings == [MONTH]
    assert again.flags == compiled_law().flags


@pytest.mark.parametrize("damaged", [".law", ".json"])
def test_a_damaged_file_is_traced_again_and_mended(folder: Path, tracings: list[str], damaged: str) -> None:
    (path,) = folder.glob(f"*{damaged}")
    path.write_bytes(path.read_bytes()[:100])
    assert isinstance(CompiledLaw(folder).month(MONTH), MonthOfLaw)
    assert tracings == [MONTH]
    CompiledLaw(folder).month(MONTH)
    assert tracings == [MONTH]


def test_a_program_of_another_law_is_never_served(
    folder: Path, tracings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = "f" * 64
    for path in folder.iterdir():  # even under the name of the law in force
        path.rename(folder / f"{MONTH}-{changed[:16]}{path.suffix}")
    monkeypatch.setattr(engine, "fingerprint", lambda: changed)
    CompiledLaw(folder).month(MONTH)
    assert tracings == [MONTH]


def test_the_name_of_a_program_holds_the_law_the_month_and_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {engine._signed(month) for month in (MONTH, "2026-02", "2025-01")}
    assert len(named) == 3
    monkeypatch.setattr(rights, "RIGHTS", RIGHTS[1:])
    assert engine._signed(MONTH) not in named


def test_two_requests_trace_once(tracings: list[str]) -> None:
    law = CompiledLaw()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: law.month(MONTH), range(8)))
    assert tracings == [MONTH]
    assert all(one is found[0] for one in found)


@pytest.mark.parametrize("month", ["2019-12", "2028-01", "2026-13", "demain"])
def test_a_month_without_law_is_refused_before_anything(law: CompiledLaw, tracings: list[str], month: str) -> None:
    with pytest.raises(MonthRefused):
        law.answer([LONE], month)
    assert tracings == []


def test_a_household_that_cannot_be_is_refused_by_row(law: CompiledLaw) -> None:
    wrong = Household(persons=(person(8, role=Role.CHILD),), commune="49126", housing=Housing.OWNER)
    with pytest.raises(InputRefused) as caught:
        law.answer([LONE, wrong], MONTH)
    assert {one.row for one in caught.value.problems} == {2}


def test_columns_that_a_program_refuses_are_told_in_french() -> None:
    columns = dict(batch([LONE, LONE_PARENT], MONTH))
    columns["loyer"] = np.array([np.nan, 500.0], np.float32)
    with pytest.raises(InputRefused, match="Les colonnes ne permettent pas le calcul"):
        compiled_law().run(columns)


def test_months_before_go_back_over_the_years() -> None:
    assert months_before("2026-02", 4) == ("2026-01", "2025-12", "2025-11", "2025-10")
