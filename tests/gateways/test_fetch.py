"""Fetching: a real server on this machine, allowed by an explicit flag only."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from maillage.gateways.fetch import DummyFetcher, Fetched, FetchLimits, FetchRefused, _is_public, fetch

LOCAL = FetchLimits(allow_private=True, seconds=3, silence_seconds=1, max_bytes=10_000)


class Site(BaseHTTPRequestHandler):
    """A small site with everything that can go wrong."""

    def do_GET(self) -> None:
        page = self.path.split("?")[0].strip("/").replace("/", "_").replace(".csv", "") or "home"
        getattr(self, f"page_{page}", self.page_missing)()

    def _send(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def page_data_communes(self) -> None:
        self._send(b"a;b\n1;2\n")

    def page_named(self) -> None:
        self._send(b"a", Content_Disposition='attachment; filename="../../etc/epci 2025.xlsx"')

    def page_moved(self) -> None:
        self._send(b"", 302, Location="/data/communes.csv")

    def page_loop(self) -> None:
        self._send(b"", 302, Location="/loop")

    def page_elsewhere(self) -> None:
        self._send(b"", 302, Location="file:///etc/passwd")

    def page_announced(self) -> None:
        self._send(b"", Content_Length="20000000")

    def page_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b"x" * 1000)

    def page_slow(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(50):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)

    def page_cut(self) -> None:
        self._send(b"half", Content_Length="9")

    def page_packed(self) -> None:
        self._send(b"\x1f\x8b", Content_Encoding="gzip")

    def page_missing(self) -> None:
        self._send(b"absent", 404)

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _content(fetched: Fetched) -> bytes:
    try:
        return fetched.path.read_bytes()
    finally:
        fetched.path.unlink()


def test_a_file_is_fetched_whole_with_its_name(site: str) -> None:
    fetched = fetch(f"{site}/data/communes.csv?annee=2026", limits=LOCAL)
    assert fetched.name == "communes.csv"
    assert _content(fetched) == b"a;b\n1;2\n"


def test_a_name_given_by_the_server_names_no_folder(site: str) -> None:
    fetched = fetch(f"{site}/named", limits=LOCAL)
    assert fetched.name == "epci_2025.xlsx"
    _content(fetched)


def test_a_redirection_is_followed(site: str) -> None:
    fetched = fetch(f"{site}/moved", limits=LOCAL)
    assert (fetched.url, _content(fetched)) == (f"{site}/data/communes.csv", b"a;b\n1;2\n")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("loop", "redirections"),
        ("elsewhere", "https://"),
        ("announced", "limite"),
        ("endless", "limite"),
        ("slow", "secondes"),
        ("cut", "interrompu|échoué"),
        ("packed", "compressé"),
        ("absent", "répond 404"),
    ],
)
def test_what_goes_wrong_is_told(site: str, page: str, words: str) -> None:
    with pytest.raises(FetchRefused, match=words):
        fetch(f"{site}/{page}", limits=LOCAL)


def test_this_machine_is_refused_without_the_flag(site: str) -> None:
    with pytest.raises(FetchRefused, match="interne"):
        fetch(f"{site}/data/communes.csv")
    with pytest.raises(FetchRefused, match="interne"):
        fetch(site.replace("127.0.0.1", "localhost"))


def test_a_redirection_to_a_private_address_is_refused(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host passes for public; the one it redirects to is the machine itself."""
    seen: list[str] = []

    def public_once(address: str) -> bool:
        seen.append(address)
        return len(seen) == 1

    monkeypatch.setattr("maillage.gateways.fetch._is_public", public_once)
    with pytest.raises(FetchRefused, match="interne"):
        fetch(f"{site}/moved")
    assert seen == ["127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.4.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  (an address to refuse, nothing binds to it)
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)
def test_internal_addresses_are_known(address: str) -> None:
    assert not _is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4007::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert _is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://exemple.fr/a.csv",
        "file:///etc/passwd",
        "communes.csv",
        "https://",
        "https://compte:secret@exemple.fr/a.csv",
        "https://exemple.fr:99999/a",
        "https://exemple.fr/a b",
        "https://exemple.fr/a\r\nHost: autre",
        "https://" + "a" * 2000 + ".fr/",
    ],
)
def test_addresses_that_are_not_accepted(url: str) -> None:
    with pytest.raises(FetchRefused):
        fetch(url)


def test_a_port_where_nobody_answers_is_told(site: str) -> None:
    with pytest.raises(FetchRefused, match="échoué"):
        fetch("http://127.0.0.1:1/", limits=LOCAL)


def test_the_dummy_answers_what_it_was_given() -> None:
    dummy = DummyFetcher({"https://exemple.fr/a.csv": ("a.csv", b"a\n1\n")})
    fetched = dummy("https://exemple.fr/a.csv")
    assert isinstance(fetched.path, Path)
    assert _content(fetched) == b"a\n1\n"
    with pytest.raises(FetchRefused):
        dummy("https://exemple.fr/b.csv")
