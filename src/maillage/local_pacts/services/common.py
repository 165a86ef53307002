"""What every write of a local pact does: lock the pact, check that its text is open, save a part once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models

from maillage.core import audit
from maillage.core.models import User
from maillage.kernel.errors import MaillageError
from maillage.local_pacts import perms
from maillage.local_pacts.models import Commitment, DiagnosisSection, LocalPact, Partner, Priority
from maillage.local_pacts.selectors.pacts import Loaded, with_parts

Part = LocalPact | DiagnosisSection | Partner | Priority | Commitment


class Refused(MaillageError):
    """What is asked does not go with what the pact is, or with its state."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people wrote otherwise: what is saved now, and what the second one has in hand."""

    field: str
    label: str
    saved: str
    yours: str


class EditConflict(MaillageError):
    """Someone saved the same part meanwhile. Nothing is written; `differences` show both, `revision` is theirs."""

    def __init__(self, part: Part, values: Mapping[str, Any]) -> None:
        self.revision = part.revision
        self.differences = [
            Difference(name, label_of(part, name), written(getattr(part, name)), written(value))
            for name, value in values.items()
            if getattr(part, name) != value
        ]
        super().__init__(
            "Quelqu'un d'autre a enregistré cette partie pendant que vous écriviez. Votre saisie n'est pas perdue : "
            "comparez, corrigez s'il le faut, puis enregistrez à nouveau."
        )


def label_of(part: Part, name: str) -> str:
    return str(part._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # our fields have a name


def written(value: Any) -> str:
    """A value of a field as the journal and a comparison show it."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)


def lock(pact: LocalPact) -> LocalPact:
    """The pact, its row locked: every write of a pact waits for the one before."""
    found = LocalPact.objects.select_for_update(of=("self",)).select_related("territory__parent__parent")
    return found.get(pk=pact.pk)


def loaded(pact: LocalPact) -> Loaded:
    """The parts as they are now, for the guards. Asked after `lock`."""
    return Loaded(with_parts().get(pk=pact.pk))


def require_open_text(pact: LocalPact) -> None:
    if not perms.is_open_text(pact):
        raise Refused(
            f"L'état « {pact.get_state_display()} » ne permet pas de changer le texte du pacte. Un pacte ouvert à la "
            "signature revient d'abord en consultation ; un pacte en vigueur se reprend."
        )


def cleaned(text: str) -> str:
    """A text as it is stored: ordinary line ends, nothing around."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def required(values: Mapping[str, Any], part: Part) -> None:
    """Refuse a part whose needed words are empty."""
    empty = [label_of(part, name) for name, value in values.items() if value in ("", None)]
    if empty:
        raise Refused(f"À remplir : {', '.join(empty)}.")


def save(
    part: Part, values: Mapping[str, Any], *, base_revision: int | None, by: User | None, at: datetime, what: str
) -> bool:
    """Write the fields that differ and record them. False when nothing differs: nothing is written then.

    `base_revision` is the revision that the writer started from; None for a caller that has just read. Raises
    EditConflict when the part was saved meanwhile with other values.
    """
    changes = {name: [getattr(part, name), value] for name, value in values.items() if getattr(part, name) != value}
    is_new = part.pk is None
    if not changes and not is_new:
        return False
    if not is_new and base_revision is not None and part.revision != base_revision:
        raise EditConflict(part, values)
    for name, value in values.items():
        setattr(part, name, value)
    part.revision = 1 if is_new else part.revision + 1
    part.save()
    record(part, by=by, at=at, action="write", summary=what, changes=changes)
    return True


def record(
    part: models.Model,
    *,
    by: User | None,
    at: datetime,
    action: str,
    summary: str,
    changes: Mapping[str, list[Any]] | None = None,
) -> None:
    """A line of the journal, its values as texts, with the département."""
    audit.record(
        action=f"local_pact.{action}",
        obj=part,
        by=by,
        at=at,
        summary=summary,
        changes={name: [written(old), written(new)] for name, (old, new) in (changes or {}).items()},
        territory_code=pact_of(part).territory.code,
    )


def pact_of(part: models.Model) -> LocalPact:
    """The pact that a part belongs to."""
    if isinstance(part, LocalPact):
        return part
    if isinstance(part, Commitment):
        return part.priority.pact
    found: LocalPact = part.pact  # type: ignore[attr-defined]  # every other part names its pact
    return found
