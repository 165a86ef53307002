"""`maillage demo` for real: another process, an empty folder, then a browser's requests. Nothing is replaced."""

from __future__ import annotations

import http.cookiejar
import json
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import MAILLAGE, environment, maillage


def demo(folder: Path) -> dict[str, Any]:
    done = maillage("demo", "--no-serve", "--data-dir", str(folder), "--json", cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A demonstration instance, built once for the tests of this module."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    return folder, demo(folder)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "maillage.sqlite3")) as database:
        return database.execute(query).fetchall()


def test_the_first_run_builds_everything(built: tuple[Path, dict[str, Any]]) -> None:
    folder, said = built
    assert Path(said["data_dir"]) == folder
    assert {Path(path).suffix for path in said["reports"]} == {".pdf", ".odt"}
    for path in map(Path, said["reports"]):
        assert path.parent == folder / "reports"
        assert path.stat().st_size > 10_000
    assert {one["role"] for one in said["accounts"]} >= {"commissioner", "prefect", "ddets", "departement", "auditor"}
    for name in ("demonstration_accounts.json", "secret_key"):
        assert (folder / name).stat().st_mode & 0o077 == 0, "readable by its owner only"
    assert folder.stat().st_mode & 0o077 == 0


def test_passwords_are_of_this_instance_alone(built: tuple[Path, dict[str, Any]]) -> None:
    passwords = [one["password"] for one in built[1]["accounts"]]
    assert len(set(passwords)) == len(passwords)
    assert all(re.fullmatch(r"(?:\w{4}-){3}\w{4}", password) for password in passwords)
    stored = " ".join(row[0] for row in rows(built[0], "SELECT password FROM core_user"))
    assert not any(password in stored for password in passwords)


def test_the_second_run_keeps_everything(built: tuple[Path, dict[str, Any]]) -> None:
    folder, first = built
    with closing(sqlite3.connect(folder / "maillage.sqlite3")) as database:
        database.execute("UPDATE core_user SET full_name = 'Nom changé' WHERE email LIKE 'lecteur@%'")
        database.commit()
    journal = rows(folder, "SELECT count(*) FROM core_auditentry")
    second = demo(folder)
    assert second["accounts"] == first["accounts"]
    assert second["reports"] == first["reports"]
    assert rows(folder, "SELECT full_name FROM core_user WHERE email LIKE 'lecteur@%'") == [("Nom changé",)]
    assert rows(folder, "SELECT count(*) FROM core_auditentry") == journal, "a second run writes nothing"


def test_lost_passwords_are_drawn_again(built: tuple[Path, dict[str, Any]]) -> None:
    folder, first = built
    (folder / "demonstration_accounts.json").unlink()
    again = demo(folder)
    assert {one["email"] for one in again["accounts"]} == {one["email"] for one in first["accounts"]}
    assert {one["password"] for one in again["accounts"]}.isdisjoint(one["password"] for one in first["accounts"])
    first["accounts"] = again["accounts"]


def test_an_instance_that_is_not_a_demonstration_is_left_alone(tmp_path: Path) -> None:
    assert maillage("--data-dir", "réelle", "migrate", cwd=tmp_path).returncode == 0
    done = maillage("demo", "--no-serve", "--data-dir", "réelle", cwd=tmp_path)
    assert done.returncode == 2
    assert "contient déjà une instance" in done.stderr
    (tmp_path / "réelle" / "instance.toml").write_text('name = "Réelle"\n', encoding="utf-8")
    done = maillage("demo", "--no-serve", "--data-dir", "réelle", cwd=tmp_path)
    assert done.returncode == 2
    assert "n'est pas une démonstration" in done.stderr


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = maillage("demo", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert not (tmp_path / "var").exists(), "nothing was prepared for nothing"


# --- served ---------------------------------------------------------------------------------------------------------


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The demonstration, served on a free port; its address."""
    process = subprocess.Popen(
        [*MAILLAGE, "demo", "--data-dir", str(folder), "--port", "0"],
        cwd=folder.parent,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            if line.startswith("Site"):
                address = line.split()[2]
                break
        assert address.startswith("http://127.0.0.1:")
        yield address.rstrip("/"), process
    finally:
        process.kill()
        process.communicate()


class Browser:
    """Cookies, forms, and no redirection followed in silence."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        try:
            with self.opener.open(self.address + path, body, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def sign_in(self, email: str, password: str) -> tuple[int, str]:
        _, page = self.open("/connexion/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        return self.open(
            "/connexion/?next=/compte/",
            {"username": email, "password": password, "csrfmiddlewaretoken": token[1]},
        )


def workers_of(pid: int) -> list[int]:
    """The children of a process, whichever of its threads started them."""
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


def test_the_site_is_served_with_its_worker_and_ends_cleanly(built: tuple[Path, dict[str, Any]]) -> None:
    folder, said = built
    with served(folder) as (address, process):
        account = said["accounts"][0]
        browser = Browser(address)
        status, page = browser.sign_in(account["email"], account["password"])
        assert status == 200
        assert account["email"] in page
        assert browser.open("/")[0] == 200

        deadline = time.monotonic() + 30
        while browser.open("/healthz")[1].find('"ok": false') >= 0:
            assert time.monotonic() < deadline, browser.open("/healthz")
            time.sleep(0.2)

        workers = workers_of(process.pid)
        assert len(workers) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
        assert not Path(f"/proc/{workers[0]}").exists(), "the worker is gone with the site"


def test_the_worker_does_not_outlive_a_site_that_is_killed(built: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = built
    with served(folder) as (_address, process):
        deadline = time.monotonic() + 30
        while not workers_of(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        worker = workers_of(process.pid)[0]
        time.sleep(3)  # long enough for the worker to be listening to its supervisor
        process.kill()
        process.wait()
        while Path(f"/proc/{worker}/cmdline").exists() and Path(f"/proc/{worker}/cmdline").read_bytes():
            assert time.monotonic() < deadline, "the worker stayed"
            time.sleep(0.1)
