"""From raw records to a checked table: heading, widths, blank rows, limits. Shared by every kind of file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from maillage.gateways.tabular.model import Limits, Table
from maillage.kernel.errors import InputProblem
from maillage.kernel.numbers import format_number

MAX_PROBLEMS = 1000  # beyond, the file is of another shape altogether: counting on helps nobody

# Every row is wider than the heading, and all alike: a title was put above the true heading.
_TITLE_ABOVE = (
    "Cette ligne est plus courte ({}) que toutes les suivantes ({} cellules chacune) : les titres des colonnes doivent "
    "être sur cette ligne. Retirez ce qui est au-dessus d'eux."
)

Record = Sequence[str | None]


class Refusal(Exception):
    """Why a file is not a table. Never leaves this package: the reader names the file and raises InputRefused."""

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None) -> None:
        self.problems = [InputProblem(row, column, message)]
        super().__init__(message)


class Refusals(Refusal):
    def __init__(self, problems: list[InputProblem]) -> None:
        super().__init__("")
        self.problems = problems


def table_of(
    records: Iterable[Record],
    *,
    header_row: int,
    limits: Limits,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
) -> Table:
    """Check and keep the rows below the heading. Raises Refusal with every problem."""
    header: list[str] | None = None
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    problems: list[InputProblem] = []
    widths: set[int] = set()
    for number, record in enumerate(records, start=1):
        if number <= header_row:
            continue
        if header is None:
            header = _header(record, number, limits)
            continue
        row = [cell or None for cell in record]
        if not any(row):
            continue
        if len(row) != len(header) and (problem := _fit(row, len(header), number)) is not None:
            problems.append(problem)
            widths.add(len(row))
            if len(problems) >= MAX_PROBLEMS:
                break
            continue
        if len(rows) >= limits.max_rows:
            raise Refusal(f"Il a plus de {format_number(limits.max_rows)} lignes : découpez-le.", row=number)
        rows.append(row)
        numbers.append(number)
    if problems:
        raise _ragged(problems, len(header or ()), widths, header_row + 1, has_rows=bool(rows))
    if header is None:
        raise Refusal("Aucune ligne d'en-tête n'a été trouvée : le fichier est vide.")
    return Table(_named(header, header_row + 1), rows, numbers, sheet, encoding, delimiter)


def _ragged(problems: list[InputProblem], width: int, widths: set[int], heading: int, *, has_rows: bool) -> Refusal:
    if not has_rows and len(problems) > 1 and len(widths) == 1 and width < min(widths):
        return Refusal(_TITLE_ABOVE.format(width, min(widths)), row=heading)
    return Refusals(problems)


def _header(record: Record, number: int, limits: Limits) -> list[str]:
    header = [(cell or "").strip() for cell in record]
    while header and not header[-1] and len(header) > 1:
        header.pop()
    if not any(header):
        raise Refusal("La ligne d'en-tête est vide.", row=number)
    if len(header) > limits.max_columns:
        raise Refusal(
            f"Il a {format_number(len(header))} colonnes ; la limite est de {limits.max_columns}.", row=number
        )
    return header


def _fit(row: list[str | None], width: int, number: int) -> InputProblem | None:
    """Cut the empty cells that stand beyond the heading; anything else is a ragged row."""
    if len(row) > width and not any(row[width:]):
        del row[width:]
        return None
    cells = f"{len(row)} cellule{'s' if len(row) > 1 else ''}"
    return InputProblem(
        number, None, f"{cells} au lieu de {width} : un séparateur ou un guillemet manque, ou est de trop."
    )


def _named(columns: list[str], number: int) -> list[str]:
    """A column without a title takes its place as a name; two columns of one title are refused."""
    named = [column or f"(colonne {place})" for place, column in enumerate(columns, start=1)]
    twice = [column for column, count in Counter(named).items() if count > 1]
    if twice:
        raise Refusals([InputProblem(number, column, "Cet en-tête est écrit plusieurs fois.") for column in twice])
    return named
