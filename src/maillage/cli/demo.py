"""`maillage demo`: an instance with public data and accounts to try it, in one command."""

from __future__ import annotations

import shutil
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maillage.cli import instance, output
from maillage.cli.serve import LOOPBACK, address_of, collect_static, host_option, open_port, port_option, run_server
from maillage.kernel.errors import MaillageError

if TYPE_CHECKING:
    from maillage.demo.accounts import Account

REPORT_FORMATS = ("pdf", "odt")


@dataclass
class Prepared:
    """What the preparation did: seconds by step, accounts, reports found or written."""

    data_dir: Path
    seconds: dict[str, float] = field(default_factory=dict)
    accounts: list[Account] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, label: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 2)
        output.say(f"  {label:<44} {self.seconds[name]:6.2f} s".replace(".", ","))


def _embedded_settings() -> dict[str, Any]:
    return tomllib.loads((files("maillage.demo") / "data" / "instance.toml").read_text(encoding="utf-8"))


def _create_instance() -> Path:
    """The folder of the instance, with its settings. An instance that is not a demonstration is left alone."""
    from maillage.config.instance import data_dir, read_instance

    folder = data_dir()
    path = folder / "instance.toml"
    if not path.exists():
        if any((folder / name).exists() for name in ("maillage.sqlite3", "secret_key")):
            raise MaillageError(
                f"Le dossier {folder} contient déjà une instance : choisissez-en un autre (--data-dir)."
            )
        with as_file(files("maillage.demo") / "data" / "instance.toml") as source:
            shutil.copyfile(source, path)
    if not read_instance(folder).demonstration:
        raise MaillageError(
            f"L'instance de {folder} n'est pas une démonstration : choisissez un autre dossier (--data-dir)."
        )
    return folder


def _write_reports(folder: Path, year: int) -> list[Path]:
    """The annual report of the demonstration's year, in each format that is not there yet."""
    from maillage.core import clock
    from maillage.reports.services import write_annual_report

    written = []
    for wanted in REPORT_FORMATS:
        found = sorted((folder / "reports").glob(f"*{year}*.{wanted}"))
        written.append(found[0] if found else write_annual_report(year=year, format=wanted, by=None, at=clock.now()))
    return [Path(path) for path in written]


def prepare() -> Prepared:
    """Build or complete the demonstration instance. A second call keeps the data."""
    folder = _create_instance()
    done = Prepared(folder)
    output.say(f"Instance de démonstration : {folder}")
    instance.setup()
    from maillage.core import clock, maintenance
    from maillage.demo import accounts, collecting, contracts, load, local_pacts

    with done.step("database", "Base de données"):
        maintenance.upgrade(at=clock.now())
    with done.step("static", "Feuilles de style et scripts"):
        collect_static()
    with done.step("accounts", "Comptes de démonstration"):
        done.accounts = accounts.ensure(data_dir=folder, at=clock.now())
    with done.step("data", "Documents, chiffres et territoires"):
        load.load(by=None, at=clock.now())
    with done.step("contracts", "Contrats, collectes et pactes locaux"):
        contracts.load_contracts(at=clock.now())
        collecting.load_campaigns(at=clock.now())
        local_pacts.load_local_pacts(at=clock.now())
    year = int(_embedded_settings()["report_year"])
    with done.step("report", f"Rapport annuel {year}"):
        done.reports = _write_reports(folder, year)
    return done


def _accounts_table(accounts: list[Account]) -> str:
    return output.table(
        ["Adresse", "Mot de passe", "Rôle", "Territoire"],
        [[one.email, one.password, one.role_label, one.territory] for one in accounts],
    )


def _data(done: Prepared, address: str) -> dict[str, Any]:
    return {
        "data_dir": done.data_dir,
        "address": address,
        "reports": done.reports,
        "seconds": done.seconds,
        "accounts": [
            {"email": one.email, "password": one.password, "role": one.role, "territory": one.territory}
            for one in done.accounts
        ],
    }


def _text(done: Prepared, address: str) -> str:
    lines = ["", "Comptes de démonstration (ils ne s'ouvrent que depuis cette machine) :", ""]
    lines += [_accounts_table(done.accounts), ""]
    lines += [f"Rapport : {path}" for path in done.reports]
    if address:
        lines.append(f"Site :    {address}  (Ctrl-C pour l'arrêter)")
    return "\n".join(lines)


@click.command()
@click.option("--no-serve", is_flag=True, help="Tout préparer sans servir le site.")
@click.option("--data-dir", metavar="DOSSIER", help="Dossier de l'instance (« var » sans cette option).")
@host_option
@port_option
@output.json_option
def demo(no_serve: bool, data_dir: str | None, host: str, port: int, as_json: bool) -> None:
    """Crée l'instance de démonstration, écrit le rapport annuel et sert le site.

    Relancer la commande garde les données. Les mots de passe sont tirés pour cette instance et affichés à chaque fois.
    """
    instance.choose(data_dir)
    if no_serve:
        done = prepare()
        output.emit(_data(done, ""), as_json=as_json, text=_text(done, ""))
        return
    if host not in LOOPBACK:
        output.refuse(
            "La démonstration ne se sert que sur cette machine (127.0.0.1) : ses comptes sont connus de qui la lance. "
            "Pour servir une instance à d'autres, utilisez « maillage serve »."
        )
    listener = open_port(host, port)
    try:
        done = prepare()
        address = address_of(listener)
        output.emit(_data(done, address), as_json=as_json, text=_text(done, address))
        run_server(listener)
    finally:
        listener.close()
