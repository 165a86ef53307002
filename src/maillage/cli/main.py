"""The command `maillage`: what it can do, in groups. A command's module is loaded only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import click

from maillage import __version__
from maillage.cli import instance, output

ASKS_FOR_HELP = "maillage.asks_for_help"

EXAMPLES = """\b
Exemples :
  maillage demo                                  une instance de démonstration, prête à l'emploi
  maillage --data-dir /srv/maillage migrate      créer ou mettre à jour la base d'une instance
  maillage figures check --json                  contrôler les chiffres énoncés par les documents
  maillage report annual --year 2020 --format pdf
  maillage user add prenom.nom@exemple.fr --name "Prénom Nom"
"""


@dataclass(frozen=True)
class Entry:
    """A command: where it is, and what the general help says of it.

    `ready`: it needs a database that exists and is up to date.
    """

    name: str
    target: str
    summary: str
    ready: bool = True


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Démarrer": (
        Entry("demo", "maillage.cli.demo:demo", "Crée l'instance de démonstration et la sert.", ready=False),
        Entry("serve", "maillage.cli.serve:serve", "Sert le site, avec l'exécuteur de travaux."),
        Entry("worker", "maillage.cli.worker:worker", "Exécute les travaux longs (imports, rapports)."),
    ),
    "Données": (
        Entry("import", "maillage.cli.imports:import_", "Charge un fichier officiel ou un tableur."),
        Entry("load", "maillage.cli.load:load", "Charge un dossier de tableaux (pacte, documents, chiffres)."),
        Entry("territories", "maillage.cli.territories:territories", "Consulte et charge les territoires."),
        Entry("figures", "maillage.cli.figures:figures", "Contrôle les chiffres énoncés par les documents."),
        Entry("coverage", "maillage.cli.coverage:coverage", "Dit qui vit loin des points d'un réseau de services."),
        Entry("report", "maillage.cli.report:report", "Produit les rapports (PDF, ODT, DOCX)."),
        Entry("contracts", "maillage.cli.contracts:contracts", "Archive un contrat, vérifie ses versions."),
        Entry("rights", "maillage.cli.rights:rights", "Calcule les droits d'un foyer, d'une population."),
    ),
    "Administrer": (
        Entry("migrate", "maillage.cli.admin:migrate", "Crée la base ou la met à jour.", ready=False),
        Entry("backup", "maillage.cli.admin:backup", "Copie la base et les fichiers de l'instance."),
        Entry("user", "maillage.cli.admin:user", "Gère les comptes."),
        Entry("membership", "maillage.cli.admin:membership", "Gère les habilitations."),
        Entry("digests", "maillage.cli.digests:digests", "Prépare, montre et envoie les relances de la semaine."),
        Entry("jobs", "maillage.cli.jobs:jobs", "Liste les travaux, relève ceux qui sont interrompus."),
    ),
    "Développer": (Entry("reference", "maillage.cli.reference:reference", "Produit docs/reference.", ready=False),),
}

ENTRIES = {entry.name: entry for entries in SECTIONS.values() for entry in entries}


class Commands(click.Group):
    """A group that knows its commands by name and loads them late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(ENTRIES)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        ctx.meta[ASKS_FOR_HELP] = bool({"-h", "--help"}.intersection(args))
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        entry = ENTRIES.get(name)
        if entry is None:
            return None
        module_name, _, attribute = entry.target.partition(":")
        if find_spec(module_name) is None:
            raise click.UsageError(f"La commande « {name} » n'est pas fournie par cette version.", ctx)
        if entry.ready:
            instance.setup()
        command = getattr(import_module(module_name), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  (a slip of ours, not of the user)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, entries in SECTIONS.items():
            with formatter.section(f"{title}\u00a0"):
                formatter.write_dl([(entry.name, entry.summary) for entry in entries], col_spacing=4)


def _choose(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    instance.choose(value)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXAMPLES,
    options_metavar="[OPTIONS]",
    subcommand_metavar="COMMANDE [ARGUMENTS]…",
)
@click.version_option(__version__, prog_name="maillage", help="Afficher la version.")
@click.option(
    "--data-dir",
    metavar="DOSSIER",
    is_eager=True,
    expose_value=False,
    callback=_choose,
    help="Dossier de l'instance (sinon MAILLAGE_DATA_DIR, sinon «\u00a0var\u00a0» dans le dossier courant).",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Maillage, la plateforme ouverte sur laquelle un territoire conduit son pacte contre la pauvreté.

    Chaque commande s'explique : « maillage COMMANDE --help ».
    """
    entry = ENTRIES.get(ctx.invoked_subcommand or "")
    if entry is not None and entry.ready and not ctx.meta.get(ASKS_FOR_HELP):
        instance.require_ready()


def run(args: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code (0 done, 1 discrepancies, 2 refused)."""
    return output.run(cli, args)


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run())
