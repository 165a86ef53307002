"""What sets a figure apart from another of the same name, read from the note typed beside it.

A perimeter is what a footnote says is counted in or out, or to which date, method or aim the number belongs. Notes that
speak of something else (a misprint, a missing year, a doubt, the two amounts of a computation) give none.
"""

import re

from maillage.engines.consistency.text import MAX_LENGTH, fold

_HEADED = re.compile(
    r"(?:^|[;.(]\s?)(?:foot ?notes?|notes? de bas de page|nota|renvoi|p[ée]rim[èe]tre|perimeter|scope|champ|coverage|"
    r"couverture)(?:\s?\(?[0-9*]{1,2}\)?)?\s?:\s?(?P<text>.+)",
    re.IGNORECASE | re.DOTALL,
)
_COUNTED = re.compile(
    r"\b(?:includ(?:es?|ing|ed)|exclud(?:es?|ing|ed)|incl|excl|without the|except|covers? (?![0-9])|limited to|"
    r"compris(?:es?)?|comprenant|comprend|comprennent|inclut|incluent|incluant|inclus(?:es?)?|integre(?:nt)?|"
    r"exclut|excluent|excluant|exclus(?:es?)?|hors|sauf|sans les?|limitee?s? a|perimetre|perimeter|scope|champ)\b"
    r"|\b(?:only|seulement|uniquement)$|^(?:seule?s?|only) (?:les?|la|the)\b"
)
# Another date, method or aim: not what is counted, but reason enough not to oppose two numbers.
_SET_APART = re.compile(
    r"\b(?:as of|as at|situation au|arretee?s? au|counts?|counted|counting|comptee?s? en|denombre(?:es?)?|provisional|"
    r"provisoires?|forecast|projection|target|objective|planned|expected|objectif|cible|prevue?s?|prevision(?:nel)?(?:s|le)?|"
    r"attendue?s?|definition|equivalents? temps plein|full-time equivalents?|equivalents? to)\b"
)
# A footnote may speak of where the number comes from rather than of what it covers.
_NOT_COVERED = re.compile(
    r"^(?:sources?\b|donnees?\b|data\b|rounded|arrondi|see |voir |cf\b|misprint|coquille|idem\b|ibid|unpublished|"
    r"no year|sans annee|ambiguous|ambigu|lecture)"
)
_COMPARES_OTHERS = re.compile(
    r"(?:perimetres?|perimeters?|scopes?|champs?)\b.{0,60}\b(?:differ|different|differents|distincts?|not the same|"
    r"pas le meme|ne sont pas)|(?:differ|different|differents|distincts?|not the same|pas le meme)\b.{0,40}"
    r"\b(?:perimetres?|perimeters?|scopes?|champs?)"
)
# « the two amounts » are those that the figure relates: their own notes say what each covers.
_OF_OPERANDS = re.compile(
    r"\b(?:two|both|deux|its two|ses deux) (?:amounts?|montants?|years?|annees?|terms?|termes|operands?|sums?|sommes)\b"
    r"|\b(?:numerator|denominator|numerateur|denominateur)\b"
)
_SAYS_IT_DIFFERS = re.compile(
    r"\s*(?:[:;,.(–-]|\band\b|\bet\b)?\s*(?:so |donc |its |the |le |son |leur )*"
    r"(?:perimeters?|p[ée]rim[èe]tres?|scope|champ)\s+(?:therefore |thus |donc )?"
    r"(?:differs?|diff[eè]rent?|is different|is not the same|est diff[eé]rent|n'est pas le m[eê]me|change).*$",
    re.IGNORECASE | re.DOTALL,
)


def perimeter_from_note(note: str) -> str:
    """The perimeter a note states for its own figure, in the note's words; '' when it states none.

    « footnote: A, B and C: the perimeter differs from 2019 » gives « A, B and C ». « the perimeter differs from the
    other document » gives itself: what is counted is not told, but it is not the same. « the two amounts have different
    perimeters » speaks of the terms of a computation and gives ''.
    """
    text = " ".join(note[:MAX_LENGTH].split())
    own = _SAYS_IT_DIFFERS.sub("", text).strip(" .;:,(")
    headed = _HEADED.search(own)
    if headed:
        tail = headed["text"].strip(" .;")
        return "" if _NOT_COVERED.match(fold(tail)) else tail
    if _sets_apart(own):
        return own
    folded = fold(text)
    return text if says_it_differs(text) and not _OF_OPERANDS.search(folded) else ""


def _sets_apart(text: str) -> bool:
    folded = fold(text)
    if _NOT_COVERED.match(folded) or _COMPARES_OTHERS.search(folded):
        return False
    return bool(_COUNTED.search(folded) or _SET_APART.search(folded))


def says_it_differs(perimeter: str) -> bool:
    """Whether the text only says that the perimeter is another one, without telling which."""
    return bool(_COMPARES_OTHERS.search(fold(perimeter)))


def perimeter_key(perimeter: str) -> str:
    """Two perimeters are the same when these are equal, and neither only says that it differs."""
    return re.sub(r"[^a-z0-9]+", " ", fold(perimeter)).strip()


def perimeters_differ(here: str, there: str) -> bool:
    """Whether two perimeters are known to be two: both stated and unlike, or one said to be another."""
    keys = perimeter_key(here), perimeter_key(there)
    return says_it_differs(here) or says_it_differs(there) or (all(keys) and keys[0] != keys[1])
