"""Households in, columns out: the one entry for whoever computes rights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from maillage.gateways.openfisca_france.batch import Batch, build
from maillage.gateways.openfisca_france.checks import problems_of
from maillage.gateways.openfisca_france.columns import Facts, facts_of
from maillage.gateways.openfisca_france.facts import Household, Person
from maillage.gateways.openfisca_france.layout import Given, signature
from maillage.gateways.openfisca_france.zones import Earlier
from maillage.kernel.errors import InputProblem, InputRefused

__all__ = ["Batch", "Given", "Household", "Person", "batch", "batch_of", "ruled_out", "signature"]

_TITLE = "Les réponses ne permettent pas le calcul."


def batch(households: Sequence[Household], month: str, earlier: Earlier | None = None) -> Batch:
    """The columns of `signature(month)` for these households, in their order.

    Rows of messages count households from 1. Raises MonthRefused, or InputRefused with every problem found.
    """
    signature(month)  # a month that is refused is said first
    facts, problems = facts_of(households)
    return batch_of(facts, month, earlier, problems)


def batch_of(facts: Facts, month: str, earlier: Earlier | None = None, problems: Sequence[InputProblem] = ()) -> Batch:
    """The same from facts already in columns. `problems`: those already found, told together with the others."""
    if not facts.count:
        raise InputRefused([InputProblem(None, None, "aucun foyer n'est donné.")], _TITLE)
    found = [*problems, *problems_of(facts, month, earlier)] if not problems else list(problems)
    if found:
        raise InputRefused(found, _TITLE)
    return build(facts, month, earlier)


def ruled_out(facts: Facts) -> dict[str, npt.NDArray[np.bool_]]:
    """Right → persons whom a condition that OpenFisca does not know rules out, whatever the amount it gives.

    The young person's contract is for those out of work and training who accept an intensive support: OpenFisca would
    otherwise give it to every person of 16 to 25.
    """
    return {"contrat_engagement_jeune": ~facts.persons["seeks_support"]}
