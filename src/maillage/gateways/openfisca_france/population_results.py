"""The results of a population, written aside and moved into place once whole: nothing is left of what is refused.

One row per household, in the order of the file: its key, then one column per right, named by the code of the right.
Euros to the cent, in the unit of the right; 1 or 0 where a right is open or not. Beside the file, a JSON says under
which law they were computed, and which rights are « à vérifier ».
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self

import numpy as np
import polars as pl

from maillage.gateways.openfisca_france.columns import Array
from maillage.gateways.openfisca_france.rights import RIGHTS, Unit
from maillage.gateways.openfisca_france.tables import HOUSEHOLD_KEY
from maillage.kernel.errors import MaillageError, shorten

SUFFIXES = (".parquet", ".csv")
SIDECAR = ".a_verifier.json"
_FORMULA = r"^[=+\-@\t\r]"


class ResultsRefused(MaillageError):
    """Results cannot be written there."""


class Results:
    """Results on their way to `out` (.parquet or .csv). Used with `with`: what is not finished leaves nothing.

    `out` None: counted only. Raises ResultsRefused before anything is computed.
    """

    def __init__(self, out: Path | None) -> None:
        self.out = out
        self.households = 0
        self.open: Counter[str] = Counter()
        self._aside: Path | None = None
        self._parts = 0
        if out is not None:
            _check_place(out)

    @property
    def sidecar(self) -> Path | None:
        """The JSON beside the file."""
        return None if self.out is None else self.out.with_name(self.out.stem + SIDECAR)

    def __enter__(self) -> Self:
        if self.out is not None:
            try:
                self._aside = Path(mkdtemp(prefix=f".{self.out.name}.", suffix=".part", dir=self.out.parent))
            except OSError as error:
                raise _unwritable(self.out, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._aside is not None:
            shutil.rmtree(self._aside, ignore_errors=True)

    def add(self, keys: pl.Series, amounts: Mapping[str, Array]) -> None:
        """Some households more. `amounts`: code of the right → one value per household."""
        self.households += len(keys)
        columns: dict[str, Any] = {HOUSEHOLD_KEY: keys}
        for right in RIGHTS:
            values = amounts[right.code]
            is_open = right.unit is Unit.OPEN
            columns[right.code] = (values > 0).astype(np.uint8) if is_open else np.round(values, 2) + 0.0
            self.open[right.code] += int(np.count_nonzero(columns[right.code]))
        if self._aside is not None:
            self._write(pl.DataFrame(columns))

    def finish(self, about: Mapping[str, Any]) -> None:
        """Move the file into place, with `about` beside it."""
        if self._aside is None or self.out is None or self.sidecar is None:
            return
        try:
            whole = self._aside / "whole"
            if _is_parquet(self.out):
                parts = sorted(self._aside.glob("*.parquet"))
                pl.scan_parquet(parts, glob=False).sink_parquet(whole)
            else:
                (self._aside / "rows.csv").replace(whole)
            told = self._aside / "about"
            told.write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            whole.replace(self.out)
            told.replace(self.sidecar)
        except OSError as error:
            raise _unwritable(self.out, error) from error

    def _write(self, frame: pl.DataFrame) -> None:
        assert self._aside is not None and self.out is not None  # noqa: S101, PT018  (add asked it)
        try:
            if _is_parquet(self.out):
                frame.write_parquet(self._aside / f"{self._parts:06}.parquet")
            else:
                with (self._aside / "rows.csv").open("ab") as file:
                    _safe(frame).write_csv(
                        file,
                        separator=";",
                        decimal_comma=True,
                        include_bom=not self._parts,
                        include_header=not self._parts,
                    )
        except OSError as error:
            raise _unwritable(self.out, error) from error
        self._parts += 1


def _is_parquet(out: Path) -> bool:
    return out.suffix.lower() == ".parquet"


def _check_place(out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise ResultsRefused(f"« {shorten(out.name, 80)} » : écrivez un nom qui finit par {' ou '.join(SUFFIXES)}.")
    if out.is_dir():
        raise ResultsRefused(f"« {shorten(out.name, 80)} » est un dossier.")
    if not out.parent.is_dir():
        raise ResultsRefused(f"Le dossier « {shorten(str(out.parent), 80)} » n'existe pas.")


def _safe(frame: pl.DataFrame) -> pl.DataFrame:
    """A key that a spreadsheet would run as a formula gets an apostrophe before it."""
    if frame[HOUSEHOLD_KEY].dtype != pl.String:
        return frame
    key = pl.col(HOUSEHOLD_KEY)
    runs = key.str.contains(_FORMULA)
    return frame.with_columns(pl.when(runs).then(pl.lit("'") + key).otherwise(key).alias(HOUSEHOLD_KEY))


def _unwritable(out: Path, error: OSError) -> ResultsRefused:
    reason = error.strerror or type(error).__name__
    return ResultsRefused(
        f"Les résultats ne peuvent pas être écrits dans « {shorten(str(out.parent), 80)} » : {reason}."
    )
