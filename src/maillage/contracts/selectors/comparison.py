"""Two texts compared, in French: what a reader is told of a change, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.contracts.values import shown
from maillage.engines.contract_text import Change, Text, changes, field_at, label_of, part_at

Named = Mapping[str, Mapping[str, str]]  # table → code → name

KIND_LABELS = {"changed": "Modifié", "added": "Ajouté", "removed": "Retiré"}
UNKNOWN = "non renseigné"


@dataclass(frozen=True, slots=True)
class Difference:
    """One change as a page shows it. `before` and `after` are French; '' where there is no object on that side."""

    path: str
    label: str
    kind: str
    before: str
    after: str

    @property
    def kind_label(self) -> str:
        return KIND_LABELS[self.kind]

    @property
    def sheet(self) -> str:
        """Code of the action sheet that it touches, or ''."""
        steps = self.path.split("/")
        return steps[1] if steps[0] == "sheets" and len(steps) > 1 else ""


def differences(before: Text, after: Text, names: Named) -> list[Difference]:
    """Every change from one text to another. `names`: table → code → name, for both."""
    return told(changes(before, after), names)


def told(made: Iterable[Change], names: Named) -> list[Difference]:
    """Changes as pages show them, the name of a code beside it."""
    return [
        Difference(
            change.path,
            named(change.path, names),
            change.kind,
            shown_at(change.path, change.before, names) if change.kind != "added" else "",
            shown_at(change.path, change.after, names) if change.kind != "removed" else "",
        )
        for change in made
    ]


def named(path: str, names: Named) -> str:
    """The label of a path, with the name of its indicator: « Fiche A01 · Indicateur Enfants accueillis · Cible »."""
    label = label_of(path)
    steps = path.split("/")
    if steps[2:3] == ["targets"] and len(steps) > 3:
        name = names.get("indicator", {}).get(steps[3])
        return label.replace(f"Indicateur {steps[3]}", f"Indicateur « {name} »", 1) if name else label
    return label


def shown_at(path: str, value: Any, names: Named) -> str:
    """What stands at a path, in French: a field, or the fields of an object one after the other."""
    found = field_at(path)
    if found is not None:
        return shown(found[1], value, names) or UNKNOWN
    if value is None:
        return ""
    return " ; ".join(_fields(path, value, names)) or UNKNOWN


def _fields(path: str, content: Mapping[str, Any], names: Named) -> Iterator[str]:
    part = part_at(path)
    for field in part.fields if part is not None else ():
        text = shown(field, content.get(field.name), names)
        if text and not (text == "non" and not content.get(field.name)):
            yield f"{field.label} : {text}"
    for collection, inner in content.items():
        if isinstance(inner, Mapping):
            for code, one in inner.items():
                here = f"{path}/{collection}/{code}"
                label = named(here, names).rpartition(" · ")[2]
                yield f"{label} ({', '.join(_fields(here, one, names)) or UNKNOWN})"
