"""`maillage load`: a folder of tables (pact, documents, figures, governance) into an instance of any region."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from maillage.cli import output

if TYPE_CHECKING:
    from maillage.demo.load import LoadReport


def _text(report: LoadReport, *, dry_run: bool) -> str:
    if report.does_nothing:
        return "Tout est déjà chargé : rien ne change."
    rows = [[step.file, str(step.new), str(step.changed), str(step.unchanged)] for step in report.steps]
    said = "Essai : rien n'est écrit." if dry_run else "Chargé."
    return "\n".join([output.table(["Tableau", "Ajouts", "Modifications", "Sans changement"], rows), said])


@click.command()
@click.argument(
    "folder", metavar="[DOSSIER]", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--embedded", is_flag=True, help="Charger le jeu livré avec le logiciel, celui de la démonstration.")
@click.option("--dry-run", is_flag=True, help="Montrer ce qui changerait sans rien écrire.")
@output.json_option
def load(folder: Path | None, embedded: bool, dry_run: bool, as_json: bool) -> None:
    """Charge un dossier de tableaux : pacte, documents, chiffres, instances, calendrier.

    Chaque tableau (pacts.csv, axes.csv, measures.csv, documents.csv, stated_figures.csv…) est facultatif ; tous sont
    chargés, ou aucun. Le jeu livré avec le logiciel sert de modèle : « maillage load --embedded ».
    """
    if (folder is None) != embedded:
        output.refuse("Indiquez un dossier, ou --embedded pour le jeu livré avec le logiciel.")
    from maillage.core import clock
    from maillage.demo.load import DATA
    from maillage.demo.load import load as load_folder

    report = load_folder(by=None, at=clock.now(), directory=folder or DATA, dry_run=dry_run)
    tables = [
        {"table": step.file, "added": step.new, "changed": step.changed, "unchanged": step.unchanged}
        for step in report.steps
    ]
    output.emit({"dry_run": dry_run, "tables": tables}, as_json=as_json, text=_text(report, dry_run=dry_run))
