"""Small objects that many tests need: a few real territories, and the cast that opens the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count

from django.http import FileResponse, HttpResponse

from maillage.core.enums import Role
from maillage.core.models import Membership, User
from maillage.territories.enums import Level
from maillage.territories.models import Territory

PASSWORD = "une phrase de passe pour les essais"

_emails = count(1)

# code, name, sort name, parent. INSEE and SIREN codes are facts; nothing else is known of these territories here.
TERRITORIES: tuple[tuple[str, str, str, str], ...] = (
    ("FRANCE", "France", "france", ""),
    ("REG-52", "Pays de la Loire", "pays de la loire", "FRANCE"),
    ("REG-53", "Bretagne", "bretagne", "FRANCE"),
    ("DEP-35", "Ille-et-Vilaine", "ille et vilaine", "REG-53"),
    ("DEP-44", "Loire-Atlantique", "loire atlantique", "REG-52"),
    ("DEP-49", "Maine-et-Loire", "maine et loire", "REG-52"),
    ("DEP-53", "Mayenne", "mayenne", "REG-52"),
    ("DEP-72", "Sarthe", "sarthe", "REG-52"),
    ("DEP-85", "Vendée", "vendee", "REG-52"),
    ("EPCI-244400404", "Nantes Métropole", "nantes metropole", "DEP-44"),
)

_LEVELS = {
    "FRANCE": Level.COUNTRY,
    "REG": Level.REGION,
    "DEP": Level.DEPARTEMENT,
    "EPCI": Level.EPCI,
    "COM": Level.COMMUNE,
}


def make_territory(code: str, name: str, *, parent: Territory | None = None, sort_name: str = "") -> Territory:
    """One territory of any level, named by its code."""
    prefix, _, insee = code.partition("-")
    return Territory.objects.create(
        code=code,
        level=_LEVELS[prefix],
        insee=insee,
        name=name,
        sort_name=sort_name or name.lower(),
        nature="METRO" if code == "EPCI-244400404" else "",
        parent=parent,
    )


def make_territories() -> dict[str, Territory]:
    """The set of `TERRITORIES`, by code."""
    made: dict[str, Territory] = {}
    for code, name, sort_name, parent in TERRITORIES:
        made[code] = make_territory(code, name, parent=made.get(parent), sort_name=sort_name)
    return made


@dataclass(frozen=True)
class Held:
    """A role over a perimeter, as a test writes it."""

    role: Role
    territory_code: str
    axis_code: str = ""


def make_user(name: str, *held: Held, email: str = "", password: str | None = None, **fields: object) -> User:
    """A user and what he or she may do, since 2020. Without a password the account is opened by `client_for`."""
    user = User.objects.create_user(email or f"agent{next(_emails)}@exemple.test", password, full_name=name, **fields)
    Membership.objects.bulk_create(
        Membership(
            user=user,
            role=one.role,
            territory_code=one.territory_code,
            axis_code=one.axis_code,
            starts_on=date(2020, 1, 1),
        )
        for one in held
    )
    return user


def content_of(response: HttpResponse | FileResponse) -> bytes:
    """The whole body of an answer. A download read to its end is closed; `close()` would close the database."""
    return response.getvalue() if isinstance(response, FileResponse) else response.content
