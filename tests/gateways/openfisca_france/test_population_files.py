"""Whole populations: the same answers whatever the file and the blocks; refused by row; nothing left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from openpyxl import Workbook

from lawgraph.run import is_compiled
from maillage.gateways.openfisca_france import household, population, population_files
from maillage.gateways.openfisca_france.columns import Facts
from maillage.gateways.openfisca_france.engine import CompiledLaw
from maillage.gateways.openfisca_france.inputs import questions
from maillage.gateways.openfisca_france.population_columns import MOST_TOLD, headers
from maillage.gateways.openfisca_france.population_results import Results, ResultsRefused
from maillage.gateways.openfisca_france.population_template import columns
from maillage.gateways.openfisca_france.rights import RIGHTS, Unit
from maillage.gateways.openfisca_france.timeline import MonthRefused
from maillage.kernel.errors import InputProblem, InputRefused
from tests.gateways.openfisca_france.compiled import MONTH, law
from tests.gateways.openfisca_france.population import random_facts
from tests.gateways.openfisca_france.population_table import table_of, write

COUNT = 700
HEADER = "foyer;commune;logement;date_naissance;role;salaire;situation_familiale"
A1 = "A;44109;locataire HLM;1990-06-15;demandeur;1 100,50;seul"
A2 = "A;;;2015-01-01;enfant;;"
B1 = "B;49126;owner;15/06/1950;demandeur;0;union libre"
B2 = "B;49126;owner;1955-01-01;conjoint;0;"


@pytest.fixture(scope="module")
def drawn() -> Facts:
    return random_facts(COUNT, MONTH, 11)


def csv_of(folder: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    path = folder / "population.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def problems_of(path: Path, block_rows: int = 1000) -> list[InputProblem]:
    with pytest.raises(InputRefused) as caught:
        population.validate(path, MONTH, block_rows=block_rows)
    return caught.value.problems


def told(path: Path, block_rows: int = 1000) -> list[tuple[int | None, str | None]]:
    return [(one.row, one.column) for one in problems_of(path, block_rows)]


def computed(path: Path, out: Path, **options: Any) -> pl.DataFrame:
    with Results(out) as results:
        population.compute(path, law(), results, **options)
        results.finish({})
    return pl.read_parquet(out)


def expected(facts: Facts, passes: int = 1) -> dict[str, Any]:
    batch = household.batch_of(facts, MONTH)
    return law().by_household(facts, batch, law().run(batch, passes=passes))


# The same answers


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("kind", [".parquet", ".csv"])
def test_a_file_is_answered_as_the_facts_that_it_tells(tmp_path: Path, drawn: Facts, kind: str, passes: int) -> None:
    path = write(table_of(drawn), tmp_path / f"population{kind}")
    found = computed(path, tmp_path / "out.parquet", passes=passes, block_rows=400)
    answers = expected(drawn, passes)
    assert found.columns == ["foyer", *(right.code for right in RIGHTS)]
    assert found["foyer"].to_list() == [f"F{rank}" for rank in range(COUNT)]
    for right in RIGHTS:
        if right.unit is Unit.OPEN:
            assert found[right.code].to_list() == (answers[right.code] > 0).astype(int).tolist()
        else:
            np.testing.assert_allclose(found[right.code].to_numpy(), answers[right.code], atol=0.0051)
    assert found.select(right.code for right in RIGHTS).sum().row(0) > (0,) * len(RIGHTS)


def test_two_passes_are_not_one(drawn: Facts) -> None:
    once, twice = expected(drawn), expected(drawn, passes=2)
    assert any((once[right.code] != twice[right.code]).any() for right in RIGHTS)


@pytest.mark.parametrize("block_rows", [1, 7, 10**6])
def test_the_size_of_the_blocks_changes_nothing(tmp_path: Path, drawn: Facts, block_rows: int) -> None:
    path = write(table_of(drawn).head(60), tmp_path / "population.parquet")
    whole = computed(path, tmp_path / "whole.parquet")
    assert computed(path, tmp_path / "out.parquet", block_rows=block_rows).equals(whole)


def test_two_processes_answer_as_one(tmp_path: Path, drawn: Facts) -> None:
    path = write(table_of(drawn), tmp_path / "population.parquet")
    alone = computed(path, tmp_path / "alone.parquet")
    assert computed(path, tmp_path / "out.parquet", processes=2, block_rows=500).equals(alone)


def test_a_large_file_runs_as_machine_code_and_answers_the_same(
    tmp_path: Path, drawn: Facts, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(table_of(drawn), tmp_path / "population.parquet")
    interpreted = CompiledLaw(settings.DATA_DIR / "law").month(MONTH)  # the shared one may be compiled by now
    with Results(tmp_path / "numpy.parquet") as results:
        population.compute(path, interpreted, results, block_rows=300)
        results.finish({})
    assert not is_compiled(interpreted.program)
    by_numpy = pl.read_parquet(tmp_path / "numpy.parquet")
    monkeypatch.setattr("lawgraph.run.COMPILED_FROM", 1000)  # the file has more persons, none of its blocks has
    fresh = CompiledLaw(settings.DATA_DIR / "law").month(MONTH)
    with Results(tmp_path / "out.parquet") as results:
        population.compute(path, fresh, results, block_rows=300)
        results.finish({})
    assert is_compiled(fresh.program)
    assert pl.read_parquet(tmp_path / "out.parquet").equals(by_numpy)


def test_progress_goes_up_to_the_end(tmp_path: Path, drawn: Facts) -> None:
    path = write(table_of(drawn), tmp_path / "population.csv")
    shares: list[float] = []
    computed(path, tmp_path / "out.parquet", block_rows=200, passes=2, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 10


@pytest.mark.parametrize(
    ("lines", "encoding", "end"),
    [
        ([HEADER, A1, A2, B1, B2], "utf-8", "\n"),
        ([HEADER, A1, A2, B1, B2], "utf-8-sig", "\r\n"),
        ([HEADER, A1, A2, B1, B2], "utf-16", "\n"),
        ([HEADER, A1, A2, B1, B2], "utf-8", "\r"),
        ([HEADER, A1.replace("locataire HLM", "Hébergé"), A2, B1, B2], "cp1252", "\r\n"),
        ([line.replace("1 100,50", "1100.5").replace(";", ",") for line in (HEADER, A1, A2, B1, B2)], "utf-8", "\n"),
        ([line.replace(";", "\t") for line in (HEADER, A1, A2, B1, B2)], "utf-8", "\n"),
        ([HEADER, A1.replace("locataire HLM", '"locataire HLM"'), A2, B1, B2], "utf-8", "\n"),
        ([HEADER, A1.replace("locataire HLM", '"locataire\nHLM"'), A2, B1, B2], "utf-8", "\n"),
        ([HEADER, "", A1, ";;;;;;", A2, B1, B2, "", ""], "utf-8", "\n"),
        ([f"{HEADER};;", f"{A1};;", f"{A2};;", f"{B1};;", f"{B2};;"], "utf-8", "\n"),
        ([HEADER.upper(), A1, A2, B1, B2], "utf-8", "\n"),
    ],
)
def test_csv_as_it_comes(tmp_path: Path, lines: Sequence[str], encoding: str, end: str) -> None:
    path = csv_of(tmp_path, *lines, encoding=encoding, end=end)
    assert population.validate(path, MONTH) == population.Count(2, 4)
    for block_rows in (1, 3):
        assert population.validate(path, MONTH, block_rows=block_rows) == population.Count(2, 4)


@pytest.mark.parametrize("piece", [1, 60, 150, 10**6])
@pytest.mark.parametrize("blank", ["", ";;;;;;"])
def test_rows_keep_their_numbers_wherever_the_reading_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, blank: str
) -> None:
    monkeypatch.setattr(population_files, "_PIECE", piece)
    quoted = B1.replace("owner", '"locataire\nHLM"')
    path = csv_of(tmp_path, HEADER, A1, A2, blank, quoted, B2.replace("owner", ""), blank, A1.replace("A;", "C;"), "D")
    assert [(one.row, one.message[:9]) for one in problems_of(path)] == [(9, "1 cellule")]
    path = csv_of(tmp_path, HEADER, blank, A1, blank, A2.replace("enfant", "bébé"), blank, A1.replace("A;4", "C;x"))
    assert told(path, 2) == [(5, "role"), (7, "commune")]


def test_the_amounts_of_a_csv_are_read_as_written(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADER, A1, A2)
    typed = pl.DataFrame(
        {
            "foyer": [1, 1],
            "commune": [44109, None],
            "logement": pl.Series(["locataire HLM", None], dtype=pl.Categorical),
            "date_naissance": [datetime(1990, 6, 15, tzinfo=UTC), datetime(2015, 1, 1, tzinfo=UTC)],
            "role": ["demandeur", "enfant"],
            "salaire": [Decimal("1100.50"), None],
        }
    )
    from_csv = computed(path, tmp_path / "a.parquet")
    from_parquet = computed(write(typed, tmp_path / "typed.parquet"), tmp_path / "b.parquet")
    assert from_csv.drop("foyer").equals(from_parquet.drop("foyer"))
    assert from_parquet["foyer"].to_list() == [1]
    assert from_csv["ppa"][0] > 0


def test_a_workbook_is_read_with_its_dates_and_its_booleans(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["foyer", "commune", "logement", "date_naissance", "salaire", "colocation"])
    page.append(["A", "01004", "locataire vide", date(1990, 6, 15), 1100.5, True])
    page.append(["B", 1004, "locataire vide", "15/06/1990", "1 100,5", "oui"])
    book.save(tmp_path / "population.xlsx")
    found = computed(tmp_path / "population.xlsx", tmp_path / "out.parquet")
    assert found.drop("foyer").row(0) == found.drop("foyer").row(1)


def test_one_row_is_a_population(tmp_path: Path) -> None:
    assert computed(csv_of(tmp_path, HEADER, A1), tmp_path / "out.parquet").height == 1


# Refused by row


@pytest.mark.parametrize(
    ("lines", "where", "said"),
    [
        ([A1.replace("1 100,50", "-5"), A2], (2, "salaire"), "il faut une valeur de 0"),
        ([A1.replace("1 100,50", "NaN"), A2], (2, "salaire"), "n'est pas un nombre"),
        ([A1.replace("1 100,50", "1e5"), A2], (2, "salaire"), "n'est pas un nombre"),
        ([A1.replace("1 100,50", "inf"), A2], (2, "salaire"), "n'est pas un nombre"),
        ([A1.replace("1 100,50", "9" * 400), A2], (2, "salaire"), "n'est pas un nombre"),
        ([A1, A2.replace("enfant", "bébé")], (3, "role"), "n'est pas connu"),
        ([A1, A2.replace("2015", "2031")], (3, "date_naissance"), "après le mois calculé"),
        ([A1, A2.replace("2015-01-01", "hier")], (3, "date_naissance"), "n'est pas une date"),
        ([A1.replace("44109", "99999"), A2], (2, "commune"), "n'est pas dans le zonage"),
        ([A1.replace("demandeur", "enfant"), A2], (2, "foyer"), "il faut un adulte"),
        ([A1, A2, B1, B2, A1], (6, "foyer"), "déjà ligne 2"),
        ([A1, A2.replace("A;", ";")], (3, "foyer"), "identifiant du foyer"),
        ([A1, A2, B1, B2.replace("49126", "44109")], (5, "commune"), "répétez-la"),
        ([A1.replace("44109", ""), A2.replace("A;", "A;44109")], (3, "commune"), "vide"),
    ],
)
@pytest.mark.parametrize("block_rows", [1, 1000])
def test_a_row_is_refused_by_its_number_and_its_column(
    tmp_path: Path, lines: Sequence[str], where: tuple[int, str], said: str, block_rows: int
) -> None:
    found = problems_of(csv_of(tmp_path, HEADER, *lines), block_rows)
    assert any((one.row, one.column) == where and said in one.message for one in found), found


@pytest.mark.parametrize(
    ("lines", "row", "said"),
    [
        ([HEADER, A1, f"{A2};x"], 3, "8 cellules au lieu de 7"),
        ([HEADER, A1, A2[:-1]], 3, "6 cellules au lieu de 7"),
        ([HEADER, A1, A2, B1.replace("owner", '"owner')], 4, "guillemets"),
        ([HEADER, A1, A2, B1.replace("owner", '"ow"ner')], 4, "guillemets"),
        ([HEADER], None, "Aucun foyer"),
        ([""], 1, "première ligne est vide"),
        ([f"{HEADER};humeur", A1], 1, "colonne inconnue"),
        ([f"{HEADER};salaire", A1], 1, "donnée deux fois"),
        ([HEADER.replace("commune;", ""), A1], 1, "colonne manquante"),
        ([f"{HEADER};a\x00b", A1], None, "Un octet nul"),
    ],
)
def test_a_table_that_is_broken_is_refused(tmp_path: Path, lines: Sequence[str], row: int | None, said: str) -> None:
    found = problems_of(csv_of(tmp_path, *lines))
    assert any(one.row == row and said in one.message for one in found), found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Il est vide"),
        (b"PAR1" + bytes(200), "Parquet est abîmé"),
        (b"PK\x03\x04" + bytes(200), "classeur"),
        (b"\xef\xbb\xbffoyer;commune\nA;\xe9\n", "Deux encodages"),
        (bytes(range(1, 256)) * 20, "encodages"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "population.csv").write_bytes(content)
    assert said in problems_of(tmp_path / "population.csv")[0].message


def test_a_parquet_file_that_was_cut_is_refused(tmp_path: Path, drawn: Facts) -> None:
    path = write(table_of(drawn), tmp_path / "population.parquet")
    path.write_bytes(path.read_bytes()[:-200])
    assert "abîmé" in problems_of(path)[0].message
    with pytest.raises(InputRefused, match="ne s'ouvre pas"):
        population.validate(tmp_path / "absent.parquet", MONTH)


def _typed(**columns: Any) -> pl.DataFrame:
    base = {"foyer": ["A"], "commune": ["44109"], "logement": ["owner"], "date_naissance": [date(1990, 1, 1)]}
    return pl.DataFrame(base | {name: [value] for name, value in columns.items()})


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("salaire", float("nan"), "il faut un nombre"),
        ("salaire", float("inf"), "nombre fini"),
        ("salaire", True, "n'est pas un nombre"),
        ("salaire", [1, 2], "n'est pas comprise"),
        ("salaire", b"1", "n'est pas comprise"),
        ("role", 1, "n'est pas connu"),
        ("role", float("nan"), "n'est pas connu"),
        ("commune", 44109.5, "code INSEE"),
        ("enceinte", 2, "oui ou non"),
        ("date_naissance", 1990, "n'est pas une date"),
    ],
)
def test_a_typed_cell_is_refused_as_a_text_would_be(tmp_path: Path, column: str, value: Any, said: str) -> None:
    path = write(_typed(**{column: value}), tmp_path / "population.parquet")
    found = problems_of(path)
    assert found[0].column == column
    assert said in found[0].message


@pytest.mark.parametrize("block_rows", [1, 2, 1000])
def test_a_person_twice_is_refused_wherever_the_blocks_are_cut(tmp_path: Path, block_rows: int) -> None:
    path = csv_of(
        tmp_path,
        f"{HEADER};personne",
        *(f"{line};{key}" for line, key in ((A1, "1"), (A2, "2"), (B1, "1"), (B2, ""))),
    )
    (found,) = problems_of(path, block_rows)
    assert (found.row, found.column) == (4, "personne")
    assert "déjà ligne 2" in found.message


def test_what_follows_from_a_cell_told_already_is_not_told_again(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADER, A1.replace("demandeur", "demandeuse").replace("1990-06-15", "hier"), A2)
    assert sorted(told(path)) == [(2, "date_naissance"), (2, "role")]


def test_every_problem_is_told_before_anything_is_computed(tmp_path: Path) -> None:
    bad = A1.replace("1 100,50", "-1")
    rows = [bad.replace("A;", f"{rank};") if rank % 10 == 0 else A1.replace("A;", f"{rank};") for rank in range(100)]
    assert told(csv_of(tmp_path, HEADER, *rows), 7) == [(rank + 2, "salaire") for rank in range(0, 100, 10)]


def test_a_file_where_every_row_is_wrong_is_not_read_to_the_end(tmp_path: Path) -> None:
    rows = 50_000
    table = pl.DataFrame(
        {"foyer": range(rows), "salaire": -1.0, "commune": "x", "logement": "?", "loyer": float("nan")}
    )
    table = table.with_columns(date_naissance=pl.lit(date(2090, 1, 1)))
    path = write(table, tmp_path / "population.parquet")
    shares: list[float] = []
    with pytest.raises(InputRefused) as caught:
        population.validate(path, MONTH, block_rows=10_000, progress=shares.append)
    assert len(caught.value.problems) == MOST_TOLD + 1
    assert "s'est arrêtée" in caught.value.problems[-1].message
    assert max(shares) < 0.3


def test_a_household_of_a_whole_file_is_refused(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADER, *[A1] * 5000)
    assert (2, "foyer") in told(path, 500)


def test_each_row_without_a_key_is_told(tmp_path: Path) -> None:
    found = problems_of(csv_of(tmp_path, HEADER, *[A1.removeprefix("A")] * 150), 40)
    assert [(one.row, one.message) for one in found] == [
        (row, "l'identifiant du foyer est nécessaire.") for row in range(2, 152)
    ]


def test_a_month_that_is_not_computed_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(MonthRefused):
        population.validate(csv_of(tmp_path, HEADER, A1), "2040-01")


def test_fifty_thousand_rows_are_checked_in_many_blocks(tmp_path: Path) -> None:
    lines = [A1.replace("A;", f"{rank};") for rank in range(50_000)]
    assert population.validate(csv_of(tmp_path, HEADER, *lines), MONTH, block_rows=9_999).households == 50_000


# Nothing left behind


def test_a_refused_file_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    out.write_text("before")
    path = csv_of(tmp_path, HEADER, B1, B2, A1.replace("1 100,50", "-5"))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputRefused):
        computed(path, out, block_rows=2)
    assert sorted(tmp_path.iterdir()) == before
    assert out.read_text() == "before"


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADER, A1, A2, B1, B2)
    before = sorted(tmp_path.iterdir())

    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        computed(path, tmp_path / "out.parquet", progress=stop, block_rows=1)
    assert sorted(tmp_path.iterdir()) == before


def test_results_in_csv_open_in_a_spreadsheet_and_run_nothing(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADER, A1.replace("A;", "=1+1;").replace("1 100,50", "0"), B1, B2)
    out = tmp_path / "out.csv"
    with Results(out) as results:
        population.compute(path, law(), results, block_rows=1)
        results.finish({})
    text = out.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == "\ufefffoyer;" + ";".join(right.code for right in RIGHTS)
    assert lines[1].startswith("'=1+1;")
    assert lines[2].startswith("B;")
    assert "," in lines[1]
    assert text.count("foyer") == 1


@pytest.mark.parametrize("name", ["out.xlsx", "out", "absent/out.csv", "folder.csv"])
def test_a_place_where_results_cannot_be_is_refused_first(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ResultsRefused):
        Results(tmp_path / name)


def test_what_is_written_beside_the_results(tmp_path: Path) -> None:
    path = csv_of(tmp_path, HEADER, A1.replace("1 100,50", "0"), A2, B1, B2)
    with Results(tmp_path / "out.parquet") as results:
        count = population.compute(path, law(), results)
        about = population.about(law(), results, count, passes=1, source="p.csv", at=datetime(2026, 1, 5, tzinfo=UTC))
        results.finish(about)
    assert results.sidecar == tmp_path / "out.a_verifier.json"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.a_verifier.json", "out.parquet", "population.csv"]
    assert (about["foyers"], about["personnes"], about["mois"]) == (2, 4, MONTH)
    assert set(about["loi"]["versions"]) == {"openfisca-core", "openfisca-france"}
    by_code = {one["code"]: one for one in about["droits"]}
    assert by_code["rsa"]["foyers"] == 1
    assert by_code["cheque_energie"]["a_verifier"] == list(law().flags["cheque_energie"]) != []


# The template


def test_the_template_follows_the_questions() -> None:
    listed = columns()
    assert tuple(one.header for one in listed) == headers()
    assert {one.header for one in listed} == {one.header_fr for one in questions()} | {"foyer", "personne"}
    needed = {one.header for one in listed if one.default == "obligatoire"}
    assert needed == {"foyer", "commune", "logement", "date_naissance"}
    assert all(one.question and one.values for one in listed)


def test_the_guide_tells_the_columns_of_the_template() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "droits-population.md").read_text(encoding="utf-8")
    table = [line for line in guide.replace("’", "'").splitlines() if line.startswith("| `")]
    told = [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in table]
    assert told == [[one.header, one.of, one.values.replace(" | ", ", "), one.default] for one in columns()]
