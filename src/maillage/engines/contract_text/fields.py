"""Every field of the text of a contract: forms, spreadsheets, comparisons, comments, merge fields read this table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    LINE = "line"  # one line of text
    LONG = "long"  # text of several lines
    AMOUNT = "amount"  # euros, two decimals at most
    VALUE = "value"  # a value of an indicator, four decimals at most
    DATE = "date"
    YEAR = "year"
    YES_NO = "yes_no"
    CHOICE = "choice"  # one code of a short list
    CODE = "code"  # a code of the instance: axis, measure, indicator, funder …


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one part. `block` is what an amendment must unlock to change it.

    `choices`: code → French label, for a short list. `refers_to`: the codes accepted, by name of their table.
    `needed`: asked at signature (invariant A2 and plain sense).
    """

    name: str
    label: str
    kind: FieldKind
    block: str
    max_length: int = 0
    choices: Mapping[str, str] | None = None
    refers_to: str = ""
    needed: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of object of the text. `path` has a star where a code stands."""

    name: str
    label: str
    path: tuple[str, ...]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


_NATURES = {"new": "Nouvelle", "reinforced": "Renforcée"}
_SIDES = {"state": "État", "partner": "Partenaire"}

CONTRACT = Part(
    "contract",
    "Contrat",
    ("contract",),
    (
        Field("reference", "Référence", FieldKind.LINE, "identity", 40, needed=True),
        Field("title", "Intitulé", FieldKind.LINE, "identity", 250, needed=True),
        Field(
            "purpose",
            "Objet",
            FieldKind.LONG,
            "action",
            help="Ce que les parties s'engagent à faire ensemble, en quelques lignes.",
        ),
        Field("starts_on", "Début", FieldKind.DATE, "identity", needed=True),
        Field("ends_on", "Fin", FieldKind.DATE, "extension", needed=True),
    ),
)

CAP = Part(
    "cap",
    "Plafond annuel",
    ("caps", "*"),
    (
        Field(
            "ae",
            "Plafond de l'État (AE)",
            FieldKind.AMOUNT,
            "amount",
            needed=True,
            help="Ce que l'État peut engager dans l'année, au plus.",
        ),
        Field(
            "cp", "Crédits de paiement (CP)", FieldKind.AMOUNT, "amount", help="Ce que l'État peut payer dans l'année."
        ),
        Field(
            "budget",
            "Budget de l'année, tous financeurs",
            FieldKind.AMOUNT,
            "amount",
            needed=True,
            help="Les coûts totaux des actions de l'année doivent en faire la somme.",
        ),
        Field(
            "reference",
            "Référence",
            FieldKind.LINE,
            "amount",
            200,
            help="La notification ou l'instruction qui fixe ces montants.",
        ),
    ),
)

SIGNATORY = Part(
    "signatory",
    "Signataire",
    ("signatories", "*"),
    (
        Field("side", "Partie", FieldKind.CHOICE, "party", choices=_SIDES, needed=True),
        Field("organisation", "Organisme", FieldKind.LINE, "party", 200, needed=True),
        Field("siret", "SIRET", FieldKind.LINE, "party", 14, help="14 chiffres."),
        Field(
            "office",
            "Qualité du signataire",
            FieldKind.LINE,
            "party",
            200,
            needed=True,
            help="La fonction, pas le nom : « Préfète de région », « Président du conseil départemental ».",
        ),
    ),
)

SHEET = Part(
    "sheet",
    "Fiche action",
    ("sheets", "*"),
    (
        Field("title", "Intitulé", FieldKind.LINE, "action", 250, needed=True),
        Field("axis", "Axe", FieldKind.CODE, "action", refers_to="axis", needed=True),
        Field(
            "measure",
            "Mesure",
            FieldKind.CODE,
            "action",
            refers_to="measure",
            help="La mesure du pacte que l'action met en œuvre ; à défaut, une mesure socle.",
        ),
        Field(
            "base_measure",
            "Mesure socle",
            FieldKind.CODE,
            "action",
            refers_to="base_measure",
            help="Pour un contrat qui en comporte.",
        ),
        Field(
            "need",
            "Besoin constaté",
            FieldKind.LONG,
            "action",
            needed=True,
            help="Ce que l'on observe sur le territoire, avec sa source : c'est ce que l'action doit changer.",
        ),
        Field(
            "need_indicator",
            "Indicateur du besoin",
            FieldKind.CODE,
            "action",
            refers_to="indicator",
            help="Le chiffre qui montre ce besoin, s'il existe dans l'instance.",
        ),
        Field(
            "nature",
            "Nature",
            FieldKind.CHOICE,
            "action",
            choices=_NATURES,
            needed=True,
            help="Une action renforcée existait déjà : dites alors en quoi elle va plus loin.",
        ),
        Field("justification", "En quoi elle est nouvelle ou renforcée", FieldKind.LONG, "action"),
        Field(
            "enlargement",
            "Public ou territoire élargi",
            FieldKind.LONG,
            "action",
            help="Demandé d'une action renforcée : qui, ou quel territoire, s'ajoute à ce qui existait.",
        ),
        Field("description", "Contenu", FieldKind.LONG, "action"),
        Field("target_public", "Public visé", FieldKind.LONG, "action"),
        Field(
            "area",
            "Territoires concernés",
            FieldKind.LINE,
            "action",
            300,
            help="Les communes, les EPCI ou les quartiers où l'action se déroule.",
        ),
        Field(
            "pilot",
            "Pilote",
            FieldKind.LINE,
            "party",
            200,
            needed=True,
            help="L'organisme ou le service qui répond de l'action, pas une personne.",
        ),
        Field("partners", "Partenaires", FieldKind.LONG, "party"),
        Field("starts_on", "Début", FieldKind.DATE, "calendar"),
        Field("ends_on", "Fin", FieldKind.DATE, "calendar"),
        Field("calendar", "Étapes", FieldKind.LONG, "calendar", help="Une étape par ligne, avec sa date."),
    ),
)

YEAR = Part(
    "year",
    "Année d'une action",
    ("sheets", "*", "years", "*"),
    (
        Field(
            "total_cost",
            "Coût total",
            FieldKind.AMOUNT,
            "amount",
            needed=True,
            help="Tout ce que l'action coûte dans l'année, apports en nature compris : la somme des lignes.",
        ),
        Field(
            "eligible_cost",
            "Assiette éligible",
            FieldKind.AMOUNT,
            "amount",
            needed=True,
            help="La part du coût sur laquelle se calcule la part de l'État.",
        ),
    ),
)

LINE = Part(
    "line",
    "Ligne de financement",
    ("sheets", "*", "lines", "*"),
    (
        Field("year", "Année", FieldKind.YEAR, "amount", needed=True),
        Field("funder", "Financeur", FieldKind.CODE, "amount", refers_to="funder", needed=True),
        Field("in_kind", "En nature", FieldKind.YES_NO, "amount"),
        Field(
            "planned",
            "Prévu (AE)",
            FieldKind.AMOUNT,
            "amount",
            needed=True,
            help="Ce que le financeur s'engage à apporter pour l'année.",
        ),
        Field(
            "planned_cp",
            "Prévu en paiement (CP)",
            FieldKind.AMOUNT,
            "amount",
            help="Ce qui sera payé dans l'année, quand cela diffère de l'engagement.",
        ),
    ),
)

TARGET = Part(
    "target",
    "Indicateur suivi",
    ("sheets", "*", "targets", "*"),
    (
        Field(
            "baseline",
            "Situation initiale",
            FieldKind.VALUE,
            "indicator",
            help="La valeur avant l'action. Vide veut dire inconnue, et non zéro.",
        ),
        Field(
            "baseline_period",
            "Période de la situation initiale",
            FieldKind.LINE,
            "indicator",
            21,
            help="Une année (2023), ou un mois (2023-06).",
        ),
        Field(
            "method",
            "Comment on compte",
            FieldKind.LONG,
            "indicator",
            help="Personnes uniques ou passages, et d'où vient le compte.",
        ),
    ),
)

YEAR_TARGET = Part(
    "year_target",
    "Cible annuelle",
    ("sheets", "*", "targets", "*", "years", "*"),
    (Field("value", "Cible", FieldKind.VALUE, "indicator", needed=True),),
)

PARTS: tuple[Part, ...] = (CONTRACT, CAP, SIGNATORY, SHEET, YEAR, LINE, TARGET, YEAR_TARGET)
FIELDS: tuple[tuple[Part, Field], ...] = tuple((part, field) for part in PARTS for field in part.fields)


def _fits(pattern: Sequence[str], steps: Sequence[str]) -> bool:
    return len(pattern) == len(steps) and all(p in ("*", s) for p, s in zip(pattern, steps, strict=True))


def part_at(path: str) -> Part | None:
    """The part whose object stands at a path: « sheets/A01/lines/L1 » → LINE. None for anything else."""
    steps = path.split("/")
    return next((part for part in PARTS if _fits(part.path, steps)), None)


def field_at(path: str) -> tuple[Part, Field] | None:
    """The field at a path: « sheets/A01/need » → (SHEET, need). None for anything else."""
    parent, _, name = path.rpartition("/")
    part = part_at(parent)
    field = part.field(name) if part is not None else None
    return (part, field) if part is not None and field is not None else None


# What stands where a path has a star: codes that people read, years, keys of lines.
_CODES = {
    "caps": re.compile(r"(19|20|21)[0-9]{2}"),
    "years": re.compile(r"(19|20|21)[0-9]{2}"),
    "sheets": re.compile(r"[A-Z0-9][A-Z0-9.-]{0,11}"),
    "signatories": re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}"),
    "lines": re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}"),
    "targets": re.compile(r"\S{1,60}"),
}


EMPTY_CODE = "(vide)"


def bad_code(path: str) -> str:
    """The first code of a path that cannot be one (« a 1 » for a sheet, `EMPTY_CODE` for none); '' when all can.

    Codes stand at every second step, so that a sheet may be called « YEARS ».
    """
    steps = path.split("/")
    for collection, code in zip(steps[::2], steps[1::2], strict=False):
        if collection in _CODES and not _CODES[collection].fullmatch(code):
            return code or EMPTY_CODE
    return ""


def label_of(path: str) -> str:
    """A path in French: « Fiche A01 · Ligne L1 · Prévu (AE) »."""
    found = field_at(path)
    part, field = found if found is not None else (part_at(path), None)
    if part is None:
        return _collection_label(path)
    codes = [step for step, pattern in zip(path.split("/"), part.path, strict=False) if pattern == "*"]
    named = [f"{_WORDS[part.path[rank * 2]]} {code}" for rank, code in enumerate(codes)] or [part.label]
    return " · ".join([*named, field.label] if field is not None else named)


_WORDS = {
    "caps": "Année",
    "signatories": "Signataire",
    "sheets": "Fiche",
    "years": "Année",
    "lines": "Ligne",
    "targets": "Indicateur",
}
_COLLECTIONS = {
    "caps": "Plafonds annuels",
    "signatories": "Signataires",
    "sheets": "Fiches action",
    "years": "Années",
    "lines": "Lignes de financement",
    "targets": "Indicateurs suivis",
}


def _collection_label(path: str) -> str:
    """« sheets/A01/targets » → « Fiche A01 · Indicateurs suivis »; the path itself where it names nothing."""
    parent, _, collection = path.rpartition("/")
    if part_at(f"{path}/0") is None or collection not in _COLLECTIONS:
        return path
    return f"{label_of(parent)} · {_COLLECTIONS[collection]}" if parent else _COLLECTIONS[collection]
