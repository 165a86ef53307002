"""Reading the print: from « près de 4,6 M€ » to a value, its precision and what the sentence allows around it.

The print is the authority on what a document asserts; the value typed beside it only chooses between several numbers
of one print, and is told when it is not what is printed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from maillage.engines.consistency.digits import Digits, read_run
from maillage.engines.consistency.text import fold
from maillage.engines.consistency.thresholds import (
    LARGEST_NUMBER,
    QUALIFIERS,
    ROUND_INTEGER_CAP,
    ROUND_INTEGER_FROM,
    ROUND_INTEGER_ZEROS,
    Qualifier,
)
from maillage.engines.consistency.units import MONEY, PERCENT, POINTS, Unit, parse_unit, show
from maillage.engines.consistency.words import word_numbers

_NUMBER = re.compile(
    r"(?<![a-z0-9.,])(?P<sign>[+-] ?)?(?P<run>[0-9]+(?:[.,][0-9]+)*(?: [0-9]+(?:[.,][0-9]+)*)*)"
    r"(?: ?(?P<multiplier>milliards?|mrds?|mds?|millions?|mio|m|milliers?|mille|k)(?P<euro>e|eur|euros?)?(?= ?€|\b))?"
    r"(?P<after> ?(?:d'|de )?"
    r"(?P<unit>€|euros?\b|eur\b|e\b|%|pour ?cents?\b|pourcents?\b|pour mille\b|‰|points?\b|pts?\b))?"
)
_MULTIPLIERS = {"mi": Decimal(10) ** 3, "k": Decimal(10) ** 3, "m": Decimal(10) ** 6, "md": Decimal(10) ** 9}
_PHRASES: tuple[tuple[Qualifier, str], ...] = (
    (Qualifier.MORE_THAN, r"pas moins de?|(?:un peu |bien |nettement )?plus de?|au moins|au minimum|minimum"),
    (Qualifier.MORE_THAN, r"superieure?s? a|depass(?:e|ent|ant)|au dela de|au-dela de|a partir de|>=?|≥"),
    (Qualifier.LESS_THAN, r"pas plus de?|(?:un peu |bien )?moins de?|au plus|au maximum|maximum|jusqu'a"),
    (Qualifier.LESS_THAN, r"inferieure?s? a|plafonnee?s? a|<=?|≤"),
    (
        Qualifier.NEARLY,
        r"(?:tout )?pres de?|presque|pas loin de?|proches? de?|quasi(?:ment)?|approch(?:e|ent|ant)(?: de)?",
    ),
    (Qualifier.ABOUT, r"plus ou moins|environ|env\.?|quelques?|autour de?|de l'ordre de?|approximativement"),
    (Qualifier.ABOUT, r"a peu pres|aux alentours de?|a peine|grosso modo|~|≈|estimee?s? a"),
)
_BEFORE = [
    (kind, re.compile(rf"(?:^|[^a-z])(?:{phrase})(?:'|s)? ?(?:d'|de |des |du )?(?:les |la |le |l')?$"))
    for kind, phrase in _PHRASES
]
# « plus ou moins », « pas moins de » and « pas plus de » hold shorter phrases: they are looked for first.
_BEFORE_FIRST = [
    (Qualifier.ABOUT, re.compile(r"plus ou moins $")),
    (Qualifier.MORE_THAN, re.compile(r"pas moins d(?:e |')$")),
    (Qualifier.LESS_THAN, re.compile(r"pas plus d(?:e |')$")),
]
_AFTER = [
    (Qualifier.ABOUT, re.compile(r"\benviron\b|\ba peu pres\b")),
    (Qualifier.MORE_THAN, re.compile(r"\bau moins\b|\bau minimum\b|\bet plus\b|\bou plus\b")),
    (Qualifier.LESS_THAN, re.compile(r"\bau plus\b|\bau maximum\b|\bet moins\b|\bou moins\b")),
]
_FALL = r"(?:baisse|recul|diminution|reduction|repli|chute|perte)s?"
_FALL_BEFORE = re.compile(
    rf"\b(?:{_FALL}|baisse|diminue|recule|chute)(?: \w+){{0,2}}(?: de| d')? ?$|(?<!au )(?<!ou )(?<!pas )\bmoins $"
)
_FALL_AFTER = re.compile(rf"^ ?(?:de |en )(?:{_FALL}|moins)\b")
_FALL_LABEL = re.compile(rf"^{_FALL}\b")
_PARTITION = re.compile(r"^\D*?([0-9]{1,2})(?:[.,]0+)? ?/ ?([0-9]{1,2})\D*$")
_RANGE = re.compile(
    r"(?:entre (?P<a>[0-9][0-9 .,]*?) ?(?:%|€)? et (?P<b>[0-9][0-9 .,]*[0-9]|[0-9]))"
    r"|(?:^(?P<c>[0-9][0-9 .,]*?) ?(?:a|-) ?(?P<d>[0-9][0-9 .,]*[0-9]|[0-9]))"
)
_FRACTIONS = (
    (re.compile(r"\b(?:la )?moitie\b|\bune?(?: \w+)? sur deux\b"), Decimal(50)),
    (re.compile(r"\b(?:un|le) tiers\b|\bune?(?: \w+)? sur trois\b"), Decimal(100) / 3),
    (re.compile(r"\b(?:les )?deux[ -]tiers\b|\bdeux(?: \w+)? sur trois\b"), Decimal(200) / 3),
    (re.compile(r"\b(?:un|le) quart\b|\bune?(?: \w+)? sur quatre\b"), Decimal(25)),
    (re.compile(r"\b(?:les )?trois[ -]quarts\b|\btrois(?: \w+)? sur quatre\b"), Decimal(75)),
    (re.compile(r"\b(?:un|le) cinquieme\b|\bune?(?: \w+)? sur cinq\b"), Decimal(20)),
    (re.compile(r"\b(?:un|le) dixieme\b|\bune?(?: \w+)? sur dix\b"), Decimal(10)),
)
NOT_USABLE = "la valeur saisie n'est pas un nombre utilisable"
_RATIO = re.compile(r"(?<![0-9.,/])([0-9]{1,3})(?: ?/ ?| (?:[a-z]+ )?sur )([0-9]{1,4})(?![0-9.,/%]| %)")
_TIMES_SIGN = re.compile(r"(?:^|(?<=[a-z:] ))x ?(?=[0-9])")
_APOSTROPHE_GROUP = re.compile(r"(?<=[0-9])'(?=[0-9]{3}(?![0-9]))")
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Reading:
    """A printed number in the base of its unit. `half` is half of its last printed digit, on that base."""

    value: Decimal
    half: Decimal
    decimals: int
    factor: Decimal
    mantissa: Decimal
    significant: int
    qualifier: Qualifier = Qualifier.NONE
    fall: bool = False
    points: bool = False
    dimension: str | None = None
    bounds: tuple[Decimal, Decimal] | None = None

    @property
    def step(self) -> Decimal:
        return self.half * 2

    @property
    def low(self) -> Decimal:
        return self._zone()[0]

    @property
    def high(self) -> Decimal:
        return self._zone()[1]

    def _zone(self) -> tuple[Decimal, Decimal]:
        if self.bounds is not None:
            return self.bounds
        tolerance = QUALIFIERS[self.qualifier]
        size = abs(self.value)
        below = max(size * tolerance.below, self.half if self.qualifier is not Qualifier.MORE_THAN else Decimal(0))
        above = max(size * tolerance.above, self.half if self.qualifier is not Qualifier.LESS_THAN else Decimal(0))
        if self.qualifier is Qualifier.NEARLY:
            above = max(above, min(self._last_place / 2, size * ROUND_INTEGER_CAP))
        if self.value < 0:
            below, above = above, below
        return self.value - below, self.value + above

    def accepts(self, value: Decimal) -> bool:
        """Whether the value is what is printed, once rounded as printed (a tie goes both ways) or qualified so."""
        low, high = self._zone()
        return low <= value <= high

    def leaves_open(self, value: Decimal) -> bool:
        """Whether the value is compatible to the letter (« plus de ») but too far to be confirmed."""
        tolerance = QUALIFIERS[self.qualifier]
        beyond, short = (
            (value > self.high, value < self.low) if self.value >= 0 else (value < self.low, value > self.high)
        )
        return (tolerance.open_above and beyond) or (tolerance.open_below and short)

    def excuses(self, value: Decimal, cap: Decimal = ROUND_INTEGER_CAP) -> bool:
        """Whether a round integer written in full may be a rounding of the value."""
        step = self.round_step
        gap = abs(value - self.value)
        return step > 0 and gap < step / 2 and gap <= abs(self.value) * cap

    @property
    def round_step(self) -> Decimal:
        """The last significant place of a round integer written in full; zero for any other print."""
        if self.qualifier is not Qualifier.NONE or abs(self.value) < ROUND_INTEGER_FROM:
            return Decimal(0)
        return self._last_place

    @property
    def _last_place(self) -> Decimal:
        """The place of the last digit that is not zero, for an integer written in full that ends with zeros."""
        if self.decimals or self.factor != 1 or self.dimension == PERCENT:
            return Decimal(0)
        zeros = _trailing_zeros(self.value)
        return Decimal(10) ** zeros if zeros >= ROUND_INTEGER_ZEROS else Decimal(0)

    def truncates(self, value: Decimal) -> bool:
        """Whether cutting the value at the last printed digit gives the print, where rounding would not."""
        if self.qualifier is not Qualifier.NONE or not self.half or abs(value) >= LARGEST_NUMBER:
            return False
        return (value / self.step).to_integral_value(rounding="ROUND_DOWN") * self.step == self.value

    @property
    def is_exact_print(self) -> bool:
        """An integer written in full, or cents: nothing was rounded away."""
        cents = self.dimension == MONEY and self.decimals <= 2
        whole = self.decimals == 0 and self.dimension not in {PERCENT, POINTS}
        return self.factor == 1 and self.qualifier is Qualifier.NONE and (whole or cents)


@dataclass(frozen=True, slots=True)
class Print:
    """The outcome: a reading, or the French reason why there is none; and a fault of transcription where there is one.

    `misprint` is set where the number itself cannot be taken (full digits and a multiplier are told elsewhere).
    """

    reading: Reading | None
    problem: str = ""
    transcription: str = ""


def read_print(printed_as: str, value: Decimal | None, unit_text: str, label: str = "") -> Print:
    """Read what is printed, in the base of the unit. Never raises, whatever the text."""
    if value is not None and not value.is_finite():
        return Print(None, NOT_USABLE)
    fall = bool(_FALL_LABEL.match(fold(label))) if label else False
    outcome = _read_cached(printed_as, value, unit_text)
    if fall and outcome.reading is not None and not outcome.reading.fall:
        return replace(outcome, reading=replace(outcome.reading, fall=True))
    return outcome


@lru_cache(maxsize=200_000)
def _read_cached(printed_as: str, value: Decimal | None, unit_text: str) -> Print:
    unit = parse_unit(unit_text)
    typed = _typed_value(value, unit)
    if value is not None and typed is None:
        return Print(None, NOT_USABLE)
    if not printed_as.strip():
        return _without_print(value, typed, unit)
    folded = _APOSTROPHE_GROUP.sub(" ", _TIMES_SIGN.sub("", fold(printed_as)))
    found, misgrouped = _candidates(folded, unit)
    fitting = [_in_unit(reading, unit) for reading in found if _fits(reading, unit)]
    if typed is not None:
        chosen = _choose(fitting, typed)
        if chosen is not None:
            return Print(chosen)
    return _undecided(fitting, found, misgrouped=misgrouped, typed=typed, unit=unit, printed_as=printed_as)


def _typed_value(value: Decimal | None, unit: Unit) -> Decimal | None:
    if value is None or not value.is_finite() or value.adjusted() > LARGEST_NUMBER.adjusted():
        return None
    if len(value.as_tuple().digits) > LARGEST_NUMBER.adjusted() * 2 or value.adjusted() < -LARGEST_NUMBER.adjusted():
        return None
    return value * unit.scale


def _without_print(value: Decimal | None, typed: Decimal | None, unit: Unit) -> Print:
    if value is None or typed is None:
        return Print(None, "aucune valeur n'est saisie ni imprimée")
    exponent = value.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return Print(_make(Digits(abs(value), decimals), _ONE, unit.scale, negative=value < 0, dimension=unit.dimension))


def _undecided(
    fitting: list[Reading],
    found: list[Reading],
    *,
    misgrouped: bool,
    typed: Decimal | None,
    unit: Unit,
    printed_as: str,
) -> Print:
    shown = f"« {printed_as.strip()[:60]} »"
    if misgrouped:
        return Print(None, f"le nombre imprimé {shown} est mal formé et ne peut pas être lu")
    if not found:
        return Print(None, f"aucun nombre ne se lit dans l'imprimé {shown}")
    if not fitting:
        return Print(None, f"l'unité imprimée dans {shown} n'est pas l'unité saisie ({unit.label_fr or 'aucune'})")
    if typed is None:
        if len(fitting) > 1:
            return Print(None, f"plusieurs nombres se lisent dans {shown}, et aucune valeur n'est saisie pour choisir")
        return Print(fitting[0])
    reading = fitting[0]
    told = (
        f"la valeur saisie ({show(typed, unit)}) n'est pas celle imprimée "
        f"({shown}, soit {show(reading.value, unit)}) : corrigez la saisie"
    )
    return Print(reading, transcription=told)


def _fits(reading: Reading, unit: Unit) -> bool:
    if reading.dimension in {None, unit.dimension} or not unit.dimension:
        return True
    if reading.dimension == MONEY and unit.is_money:
        return True
    return {reading.dimension, unit.dimension} == {PERCENT, POINTS}


def _in_unit(reading: Reading, unit: Unit) -> Reading:
    """A number printed without its unit is in the unit typed beside it."""
    return replace(reading, dimension=unit.dimension) if reading.dimension is None else reading


def _choose(readings: list[Reading], typed: Decimal) -> Reading | None:
    for reading in readings:
        if reading.value == typed:
            return reading
    for reading in readings:
        if reading.bounds is not None and reading.accepts(typed):
            return replace(reading, value=typed)
    for reading in readings:
        if reading.accepts(typed) or (reading.fall and reading.value == -typed):
            return reading
    return None


def _candidates(folded: str, unit: Unit) -> tuple[list[Reading], bool]:
    """Every number the print may assert, first ones first, and whether a run of digits is malformed."""
    partition = _PARTITION.match(folded)
    if partition and int(partition[1]) + int(partition[2]) == 100:
        halves = [_make(Digits(Decimal(partition[index]), 0), _ONE, _ONE, dimension=PERCENT) for index in (1, 2)]
        return halves, False
    ranged = _range(folded, unit)
    found: list[Reading] = [ranged] if ranged else []
    misgrouped = False
    for match in _NUMBER.finditer(folded):
        readings, bad = _from_match(match, folded, unit)
        misgrouped = misgrouped or bad
        found.extend(readings)
    # What digits and their multiplier take up is blanked: « 1,8 million » is not also « un million ».
    found.extend(_from_words(_NUMBER.sub(lambda match: "#" * len(match.group()), folded), unit))
    if unit.dimension == PERCENT and not any(reading.dimension == PERCENT for reading in found):
        found = _from_fractions(folded) or found
    return found, misgrouped and not found


def _range(folded: str, unit: Unit) -> Reading | None:
    match = _RANGE.search(folded)
    if match is None:
        return None
    ends = []
    for text in (match["a"] or match["c"], match["b"] or match["d"]):
        numbers, bad = read_run(text.strip())
        if bad or len(numbers) != 1:
            return None
        ends.append(numbers[0][0])
    tail = _NUMBER.match(folded[match.start("b") if match["b"] else match.start("d") :])
    factor, dimension = _factor(tail), _dimension(tail)
    scale = factor if tail and (tail["multiplier"] or tail["unit"]) else unit.scale
    low, high = ends[0].value * scale, ends[1].value * scale
    if low >= high:
        return None
    reading = _make(Digits((ends[0].value + ends[1].value) / 2, ends[1].decimals), _ONE, scale, dimension=dimension)
    return replace(reading, qualifier=Qualifier.RANGE, bounds=(low, high))


def _factor(match: re.Match[str] | None) -> Decimal:
    if match is None or not match["multiplier"]:
        return _ONE
    word = match["multiplier"]
    if word.startswith(("milliard", "mrd", "md")):
        return _MULTIPLIERS["md"]
    return _MULTIPLIERS["mi"] if word.startswith(("millier", "mille", "k")) else _MULTIPLIERS["m"]


def _dimension(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    unit = match["unit"] or ""
    if match["euro"] or unit in {"€", "e", "eur"} or unit.startswith("euro"):
        return MONEY
    if unit.startswith(("%", "pour", "‰")):
        return PERCENT
    return POINTS if unit else None


def _from_match(match: re.Match[str], folded: str, unit: Unit) -> tuple[list[Reading], bool]:
    numbers, misgrouped = read_run(match["run"])
    readings: list[Reading] = []
    for index, alternatives in enumerate(numbers):
        last = index == len(numbers) - 1
        factor = _factor(match) if last else _ONE
        dimension = _dimension(match) if last else None
        scale = _scale(match, unit) if last else unit.scale
        before, after = folded[: match.start()], folded[match.end() :]
        for digits in alternatives:
            for negative in _signs(match, folded, first=index == 0):
                reading = _make(digits, factor, scale, negative=negative, dimension=dimension)
                readings.append(_qualified(reading, before, after))
    return readings, misgrouped


def _scale(match: re.Match[str], unit: Unit) -> Decimal:
    """What the mantissa and its multiplier count: a printed unit is a base unit, else the unit typed beside."""
    if match["unit"] in {"‰", "pour mille"}:
        return Decimal("0.1")
    return _ONE if match["multiplier"] or match["unit"] else unit.scale


def _signs(match: re.Match[str], folded: str, *, first: bool) -> Iterator[bool]:
    """Negative or not. A dash parted from the number by a space may be a list mark: both are possible."""
    sign = match["sign"] if first else None
    if not sign or sign[0] == "+":
        yield False
    elif sign.endswith(" "):
        yield match.start() == 0
        yield match.start() != 0
    else:
        yield True


def _from_words(folded: str, unit: Unit) -> list[Reading]:
    readings = []
    for number in word_numbers(folded):
        mantissa = Digits(number.value / number.factor, 1 if number.value % number.factor else 0)
        after = folded[number.end :]
        dimension = MONEY if re.match(r" ?(?:d'|de )?(?:€|euros?\b)", after) else None
        dimension = PERCENT if re.match(r" ?(?:%|pour ?cent)", after) else dimension
        scale = _ONE if number.factor > 1 or dimension else unit.scale
        reading = _make(mantissa, number.factor, scale, dimension=dimension)
        if number.rough:
            reading = replace(reading, qualifier=Qualifier.ROUGH_WORD)
        readings.append(_qualified(reading, folded[: number.start], after))
    return readings


def _from_fractions(folded: str) -> list[Reading]:
    """« un tiers », « 1 sur 3 », « 3/4 », read as rough: nobody writes them for 33,3 % exactly."""
    ratio = _RATIO.search(folded)
    if ratio and 0 < int(ratio[1]) < int(ratio[2]):
        percent = Decimal(ratio[1]) * 100 / Decimal(ratio[2])
        return [replace(_make(Digits(percent, 0), _ONE, _ONE, dimension=PERCENT), qualifier=Qualifier.ABOUT)]
    for pattern, percent in _FRACTIONS:
        if pattern.search(folded):
            reading = _make(Digits(percent, 0), _ONE, _ONE, dimension=PERCENT)
            return [replace(reading, qualifier=Qualifier.ABOUT)]
    return []


def _make(
    digits: Digits, factor: Decimal, scale: Decimal, *, negative: bool = False, dimension: str | None = None
) -> Reading:
    value = digits.value * factor * scale
    whole = digits.value.normalize()
    significant = len(whole.as_tuple().digits) if digits.decimals == 0 else len(digits.value.as_tuple().digits)
    return Reading(
        value=-value if negative else value,
        half=Decimal(5).scaleb(-digits.decimals - 1) * factor * scale,
        decimals=digits.decimals,
        factor=factor * (scale if dimension is None and scale > 1 else _ONE),
        mantissa=digits.value,
        significant=max(1, significant),
        dimension=dimension,
    )


def _qualified(reading: Reading, before: str, after: str) -> Reading:
    fall = bool(_FALL_BEFORE.search(before[-60:])) or bool(_FALL_AFTER.match(after))
    reading = replace(reading, fall=fall)
    kind = _qualifier(before[-40:], re.split(r"[0-9,;:(.]", after, maxsplit=1)[0][:40])
    return reading if kind is Qualifier.NONE else replace(reading, qualifier=kind)


def _qualifier(before: str, after: str) -> Qualifier:
    for kind, pattern in (*_BEFORE_FIRST, *_BEFORE):
        if pattern.search(before):
            return kind
    for kind, pattern in _AFTER:
        if pattern.search(after):
            return kind
    return Qualifier.NONE


def _trailing_zeros(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, exponent) if isinstance(exponent, int) else 0
