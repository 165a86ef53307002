"""A real instance, served by the real command, seen through a real browser.

`MAILLAGE_CHROMIUM` names the browser (Debian's by default). `MAILLAGE_SCREENSHOTS=folder` keeps a picture of every page
at three widths; `MAILLAGE_README_IMAGES=1` makes again the two pictures of the README.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (360, 768, 1280)
START_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """Someone of the demonstration: who may sign in, and as what."""

    email: str
    password: str
    role: str
    territory: str


@dataclass
class Site:
    """The served instance."""

    url: str
    data_dir: Path
    accounts: list[Account]

    def account(self, role: str) -> Account:
        return next(account for account in self.accounts if account.role == role)

    def command(self, *words: str) -> str:
        """What a command of the same instance answers on its standard output."""
        return maillage(*words, data_dir=self.data_dir)


COMMAND = [sys.executable, "-c", "from maillage.cli.main import main; main()"]


def clean_environment() -> dict[str, str]:
    """The instance is named by `--data-dir`; nothing of the tests' own settings may leak into it."""
    left_out = {"DJANGO_SETTINGS_MODULE"}
    return {k: v for k, v in os.environ.items() if not k.startswith("MAILLAGE_") and k not in left_out}


def maillage(*words: str, data_dir: Path) -> str:
    done = subprocess.run(
        [*COMMAND, "--data-dir", str(data_dir), *words],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
        cwd=data_dir,
    )
    assert done.returncode == 0, f"maillage {' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def address_served(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the command prints once it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        printed = re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
        if printed:
            return printed.group(0)
        time.sleep(0.2)
    return pytest.fail(f"the site did not start:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`maillage demo --no-serve`, then `maillage serve` on a free port, in a folder of its own."""
    data_dir = tmp_path_factory.mktemp("instance")
    made = json.loads(maillage("demo", "--no-serve", "--json", data_dir=data_dir))
    accounts = [Account(a["email"], a["password"], a["role"], a["territory"]) for a in made["accounts"]]
    log = data_dir / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, "--data-dir", str(data_dir), "serve", "--port", "0"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=clean_environment() | {"PYTHONUNBUFFERED": "1"},
            cwd=data_dir,
        )
    try:
        yield Site(address_served(process, log), data_dir, accounts)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
    faults = [line for line in log.read_text(encoding="utf-8").splitlines() if '"level": "ERROR"' in line]
    assert not faults, "the server logged faults of its own:\n" + "\n".join(faults)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("MAILLAGE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@dataclass
class Watch:
    """What a page complained of: errors of the console, exceptions, refusals of the content security policy."""

    seen: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"exception: {error}"))
        page.on("requestfailed", lambda request: self._failed(request.url, str(request.failure or "")))

    def forgive(self, text: str) -> None:
        """Drop complaints that the test meant to raise; there must be one."""
        kept = [one for one in self.seen if text not in one]
        assert len(kept) < len(self.seen), f"nothing to forgive about « {text} »"
        self.seen[:] = kept

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, url: str, failure: str) -> None:
        if "ERR_ABORTED" not in failure:  # a download, or a page left before its end
            self.seen.append(f"request failed: {url} {failure}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test when a page complained of something that the test did not forgive by name."""
    watched = Watch()
    yield watched
    assert not watched.seen, "\n".join(watched.seen)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    opened = context.new_page()
    watch.attach(opened)
    return opened


@pytest.fixture
def sign_in(site: Site, page: Page) -> Callable[[str], Page]:
    """`sign_in("commissioner")`: through the form, as anyone would."""

    def enter(role: str) -> Page:
        fill_login(page, site, site.account(role))
        return page

    return enter


def fill_login(page: Page, site: Site, account: Account) -> None:
    page.goto(f"{site.url}/connexion/")
    page.get_by_label("Adresse électronique").fill(account.email)
    page.get_by_label("Mot de passe").fill(account.password)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/connexion/" not in url)


@pytest.fixture(scope="session")
def signed_state(site: Site, browser: Browser) -> dict[str, Any]:
    """The commissioner's cookies: pages visited one after the other need not sign in each time."""
    opened = browser.new_context()
    entered = opened.new_page()
    fill_login(entered, site, site.account("commissioner"))
    state: dict[str, Any] = dict(opened.storage_state())
    opened.close()
    return state


def screenshots_folder() -> Path | None:
    """Where pictures are kept, when they are asked for."""
    asked = os.environ.get("MAILLAGE_SCREENSHOTS")
    if not asked:
        return None
    folder = Path(asked)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def screenshots() -> Path | None:
    return screenshots_folder()


@dataclass
class People:
    """Several persons at work at once, each in a browser context of their own, signed in once."""

    site: Site
    browser: Browser
    watch: Watch
    pictures: Path | None
    pages: dict[str, Page] = field(default_factory=dict)

    def page(self, who: str) -> Page:
        """The page of someone, named by the beginning of the address of the account: « ddets44 »."""
        if who not in self.pages:
            account = next(one for one in self.site.accounts if one.email.split("@")[0] == who)
            context = self.browser.new_context(
                locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1280, "height": 900}
            )
            context.set_default_timeout(15_000)
            self.pages[who] = context.new_page()
            self.watch.attach(self.pages[who])
            fill_login(self.pages[who], self.site, account)
        return self.pages[who]

    def picture(self, page: Page, name: str) -> None:
        """What the page is on a phone, kept when pictures are asked for."""
        if self.pictures is None:
            return
        page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    def leave(self) -> None:
        for page in self.pages.values():
            page.context.close()


@pytest.fixture
def people(site: Site, browser: Browser, watch: Watch, screenshots: Path | None) -> Iterator[People]:
    gathered = People(site, browser, watch, screenshots)
    yield gathered
    gathered.leave()
