"""What a document is made from: a version as it was signed, a text in negotiation, a proposed amendment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from maillage.contracts.models import Amendment, Contract, ContractVersion
from maillage.contracts.services.versions import is_intact, read_version
from maillage.contracts.text import Names, names_of, text_of
from maillage.engines.contract_text import Text, canonical, sha256_of
from maillage.kernel.errors import MaillageError

DRAFT = "Projet, sans valeur contractuelle"
INVENTED = "Données de démonstration inventées"


@dataclass(frozen=True, slots=True)
class Source:
    """A text, the names that its codes have in it, and what it is worth.

    `number` None: a draft, made on `dated_on`. For a version `dated_on` is its first day in force (None: not known), so
    that the same version always gives the same document.
    """

    text: Text
    names: Names
    kind: str
    territory: str
    is_demonstration: bool
    number: int | None
    sha256: str
    dated_on: date | None
    deliberated_on: date | None
    partner_signed_on: date | None
    prefect_signed_on: date | None
    amendment: Mapping[str, Any] | None = None

    @property
    def is_draft(self) -> bool:
        return self.number is None

    @property
    def contract(self) -> Mapping[str, Any]:
        """The fields of the contract itself."""
        found: Mapping[str, Any] = self.text["contract"]
        return found

    @property
    def reference(self) -> str:
        return str(self.contract.get("reference") or "")

    @property
    def mention(self) -> str:
        """What every page must say of it; empty for a version of a real contract."""
        return mention(draft=DRAFT if self.is_draft else "", invented=self.is_demonstration)


def mention(*, draft: str, invented: bool) -> str:
    return " · ".join(part for part in (draft, INVENTED if invented else "") if part)


def from_version(version: ContractVersion) -> Source:
    """A version, from its snapshot and nothing else. Raises MaillageError where the snapshot was altered (V1)."""
    if not is_intact(version):
        raise MaillageError(
            f"La version {version.number} ne correspond plus à son empreinte : aucun document n'en est produit. "
            "Prévenez l'équipe régionale."
        )
    held = read_version(version)
    return Source(
        text=held["text"],
        names=held["names"],
        kind=held["kind"],
        territory=held["territory"]["name"],
        is_demonstration=held["is_demonstration"],
        number=held["number"],
        sha256=version.sha256,
        dated_on=_day(held["signed_on"]),
        deliberated_on=_day(held["deliberated_on"]),
        partner_signed_on=_day(held["partner_signed_on"]),
        prefect_signed_on=_day(held["prefect_signed_on"]),
        amendment=held["amendment"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def from_draft(contract: Contract, on: date) -> Source:
    """A text in negotiation, as its rows say it now."""
    text = text_of(contract)
    return _draft(contract, text, names_of(text), contract, on)


def from_proposal(amendment: Amendment, on: date) -> Source:
    """The whole text that an unsigned amendment proposes."""
    return _draft(amendment.contract, amendment.proposed, names_of(amendment.proposed), amendment, on)


def _draft(contract: Contract, text: Text, names: Names, dated: Contract | Amendment, on: date) -> Source:
    return Source(
        text=text,
        names=names,
        kind=contract.kind,
        territory=contract.territory.name,
        is_demonstration=contract.is_demonstration,
        number=None,
        sha256=sha256_of(canonical(text)),
        dated_on=on,
        deliberated_on=dated.deliberated_on,
        partner_signed_on=dated.partner_signed_on,
        prefect_signed_on=dated.prefect_signed_on,
    )
