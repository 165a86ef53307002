"""What the page of the typology shows: fitted on every EPCI loaded, read on those of the region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maillage.engines import typology as engine
from maillage.engines.typology import Feature, Typology
from maillage.engines.variables import Described, Measure, VariablesRefused
from maillage.observatory.selectors.variables import SIZE, Offer, Offered, described, offer, readings
from maillage.territories import selectors as territories
from maillage.territories.enums import Level

# Level and spread of incomes, what people live on, age, size, services. Each only where most EPCI have it.
DEFAULT_VARIABLES = (
    "POVERTY-RATE",
    "MEDIAN-INCOME",
    "DECILE-RATIO",
    "SHARE-UNEMPLOYMENT",
    "SHARE-PENSIONS",
    "SHARE-MINIMA",
    "FRANCE-SERVICES~10000",
    f"FISCAL-PERSONS~{SIZE}",
)
COVERED = 0.8  # of the EPCI loaded: a default variable that fewer have would leave too many out


@dataclass(frozen=True)
class Asked:
    """What a reader asked. `variables` empty: the default ones. `classes` None: the default number."""

    variables: tuple[str, ...] = ()
    classes: int | None = None


@dataclass(frozen=True)
class EpciTypes:
    """`found` None: nothing to class, and `refused` says why. `fitted_on`: EPCI loaded, the region's among them.

    `set_aside`: default variables that too few EPCI have.
    """

    offer: Offer
    asked: Asked
    chosen: tuple[Offered, ...]
    set_aside: tuple[Offered, ...]
    found: Typology | None
    refused: str
    fitted_on: int
    measures: Mapping[str, Mapping[str, Measure]]

    @property
    def is_of_region_only(self) -> bool:
        return self.fitted_on <= len(self.offer.areas)


def epci_types(asked: Asked) -> EpciTypes:
    """The typology of EPCI. Eight queries, whatever the variables."""
    held = offer()
    wanted = asked.variables or DEFAULT_VARIABLES
    candidates = tuple(one for one in held.variables if one.code in wanted)
    rows = list(territories.current().filter(level=Level.EPCI).order_by("code").values_list("pk", "code", "name"))
    given = described(candidates, readings(candidates), rows)
    chosen = candidates if asked.variables else tuple(one for one in candidates if _covers(one, given))
    found, refused = None, ""
    try:
        found = engine.typology([Feature(one.code, one.label) for one in chosen], given, classes=asked.classes)
    except VariablesRefused as error:
        refused = error.message_fr
    set_aside = tuple(one for one in candidates if one not in chosen)
    measures = {one.code: one.measures for one in given}
    return EpciTypes(held, asked, chosen, set_aside, found, refused, len(rows), measures)


def _covers(variable: Offered, given: list[Described]) -> bool:
    known = sum(one.measures[variable.code].value is not None for one in given)
    return known >= COVERED * len(given)
