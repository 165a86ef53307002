"""`maillage import NATURE FICHIER`: load official files, or tell what they would change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from maillage.cli import output
from maillage.core import clock
from maillage.indicators.services import read_mapping
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources import registry
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.sources.services import brought, run_import

_EXAMPLES = """\b
Exemples :
  maillage import cog communes.csv --vintage 2026 --dry-run
  maillage import epci https://exemple.fr/epcicom2025.xlsx
  maillage import table logements.csv --mapping logements.toml
"""


class Kinds(click.ParamType):
    """A kind of the registry, read when the command runs: apps register theirs when they start."""

    name = "nature"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return registry.importer_of(str(value)).kind
        except MaillageError as error:
            self.fail(error.message_fr, param, ctx)


class ImportCommand(click.Command):
    """Its help lists the kinds that the apps registered."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Natures\u00a0"):
            formatter.write_dl([(one.kind, f"{one.label}. {one.help}") for one in registry.importers()], col_spacing=4)
        super().format_epilog(ctx, formatter)


@dataclass
class _Told:
    """Says each step once, on the error stream."""

    quiet: bool
    last: str = ""

    def __call__(self, percent: int, text: str) -> None:
        if not self.quiet and text != self.last:
            output.say(f"{percent:3d} % {text}")
        self.last = text


@click.command("import", cls=ImportCommand, epilog=_EXAMPLES)
@click.argument("kind", metavar="NATURE", type=Kinds())
@click.argument("path_or_url", metavar="FICHIER_OU_ADRESSE")
@click.option("--vintage", metavar="ANNÉE", default="", help="Millésime, quand le fichier ne le dit pas.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="CORRESPONDANCE",
    help="Fichier TOML ou JSON qui décrit le tableau (nature « table »).",
)
@click.option("--dry-run", is_flag=True, help="Montrer les différences sans rien écrire.")
@output.json_option
def import_(kind: str, path_or_url: str, vintage: str, mapping: Path | None, dry_run: bool, as_json: bool) -> int:
    """Charge un fichier officiel ou un tableur, en entier ou pas du tout.

    Un fichier déjà chargé ne change rien. Un fichier refusé ne laisse rien : chaque raison est dite, avec sa ligne et
    sa colonne.
    """
    fetched = brought(path_or_url)
    request = ImportRequest(
        path=fetched.path,
        name=fetched.name,
        by=None,
        at=clock.now(),
        origin=fetched.url or fetched.name,
        vintage=vintage,
        dry_run=dry_run,
        progress=_Told(quiet=as_json),
        mapping=read_mapping(mapping) if mapping is not None else "",
    )
    try:
        report = run_import(kind=kind, request=request)
    except InputRefused as refusal:
        return _refused(refusal, as_json)
    finally:
        if fetched.url:
            Path(fetched.path).unlink(missing_ok=True)
    output.emit(report.as_json(), as_json=as_json, text=lambda: _text(report))
    return output.DONE


def _text(report: ImportReport) -> str:
    lines = report.lines()
    if report.edition is not None:
        lines.append(f"Édition {report.edition}, empreinte {report.sha256[:12]}…, {report.seconds:.1f} s.")
    return "\n".join(lines)


def _refused(refusal: InputRefused, as_json: bool) -> int:
    problems = [{"row": one.row, "column": one.column, "message": one.message} for one in refusal.problems]
    data = {"refused": True, "title": refusal.title, "problems": problems}
    if as_json:
        output.emit(data, as_json=True, text="")
    else:
        click.echo(f"Erreur\u00a0: {refusal.message_fr}", err=True)
    return output.REFUSED
