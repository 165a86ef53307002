"""Fetching a file from its public address, for commands and background jobs (never for a page).

An address typed by somebody must not make the server talk to its own network. So the host is resolved once, every
address it resolves to must be public, and the connection goes to that very address (a second resolution could answer
otherwise); each redirection is checked the same way. No proxy is used, no cookie and no password is sent.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from maillage import __version__
from maillage.kernel.errors import MaillageError, shorten

MEBIBYTE = 1024 * 1024
_CHUNK = 256 * 1024
_REDIRECTIONS = {301, 302, 303, 307, 308}
_MAX_URL_LENGTH = 2000


class FetchRefused(MaillageError):
    """The address is not accepted, or the file could not be fetched."""


@dataclass(frozen=True)
class Fetched:
    """A file on this disk: remove it when done. `name` comes from the address or the server, without any folder."""

    path: Path
    name: str
    url: str


@dataclass(frozen=True)
class FetchLimits:
    """`seconds` bounds the whole exchange, `silence_seconds` each wait for a byte."""

    max_bytes: int = 200 * MEBIBYTE
    seconds: float = 120
    silence_seconds: float = 20
    max_redirections: int = 5
    allow_private: bool = False  # only tests set it, to speak with their own server on this machine


class Fetcher(Protocol):
    """How the rest of the code sees it."""

    def __call__(self, url: str) -> Fetched: ...


class DummyFetcher:
    """Answers from memory: address → (name, content)."""

    def __init__(self, known: dict[str, tuple[str, bytes]]) -> None:
        self.known = known

    def __call__(self, url: str) -> Fetched:
        if url not in self.known:
            raise FetchRefused(f"L'adresse {shorten(url, 80)} ne répond pas.")
        name, content = self.known[url]
        with tempfile.NamedTemporaryFile(prefix="maillage-fetch-", delete=False) as handle:
            handle.write(content)
        return Fetched(Path(handle.name), name, url)


class _PinnedHTTP(http.client.HTTPConnection):
    """Connects to an address checked beforehand, under the host's name."""

    def __init__(self, host: str, port: int, address: str, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _PinnedHTTPS(http.client.HTTPSConnection):
    def __init__(self, host: str, port: int, address: str, timeout: float) -> None:
        self.tls = ssl.create_default_context()
        super().__init__(host, port, timeout=timeout, context=self.tls)
        self.address = address

    def connect(self) -> None:
        raw = socket.create_connection((self.address, self.port), self.timeout)
        try:
            self.sock = self.tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise


def fetch(url: str, *, limits: FetchLimits | None = None) -> Fetched:
    """Fetch an http(s) address into a temporary file. Raises FetchRefused, in French."""
    limits = limits or FetchLimits()
    deadline = time.monotonic() + limits.seconds
    current = url
    for _ in range(limits.max_redirections + 1):
        with _request(current, limits, deadline) as response:
            if response.status in _REDIRECTIONS:
                current = urljoin(current, response.headers.get("Location", ""))
                continue
            if response.status != 200:
                raise FetchRefused(f"Le serveur répond {response.status} pour {shorten(current, 80)}.")
            return _saved(response, current, limits, deadline)
    raise FetchRefused(f"Plus de {limits.max_redirections} redirections depuis {shorten(url, 80)}.")


@contextmanager
def _request(url: str, limits: FetchLimits, deadline: float) -> Iterator[http.client.HTTPResponse]:
    host, port, secure, target = _parts(url)
    address = _address(host, port, limits)
    make: Callable[[str, int, str, float], http.client.HTTPConnection] = _PinnedHTTPS if secure else _PinnedHTTP
    connection = make(host, port, address, min(limits.silence_seconds, max(deadline - time.monotonic(), 0.1)))
    try:
        connection.request(
            "GET", target, headers={"User-Agent": f"Maillage/{__version__}", "Accept-Encoding": "identity"}
        )
        yield connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchRefused(f"La connexion à {shorten(host, 80)} a échoué : {_cause(error)}.") from None
    finally:
        connection.close()


def _parts(url: str) -> tuple[str, int, bool, str]:
    """Host, port, whether TLS, and the path asked for."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise FetchRefused(f"L'adresse {shorten(url, 80)} est mal écrite.") from None
    if parts.scheme not in {"http", "https"} or not host or len(url) > _MAX_URL_LENGTH:
        raise FetchRefused(f"L'adresse {shorten(url, 80)} n'est pas acceptée : elle doit commencer par https://.")
    if parts.username or parts.password:
        raise FetchRefused("L'adresse ne doit contenir ni compte ni mot de passe.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if re.search(r"[\x00-\x20\x7f]", target):
        raise FetchRefused(f"L'adresse {shorten(url, 80)} contient une espace ou un signe interdit.")
    secure = parts.scheme == "https"
    ascii_target = "".join(sign if sign.isascii() else _percent(sign) for sign in target)
    return host, port or (443 if secure else 80), secure, ascii_target


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode())


def _address(host: str, port: int, limits: FetchLimits) -> str:
    """One address of the host, once all of them are known to be public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise FetchRefused(f"Le nom {shorten(host, 80)} est introuvable.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not limits.allow_private:
        for address in addresses:
            if not _is_public(address):
                raise FetchRefused(
                    f"L'adresse de {shorten(host, 80)} est interne à un réseau : elle n'est pas acceptée."
                )
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        # An IPv4 address may hide in an IPv6 one, in three notations.
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return _is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def _saved(response: http.client.HTTPResponse, url: str, limits: FetchLimits, deadline: float) -> Fetched:
    if response.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
        raise FetchRefused("Le serveur envoie un contenu compressé qui n'était pas demandé.")
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > limits.max_bytes:
        raise _too_big(limits)
    with tempfile.NamedTemporaryFile(prefix="maillage-fetch-", delete=False) as handle:
        path = Path(handle.name)
        try:
            _copy(response, handle, limits, deadline)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return Fetched(path, _name(response.headers, url), url)


def _copy(response: http.client.HTTPResponse, handle: IO[bytes], limits: FetchLimits, deadline: float) -> None:
    size = 0
    while chunk := response.read1(_CHUNK):
        size += len(chunk)
        if size > limits.max_bytes:
            raise _too_big(limits)
        if time.monotonic() > deadline:
            raise FetchRefused(f"Le téléchargement dépasse {limits.seconds:g} secondes.")
        handle.write(chunk)
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and size < int(announced):
        raise FetchRefused("Le téléchargement s'est interrompu avant la fin.")


def _too_big(limits: FetchLimits) -> FetchRefused:
    return FetchRefused(f"Le fichier dépasse la limite de {limits.max_bytes // MEBIBYTE} Mio.")


def _name(headers: Message, url: str) -> str:
    """A plain file name: what follows the last slash, only signs that are safe anywhere."""
    given = headers.get_filename() or unquote(urlsplit(url).path)
    last = re.split(r"[\\/]", given)[-1]
    return re.sub(r"[^\w.\-]", "_", last).strip(".")[:120] or "fichier"


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "pas de réponse à temps"
    if isinstance(error, ssl.SSLError):
        return "le certificat du serveur n'est pas valable"
    return "le serveur ne répond pas comme attendu"
