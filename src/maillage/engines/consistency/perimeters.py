"""What a figure covers, read from the note typed beside it.

A perimeter is what a footnote says is counted in or out. Notes that speak of something else (a misprint, a missing
year, a doubt, the comparison of two other figures) give none.
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
# A footnote may speak of the number's making rather than of what it covers.
_NOT_COVERED = re.compile(
    r"^(?:source|sources|provisional|provisoire|estimat|estime|donnees? (?:provisoire|estime|arrete)|rounded|arrondi|"
    r"as of|situation au|arretee? au|au [0-9]|data as of|see |voir |cf|misprint|coquille|idem|ibid|date|unpublished|"
    r"chiffres? (?:provisoire|arrondi|estime)|figures? (?:provisional|rounded|estimated)|lecture)"
)
_COMPARES_OTHERS = re.compile(
    r"(?:perimetres?|perimeters?|scopes?|champs?)\b.{0,60}\b(?:differ|different|differents|distincts?|not the same|"
    r"pas le meme|ne sont pas)|(?:differ|different|differents|distincts?|not the same|pas le meme)\b.{0,40}"
    r"\b(?:perimetres?|perimeters?|scopes?|champs?)"
)
_SAYS_IT_DIFFERS = re.compile(
    r"\s*(?:[:;,.(–-]|\band\b|\bet\b)?\s*(?:so |donc |its |the |le |son |leur )*"
    r"(?:perimeters?|p[ée]rim[èe]tres?|scope|champ)\s+(?:therefore |thus |donc )?"
    r"(?:differs?|diff[eè]rent?|is different|is not the same|est diff[eé]rent|n'est pas le m[eê]me|change).*$",
    re.IGNORECASE | re.DOTALL,
)


def perimeter_from_note(note: str) -> str:
    """The perimeter a note states for its own figure, in the note's words; '' when it states none.

    « footnote: A, B and C: the perimeter differs from 2019 » gives « A, B and C »; « the two amounts have different
    perimeters » speaks of two other figures and gives ''. Perimeters are compared by their folded words, so the
    language of the note does not matter as long as two notes of one figure are written alike.
    """
    text = " ".join(note[:MAX_LENGTH].split())
    own = _SAYS_IT_DIFFERS.sub("", text).strip(" .;:,(")
    headed = _HEADED.search(own)
    if headed:
        tail = headed["text"].strip(" .;")
        return "" if _NOT_COVERED.match(fold(tail)) else tail
    if not own or (_COMPARES_OTHERS.search(fold(text)) and not _states_content(own)):
        return ""
    return own if _states_content(own) else ""


def _states_content(text: str) -> bool:
    folded = fold(text)
    return bool(_COUNTED.search(folded)) and not _NOT_COVERED.match(folded) and not _COMPARES_OTHERS.search(folded)


def perimeter_key(perimeter: str) -> str:
    """Two perimeters are the same when these are equal."""
    return re.sub(r"[^a-z0-9]+", " ", fold(perimeter)).strip()
