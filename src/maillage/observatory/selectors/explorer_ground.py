"""The ground of a map, before any value: contours simplified together, or hexagons where none are loaded.

A ground of few territories is drawn by the server, as SVG in the page. One of many is sent as a file that the browser
keeps and draws: its paths alone would be several times heavier (docs/decisions, record 0014). Making it takes seconds
for a country, so the file is kept under the instance's folder, named by what it was made from.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from maillage.engines.cartogram import Sheet, Site, hexagon_sheet
from maillage.engines.cartogram.contours import Drawn, draw, sheet_of
from maillage.engines.cartogram.packing import VERSION, pack, unpack
from maillage.indicators.selectors.level_values import Place, inside, places
from maillage.observatory.selectors.explorer_kept import Kept, Mark
from maillage.territories.enums import Level
from maillage.territories.models import Contour, Territory

DRAWN_AT_MOST = 1_500  # territories; beyond, the browser draws (record 0014)
HEXAGONS_AT_MOST = 1_500  # beyond, placing them takes too long and they are too small to be read
FILES_AT_MOST = 40
WIDTH = 960.0
FINE_TOLERANCE, FINE_GRID = 0.25, 20.0  # of what is sent: the reader may come closer
FOLDER = "maps"


@dataclass(frozen=True)
class Ground:
    """`sheet` is drawn by the server, `packed` (gzipped JSON) is sent; neither where nothing can be drawn.

    `codes` are in the order of what is sent. `contours` tells how many of the `total` territories have one.
    """

    token: str
    total: int
    contours: int
    sheet: Sheet | None = None
    packed: bytes = b""
    codes: tuple[str, ...] = ()
    centres: tuple[float, ...] = ()
    width: float = WIDTH
    height: float = 0.0
    insets: tuple[tuple[float, float, float, float], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_sent(self) -> bool:
        return bool(self.packed)

    @property
    def exists(self) -> bool:
        return self.sheet is not None or self.is_sent

    @property
    def schematic(self) -> bool:
        return self.sheet is not None and self.sheet.schematic

    @property
    def size(self) -> int:
        """Bytes of the contours, as they are sent."""
        if self.is_sent:
            return len(self.packed)
        return self.sheet.size if self.sheet is not None else 0


_grounds: Kept[Ground] = Kept(150_000)


def ground(level: str, area: Territory | None, mark: Mark) -> Ground:
    """The ground of the territories of a level in an area. `mark` is that of the grounds (see `explorer_kept`)."""
    key = (level, area.pk if area is not None else 0, mark)
    token = hashlib.sha256(repr((VERSION, key)).encode()).hexdigest()[:24]
    return _grounds.get(key, lambda: _made(level, area, token), lambda made: made.total)


def whole_sheet(found: Ground) -> Sheet | None:
    """The sheet of a ground, even of one that the browser draws: for a file to download."""
    if found.sheet is not None or not found.is_sent:
        return found.sheet
    return sheet_of(unpack(json.loads(gzip.decompress(found.packed))))


def _made(level: str, area: Territory | None, token: str) -> Ground:
    held = places(level, area)
    count = _contours_in(level, area)
    if 2 * count <= len(held):
        return _hexagons(held, token, count)
    if len(held) > DRAWN_AT_MOST:
        return _sent(held, level, area, token, count)
    drawn = _drawn(held, level, area)
    return _of_drawn(drawn, token, len(held), count) if drawn is not None else Ground(token, len(held), count)


def _contours_in(level: str, area: Territory | None) -> int:
    return int(_contours(level, area).count())


def _contours(level: str, area: Territory | None) -> Any:
    found = Contour.objects.filter(territory__level=level, territory__valid_to__isnull=True)
    if area is not None:
        found = found.filter(inside(area, level, "territory__"))
    return found.order_by("territory__code")


def _hexagons(held: Sequence[Place], token: str, count: int) -> Ground:
    if len(held) > HEXAGONS_AT_MOST:
        return Ground(token, len(held), count)
    sheet = hexagon_sheet(_sites(held), width=WIDTH)
    if not sheet.outlines:
        return Ground(token, len(held), count)
    return Ground(token, len(held), count, sheet, width=sheet.width, height=sheet.height)


def _sites(held: Sequence[Place]) -> list[Site]:
    return [
        Site(place.code, place.latitude, place.longitude, str(place.parent or ""))
        for place in held
        if place.latitude is not None and place.longitude is not None
    ]


def _drawn(held: Sequence[Place], level: str, area: Territory | None, **precision: float) -> Drawn | None:
    wanted = {place.code for place in held}
    geometries = {
        code: geometry
        for code, geometry in _contours(level, area).values_list("territory__code", "geometry").iterator(2_000)
        if code in wanted
    }
    # The parent of an EPCI is the département of its seat: a line there would cut it from its neighbours for nothing.
    groups = {place.code: str(place.parent or "") for place in held} if level != Level.EPCI else None
    return draw(geometries, _sites(held), width=WIDTH, groups=groups, **precision)


def _of_drawn(drawn: Drawn, token: str, total: int, count: int) -> Ground:
    sheet = sheet_of(drawn)
    return Ground(
        token, total, count, sheet, width=sheet.width, height=sheet.height, insets=sheet.insets, missing=sheet.missing
    )


# --- grounds that are sent -------------------------------------------------------------------------------------------


def _sent(held: Sequence[Place], level: str, area: Territory | None, token: str, count: int) -> Ground:
    path = _folder() / f"{token}.json.gz"
    if path.exists():
        packed = path.read_bytes()
    else:
        packed = _packed(held, level, area)
        _write(path, packed)
    data = json.loads(gzip.decompress(packed))
    codes = tuple(data["codes"])
    centres = tuple(number / data["grid"] for number in data["centres"])
    missing = tuple(code for code, rings in zip(codes, data["shapes"], strict=True) if not rings)
    boxes = tuple((x, y, w, h) for x, y, w, h in data["insets"])
    return Ground(token, len(held), count, None, packed, codes, centres, data["width"], data["height"], boxes, missing)


def _packed(held: Sequence[Place], level: str, area: Territory | None) -> bytes:
    drawn = _drawn(held, level, area, tolerance=FINE_TOLERANCE, grid=FINE_GRID)
    if drawn is None:
        raise ValueError("a ground with contours has something to draw")
    packed = pack(drawn)
    names = {place.code: place.name for place in held}
    packed["names"] = [names[code] for code in packed["codes"]]
    return gzip.compress(json.dumps(packed, separators=(",", ":"), ensure_ascii=False).encode(), mtime=0)


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "generated" / FOLDER


def _write(path: Path, content: bytes) -> None:
    """All or nothing, and no more than `FILES_AT_MOST` of them: the oldest go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".map-")
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
    os.replace(temporary, path)
    old = sorted(path.parent.glob("*.json.gz"), key=lambda one: one.stat().st_mtime, reverse=True)[FILES_AT_MOST:]
    for one in old:
        one.unlink(missing_ok=True)
