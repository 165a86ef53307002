"""Writing the zip: files first, so that the index can say what became of each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import IO

from django.utils.text import slugify
from django.utils.timezone import localtime

from maillage.contracts.archive import pages
from maillage.contracts.archive.files import Outcomes, copy_all, files_table
from maillage.contracts.archive.gathering import Gathered
from maillage.contracts.archive.negotiation import amendment_path, version_path
from maillage.contracts.archive.tables import ArchiveTable
from maillage.contracts.archive.writer import Entry, Writer, sums_of
from maillage.contracts.models import Contract

RECORDED = "EMPREINTES-ENREGISTREES"
STYLE = "style.css"

Advance = Callable[[int, str], object]


@dataclass(frozen=True, slots=True)
class Built:
    """What was written. `problems`: files missing or altered, versions that are not as signed, in French."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes, unpacked."""
        return sum(one.size for one in self.entries)


def name_of(contract: Contract) -> str:
    """The beginning of the name of the zip."""
    return f"archive-{slugify(contract.reference) or contract.pk}"


def write(gathered: Gathered, out: IO[bytes], advance: Advance = lambda percent, text: None) -> Built:
    """Write the archive. A file missing or altered is said in it, and stops nothing."""
    with Writer(out, localtime(gathered.at)) as writer:
        advance(10, "Versions et avenants")
        _write_texts(writer, gathered)
        outcomes = copy_all(
            writer,
            gathered.items,
            lambda done, total: advance(15 + 65 * done // max(total, 1), f"Fichier {done + 1} sur {total}"),
        )
        advance(80, "Tableaux et journal")
        problems = (*gathered.problems, *outcomes.problems(gathered.items))
        sections = _sections(gathered, outcomes)
        _write_tables(writer, gathered, sections)
        _write_recorded(writer, gathered)
        _write_index(writer, gathered, sections, problems)
    advance(100, "")
    return Built(tuple(writer.entries), problems)


def _write_texts(writer: Writer, gathered: Gathered) -> None:
    for version in gathered.versions:
        writer.add(version_path(version), version.content)
        writer.add(pages.html_path(version_path(version)), pages.version_page(gathered, version))
    for one in gathered.amendments:
        writer.add(amendment_path(one.amendment), one.json)
        writer.add(pages.html_path(amendment_path(one.amendment)), pages.amendment_page(gathered, one))
    for path, figures in gathered.figures:
        writer.add(path, figures)


def _sections(gathered: Gathered, outcomes: Outcomes) -> list[tuple[str, list[ArchiveTable]]]:
    found = [(title, [outcomes.resolved(one) for one in tables]) for title, tables in gathered.sections]
    return [*found, ("Les fichiers", [files_table(gathered.items, outcomes)])]


def _write_tables(writer: Writer, gathered: Gathered, sections: Sequence[tuple[str, Sequence[ArchiveTable]]]) -> None:
    for _, tables in sections:
        for table in tables:
            writer.add(table.csv_path, table.csv())
            writer.add(table.page_path, pages.table_page(gathered, table))
    lines = (json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in gathered.journal)
    writer.add("journal/journal.jsonl", "".join(lines))


def _write_recorded(writer: Writer, gathered: Gathered) -> None:
    """The sums noted when versions were signed and files deposited: what `SHA256SUMS` cannot prove by itself."""
    versions = [Entry(version_path(one), 0, one.sha256) for one in gathered.versions]
    deposited = {one.path: Entry(one.path, 0, one.stored.sha256) for one in gathered.items}
    writer.add(RECORDED, sums_of([*versions, *deposited.values()]))


def _write_index(
    writer: Writer,
    gathered: Gathered,
    sections: Sequence[tuple[str, Sequence[ArchiveTable]]],
    problems: Sequence[str],
) -> None:
    writer.add(STYLE, package_files("maillage.contracts.archive").joinpath(STYLE).read_bytes())
    writer.add("index.html", pages.index_page(gathered, sections, problems))
    writer.add("LISEZ-MOI.txt", pages.read_me(gathered, problems))
