"""Cells copied from a spreadsheet, laid over the list of figures. Nothing is written: the page shows them first.

Three ways to copy, told apart by what is in the block: with its headings (as in our own template), each line beginning
with the code of its indicator, or bare values in the order of the list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maillage.collection.models import RequestedFigure
from maillage.collection.services.reading import FIELDS
from maillage.collection.services.sheets import COLUMN_NAMES
from maillage.engines.pasted import Cells, cut
from maillage.engines.rows import fold
from maillage.kernel.errors import InputProblem, InputRefused, shorten
from maillage.kernel.numbers import NBSP

MAX_PASTED = 200_000  # characters; a list of figures is a thousand times smaller
Texts = dict[str, str]
TITLE = "Le tableau collé est refusé : rien n'est changé."


@dataclass(frozen=True, slots=True)
class Pasted:
    """Texts by primary key of their figure, then by field of `FIELDS`; only the cells that were pasted."""

    texts: Mapping[int, Texts]

    @property
    def count(self) -> int:
        return len(self.texts)


def lay(text: str, figures: Sequence[RequestedFigure]) -> Pasted:
    """Which figure each pasted cell is for. Raises InputRefused, by line, when it cannot be known."""
    if len(text) > MAX_PASTED:
        raise InputRefused([InputProblem(None, None, "le tableau est trop grand : collez la liste seulement.")], TITLE)
    rows = cut(text)
    if not rows:
        raise InputRefused([InputProblem(None, None, "il est vide : collez des cellules copiées d'un tableur.")], TITLE)
    places = _headings(rows[0][1])
    if places is not None:
        return _by_heading(rows[1:], places, figures)
    return _by_code(rows, figures) or _by_place(rows, figures)


def _headings(cells: Cells) -> dict[int, str] | None:
    """Column → name, where the first line is one of headings: the code and at least one field are there."""
    places = {index: COLUMN_NAMES[fold(cell)] for index, cell in enumerate(cells) if fold(cell) in COLUMN_NAMES}
    names = set(places.values())
    return places if "indicator" in names and names & set(FIELDS) else None


def _by_heading(
    rows: Sequence[tuple[int, Cells]], places: Mapping[int, str], figures: Sequence[RequestedFigure]
) -> Pasted:
    texts: dict[int, Texts] = {}
    problems = []
    for number, cells in rows:
        named = {name: cells[index] if index < len(cells) else "" for index, name in places.items()}
        same = [
            one
            for one in figures
            if fold(one.indicator.code) == fold(named["indicator"])
            and named.get("territory", "") in ("", one.territory.code)
            and named.get("period", "") in ("", one.period)
        ]
        problem = _chosen(same, texts, named["indicator"])
        if problem:
            problems.append(InputProblem(number, None, problem))
        else:
            texts[same[0].pk] = {name: text for name, text in named.items() if name in FIELDS}
    return _told(texts, problems)


def _by_code(rows: Sequence[tuple[int, Cells]], figures: Sequence[RequestedFigure]) -> Pasted | None:
    """Each line begins with a code; None when none does."""
    codes = {fold(one.indicator.code) for one in figures}
    if not any(fold(cells[0]) in codes for _, cells in rows):
        return None
    texts: dict[int, Texts] = {}
    problems = []
    for number, cells in rows:
        same = [one for one in figures if fold(one.indicator.code) == fold(cells[0])]
        problem = _chosen(same, texts, cells[0]) or _too_wide(cells[1:])
        if problem:
            problems.append(InputProblem(number, None, problem))
        else:
            texts[same[0].pk] = dict(zip(FIELDS, cells[1:], strict=False))
    return _told(texts, problems)


def _by_place(rows: Sequence[tuple[int, Cells]], figures: Sequence[RequestedFigure]) -> Pasted:
    problems = [InputProblem(number, None, told) for number, cells in rows if (told := _too_wide(cells))]
    if len(rows) > len(figures):
        told = f"{len(rows)} lignes collées pour {len(figures)} chiffres : copiez aussi la colonne des codes."
        problems.append(InputProblem(rows[len(figures)][0], None, told))
    pairs = zip(figures, rows, strict=False)
    return _told({one.pk: dict(zip(FIELDS, cells, strict=False)) for one, (_, cells) in pairs}, problems)


def _chosen(same: Sequence[RequestedFigure], texts: Mapping[int, Texts], code: str) -> str:
    """Why a line does not tell one figure; '' when it does."""
    shown = f"«{NBSP}{shorten(code, 40)}{NBSP}»"
    if not same:
        return f"{shown} n'est pas un chiffre de cette liste."
    if len(same) > 1:
        return f"{shown} est demandé plusieurs fois : collez aussi les colonnes Code territoire et Période."
    return f"{shown} figure déjà plus haut." if same[0].pk in texts else ""


def _too_wide(cells: Sequence[str]) -> str:
    if any(cells[len(FIELDS) :]):
        return f"{len(cells)} colonnes : au plus {len(FIELDS)}, dans l'ordre de la liste, de Valeur à Commentaire."
    return ""


def _told(texts: dict[int, Texts], problems: Sequence[InputProblem]) -> Pasted:
    if problems:
        raise InputRefused(problems, TITLE)
    return Pasted(texts)
