"""Runs of digits as they are printed: « 4 348 420 », « 7.60 », « 1.234,5 », and « 400 00 » that is none."""

import re
from dataclasses import dataclass
from decimal import Decimal

MAX_DIGITS = 24

_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")
_GROUPED_DECIMALS = re.compile(r"([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)|([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]+)")
_SIMPLE = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Digits:
    """A printed number without its sign: value, decimals printed, and whether it was read as grouped by a dot."""

    value: Decimal
    decimals: int
    alternative: bool = False


def read_run(run: str) -> tuple[list[list[Digits]], bool]:
    """The numbers of a run of digits parted by single spaces, each with its possible readings; True when misgrouped.

    « 2020 25 » is two numbers; « 400 00 » is none, and says so.
    """
    pieces = run.split(" ")
    numbers: list[list[Digits]] = []
    misgrouped = False
    index = 0
    while index < len(pieces):
        stop = _group_end(pieces, index)
        if stop is None:
            misgrouped = True
            break
        readings = _read_piece("".join(pieces[index:stop]), grouped=stop - index > 1)
        misgrouped = misgrouped or not readings
        if readings:
            numbers.append(readings)
        index = stop
    return numbers, misgrouped


def _group_end(pieces: list[str], first: int) -> int | None:
    """Where the number that starts at `first` ends; None when what follows is no group of three digits."""
    if len(pieces) - first == 1 or not (pieces[first].isdigit() and len(pieces[first]) <= 3):
        return first + 1
    stop = first + 1
    while stop < len(pieces):
        whole = re.split(r"[.,]", pieces[stop], maxsplit=1)[0]
        if len(whole) != 3:
            return None
        stop += 1
        if not pieces[stop - 1].isdigit():
            break
    return stop


def _read_piece(piece: str, *, grouped: bool) -> list[Digits]:
    if len(piece) > MAX_DIGITS:
        return []
    mixed = _GROUPED_DECIMALS.fullmatch(piece)
    if mixed:
        whole, decimals = (mixed[1], mixed[2]) if mixed[1] else (mixed[3], mixed[4])
        return [Digits(Decimal(f"{re.sub('[.,]', '', whole)}.{decimals}"), len(decimals))]
    simple = _SIMPLE.fullmatch(piece)
    packed = Digits(Decimal(re.sub("[.,]", "", piece)), 0, alternative=simple is not None)
    if simple is None:
        return [packed] if _GROUPED.fullmatch(piece) else []
    if not simple[2]:
        return [Digits(Decimal(simple[1]), 0)]
    read = [Digits(Decimal(f"{simple[1]}.{simple[2]}"), len(simple[2]))]
    if not grouped and _GROUPED.fullmatch(piece):
        read.append(packed)
    return read
