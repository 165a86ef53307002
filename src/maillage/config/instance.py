"""Where an instance lives: its data folder, its secret, its own settings.

An instance is one folder (`MAILLAGE_DATA_DIR`, by default `var` in the working directory) that holds the embedded
database, the stored files, the reports and `instance.toml`. Nothing of an instance is in the code.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Instance:
    """The settings that one territory chooses for itself."""

    data_dir: Path
    name: str = "Maillage"
    region: str = ""  # territory code, such as REG-xx; empty until an instance chooses one
    theme: str = "neutral"
    demonstration: bool = False
    contact: str = ""
    legal: dict[str, str] = field(default_factory=dict)  # table [legal]: publisher, director, host, controller, dpo


def data_dir() -> Path:
    """The folder of the instance, made if it does not exist."""
    path = Path(os.environ.get("MAILLAGE_DATA_DIR", "var")).expanduser().resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)  # accounts and secrets are inside
    return path


def read_instance(folder: Path) -> Instance:
    """Settings of the instance: `instance.toml`, then the environment, which wins."""
    path = folder / "instance.toml"
    stored = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Instance(
        data_dir=folder,
        name=os.environ.get("MAILLAGE_NAME", str(stored.get("name", "Maillage"))),
        region=os.environ.get("MAILLAGE_REGION", str(stored.get("region", ""))),
        theme=os.environ.get("MAILLAGE_THEME", str(stored.get("theme", "neutral"))),
        demonstration=bool(stored.get("demonstration", False)),
        contact=os.environ.get("MAILLAGE_CONTACT", str(stored.get("contact", ""))),
        legal={key: str(value) for key, value in stored.get("legal", {}).items()},
    )


def secret_key(folder: Path) -> str:
    """The instance's secret: from the environment, or drawn once and kept readable by its owner only."""
    given = os.environ.get("MAILLAGE_SECRET_KEY")
    if given:
        return given
    path = folder / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(64))
    return path.read_text().strip()
