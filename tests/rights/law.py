"""An invented law for the tests of pages: a few rights, by rules that anyone can follow. It is not French law.

RSA: 600 € and 300 € per other person, less wages. Housing aid: half the rent up to 200 €, less a tenth of wages.
Prime d'activité: a quarter of wages up to 1,500 €. Family allowances: 150 € from two children. CSS: under 800 € of
wages. ARS: 400 € a year per child of 6 to 17. RSA and family allowances explain themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from maillage.gateways.openfisca_france.explanations import FigureUnit, Step
from maillage.gateways.openfisca_france.facts import Household, Role
from maillage.gateways.openfisca_france.law_texts import ParameterValue
from maillage.kernel.errors import MaillageError

LEGIFRANCE = "https://www.legifrance.gouv.fr/invented"
BASE = ParameterValue("Montant d'une personne", "invented.base", 600.0, "currency", "2020-01-01", "Loi inventée", "")
FLAG = "Le plafond de ce droit n'a pas été vérifié pour ce mois."


def _wages(household: Household) -> float:
    return sum(person.wage for person in household.persons)


def _children(household: Household) -> list[Any]:
    return [person for person in household.persons if person.role is Role.CHILD]


def _ars(household: Household, month: str) -> float:
    ages = [int(month[:4]) - child.born_on.year for child in _children(household)]
    return 400.0 * sum(6 <= age <= 17 for age in ages)


RULES: dict[str, Callable[[Household, str], float]] = {
    "rsa": lambda one, _: max(0.0, 600 + 300 * (len(one.persons) - 1) - _wages(one)),
    "ppa": lambda one, _: _wages(one) / 4 if _wages(one) <= 1500 else 0.0,
    "aide_logement": lambda one, _: max(0.0, min(200.0, one.rent / 2) - _wages(one) / 10),
    "css": lambda one, _: float(_wages(one) < 800),
    "af": lambda one, _: 150.0 * (len(_children(one)) >= 2),
    "ars": _ars,
}


class Answered:
    def __init__(self, households: Sequence[Household], month: str) -> None:
        self.households, self.month = households, month

    def amount(self, right: str) -> NDArray[numpy.float64]:
        rule = RULES.get(right, lambda household, month: 0.0)
        return numpy.array([rule(one, self.month) for one in self.households], dtype=numpy.float64)

    def flags(self, right: str) -> tuple[str, ...]:
        return (FLAG,) if right == "css" else ()

    def steps(self, right: str) -> tuple[Step, ...]:
        if right == "rsa":
            wages = numpy.array([_wages(one) for one in self.households])
            everyone = numpy.ones(len(wages), dtype=bool)
            return (
                Step("Ressources retenues", FigureUnit.EUR_MONTH, wages, everyone, "CASF, art. L. 262-2", "", (BASE,)),
                Step("Ce qui ne concerne personne", FigureUnit.EUR_MONTH, wages, ~everyone, "", "", ()),
            )
        if right == "af":
            few = self.amount("af") == 0
            return (Step("Il faut deux enfants.", None, numpy.zeros(len(few)), few, "", LEGIFRANCE, ()),)
        return ()


class InventedLaw:
    """Counts the households it was asked for, to show that no page asks for too many."""

    asked: list[int] = []

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answer(self, households: Sequence[Household], month: str) -> Answered:
        self.asked.append(len(households))
        return Answered(households, month)


class NoLaw(InventedLaw):
    """Refuses every month, as a law that is not installed would."""

    def answer(self, households: Sequence[Household], month: str) -> Answered:
        raise MaillageError("La loi de ce mois n'est pas disponible.")
