"""Tables printed in a document, one line a territory: each cell becomes a stated figure with the relation it claims.

Two shapes are read: credits by contract and year with the evolution printed, and the health cover by fund and date
with the rate printed. The shape is recognised by the headings. A line « total » claims the sum of the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row, Texts
from maillage.indicators.enums import Known
from maillage.indicators.models import Indicator, StatedFigure
from maillage.indicators.services.documents import stage_figures
from maillage.indicators.services.edition import NOT_SAID, About, Loader, Staged, refuse, run
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.kernel.numbers import NARROW_NBSP, NumberUnreadable, format_number, parse_number
from maillage.kernel.period import Period
from maillage.pacts.services import code
from maillage.sources.registry import ImportReport, ImportRequest

_TERRITORY = Field("territory", ("territory_code", "territoire"), reading.territory, needed=True, filled=True)
_DOCUMENT = code("document", "document", "source", needed=True, filled=True)
_LOCATOR = Field("locator", ("repère",), max_length=200, needed=True)
_COUNT = reading.number(minimum=Decimal(0))
_YEAR_COLUMN = re.compile(r"credits (\d{4})(?: eur)?")
CSS_FIELDS = (
    _TERRITORY,
    Field("fund", ("caisse",), max_length=100, needed=True, filled=True),
    Field("date", ("date",), reading.period, needed=True, filled=True),
    Field("protected", ("protected_population", "population protégée"), _COUNT, needed=True, filled=True),
    Field("beneficiaries", ("bénéficiaires",), _COUNT, needed=True, filled=True),
    Field("printed_rate", ("taux imprimé",), max_length=100, needed=True),
    Field("right", ("droit",), max_length=60, needed=True, filled=True),
    _DOCUMENT,
    _LOCATOR,
)
_AMOUNT_LABEL = "Crédits de la contractualisation"
_HEALTH_COVER = "complémentaire santé solidaire"


def import_printed_table(asked: ImportRequest, about: About = NOT_SAID) -> ImportReport:
    """Load a printed table as figures, with sums, evolutions and shares claimed. Twice the same changes nothing."""
    return run(Loader("stated", "Tableau imprimé", _stage), asked, about)


def _stage(table: Texts) -> Staged:
    figures = _read(table)
    refuse(reading.unique(figures, "code"))
    _keep_apart(figures)
    _say_indicator(figures)
    return stage_figures(figures, [])


def recognises(columns: Sequence[str]) -> bool:
    """Whether the headings are those of a printed table that is understood."""
    return bool(_years(columns)) or reading.recognises(columns, CSS_FIELDS)


def _read(table: Texts) -> list[Row]:
    years = _years(table.columns)
    if years:
        return _credit_figures(reading.read_rows(table, _credit_fields(years)), years)
    if reading.recognises(table.columns, CSS_FIELDS):
        return [figure for row in reading.read_rows(table, CSS_FIELDS) for figure in _cover_figures(row)]
    message = (
        "tableau imprimé non reconnu. Deux formes sont lues : crédits par territoire (territory_code, "
        "credits_AAAA_eur, printed_evolution, document, locator …) et couverture santé par caisse (territory_code, "
        "fund, date, protected_population, beneficiaries, printed_rate, right, document, locator). Sinon, "
        "chargez ses cellules comme chiffres énoncés (colonnes table, row, column)."
    )
    raise InputRefused([InputProblem(1, None, message)])


def _keep_apart(figures: Sequence[Row]) -> None:
    """Identifiers are made from the territory and the year; a second document's table takes its own code in them."""
    owners = dict(
        StatedFigure.objects.filter(code__in=[row["code"] for row in figures]).values_list("code", "document__code")
    )
    clashing = {row["document"] for row in figures if owners.get(row["code"], row["document"]) != row["document"]}
    for row in figures:
        if row["document"] in clashing:
            own = f"T-{row['document']}-"
            row.values["code"] = row["code"].replace("T-", own, 1)
            row.values["relation"] = row["relation"].replace("T-", own)


def _say_indicator(figures: Sequence[Row]) -> None:
    """What each cell measures, where that indicator is defined in this instance."""
    known = {one.code: one for one in Indicator.objects.filter(code__in={row["measures"] for row in figures})}
    for row in figures:
        if row["measures"] in known:
            row["defaults"]["indicator"] = known[row["measures"]]


# --- credits by contract and year -----------------------------------------------------------------------------------


def _years(columns: Sequence[str]) -> list[str]:
    return sorted(match[1] for column in columns if (match := _YEAR_COLUMN.fullmatch(reading.fold(column))))


def _credit_fields(years: Sequence[str]) -> tuple[Field, ...]:
    amounts = [Field(f"credits {year}", (f"credits_{year}_eur",), reading.number(), empty=None) for year in years]
    return (
        _TERRITORY,
        Field("name", ("territory_fr", "libellé"), max_length=100),
        *amounts,
        Field("printed_evolution", ("évolution imprimée",), max_length=100),
        Field("as_of", ("arrêté au",), reading.period),
        Field("note", ("note_fr",), max_length=500),
        _DOCUMENT,
        _LOCATOR,
    )


def _credit_figures(rows: Sequence[Row], years: Sequence[str]) -> list[Row]:
    totals = [row for row in rows if "total" in reading.fold(row["name"])]
    figures = []
    for row in rows:
        parts = [part for part in rows if part not in totals and part["document"] == row["document"]]
        figures += [_amount(row, year, parts if row in totals else [], years) for year in years if _holds(row, year)]
        if row["printed_evolution"] and all(_holds(row, year) for year in years[-2:]) and len(years) > 1:
            figures.append(_evolution(row, years[-2], years[-1]))
    return figures


def _holds(row: Row, year: str) -> bool:
    return row[f"credits {year}"] is not None


def _credit_code(row: Row, slot: str) -> str:
    return f"T-CRED-{row['territory']}-{slot}"


def _amount(row: Row, year: str, parts: Sequence[Row], years: Sequence[str]) -> Row:
    value = row[f"credits {year}"]
    named = ";".join(_credit_code(part, year) for part in parts if _holds(part, year))
    stated = {
        "code": _credit_code(row, year),
        "period": year,
        "value": value,
        "unit": "EUR",
        "printed_as": _digits(value),
        "relation": f"sum({named})" if named else "",
    }
    as_of = f"Arrêté au {Period.parse(row['as_of']).label_fr}." if row["as_of"] and year == years[-1] else ""
    defaults = {"label": _AMOUNT_LABEL, "column": year, "row": row["name"], "note": as_of}
    return _figure(row, stated, defaults, indicator=Known.CREDITS, covers=_about(row["note"], year, years))


def _evolution(row: Row, before: str, after: str) -> Row:
    stated = {
        "code": _credit_code(row, "EVOL"),
        "period": f"{before}/{after}",
        "value": _rate(row, "printed_evolution"),
        "unit": "%",
        "printed_as": row["printed_evolution"],
        "relation": f"evolution({_credit_code(row, before)};{_credit_code(row, after)})",
    }
    label = "Évolution des crédits de la contractualisation"
    return _figure(row, stated, {"label": label, "column": f"Évolution {before}/{after}", "row": row["name"]})


def _about(note: str, year: str, years: Sequence[str]) -> str:
    """The note, for the year it opens with; for every year when it opens with none."""
    opening = next((one for one in years if note.strip().startswith(one)), "")
    return note if opening in ("", year) else ""


# --- health cover by fund and date ----------------------------------------------------------------------------------


def _cover_figures(row: Row) -> list[Row]:
    date = Period.parse(row["date"])
    is_general = reading.fold(row["fund"]).startswith("cpam")
    scheme = "par le régime général" if is_general else f"({row['fund']})"
    fund = "" if is_general else re.sub(r"\W+", "-", reading.fold(row["fund"])).strip("-").upper() + "-"
    right = _HEALTH_COVER if reading.fold(row["right"]) == "css" else row["right"]
    of_right = f"de la {right}" if right == _HEALTH_COVER else "de la CMU-C et de l'ACS"
    stem = f"T-CSS-{fund}{row['territory']}-{date.start.year}"
    day = f"{date.start:%d/%m/%Y}"
    defaults = {"row": row["fund"]}
    counts = (
        ("PROT", "protected", f"Population protégée {scheme}", "population protégée", "CSS-PROTECTED"),
        ("BEN", "beneficiaries", f"Bénéficiaires {of_right}", f"bénéficiaires {row['right']}", "CSS-BENEFICIARIES"),
    )
    figures = []
    for slot, name, label, column, indicator in counts:
        value = row[name]
        stated = {"code": f"{stem}-{slot}", "value": value, "unit": "persons", "printed_as": _digits(value)}
        about = defaults | {"label": label, "column": f"{day}, {column}"}
        figures.append(_figure(row, stated | {"period": row["date"], "relation": ""}, about, indicator=indicator))
    if row["printed_rate"]:
        stated = {"code": f"{stem}-RATE", "value": _rate(row, "printed_rate"), "unit": "%"}
        stated |= {"period": row["date"], "printed_as": row["printed_rate"]}
        stated |= {"relation": f"share({stem}-BEN;{stem}-PROT)"}
        about = defaults | {"label": f"Taux de bénéficiaires {of_right}", "column": f"{day}, taux {row['right']}"}
        figures.append(_figure(row, stated, about, indicator="CSS-RATE"))
    return figures


# --- common ---------------------------------------------------------------------------------------------------------


def _figure(
    row: Row, stated: dict[str, Any], defaults: dict[str, Any], *, indicator: str = "", covers: str = ""
) -> Row:
    """A row of stated figures.

    What the file does not hold is set on new figures only (`defaults`); a print made again from its value (`rebuilt`)
    takes the place of the known one only where the value changed.
    """
    rebuilt = {name: stated.pop(name) for name in ("printed_as",) if stated.get("unit") != "%"}
    given = {name: row[name] for name in ("territory", "document", "locator")} | stated
    headers = {name: row.headers.get(name, name) for name in given}
    defaults = defaults | {"table": _capital(row["locator"])}
    extra = {"defaults": defaults, "rebuilt": rebuilt, "covers": covers, "measures": indicator}
    extra |= {"note": "", "indicator": "", "axis": "", "measure": ""}
    return Row(row.number, given | extra, headers)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _digits(value: Decimal) -> str:
    """The number as tables print it: thousands parted by a plain space."""
    return format_number(value).replace(NARROW_NBSP, " ")


def _rate(row: Row, name: str) -> Decimal:
    try:
        return parse_number(row[name].replace("%", ""))
    except NumberUnreadable as error:
        raise InputRefused([row.problem(name, error.message_fr)]) from error
