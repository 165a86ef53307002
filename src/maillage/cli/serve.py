"""`maillage serve`: the site and its worker, in one command."""

from __future__ import annotations

import errno
import hashlib
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

import click

from maillage.cli import output
from maillage.cli.worker import make_supervisor
from maillage.kernel.errors import MaillageError

logger = logging.getLogger(__name__)

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MAX_REQUEST_BYTES = 300 * 1024 * 1024  # beyond, the server itself refuses; below, the page says why in French
THREADS = 8

host_option = click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d'écoute.")
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port d'écoute (0 : un port libre)."
)


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket, or a French refusal that says what to do. Taken before any long preparation."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        output.refuse(
            f"Le port {port} de {host} est déjà pris par un autre programme. "
            f"Arrêtez-le, ou choisissez un autre port, par exemple --port {port + 1}."
            if error.errno == errno.EADDRINUSE
            else f"Impossible d'écouter sur {host}:{port}. Vérifiez l'adresse, ou choisissez-en une autre."
        )
    return listener


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _static_signature() -> str:
    """Changes when a static file does: its path, size and time."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            path = Path(storage.path(name))
            digest.update(f"{name}|{path.stat().st_size}|{path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> bool:
    """Gather the static files under the instance's folder, if they changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    mark = Path(settings.STATIC_ROOT) / ".signature"
    signature = _static_signature()
    if mark.exists() and mark.read_text() == signature:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(signature)
    return True


@contextmanager
def _worker() -> Iterator[None]:
    """A worker for as long as the site is served."""
    supervisor = make_supervisor()
    thread = threading.Thread(target=supervisor.run, name="maillage-supervisor")
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        thread.join()


def warm_law(month: str) -> None:
    """Make the law of a month ready before somebody asks: compiling it takes seconds, a page must not wait for them.

    Nothing is lost when it fails: the first page that needs it tries again, and says why.
    """
    from maillage.gateways.openfisca_france import zones
    from maillage.gateways.openfisca_france.engine import CompiledLaw
    from maillage.gateways.openfisca_france.facts import Household, Housing, Person
    from maillage.rights.selectors.simulation import engine

    try:
        law = engine()
        if isinstance(law, CompiledLaw):
            anybody = Person(born_on=date(1990, 1, 1))
            anywhere = min(zones.table())
            law.answer([Household(persons=[anybody], commune=anywhere, housing=Housing.OWNER)], month)
            law.compile(month)
    except MaillageError as refusal:
        logger.warning("La loi de %s n'a pas pu être préparée : %s", month, refusal.message_fr)
    except Exception as error:  # noqa: BLE001  (the site is served all the same)
        logger.warning("La loi de %s n'a pas pu être préparée (%s).", month, type(error).__name__)


class _Stopped(SystemExit):
    """A signal asked the server to end. The server's loop lets this kind through, and closes its threads."""


def run_server(listener: socket.socket, *, with_worker: bool = True) -> None:
    """Serve until SIGINT or SIGTERM, then end the worker too."""
    from waitress.server import create_server

    from maillage.config.wsgi import application
    from maillage.core import clock

    def stop(signum: int, frame: FrameType | None) -> None:
        raise _Stopped

    server = create_server(
        application,
        sockets=[listener],
        threads=THREADS,
        max_request_body_size=MAX_REQUEST_BYTES,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    previous = [signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)]
    threading.Thread(target=warm_law, args=[f"{clock.today():%Y-%m}"], name="maillage-law", daemon=True).start()
    try:
        if with_worker:
            with _worker():
                server.run()
        else:
            server.run()
        click.echo("Arrêt.", err=True)
    finally:
        for one, handler in zip((signal.SIGINT, signal.SIGTERM), previous, strict=True):
            signal.signal(one, handler)
        server.close()


@click.command()
@host_option
@port_option
@click.option("--no-worker", is_flag=True, help="Ne pas lancer d'exécuteur : « maillage worker » tourne ailleurs.")
def serve(host: str, port: int, no_worker: bool) -> None:
    """Sert le site d'une instance, avec son exécuteur de travaux, jusqu'à Ctrl-C.

    Le site répond aux noms donnés par MAILLAGE_HOSTS. Derrière un serveur HTTPS, posez MAILLAGE_HTTPS=1.
    """
    listener = open_port(host, port)
    try:
        collect_static()
        click.echo(f"Le site répond à {address_of(listener)}  (Ctrl-C pour l'arrêter)")
        run_server(listener, with_worker=not no_worker)
    finally:
        listener.close()
