"""The command as a person meets it: help that reads well, errors in one French sentence, exit codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import click
import pytest
from django.core.exceptions import PermissionDenied

from maillage import __version__
from maillage.cli import french, main, output
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

ENGLISH = ("Usage:", "Options:", "Commands:", "Show this", "Try '", "Error:", "Missing", "No such", "Invalid")


def refused(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main.run(args) == output.REFUSED
    return capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    text = capsys.readouterr().out
    for name, entry in main.ENTRIES.items():
        assert name in text
        assert entry.summary in text
    assert "Exemples" in text
    assert not [word for word in ENGLISH if word in text]


@pytest.mark.parametrize("name", main.ENTRIES)
def test_every_command_loads_and_explains_itself(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main.run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Usage\u00a0: maillage")
    assert not [word for word in ENGLISH if word in text]


def _commands(group: click.Group, context: click.Context) -> list[tuple[str, click.Command]]:
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += _commands(command, context)
    return found


def test_every_command_and_option_is_explained() -> None:
    mute = []
    for name, command in _commands(main.cli, click.Context(main.cli)):
        if not command.help:
            mute.append(name)
        mute += [
            f"{name} {one.name}"
            for one in command.params
            if isinstance(one, click.Option) and not one.hidden and not one.help
        ]
    assert not mute


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["demi"], "Commande inconnue\u00a0: demi"),
        (["--demi"], "Option inconnue\u00a0: --demi"),
        (["demo", "--port", "abc"], "« abc »"),
        (["demo", "--port", "70000"], "hors des bornes"),
        (["demo", "--host", "192.0.2.1"], "que sur cette machine"),
        (["demo", "--data-dir"], "demande une valeur"),
        (["demo", "encore"], "en trop"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_french(
    capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    text = refused(capsys, *args)
    assert message.replace("\u00a0", " ") in text.replace("\u00a0", " ")
    assert not [word for word in ENGLISH if word in text]


def test_a_command_that_this_version_lacks_is_said_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = main.Entry("absente", "maillage.cli.absente:absente", "Rien.", ready=False)
    monkeypatch.setitem(main.ENTRIES, "absente", entry)
    assert "n'est pas fournie" in refused(capsys, "absente")


def fails_with(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (MaillageError("Le fichier manque."), 2, "Erreur\u00a0: Le fichier manque."),
        (InputRefused([InputProblem(3, "valeur", "il faut un nombre.")]), 2, "Ligne 3"),
        (PermissionDenied("Ceci est à l'équipe."), 2, "Ceci est à l'équipe."),
        (KeyboardInterrupt(), 130, "Interrompu."),
        (KeyError("secret"), 70, "Erreur inattendue (KeyError)"),
    ],
)
def test_errors_become_one_sentence_and_a_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    assert output.run(fails_with(error), []) == code
    text = capsys.readouterr().err
    assert message in text
    assert "Traceback" not in text
    assert "secret" not in text


def test_the_detail_of_a_fault_is_given_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILLAGE_DEBUG", "1")
    assert output.run(fails_with(KeyError("x")), []) == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_command_may_return_its_code() -> None:
    @click.command()
    def command() -> int:
        return output.DISCREPANCIES

    assert output.run(command, []) == 1


@dataclass
class Row:
    name: str
    value: Decimal


def test_json_writes_what_the_data_holds() -> None:
    data = {
        "été": [Row("a", Decimal("12")), Row("b", Decimal("1.5"))],
        "le": date(2026, 11, 20),
        "dans": Path("var"),
        "id": UUID(int=1),
        "codes": {"b", "a"},
        "inconnu": None,
    }
    assert json.loads(output.to_json(data)) == {
        "été": [{"name": "a", "value": 12}, {"name": "b", "value": 1.5}],
        "le": "2026-11-20",
        "dans": "var",
        "id": "00000000-0000-0000-0000-000000000001",
        "codes": ["a", "b"],
        "inconnu": None,
    }
    with pytest.raises(TypeError):
        output.to_json({"x": object()})


def test_a_table_is_aligned() -> None:
    text = output.table(["Nom", "Valeur"], [["Été", 12], ["Mayenne", 1234]], right=[1])
    assert text.splitlines() == ["Nom      Valeur", "───────  ──────", "Été          12", "Mayenne    1234"]


def test_every_sentence_of_click_that_we_may_meet_is_translated() -> None:
    assert french.sentence("Missing argument") == "Il manque l'argument"
    assert french.plural("Did you mean {possibility}?", "(Possible options: {possibilities})", 1).startswith("Vouliez")
    assert french.sentence("something new") == "something new"
