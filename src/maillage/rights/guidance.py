"""What to do about each right: its law, what to bring, where to go, what ends it. Read once from `data/guidance.csv`.

Every row says where its facts were read, and when. A cell is empty where no source was found: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from maillage.engines.rows import Field, choice, read_rows, unique
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputRefused
from maillage.rights.cells import day, items, plain

FILE = Path(__file__).parent / "data" / "guidance.csv"


@dataclass(frozen=True, slots=True)
class Guidance:
    """Of one right, by its code. Empty texts and lists are what no source says.

    `law`: articles, the main one first. `site`: the official site, without https. `delay`: from when it is due.
    `renewal`: what must be done again. `note`: what is better known before asking.
    """

    right: str
    law: tuple[str, ...]
    what: str
    bring: tuple[str, ...]
    where: tuple[str, ...]
    site: str
    delay: str
    renewal: str
    ends: str
    note: str
    sources: tuple[str, ...]
    read_on: date


_FIELDS = (
    Field("right", (), choice({one.code: one.code for one in RIGHTS}), needed=True, filled=True),
    Field("law", (), items, needed=True, filled=True),
    Field("what", (), plain, needed=True, filled=True),
    Field("bring", (), items, needed=True, filled=True),
    Field("where", (), items, needed=True, filled=True),
    Field("site", (), needed=True, filled=True),
    Field("delay", (), plain, needed=True),
    Field("renewal", (), plain, needed=True),
    Field("ends", (), plain, needed=True, filled=True),
    Field("note", (), plain, needed=True),
    Field("sources", (), items, needed=True, filled=True),
    Field("read_on", (), day, needed=True, filled=True),
)


@cache
def all_guidance() -> dict[str, Guidance]:
    """Guidance by code of right. Read once: the file comes with the code."""
    return read_guidance(FILE)


def guidance_of(right: str) -> Guidance | None:
    """The guidance of a right, by its code; None for a code that is not one of ours."""
    return all_guidance().get(right)


def read_guidance(source: Path | bytes, name: str = "guidance.csv") -> dict[str, Guidance]:
    """The guidance of a file. Raises InputRefused with every problem, by row and column."""
    rows = read_rows(read_table(source, name=name), _FIELDS)
    problems = unique(rows, "right")
    if problems:
        raise InputRefused(problems)
    return {row["right"]: Guidance(**row.values) for row in rows}
