"""Writes of governance: tables of bodies, and of what a conference held."""

from __future__ import annotations

from collections.abc import Sequence

from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row
from maillage.governance.models import Body, Kiosk, Workshop
from maillage.kernel.errors import InputProblem
from maillage.kernel.period import Period, PeriodInvalid
from maillage.pacts.services import DOCUMENT, TO_DOCUMENT, TO_PACT, Kind, code, length, load, ranked, text

__all__ = ["BODIES", "KIOSKS", "WORKSHOPS", "load"]

TO_BODY = ("body", Body, "n'est pas une instance chargée.")


def _bodies(rows: Sequence[Row]) -> list[InputProblem]:
    """A period may be open (« 2019/ »); anything else must be one."""
    problems = ranked("pact")(rows)
    for row in rows:
        period = str(row["period"])
        try:
            if period:
                Period.parse(period.removesuffix("/"))
        except PeriodInvalid as error:
            problems.append(row.problem("period", error.message_fr))
    return problems


BODIES = Kind(
    Body,
    (
        code("pact", "pacte", needed=True, filled=True),
        code("code", needed=True, filled=True, max_length=length(Body, "code")),
        text(Body, "kind", "nature", needed=True, filled=True),
        text(Body, "title", "intitulé", needed=True, filled=True),
        text(Body, "period", "période"),
        text(Body, "role", "rôle"),
        text(Body, "periodicity", "périodicité"),
        DOCUMENT,
    ),
    ("code",),
    (TO_PACT, TO_DOCUMENT),
    _bodies,
)
KIOSKS = Kind(
    Kiosk,
    (
        code("body", "instance", needed=True, filled=True),
        text(Kiosk, "theme", "thème", needed=True, filled=True),
        text(Kiosk, "initiative", "démarche", needed=True, filled=True),
        text(Kiosk, "place", "territoire"),
        DOCUMENT,
    ),
    ("body", "initiative"),
    (TO_BODY, TO_DOCUMENT),
    ranked("body"),
)
WORKSHOPS = Kind(
    Workshop,
    (
        code("body", "instance", needed=True, filled=True),
        text(Workshop, "theme", "thème", needed=True, filled=True),
        text(Workshop, "subject", "sujet", needed=True, filled=True),
        Field("sheets", ("fiches",), reading.whole(), needed=True, filled=True),
        DOCUMENT,
    ),
    ("body", "subject"),
    (TO_BODY, TO_DOCUMENT),
    ranked("body"),
)
