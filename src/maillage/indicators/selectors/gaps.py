"""What the chain lacks: need → action → money → people reached → evidence. A missing link is shown, never filled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from maillage.engines.consistency import VerdictKind
from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.consistency import Checked, check
from maillage.indicators.selectors.credits import credits_by_axis, credits_by_contract
from maillage.indicators.selectors.people import poor_persons, populations
from maillage.pacts.models import Pact
from maillage.pacts.selectors import measure_count, projects
from maillage.territories.enums import Level
from maillage.territories.models import Territory


@dataclass(frozen=True, slots=True)
class Gap:
    """One missing link. `link` is a code of LINKS; `url_name` and `url_args` lead to the page concerned."""

    link: str
    title: str
    detail: str = ""
    url_name: str = ""
    url_args: tuple[str, ...] = ()

    @property
    def link_label(self) -> str:
        return LINKS[self.link]

    @property
    def url(self) -> str:
        return reverse(self.url_name, args=self.url_args) if self.url_name else ""


LINKS = {
    "need": "Besoin",
    "action": "Action",
    "money": "Argent",
    "people": "Personnes touchées",
    "evidence": "Preuve",
}


def missing(region: Territory, pact: Pact | None, year: int, *, checked: Iterable[Checked] | None = None) -> list[Gap]:
    """The gaps of a region's pact for a year, in the order of the chain."""
    seen = tuple(check() if checked is None else checked)
    gaps = [*_need(region), *_money(region, pact, year), *_people(), *_evidence(seen)]
    if pact is not None:
        gaps.extend(_action(region, pact))
    order = list(LINKS)
    return sorted(gaps, key=lambda gap: order.index(gap.link))


def _need(region: Territory) -> list[Gap]:
    inside = list(Territory.objects.filter(parent=region, level=Level.DEPARTEMENT))
    gaps = []
    poor = poor_persons([region])[region.code]
    if not poor.known:
        title = "Les personnes sous le seuil de pauvreté ne peuvent pas être estimées"
        gaps.append(Gap("need", title, poor.reason, "indicators"))
    counted = populations(inside)
    without = [territory.name for territory in inside if not counted[territory.code].known]
    if without:
        gaps.append(Gap("need", "Population légale non chargée", ", ".join(without), "imports"))
    unknown_values = Observation.objects.filter(status__in=[Status.UNAVAILABLE, Status.SUPPRESSED]).count()
    if unknown_values:
        detail = "Secret statistique ou donnée non disponible : ces valeurs ne comptent pas pour zéro."
        gaps.append(Gap("need", f"{unknown_values} valeur(s) observée(s) inconnue(s)", detail, "indicators"))
    return gaps


def _action(region: Territory, pact: Pact) -> list[Gap]:
    gaps = []
    count = measure_count(pact)
    if count.differs:
        detail = f"{count.announced} annoncées, {count.listed} listées : aucun document chargé n'en donne la table."
        title = "Correspondance entre mesures annoncées et mesures listées"
        gaps.append(Gap("action", title, detail, "pact", (pact.code,)))
    if not projects(inside=region).filter(axis__pact=pact).exists():
        title = f"Aucun projet soutenu n'est chargé pour {pact.short_title}"
        gaps.append(Gap("action", title, "", "pact", (pact.code,)))
    return gaps


def _money(region: Territory, pact: Pact | None, year: int) -> list[Gap]:
    table = credits_by_contract(region)
    if not table.rows:
        return [Gap("money", "Aucun crédit de contractualisation n'est chargé", "", "imports")]
    gaps = []
    wanted = str(year)
    if wanted not in table.years:
        title = f"Aucun crédit de contractualisation chargé pour {year}"
        gaps.append(Gap("money", title, f"Années chargées : {', '.join(table.years)}.", "indicator", (Known.CREDITS,)))
    for row in table.rows:
        value = row.by_year.get(wanted)
        if value is not None and not value.known:
            gaps.append(Gap("money", f"Crédits {year} inconnus : {row.territory.name}", value.reason))
    if pact is not None and not any(axis.value.known for axis in credits_by_axis(pact, region, wanted)):
        title = f"Crédits par {pact.axis_word} inconnus"
        detail = f"Aucune source chargée ne répartit les crédits par {pact.axis_word}."
        gaps.append(Gap("money", title, detail, "pact", (pact.code,)))
    return gaps


def _people() -> list[Gap]:
    counted = Indicator.objects.filter(unit__in=["persons", "households"], summable_actions=True)
    if counted.filter(observations__isnull=False).exists():
        return []
    title = "Personnes touchées par les actions financées : non comptées"
    return [Gap("people", title, "Aucune source chargée ne les compte par convention ou par action.", "indicators")]


def _evidence(checked: Iterable[Checked]) -> list[Gap]:
    unverifiable = sum(1 for item in checked if item.verdict.kind is VerdictKind.UNVERIFIABLE)
    if not unverifiable:
        return []
    title = f"{unverifiable} chiffre(s) énoncé(s) sans rien qui permette de les vérifier"
    return [Gap("evidence", title, "Ni composantes, ni autre document, ni statistique chargée.", "consistency")]
