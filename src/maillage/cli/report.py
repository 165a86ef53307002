"""`maillage report`: the annual report, as files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from maillage.cli import output


@click.group()
def report() -> None:
    """Produire les rapports."""


@report.command("annual")
@click.option("--year", type=click.IntRange(1900, 2200), required=True, metavar="ANNÉE", help="Année du bilan.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["pdf", "odt", "docx"]),
    default="pdf",
    show_default=True,
    help="Format du fichier.",
)
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FICHIER",
    help="Fichier à écrire (sinon dans le dossier « reports » de l'instance).",
)
@output.json_option
def annual(year: int, wanted: str, target: Path | None, *, as_json: bool) -> None:
    """Écrit le bilan d'une année, ou rend celui qui est publié."""
    from maillage.core import clock
    from maillage.reports.services import write_annual_report

    path = write_annual_report(year=year, format=wanted, by=None, at=clock.now(), output=target)
    content = path.read_bytes()
    written = {
        "year": year,
        "format": wanted,
        "path": str(path.resolve()),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    output.emit(written, as_json=as_json, text=f"Bilan {year} écrit : {path}")
