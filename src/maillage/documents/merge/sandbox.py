"""What the tags of a template may do: read the values that were given, compare them, loop over the given lists.

Three walls, each enough alone. The tags are read as a tree and everything that is not listed is refused (tags.py). The
environment answers only for the keys of plain dictionaries, so that no attribute of Python is within reach. Steps and
size are counted, so that no template runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from maillage.documents.merge.problems import refused
from maillage.documents.renderers.characters import without_forbidden
from maillage.documents.words import amount_in_words
from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number
from maillage.kernel.period import MONTHS_FR
from maillage.ui.units import UNKNOWN

MAX_STEPS = 100_000  # turns of all loops together
MAX_DEPTH = 5  # loops and conditions inside one another
LOOP_NAMES = frozenset({"index", "first", "last", "length"})

# Delimiters that no document holds, in a plane left to private use: a « {{ » that is not a tag stays as it is.
OPEN_BLOCK, CLOSE_BLOCK = "\U000fab01", "\U000fab02"
OPEN_VALUE, CLOSE_VALUE = "\U000fab03", "\U000fab04"
OPEN_NOTE, CLOSE_NOTE = "\U000fab05", "\U000fab06"
DELIMITERS = frozenset((OPEN_BLOCK, CLOSE_BLOCK, OPEN_VALUE, CLOSE_VALUE, OPEN_NOTE, CLOSE_NOTE))


class Unknown:
    """A value that is not known: shown as such, false in a condition, never greater nor smaller than anything."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


UNKNOWN_VALUE = Unknown()


class Euros(Decimal):
    """An amount, which a condition may compare with a number."""


class Picture:
    """The place of an image: what is drawn there depends on the format."""

    __slots__ = ()


class Steps:
    """Counts the turns of every loop of one rendering."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise refused(f"Les boucles du modèle font plus de {format_number(MAX_STEPS)} tours : simplifiez-les.")


class Rows(tuple[Any, ...]):
    """A given list, whose turns are counted."""

    steps: Steps

    def __iter__(self) -> Iterator[Any]:
        for one in super().__iter__():
            self.steps.take()
            yield one


def contained(value: object, steps: Steps) -> Any:
    """The same values in containers of ours. Raises TypeError for any other kind of value."""
    if value is None:
        return UNKNOWN_VALUE
    if isinstance(value, Money):
        return Euros(value.euros)
    if isinstance(value, str):
        return str(value)  # a label that is lazy or safe for a page is only text here
    if isinstance(value, bool | int | Decimal | date | Picture):
        return value
    if isinstance(value, Mapping):
        return {str(key): contained(one, steps) for key, one in value.items()}
    if isinstance(value, list | tuple):
        rows = Rows(contained(one, steps) for one in value)
        rows.steps = steps
        return rows
    raise TypeError(f"a merge field cannot hold {type(value).__name__}")


# --- how values are written -----------------------------------------------------------------------------------------


def shown(value: object) -> str:
    """A value in French: « 80 € », « 1er juin 2024 », « oui », « n. c. » for what is not known."""
    if value is None or isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Money | Euros):
        return amount(value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int | Decimal):
        return format_number(value)
    return without_forbidden(str(value))


def _money(value: object) -> Money | None:
    if isinstance(value, Money):
        return value
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Money.of(Decimal(value)) if is_number else None  # type: ignore[arg-type]  # narrowed by is_number


def amount(value: object) -> str:
    """« 1 502 450 € »."""
    money = _money(value)
    return shown(value) if money is None else str(money)


def amount_words(value: object) -> str:
    """« quatre-vingts euros »."""
    money = _money(value)
    return shown(value) if money is None else amount_in_words(money)


def number(value: object, decimals: int | None = None) -> str:
    """« 1 234,5 »."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    places = None if decimals is None else max(0, min(int(decimals), 6))
    return format_number(value, places) if is_number else shown(value)  # type: ignore[arg-type]  # narrowed by is_number


def day(value: object, form: str = "") -> str:
    """« 1er juin 2024 », or « 01/06/2024 » when « court » is asked."""
    if not isinstance(value, date):
        return shown(value)
    if form == "court":
        return f"{value:%d/%m/%Y}"
    return f"{'1er' if value.day == 1 else value.day} {MONTHS_FR[value.month - 1]} {value.year}"


def capitals(value: object) -> str:
    return shown(value).upper()


FILTERS: dict[str, Callable[..., str]] = {
    "date": day,
    "montant": amount,
    "montant_en_lettres": amount_words,
    "nombre": number,
    "majuscules": capitals,
}

# --- the environment ------------------------------------------------------------------------------------------------


class Missing(StrictUndefined):
    """A field that was not given stops the rendering, by its name."""

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise refused(f"Le champ « {self._undefined_name} » n'a pas de valeur dans ce document.")

    __iter__ = __str__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = _fail_with_undefined_error
    __lt__ = __gt__ = __le__ = __ge__ = _fail_with_undefined_error


class Sandbox(SandboxedEnvironment):
    """Answers for the keys of dictionaries and the position in a loop; calls nothing."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in LOOP_NAMES:
            return getattr(obj, attribute)
        return obj if isinstance(obj, Undefined) else self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        raise SecurityError("no subscript in a template")

    def call(self, *args: Any, **kwargs: Any) -> Any:
        raise SecurityError("no call in a template")


def environment(picture: Callable[[], str], marked: Callable[[str], str]) -> Sandbox:
    """The environment of one part of a file. `picture` gives the XML of the image, `marked` that of a text."""

    def finalize(value: object) -> Markup:
        if isinstance(value, Picture):
            return Markup(picture())  # noqa: S704  (XML of ours, without any text of others)
        if isinstance(value, dict | Rows):
            raise refused("Un champ du modèle désigne un groupe ou une liste, pas une valeur : précisez lequel.")
        if isinstance(value, Undefined):
            str(value)  # says which
        return Markup(marked(shown(value)))  # noqa: S704  (escaped by `marked`)

    made = Sandbox(
        block_start_string=OPEN_BLOCK,
        block_end_string=CLOSE_BLOCK,
        variable_start_string=OPEN_VALUE,
        variable_end_string=CLOSE_VALUE,
        comment_start_string=OPEN_NOTE,
        comment_end_string=CLOSE_NOTE,
        autoescape=True,
        undefined=Missing,
        finalize=finalize,
        keep_trailing_newline=True,
        cache_size=0,
    )
    made.globals.clear()
    made.tests.clear()
    made.filters.clear()
    made.filters.update(FILTERS)
    return made
