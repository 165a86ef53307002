"""A question in plain French, read into indicators, territories and a year: « taux de pauvreté Dijon 2021 ».

No language model: words are folded (accents, case), abbreviations undone, and matched against the phrases by which each
indicator is asked for. What is left names territories. A word with a typing error (one slip, two in a long word, by the
optimal string alignment distance) is corrected only where nothing holds it as it was typed. Every correction is told.

The caller gives the words (`Lexicon`) and the names of territories that hold the words typed (`Name`): the engine reads
no file and no database. Steps: `read`, then `settle` with the names found, then `find_places`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz.distance import OSA

from maillage.engines.rows import fold

MAX_LETTERS = 200  # of a question: what is longer is not one
MAX_PLACES = 4  # territories asked at once
MAX_ALTERNATIVES = 8  # other territories of the same name, shown
_PREFIX = 3  # letters from which the beginning of a word stands for it
_LONG, _SHORTEST = 8, 4  # letters: two slips are forgiven from the first on, none under the second

_WORD = re.compile(r"[a-z0-9]+")
_YEAR = re.compile(r"(?:19[5-9]|20[0-4])\d")
_CODE = re.compile(r"\d{2}|2[ab]|97\d|\d{5}|2[ab]\d{3}|\d{9}")


@dataclass(frozen=True, slots=True)
class Subject:
    """An indicator as it is asked for: each phrase is a set of folded words that together name it."""

    code: str
    phrases: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of the field, all folded. `levels`: word → (level, whether it asks for all of them)."""

    subjects: tuple[Subject, ...] = ()
    expansions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    @property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(word for one in self.subjects for phrase in one.phrases for word in phrase)

    def words_of(self, text: str) -> frozenset[str]:
        """The words that count in a phrase, in the singular, abbreviations undone."""
        return frozenset(singular(word) for word in expanded(words(text), self) if word not in self.ignored)


@dataclass(frozen=True, slots=True)
class Name:
    """A territory as it is looked for. `near`: in the region that the instance serves; `breadth`: 0 the widest."""

    code: str
    name: str
    folded: str
    level: str
    insee: str
    breadth: int = 0
    near: bool = False
    parent: str = ""  # the name of the territory above, which tells namesakes apart

    @property
    def words(self) -> tuple[str, ...]:
        return words(self.folded)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood. `topics`: groups of indicator codes, those of a group answering to the same words.

    `words`: what may name territories, in the order typed. `codes`: those that look like an INSEE or SIREN code.
    `corrected`: pairs (typed, read). `level` with `every`: all the territories of a level are asked for.
    """

    typed: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...] = ()
    year: str = ""
    level: str = ""
    every: bool = False
    words: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A territory that answers, the others that answer as well, and whether it is the one by its very name."""

    name: Name
    others: tuple[Name, ...] = ()
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Territories found, and the words that none of them holds."""

    found: tuple[Place, ...] = ()
    left: tuple[str, ...] = ()


def words(text: str) -> tuple[str, ...]:
    """Words without accents, case or punctuation."""
    plain = fold(text).replace("œ", "oe").replace("æ", "ae")
    return tuple(_WORD.findall(plain))


def singular(word: str) -> str:
    """« revenus » and « revenu » are one word of an indicator; names of territories keep their letters."""
    return word[:-1] if len(word) > _SHORTEST and word.endswith("s") else word


def expanded(typed: Iterable[str], lexicon: Lexicon) -> list[str]:
    return [word for one in typed for word in lexicon.expansions.get(one, (one,))]


# --- reading --------------------------------------------------------------------------------------------------------


def read(text: str, lexicon: Lexicon) -> Reading:
    """The question as it was typed, nothing corrected."""
    return _read(words(text[:MAX_LETTERS]), lexicon, ())


def _read(typed: tuple[str, ...], lexicon: Lexicon, corrected: tuple[tuple[str, str], ...]) -> Reading:
    tokens = expanded(typed, lexicon)
    year = next((word for word in tokens if _YEAR.fullmatch(word)), "")
    told = [lexicon.absent[word] for word in tokens if word in lexicon.absent]
    tokens = [word for word in tokens if word != year and word not in lexicon.absent]
    topics, named = _topics(tokens, lexicon)
    rest = [word for word in tokens if singular(word) not in named and word not in lexicon.ignored]
    level, every = next((lexicon.levels[word] for word in rest if word in lexicon.levels), ("", False))
    return Reading(
        typed=typed,
        topics=topics,
        year=year,
        level=level,
        every=every,
        words=tuple(dict.fromkeys(word for word in rest if not _CODE.fullmatch(word))),
        codes=tuple(dict.fromkeys(word for word in rest if _CODE.fullmatch(word))),
        notes=tuple(dict.fromkeys(told)),
        corrected=corrected,
    )


def _topics(tokens: Sequence[str], lexicon: Lexicon) -> tuple[tuple[tuple[str, ...], ...], frozenset[str]]:
    """Indicators named by phrases typed whole, the longest phrase first; and the words that name them."""
    held, named, topics = {singular(word) for word in tokens}, frozenset[str](), []
    while best := _longest(held, lexicon):
        topics.append(tuple(one.code for one in lexicon.subjects if best in one.phrases))
        named |= best
        held -= best
    return tuple(topics), named


def _longest(held: set[str], lexicon: Lexicon) -> frozenset[str]:
    whole = [phrase for one in lexicon.subjects for phrase in one.phrases if phrase and phrase <= held]
    return max(whole, key=lambda phrase: (len(phrase), sorted(phrase)), default=frozenset())


def looked_for(reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """Words by which to fetch the names of territories: those that say more than a level."""
    return tuple(word for word in reading.words if word not in lexicon.levels and len(word) > 1)


def settle(reading: Reading, lexicon: Lexicon, names: Collection[Name]) -> Reading:
    """Correct the words of indicators: those that no territory holds, and that the beginning of a word or a slip gives.

    `names`: territories whose name holds one of the words typed at least.
    """
    held = {word for name in names for word in name.words}
    changes = {
        word: meant
        for word in looked_for(reading, lexicon)
        if word not in held and (meant := _of_vocabulary(singular(word), lexicon.vocabulary - lexicon.ignored, held))
    }
    settled = _changed(reading, lexicon, changes)
    useful = {word: meant for word, meant in changes.items() if meant not in settled.words and meant != singular(word)}
    return _changed(reading, lexicon, useful) if useful else reading


def _changed(reading: Reading, lexicon: Lexicon, changes: Mapping[str, str]) -> Reading:
    typed = tuple(changes.get(word, word) for word in expanded(reading.typed, lexicon))
    return _read(typed, lexicon, tuple(changes.items()))


def _of_vocabulary(word: str, vocabulary: frozenset[str], held: Collection[str]) -> str:
    """The word of indicators that a typed one begins, or is one slip away from; '' for none.

    A long beginning of a territory's name (« nante ») is no slip.
    """
    begun = sorted((one for one in vocabulary if one.startswith(word)), key=lambda one: (len(one), one))
    if begun and len(word) >= _SHORTEST:
        return begun[0]
    if len(word) > _SHORTEST and any(one.startswith(word) for one in held):
        return ""
    close = nearest(word, vocabulary)
    return max(close, key=len, default="")  # a letter is more often left out than added


def nearest(word: str, among: Iterable[str], at_most: int = 5) -> tuple[str, ...]:
    """The words fewest slips away from a typed one; none for a short or a far word."""
    allowed = 0 if len(word) < _SHORTEST else 2 if len(word) >= _LONG else 1
    if not allowed:
        return ()
    found = [(OSA.distance(word, one, score_cutoff=allowed), one) for one in among if abs(len(one) - len(word)) < 3]
    least = min((distance for distance, _ in found), default=allowed + 1)
    return tuple(sorted(one for distance, one in found if distance == least <= allowed))[:at_most]


# --- territories ----------------------------------------------------------------------------------------------------


def find_places(reading: Reading, lexicon: Lexicon, names: Sequence[Name]) -> Places:
    """The territories that the words name: codes first, then names, the one that holds most of the words first."""
    search = _Search(reading, frozenset(lexicon.levels), names)
    coded = [place for code in reading.codes if (place := search.by_code(code))][:MAX_PLACES]
    named: list[tuple[int, Place]] = []
    left = list(reading.words)
    while len(coded) + len(named) < MAX_PLACES:
        place, used = search.best(left, first=not coded and not named)
        if place is None:
            break
        named.append((min(reading.words.index(word) for word in used), place))
        left = [word for word in left if word not in used]
    in_order = [place for _, place in sorted(named, key=lambda pair: pair[0])]
    return Places((*coded, *in_order), tuple(word for word in left if word not in lexicon.levels))


@dataclass(frozen=True, slots=True)
class _Match:
    """`whole`: 2 where every word of the name was typed, 1 where only its legal form is missing, 0 otherwise."""

    name: Name
    used: frozenset[str]
    exact: int  # words typed whole
    whole: int
    at_level: bool

    @property
    def merit(self) -> tuple[int, ...]:
        """What makes a territory the better answer."""
        return (len(self.used), self.at_level, self.whole, self.exact)

    @property
    def order(self) -> tuple[object, ...]:
        """Between equal merits: the region's first, then the shortest name, then the widest."""
        name = self.name
        first = tuple(-part for part in self.merit)
        return (*first, not name.near, len(name.words), name.breadth, name.folded, name.code)


@dataclass(frozen=True, slots=True)
class _Search:
    reading: Reading
    legal: frozenset[str]  # words of levels and legal forms: « commune », « cc », « agglomération »
    names: Sequence[Name]

    @property
    def level(self) -> str:
        """The level of the territory itself; « les communes de la Creuse » says nothing of the Creuse."""
        return "" if self.reading.every else self.reading.level

    def by_code(self, code: str) -> Place | None:
        """« 49 » is the département before the région; a level that was named decides."""
        held = [name for name in self.names if name.insee.casefold() == code and name.level != "country"]
        if not held:
            return None
        held.sort(key=lambda one: (one.level != self.level, one.level != "departement", one.breadth, one.code))
        return Place(held[0], tuple(held[1:MAX_ALTERNATIVES]), is_sure=True)

    def best(self, left: Sequence[str], *, first: bool) -> tuple[Place | None, frozenset[str]]:
        """After the first territory, only words typed whole name another: « dijon et rodez »."""
        wanted = {word for word in left if word not in self.legal}
        matches = [match for name in self.names if (match := self.match(name, left)).used & wanted]
        matches = sorted((one for one in matches if first or one.whole), key=lambda one: one.order)
        if not matches:
            return None, frozenset()
        best = matches[0]
        equal = [match for match in matches[1:] if len(match.used) == len(best.used)]
        rivals = [match for match in equal if (match.merit, match.name.near) == (best.merit, best.name.near)]
        is_sure = bool(best.whole) or not rivals
        return Place(best.name, tuple(match.name for match in equal[:MAX_ALTERNATIVES]), is_sure), best.used

    def match(self, name: Name, left: Sequence[str]) -> _Match:
        own = name.words
        exact = {word for word in left if word in own}
        begun = {word for word in left if word not in exact and word not in self.legal and _begins(word, own)}
        missing = set(own) - _SMALL - exact
        whole = 0 if missing - self.legal else 1 if missing else 2
        return _Match(name, frozenset(exact | begun), len(exact), whole, bool(self.level) and name.level == self.level)


def _begins(word: str, own: Sequence[str]) -> bool:
    return len(word) >= _PREFIX and any(one.startswith(word) for one in own)


_SMALL = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "et", "en", "sur", "sous", "a", "au", "aux"})


def respelled(reading: Reading, left: Collection[str], names: Iterable[Name]) -> Reading:
    """The words left over, replaced by the words of names that are one slip away. `names`: all there are.

    The nearest word alone is taken; where several are as near, the first that a territory of the region holds.
    """
    known: dict[str, bool] = {}
    for name in names:
        for word in name.words:
            known[word] = known.get(word, False) or name.near
    changes = {}
    for word in left:
        close = sorted(nearest(word, known), key=lambda one: (not known[one], one))
        if close and word not in known:
            changes[word] = close[0]
    if not changes:
        return reading
    return replace(
        reading,
        words=tuple(changes.get(word, word) for word in reading.words),
        corrected=(*reading.corrected, *changes.items()),
    )
