"""The households that both sides are timed on, in blocks of the size that suits OpenFisca."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lawgraph import Program
from maillage.gateways.openfisca_france import engine
from maillage.gateways.openfisca_france.system import system
from tests.gateways.openfisca_france.population import random_batch
from tests.lawgraph.france import PAST, completed, production, quiet, signature_of, traced
from tests.lawgraph.households import random_households
from tests.lawgraph.oracle import Columns

PRODUCTION = "production"


@dataclass(frozen=True)
class Population:
    """A program, and blocks of random households that it runs on."""

    signature: str
    month: str
    program: Program
    blocks: Sequence[Columns]
    size: int
    """Households in a block."""

    @property
    def households(self) -> int:
        return self.size * len(self.blocks)

    @cached_property
    def whole(self) -> Columns:
        """Every block as one batch, names turned into indices: OpenFisca is timed on converted arrays too."""
        return indexed(self.program, joined(self.blocks))


def population(signature: str, month: str, *, size: int, blocks: int, seed: int = 1) -> Population:
    """Blocks of different households, and the program of their signature: the binding's own, or the generator's."""
    if signature == PRODUCTION:
        program = production(month)
        law = engine.MonthOfLaw(month, program, {})
        drawn = [dict(law._with_past(random_batch(size, month, seed + rank), {})) for rank in range(blocks)]
        return Population(signature, month, program, drawn, size)
    given = [random_households(size, month, seed + rank, signature=signature) for rank in range(blocks)]
    with quiet():
        program = traced(system(), signature_of(given[0]), month, past=PAST)
    return Population(signature, month, program, [completed(program, one) for one in given], size)


def indexed(program: Program, columns: Columns) -> Columns:
    """The same batch, with the names of enumerations and roles as their indices."""
    names = {one.name: one.names for one in program.columns if one.names}
    names |= {f"{kind.key}.role": kind.role_names for kind in program.kinds}
    return {name: _indices(names[name], one) if name in names else one for name, one in columns.items()}


def _indices(names: Sequence[str], values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "iu":
        return values
    order = np.argsort(names)
    return order[np.searchsorted(np.array(names), values, sorter=order)].astype(np.int16)


def joined(blocks: Sequence[Columns]) -> Columns:
    """One batch of several; each keeps its groups."""
    return {name: _joined(name, [one[name] for one in blocks]) for name in blocks[0]}


def _joined(name: str, parts: Sequence[np.ndarray]) -> np.ndarray:
    if not name.endswith(".id"):
        return np.concatenate(parts)
    before = np.cumsum([0, *(int(one.max()) + 1 for one in parts[:-1])])
    return np.concatenate([one + first for one, first in zip(parts, before, strict=True)])
