"""OpenFisca-France, loaded once for the process with the dated corrections, and the fingerprint of the law it holds."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from maillage.gateways.openfisca_france import corrections
from maillage.kernel.errors import MaillageError

if TYPE_CHECKING:
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem

PACKAGES = ("openfisca_core", "openfisca_france")
_LAW_FILES = frozenset({".py", ".yaml", ".yml", ".csv", ".json"})
_OWN_FILES = ("corrections.csv", "freshness.csv")
_loading = Lock()


class LawMissing(MaillageError):
    """OpenFisca is not installed."""


def system() -> TaxBenefitSystem:
    """French law with the corrections applied. It takes some two seconds the first time; shared, not to be changed."""
    with _loading:  # two threads of a server would otherwise load it twice
        return _system()


@cache
def _system() -> TaxBenefitSystem:
    from openfisca_france import FranceTaxBenefitSystem

    loaded = FranceTaxBenefitSystem()
    corrections.apply(loaded)
    return loaded


@cache
def fingerprint() -> str:
    """SHA-256, in hexadecimal, of the law in force: files of OpenFisca, our corrections, the rule of what is verified.

    By content, so that a changed file of an installed package is seen; the order of a folder does not matter.
    """
    total = hashlib.sha256()
    for package in PACKAGES:
        root = _folder(package)
        for path in sorted(_files(str(root))):
            total.update(path[len(str(root)) :].encode())
            with open(path, "rb") as file:
                content = file.read()
            total.update(len(content).to_bytes(8, "big"))
            total.update(content)
    for name in _OWN_FILES:
        total.update(files(__package__).joinpath(name).read_bytes())
    return total.hexdigest()


def versions() -> dict[str, str]:
    """Name and version of the packages that state the law, for what a page says of its source."""
    return {name: version(name) for name in ("openfisca-core", "openfisca-france")}


def _folder(package: str) -> Path:
    spec = find_spec(package)  # finds without importing
    if spec is None or not spec.submodule_search_locations:
        raise LawMissing(f"Le paquet « {package} » n'est pas installé : le calcul des droits n'est pas possible.")
    return Path(next(iter(spec.submodule_search_locations)))


def _files(folder: str) -> list[str]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    found.extend(_files(entry.path))
            elif os.path.splitext(entry.name)[1] in _LAW_FILES:
                found.append(entry.path)
    return found
