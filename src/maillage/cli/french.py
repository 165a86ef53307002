"""click speaks English: its few sentences, in French.

click looks each sentence up through a module-level `_`; compiled gettext catalogues would be binaries in the source.
"""

from __future__ import annotations

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.termui
import click.types

SENTENCES = {
    "Usage:": "Usage\u00a0:",
    "Options": "Options\u00a0",
    "Commands": "Commandes\u00a0",
    "Positional arguments": "Arguments\u00a0",
    "Aborted!": "Interrompu.",
    "Error: {message}": "Erreur\u00a0: {message}",
    "Error: invalid input": "Erreur\u00a0: saisie refusée",
    "Error: The two entered values do not match.": "Erreur\u00a0: les deux saisies diffèrent.",
    "Repeat for confirmation": "Répétez pour confirmer",
    "Do you want to continue?": "Continuer\u202f?",
    "Show the version and exit.": "Afficher la version.",
    "Show this message and exit.": "Afficher cette aide.",
    "Try '{command} {option}' for help.": "Essayez «\u00a0{command} {option}\u00a0».",
    "Invalid value: {message}": "Valeur refusée\u00a0: {message}",
    "Invalid value for {param_hint}: {message}": "Valeur refusée pour {param_hint}\u00a0: {message}",
    "Missing argument": "Il manque l'argument",
    "Missing option": "Il manque l'option",
    "Missing parameter": "Il manque le paramètre",
    "Missing command.": "Il manque une commande.",
    "No such option {name!r}.": "Option inconnue\u00a0: {name}.",
    "No such command {name!r}.": "Commande inconnue\u00a0: {name}.",
    "unknown error": "erreur inconnue",
    "Could not open file {filename!r}: {message}": "Fichier illisible\u00a0: {filename} ({message})",
    "Argument {name!r} takes {nargs} values.": "L'argument {name} prend {nargs} valeurs.",
    "Option {name!r} does not take a value.": "L'option {name} ne prend pas de valeur.",
    "Choose from:\n\t{choices}": "Au choix\u00a0:\n\t{choices}",
    "Choice({choices})": "Choix({choices})",
    "{value!r} is not a valid {number_type}.": "« {value} » n'est pas un nombre attendu ici.",
    "{value} is not in the range {range}.": "{value} est hors des bornes {range}.",
    "{value!r} is not a valid UUID.": "« {value} » n'est pas un identifiant (UUID).",
    "file": "le fichier",
    "directory": "le dossier",
    "path": "le chemin",
    "{name} {filename!r} does not exist.": "{name} « {filename} » n'existe pas.",
    "{name} {filename!r} is a file.": "{name} « {filename} » est un fichier.",
    "{name} {filename!r} is a directory.": "{name} « {filename} » est un dossier.",
    "{name} {filename!r} is not readable.": "{name} « {filename} » n'est pas lisible.",
    "{name} {filename!r} is not writable.": "{name} « {filename} » n'est pas modifiable.",
    "default: {default}": "par défaut\u00a0: {default}",
    "env var: {var}": "variable\u00a0: {var}",
    "required": "obligatoire",
    "(dynamic)": "(calculé)",
    "%(prog)s, version %(version)s": "%(prog)s, version %(version)s",
}

PLURALS = {
    "Did you mean {possibility}?": ("Vouliez-vous dire {possibility}\u202f?", "Plutôt\u00a0: {possibilities}\u202f?"),
    "(Possible options: {possibilities})": ("(Possible\u00a0: {possibilities})", "(Possibles\u00a0: {possibilities})"),
    "Got unexpected extra argument ({args})": (
        "Argument en trop\u00a0: {args}",
        "Arguments en trop\u00a0: {args}",
    ),
    "{value!r} is not {choice}.": ("« {value} » n'est pas {choice}.", "« {value} » n'est pas l'un de {choices}."),
    "{value!r} is not one of {choices}.": (
        "« {value} » n'est pas l'un de {choices}.",
        "« {value} » n'est pas l'un de {choices}.",
    ),
    "Option {name!r} requires an argument.": (
        "L'option {name} demande une valeur.",
        "L'option {name} demande {nargs} valeurs.",
    ),
}

_MODULES = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.termui,
    click.types,
)


def sentence(text: str) -> str:
    return SENTENCES.get(text, text)


def plural(singular: str, several: str, count: int) -> str:
    one, many = PLURALS.get(singular, (singular, several))
    return one if count == 1 else many


def install() -> None:
    """Make click speak French in this process."""
    for module in _MODULES:
        if hasattr(module, "_"):
            vars(module)["_"] = sentence
        if hasattr(module, "ngettext"):
            vars(module)["ngettext"] = plural
