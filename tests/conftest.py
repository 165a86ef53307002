"""Fixtures and sentinels shared by every test.

On for every test, without asking: no network but the loopback, warnings are errors (a naive datetime and an unordered
page are warnings of Django), an undefined template variable fails, a GET that writes fails, random order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import settings as hypothesis_settings

from maillage.core.enums import Role
from maillage.core.models import User
from maillage.territories.models import Territory
from tests import sentinels
from tests.factories import Held, make_territories, make_user

# The same examples on every machine: a failure seen once is seen again. `--hypothesis-profile=explore` looks further.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis_settings.register_profile("explore", deadline=None, database=None, max_examples=2000)
hypothesis_settings.load_profile("ci")

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parent.parent / "shared"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests that read real documents exist only where the documents do. Nothing else is conditional."""
    if collection_path == TESTS / "shared" and not SHARED.is_dir():
        return True
    return None


_reads_that_wrote = sentinels.ReadsThatWrote()


@pytest.fixture(scope="session", autouse=True)
def _watch_the_process() -> Iterator[None]:
    restorers = [
        _reads_that_wrote.install(),
        sentinels.undefined_variables_fail(),
        sentinels.let_flush_empty_the_journal(),
    ]
    yield
    for restore in restorers:
        restore()


@pytest.fixture(autouse=True)
def _a_read_never_writes() -> Iterator[None]:
    """Says it again after the test, for a write that a thread or a broad `except` would have hidden."""
    _reads_that_wrote.seen.clear()
    yield
    seen = list(_reads_that_wrote.seen)
    _reads_that_wrote.seen.clear()
    assert not seen, "\n".join(seen)


@pytest.fixture
def reads_that_wrote() -> sentinels.ReadsThatWrote:
    """The sentinel itself, for the test that shows it works."""
    return _reads_that_wrote


@pytest.fixture
def shared() -> Path:
    """The folder of real documents, for the tests of `tests/shared/`."""
    return SHARED


@pytest.fixture
def territories(db: None) -> dict[str, Territory]:
    """A few real territories, by code: the instance's region (REG-52), its départements, and another region."""
    return make_territories()


@pytest.fixture
def aicha(db: None) -> User:
    """The owner: commissioner on the instance's region."""
    return make_user("Aïcha Benali", Held(Role.COMMISSIONER, "REG-52"), email="aicha@exemple.test")


@pytest.fixture
def bruno(db: None) -> User:
    """The colleague: reads the same region, changes nothing."""
    return make_user("Bruno Le Goff", Held(Role.READER, "REG-52"), email="bruno@exemple.test")


@pytest.fixture
def chloe(db: None) -> User:
    """From elsewhere: a département lead of another region, to whom this one does not exist."""
    return make_user("Chloé Martin", Held(Role.DEPARTEMENT, "DEP-35"), email="chloe@exemple.test")


@pytest.fixture
def ddets(db: None) -> User:
    return make_user("Denis Caro", Held(Role.DDETS, "DEP-44"), email="ddets@exemple.test")


@pytest.fixture
def departement_lead(db: None) -> User:
    return make_user("Émilie Roux", Held(Role.DEPARTEMENT, "DEP-44"), email="departement@exemple.test")


@pytest.fixture
def prefect(db: None) -> User:
    return make_user("Fabienne Noël", Held(Role.PREFECT, "REG-52"), email="prefete@exemple.test")


@pytest.fixture
def auditor(db: None) -> User:
    return make_user("Guy Lambert", Held(Role.AUDITOR, "REG-52"), email="audit@exemple.test")


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """`client_for(aicha).get(...)`: a browser already signed in."""

    def build(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return build
