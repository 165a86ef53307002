"""Programs of French law as tests run them: traced once for each signature, whatever the test that asks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from lawgraph import Input, Program
from lawgraph.trace import Lookup, trace
from maillage.gateways.openfisca_france import engine, zones
from tests.lawgraph.oracle import RIGHTS, Columns, openfisca_warnings_aside, split_name

#: Benefits that depend on themselves in the past: their months before the one asked are given.
PAST = tuple(engine.PAST)
Signature = tuple[tuple[str, str], ...]


@contextmanager
def quiet() -> Iterator[None]:
    """OpenFisca-France logs what it thinks of a tax return each time the formula runs."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with openfisca_warnings_aside():
            yield
    finally:
        logging.disable(before)


def lookups(system: Any) -> Mapping[str, Lookup]:
    """The one formula of these rights that reads its rows one by one: the housing zone of a commune."""
    zone = system.get_variable("zone_apl").possible_values
    table = {commune: zone[name].index for commune, name in zones.table().items()}
    return {"zone_apl": Lookup("depcom", table, zone["zone_2"].index)}


def signature_of(batch: Columns) -> Signature:
    """The variables and periods that a batch gives."""
    return tuple(sorted(split_name(column) for column in batch if "@" in column))


@cache
def traced(
    system: Any, signature: Signature, month: str, *, outputs: tuple[str, ...] = RIGHTS, past: tuple[str, ...] = ()
) -> Program:
    """The program of a signature. `past`: the variables whose earlier months are given, not computed."""
    inputs = [Input(variable, period) for variable, period in signature]
    cuts = dict.fromkeys(past, engine.PAST_MONTHS)
    with quiet():
        return trace(system, outputs, month, inputs, cuts=cuts, lookups=lookups(system))


@cache
def production(month: str) -> Program:
    """The program that the binding itself runs for a month."""
    with quiet():
        return engine.traced(month)


def completed(program: Program, batch: Columns) -> Columns:
    """The batch with none as the past that it does not give of the variables in `PAST`."""
    rows = {program.person: len(next(iter(batch.values())))}
    rows |= {kind.key: int(batch[f"{kind.key}.id"].max()) + 1 for kind in program.kinds}
    given = {
        one.name: np.zeros(rows[one.entity], one.dtype)
        for one in program.columns
        if one.name not in batch and split_name(one.name)[0] in PAST
    }
    return batch | given
