"""Making a version: the text, the names its codes had, who signed and when, as one canonical writing with its hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from maillage.contracts.models import Amendment, Contract, ContractVersion
from maillage.contracts.text import names_of, text_of
from maillage.core.models import User
from maillage.engines.contract_text import canonical, sha256_of

FORMAT = 1


def snapshot(contract: Contract, amendment: Amendment | None, number: int, signed_on: date | None) -> dict[str, Any]:
    """What a version holds. It is enough to print the contract again years later, whatever was renamed since."""
    text = text_of(contract)
    signed = amendment or contract
    return {
        "format": FORMAT,
        "number": number,
        "kind": contract.kind,
        "territory": {"code": contract.territory.code, "name": contract.territory.name},
        "is_demonstration": contract.is_demonstration,
        "deliberated_on": _iso(signed.deliberated_on),
        "partner_signed_on": _iso(signed.partner_signed_on),
        "prefect_signed_on": _iso(signed.prefect_signed_on),
        "signed_on": _iso(signed_on),
        "amendment": _amendment(amendment),
        "text": text,
        "names": names_of(text),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _amendment(amendment: Amendment | None) -> dict[str, Any] | None:
    if amendment is None:
        return None
    return {"number": amendment.number, "title": amendment.title, "kinds": list(amendment.kinds)}


def make_version(
    *, contract: Contract, amendment: Amendment | None, signed_on: date | None, by: User | None, at: datetime
) -> ContractVersion:
    """The next version, from the rows as they are. In the caller's transaction, the contract locked."""
    last = contract.versions.aggregate(last=Max("number"))["last"] or 0
    content = canonical(snapshot(contract, amendment, last + 1, signed_on))
    return ContractVersion.objects.create(
        contract=contract,
        number=last + 1,
        content=content,
        sha256=sha256_of(content),
        signed_on=signed_on,
        amendment=amendment,
        created_at=at,
        created_by=by,
    )


def read_version(version: ContractVersion) -> Mapping[str, Any]:
    """The snapshot of a version."""
    found: dict[str, Any] = json.loads(version.content)
    return found


def is_intact(version: ContractVersion) -> bool:
    """Invariant V1: the hash of what is stored is the hash that was written at signature."""
    return sha256_of(version.content) == version.sha256
