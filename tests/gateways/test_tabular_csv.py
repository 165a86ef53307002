"""CSV from anyone: what is read, and what is refused with the row and what to do."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.gateways.tabular import Limits, Table, read_table
from maillage.kernel.errors import InputRefused


def _read(content: str | bytes, **options: object) -> Table:
    data = content.encode() if isinstance(content, str) else content
    return read_table(data, name="essai.csv", **options)  # type: ignore[arg-type]  # options are those of read_table


def _refusal(content: str | bytes, **options: object) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        _read(content, **options)
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter: str) -> None:
    table = _read(f"code{delimiter}nom\n01004{delimiter}Ambérieu\n")
    assert table.columns == ["code", "nom"]
    assert table.rows == [["01004", "Ambérieu"]]
    assert table.delimiter == delimiter


def test_a_decimal_comma_is_not_a_delimiter() -> None:
    assert _read("code;taux\n1;7,5\n2;8,5\n").rows == [["1", "7,5"], ["2", "8,5"]]


def test_a_file_of_one_column_is_read() -> None:
    assert _read("code\n01\n02\n").rows == [["01"], ["02"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_give_the_same_text(encoding: str) -> None:
    table = _read("code;nom\n1;L'Haÿ-les-Roses – œuvre à 5 €\n".encode(encoding))
    assert table.columns == ["code", "nom"]
    assert table.rows == [["1", "L'Haÿ-les-Roses – œuvre à 5 €"]]


def test_two_encodings_in_one_file_are_refused_with_the_line() -> None:
    content = "code;nom\n1;Évron\n".encode() + "2;Évron\n".encode("cp1252")
    refusal = _refusal(content)
    assert refusal.problems[0].row == 3
    assert "Deux encodages" in str(refusal)


def test_a_byte_of_no_encoding_is_refused_with_the_line() -> None:
    refusal = _refusal(b"code;nom\n1;a\n2;\x81\n")
    assert refusal.problems[0].row == 3


def test_a_null_byte_is_refused_with_the_line() -> None:
    refusal = _refusal(b"code;nom\n1;a\n2;\x00\n")
    assert refusal.problems[0].row == 3
    assert "octet nul" in str(refusal)


def test_half_of_a_utf16_character_is_refused() -> None:
    assert "UTF-16" in str(_refusal("code;nom\n1;a\n".encode("utf-16")[:-1]))


def test_quoted_newlines_and_doubled_quotes_stay_in_the_cell() -> None:
    table = _read('code;nom\n1;"deux\nlignes ""citées"""\n2;b\n')
    assert table.rows == [["1", 'deux\nlignes "citées"'], ["2", "b"]]
    assert list(table.row_numbers) == [2, 3]


def test_text_that_begins_with_an_equal_sign_is_text() -> None:
    assert _read("code;nom\n1;=1+1\n2;=HYPERLINK()\n").rows == [["1", "=1+1"], ["2", "=HYPERLINK()"]]


def test_every_ragged_row_is_reported() -> None:
    refusal = _refusal("a;b;c\n1;2;3\n1;2\n1;2;3;4\n1;2;3\n")
    assert [problem.row for problem in refusal.problems] == [3, 4]
    assert "2 cellules au lieu de 3" in str(refusal)


def test_empty_cells_beyond_the_heading_are_dropped() -> None:
    assert _read("a;b\n1;2;;\n").rows == [["1", "2"]]
    assert _read("a;b;\n1;2;\n").columns == ["a", "b"]


def test_blank_rows_are_left_out_and_row_numbers_stay_those_of_the_file() -> None:
    table = _read("a;b\n\n1;2\n;\n3;4\n")
    assert table.rows == [["1", "2"], ["3", "4"]]
    assert list(table.row_numbers) == [3, 5]


def test_an_unclosed_quote_is_refused() -> None:
    assert "guillemet" in str(_refusal('a;b\n1;"2\n3;4\n'))


def test_a_cell_without_end_is_refused_without_a_crash() -> None:
    assert "caractères" in str(_refusal('a;b\n1;"' + "x" * 200_000 + '"\n'))


@pytest.mark.parametrize("content", ["", "\n", "\n\n;;\n"])
def test_a_file_without_a_heading_is_refused(content: str) -> None:
    assert "vide" in str(_refusal(content))


def test_a_heading_alone_is_an_empty_table() -> None:
    assert _read("a;b\n").rows == []


def test_a_heading_written_twice_is_refused_by_name() -> None:
    refusal = _refusal("code;nom;code\n1;2;3\n")
    assert [problem.column for problem in refusal.problems] == ["code"]


def test_a_column_without_a_title_is_named_by_its_place() -> None:
    assert _read(";nom\n0;a\n").columns == ["(colonne 1)", "nom"]


def test_rows_above_the_heading_are_skipped() -> None:
    table = _read("Un titre\nune note\na;b\n1;2\n", header_row=2)
    assert table.columns == ["a", "b"]
    assert list(table.row_numbers) == [4]


def test_more_rows_than_allowed_are_refused() -> None:
    refusal = _refusal("a;b\n" + "1;2\n" * 11, max_rows=10)
    assert "10 lignes" in str(refusal)


def test_more_columns_than_allowed_are_refused() -> None:
    assert "colonnes" in str(_refusal(";".join(f"c{n}" for n in range(501)) + "\n"))


def test_a_file_of_200_megabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "enorme.csv"
    with path.open("wb") as handle:
        handle.write(b"a;b\n")
        handle.truncate(200_000_000)  # a sparse file: reading it would take its whole size in memory
    with pytest.raises(InputRefused) as caught:
        read_table(path, name=path.name)
    assert "190 Mio ; la limite est de 150 Mio" in str(caught.value)


def test_the_size_limit_is_a_parameter() -> None:
    assert "limite" in str(_refusal("a;b\n1;2\n", limits=Limits(max_bytes=5)))


def test_a_picture_named_csv_is_refused() -> None:
    assert _refusal(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR").problems


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12).map(
    lambda text: text.replace("\r", "")
)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_is_written_is_read_back(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    """A file written by a spreadsheet, every cell quoted, gives the same cells, blank rows apart."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["premier", "second", "troisième"])
    writer.writerows(rows)
    table = _read(written.getvalue().encode(encoding))
    kept = [[cell or None for cell in row] for row in rows if any(row)]
    assert table.columns == ["premier", "second", "troisième"]
    assert table.rows == kept
    assert table.row_numbers == [number for number, row in enumerate(rows, start=2) if any(row)]


@given(st.binary(max_size=400))
def test_no_bytes_whatever_escape_as_another_error(content: bytes) -> None:
    """Anything is either a table whose rows are as wide as its heading, or a refusal in French."""
    with contextlib.suppress(InputRefused):
        table = read_table(content, name="hasard.csv")
        assert all(len(row) == len(table.columns) for row in table.rows)
