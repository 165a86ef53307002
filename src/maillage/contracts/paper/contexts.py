"""The values of a document of a text: its parties, its money year by year, its actions.

Plain mappings with French keys, the fields of `catalogue`: text is typeset, an amount is Money, an unknown is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maillage.contracts.enums import ContractKind, DocumentKind, SignatorySide
from maillage.contracts.paper.references import reference_of
from maillage.contracts.paper.source import Source
from maillage.contracts.rules import facts_of
from maillage.engines.contract_rules import Family, totals
from maillage.engines.contract_text import SHEET
from maillage.kernel.money import Money, total
from maillage.ui.units import format_value, typography

Context = dict[str, Any]

FAMILIES = {"state": "État", "collectivity": "Collectivités", "other": "Autres financeurs"}
_FAMILY_ORDER = {code: rank for rank, code in enumerate(FAMILIES)}
IN_CASH, IN_KIND = "en numéraire", "en nature"


def convention(source: Source) -> Context:
    """The whole text: parties, money by year and by funder, actions."""
    return {
        **heading(DocumentKind.CONVENTION, source),
        "contrat": contract(source),
        "signataires": signatories(source),
        "annees": years(source),
        "financeurs": funders(source),
        "financements": funding(source),
        "actions": [action(source, code) for code in source.text["sheets"]],
    }


def sheet(source: Source, code: str) -> Context:
    """One action sheet of the text."""
    return {
        **heading(DocumentKind.SHEET, source),
        "contrat": contract(source),
        "action": action(source, code),
    }


# --- what every document begins with ----------------------------------------------------------------------------------


def heading(
    kind: DocumentKind, source: Source, *, mention: str | None = None, draft_word: str = "projet", draft: bool = False
) -> Context:
    """What the document is, and what each of its pages carries. `mention` replaces that of the text."""
    reference = reference_of(source, draft_word)
    return {
        "document": {
            "nature": kind.label,
            "mention": source.mention if mention is None else mention,
            "projet": source.is_draft or draft,
            "date": source.dated_on,
        },
        "reference": {"texte": reference.text, "adresse": reference.address, "empreinte": reference.fingerprint},
    }


def contract(source: Source) -> Context:
    """The contract itself, with its totals over all years."""
    held = source.contract
    starts, ends = day(held.get("starts_on")), day(held.get("ends_on"))
    lines = _lines(source)
    state = [one for one in lines if one["family"] == Family.STATE and not one["in_kind"]]
    caps = [money(cap.get("ae")) for cap in source.text["caps"].values()]
    return {
        "reference": source.reference,
        "intitule": prose(held.get("title")),
        "nature": prose(ContractKind(source.kind).label),
        "objet": prose(held.get("purpose")),
        "territoire": prose(source.territory),
        "debut": starts,
        "fin": ends,
        "periode": f"{starts.year}-{ends.year}" if starts and ends and starts.year != ends.year else _year(starts),
        "version": source.number,
        "en_vigueur_le": None if source.is_draft else source.dated_on,
        "avenant": _amendment_words(source),
        "delibere_le": source.deliberated_on,
        "signe_partenaire_le": source.partner_signed_on,
        "signe_prefet_le": source.prefect_signed_on,
        "total": _sum(one["ae"] for one in lines) if lines else None,
        "etat_ae": _sum(one["ae"] for one in state) if lines else None,
        "etat_cp": _sum(one["cp"] for one in state) if lines else None,
        "etat_part": _state_share(source) if lines else None,
        "plafond": _sum(caps) if caps else None,
        "nombre_actions": len(source.text["sheets"]),
    }


def _year(day_: date | None) -> str | None:
    return str(day_.year) if day_ else None


def _amendment_words(source: Source) -> str | None:
    if source.amendment is None:
        return None
    return prose(f"avenant n° {source.amendment['number']} : {source.amendment['title']}")


def _state_share(source: Source) -> str | None:
    """« 50 % »: State credits in proportion to all money, contributions in kind apart."""
    share = totals(facts_of(source.kind, source.text, source.names.get("family", {}))).overall.state_share
    return None if share is None else format_value(share.percent, unit="%")


def signatories(source: Source) -> list[Context]:
    """State first, as the text names them: organisations and offices, never persons."""
    held = source.text["signatories"]
    ordered = sorted(held, key=lambda key: (held[key].get("side") != SignatorySide.STATE, key))
    return [_signatory(source, held[key]) for key in ordered]


def _signatory(source: Source, held: Mapping[str, Any]) -> Context:
    of_state = held.get("side") == SignatorySide.STATE
    return {
        "partie": SignatorySide(held["side"]).label if held.get("side") else None,
        "organisme": prose(held.get("organisation")),
        "qualite": prose(held.get("office")),
        "siret": held.get("siret") or None,
        "signe_le": source.prefect_signed_on if of_state else source.partner_signed_on,
    }


# --- money ----------------------------------------------------------------------------------------------------------


def years(source: Source) -> list[Context]:
    """Each year of the text: caps, budget, and what each family brings. None where no line says it."""
    lines = _lines(source)
    known = sorted({*source.text["caps"], *(one["year"] for one in lines)})
    return [_of_year(source, year, [one for one in lines if one["year"] == year], bool(lines)) for year in known]


def _of_year(source: Source, year: str, lines: list[Context], has_lines: bool) -> Context:
    cap = source.text["caps"].get(year, {})

    def brought(family: str, amount: str = "ae") -> Money | None:
        kept = [one[amount] for one in lines if one["family"] == family and not one["in_kind"]]
        return _sum(kept) if has_lines else None

    return {
        "annee": year,
        "plafond_ae": money(cap.get("ae")),
        "plafond_cp": money(cap.get("cp")),
        "budget": money(cap.get("budget")),
        "notification": prose(cap.get("reference")),
        "etat_ae": brought(Family.STATE),
        "etat_cp": brought(Family.STATE, "cp"),
        "collectivites": brought(Family.COLLECTIVITY),
        "autres": brought(Family.OTHER),
        "nature": _sum(one["ae"] for one in lines if one["in_kind"]) if has_lines else None,
        "total": _sum(one["ae"] for one in lines) if has_lines else None,
    }


def funders(source: Source) -> list[Context]:
    """What each funder brings over all years, cash and in kind apart."""
    groups: dict[tuple[int, str, str], list[Context]] = {}
    for one in _lines(source):
        key = (_FAMILY_ORDER.get(one["family"], 9), one["name"], one["funder"])
        groups.setdefault(key, []).append(one)
    return [
        {
            "nom": prose(found[0]["name"]),
            "famille": FAMILIES.get(found[0]["family"], FAMILIES["other"]),
            "numeraire": _sum(one["ae"] for one in found if not one["in_kind"]),
            "nature": _sum(one["ae"] for one in found if one["in_kind"]),
            "total": _sum(one["ae"] for one in found),
        }
        for _, found in sorted(groups.items())
    ]


def funding(source: Source) -> list[Context]:
    """What each funder brings each year: one row a year, a funder, and cash or in kind."""
    groups: dict[tuple[str, int, str, bool, str], list[Context]] = {}
    for one in _lines(source):
        rank = _FAMILY_ORDER.get(one["family"], 9)
        groups.setdefault((one["year"], rank, one["name"], one["in_kind"], one["funder"]), []).append(one)
    return [_funding_row(found) for _, found in sorted(groups.items())]


def _funding_row(found: list[Context]) -> Context:
    first = found[0]
    return {
        "annee": first["year"],
        "financeur": prose(first["name"]),
        "famille": FAMILIES.get(first["family"], FAMILIES["other"]),
        "apport": IN_KIND if first["in_kind"] else IN_CASH,
        "ae": _sum(one["ae"] for one in found),
        "cp": _sum(one["cp"] for one in found),
    }


def _lines(source: Source) -> list[Context]:
    """Every funding line of the text. A payment that is not said is that of the commitment."""
    return [one for held in source.text["sheets"].values() for one in _lines_of(source, held)]


def _lines_of(source: Source, held: Mapping[str, Any]) -> list[Context]:
    names, families = source.names.get("funder", {}), source.names.get("family", {})
    found = []
    for line in held.get("lines", {}).values():
        code, planned = line.get("funder") or "", line.get("planned")
        paid = line.get("planned_cp")
        found.append(
            {
                "year": str(line.get("year") or ""),
                "funder": code,
                "name": names.get(code, code),
                "family": families.get(code, "other"),
                "in_kind": bool(line.get("in_kind")),
                "ae": money(planned),
                "cp": money(planned if paid is None else paid),
            }
        )
    return sorted(found, key=lambda one: (one["year"], _FAMILY_ORDER.get(one["family"], 9), one["name"]))


# --- actions ----------------------------------------------------------------------------------------------------------


def action(source: Source, code: str) -> Context:
    """One action sheet, with its costs, who pays, and what it aims at."""
    held, names = source.text["sheets"][code], source.names
    lines = _lines_of(source, held)
    state = [one["ae"] for one in lines if one["family"] == Family.STATE and not one["in_kind"]]
    return {
        "code": code,
        "intitule": prose(held.get("title")),
        "axe": _named(names, "axis", held.get("axis")),
        "mesure": _named(names, "measure", held.get("measure"))
        or _named(names, "base_measure", held.get("base_measure")),
        "besoin": prose(held.get("need")),
        "indicateur_du_besoin": _named(names, "indicator", held.get("need_indicator")),
        "nature": _nature(held.get("nature")),
        "justification": prose(held.get("justification")),
        "elargissement": prose(held.get("enlargement")),
        "contenu": prose(held.get("description")),
        "public": prose(held.get("target_public")),
        "territoires": prose(held.get("area")),
        "pilote": prose(held.get("pilot")),
        "partenaires": prose(held.get("partners")),
        "debut": day(held.get("starts_on")),
        "fin": day(held.get("ends_on")),
        "etapes": prose(held.get("calendar")),
        "total": _sum(one["ae"] for one in lines) if lines else None,
        "etat_ae": _sum(state) if lines else None,
        "annees": [
            {"annee": year, "cout_total": money(one.get("total_cost")), "assiette": money(one.get("eligible_cost"))}
            for year, one in sorted(held.get("years", {}).items())
        ],
        "lignes": [_line_row(one) for one in lines],
        "indicateurs": [_target(source, indicator, one) for indicator, one in held.get("targets", {}).items()],
    }


def _line_row(one: Context) -> Context:
    return {
        "annee": one["year"],
        "financeur": prose(one["name"]),
        "famille": FAMILIES.get(one["family"], FAMILIES["other"]),
        "apport": IN_KIND if one["in_kind"] else IN_CASH,
        "ae": one["ae"],
        "cp": one["cp"],
    }


def _target(source: Source, code: str, held: Mapping[str, Any]) -> Context:
    unit = source.names.get("unit", {}).get(code, "")
    aimed = [
        {"annee": year, "valeur": measured(one.get("value"), unit)}
        for year, one in sorted(held.get("years", {}).items())
    ]
    said = " ; ".join(f"{one['annee']} : {one['valeur']}" for one in aimed if one["valeur"])
    return {
        "nom": _named(source.names, "indicator", code),
        "situation_initiale": measured(held.get("baseline"), unit),
        "periode_initiale": held.get("baseline_period") or None,
        "methode": prose(held.get("method")),
        "cibles": aimed,
        "cibles_en_clair": prose(said),
    }


def _nature(code: str | None) -> str | None:
    field = SHEET.field("nature")
    choices = field.choices if field is not None else None
    return prose((choices or {}).get(code, code)) if code else None


# --- values of the text as values of a document -----------------------------------------------------------------------


def prose(words: str | None) -> str | None:
    """A text with its French spaces; None when nothing is said."""
    return typography(words) if words else None


def money(text: str | None) -> Money | None:
    return None if text is None or text == "" else Money.of(Decimal(text))


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def measured(text: str | None, unit: str) -> str | None:
    """« 20 personnes »; None when it is not known."""
    return None if text is None or text == "" else format_value(Decimal(text), unit=unit)


def _named(names: Mapping[str, Mapping[str, str]], table: str, code: str | None) -> str | None:
    return prose(names.get(table, {}).get(code, code)) if code else None


def _sum(amounts: Iterable[Money | None]) -> Money | None:
    """The exact sum; None as soon as one amount is not known."""
    known: list[Money] = []
    for amount in amounts:
        if amount is None:
            return None
        known.append(amount)
    return total(known)
