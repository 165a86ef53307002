"""Loading any table that a mapping describes."""

from __future__ import annotations

from pathlib import Path

from maillage.indicators.importers.definitions import Definition, definitions
from maillage.indicators.importers.mapping import Mapping, parse_mapping
from maillage.indicators.importers.table import parse_table, read_described
from maillage.indicators.models import Indicator
from maillage.indicators.services.statistics import About, load_statistics
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.numbers import NBSP
from maillage.sources.enums import EditionKind
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.territories.importers.common import sort_name

_NO_MAPPING = (
    "Ce fichier demande une correspondance, qui dit où lire le territoire, la période et les indicateurs. Donnez-la "
    "(--mapping FICHIER), ou posez à côté du fichier une correspondance du même nom, en .toml ou en .mapping.json."
)
_PART_LENGTH = 40  # of SourceEdition.part


def load_table(request: ImportRequest) -> ImportReport:
    """Load a table as its mapping describes it. Raises InputRefused with every problem of either."""
    request.progress(2, "Lecture de la correspondance")
    text = request.mapping or _beside(request.path)
    mapping = parse_mapping(text)
    known = {one.code: one for one in Indicator.objects.filter(code__in=[c.code for c in mapping.columns])}
    described = _described(mapping, known)
    request.progress(5, "Lecture du fichier")
    table = read_described(request.path, request.name, mapping.file)
    summable = {code for code, one in known.items() if one.summable_territories}
    summable |= {code for code, one in described.items() if one.summable}
    units = {code: str(one.fields["unit"]) for code, one in described.items()}
    units |= {code: one.unit for code, one in known.items()}
    parsed = parse_table(table, request.name, mapping, summable, units)
    about = About(
        EditionKind.TABLE,
        mapping.title,
        parsed.periods[-1][:20] if parsed.periods else "",
        sort_name(mapping.title)[:_PART_LENGTH],
        mapping.publisher[:200],
        licence=mapping.licence,
        refuses_unknown=mapping.refuses_unknown,
    )
    return load_statistics(request, parsed, described, about, mapping=text)


def _beside(path: Path) -> str:
    """The text of the mapping that stands by the file. Raises MaillageError when there is none."""
    names = (path.with_suffix(".toml"), path.with_name(f"{path.name}.toml"), path.with_suffix(".mapping.json"))
    for candidate in names:
        if candidate.is_file() and candidate != path:
            return read_mapping(candidate)
    raise MaillageError(_NO_MAPPING)


def read_mapping(path: Path) -> str:
    """The text of a mapping file. Raises MaillageError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise MaillageError(f"La correspondance « {path.name} » est absente, ou n'est pas en UTF-8.") from None


def _described(mapping: Mapping, known: dict[str, Indicator]) -> dict[str, Definition]:
    """The definitions that may be missing: of the product first, else of the mapping. Raises InputRefused."""
    problems, found = [], {}
    for number, column in enumerate(mapping.columns, 1):
        where = f"indicateurs, n° {number}"
        there = known.get(column.code)
        shipped = definitions().get(column.code)
        unit = there.unit if there is not None else str(shipped.fields["unit"]) if shipped is not None else ""
        if unit and column.unit and unit != column.unit:
            message = f"l'indicateur {column.code} est déjà défini, avec l'unité «{NBSP}{unit}{NBSP}»."
            problems.append(InputProblem(None, where, message))
        elif there is None and shipped is None and not column.is_defined:
            message = f"l'indicateur {column.code} n'est pas défini{NBSP}: donnez libelle, unite et nature."
            problems.append(InputProblem(None, where, message))
        found[column.code] = shipped or column.described(mapping.publisher)
    if problems:
        raise InputRefused(problems, "La correspondance est refusée : rien n'est chargé.")
    return found
