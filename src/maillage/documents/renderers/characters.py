"""Characters that a format cannot hold: those that XML forbids, those that the fonts of the PDF do not have.

Nothing else is touched, and a character that cannot be shown leaves a mark in its place rather than a hole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

import typst

T = TypeVar("T")

_FORBIDDEN = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Letters and marks of European languages, which the embedded font is known to have: asked of it once, in a test.
USUAL = frozenset(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x17F)])) | frozenset("\n\t’‘“”–—…•€−×≥≤≈→·\u202f\u2060")
REPLACEMENT = "\ufffd"
_REFUSED = re.compile(r'the text `"(?P<text>.*?)"` could not be displayed', re.DOTALL)
_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}|\\(.)", re.DOTALL)


def map_strings(value: T, change: Callable[[str], str]) -> T:
    """The same structure of dataclasses and tuples, every text of it changed."""
    made: Any = value
    if isinstance(value, str) and not isinstance(value, Enum):
        made = change(value)
    elif isinstance(value, tuple):
        made = tuple(map_strings(item, change) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        made = type(value)(**{field.name: map_strings(getattr(value, field.name), change) for field in fields(value)})
    return made


def without_forbidden(text: str) -> str:
    """Without the control characters and half characters that no XML can hold."""
    return _FORBIDDEN.sub("", text)


def displayable(value: T) -> T:
    """The same structure, where a character that the fonts of the PDF do not have is « � »: PDF/UA refuses it else."""
    unusual: set[str] = set()

    def look(text: str) -> str:
        unusual.update(char for char in text if char not in USUAL)
        return text

    map_strings(value, look)
    missing = {ord(char): REPLACEMENT for char in missing_from_fonts(frozenset(unusual))}
    return map_strings(value, lambda text: text.translate(missing)) if missing else value


@lru_cache(maxsize=64)
def missing_from_fonts(characters: frozenset[str]) -> frozenset[str]:
    """Those that the embedded fonts cannot show, found by asking the compiler until it refuses none."""
    left, missing = set(characters), set()
    compiler = typst.Compiler(ignore_system_fonts=True)
    while left:
        refused = _refused(compiler, sorted(left)) & left
        if not refused:
            break
        missing |= refused
        left -= refused
    return frozenset(missing)


def _refused(compiler: typst.Compiler, characters: list[str]) -> set[str]:
    source = (
        '#set document(title: "x")\n#set text(font: "Libertinus Serif", lang: "fr")\n'
        "#for char in json(bytes(sys.inputs.characters)) { par(char) }"
    )
    try:
        compiler.compile(
            input=source.encode(),
            format="pdf",
            pdf_standards=["ua-1"],
            sys_inputs={"characters": json.dumps(characters)},
        )
    except typst.TypstError as error:
        found = {char for match in _REFUSED.finditer(str(error.diagnostic)) for char in _unescaped(match["text"])}
        return found or set(characters)  # a refusal that is not understood: none of these is worth the report
    return set()


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text)
