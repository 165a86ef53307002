"""Definitions of indicators, and their observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maillage.core import upsert
from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row, Texts
from maillage.indicators.enums import Nature, Polarity, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.services.edition import (
    NO_AXIS,
    NO_DOCUMENT,
    NO_INDICATOR,
    NO_TERRITORY,
    NOT_SAID,
    TERRITORY,
    About,
    Loader,
    Staged,
    codes_by_key,
    is_negative_count,
    refuse,
    run,
)
from maillage.kernel.errors import InputProblem
from maillage.kernel.provenance import Status as ValueStatus
from maillage.pacts.models import Axis
from maillage.pacts.services import code, length, text
from maillage.sources.models import SourceDocument
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.territories.models import Territory

_YES_NO: dict[str, Any] = {"read": reading.yes_no, "empty": False}
INDICATOR_FIELDS = (
    code("code", needed=True, filled=True, max_length=length(Indicator, "code")),
    text(Indicator, "label", "label_fr", "libellé", needed=True, filled=True),
    text(Indicator, "unit", "unité", needed=True, filled=True),
    Field("decimals", ("décimales",), reading.whole(maximum=4), empty=0),
    Field("nature", (), reading.choice({n.value: n.value for n in Nature}), needed=True, filled=True),
    Field("summable_territories", ("sommable entre territoires",), **_YES_NO),
    Field("summable_actions", ("sommable entre actions",), **_YES_NO),
    Field("cumulative", ("cumulé",), **_YES_NO),
    Field("polarity", ("sens",), reading.choice({p.value: p.value for p in Polarity}), empty=Polarity.NEUTRAL.value),
    text(Indicator, "numerator_label", "numérateur"),
    text(Indicator, "denominator_label", "dénominateur"),
    Field("definition", ("définition",), max_length=4000),
    Field("method", ("méthode",), max_length=4000),
    Field("limits", ("limites",), max_length=4000),
    text(Indicator, "producer", "producteur"),
)
_STATUSES = {s.value: s.value for s in Status} | {str(s.label): s.value for s in Status} | {
    "s": Status.SUPPRESSED.value,
    "nd": Status.UNAVAILABLE.value,
}  # fmt: skip
OBSERVATION_FIELDS = (
    code("indicator", "indicator", "indicateur", "indicator_code", needed=True, filled=True),
    TERRITORY,
    Field("period", ("période", "année", "date"), reading.period, needed=True, filled=True),
    text(Observation, "geography", "géographie"),
    code("axis", "axis", "axe", "axis_code", empty=""),
    Field("value", ("valeur",), reading.number(), needed=True, empty=None),
    Field("status", ("statut",), reading.choice(_STATUSES), empty=Status.PUBLISHED.value),
    Field("low", ("borne basse",), reading.number(), empty=None),
    Field("high", ("borne haute",), reading.number(), empty=None),
    Field("numerator", ("numérateur",), reading.number(), empty=None),
    Field("denominator", ("dénominateur",), reading.number(), empty=None),
    text(Observation, "perimeter", "perimeter_fr", "périmètre"),
    code("document", "document", "source", empty=""),
    text(Observation, "locator", "repère"),
    text(Observation, "note", "note_fr", "remarque"),
)
KEY = ("indicator", "territory", "period", "axis", "document")
_RELATIONS: tuple[tuple[str, Any, str], ...] = (
    ("indicator", Indicator, NO_INDICATOR),
    ("territory", Territory, NO_TERRITORY),
    ("axis", Axis, NO_AXIS),
    ("document", SourceDocument, NO_DOCUMENT),
)


def import_indicators(asked: ImportRequest, about: About = NOT_SAID) -> ImportReport:
    """Load definitions of indicators."""
    return run(Loader("observations", "Définitions d'indicateurs", _stage_indicators, has_edition=False), asked, about)


def import_observations(asked: ImportRequest, about: About = NOT_SAID) -> ImportReport:
    """Load observed values. One value in force per indicator, territory, period, axis and document."""
    return run(Loader("observations", "Observations", _stage_observations), asked, about)


def _stage_indicators(table: Texts) -> Staged:
    rows = reading.read_rows(table, INDICATOR_FIELDS)
    problems = reading.unique(rows, "code")
    problems += [
        row.problem("summable_territories", "une part ou un niveau ne s'additionne pas entre territoires.")
        for row in rows
        if row["nature"] in {Nature.SHARE, Nature.LEVEL} and row["summable_territories"]
    ]
    refuse(problems)
    codes = [row["code"] for row in rows]
    existing = Indicator.objects.filter(code__in=codes).order_by("pk")
    values = [{name: row[name] for name in row.headers} for row in rows]
    return Staged(upsert.plan(Indicator, existing, values, key=("code",)), len(rows), codes)


def _stage_observations(table: Texts) -> Staged:
    rows = reading.read_rows(table, OBSERVATION_FIELDS)
    problems = reading.unique(rows, *KEY)
    for name, model, missing in _RELATIONS:
        problems += upsert.resolve(rows, name, model, missing)
    for row in rows:
        problems += [problem for check in _CHECKS for problem in check(row)]
    refuse(problems)
    existing = Observation.objects.filter(
        indicator__in={row["indicator"] for row in rows}, period__in={row["period"] for row in rows}
    ).order_by("pk")
    plan = upsert.plan(Observation, existing, [_values(row) for row in rows], key=KEY)
    codes = codes_by_key(rows)
    scope = {row["indicator"].code for row in rows}
    return Staged(plan, len(rows), scope, territory_code=lambda one: codes.get(one.territory_id, ""))


def _values(row: Row) -> dict[str, Any]:
    """What the file says, with the parts of the key even where it has no such column."""
    return {name: row[name] for name in (*row.headers, "status", "axis", "document")}


def _status_fits(row: Row) -> Sequence[InputProblem]:
    carries = ValueStatus(row["status"]).carries_value
    if carries and row["value"] is None:
        message = "valeur vide : écrivez le nombre, ou le statut « suppressed » ou « unavailable »."
        return [row.problem("value", message)]
    if not carries and row["value"] is not None:
        return [row.problem("value", f"une valeur est donnée alors que le statut est «\u00a0{row['status']}\u00a0».")]
    return []


def _bounds_fit(row: Row) -> Sequence[InputProblem]:
    low, value, high = row["low"], row["value"], row["high"]
    if row["status"] == Status.ESTIMATED and (low is None or high is None):
        return [row.problem("low", "une estimation donne ses deux bornes.")]
    known = [bound for bound in (low, value, high) if bound is not None]
    if known != sorted(known):
        return [row.problem("low", "la borne basse, la valeur et la borne haute ne sont pas dans cet ordre.")]
    return []


def _size_fits(row: Row) -> Sequence[InputProblem]:
    indicator, value = row["indicator"], row["value"]
    if indicator is None or value is None:
        return []
    if is_negative_count(indicator.unit, value):
        return [row.problem("value", "un nombre de choses ne peut pas être négatif.")]
    if indicator.nature == Nature.SHARE and indicator.unit == "%" and not 0 <= value <= 100:
        return [row.problem("value", "une part va de 0 à 100 %.")]
    return []


def _share_fits(row: Row) -> Sequence[InputProblem]:
    indicator, numerator, denominator = row["indicator"], row["numerator"], row["denominator"]
    if indicator is None or indicator.nature != Nature.SHARE or numerator is None or denominator is None:
        return []
    if numerator > denominator:
        return [row.problem("numerator", "le numérateur dépasse le dénominateur.")]
    return []


_CHECKS = (_status_fits, _bounds_fit, _size_fits, _share_fits)
