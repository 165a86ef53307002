"""A question in words, answered from what is loaded: indicators × territories × year, in a few queries of any size."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from django.db.models import Q

from maillage.engines import asking
from maillage.engines.asking import Lexicon, Name, Place, Reading, Subject
from maillage.indicators.enums import Known
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.people import poor_persons, populations
from maillage.indicators.selectors.series import DERIVED, levels_of
from maillage.indicators.selectors.values import Value, unknown, value_of
from maillage.kernel.numbers import NBSP
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory

_DATA = files("maillage.observatory") / "data" / "asking"
_BREADTH = {level.value: rank for rank, level in enumerate(Level)}
MAX_TOPICS = 3
FIRST_FIGURES = (Known.POVERTY_RATE.value, "MEDIAN-INCOME", Known.POPULATION.value)  # of a territory asked alone


@dataclass(frozen=True, slots=True)
class Missing:
    """An indicator asked for that no file brought. `kind`: what `maillage import` brings it by, "" if nothing does."""

    code: str
    asked_as: str
    kind: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A value for a territory. `note` says in French when it is not quite what was asked (another year)."""

    indicator: Indicator
    name: Name
    value: Value
    note: str = ""

    @property
    def level_label(self) -> str:
        return level_of(self.name)


def level_of(name: Name) -> str:
    """« Commune, Gard »: what tells apart territories of one name."""
    label = str(Level(name.level).label)
    return f"{label}, {name.parent}" if name.parent and name.level in (Level.COMMUNE, Level.EPCI) else label


@dataclass(frozen=True, slots=True)
class Answers:
    """`direct` answers each pair asked; `others` the same question for territories of close names.

    `rankings`: indicators to be ranked, each at a level, inside `within` (None: everywhere).
    """

    reading: Reading
    direct: tuple[Answer, ...] = ()
    others: tuple[Answer, ...] = ()
    places: tuple[Place, ...] = ()
    missing: tuple[Missing, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    rankings: tuple[tuple[Indicator, str], ...] = ()
    within: Name | None = None
    left: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        return all(place.is_sure for place in self.places)

    @property
    def found(self) -> bool:
        return bool(self.direct or self.places or self.indicators or self.missing)


# --- the words ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    lexicon: Lexicon
    phrases: tuple[tuple[str, tuple[str, ...], str], ...]  # indicator, phrases as written, kind of import


@lru_cache(maxsize=1)
def _words() -> _Words:
    """The two data files: phrases by which indicators are asked for, and the words around them."""
    rows = _rows("words.csv")
    fold = " ".join
    typed: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        typed[row["kind"]][fold(asking.words(row["typed"]))] = row["means"]
    bare = Lexicon(
        expansions={word: asking.words(means) for kind in ("expand", "place") for word, means in typed[kind].items()},
        levels={word: (means, kind == "levels") for kind in ("level", "levels") for word, means in typed[kind].items()},
        absent=dict(typed["absent"]),
        ignored=frozenset(typed["ignore"]),
    )
    phrases = tuple((row["indicator"], tuple(row["phrases"].split("|")), row["kind"]) for row in _rows("synonyms.csv"))
    return _Words(bare, phrases)


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_DATA / name).read_text(encoding="utf-8").splitlines()))


def lexicon(indicators: Iterable[Indicator]) -> Lexicon:
    """The words of the data files, and the labels of the indicators defined here."""
    known = _words()
    said: dict[str, list[str]] = defaultdict(list)
    for code, phrases, _kind in known.phrases:
        said[code].extend(phrases)
    for indicator in indicators:
        said[indicator.code].append(indicator.label)
    subjects = tuple(
        Subject(code, tuple(dict.fromkeys(phrase for text in texts if (phrase := known.lexicon.words_of(text)))))
        for code, texts in said.items()
    )
    return replace(known.lexicon, subjects=subjects)


# --- the answer -----------------------------------------------------------------------------------------------------


def ask(text: str) -> Answers:
    """What is known of a question; empty answers for an empty one."""
    defined = {indicator.code: indicator for indicator in Indicator.objects.order_by("label", "code")}
    held = lexicon(defined.values())
    reading = asking.read(text, held)
    if not reading.typed:
        return Answers(reading)
    reading, found = _places(reading, held)
    topics = [code for group in reading.topics for code in group][:MAX_TOPICS]
    asked = [defined[code] for code in topics if code in defined]
    missing = tuple(_missing(code) for code in topics if code not in defined)
    answers = Answers(reading, places=found.found, missing=missing, indicators=tuple(asked), left=found.left)
    return _with_values(answers, defined)


def _places(reading: Reading, held: Lexicon) -> tuple[Reading, asking.Places]:
    """The territories, after the corrections that nothing typed contradicts. Two reads of names at most."""
    region = territories.instance_region()
    names = _names(region, asking.looked_for(reading, held), reading.codes)
    reading = asking.settle(reading, held, names)
    found = asking.find_places(reading, held, names)
    if not found.left or (found.found and found.found[0].is_sure):
        return reading, found
    everything = _names(region)
    again = asking.respelled(reading, found.left, everything)
    if again == reading:
        return reading, found
    better = asking.find_places(again, held, everything)
    return (reading, found) if better.left else (again, better)  # a slip mends a question, it does not invent one


def _names(region: Territory | None, holding: Sequence[str] | None = None, codes: Sequence[str] = ()) -> list[Name]:
    """Territories of today whose name holds one of the words, or whose code is one of the codes; all without words."""
    found = territories.current().exclude(level=Level.IRIS)
    if holding is not None:
        wanted = Q(insee__in=[code.upper() for code in codes])
        for word in holding:
            wanted |= Q(sort_name__contains=word)
        found = found.filter(wanted)
    above_it = ("parent_id", "parent__parent_id", "parent__name")
    rows = found.values_list("pk", *above_it, "code", "name", "sort_name", "level", "insee")
    home = region.pk if region is not None else 0
    return [
        Name(code, name, folded, level, insee, _BREADTH[level], home in (pk, parent, above), inside or "")
        for pk, parent, above, inside, code, name, folded, level, insee in rows
    ]


def _missing(code: str) -> Missing:
    phrases, kind = next((phrases, kind) for one, phrases, kind in _words().phrases if one == code)
    return Missing(code, phrases[0], kind)


def _with_values(answers: Answers, defined: dict[str, Indicator]) -> Answers:
    reading, asked, found = answers.reading, answers.indicators, answers.places
    if not found and not asked:
        return answers
    shown = asked or tuple(defined[code] for code in FIRST_FIGURES if code in defined and not answers.missing)
    names = [place.name for place in found] or _home(asked)
    others = list(found[0].others) if len(found) == 1 and asked else []
    values = _values(shown, [*names, *others], reading.year)
    direct = tuple(values[one.code, name.code] for name in names for one in shown)
    rankings, within = _rankings(answers, direct)
    return replace(
        answers,
        direct=direct,
        others=tuple(values[one.code, name.code] for name in others for one in shown),
        rankings=rankings,
        within=within,
    )


def _rankings(answers: Answers, direct: Sequence[Answer]) -> tuple[tuple[tuple[Indicator, str], ...], Name | None]:
    """« Les communes de la Creuse »; an indicator asked of no territory; one that has values at finer levels only."""
    reading, asked = answers.reading, answers.indicators
    place = answers.places[0].name if answers.places else None
    if place is None:
        return tuple((one, reading.level or Level.EPCI.value) for one in asked), None
    if reading.every:
        return tuple((one, reading.level) for one in asked), place
    finer = []
    for answer in direct:
        levels = levels_of(answer.indicator) if answer.indicator in asked and not answer.value.period else []
        below = [level for level in levels if _BREADTH[level] > _BREADTH[place.level]]
        finer += [(answer.indicator, below[0])] if below else []
    return tuple(dict.fromkeys(finer)), place


def _home(asked: Sequence[Indicator]) -> list[Name]:
    """The region of the instance, for an indicator asked of no territory."""
    region = territories.instance_region()
    if region is None or not asked:
        return []
    rank = _BREADTH[region.level]
    return [Name(region.code, region.name, region.sort_name, region.level, region.insee, rank, near=True)]


def _values(shown: Sequence[Indicator], names: Sequence[Name], year: str) -> dict[tuple[str, str], Answer]:
    """The answer for each indicator and territory: the year asked, else the latest with a note."""
    held = {one.code: one for one in Territory.objects.filter(code__in=[name.code for name in names])}
    read = _observed([one for one in shown if one.code not in DERIVED], list(held))
    for indicator in shown:
        if indicator.code == Known.POPULATION:
            read |= {(indicator.code, code): [value] for code, value in populations(held.values(), near=year).items()}
        if indicator.code == Known.POOR_PERSONS:
            read |= {(indicator.code, code): [value] for code, value in poor_persons(list(held.values())).items()}
    return {
        (one.code, name.code): _answer(one, name, read.get((one.code, name.code), []), year)
        for one in shown
        for name in names
    }


def _observed(shown: Sequence[Indicator], codes: Sequence[str]) -> dict[tuple[str, str], list[Value]]:
    """The value in force of each period, the earliest first, by indicator and territory."""
    if not shown or not codes:
        return {}
    grouped: dict[tuple[str, str, str], list[Observation]] = defaultdict(list)
    observations = Observation.objects.filter(indicator__in=shown, territory__code__in=codes, axis__isnull=True)
    for one in observations.with_sources().select_related("territory").order_by("period", "pk"):
        grouped[one.indicator.code, one.territory.code, one.period].append(one)
    found: dict[tuple[str, str], list[Value]] = defaultdict(list)
    for (indicator, territory, _period), same in grouped.items():
        value = value_of(same)
        if value is not None:
            found[indicator, territory].append(value)
    return found


def _answer(indicator: Indicator, name: Name, values: Sequence[Value], year: str) -> Answer:
    if not values:
        return Answer(indicator, name, unknown(indicator.unit, "aucune valeur chargée pour ce territoire"))
    at_year = [value for value in values if value.period[:4] == year]
    chosen = (at_year or values)[-1]
    note = ""
    if year and not at_year and chosen.known:
        note = f"Pas de valeur pour {year}{NBSP}: voici {chosen.period_label}."
    return Answer(indicator, name, chosen, note)


def with_parents(codes: Iterable[str]) -> list[Territory]:
    """The territories of the codes with the line above them, in one query."""
    found = Territory.objects.filter(code__in=codes).select_related("parent__parent__parent")
    return list(found.order_by("code"))


def named(text: str, level: str = "") -> Place | None:
    """The territory that a few words name, at a level first; None where none does."""
    held = _words().lexicon
    reading = asking.read(text, held)
    _, found = _places(replace(reading, level=reading.level or level, every=False), held)
    return found.found[0] if found.found else None
