"""Cells copied from a spreadsheet and pasted as text: cut into lines of cells, whatever separates them."""

from __future__ import annotations

Cells = list[str]


def separator_of(text: str) -> str:
    """What separates cells: the tab that every spreadsheet copies, else « ; », else a comma where lines agree on it.

    A comma is also a decimal mark: it separates only if each line has as many, and at least one, outside quotes.
    """
    for sign in "\t;":
        if sign in text:
            return sign
    widths = {len(cells) for _, cells in cut(text, ",")}
    return "," if len(widths) == 1 and widths != {1} else "\t"


def cut(text: str, separator: str = "\t") -> list[tuple[int, Cells]]:
    """Lines of cells with their number from 1, blank lines left out. A quoted cell may hold line breaks and separators.

    A quote is one only at the start of a cell, and only if it is closed: otherwise it is a character like another.
    Runs of blanks inside a cell, line breaks included, become one space.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    rows: list[tuple[int, Cells]] = []
    position, number = 0, 1
    while position <= len(text):
        cells, position, breaks = _line(text, position, separator)
        if any(cell.strip() for cell in cells):
            rows.append((number, [" ".join(cell.split()) for cell in cells]))
        number += breaks
    return rows


def _line(text: str, start: int, separator: str) -> tuple[Cells, int, int]:
    """The cells of the line that starts there, where the next one starts, and how many lines it took."""
    cells: Cells = []
    position, breaks = start, 1
    while True:
        cell, position, inside = _cell(text, position, separator)
        cells.append(cell)
        breaks += inside
        if position >= len(text) or text[position] == "\n":
            return cells, position + 1, breaks
        position += 1  # the separator


def _cell(text: str, start: int, separator: str) -> tuple[str, int, int]:
    """One cell, where it ends, and how many line breaks it holds."""
    if text.startswith('"', start):
        end, parts = start + 1, []
        while (quote := text.find('"', end)) >= 0:
            parts.append(text[end:quote])
            if text.startswith('"', quote + 1):
                parts.append('"')
                end = quote + 2
                continue
            after = quote + 1
            if after >= len(text) or text[after] in (separator, "\n"):
                return "".join(parts), after, text.count("\n", start, after)
            break
    ends = [found for sign in (separator, "\n") if (found := text.find(sign, start)) >= 0]
    end = min(ends, default=len(text))
    return text[start:end], end, 0
