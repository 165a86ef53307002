"""What OpenFisca-France says of its own sources: the value of a parameter at a date, since when, and from which text.

OpenFisca is loaded to read them: call these where a program is traced, and keep the answers with the program. What
its metadata do not say stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from maillage.gateways.openfisca_france.corrections import CorrectionRefused, corrections, leaf
from maillage.gateways.openfisca_france.system import system
from maillage.kernel.numbers import NBSP, format_number
from maillage.kernel.period import Period

_ARTICLE = re.compile(r"(?P<kind>[LRD])\W*(?P<number>[0-9][0-9-]*)")
_URL = re.compile(r"https?://\S+")
_SESSION = re.compile(r";jsessionid=[^?#]*")
_LONG_TITLE = re.compile(r",? (?:relatif|relative|modifiant|portant|pris pour|fixant)\b.*", re.DOTALL)


class Text(NamedTuple):
    """A legal text: its title, its public address, and the day from which it gives a value; each may be empty."""

    title: str
    url: str
    on: str = ""


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A parameter of the law at a date. `unit` is OpenFisca's, `since` a day, `reference` the text that sets it."""

    label: str
    name: str
    value: float
    unit: str
    since: str
    reference: str
    url: str

    @property
    def value_fr(self) -> str:
        """« 646,52 € », « 12 % », « 32 % de la Bmaf », « 25 ans »."""
        number = Decimal(str(self.value))
        if self.unit in {"/1", "BMAF"}:
            return f"{format_number(number * 100)}{NBSP}%" + (" de la Bmaf" if self.unit == "BMAF" else "")
        if self.unit == "currency":
            whole = number == number.to_integral_value()
            return f"{format_number(number, 0 if whole else 2)}{NBSP}€"
        years = f"{NBSP}an{'s' if number >= 2 else ''}" if self.unit == "year" else ""
        return format_number(number) + years

    @property
    def text_fr(self) -> str:
        """« Montant forfaitaire d'une personne : 646,52 € depuis le 1er avril 2025 »."""
        return f"{self.label}{NBSP}: {self.value_fr} depuis le {Period.parse(self.since).label_fr}"


def parameter_at(label: str, name: str, day: str) -> ParameterValue | None:
    """The parameter at an ISO day; None when it has no value then. Raises CorrectionRefused when it does not exist."""
    found = leaf(system().parameters, name)
    dated = [one for one in found.values_list if one.instant_str <= day]
    if not dated or dated[0].value is None:
        return None
    value, since = dated[0].value, dated[0].instant_str
    for one in dated:
        if one.value != value:
            break
        since = one.instant_str
    text = _text_of_value(name, found, dated[0].instant_str, since, day)
    return ParameterValue(label, name, float(value), _unit(name, found), since, text.title, text.url)


def article_url(article: str, place: str, day: str) -> str:
    """The address of an article, where the parameter or the variable at `place` cites it; empty otherwise."""
    cited = [one for one in texts_at(place) if one.url and cites(one.title, article)]
    known = [one for one in cited if one.on <= day]
    return max(known or cited, key=lambda one: one.on, default=Text("", "")).url


def cites(text: str, article: str) -> bool:
    """Whether a text names the article, « CSS, art. R. 844-3 » as « Article R844-3 du Code… »."""
    asked = _ARTICLE.search(article.rpartition("art.")[2])
    return asked is not None and any(one.groups() == asked.groups() for one in _ARTICLE.finditer(text))


def texts_at(place: str) -> tuple[Text, ...]:
    """The texts that a variable or a parameter (a place of the tree, whatever its dates) cites."""
    variable = system().variables.get(place)
    if variable is not None:
        return tuple(_listed(variable.reference or (), ""))
    try:
        return tuple(_dated(leaf(system().parameters, place), place))
    except CorrectionRefused:
        return ()


def _text_of_value(name: str, found: Any, start: str, since: str, day: str) -> Text:
    """What sets the value at `day`: a text as new as it, else our own source, or an article that still stands."""
    known = sorted((one for one in _dated(found, name) if one.on <= day), key=lambda one: one.on)
    latest = [one for one in known if one.on == known[-1].on]
    ours = [
        one for one in corrections() if one.is_applied and (one.parameter, one.start_on.isoformat()) == (name, start)
    ]
    if ours and (not latest or latest[0].on < start):
        return Text(ours[0].reference, "")
    if latest and latest[0].on < since:
        latest = [one for one in latest if _ARTICLE.search(one.title) and one.title.startswith("Article")]
    return latest[0] if latest else Text("", "")


def _dated(found: Any, name: str) -> Iterator[Text]:
    references = (getattr(found, "metadata", None) or {}).get("reference")
    if references is None and "[" in name:  # a bracket: its scale says it
        references = (leaf(system().parameters, name.partition("[")[0]).metadata or {}).get("reference")
    if isinstance(references, dict) and "title" not in references:
        for on, listed in references.items():
            yield from _listed(listed, str(on))
    elif references:
        yield from _listed(references, "")


def _listed(references: Any, on: str) -> Iterator[Text]:
    """Entries are {title, href}, or a title and the address that follows it, or an address alone."""
    waiting = ""
    for one in [references] if isinstance(references, dict | str) else references:
        if isinstance(one, dict):
            yield Text(_shortened(str(one.get("title") or "")), _address(str(one.get("href") or "")), on)
        elif _URL.match(one):
            yield Text(_shortened(waiting), _address(one), on)
            waiting = ""
        else:
            waiting = one


def _shortened(title: str) -> str:
    """The title up to what it is about, which fills lines: « Arrêté du 05/09/2025 » is enough to find it."""
    return _LONG_TITLE.sub("", title.replace("\u200b", "")).strip()


def _address(text: str) -> str:
    found = _URL.search(text)
    return _SESSION.sub("", found[0]) if found else ""


def _unit(name: str, found: Any) -> str:
    unit = (getattr(found, "metadata", None) or {}).get("unit")
    if unit is None and "[" in name:
        scale, _, part = name.partition("[")
        unit = (leaf(system().parameters, scale).metadata or {}).get(f"{part.rpartition('.')[2]}_unit")
    return str(unit or "")
