"""Contracts at every stage, made through the services as people would make them. Invented, and small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from maillage.contracts.models import Contract, Funder
from maillage.contracts.services.attachments import attach
from maillage.contracts.services.contracts import create_contract
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract, move_sheet
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.pacts.models import Axis, Measure, Pact
from maillage.territories.models import Territory
from tests.factories import Held, make_user

AT = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@dataclass(frozen=True)
class Cast:
    """Who signs: the State's side and the département's, on one territory."""

    commissioner: User
    ddets: User
    lead: User
    prefect: User


def make_cast(code: str = "DEP-44", region: str = "REG-52") -> Cast:
    return Cast(
        commissioner=make_user("Aïcha Benali", Held(Role.COMMISSIONER, region)),
        ddets=make_user("Denis Caro", Held(Role.DDETS, code)),
        lead=make_user("Émilie Roux", Held(Role.DEPARTEMENT, code)),
        prefect=make_user("Fabienne Noël", Held(Role.PREFECT, code)),
    )


def make_reference_rows() -> None:
    """What a text refers to: a pact, an axis, a measure, funders, an indicator."""
    pact, _ = Pact.objects.get_or_create(code="PACTE", defaults={"title": "Pacte", "short_title": "Pacte"})
    axis, _ = Axis.objects.get_or_create(code="PACTE-1", defaults={"pact": pact, "number": 1, "title": "Enfance"})
    Measure.objects.get_or_create(
        code="PACTE-1-1", defaults={"axis": axis, "kind": "new", "title": "Socialisation", "position": 1}
    )
    for code, name, kind in (("ETAT", "État", "state"), ("DEP", "Département", "departement"), ("CAF", "CAF", "other")):
        Funder.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})
    Indicator.objects.get_or_create(
        code="ENFANTS",
        defaults={"label": "Enfants accueillis", "unit": "persons", "nature": "flow", "summable_territories": True},
    )


def make_contract(territory: Territory, cast: Cast, *, reference: str = "CLS-ESSAI-1", **fields: Any) -> Contract:
    """A draft of two years, empty."""
    given = {"kind": "cls", "title": "Contrat d'essai", "starts_on": date(2024, 1, 1), "ends_on": date(2025, 12, 31)}
    return create_contract(
        reference=reference, territory=territory, by=cast.commissioner, at=AT, is_demonstration=True, **(given | fields)
    )


def sheet_edits(code: str = "A01", years: tuple[int, ...] = (2024, 2025), half: int = 5000) -> dict[str, Any]:
    """The edits that write one balanced action: half from the State, half from the département, each year."""
    edits: dict[str, Any] = {
        f"sheets/{code}/title": f"Action {code}",
        f"sheets/{code}/axis": "PACTE-1",
        f"sheets/{code}/measure": "PACTE-1-1",
        f"sheets/{code}/need": "Peu de places d'accueil",
        f"sheets/{code}/nature": "new",
        f"sheets/{code}/justification": "N'existait pas",
        f"sheets/{code}/pilot": "Département",
        f"sheets/{code}/targets/ENFANTS/baseline": "10",
    }
    for rank, year in enumerate(years):
        edits |= {
            f"sheets/{code}/years/{year}/total_cost": str(2 * half),
            f"sheets/{code}/years/{year}/eligible_cost": str(2 * half),
            f"sheets/{code}/targets/ENFANTS/years/{year}/value": str(20 + rank),
        }
        for key, funder in ((f"E{year}", "ETAT"), (f"D{year}", "DEP")):
            edits |= {
                f"sheets/{code}/lines/{key}/year": str(year),
                f"sheets/{code}/lines/{key}/funder": funder,
                f"sheets/{code}/lines/{key}/planned": str(half),
            }
    return edits


def whole_text(codes: tuple[str, ...] = ("A01",), years: tuple[int, ...] = (2024, 2025)) -> dict[str, Any]:
    """The edits that make a contract ready to be agreed."""
    edits: dict[str, Any] = {
        "signatories/S1/side": "state",
        "signatories/S1/organisation": "Préfecture",
        "signatories/S1/office": "Préfet",
        "signatories/S2/side": "partner",
        "signatories/S2/organisation": "Conseil départemental",
        "signatories/S2/office": "Présidente",
    }
    for year in years:
        edits |= {f"caps/{year}/ae": str(5000 * len(codes)), f"caps/{year}/budget": str(10000 * len(codes))}
    for code in codes:
        edits |= sheet_edits(code, years)
    return edits


def fill(contract: Contract, cast: Cast, codes: tuple[str, ...] = ("A01",)) -> Contract:
    """Write the whole text, and retain its sheets."""
    change_text(contract=contract, edits=whole_text(codes, tuple(contract.years)), seen={}, by=cast.commissioner, at=AT)
    for sheet in contract.sheets.filter(status="proposed"):
        move_sheet(sheet=sheet, name="retain", by=cast.ddets, at=AT)
    return contract


def deposit(contract: Contract, cast: Cast, kind: str = "deliberation") -> None:
    file = SimpleUploadedFile(f"{kind}.pdf", PDF, content_type="application/pdf")
    attach(contract=contract, kind=kind, title="Pièce", dated_on=AT.date(), file=file, by=cast.lead, at=AT)


STEPS = (
    ("open", "lead"),
    ("agree", "ddets"),
    ("deliberate", "lead"),
    ("send_to_sign", "ddets"),
    ("sign_partner", "lead"),
    ("sign_prefect", "prefect"),
)


def advance(contract: Contract, cast: Cast, until: str = "in_force") -> Contract:
    """Go through the negotiation to a state."""
    for name, who in STEPS:
        if contract.status == until:
            break
        if name == "deliberate":
            deposit(contract, cast)
        contract = move_contract(contract=contract, name=name, by=getattr(cast, who), at=AT)
    return contract


def signed_contract(territory: Territory, cast: Cast, codes: tuple[str, ...] = ("A01",), **fields: Any) -> Contract:
    """A contract in force, version 1."""
    make_reference_rows()
    return advance(fill(make_contract(territory, cast, **fields), cast, codes), cast)
