"""Where a place of the text is written: the page, and the control on it."""

from __future__ import annotations

from django.urls import reverse

from maillage.contracts.models import Contract
from maillage.engines.contract_text import field_at


def address_of(contract: Contract, path: str) -> str:
    """The address of the page that writes this place, at its control."""
    steps = path.split("/")
    if steps[0] == "sheets" and len(steps) > 1:
        return _sheet_address(contract, path, steps)
    if steps[0] == "caps":
        # « caps/2025 » is what a rule says of a whole year: the amounts of its sheets are what one looks at.
        name = "contract-caps" if field_at(path) is not None else "contract-funding"
        return reverse(name, args=[contract.pk]) + (f"#annee-{steps[1]}" if len(steps) > 1 else "")
    name = "contract-signatories" if steps[0] == "signatories" else "contract-terms"
    return reverse(name, args=[contract.pk]) + f"#{anchor_of(path)}"


def _sheet_address(contract: Contract, path: str, steps: list[str]) -> str:
    if len(steps) > 2 and steps[2] in ("years", "lines"):
        return reverse("contract-funding-sheet", args=[contract.pk, steps[1]])
    anchor = "indicateurs" if steps[2:3] == ["targets"] else anchor_of(path)
    return reverse("contract-sheet-edit", args=[contract.pk, steps[1]]) + f"#{anchor}"


def anchor_of(path: str) -> str:
    """The id of the block of a field in its page."""
    return f"champ-{path.replace('/', '-')}"
