"""`maillage reference`: the pages of `docs/reference/`, made from the code so that they cannot lie.

Each page is a pure function of what is installed: commands from click, roles by asking `perms`, codes from the enums,
settings from the table below (a test compares it with what the code reads), thresholds from the engine, components from
the template library. `--check` writes nothing and fails when a page differs from what the code says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click

from maillage.cli import instance, output, permissions

GENERATED = "<!-- Page produite par `maillage reference` : ne pas la modifier à la main. -->"


class Setting(NamedTuple):
    """A setting of an instance. `key` is its name in `instance.toml`, empty when the environment alone sets it."""

    variable: str
    key: str
    default: str
    meaning: str


SETTINGS = (
    Setting(
        "MAILLAGE_DATA_DIR",
        "",
        "`var`",
        "Dossier de l'instance : base embarquée, fichiers déposés, rapports, `instance.toml`, secret.",
    ),
    Setting("MAILLAGE_NAME", "name", "Maillage", "Nom affiché en tête des pages et dans les documents."),
    Setting(
        "MAILLAGE_REGION",
        "region",
        "aucune",
        "Code de la région servie, par exemple `REG-84`. N'importe quelle région de France.",
    ),
    Setting("MAILLAGE_THEME", "theme", "`neutral`", "Habillage des pages."),
    Setting("MAILLAGE_CONTACT", "contact", "aucun", "Adresse à laquelle écrire, affichée dans les pages légales."),
    Setting(
        "",
        "demonstration",
        "`false`",
        "Instance de démonstration : comptes affichés, bandeau. Posé par `maillage demo`, refusé hors de la machine.",
    ),
    Setting(
        "",
        "legal",
        "aucune",
        "Table des mentions légales : `publisher`, `director`, `host`, `controller`, `dpo`, `retention`, "
        "`accessibility_contact`. Ce qui manque est affiché « à compléter ».",
    ),
    Setting(
        "MAILLAGE_DATABASE_URL",
        "",
        "SQLite dans le dossier de l'instance",
        "Base de données, par exemple `postgres://compte:motdepasse@serveur/base`.",
    ),
    Setting(
        "MAILLAGE_SECRET_KEY",
        "",
        "tirée au sort, gardée dans `secret_key`",
        "Clé des signatures et des sessions. La même pour tous les processus d'une instance.",
    ),
    Setting(
        "MAILLAGE_HOSTS",
        "",
        "`127.0.0.1,localhost,[::1]`",
        "Noms par lesquels le site répond, séparés par des virgules.",
    ),
    Setting(
        "MAILLAGE_HTTPS",
        "",
        "`0`",
        "`1` derrière un serveur HTTPS : cookies sûrs, redirection et HSTS.",
    ),
    Setting(
        "MAILLAGE_EMAIL_URL",
        "",
        "`console:`",
        "Envoi des messages : `console:`, `file:///dossier`, `smtp://compte:motdepasse@serveur:587/?tls=1` ou "
        "`smtps://compte:motdepasse@serveur:465`.",
    ),
    Setting("MAILLAGE_EMAIL_FROM", "", "`maillage@localhost`", "Adresse de l'expéditeur des messages."),
    Setting(
        "MAILLAGE_SITE_URL",
        "",
        "aucune",
        "Adresse publique du site, mise dans les liens des messages. Exigée dès qu'un message part hors de la machine.",
    ),
    Setting(
        "MAILLAGE_LOG_LEVEL", "", "`WARNING`", "Détail du journal technique, écrit en JSON sur la sortie d'erreur."
    ),
    Setting(
        "MAILLAGE_DEBUG", "", "aucun", "Avec `1`, une commande qui échoue par notre faute montre le détail de l'erreur."
    ),
    Setting(
        "MAILLAGE_JOB_POLL_SECONDS", "", "`0.5`", "Attente de l'exécuteur entre deux regards sur la file des travaux."
    ),
    Setting("MAILLAGE_JOB_BEAT_SECONDS", "", "`2`", "Intervalle entre deux signes de vie d'un travail en cours."),
    Setting(
        "MAILLAGE_JOB_LATE_SECONDS",
        "",
        "`30`",
        "Silence après lequel un travail est tenu pour interrompu, et marqué échoué.",
    ),
    Setting(
        "MAILLAGE_TEST_DATABASE_URL",
        "",
        "SQLite dans un dossier temporaire",
        "Base des tests (`make postgres`) et des mesures (`make bench`).",
    ),
)

THRESHOLDS = {
    "ROUND_INTEGER_FROM": "Un entier rond écrit en toutes lettres peut être un arrondi à partir de cette valeur.",
    "ROUND_INTEGER_ZEROS": "… et s'il finit par au moins ce nombre de zéros.",
    "ROUND_INTEGER_CAP": "Écart relatif le plus grand qu'un entier rond excuse.",
    "ROUND_TOTAL_CAP": "Écart relatif excusé entre un total rond et ses propres composantes, imprimées à côté de lui.",
    "OPERAND_SLACK_CAP": "Part la plus grande qu'un opérande grossièrement imprimé peut varier dans un recalcul.",
    "TRUNCATION_SIGNIFICANT_DIGITS": "Chiffres significatifs nécessaires pour reconnaître une troncature.",
    "MISUSED_MULTIPLIER": "Mantisse, par multiplicateur, à partir de laquelle personne n'écrit ainsi "
    "(pour la France entière, puis pour un territoire plus petit).",
    "PERSONS_IN_FRANCE": "Nombre de personnes au-delà duquel un effectif est une coquille.",
    "POPULATION_DRIFT_PER_YEAR": "Marge par année d'écart entre un chiffre et la population qui le borne.",
    "POPULATION_DEFINITION": "Écart admis entre « habitants » (population totale) et la population municipale.",
    "SIBLING_RATIO": "Rapport entre deux périodes d'un même chiffre qui révèle une erreur d'unité.",
    "SIBLING_FROM": "Valeur sous laquelle ce rapport n'est pas regardé.",
    "LOWEST_EVOLUTION": "Évolution la plus basse possible, en %.",
    "LARGEST_NUMBER": "Plus grand nombre admis.",
}


def cell(value: object) -> str:
    """A text that stays in its cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def page(title: str, *parts: str) -> str:
    return "\n\n".join([GENERATED, f"# {title}", *(part for part in parts if part)]) + "\n"


def settings_page() -> str:
    rows = [
        (f"`{s.variable}`" if s.variable else "—", f"`{s.key}`" if s.key else "—", s.default, s.meaning)
        for s in SETTINGS
    ]
    return page(
        "Réglages d'une instance",
        "Une instance est un dossier. Ses réglages sont lus dans son fichier `instance.toml`, puis dans "
        "l'environnement, qui l'emporte.",
        table(("Variable d'environnement", "Clé de `instance.toml`", "Par défaut", "Rôle"), rows),
    )


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command under this one, itself included, with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path[-1])
        for name in sorted(command.list_commands(context)):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from walk(found, (*path, name))


def command_part(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join([*path, *command.collect_usage_pieces(context)])
    rows = []
    for parameter in command.get_params(context):
        # Every command has --help: said once, in the text of the page.
        if isinstance(parameter, click.Option) and not parameter.hidden and "--help" not in parameter.opts:
            names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
            rows.append((names, parameter.help or ""))
    options = table(("Option", "Rôle"), rows) if rows else ""
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    return "\n\n".join(part for part in (f"## `{' '.join(path)}`", text, f"    {usage}", options) if part)


def commands_page() -> str:
    from maillage.cli.main import cli

    parts = [command_part(path, command) for path, command in walk(cli, ("maillage",))]
    return page("Commandes", "Chaque commande s'explique\u00a0: `--help`, ou `-h`.", *parts)


def roles_page() -> str:
    head = ("Rôle", *permissions.LABELS.values())
    rows = [(label, *("oui" if held else "—" for held in row)) for label, row in permissions.matrix()]
    return page(
        "Qui peut faire quoi",
        "Chaque rôle est tenu sur un périmètre : un territoire et tout ce qu'il contient, pour un axe ou pour tous. Le "
        "tableau dit ce que le rôle permet à l'intérieur de ce périmètre ; il est obtenu en interrogeant les règles "
        "elles-mêmes. En dehors, ce qui n'est pas visible n'existe pas.",
        table(head, rows),
    )


def codes_page() -> str:
    """Every stored code, with its French label: states, natures, levels."""
    from django.apps import apps
    from django.db.models import Choices

    parts = []
    for config in sorted(apps.get_app_configs(), key=lambda c: c.name):
        if not config.name.startswith("maillage."):
            continue
        module = permissions.submodule(config.name, "enums")
        if module is None:
            continue
        for name, value in sorted(vars(module).items()):
            if inspect.isclass(value) and issubclass(value, Choices) and value.__module__ == module.__name__:
                rows = [(f"`{code}`", label) for code, label in value.choices]
                parts += [f"## {config.verbose_name} : `{name}`", table(("Code", "Libellé"), rows)]
    return page("Codes et états", "La base garde le code, les pages montrent le libellé.", *parts)


def lifecycles_page() -> str:
    """The tables of transitions, as the buttons and the services read them."""
    from maillage.core.enums import Role
    from maillage.engines import lifecycle

    who = dict(Role.choices) | {lifecycle.SYSTEM: "le système", "author": "qui l'a demandé"}
    who |= {
        "respondent": "la personne à qui les chiffres sont demandés",
        "partner": "le partenaire, par son compte",
    }
    parts = []
    for cycle in lifecycle.LIFECYCLES:
        rows = [
            (
                cycle.labels[row.source],
                row.label,
                cycle.labels[row.target],
                ", ".join(sorted(who[role] for role in row.roles)),
                "oui" if row.guard else "",
                row.effect,
            )
            for row in cycle.transitions
        ]
        head = ("De", "Action", "Vers", "Qui", "Sous condition", "Effet")
        parts += [f"## {cycle.title}", f"État initial : {cycle.labels[cycle.initial]}.", table(head, rows)]
    return page("Cycles de vie", "Un état ne change que par une de ces lignes.", *parts)


def thresholds_page() -> str:
    from maillage.engines.consistency import thresholds

    qualifiers = [
        (f"`{name.value}`", f"− {tolerance.below:%}", f"+ {tolerance.above:%}", tolerance.reason)
        for name, tolerance in thresholds.QUALIFIERS.items()
    ]
    rows = [(f"`{name}`", written(getattr(thresholds, name)), meaning) for name, meaning in THRESHOLDS.items()]
    return page(
        "Seuils du contrôle de cohérence",
        "Un chiffre est d'abord lu tel qu'il est imprimé : sa précision vient de ses décimales, de son multiplicateur "
        "et des mots qui l'entourent.",
        "## Mots qui nuancent un nombre",
        table(("Nuance", "En dessous", "Au-dessus", "Lecture"), qualifiers),
        "## Seuils",
        table(("Nom", "Valeur", "Sens"), rows),
    )


def written(value: object) -> str:
    if isinstance(value, dict):
        return " ; ".join(f"{key:f} : {', '.join(f'{part:f}' for part in parts)}" for key, parts in value.items())
    return f"{value:f}" if not isinstance(value, int) else str(value)


def rules_page() -> str:
    """The rules of contracts, and the dated parameters that bind money."""
    from maillage.contracts.enums import ContractKind
    from maillage.contracts.parameters import all_parameters
    from maillage.engines.contract_rules import RULES
    from maillage.engines.parameters import ALL_KINDS

    rules = [
        (
            rule.code,
            rule.title_fr,
            rule.severity.label_fr,
            "oui, avec un motif" if rule.waivable else "non",
            rule.when_unknown.label_fr,
        )
        for rule in RULES.values()
    ]
    kinds = dict(ContractKind.choices) | {ALL_KINDS: "Toutes"}
    parameters = [
        (
            one.label_fr,
            kinds[one.kind],
            one.value_fr,
            f"{one.starts_on:%d/%m/%Y}",
            f"{one.ends_on:%d/%m/%Y}" if one.ends_on else "",
            one.reference,
            "oui" if one.confirmed else "non",
        )
        for one in all_parameters()
    ]
    return page(
        "Règles des contrats et paramètres datés",
        "Ce qui lie l'argent est une donnée : une valeur, une date de début, une référence. « Confirmé : non » dit "
        "qu'aucun texte lu ne la donne : vérifiez-la avant de vous en prévaloir.",
        "## Règles",
        table(("Règle", "Ce qu'elle dit", "Gravité", "Dérogation", "Quand une donnée manque"), rules),
        "## Paramètres",
        table(("Paramètre", "Nature de contrat", "Valeur", "Du", "Au", "Référence", "Confirmé"), parameters),
    )


def components_page() -> str:
    """In English: it is read by those who write pages."""
    from maillage.ui.templatetags import ui

    def rows(registered: dict[str, Callable[..., Any]]) -> Iterator[tuple[str, str, str]]:
        for name, compiled in sorted(registered.items()):
            function = inspect.unwrap(compiled)
            own = getattr(ui, name, function)
            arguments = [p for p in inspect.signature(own).parameters.values() if p.name != "context"]
            signature = ", ".join(str(p.replace(annotation=p.empty)) for p in arguments)
            yield f"`{name}`", f"`{signature}`" if signature else "", (inspect.getdoc(own) or "").split("\n\n")[0]

    return page(
        "Components of the interface",
        "Built in: a template needs no `load`. A theme redraws them; pages never write their markup.",
        "## Tags",
        table(("Tag", "Arguments", "What it is"), rows(ui.register.tags)),
        "## Filters",
        table(("Filter", "Arguments", "What it is"), rows(ui.register.filters)),
    )


PAGES = {
    "commandes.md": commands_page,
    "reglages.md": settings_page,
    "roles.md": roles_page,
    "codes.md": codes_page,
    "cycles-de-vie.md": lifecycles_page,
    "seuils.md": thresholds_page,
    "regles-des-contrats.md": rules_page,
    "components.md": components_page,
}


def index_page(contents: dict[str, str]) -> str:
    titles = {name: text.split("\n# ", 1)[1].split("\n", 1)[0] for name, text in contents.items()}
    return page("Référence", "\n".join(f"- [{titles[name]}]({name})" for name in contents))


def generate() -> dict[str, str]:
    """Every page, by file name."""
    contents = {name: build() for name, build in PAGES.items()}
    return contents | {"README.md": index_page(contents)}


def stale(folder: Path, contents: dict[str, str]) -> list[str]:
    """Names of pages that are missing, differ, or are there for nothing."""
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in found.keys() | contents.keys() if found.get(name) != contents.get(name))


def default_folder() -> Path:
    return Path(__file__).resolve().parents[3] / "docs" / "reference"


@contextmanager
def no_instance() -> Iterator[None]:
    """The pages say what the code does, whatever the instance: none is read, and none is made."""
    from django.conf import settings

    with TemporaryDirectory(prefix="maillage-reference-") as folder:
        if not settings.configured:
            instance.choose(folder)
        instance.setup()
        yield


@click.command("reference")
@click.option("--check", is_flag=True, help="Ne rien écrire ; échouer si une page n'est plus à jour.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Dossier des pages (par défaut : docs/reference du dépôt).",
)
@output.json_option
def reference(check: bool, folder: Path | None, as_json: bool) -> int:
    """Produire les pages de référence de la documentation à partir du code."""
    with no_instance():
        contents = generate()
    folder = folder or default_folder()
    changed = stale(folder, contents)
    if not check:
        write(folder, contents, changed)
    output.emit({"changed": changed, "written": not check}, as_json=as_json, text=lambda: sentence(changed, check))
    return output.DISCREPANCIES if check and changed else output.DONE


def write(folder: Path, contents: dict[str, str], changed: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in contents:
            (folder / name).write_text(contents[name], encoding="utf-8")
        else:
            (folder / name).unlink()


def sentence(changed: Sequence[str], check: bool) -> str:
    if not changed:
        return "Les pages de référence sont à jour."
    names = ", ".join(changed)
    return f"Pages à refaire par « maillage reference »\u00a0: {names}." if check else f"Pages écrites\u00a0: {names}."
