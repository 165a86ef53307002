"""`maillage territories`: what is loaded, one territory, the passage of a commune's code."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from maillage.cli import output
from maillage.engines.passage import Outcome, Passage
from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import format_number
from maillage.territories import selectors
from maillage.territories.enums import Level
from maillage.territories.models import Population, Territory

OUTCOMES = {
    Outcome.UNCHANGED: "même code, même territoire",
    Outcome.RECODED: "autre code, même territoire",
    Outcome.MERGED: "réunie avec d'autres : les valeurs se somment",
    Outcome.COMPOSED: "faite de plusieurs communes : les valeurs de celles-ci se somment",
    Outcome.SPLIT: "partagée : plusieurs candidats, aucun n'est choisi",
    Outcome.ABSENT: "aucune commune ne portait ce code à la première date",
    Outcome.GONE: "rien ne lui correspond à la seconde date",
}


@click.group("territories")
def territories() -> None:
    """Consulte les territoires chargés."""


@territories.command("list")
@click.argument("text", metavar="[NOM_OU_CODE]", required=False, default="")
@click.option("--level", type=click.Choice([level.value for level in Level]), help="Un seul niveau.")
@click.option("--region", metavar="CODE", default="", help="Dans une région (REG-…).")
@output.json_option
def list_(text: str, level: str | None, region: str, as_json: bool) -> int:
    """Liste les territoires, du plus large au plus petit."""
    within = _territory(region) if region else None
    found = list(selectors.search(text, [level] if level else [], within=within))
    populations = selectors.populations_for(found)
    rows = [_summary(one, populations.get(one.pk)) for one in found]
    output.emit(rows, as_json=as_json, text=lambda: _table(rows))
    return output.DONE


@territories.command("show")
@click.argument("code", metavar="CODE")
@output.json_option
def show(code: str, as_json: bool) -> int:
    """Montre un territoire : ce qui le contient, sa population, ses EPCI ou ses communes."""
    territory = _territory(code)
    data = _summary(territory, selectors.latest_population(territory)) | _more(territory)
    output.emit(data, as_json=as_json, text=lambda: "\n".join(f"{key} : {value}" for key, value in _french(data)))
    return output.DONE


@territories.command("passage")
@click.argument("code", metavar="CODE_INSEE")
@click.option("--from", "start", metavar="DATE", required=True, help="Date du code (AAAA-MM-JJ ou AAAA).")
@click.option("--to", "end", metavar="DATE", required=True, help="Date voulue (AAAA-MM-JJ ou AAAA).")
@output.json_option
def passage(code: str, start: str, end: str, as_json: bool) -> int:
    """Dit ce que devient le code d'une commune entre deux dates, plus tard ou plus tôt."""
    if not selectors.has_movements():
        output.refuse("Les mouvements de communes ne sont pas chargés : « maillage import movements FICHIER ».")
    insee = code.upper().removeprefix("COM-")
    found = selectors.passage(insee, _date(start), _date(end))
    names = selectors.names_of({insee, *found.codes})
    if insee not in names:
        output.refuse(f"La commune {shorten(insee, 20)} n'est connue d'aucun fichier chargé.")
    data = {
        "code": insee,
        "from": found.start,
        "to": found.end,
        "outcome": found.outcome.value,
        "sure": found.is_sure,
        "codes": [{"code": one, "name": names.get(one, "")} for one in found.codes],
        "steps": [{"on": one.on, "mod": one.kind, "before": one.before, "after": one.after} for one in found.steps],
    }
    output.emit(data, as_json=as_json, text=lambda: _passage_text(found, names))
    return output.DONE


def _passage_text(found: Passage, names: dict[str, str]) -> str:
    lines = [f"{found.code} {names.get(found.code, '')} : {OUTCOMES[found.outcome]}."]
    lines += [f"  {code} {names.get(code, '')}" for code in found.codes]
    if found.steps:
        lines.append("Mouvements :")
        lines += [f"  {step.on:%d/%m/%Y} MOD {step.kind} : {step.before} → {step.after}" for step in found.steps]
    return "\n".join(lines)


def _territory(code: str) -> Territory:
    found = selectors.by_code(code)
    if found is None:
        raise MaillageError(
            f"Le territoire {shorten(code, 40)} n'est pas chargé (codes : REG-…, DEP-…, EPCI-…, COM-…)."
        )
    return found


def _date(text: str) -> date:
    try:
        return date(int(text), 1, 1) if len(text) == 4 else date.fromisoformat(text)
    except ValueError:
        raise MaillageError(f"« {shorten(text, 20)} » n'est pas une date : écrivez 2024-01-01 ou 2024.") from None


def _summary(one: Territory, population: Population | None) -> dict[str, Any]:
    return {
        "code": one.code,
        "level": one.level,
        "name": one.name,
        "parent": one.parent.code if one.parent else None,
        "population": population.municipal if population else None,
        "population_year": population.year if population else None,
    }


def _more(one: Territory) -> dict[str, Any]:
    more: dict[str, Any] = {"lineage": [above.code for above in selectors.lineage(one)]}
    if one.level in (Level.REGION, Level.DEPARTEMENT):
        epcis = selectors.epci_of(one)
        more["epci"] = len(epcis)
        more["epci_across_border"] = sum(epci.crosses_border for epci in epcis)
        more["epci_rule"] = selectors.BORDER_RULES["touches"]
    if one.level != Level.COMMUNE:
        more["communes"] = selectors.communes_of(one).count()
    else:
        epci = selectors.epci_of_commune(one)
        more["epci"] = epci.code if epci else None
    more["source"] = one.edition.title if one.edition else None
    more["closed_on"] = one.valid_to
    return more


_LABELS = {
    "code": "Code",
    "level": "Niveau",
    "name": "Nom",
    "parent": "Dans",
    "population": "Population municipale",
    "population_year": "Année",
    "lineage": "Contenu dans",
    "epci": "EPCI",
    "epci_across_border": "EPCI qui traversent la limite",
    "epci_rule": "Règle",
    "communes": "Communes",
    "source": "Source",
    "closed_on": "Fermé le",
}


def _french(data: dict[str, Any]) -> list[tuple[str, str]]:
    shown = data | {"level": Level(data["level"]).label}
    return [(_LABELS[key], _written(value)) for key, value in shown.items() if value is not None]


def _written(value: Any) -> str:
    if isinstance(value, list):
        return " < ".join(str(one) for one in value)
    return format_number(value) if isinstance(value, int) and value > 9999 else str(value)


def _table(rows: list[dict[str, Any]]) -> str:
    shown = [
        (
            row["code"],
            Level(row["level"]).label,
            row["name"],
            "" if row["population"] is None else _written(row["population"]),
        )
        for row in rows
    ]
    return output.table(("Code", "Niveau", "Nom", "Population"), shown, right=(3,)) if shown else "Aucun territoire."
