"""`maillage contracts`: the archive of a contract, whether what is stored is what was signed, terms that are past."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from maillage.cli import output

if TYPE_CHECKING:
    from maillage.contracts.models import Contract
    from maillage.contracts.selectors.versions import Faults

MANY = 20


@click.group()
def contracts() -> None:
    """Archive un contrat, vérifie ses versions, constate les échéances."""


def _contract(reference: str) -> Contract:
    from maillage.contracts.models import Contract

    found = Contract.objects.select_related("territory").filter(reference=reference).first()
    if found is None:
        output.refuse(f"Aucun contrat ne porte la référence « {reference} ».")
    return found


@contracts.command("archive")
@click.argument("reference", metavar="RÉFÉRENCE")
@click.option(
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FICHIER",
    help="Fichier à écrire (sinon dans le dossier courant).",
)
@output.json_option
def archive(reference: str, target: Path | None, *, as_json: bool) -> None:
    """Écrit l'archive d'un contrat, que chacun peut lire et vérifier sans Maillage."""
    from maillage.contracts.archive.building import name_of
    from maillage.contracts.services.archives import write_archive
    from maillage.core import clock

    contract, at = _contract(reference), clock.now()
    path = target or Path(f"{name_of(contract)}-{clock.today():%Y%m%d}.zip")
    with path.open("wb") as out:
        built = write_archive(contract=contract, out=out, at=at, advance=_advance)
    written = {
        "reference": contract.reference,
        "path": str(path.resolve()),
        "files": len(built.entries) + 1,
        "size": path.stat().st_size,
        "sha256": _sha256(path),
        "problems": list(built.problems),
    }
    lines = [f"Archive écrite : {path} ({written['files']} fichiers)", f"SHA-256 {written['sha256']}"]
    lines += [f"Anomalie : {problem}" for problem in built.problems]
    output.emit(written, as_json=as_json, text="\n".join(lines))


def _advance(percent: int, text: str) -> None:
    if text:
        output.say(f"{percent:3} %  {text}")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contracts.command("verify")
@click.argument("reference", metavar="[RÉFÉRENCE]", required=False)
@output.strict_option
@output.json_option
def verify(reference: str | None, *, strict: bool, as_json: bool) -> int:
    """Recalcule l'empreinte de chaque version, et compare la base à la version en vigueur.

    Sans référence, tous les contrats.
    """
    from maillage.contracts.models import Contract
    from maillage.contracts.selectors.versions import verify as look

    wanted = [_contract(reference)] if reference else Contract.objects.order_by("reference").iterator()
    count, versions = 0, 0
    faulty: list[Faults] = []
    for contract in wanted:
        found = look(contract)
        count, versions = count + 1, versions + found.versions
        if not found.is_sound:
            faulty.append(found)
    data = {"checked": count, "versions": versions, "contracts": [_plain(one) for one in faulty]}
    output.emit(data, as_json=as_json, text=lambda: _told(count, versions, faulty))
    return output.DISCREPANCIES if strict and faulty else output.DONE


def _plain(found: Faults) -> dict[str, Any]:
    return {
        "reference": found.contract.reference,
        "hashes": list(found.hashes),
        "moved": [change.path for change in found.moved],
    }


def _told(count: int, versions: int, faulty: list[Faults]) -> str:
    lines = [f"{count} contrat{_s(count)}, {versions} version{_s(versions)} : {len(faulty)} en défaut."]
    for found in faulty:
        lines += [f"{found.contract.reference} : {message}" for message in found.hashes]
        moved = [
            f"{found.contract.reference} : {change.label} n'est plus ce qui a été signé." for change in found.moved
        ]
        lines += moved[:MANY]
        if len(moved) > MANY:
            lines.append(f"{found.contract.reference} : et {len(moved) - MANY} autres écarts.")
    return "\n".join(lines)


def _s(count: int) -> str:
    return "s" if count > 1 else ""


@contracts.command("expire")
@output.json_option
def expire(*, as_json: bool) -> None:
    """Constate l'échéance des contrats dont le terme est passé. À appeler chaque jour par le planificateur."""
    from maillage.contracts.services.transitions import expire_ended
    from maillage.core import clock

    references = [one.reference for one in expire_ended(at=clock.now())]
    text = "\n".join(f"Échu : {reference}" for reference in references) or "Aucun contrat n'est arrivé à son terme."
    output.emit({"expired": references}, as_json=as_json, text=text)
