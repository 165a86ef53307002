"""The demonstration data, loaded through the services; and small files made for the tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maillage.core.models import User
from maillage.demo.load import load
from maillage.sources.registry import ImportRequest
from tests.indicators.samples import AT


@pytest.fixture
def demo(db: None) -> None:
    load(by=None, at=AT)


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., ImportRequest]:
    """A file to import, from its text or its bytes."""

    def build(
        content: str | bytes,
        *,
        name: str = "fichier.csv",
        by: User | None = None,
        dry_run: bool = False,
        at: datetime = datetime(2026, 3, 1, tzinfo=UTC),
    ) -> ImportRequest:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return ImportRequest(path, name, by, at, dry_run=dry_run)

    return build
