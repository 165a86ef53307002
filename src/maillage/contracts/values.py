"""What people type, as values of the text; what the text holds, as people read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maillage.engines.contract_text import Field, FieldKind
from maillage.engines.siret import siret_digits
from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number, parse_number

_DAY_FR = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")
_DAY_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00(?::00)?)?")  # a spreadsheet adds its midnight
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # no writing; a database refuses some
YES = frozenset({"oui", "o", "vrai", "true", "x", "1", "on"})
NO = frozenset({"", "non", "n", "faux", "false", "0", "off"})
MAX_LONG = 10_000


class ValueRefused(MaillageError):
    """What was typed is no value of this field; the message says what is expected."""


def exact(number: Decimal) -> str:
    """A decimal in its shortest exact writing: « 1234.5 », « 100 », « 0 » whatever its sign."""
    text = f"{number if number else abs(number):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def clean(field: Field, raw: Any, codes: Mapping[str, Mapping[str, str]]) -> str | bool | None:
    """A typed value as the text holds it; None when nothing is typed. Raises ValueRefused, in French.

    `codes`: name of a table → folded name or code → code, for the fields that refer to the instance.
    """
    if field.kind is FieldKind.YES_NO:
        return _yes_no(raw)
    text = "" if raw is None else str(raw).strip()
    if not text:
        return None
    if _CONTROLS.search(text):
        raise ValueRefused("Ce texte contient un caractère qui ne s'écrit pas : retapez-le.")
    return _READERS[field.kind](field, text, codes)


def _yes_no(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    text = "" if raw is None else str(raw).strip().lower()
    if text in YES or text in NO:
        return text in YES
    raise ValueRefused(f"« {shorten(text, 30)} » : écrivez oui ou non.")


def _line(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    if field.name == "siret":
        text = siret_digits(text)
    if len(text) > field.max_length:
        raise ValueRefused(f"{len(text)} caractères ; {field.max_length} au plus.")
    return " ".join(text.split())


def _long(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    if len(text) > MAX_LONG:
        raise ValueRefused(f"{len(text)} caractères ; {MAX_LONG} au plus.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _amount(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    amount = Money.of(text).euros
    if amount < 0:
        raise ValueRefused("Un montant ne peut pas être négatif.")
    if amount >= Decimal(10) ** 12:
        raise ValueRefused("Ce montant est trop grand : vérifiez l'unité, tout est en euros.")
    return exact(amount)


def _value(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    number = parse_number(text)
    if number.as_tuple().exponent < -4 or abs(number) >= Decimal(10) ** 15:  # type: ignore[operator]  # finite
        raise ValueRefused("Quatre décimales au plus, et quinze chiffres.")
    return exact(number)


def _date(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    french, iso = _DAY_FR.fullmatch(text), _DAY_ISO.fullmatch(text)
    refused = ValueRefused(f"« {shorten(text, 30)} » n'est pas une date : écrivez 31/12/2025.")
    if french is None and iso is None:
        raise refused
    try:
        day = date(*(int(part) for part in reversed(french.groups()))) if french else date.fromisoformat(iso[1])  # type: ignore[index]  # one of the two
    except ValueError as error:
        raise refused from error
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise refused
    return day.isoformat()


def _year(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    if not re.fullmatch(r"(19|20|21)[0-9]{2}", text):
        raise ValueRefused(f"« {shorten(text, 30)} » n'est pas une année : écrivez 2025.")
    return text


def _choice(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    choices = field.choices or {}
    by_label = {label.lower(): code for code, label in choices.items()}
    found = text if text in choices else by_label.get(text.lower())
    if found is None:
        raise ValueRefused(f"« {shorten(text, 30)} » n'est pas prévu : {', '.join(choices.values())}.")
    return found


def _code(field: Field, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    known = codes.get(field.refers_to, {})
    found = known.get(text.lower())
    if found is None:
        raise ValueRefused(f"« {shorten(text, 60)} » n'est pas connu ici : choisissez dans la liste.")
    return found


_READERS = {
    FieldKind.LINE: _line,
    FieldKind.LONG: _long,
    FieldKind.AMOUNT: _amount,
    FieldKind.VALUE: _value,
    FieldKind.DATE: _date,
    FieldKind.YEAR: _year,
    FieldKind.CHOICE: _choice,
    FieldKind.CODE: _code,
}


def shown(field: Field, value: Any, names: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """A value of the text in French; '' when it is unknown. `names`: table → code → name."""
    if field.kind is FieldKind.YES_NO:
        return "oui" if value else "non"
    if value is None or value == "":
        return ""
    if field.kind is FieldKind.AMOUNT:
        return str(Money.of(Decimal(value)))
    if field.kind is FieldKind.VALUE:
        return format_number(Decimal(value))
    if field.kind is FieldKind.DATE:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    if field.kind is FieldKind.CHOICE:
        return (field.choices or {}).get(value, str(value))
    return (names or {}).get(field.refers_to, {}).get(value, str(value))
