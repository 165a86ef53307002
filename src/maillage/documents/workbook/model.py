"""What a workbook is made of, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

Value = str | Decimal | int | date | None

USUAL_WIDTH = 14  # characters, as XLSX counts them
DIGITS_OF_A_FLOAT = 15  # a spreadsheet keeps no more: a longer number is written as text, or it would be rounded
FIRST_SAFE_YEAR = 1901  # Excel believes in a 29 February 1900: a date before is written as text


class Look(StrEnum):
    """How a cell presents itself. On a protected page, only `OPEN` can be written."""

    PLAIN = "plain"
    OPEN = "open"
    CLOSED = "closed"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Box:
    """One cell. None is an empty cell."""

    value: Value = None
    look: Look = Look.PLAIN


@dataclass(frozen=True, slots=True)
class Choices:
    """A closed list: short, its `values` stand in the rule; long, they stand in a column of another page.

    `page` and `column` (from 0) say where, `values` how many. `strict`: another text is refused by the spreadsheet,
    instead of asked about.
    """

    values: Sequence[str]
    page: str = ""
    column: int = 0
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its width in characters, what may be written in it, and a help shown on its cells."""

    heading: str
    width: int = USUAL_WIDTH
    choices: Choices | None = None
    max_length: int = 0
    help: str = ""
    is_number: bool = False
    is_date: bool = False


@dataclass(frozen=True)
class Page:
    """A sheet. `rows` hold as many boxes as there are columns. Without a heading, it is a page of text.

    `frozen`: columns that stay in sight beside the heading. `protected`: locked without a password, so that it protects
    from a slip and from nobody.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Box]]
    has_heading: bool = True
    frozen: int = 0
    protected: bool = False
    hidden: bool = False
    title: str = field(default="", compare=False)

    @property
    def first_row(self) -> int:
        """Number of the first row of cells, as a spreadsheet counts."""
        return 2 if self.has_heading else 1


def fits_a_number(value: Decimal | int) -> bool:
    """Whether a spreadsheet keeps it exactly."""
    return len(Decimal(value).normalize().as_tuple().digits) <= DIGITS_OF_A_FLOAT


def fits_a_date(value: date) -> bool:
    return value.year >= FIRST_SAFE_YEAR


def settled(value: Value) -> Value:
    """A value as it can be kept: a number too long and a date too old become text."""
    if isinstance(value, Decimal | int) and not fits_a_number(value):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, date) and not fits_a_date(value):
        return value.isoformat()
    return value


def letters(place: int) -> str:
    """« A » for 0, « AA » for 26."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
