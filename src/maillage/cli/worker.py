"""`maillage worker`: a supervisor, and the process that it keeps alive."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from maillage.core.worker import Supervisor

CHILD = [sys.executable, "-c", "from maillage.cli.main import main; main()", "worker", "--child"]


def make_supervisor() -> Supervisor:
    """The supervisor of this instance's worker; the caller runs it and stops it."""
    from maillage.core.worker import Supervisor

    return Supervisor(CHILD)


@click.command()
@click.option("--child", is_flag=True, hidden=True)
def worker(child: bool) -> None:
    """Exécute les travaux longs, jusqu'à Ctrl-C.

    Si le processus qui travaille est tué, son travail est marqué comme échoué et un autre processus prend la suite.
    « maillage serve » et « maillage demo » en lancent un eux-mêmes.
    """
    if child:
        from maillage.core.worker import run_child

        run_child()
        return
    supervisor = make_supervisor()

    def stop(signum: int, frame: FrameType | None) -> None:
        supervisor.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo("Exécuteur en marche. Ctrl-C pour l'arrêter.", err=True)
    supervisor.run()
