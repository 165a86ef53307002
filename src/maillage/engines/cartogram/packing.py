"""A drawing as plain data, light enough to be sent whole: whole numbers, each the difference with the one before.

The shape is that of TopoJSON with flattened arcs (x, y, dx, dy …): arcs in steps of the grid, rings as chains of arcs
(`~i` backwards), one entry per territory in the order of `codes`. A territory without a contour has no ring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from maillage.engines.cartogram.contours import Drawn
from maillage.engines.cartogram.topology import Topology

VERSION = 1
_ORIGIN = np.zeros((1, 2), dtype=np.int64)


def pack(drawn: Drawn) -> dict[str, Any]:
    """What `unpack` and the browser's script read. Centres are rounded to the grid."""
    topology, codes = drawn.topology, sorted(drawn.centres)
    grid = topology.grid
    return {
        "version": VERSION,
        "width": drawn.width,
        "height": round(drawn.height, 1),
        "grid": grid,
        "tolerance": drawn.tolerance,
        "insets": [[round(number, 1) for number in box] for box in drawn.insets],
        "codes": codes,
        "arcs": [np.diff(arc, axis=0, prepend=_ORIGIN).ravel().tolist() for arc in topology.arcs],
        "shapes": [[list(chain) for chain in topology.shapes.get(code, ())] for code in codes],
        "centres": [round(number * grid) for code in codes for number in drawn.centres[code]],
        "borders": list(drawn.borders),
    }


def unpack(packed: Mapping[str, Any]) -> Drawn:
    """The drawing again, to a step of the grid for its centres."""
    grid, codes = float(packed["grid"]), packed["codes"]
    arcs = tuple(np.cumsum(np.array(arc, dtype=np.int64).reshape(-1, 2), axis=0) for arc in packed["arcs"])
    shapes = {
        code: tuple(tuple(chain) for chain in chains)
        for code, chains in zip(codes, packed["shapes"], strict=True)
        if chains
    }
    pairs = np.array(packed["centres"], dtype=np.float64).reshape(-1, 2) / grid
    centres = {code: (x, y) for code, (x, y) in zip(codes, pairs.tolist(), strict=True)}
    return Drawn(
        Topology(arcs, shapes, grid),
        centres,
        {code: at for code, at in centres.items() if code not in shapes},
        tuple(packed["borders"]),
        float(packed["width"]),
        float(packed["height"]),
        tuple((x, y, w, h) for x, y, w, h in packed["insets"]),
        float(packed["tolerance"]),
    )
