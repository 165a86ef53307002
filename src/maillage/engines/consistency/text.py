"""Comparing French labels: case, accents, punctuation, articles and plurals do not make two figures."""

import re
import unicodedata
from functools import lru_cache

_SUPERSCRIPTS = {ord(character): None for character in "¹²³⁰⁴⁵⁶⁷⁸⁹"}
_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_SAME = str.maketrans(
    {
        "œ": "oe",
        "Œ": "oe",
        "æ": "ae",
        "Æ": "ae",
        "’": "'",
        "ʼ": "'",
        "‘": "'",
        "−": "-",
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
    }
)
_WORD = re.compile(r"[a-z0-9%€]+")
_ARTICLES = frozenset({"le", "la", "les", "l", "de", "des", "du", "d", "un", "une", "nombre"})
_PERIOD_WORD = re.compile(r"(?:19|20)[0-9]{2}|[0-9]{1,2}(?:er|e)?|t[1-4]")
_PERIOD_WORDS = frozenset(
    [
        "janvier",
        "fevrier",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "aout",
        "septembre",
        "octobre",
        "novembre",
        "decembre",
        "annee",
        "an",
        "mois",
        "trimestre",
        "semestre",
        "premier",
        "second",
        "en",
        "au",
        "aux",
        "entre",
        "et",
        "fin",
        "debut",
        "depuis",
    ]
)
MAX_LENGTH = 400


@lru_cache(maxsize=100_000)
def fold(text: str) -> str:
    """Lower case, no accent, plain spaces, plain apostrophes and dashes; note marks (¹ ²) dropped."""
    cut = text[:MAX_LENGTH]
    if cut.isascii():
        return " ".join(cut.casefold().split())
    decomposed = unicodedata.normalize("NFKD", cut.translate(_SUPERSCRIPTS).translate(_SAME))
    return " ".join(decomposed.translate(_ACCENTS).casefold().translate(_SAME).split())


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


def words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


@lru_cache(maxsize=100_000)
def label_key(label: str) -> str:
    """What two labels of one figure have in common: words in order, without articles nor plural."""
    return " ".join(_singular(word) for word in words(label) if word not in _ARTICLES)


@lru_cache(maxsize=100_000)
def label_stem(label: str) -> str:
    """The label key without its words of time, so that two periods of one series meet."""
    kept = (
        _singular(word)
        for word in words(label)
        if word not in _ARTICLES and word not in _PERIOD_WORDS and not _PERIOD_WORD.fullmatch(word)
    )
    return " ".join(kept)


def has_word(label: str, stems: frozenset[str]) -> bool:
    """Whether a word of the label is one of the stems, plural apart."""
    return any(_singular(word) in stems for word in words(label))
