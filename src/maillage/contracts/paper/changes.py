"""The values of an amendment: what it changes, field by field, against the version that it amends."""

from __future__ import annotations

from maillage.contracts.enums import DocumentKind
from maillage.contracts.models import Amendment
from maillage.contracts.paper import contexts
from maillage.contracts.paper.contexts import Context, prose
from maillage.contracts.paper.source import Source, from_version
from maillage.contracts.rules import facts_of
from maillage.contracts.selectors.amendments import Group, Row, groups_of
from maillage.contracts.text import Names
from maillage.engines.contract_rules import ContractFacts, Family, Totals, totals
from maillage.engines.contract_text import Text, at_path, changes, kind_labels
from maillage.kernel.money import Money

FATES = {"changed": "modifié", "added": "ajouté", "removed": "retiré"}
WHOLE = "Ensemble"


def amendment(made: Amendment, source: Source) -> Context:
    """`source`: the version that it made, or what it proposes. The version amended is read from its own snapshot."""
    base = from_version(made.base)
    names = _names(base.names, source.names)
    found = changes(base.text, source.text)
    groups = groups_of(found, base.text, source.text, names)
    added = [path.partition("/")[2] for path in (one.path for one in found if one.kind == "added") if _is_sheet(path)]
    draft_word = f"projet d’avenant {made.number}"
    return {
        **contexts.heading(DocumentKind.AMENDMENT, source, draft_word=draft_word),
        "contrat": contexts.contract(source),
        "signataires": contexts.signatories(source),
        "avenant": {
            "numero": made.number,
            "objet": prose(made.title),
            "natures": prose(", ".join(kind_labels(made.kinds)).lower()),
            "motif": prose(made.reason),
            "version_de_depart": base.number,
            "depart_en_vigueur_le": base.dated_on,
            "version_nouvelle": source.number,
            "nombre_de_changements": len(found),
        },
        "changements": [_change(group, _Lines(base.text, source.text, names)) for group in groups],
        "effets": _effects(base, source),
        "ajouts": [contexts.action(source, code) for code in sorted(added)],
    }


def _is_sheet(path: str) -> bool:
    return path.startswith("sheets/") and path.count("/") == 1


def _names(before: Names, after: Names) -> Names:
    """The names of both texts; where a name changed meanwhile, that of the new text."""
    return {table: {**before.get(table, {}), **after.get(table, {})} for table in {*before, *after}}


class _Lines:
    """The name of a funding line, which has but a key: its funder and its year, « État 2025 »."""

    def __init__(self, before: Text, after: Text, names: Names) -> None:
        self._texts = (after, before)
        self._funders = names.get("funder", {})

    def label(self, row: Row) -> str:
        steps = row.path.split("/")
        if steps[2:3] != ["lines"]:
            return row.label
        for text in self._texts:
            line = at_path(text, "/".join(steps[:4]))
            if line:
                code = line.get("funder") or ""
                name = f"{self._funders.get(code, code)} {line.get('year') or ''}".strip()
                return row.label.replace(f"Ligne {steps[3]}", name, 1)
        return row.label


def _change(group: Group, lines: _Lines) -> Context:
    rows = [
        {
            "libelle": prose(lines.label(row)),
            "sort": FATES[row.kind],
            "avant": prose(row.before),
            "apres": prose(row.after),
            "ecart": prose(row.gap),
        }
        for row in group.rows
    ]
    return {"titre": prose(group.title), "sort": FATES[group.kind], "lignes": rows or [_whole(group)]}


def _whole(group: Group) -> Context:
    """A sheet that comes or goes, on one row: what it holds is annexed, or in the version before."""
    there, gone = "fiche entière", "sans objet"
    added = group.kind == "added"
    return {
        "libelle": "Fiche action",
        "sort": FATES[group.kind],
        "avant": gone if added else there,
        "apres": there if added else gone,
        "ecart": None,
    }


def _effects(before: Source, after: Source) -> list[Context]:
    """What each year becomes; the last row is the whole, where there are several years."""
    old, new = (totals(_facts(one)) for one in (before, after))
    years = sorted({*old.years, *new.years})
    rows = [_effect(str(year), old.years.get(year), new.years.get(year)) for year in years]
    return [*rows, _effect(WHOLE, old.overall, new.overall)] if len(years) > 1 else rows


def _facts(source: Source) -> ContractFacts:
    return facts_of(source.kind, source.text, source.names.get("family", {}))


def _effect(year: str, old: Totals | None, new: Totals | None) -> Context:
    return {
        "annee": year,
        "etat_avant": _state(old),
        "etat_apres": _state(new),
        "total_avant": _total(old),
        "total_apres": _total(new),
        "plafond_avant": old.cap if old else None,
        "plafond_apres": new.cap if new else None,
    }


def _state(found: Totals | None) -> Money | None:
    return found.cash[Family.STATE].planned.exact if found is not None else None


def _total(found: Totals | None) -> Money | None:
    return found.total.planned.exact if found is not None else None
