"""V1: a version is what was signed, or it says that it is not."""

from __future__ import annotations

import re

from maillage.engines.contract_rules.findings import broken
from maillage.engines.contract_rules.model import Finding
from maillage.engines.contract_text import sha256_of

_SHA256 = re.compile(r"[0-9a-f]{64}")


def snapshot_intact(canonical_json: str, sha256: str) -> bool:
    """Whether the fingerprint kept with a version is that of its content, to the character.

    `canonical_json` is what was stored, not what would be written again from it: a version is never re-made to be
    checked. False for a fingerprint that is not one.
    """
    return bool(_SHA256.fullmatch(sha256)) and sha256_of(canonical_json) == sha256


def check_version(number: int, canonical_json: str, sha256: str) -> Finding | None:
    """V1 as a finding; None when the version is intact."""
    if snapshot_intact(canonical_json, sha256):
        return None
    found = sha256_of(canonical_json)
    message = (
        f"Le contenu de la version {number} n'a pas l'empreinte enregistrée à sa signature "
        f"({sha256[:12] or 'aucune'}… enregistrée, {found[:12]}… trouvée) : il a été modifié depuis."
    )
    return broken("V1", f"versions/{number}", message, [sha256, found])
