"""What every command shares: text or JSON on the way out, French errors, exit codes.

0 done · 1 discrepancies found, only where `--strict` asks for it · 2 what was asked is refused · 70 a fault of ours.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import click

from maillage.kernel.errors import MaillageError

DONE = 0
DISCREPANCIES = 1
REFUSED = 2
INTERNAL = 70

json_option = click.option("--json", "as_json", is_flag=True, help="Écrire le résultat en JSON sur la sortie standard.")
strict_option = click.option("--strict", is_flag=True, help="Sortir avec le code 1 si un écart est trouvé.")


def _encode(value: object) -> object:
    """What JSON does not know. A Decimal becomes an integer or a float: JSON has numbers, and readers expect them."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (Path, UUID)):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def to_json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, default=_encode)


def emit(data: object, *, as_json: bool, text: str | Callable[[], str]) -> None:
    """Write a result: `data` as JSON when asked, otherwise `text` (or what it returns)."""
    click.echo(to_json(data) if as_json else (text() if callable(text) else text))


def say(text: str) -> None:
    """Say how far a command is, on the error stream so that `--json` stays readable by a program."""
    click.echo(text, err=True)


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: a combining accent takes none."""
    return sum(0 if unicodedata.combining(char) else 1 for char in text)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> str:
    """A table in plain text; columns of `right` (by rank) are aligned to the right."""
    cells = [[str(cell) for cell in row] for row in (list(headings), *rows)]
    widths = [max(_width(row[rank]) for row in cells) for rank in range(len(headings))]

    def line(row: Sequence[str]) -> str:
        padded = []
        for rank, cell in enumerate(row):
            space = " " * (widths[rank] - _width(cell))
            padded.append(space + cell if rank in right else cell + space)
        return "  ".join(padded).rstrip()

    rule = "  ".join("─" * width for width in widths)
    return "\n".join([line(cells[0]), rule, *(line(row) for row in cells[1:])])


def refuse(message: str) -> NoReturn:
    """Stop with one French sentence and the code of a refusal."""
    raise MaillageError(message)


def run(command: click.Command, args: Sequence[str] | None = None) -> int:
    """Run the whole command line and return its exit code; every error becomes a French sentence."""
    try:
        result = command.main(
            args=list(args) if args is not None else None, prog_name="maillage", standalone_mode=False
        )
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return REFUSED
    except click.ClickException as error:
        error.show()
        return REFUSED
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrompu.", err=True)
        return 130
    except MaillageError as error:
        click.echo(f"Erreur\u00a0: {error.message_fr}", err=True)
        return REFUSED
    except BrokenPipeError:
        # The reader (head, less) went away: not an error, and nothing more can be written.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (kept open until the process ends)
        return DONE
    except Exception as error:  # noqa: BLE001  (the last door: a user never reads a traceback unless asked)
        return _unexpected(error)
    return result if isinstance(result, int) else DONE


def _unexpected(error: Exception) -> int:
    refusal = _django_refusal(error)
    if refusal is not None:
        click.echo(f"Erreur\u00a0: {refusal}", err=True)
        return REFUSED
    if os.environ.get("MAILLAGE_DEBUG"):
        traceback.print_exception(error)
    click.echo(
        f"Erreur inattendue ({type(error).__name__}). Relancez avec MAILLAGE_DEBUG=1 pour lire le détail.", err=True
    )
    return INTERNAL


def _django_refusal(error: Exception) -> str | None:
    """The sentence of a refusal raised by the application's own rules, if it is one."""
    from django.core.exceptions import PermissionDenied
    from django.http import Http404

    if isinstance(error, PermissionDenied):
        return str(error) or "Cette action ne vous est pas permise."
    if isinstance(error, Http404):
        return "Cet objet n'existe pas."
    return None
