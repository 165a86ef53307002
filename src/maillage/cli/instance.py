"""The instance that a command works on: chosen first, because Django's settings are read from it once."""

from __future__ import annotations

import os
from pathlib import Path

from maillage.kernel.errors import MaillageError

SETTINGS = "maillage.config.settings.base"


def choose(data_dir: str | Path | None) -> None:
    """Name the instance's folder. To be called before `setup`; without a folder, the environment or `var` decides."""
    if data_dir is not None:
        os.environ["MAILLAGE_DATA_DIR"] = str(Path(data_dir).expanduser().resolve())


def setup() -> None:
    """Start Django on the chosen instance. Does nothing when it is started already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django

    django.setup()


def require_ready() -> None:
    """Refuse, saying what to do, when the instance has no database or one that is not up to date."""
    from django.db import DatabaseError

    from maillage.core import health

    try:
        pending = health.pending_migrations()
    except DatabaseError as error:
        raise MaillageError(
            "La base de données de l'instance ne répond pas. Vérifiez MAILLAGE_DATA_DIR ou MAILLAGE_DATABASE_URL."
        ) from error
    if pending:
        raise MaillageError(
            "La base de données de l'instance n'est pas à jour. Lancez d'abord « maillage migrate » "
            "(ou « maillage demo » pour une instance de démonstration)."
        )
