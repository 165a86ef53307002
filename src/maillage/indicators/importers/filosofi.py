"""INSEE, Filosofi: income and poverty by territory, in the three shapes in which it goes round.

- wide (`cc_filosofi_2021_COM.csv`): `CODGEO` and one column a measure, whose title ends with the year on two digits;
- named wide (one row an EPCI, `codgeo`, `taux_pauvrete`, …): the year is told by the file's name;
- long (`DS_FILOSOFI_CC…`): one row an observation, columns read by name since their order differs.

`s` is statistical secrecy, `nd` not available. Low rates are printed as a floor: 5 then means « 5 or less ».
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from maillage.gateways.tabular import Table
from maillage.indicators.importers.definitions import definitions
from maillage.indicators.importers.model import (
    MAX_NAMED,
    MAX_PROBLEMS,
    MISSING,
    SECRET,
    Cell,
    CellReader,
    Line,
    Measure,
    RowReader,
    Statistics,
    duplicated,
    least,
    not_taken,
)
from maillage.kernel.errors import InputProblem, MaillageError, shorten
from maillage.kernel.numbers import NBSP
from maillage.sources.registry import LeftOut
from maillage.territories.enums import Level
from maillage.territories.importers.common import Columns, refused

FLOOR = Decimal(5)
FIRST_NEW_DEVICE = 2022  # Filosofi was rebuilt after the end of the housing tax: 2023 is its first year
MARKERS = {"s": SECRET, "nd": MISSING, "": MISSING}

_WIDE = {
    "NBMENFISC": "FISCAL-HOUSEHOLDS",
    "NBPERSMENFISC": "FISCAL-PERSONS",
    "MED": "MEDIAN-INCOME",
    "PIMP": "SHARE-TAXED",
    "TP60": "POVERTY-RATE",
    "TP60AGE1": "POVERTY-RATE-UNDER-30",
    "TP60AGE2": "POVERTY-RATE-30-39",
    "TP60AGE3": "POVERTY-RATE-40-49",
    "TP60AGE4": "POVERTY-RATE-50-59",
    "TP60AGE5": "POVERTY-RATE-60-74",
    "TP60AGE6": "POVERTY-RATE-75-PLUS",
    "TP60TOL1": "POVERTY-RATE-OWNERS",
    "TP60TOL2": "POVERTY-RATE-TENANTS",
    "PACT": "SHARE-ACTIVITY",
    "PTSA": "SHARE-WAGES",
    "PCHO": "SHARE-UNEMPLOYMENT",
    "PBEN": "SHARE-SELF-EMPLOYMENT",
    "PPEN": "SHARE-PENSIONS",
    "PPAT": "SHARE-ASSETS",
    "PPSOC": "SHARE-SOCIAL-BENEFITS",
    "PPFAM": "SHARE-FAMILY-BENEFITS",
    "PPMINI": "SHARE-MINIMA",
    "PPLOGT": "SHARE-HOUSING-BENEFITS",
    "PIMPOT": "SHARE-TAXES",
    "D1": "DECILE-1",
    "D9": "DECILE-9",
    "RD": "DECILE-RATIO",
    "GI": "GINI",
}
_NAMED = {
    "revenu_median": "MEDIAN-INCOME",
    "taux_pauvrete": "POVERTY-RATE",
    "rapport_interdecile": "DECILE-RATIO",
    "decile1": "DECILE-1",
    "decile9": "DECILE-9",
    "part_imposes": "SHARE-TAXED",
    "nb_menages": "FISCAL-HOUSEHOLDS",
    "nb_personnes": "FISCAL-PERSONS",
    "part_rev_activite": "SHARE-ACTIVITY",
    "part_salaires": "SHARE-WAGES",
    "part_chomage": "SHARE-UNEMPLOYMENT",
    "part_non_salaries": "SHARE-SELF-EMPLOYMENT",
    "part_retraites": "SHARE-PENSIONS",
    "part_patrimoine": "SHARE-ASSETS",
    "part_presta_sociales": "SHARE-SOCIAL-BENEFITS",
    "part_presta_familiales": "SHARE-FAMILY-BENEFITS",
    "part_presta_logement": "SHARE-HOUSING-BENEFITS",
    "part_minima_sociaux": "SHARE-MINIMA",
    "part_impots": "SHARE-TAXES",
}
_LONG = {
    "NUM_HH": "FISCAL-HOUSEHOLDS",
    "NUM_PER": "FISCAL-PERSONS",
    "MED_SL": "MEDIAN-INCOME",
    "PR_MD60": "POVERTY-RATE",
    "D1_SL": "DECILE-1",
    "D9_SL": "DECILE-9",
    "IR_D9_D1_SL": "DECILE-RATIO",
    "GI_SL": "GINI",
    "S_HH_TAX": "SHARE-TAXED",
    "S_EI_DI": "SHARE-ACTIVITY",
    "S_EI_DI_SAL": "SHARE-WAGES",
    "S_EI_DI_UNE": "SHARE-UNEMPLOYMENT",
    "S_EI_DI_N_SAL": "SHARE-SELF-EMPLOYMENT",
    "S_RET_PEN_DI": "SHARE-PENSIONS",
    "S_INC_ASS_DI": "SHARE-ASSETS",
    "S_SOC_BEN_DI": "SHARE-SOCIAL-BENEFITS",
    "S_SOC_BEN_DI_FAM_BEN": "SHARE-FAMILY-BENEFITS",
    "S_SOC_BEN_DI_HOU_BEN": "SHARE-HOUSING-BENEFITS",
    "S_SOC_BEN_DI_MIN_SOC": "SHARE-MINIMA",
    "S_DIR_TAX_DI": "SHARE-TAXES",
}
_NEEDED_LONG = ("GEO", "GEO_OBJECT", "FILOSOFI_MEASURE", "TIME_PERIOD", "OBS_VALUE")
_STATED_LONG = (*_NEEDED_LONG, "CONF_STATUS", "OBS_STATUS", "UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "FREQ")
_YEARLY = {"EUR", "EUR_YR"}  # levels of living are also given by month
_OBJECTS = {
    "COM": Level.COMMUNE,
    "EPCI": Level.EPCI,
    "DEP": Level.DEPARTEMENT,
    "REG": Level.REGION,
    "FRANCE": Level.COUNTRY,
}
_TOTAL = "_T"
_COUNTRY = {"F", "FR", "FE", "FRANCE"}
_GEO = re.compile(r"(?:(?P<year>20\d\d)-)?(?:(?P<object>[A-Z]+)-)?(?P<code>[0-9A-Z]+)", re.ASCII)
_COMMUNE = re.compile(r"(?:\d{2}|2[AB])\d{3}", re.ASCII)
_SHAPES = (
    "Ce n'est pas un fichier Filosofi reconnu. Il faut, sur la première ligne, soit CODGEO et des colonnes comme MED21 "
    "ou TP6021, soit codgeo et des colonnes comme taux_pauvrete, soit GEO, GEO_OBJECT, FILOSOFI_MEASURE, TIME_PERIOD "
    "et OBS_VALUE."
)


def parse_filosofi(table: Table, name: str, year: int | None) -> Statistics:
    """Any of the three shapes. `year` is asked for, or told by the file's name. Raises InputRefused."""
    columns = Columns(table)
    if columns.has(*_NEEDED_LONG):
        return _Long(table, name, columns).parse()
    wide = {place: found for place, title in enumerate(table.columns) if (found := _wide_title(title))}
    if columns.has("CODGEO") and wide:
        years = {year for _, year in wide.values()}
        if len(years) > 1:
            told = ", ".join(str(one) for one in sorted(years))
            raise refused(name, [InputProblem(1, None, f"Les colonnes portent plusieurs années{NBSP}: {told}.")])
        return _Wide(table, name, {place: code for place, (code, _) in wide.items()}, years.pop()).parse()
    named = {place: _NAMED[title.strip().lower()] for place, title in enumerate(table.columns) if _is_named(title)}
    if columns.has("CODGEO") and named:
        if year is None:
            message = "Le fichier ne dit pas son année : indiquez-la (millésime), ou écrivez-la dans son nom."
            raise refused(name, [InputProblem(None, None, message)])
        return _Wide(table, name, named, year).parse()
    raise refused(name, [InputProblem(1, None, _SHAPES)])


def perimeter(year: int) -> str:
    """What the values cover. Two devices, two texts: their values do not compare."""
    if year >= FIRST_NEW_DEVICE:
        return "Ménages fiscaux, dispositif Filosofi rénové (à partir de 2023)"
    return "Ménages fiscaux, dispositif Filosofi d'avant 2023"


def _wide_title(title: str) -> tuple[str, int] | None:
    """(indicator, year) of « TP60AGE121 »: a stem that is known, then two digits."""
    found = title.strip().upper()
    code = _WIDE.get(found[:-2])
    return (code, 2000 + int(found[-2:])) if code and found[-2:].isdigit() else None


def _is_named(title: str) -> bool:
    return title.strip().lower() in _NAMED


def _reader(code: str, floor: Decimal | None = None) -> CellReader:
    definition = definitions()[code]
    counts = definition.summable
    bounded = code.startswith("POVERTY-RATE") or code == "SHARE-TAXED"
    return CellReader(
        MARKERS,
        minimum=Decimal(0) if counts or bounded else None,
        maximum=Decimal(100) if bounded else None,
        floor=floor,
    )


def _measure(code: str, title: str) -> Measure:
    return Measure(code, title, definitions()[code].summable)


@dataclass
class _Wide:
    """One row a territory, one column a measure."""

    table: Table
    name: str
    codes: dict[int, str]
    year: int
    problems: list[InputProblem] = field(default_factory=list)

    def parse(self) -> Statistics:
        columns = Columns(self.table)
        code_at, name_at = columns.place("CODGEO"), columns.place("LIBGEO")
        if code_at is None:
            raise refused(self.name, [InputProblem(1, None, _SHAPES)])
        twice = [code for code, count in Counter(self.codes.values()).items() if count > 1]
        if twice:
            message = f"Deux colonnes donnent la même mesure{NBSP}: {', '.join(twice)}."
            raise refused(self.name, [InputProblem(1, None, message)])
        titles = self.table.columns
        readers = [
            (place, titles[place], _reader(code, self._floor(place, code))) for place, code in self.codes.items()
        ]
        reading = RowReader(self.table, readers)
        level_of = self._levels(code_at)
        lines = []
        for number, row in zip(self.table.row_numbers, self.table.rows, strict=True):
            if len(self.problems) >= MAX_PROBLEMS:
                break
            code = (row[code_at] or "").strip()
            level = level_of(code)
            if not isinstance(level, Level):
                self.problems.append(InputProblem(number, titles[code_at], level))
                continue
            cells = reading.cells(row, number, self.problems)
            name = (row[name_at] or "") if name_at is not None else ""
            lines.append(Line(number, level, code, str(self.year), cells, name))
        self.problems += duplicated(lines, titles[code_at])
        if self.problems:
            raise refused(self.name, self.problems)
        others = [t for place, t in enumerate(titles) if place not in {code_at, name_at, *self.codes}]
        return Statistics(
            [_measure(code, titles[place]) for place, code in self.codes.items()],
            lines,
            len(self.table.rows),
            {str(self.year): perimeter(self.year)},
            notes=not_taken(others),
        )

    def _floor(self, place: int, code: str) -> Decimal | None:
        """The floor of a rate: only where nothing below is printed, or 5 is a rate like any other."""
        return FLOOR if code.startswith("POVERTY-RATE") and least(self.table, place) == FLOOR else None

    def _levels(self, code_at: int) -> Callable[[str], Level | str]:
        """How the codes of this file tell their level: those of départements and regions look the same."""
        short = {code for row in self.table.rows if 0 < len(code := (row[code_at] or "").strip()) <= 3}
        told = re.search(r"(?:^|[_\-. ])(DEP|REG)(?:[_\-. ]|$)", self.name.upper())
        of_short: Level | str = (
            "Rien ne dit si ce code est celui d'un département ou d'une région : "
            "écrivez DEP ou REG dans le nom du fichier, comme le fait l'INSEE."
        )
        if told is not None:
            of_short = Level.DEPARTEMENT if told[1] == "DEP" else Level.REGION
        elif any(len(code) == 3 or not code.isdigit() for code in short - _COUNTRY):
            of_short = Level.DEPARTEMENT

        def level_of(code: str) -> Level | str:
            if _COMMUNE.fullmatch(code):
                return Level.COMMUNE
            if len(code) == 9 and code.isdigit():
                return Level.EPCI
            if code in _COUNTRY:
                return Level.COUNTRY
            if re.fullmatch(r"\d{2,3}|2[AB]", code, re.ASCII):
                return of_short
            return _bad_code(code)

        return level_of


def _bad_code(code: str) -> str:
    shown = f"«{NBSP}{shorten(code, 20)}{NBSP}»"
    lost = " Le zéro de tête a sans doute été perdu." if re.fullmatch(r"\d{4}", code, re.ASCII) else ""
    return f"{shown} n'est pas un code de territoire (commune{NBSP}: 5 caractères, EPCI{NBSP}: 9 chiffres).{lost}"


@dataclass
class _Long:
    """One row an observation."""

    table: Table
    name: str
    columns: Columns
    problems: list[InputProblem] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    named: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def parse(self) -> Statistics:
        measures = self._measures()
        order = {code: place for place, code in enumerate(measures)}
        found: dict[tuple[Level, str, str], tuple[int, int | None, dict[int, Cell]]] = {}
        for number, row in zip(self.table.row_numbers, self.table.rows, strict=True):
            if len(self.problems) >= MAX_PROBLEMS:
                break
            key, geography, code = self._key(row, number)
            if key is None:
                continue
            cell = self._cell(row, number, measures[code][1])
            if cell is None:
                continue
            first, _, cells = found.setdefault(key, (number, geography, {}))
            if order[code] in cells:
                message = f"Cette observation figure déjà (territoire lu ligne {first})."
                self.problems.append(InputProblem(number, "FILOSOFI_MEASURE", message))
            cells[order[code]] = cell
        if self.problems:
            raise refused(self.name, self.problems)
        lines = [
            Line(row, level, code, period, [cells.get(place) for place in range(len(order))], geography=year)
            for (level, code, period), (row, year, cells) in found.items()
        ]
        return Statistics(
            [_measure(code, title) for code, (title, _) in measures.items()],
            lines,
            len(self.table.rows),
            {period: perimeter(int(period)) for _, _, period in found},
            left_out=[LeftOut(why, count, tuple(self.named[why])) for why, count in self.left.most_common()],
        )

    def _measures(self) -> dict[str, tuple[str, CellReader]]:
        """Indicator → (the file's code, reader), of the measures of this file."""
        at, value = self._at("FILOSOFI_MEASURE"), self._at("OBS_VALUE")
        lowest: dict[str, Decimal] = {}
        for row in self.table.rows:
            title = (row[at] or "").strip()
            if title == "PR_MD60" and row[value]:
                try:
                    lowest[title] = min(lowest.get(title, FLOOR), Decimal(str(row[value]).replace(",", ".")))
                except ArithmeticError:
                    continue  # told with its row, when the cell is read
        present = dict.fromkeys((row[at] or "").strip() for row in self.table.rows)
        return {
            _LONG[title]: (title, _reader(_LONG[title], FLOOR if lowest.get(title) == FLOOR else None))
            for title in present
            if title in _LONG
        }

    def _at(self, title: str) -> int:
        place = self.columns.place(title)
        if place is None:
            raise refused(self.name, [InputProblem(1, title, "Colonne manquante.")])
        return place

    def _text(self, row: list[str | None], title: str) -> str:
        place = self.columns.place(title)
        return (row[place] or "").strip() if place is not None else ""

    def _key(self, row: list[str | None], number: int) -> tuple[tuple[Level, str, str] | None, int | None, str]:
        """(level, code, period) of a row that is taken, the year of its geography, and its indicator."""
        title, told = self._text(row, "FILOSOFI_MEASURE"), self._text(row, "GEO_OBJECT").upper()
        geo = _GEO.fullmatch(self._text(row, "GEO").upper())
        period = self._text(row, "TIME_PERIOD")
        if geo is None or not re.fullmatch(r"20\d\d", period, re.ASCII):
            column = "GEO" if geo is None else "TIME_PERIOD"
            self.problems.append(InputProblem(number, column, "Code de territoire ou année illisible."))
            return None, None, ""
        level = _OBJECTS.get(geo["object"] or told)
        why = self._why_not(row, title, level, geo["object"] or told, geo["code"])
        if why or level is None:
            self._leave(why, geo["code"])
            return None, None, ""
        if level is Level.COMMUNE and not _COMMUNE.fullmatch(geo["code"]):
            self.problems.append(InputProblem(number, "GEO", _bad_code(geo["code"])))
            return None, None, ""
        return (level, geo["code"], period), int(geo["year"]) if geo["year"] else None, _LONG[title]

    def _why_not(self, row: list[str | None], title: str, level: Level | None, told: str, code: str) -> str:
        """Why a row is left aside, in French; '' when it is taken."""
        if title not in _LONG:
            return f"Mesure non reprise{NBSP}: {shorten(title, 30)}."
        if level is None:
            return f"Découpage que la plateforme ne connaît pas{NBSP}: {shorten(told, 20)}."
        if level is Level.COUNTRY and code not in _COUNTRY:
            return "La France métropolitaine n'est pas toute la France."
        unit = self._text(row, "UNIT_MEASURE")
        if unit.startswith("EUR") and unit not in _YEARLY:
            return f"Unité non reprise, la valeur annuelle l'est{NBSP}: {shorten(unit, 20)}."
        if self._text(row, "UNIT_MULT") not in {"", "0"}:
            return "Valeurs données en milliers ou en millions, moins précises."
        if any((row[place] or _TOTAL).strip() != _TOTAL for place in self._dimensions):
            return "Sous-populations (âge, logement …) que cet import ne reprend pas."
        return ""

    @property
    def _dimensions(self) -> list[int]:
        stated = set(_STATED_LONG)
        return [n for n, title in enumerate(self.table.columns) if title.strip().upper() not in stated]

    def _leave(self, why: str, code: str) -> None:
        self.left[why] += 1
        if len(self.named[why]) < MAX_NAMED and code not in self.named[why]:
            self.named[why].append(code)

    def _cell(self, row: list[str | None], number: int, reader: CellReader) -> Cell | None:
        if self._text(row, "CONF_STATUS").upper() not in {"", "F"}:
            return Cell(None, SECRET)
        if self._text(row, "OBS_STATUS").upper() in {"O", "M", "L"}:
            return Cell(None, MISSING)
        try:
            found = reader.read(self._text(row, "OBS_VALUE"))
        except MaillageError as error:
            found = error.message_fr
        if isinstance(found, str):
            self.problems.append(InputProblem(number, "OBS_VALUE", found))
            return None
        return found
