"""What the loaders of official files share: the vintage, « already loaded », the state of communes, their passage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

from maillage.core.models import Membership
from maillage.engines.passage import History, Outcome
from maillage.kernel.errors import MaillageError
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport, ImportRequest, LeftOut
from maillage.sources.selectors import newest_vintage, sha256_of
from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.importers.common import vintage_year, year_of
from maillage.territories.models import Territory

OPEN_LICENCE = "Licence Ouverte 2.0"
LEVEL_OF_PREFIX = {
    "FRANCE": Level.COUNTRY,
    "REG": Level.REGION,
    "DEP": Level.DEPARTEMENT,
    "EPCI": Level.EPCI,
    "COM": Level.COMMUNE,
    "IRIS": Level.IRIS,
}
_BASE_KINDS = (EditionKind.COG, EditionKind.MOVEMENTS)
_MAX_NAMED = 5


def level_of(code: str) -> Level:
    """The level told by a territory code."""
    return LEVEL_OF_PREFIX[code.partition("-")[0]]


def new_report(request: ImportRequest, kind: str, title: str, vintage: str, rows: int) -> ImportReport:
    return ImportReport(
        kind=kind,
        title=title,
        vintage=vintage,
        sha256=sha256_of(request.path),
        rows=rows,
        dry_run=request.dry_run,
    )


def fresh(base: ImportReport) -> ImportReport:
    """The report before any comparison: staging may start over when another file was loaded meanwhile."""
    return replace(base, counts={}, examples=[], left_out=[], notes=list(base.notes))


def chosen_year(request: ImportRequest, told: int | None, assumed: int, notes: list[str], what: str) -> int:
    """The year asked for, else that of the file, else that of its name, else an assumption that the report tells."""
    asked = vintage_year(request.vintage)
    if asked and told and asked != told:
        notes.append(f"Le fichier porte l'année {told} ; {asked} a été demandé et retenu.")
    found = asked or told or year_of(request.name)
    if found is None:
        notes.append(f"Le fichier ne dit pas {what} : {assumed} est retenu par défaut (indiquez le millésime sinon).")
    return found or assumed


def refuse_older(request: ImportRequest, kind: str, part: str, year: int, what: str) -> None:
    """Refuse a vintage that would put the present back into the past, unless that is what is asked."""
    if request.undoes:
        return
    newest = newest_vintage(kind, part)
    if newest and year < int(newest):
        raise MaillageError(
            f"{what} du millésime {newest} est déjà en place : celui de {year} est plus ancien et n'est pas chargé."
        )


def is_already_loaded(report: ImportReport, part: str, scope: Collection[str]) -> bool:
    """Whether this very file is in force, and nothing that it depends on was loaded since."""
    same = SourceEdition.objects.filter(kind=report.kind, part=part)
    found = same.filter(sha256=report.sha256, vintage=report.vintage, is_current=True).order_by("-pk").first()
    if found is None:
        return False
    if any(set(one.scope) & set(scope) for one in same.filter(pk__gt=found.pk).order_by("pk")):
        return False
    if report.kind in _BASE_KINDS:
        return True
    return not SourceEdition.objects.filter(kind__in=_BASE_KINDS, pk__gt=found.pk).exists()


def already_loaded(report: ImportReport) -> ImportReport:
    report.already_loaded = True
    return report


def unused(territories: Collection[int]) -> set[int]:
    """Those of these territories that nothing points to, in any app: they may be deleted."""
    free = set(territories)
    if not free:
        return free
    for relation in Territory._meta.related_objects:
        name = relation.field.name
        found = relation.related_model._base_manager.filter(**{f"{name}__in": territories}).order_by()
        free -= set(found.values_list(name, flat=True).distinct())
    held = set(Membership.objects.order_by().values_list("territory_code", flat=True).distinct())
    named = Territory.objects.filter(pk__in=free, code__in=held).order_by("pk")
    return free - set(named.values_list("pk", flat=True))


@dataclass
class CommuneState:
    """Open communes and what codes of another year became: read once per staging."""

    geography: date
    pks: dict[str, int] = field(default_factory=dict)
    departement_of: dict[str, str] = field(default_factory=dict)
    cog: date | None = None
    history: History = field(default_factory=lambda: History(()))
    has_movements: bool = False
    reasons: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, geography: date) -> CommuneState:
        """The state of the database, to receive a file whose communes are those of `geography`."""
        state = cls(geography)
        open_communes = Territory.objects.filter(level=Level.COMMUNE, valid_to__isnull=True)
        for insee, pk, departement in open_communes.order_by("pk").values_list("insee", "pk", "parent__code"):
            state.pks[insee] = pk
            state.departement_of[insee] = departement or ""
        if not state.pks:
            raise MaillageError(
                "Aucune commune n'est chargée. Chargez d'abord le code officiel géographique : "
                "regions.csv, departements.csv puis communes.csv (maillage import cog FICHIER)."
            )
        newest = newest_vintage(EditionKind.COG, "communes")
        state.cog = date(int(newest), 1, 1) if newest else None
        state.history = selectors.history()
        state.has_movements = selectors.has_movements()
        return state

    def place(self, code: str) -> tuple[str, Outcome]:
        """The open commune that receives a code of the file; '' when none surely does (the reason is kept)."""
        if self.cog is None or not self.history.is_known(code):
            if code in self.pks:
                return code, Outcome.UNCHANGED
            self.reasons[self._unknown(code)].append(code)
            return "", Outcome.ABSENT
        passage = self.history.passage(code, self.geography, self.cog)
        target = passage.codes[0] if passage.is_sure and len(passage.codes) == 1 else ""
        if target in self.pks:
            return target, passage.outcome
        self.reasons[self._unsure(passage.outcome, passage.codes)].append(code)
        return "", passage.outcome

    def _unknown(self, code: str) -> str:
        if self.has_movements:
            return "Communes inconnues du code officiel géographique chargé."
        return (
            "Communes inconnues du code officiel géographique chargé : si elles ont fusionné ou changé de code, "
            "chargez les mouvements de communes puis rechargez ce fichier."
        )

    def _unsure(self, outcome: Outcome, codes: tuple[str, ...]) -> str:
        if outcome is Outcome.SPLIT:
            return f"Commune partagée depuis entre {', '.join(codes)} : rien n'est réparti."
        if outcome is Outcome.ABSENT:
            return f"Codes qu'aucune commune ne portait au {self.geography:%d/%m/%Y}."
        return "Communes sans correspondance sûre dans le code officiel géographique chargé."

    def left_out(self) -> list[LeftOut]:
        """The reasons met by `place`, with a few codes each."""
        return [
            LeftOut(reason, len(codes), tuple(sorted(codes)[:_MAX_NAMED]))
            for reason, codes in sorted(self.reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ]
