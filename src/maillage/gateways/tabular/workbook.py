"""XLSX and ODS, parsed in a process of its own.

A workbook of five kilobytes can make its parser ask for hundreds of gigabytes and take the whole server down with it.
So the archive is checked first, then parsed by a child with limits on memory, processor and time; if the child dies,
the file is refused and nothing else happens.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

from maillage.gateways.tabular.model import MEBIBYTE, Limits, RawSheet, Table
from maillage.gateways.tabular.shape import Refusal, Refusals, table_of
from maillage.kernel.errors import InputProblem, shorten
from maillage.kernel.numbers import format_number, french_list

_CHILD = Path(__file__).with_name("workbook_child.py")
_RATIO_MATTERS_ABOVE = 10 * MEBIBYTE  # a small member cannot hurt, however well it is compressed
_GRACE_SECONDS = 5
_MAX_MEMBERS = 10_000
_DAMAGED = "Le classeur est abîmé : ouvrez-le et enregistrez-le de nouveau."


def read_workbook(content: bytes, *, sheet: str | None, header_row: int, limits: Limits) -> Table | list[InputProblem]:
    """The table of one sheet (None: the first), or every reason why it cannot be read."""
    try:
        _check_archive(content, limits)
        answer = _parse(content, sheet, limits)
        _check_answer(answer, header_row)
        return table_of(answer["rows"], header_row=header_row, limits=limits, sheet=answer["sheet"])
    except Refusal as refusal:
        return refusal.problems


def read_sheets(content: bytes, *, limits: Limits) -> list[RawSheet] | list[InputProblem]:
    """Every sheet of a workbook, hidden ones too, as it is; or every reason why it cannot be read."""
    try:
        _check_archive(content, limits)
        answer = _parse(content, None, limits, all_sheets=True)
        if answer["status"] != "read":
            _check_answer(answer, 0)
        return [
            RawSheet(one["sheet"], one["rows"], [(row, column) for row, column, _ in one["uncomputed"]])
            for one in answer["sheets"]
        ]
    except Refusal as refusal:
        return refusal.problems


def _check_archive(content: bytes, limits: Limits) -> None:
    """What the archive declares, before a byte of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            manifest = _manifest(archive, names)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise Refusal(_DAMAGED) from None
    if not names & {"xl/workbook.xml", "content.xml"}:
        raise Refusal("Ce n'est pas un classeur .xlsx ou .ods.")
    if b"encryption-data" in manifest:
        raise Refusal("Le classeur est protégé par un mot de passe : enregistrez-le sans protection.")
    unpacked = sum(member.file_size for member in members)
    swollen = any(
        member.file_size > _RATIO_MATTERS_ABOVE and member.file_size > limits.max_ratio * max(member.compress_size, 1)
        for member in members
    )
    if unpacked > limits.max_unpacked_bytes or swollen or len(members) > _MAX_MEMBERS:
        raise Refusal(
            f"Le classeur annonce {format_number(unpacked // MEBIBYTE)} Mio une fois décompressé, pour "
            f"{format_number(max(len(content) // MEBIBYTE, 1))} Mio reçus ; la limite est de "
            f"{format_number(limits.max_unpacked_bytes // MEBIBYTE)} Mio et d'un rapport de {limits.max_ratio}."
        )


def _manifest(archive: zipfile.ZipFile, names: set[str]) -> bytes:
    if "META-INF/manifest.xml" not in names:
        return b""
    with archive.open("META-INF/manifest.xml") as member:
        return member.read(MEBIBYTE)


def _parse(content: bytes, sheet: str | None, limits: Limits, *, all_sheets: bool = False) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="maillage-table-") as folder:
        given, written = Path(folder) / "given", Path(folder) / "rows.json"
        given.write_bytes(content)
        request = {
            "path": str(given),
            "out": str(written),
            "sheet": sheet,
            "all": all_sheets,
            "max_sheets": limits.max_sheets,
            "max_rows": limits.max_rows,
            "max_columns": limits.max_columns,
            "max_cells": limits.max_cells,
            "max_unpacked_bytes": limits.max_unpacked_bytes,
            "memory_bytes": limits.memory_bytes,
            "seconds": limits.seconds,
        }
        try:
            done = subprocess.run(  # noqa: S603  (our own script, run by our own interpreter; the file's name is ours)
                [sys.executable, "-I", str(_CHILD)],
                input=json.dumps(request).encode(),
                capture_output=True,
                timeout=limits.seconds + _GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Refusal(f"La lecture du classeur dépasse {limits.seconds} secondes : découpez-le.") from None
        if done.returncode != 0 or not written.exists():
            raise Refusal(
                f"La lecture du classeur demande plus que la mémoire ou le temps permis "
                f"({format_number(limits.memory_bytes // MEBIBYTE)} Mio, {limits.seconds} s), ou le classeur est abîmé."
            )
        answer: dict[str, Any] = json.loads(written.read_bytes())
        return answer


def _check_answer(answer: dict[str, Any], header_row: int) -> None:
    """Turn what the child found wrong into words."""
    match answer["status"]:
        case "damaged":
            raise Refusal(_DAMAGED)
        case "no_sheet":
            known = french_list([f"« {name} »" for name in answer["sheets"]]) or "aucune"
            raise Refusal(f"La feuille demandée n'est pas dans le classeur. Feuilles trouvées : {known}.")
        case "too_many":
            raise Refusal(f"Le classeur a {format_number(answer['count'])} feuilles : ce n'est pas celui attendu.")
        case "too_large":
            named = f" « {shorten(answer['sheet'], 60)} »" if answer.get("sheet") else ""
            raise Refusal(
                f"La feuille{named} annonce {format_number(answer['rows'])} lignes "
                f"et {format_number(answer['columns'])} colonnes : "
                "supprimez les cellules égarées loin du tableau, ou découpez-le."
            )
    if answer["uncomputed"]:
        raise Refusals(_uncomputed(answer, header_row))


def _uncomputed(answer: dict[str, Any], header_row: int) -> list[InputProblem]:
    header = answer["rows"][header_row] if header_row < len(answer["rows"]) else []
    message = "Formule sans valeur enregistrée : ouvrez le classeur, laissez-le calculer et enregistrez-le."
    return [
        InputProblem(row, (header[column - 1] if column <= len(header) else None) or letters, message)
        for row, column, letters in answer["uncomputed"]
    ]
