"""Funders: named once for the whole instance, so that a sum by funder means something."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import FunderKind
from maillage.contracts.models import Contract, Funder
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.siret import is_siret, siret_digits
from maillage.kernel.errors import InputProblem, InputRefused

MAX_CODE = 40


@transaction.atomic
def add_funder(*, contract: Contract, name: str, kind: str, siret: str = "", by: User, at: datetime) -> Funder:
    """Name a funder, asked for by who works on a contract. Raises InputRefused where it is known already."""
    require(perms.is_state_team(by, contract, localdate(at)), "Seule l'équipe de l'État ajoute un financeur.")
    said, digits = " ".join(name.split()), siret_digits(siret)
    _refuse(said, kind, digits)
    made = Funder.objects.create(code=_free_code(said), name=said, kind=FunderKind(kind), siret=digits)
    audit.record(
        action="funder.create",
        obj=made,
        by=by,
        at=at,
        summary=f"Financeur ajouté : {made.name}",
        changes={"kind": [None, made.kind], "siret": [None, digits or None]},
    )
    return made


def _refuse(name: str, kind: str, siret: str) -> None:
    problems = []
    if not name:
        problems.append(InputProblem(None, "nom", "Donnez le nom du financeur."))
    if kind not in FunderKind.values:
        problems.append(InputProblem(None, "nature", "Choisissez une nature dans la liste."))
    if siret and not is_siret(siret):
        problems.append(
            InputProblem(None, "SIRET", "Ce n'est pas un SIRET : 14 chiffres, dont le dernier est une clé.")
        )
    same = next((one for one in Funder.objects.all() if _folded(one.name) == _folded(name)), None)
    if name and same is not None:
        problems.append(InputProblem(None, "nom", f"« {same.name} » est déjà dans la liste : choisissez-le."))
    known = Funder.objects.filter(siret=siret).first() if siret else None
    if known is not None and known != same:
        problems.append(InputProblem(None, "SIRET", f"Ce SIRET est celui de « {known.name} », déjà dans la liste."))
    if problems:
        raise InputRefused(problems, title="Le financeur n'est pas ajouté.")


def _folded(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^A-Z0-9]+", "-", plain.upper()).strip("-")


def _free_code(name: str) -> str:
    base = _folded(name)[: MAX_CODE - 4].strip("-") or "FINANCEUR"
    taken = set(Funder.objects.filter(code__startswith=base).values_list("code", flat=True))
    return next(code for code in (base, *(f"{base}-{n}" for n in range(2, 1000))) if code not in taken)
