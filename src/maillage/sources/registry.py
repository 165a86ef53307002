"""The kinds of files that can be imported. Each app registers its own in `AppConfig.ready`; sources knows none of them.

    registry.register(
        Importer(kind="epci", label="Composition des EPCI", help="Classeur de la DGCL …", load=services.load_epci)
    )

`load` takes an `ImportRequest` and returns an `ImportReport`; it raises `InputRefused` with every problem by row and
column when the file is refused, and then nothing is written: a file is taken whole or not at all. The file is read and
checked outside any transaction, then written in one short transaction; `dry_run` stops before it. Progress is told by
`request.progress(percent, text)`, outside the transaction. Permissions are checked by `sources.services.run_import`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maillage.core.models import StoredFile, User
from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NARROW_NBSP, NBSP, format_number

if TYPE_CHECKING:
    from maillage.sources.models import SourceEdition

MAX_EXAMPLES = 20

Progress = Callable[[int, str], None]


def silent(percent: int, text: str) -> None:
    """A progress that nobody follows."""


@dataclass(frozen=True)
class ImportRequest:
    """A file to load. `origin` is its name or address as shown; `vintage` is '' when the file itself must tell it.

    `stored`: the file as it is already kept; None, and the load keeps it. When going back to an edition, `restores` is
    its key, `undoes` the keys of the editions of that kind loaded since: what they wrote and this file does not give is
    withdrawn, and an older vintage is not refused. `first_loaded_at` is then when the file was first loaded.
    `mapping`: the text that says how to read a table of anyone.
    """

    path: Path
    name: str
    by: User | None
    at: datetime
    origin: str = ""
    vintage: str = ""
    dry_run: bool = False
    progress: Progress = silent
    stored: StoredFile | None = None
    restores: int | None = None
    undoes: frozenset[int] = frozenset()
    first_loaded_at: datetime | None = None
    mapping: str = ""

    @property
    def day(self) -> date:
        """The day that stands for the file when it tells none: that of its first load."""
        return (self.first_loaded_at or self.at).date()


def dry(request: ImportRequest) -> ImportRequest:
    """The same request, to be compared and not written."""
    return replace(request, dry_run=True)


@dataclass(frozen=True)
class Difference:
    """One thing that the file adds, changes or closes. `before` and `after` are what a person reads."""

    change: str  # "added" | "changed" | "closed" | "removed"
    code: str
    label: str
    before: str = ""
    after: str = ""

    def sentence(self) -> str:
        named = f"{self.code} {self.label}".strip()
        if self.before or self.after:
            return f"{named}{NBSP}: {self.before or '(vide)'} → {self.after or '(vide)'}"
        return named


@dataclass(frozen=True)
class LeftOut:
    """Rows of the file that were not taken, and why, with a few of them."""

    reason: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass
class ImportReport:
    """What a file changes, or would change. Kept in the edition as JSON; `lines` is its French text."""

    kind: str
    title: str
    vintage: str = ""
    sha256: str = ""
    rows: int = 0
    dry_run: bool = False
    already_loaded: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    examples: list[Difference] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    edition: int | None = None
    mapping: str = ""
    restores: int | None = None
    seconds: float = 0.0
    locked_seconds: float = 0.0

    def count(self, change: str, number: int = 1) -> None:
        self.counts[change] = self.counts.get(change, 0) + number

    def tell(self, difference: Difference) -> None:
        """Count a difference, and keep it as an example while there are few of its kind."""
        self.count(difference.change)
        if self.counts[difference.change] <= MAX_EXAMPLES:
            self.examples.append(difference)

    @property
    def changes_nothing(self) -> bool:
        return not any(number for change, number in self.counts.items() if change != "unchanged")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ImportReport:
        """The report kept by an edition or a job; what an older report lacks is empty."""
        known = {one.name for one in fields(cls)}
        report = cls(**{"kind": "", "title": ""} | {key: value for key, value in stored.items() if key in known})
        report.examples = [Difference(**one) for one in stored.get("examples", [])]
        report.left_out = [LeftOut(**one) for one in stored.get("left_out", [])]
        return report

    @property
    def told_counts(self) -> list[tuple[str, int]]:
        """(French name of a change, how many), in reading order."""
        return [(word, self.counts[key]) for key, word in _WORDS.items() if self.counts.get(key)]

    def lines(self) -> list[str]:
        """The report as short French lines."""
        if self.already_loaded:
            return [f"{self.title}{NBSP}: déjà chargé, rien ne change."]
        head = "Essai à blanc, rien n'est écrit" if self.dry_run else "Chargé"
        found = [f"{head}{NBSP}: {self.title} ({format_number(self.rows)} lignes lues)."]
        found.append(self._counted())
        for change, heading in _HEADINGS.items():
            shown = [difference for difference in self.examples if difference.change == change]
            if shown:
                found.append(f"{heading}{NBSP}:")
                found += [f"  {shorten(difference.sentence(), 160)}" for difference in shown]
                left = self.counts[change] - len(shown)
                if left > 0:
                    found.append(f"  … et {format_number(left)} de plus.")
        for left_out in self.left_out:
            examples = f" ({', '.join(left_out.examples)})" if left_out.examples else ""
            found.append(f"Laissé de côté{NBSP}: {format_number(left_out.count)} lignes. {left_out.reason}{examples}")
        return found + self.notes

    def _counted(self) -> str:
        if self.changes_nothing:
            return "Aucune différence avec ce qui est en place."
        told = [f"{format_number(number)} {word}" for word, number in self.told_counts]
        return f"Différences{NBSP}: {f'{NARROW_NBSP}; '.join(told)}."


_WORDS = {
    "added": "ajouts",
    "changed": "modifications",
    "closed": "fermetures",
    "removed": "retraits",
    "members": "rattachements",
    "populations": "populations",
    "unchanged": "sans changement",
}
CHANGES = {"added": "ajout", "changed": "modification", "closed": "fermeture", "removed": "retrait"}
_HEADINGS = {"added": "Ajouts", "changed": "Modifications", "closed": "Fermetures", "removed": "Retraits"}


def always(edition: SourceEdition) -> str:
    """The `way_back` of a kind that can always go back to an edition of its own."""
    return ""


@dataclass(frozen=True)
class Importer:
    """One kind of file: its code (that of the command), its name, what it accepts, and what loads it.

    `way_back`: why one cannot go back to that edition, in French, '' when one can. None: this kind never goes back.
    """

    kind: str
    label: str
    help: str
    load: Callable[[ImportRequest], ImportReport]
    order: int = 100
    way_back: Callable[[SourceEdition], str] | None = None


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> None:
    """Add a kind; registering it again replaces it."""
    _importers[importer.kind] = importer


def importers() -> list[Importer]:
    return sorted(_importers.values(), key=lambda importer: (importer.order, importer.kind))


def importer_of(kind: str) -> Importer:
    """Raises MaillageError, naming the known kinds."""
    if kind not in _importers:
        known = ", ".join(importer.kind for importer in importers())
        raise MaillageError(f"Nature de fichier inconnue : « {shorten(kind, 40)} ». Natures acceptées : {known}.")
    return _importers[kind]
