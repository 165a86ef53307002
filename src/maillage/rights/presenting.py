"""Results in plain French, for the page and for the sheet to print: what is possible, never what is due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from maillage.engines.simulator import Bound, Interval
from maillage.gateways.openfisca_france.rights import Unit
from maillage.kernel.numbers import NBSP, format_number, french_list
from maillage.kernel.period import Period
from maillage.rights.selectors.aids import LocalAids
from maillage.rights.selectors.simulation import RightResult, Simulation, Standing
from maillage.ui.units import typography

_ACRONYM = re.compile(r"\((\w+)\)")
_SUFFIX = {Unit.EUR_MONTH: "par mois", Unit.EUR_YEAR: "par an"}
_BOUNDS = {
    Bound.EXACT: "Calculé sur toutes vos réponses.",
    Bound.PROVEN: "Bornes sûres : tous les cas possibles ont été calculés.",
    Bound.SAMPLED: (
        "Bornes indicatives : beaucoup de cas restent possibles, une partie a été calculée. "
        "Le montant peut sortir de l'intervalle."
    ),
}


@dataclass(frozen=True)
class ShownRight:
    """One right, ready to be read."""

    result: RightResult
    amount: str
    bound: str

    @property
    def code(self) -> str:
        return self.result.right.code

    @property
    def label(self) -> str:
        return typography(self.result.right.label_fr)

    @property
    def short_label(self) -> str:
        """« RSA » for « Revenu de solidarité active (RSA) », else the label without what is in brackets."""
        acronym = _ACRONYM.search(self.result.right.label_fr)
        return acronym[1] if acronym else typography(self.result.right.label_fr.partition(" (")[0])


@dataclass(frozen=True)
class ShownResults:
    """`likely`: whatever is still unknown. `possible`: it depends on it. `not_found`: nothing in what was computed.
    `nothing`: nothing for sure."""

    simulation: Simulation
    likely: list[ShownRight]
    possible: list[ShownRight]
    not_found: list[ShownRight]
    nothing: list[ShownRight]
    summary: str
    bound: str

    @property
    def kept(self) -> list[ShownRight]:
        """What a printed sheet is about."""
        return self.likely + self.possible

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """What to bring, each piece once: the rights that ask for it, or nothing when every one does."""
        asking: dict[str, list[str]] = {}
        for shown in self.kept:
            guidance = shown.result.guidance
            for piece in guidance.bring if guidance else ():
                asking.setdefault(piece, []).append(shown.short_label)
        every = len(self.kept)
        return [(piece, "" if len(rights) == every else ", ".join(rights)) for piece, rights in asking.items()]

    @property
    def month_label(self) -> str:
        return Period.parse(f"{self.simulation.month:%Y-%m}").label_fr

    @property
    def local_aids(self) -> LocalAids:
        return self.simulation.local_aids


def shown_results(simulation: Simulation) -> ShownResults:
    """Rights sorted by how they stand, in the order of the law's list."""
    groups = {standing: [_shown(one) for one in simulation.standing(standing)] for standing in Standing}
    likely, possible = groups[Standing.LIKELY], groups[Standing.POSSIBLE]
    return ShownResults(
        simulation=simulation,
        likely=likely,
        possible=possible,
        not_found=groups[Standing.NOTHING_FOUND],
        nothing=groups[Standing.NOTHING],
        summary=_summary(likely, possible),
        bound=typography(_BOUNDS[simulation.bound]),
    )


def amount_fr(interval: Interval, unit: Unit) -> str:
    """« 636 € par mois », « entre 120 et 636 € par mois », « à préciser » : to the euro, as a person counts."""
    if unit is Unit.OPEN:
        return "à préciser" if interval.low < 0.5 else "possible d'après vos réponses"
    low, high = _euros(interval.low), _euros(interval.high)
    figure = f"environ {high}" if low == high else f"entre {low} et {high}"
    return f"{figure}{NBSP}€ {_SUFFIX[unit]}"


def _euros(amount: float) -> str:
    return format_number(Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _shown(result: RightResult) -> ShownRight:
    amount = typography(amount_fr(result.interval, result.right.unit))
    return ShownRight(result, amount, typography(_BOUNDS[result.interval.bound]))


def _summary(likely: list[ShownRight], possible: list[ShownRight]) -> str:
    """One sentence for those who listen, and for the bar of a phone."""
    parts = []
    if likely:
        parts.append(f"{len(likely)} droit{_s(likely)} que vous pourriez avoir")
    if possible:
        parts.append(f"{len(possible)} à préciser")
    return french_list(parts) if parts else "Aucun droit trouvé pour l'instant"


def _s(things: list[ShownRight]) -> str:
    return "s" if len(things) > 1 else ""
