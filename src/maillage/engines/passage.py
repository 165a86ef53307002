"""From the code of a commune at one date to its code at another, by the official list of movements.

Three rules, which every figure carried between two years obeys: mergers sum; splits do not invent (several candidates
are named and none is chosen); a changed code is not a merger. What the list does not say (small moves of boundaries) is
not known here either. Source of the movements: INSEE, code officiel géographique, « mouvements de communes ».
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter

COMMUNE = "COM"

# INSEE's « MOD ». Only what the explanations need to tell apart.
RENAME = 10
MERGERS = {31, 32, 33, 34}
RECODINGS = {41, 50}


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the official list. Types: COM for a commune; COMD, COMA, ARM for parts of one; '' for none."""

    kind: int
    on: date
    before: str
    type_before: str
    after: str
    type_after: str


class Outcome(StrEnum):
    UNCHANGED = "unchanged"  # the same code, for the same territory
    RECODED = "recoded"  # another code, for the same territory
    MERGED = "merged"  # goes whole into a wider commune: values are summed with the others'
    COMPOSED = "composed"  # made, at the other date, of several whole communes: values of these are summed
    SPLIT = "split"  # several candidates, or a part of a commune: no sure correspondence
    ABSENT = "absent"  # no commune bore this code at the first date
    GONE = "gone"  # nothing corresponds at the second date

    @property
    def is_sure(self) -> bool:
        return self in {Outcome.UNCHANGED, Outcome.RECODED, Outcome.MERGED, Outcome.COMPOSED}


@dataclass(frozen=True, slots=True)
class Step:
    """One event met on the way."""

    on: date
    kind: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of a code. `codes` are of the second date: the answer when the outcome is sure, else candidates."""

    code: str
    start: date
    end: date
    outcome: Outcome
    codes: tuple[str, ...]
    steps: tuple[Step, ...] = ()

    @property
    def is_sure(self) -> bool:
        return self.outcome.is_sure


@dataclass(frozen=True)
class Carried:
    """Values moved from one geography to another, and all that could not be.

    `partial` maps a target to the codes whose value is missing for its sum; `uncertain` maps a code to its candidates.
    """

    values: dict[str, Decimal] = field(default_factory=dict)
    partial: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uncertain: dict[str, tuple[str, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


Life = tuple[date | None, date | None]
_Events = dict[str, tuple[list[date], list[frozenset[str]]]]


class History:
    """The lives of codes. The state « at a date » includes what takes effect that day.

    A code that no movement names is taken to have existed always, unchanged: the list names only what changed.
    """

    def __init__(self, movements: Iterable[Movement]) -> None:
        by_day: dict[date, list[Movement]] = defaultdict(list)
        for movement in movements:
            by_day[movement.on].append(movement)
        self._steps: dict[tuple[date, str, str], int] = {}
        self._lives: dict[str, list[Life]] = {}
        forward: dict[str, list[tuple[date, frozenset[str]]]] = defaultdict(list)
        backward: dict[str, list[tuple[date, frozenset[str]]]] = defaultdict(list)
        alive: dict[str, bool] = {}
        for day in sorted(by_day):
            edges = self._edges(by_day[day], day, alive)
            sources: dict[str, set[str]] = defaultdict(set)
            for before, afters in edges.items():
                forward[before].append((day, afters))
                for after in afters:
                    sources[after].add(before)
            born = {m.after for m in by_day[day] if m.type_after == COMMUNE and not m.before}
            for code in born | sources.keys():
                backward[code].append((day, frozenset(sources.get(code, ()))))
            self._live(day, edges, born | sources.keys(), alive)
        self._forward, self._backward = _indexed(forward), _indexed(backward)

    def _edges(self, movements: list[Movement], day: date, alive: dict[str, bool]) -> dict[str, frozenset[str]]:
        """What each commune of the day before becomes, once the chains of that single day are followed to their end."""
        edges: dict[str, set[str]] = defaultdict(set)
        for movement in movements:
            if movement.type_before != COMMUNE:
                continue
            if movement.type_after == COMMUNE:
                edges[movement.before].add(movement.after)
                self._steps.setdefault((day, movement.before, movement.after), movement.kind)
            elif not movement.after:
                edges[movement.before] |= set()  # leaves the code without a successor
        for after in sorted(set().union(*edges.values())):
            if after not in edges and alive.get(after):
                edges[after].add(after)  # absorbs others and goes on, without a line of its own
        closed = {before: frozenset(_ends(before, edges, alive)) for before in edges}
        for before, ends in closed.items():
            first = min((self._steps[day, before, after] for after in edges[before]), default=0)
            for end in ends:
                self._steps.setdefault((day, before, end), first)
        return closed

    def _live(
        self, day: date, edges: Mapping[str, frozenset[str]], reached: Iterable[str], alive: dict[str, bool]
    ) -> None:
        after_day = set(reached)
        for code in edges:
            if code not in self._lives:
                self._lives[code] = [(None, None)]
            if code not in after_day and alive.get(code, True):
                self._lives[code][-1] = (self._lives[code][-1][0], day)
                alive[code] = False
        for code in after_day:
            lives = self._lives.setdefault(code, [])
            if not lives or alive.get(code) is False:
                lives.append((day, None))
            alive[code] = True

    def lives(self, code: str) -> tuple[Life, ...]:
        """The spans during which a commune bore this code: (since, until excluded); None for an open end."""
        return tuple(self._lives.get(code, [(None, None)]))

    def is_known(self, code: str) -> bool:
        """Whether a movement names this code as a commune."""
        return code in self._lives

    def exists(self, code: str, on: date) -> bool:
        return any(
            (since is None or since <= on) and (until is None or on < until) for since, until in self.lives(code)
        )

    def passage(self, code: str, start: date, end: date) -> Passage:
        """What the commune `code` of `start` is at `end`, later or earlier."""
        if not self.exists(code, start):
            return Passage(code, start, end, Outcome.ABSENT, ())
        if start <= end:
            codes, steps = self._later({code}, start, end)
            outcome = self._outcome_later(code, codes, start, end)
        else:
            codes, steps = self._earlier({code}, start, end)
            outcome = self._outcome_earlier(code, codes, start, end)
        return Passage(code, start, end, outcome, tuple(sorted(codes)), tuple(sorted(steps, key=_step_order)))

    def _outcome_later(self, code: str, codes: set[str], start: date, end: date) -> Outcome:
        if not codes:
            return Outcome.GONE
        if len(codes) > 1:
            return Outcome.SPLIT
        sources, _ = self._earlier(codes, end, start)
        if sources != {code}:
            return Outcome.MERGED
        return Outcome.UNCHANGED if codes == {code} else Outcome.RECODED

    def _outcome_earlier(self, code: str, codes: set[str], start: date, end: date) -> Outcome:
        if not codes:
            return Outcome.GONE
        if any(self._later({one}, end, start)[0] != {code} for one in codes):
            return Outcome.SPLIT
        if len(codes) > 1:
            return Outcome.COMPOSED
        return Outcome.UNCHANGED if codes == {code} else Outcome.RECODED

    def _later(self, codes: set[str], start: date, end: date) -> tuple[set[str], set[Step]]:
        """Where codes of `start` are at `end` ≥ `start`, and the events met."""
        reached: set[str] = set()
        steps: set[Step] = set()
        waiting, seen = [(code, start) for code in codes], set()
        while waiting:
            code, since = waiting.pop()
            days, targets = self._forward.get(code, ([], []))
            place = bisect_right(days, since)
            if place == len(days) or days[place] > end:
                reached.add(code)
                continue
            for target in targets[place]:
                steps.add(self._step(days[place], code, target))
                if (target, days[place]) not in seen:
                    seen.add((target, days[place]))
                    waiting.append((target, days[place]))
        return reached, steps

    def _earlier(self, codes: set[str], start: date, end: date) -> tuple[set[str], set[Step]]:
        """What codes of `start` were made of at `end` ≤ `start`, and the events met."""
        reached: set[str] = set()
        steps: set[Step] = set()
        # An event of the very day belongs to the state of that day: it is undone when `start` is that day.
        waiting, seen = [(code, date.fromordinal(start.toordinal() + 1)) for code in codes], set()
        while waiting:
            code, until = waiting.pop()
            days, sources = self._backward.get(code, ([], []))
            place = bisect_left(days, until) - 1
            if place < 0 or days[place] <= end:
                reached.add(code)
                continue
            for source in sources[place]:
                steps.add(self._step(days[place], source, code))
                if (source, days[place]) not in seen:
                    seen.add((source, days[place]))
                    waiting.append((source, days[place]))
        return reached, steps

    def _step(self, day: date, before: str, after: str) -> Step:
        return Step(day, self._steps.get((day, before, after), 0), before, after)

    def carry(self, values: Mapping[str, Decimal], start: date, end: date) -> Carried:
        """Move summable values (counts, amounts) by code from the geography of `start` to that of `end`.

        A target is given only when every commune that makes it brings its value whole; nothing is spread.
        """
        carried = Carried()
        sums: dict[str, Decimal] = defaultdict(Decimal)
        absent = []
        brought: dict[str, set[str]] = defaultdict(set)
        for code, value in sorted(values.items()):
            passage = self.passage(code, start, end)
            if passage.is_sure and passage.outcome is not Outcome.COMPOSED:
                sums[passage.codes[0]] += value
                brought[passage.codes[0]].add(code)
            elif passage.codes:
                carried.uncertain[code] = passage.codes
            else:
                absent.append(code)
        for target, total in sums.items():
            missing = self._missing(target, brought[target], start, end)
            if missing:
                carried.partial[target] = missing
            else:
                carried.values[target] = total
        return Carried(carried.values, carried.partial, carried.uncertain, tuple(absent))

    def _missing(self, target: str, brought: set[str], start: date, end: date) -> tuple[str, ...]:
        makes = self._earlier({target}, end, start)[0] if start <= end else self._later({target}, end, start)[0]
        return tuple(sorted(makes - brought))


def _ends(before: str, edges: Mapping[str, set[str]], alive: Mapping[str, bool]) -> set[str]:
    """Follow a code through the events of one day (changed, then merged) to where it stands in the evening.

    An intermediate code is one that leaves the same day and that nobody bore the day before.
    """
    ends: set[str] = set()
    waiting, seen = [before], {before}
    while waiting:
        for after in edges.get(waiting.pop(), set()):
            passing = after != before and after in edges and after not in edges[after] and not alive.get(after)
            if not passing:
                ends.add(after)
            elif after not in seen:
                seen.add(after)
                waiting.append(after)
    return ends


def _indexed(events: Mapping[str, list[tuple[date, frozenset[str]]]]) -> _Events:
    """Days and codes side by side, in the order of days, for a search by halves."""
    ordered = {code: sorted(found, key=itemgetter(0)) for code, found in events.items()}
    return {code: ([day for day, _ in found], [codes for _, codes in found]) for code, found in ordered.items()}


def _step_order(step: Step) -> tuple[date, str, str]:
    return step.on, step.before, step.after
