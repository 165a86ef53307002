"""Two people on one object: what each has seen has a token, and the second to save is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from maillage.kernel.errors import MaillageError

NOTHING = ""  # what is seen of an object that does not exist yet


class Moved(MaillageError):
    """Someone saved meanwhile. Nothing is written; `current` holds the fields as they are now, by name."""

    def __init__(self, what: str, current: Mapping[str, Any]) -> None:
        super().__init__(f"{what} : quelqu'un d'autre l'a modifié pendant votre saisie. Rien n'est perdu : comparez.")
        self.current = dict(current)


def token_of(fields: Mapping[str, Any]) -> str:
    """A short mark of what fields hold; the same fields give the same mark."""
    text = json.dumps(dict(fields), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def refuse_if_moved(what: str, seen: str, current: Mapping[str, Any] | None) -> None:
    """Raises Moved when the object is no longer what was read. `current` None: it does not exist."""
    known = NOTHING if current is None else token_of(current)
    if known != seen:
        raise Moved(what, current or {})
