"""CSV as people write it: encoding and delimiter are found, and what cannot be read surely is refused by row."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from maillage.gateways.tabular.model import Limits, Table
from maillage.gateways.tabular.shape import Refusal, table_of
from maillage.kernel.errors import InputProblem

DELIMITERS = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre verticale"}
MAX_CELL_LENGTH = 131_072
_SAMPLE_RECORDS = 40
# A whole UTF-8 sequence of two bytes or more, over the letters and signs that French texts hold: its presence in a file
# that is not UTF-8 throughout tells that two encodings were glued together.
_UTF8_SEQUENCE = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2\x80[\x80-\xbf]|\xe2\x82\xac|\xc2[\xa0-\xbf]")


def read_delimited(content: bytes, *, header_row: int, limits: Limits) -> Table | list[InputProblem]:
    """The table, or every reason why it is not one."""
    try:
        text, encoding = _decode(content)
        delimiter = _delimiter(text, header_row)
        return table_of(
            _records(text, delimiter), header_row=header_row, limits=limits, encoding=encoding, delimiter=delimiter
        )
    except Refusal as refusal:
        return refusal.problems


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            raise Refusal("Il est abîmé : son encodage UTF-16 est coupé. Enregistrez-le en CSV UTF-8.") from None
    if b"\x00" in content:
        line = content[: content.index(b"\x00")].count(b"\n") + 1
        raise Refusal("Un octet nul : ce n'est pas du texte. Enregistrez le fichier en CSV UTF-8.", row=line)
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        return _decode_windows(content, error.start), "cp1252"


def _decode_windows(content: bytes, first_bad: int) -> str:
    sequence = _UTF8_SEQUENCE.search(content)
    if sequence is not None or content.startswith(codecs.BOM_UTF8):
        line = content[:first_bad].count(b"\n") + 1
        raise Refusal(
            "Deux encodages sont mêlés : le fichier est en UTF-8, mais pas cette ligne. "
            "Enregistrez-le en entier en CSV UTF-8.",
            row=line,
        )
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Refusal(
            "Un octet n'appartient à aucun encodage connu (UTF-8, Windows-1252). Enregistrez le fichier en CSV UTF-8.",
            row=line,
        ) from None


def _delimiter(text: str, header_row: int) -> str:
    """The sign that cuts the heading and the first rows into the same number of cells, the widest first."""

    def score(delimiter: str) -> tuple[float, int]:
        sample = csv.reader(_lines(text), delimiter=delimiter)
        try:
            records = [record for record in islice(sample, header_row, header_row + _SAMPLE_RECORDS) if record]
        except csv.Error:
            records = []
        width = len(records[0]) if records else 0
        if width < 2:
            return 0.0, 0
        return sum(len(record) == width for record in records) / len(records), width

    best = max(DELIMITERS, key=score)
    return best if score(best) > (0.0, 0) else ";"


def _lines(text: str) -> Iterator[str]:
    """Lines one at a time, ends kept, so that a quoted cell may hold several."""
    start = 0
    for match in re.finditer(r"\r\n|\n|\r", text):
        yield text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield text[start:]


def _records(text: str, delimiter: str) -> Iterator[Sequence[str | None]]:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refusal(_csv_message(error), row=number) from None
        yield record


def _csv_message(error: csv.Error) -> str:
    if "field larger than field limit" in str(error):
        return f"Une cellule dépasse {MAX_CELL_LENGTH} caractères : un guillemet ouvert n'est sans doute pas refermé."
    if "unexpected end of data" in str(error):
        return "Un guillemet ouvert n'est pas refermé avant la fin du fichier."
    return "Les guillemets sont mal placés : doublez ceux qui sont dans une cellule."
