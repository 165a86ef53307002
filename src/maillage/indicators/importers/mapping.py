"""The mapping that describes a table of anyone: where the territory, the period and each indicator are written.

A TOML or JSON text, whose keys are French (`docs/correspondance.md`) or English. What is not understood is refused by
name: a key misspelt and left aside would change figures in silence.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping as Items
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from maillage.engines.rows import fold
from maillage.indicators.enums import Nature, Polarity, Status
from maillage.indicators.importers.definitions import Definition
from maillage.indicators.importers.model import MISSING, SECRET
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError, shorten
from maillage.kernel.numbers import NBSP
from maillage.kernel.period import Period
from maillage.territories.enums import Level

MAX_LENGTH = 200_000
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.-]{0,59}", re.ASCII)
_STATUSES = {
    "publie": Status.PUBLISHED.value,
    "provisoire": Status.PROVISIONAL.value,
    "estime": Status.ESTIMATED.value,
    "arrondi": Status.ROUNDED.value,
} | {s.value: s.value for s in (Status.PUBLISHED, Status.PROVISIONAL, Status.ESTIMATED, Status.ROUNDED)}
_UNKNOWN = {"secret": SECRET, "secret statistique": SECRET, "suppressed": SECRET} | dict.fromkeys(
    ("non disponible", "indisponible", "unavailable"), MISSING
)
_LEVELS = {level.value: level for level in Level} | {"region": Level.REGION, "pays": Level.COUNTRY}
_NATURES = {"stock": "stock", "flux": "flow", "part": "share", "taux": "share", "niveau": "level"} | {
    nature.value: nature.value for nature in Nature
}
_POLARITIES = {"plus": "more", "moins": "less", "neutre": "neutral"} | {one.value: one.value for one in Polarity}
_MARKS = {"virgule": ",", "point": ".", ",": ",", ".": "."}
_ON_UNKNOWN = {"laisser": False, "leave": False, "refuser": True, "refuse": True}
_SEPARATORS = {"tabulation": "\t", "tab": "\t", ";": ";", ",": ",", "|": "|", "\t": "\t"}

DEFAULT_MARKERS = {"": MISSING, "s": SECRET, "nd": MISSING, "n.d.": MISSING}


@dataclass(frozen=True, slots=True)
class FileShape:
    """How the file is written, where it cannot be found out. `header_row` counts from 1, as a spreadsheet shows it."""

    sheet: str = ""
    header_row: int = 1
    separator: str = ""
    encoding: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that gives an indicator."""

    column: str
    code: str
    decimal_mark: str = ""
    status: str = Status.PUBLISHED.value
    rounding: int = 0
    label: str = ""
    unit: str = ""
    nature: str = ""
    decimals: int = 0
    summable: bool = False
    polarity: str = Polarity.NEUTRAL.value
    definition: str = ""
    method: str = ""
    limits: str = ""

    @property
    def is_defined(self) -> bool:
        return bool(self.label and self.unit and self.nature)

    def described(self, publisher: str) -> Definition:
        """The definition of an indicator that is not known yet."""
        return Definition(
            self.code,
            {
                "code": self.code,
                "label": self.label[:200],
                "unit": self.unit[:30],
                "decimals": self.decimals,
                "nature": self.nature,
                "summable_territories": self.summable,
                "polarity": self.polarity,
                "definition": self.definition,
                "method": self.method,
                "limits": self.limits,
                "producer": publisher[:200],
            },
        )


@dataclass(frozen=True)
class Mapping:
    """A checked mapping. `territory` or `territory_code`, and `period` or `period_column`: one of each."""

    title: str
    columns: tuple[Column, ...]
    level: Level
    territory: str = ""
    territory_code: str = ""
    name_column: str = ""
    pads_zeros: bool = False
    refuses_unknown: bool = False
    geography: int | None = None
    period: str = ""
    period_column: str = ""
    perimeter: str = ""
    publisher: str = ""
    licence: str = ""
    file: FileShape = field(default_factory=FileShape)
    markers: Items[str, str] = field(default_factory=lambda: dict(DEFAULT_MARKERS))


def parse_mapping(text: str, name: str = "correspondance") -> Mapping:
    """The mapping of a TOML or JSON text. Raises InputRefused with every problem, in French."""
    reading = _Reading()
    found = reading.mapping(_items(text, name))
    if reading.problems:
        raise InputRefused(reading.problems, f"La correspondance «{NBSP}{shorten(name, 80)}{NBSP}» est refusée.")
    return found


def _items(text: str, name: str) -> dict[str, Any]:
    title = f"La correspondance «{NBSP}{shorten(name, 80)}{NBSP}» ne peut pas être lue."
    if len(text) > MAX_LENGTH:
        raise InputRefused([InputProblem(None, None, "Elle est trop longue.")], title)
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    try:
        found = json.loads(text.lstrip("\ufeff")) if is_json else tomllib.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "TOML"
        raise InputRefused([InputProblem(None, None, f"Ce n'est pas du {kind}{NBSP}: {error}")], title) from None
    return found if isinstance(found, dict) else {}


class _Section:
    """One table of the mapping: values by name (French first), and the names that nobody asked for."""

    def __init__(self, items: Any, where: str, problems: list[InputProblem]) -> None:
        self.where, self.problems = where, problems
        self.asked: set[str] = set()
        if not isinstance(items, dict):
            self.problem("", "il faut un ensemble de clés et de valeurs.")
            items = {}
        self.items = {fold(str(key)): value for key, value in items.items()}

    def problem(self, name: str, message: str) -> None:
        place = ", ".join(filter(None, (self.where, name)))
        self.problems.append(InputProblem(None, place or None, message))

    def raw(self, *names: str) -> Any:
        self.asked |= {fold(name) for name in names}
        return next((self.items[fold(name)] for name in names if fold(name) in self.items), None)

    def text(self, *names: str, needed: bool = False) -> str:
        value = self.raw(*names)
        if value is None or value == "":
            if needed:
                self.problem(names[0], "cette clé manque.")
            return ""
        if isinstance(value, bool | dict | list):
            self.problem(names[0], "il faut un texte.")
            return ""
        return str(value).strip()

    def whole(self, *names: str, default: int, minimum: int, maximum: int) -> int:
        value = self.raw(*names)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            self.problem(names[0], f"il faut un entier de {minimum} à {maximum}.")
            return default
        return value

    def yes_no(self, *names: str) -> bool:
        value = self.raw(*names)
        if value is not None and not isinstance(value, bool):
            self.problem(names[0], "il faut true (oui) ou false (non).")
        return value is True

    def choice(self, choices: Items[str, Any], *names: str, default: Any) -> Any:
        text = self.text(*names)
        if not text:
            return default
        folded = {fold(key) or key: value for key, value in choices.items()}
        found = folded.get(fold(text) or text)
        if found is None:
            allowed = ", ".join(f"«{NBSP}{key}{NBSP}»" for key in choices)
            self.problem(names[0], f"«{NBSP}{shorten(text, 40)}{NBSP}» n'est pas connu. Valeurs admises : {allowed}.")
            return default
        return found

    def finish(self) -> None:
        for key in self.items.keys() - self.asked:
            self.problem(key, "cette clé n'est pas connue.")


@dataclass
class _Reading:
    problems: list[InputProblem] = field(default_factory=list)

    def mapping(self, items: dict[str, Any]) -> Mapping:
        top = _Section(items, "", self.problems)
        place = self._section(top, "territoire", "territory")
        when = self._section(top, "periode", "period")
        publisher = top.text("producteur", "publisher")
        level = place.choice(_LEVELS, "niveau", "level", default=None)
        if level is None:
            place.problem("niveau", "cette clé manque : commune, epci, departement, region, iris ou pays.")
        found = Mapping(
            title=top.text("titre", "title", needed=True),
            columns=self._columns(top.raw("indicateurs", "indicators")),
            level=level or Level.COMMUNE,
            territory=place.text("colonne", "column"),
            territory_code=place.text("code"),
            name_column=place.text("nom", "name"),
            pads_zeros=place.yes_no("completer_zeros", "pad_zeros"),
            refuses_unknown=place.choice(_ON_UNKNOWN, "inconnus", "unknown", default=False),
            geography=place.whole("geographie", "geography", default=0, minimum=1943, maximum=2100) or None,
            period=self._period(when),
            period_column=when.text("colonne", "column"),
            perimeter=top.text("perimetre", "perimeter")[:300],
            publisher=publisher,
            licence=top.text("licence", "license")[:100],
            file=self._file(self._section(top, "fichier", "file")),
            markers=self._markers(top.raw("manquants", "missing")),
        )
        if bool(found.territory) == bool(found.territory_code):
            place.problem("colonne", "donnez la colonne du code, ou un seul code : l'un des deux.")
        if bool(found.period) == bool(found.period_column):
            when.problem("valeur", "donnez une valeur, ou la colonne qui la donne : l'une des deux.")
        for section in (top, place, when):
            section.finish()
        return found

    def _section(self, top: _Section, *names: str) -> _Section:
        return _Section(top.raw(*names) or {}, names[0], self.problems)

    def _period(self, when: _Section) -> str:
        text = when.text("valeur", "value")
        try:
            return Period.parse(text).canonical if text else ""
        except MaillageError as error:
            when.problem("valeur", error.message_fr)
            return text

    def _file(self, section: _Section) -> FileShape:
        shape = FileShape(
            sheet=section.text("feuille", "sheet"),
            header_row=section.whole("ligne_titres", "header_row", default=1, minimum=1, maximum=1000),
            separator=section.choice(_SEPARATORS, "separateur", "separator", default=""),
            encoding=section.text("encodage", "encoding"),
            path=section.text("chemin", "path"),
        )
        section.finish()
        if shape.encoding:
            try:
                "".encode(shape.encoding)
            except LookupError:
                section.problem("encodage", "cet encodage n'est pas connu : utf-8, cp1252, iso-8859-15 …")
        return shape

    def _markers(self, items: Any) -> dict[str, str]:
        if items is None:
            return dict(DEFAULT_MARKERS)
        section = _Section(items, "manquants", self.problems)
        found = {}
        for marker, status in (items if isinstance(items, dict) else {}).items():
            known = _UNKNOWN.get(fold(str(status)))
            if known is None:
                section.problem(str(marker), "dites « secret » ou « non disponible ».")
            else:
                found[str(marker).strip().casefold()] = known
        return DEFAULT_MARKERS | found

    def _columns(self, items: Any) -> tuple[Column, ...]:
        if not isinstance(items, list) or not items:
            self.problems.append(InputProblem(None, "indicateurs", "il faut au moins un indicateur ([[indicateurs]])."))
            return ()
        columns = [self._column(_Section(one, f"indicateurs, n° {n}", self.problems)) for n, one in enumerate(items, 1)]
        self._refuse_twice([one.code for one in columns if one.code], "Le code")
        self._refuse_twice([one.column for one in columns if one.column], "La colonne")
        return tuple(columns)

    def _refuse_twice(self, values: Sequence[str], what: str) -> None:
        for value in sorted({one for one in values if values.count(one) > 1}):
            message = f"{what} «{NBSP}{shorten(value, 40)}{NBSP}» est donné deux fois."
            self.problems.append(InputProblem(None, "indicateurs", message))

    def _column(self, section: _Section) -> Column:
        code = section.text("code", needed=True)
        if code and not _CODE.fullmatch(code):
            section.problem("code", "majuscules, chiffres, tirets et points seulement, 60 caractères au plus.")
        nature = section.choice(_NATURES, "nature", default="")
        summable = section.yes_no("sommable", "summable")
        if summable and nature in {Nature.SHARE.value, Nature.LEVEL.value}:
            section.problem("sommable", "une part ou un niveau ne s'additionne pas entre territoires.")
        column = Column(
            column=section.text("colonne", "column", needed=True),
            code=code,
            decimal_mark=section.choice(_MARKS, "decimale", "decimal", default=""),
            status=section.choice(_STATUSES, "statut", "status", default=Status.PUBLISHED.value),
            rounding=section.whole("arrondi", "rounding", default=0, minimum=0, maximum=1_000_000),
            label=section.text("libelle", "label"),
            unit=section.text("unite", "unit"),
            nature=nature,
            decimals=section.whole("decimales", "decimals", default=0, minimum=0, maximum=4),
            summable=summable,
            polarity=section.choice(_POLARITIES, "sens", "polarity", default=Polarity.NEUTRAL.value),
            definition=section.text("definition"),
            method=section.text("methode", "method"),
            limits=section.text("limites", "limits"),
        )
        section.finish()
        return column
