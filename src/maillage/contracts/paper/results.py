"""The values of an execution report: its frozen figures once it is validated, the live ones before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

from maillage.contracts.enums import DocumentKind
from maillage.contracts.models import ContractVersion, ExecutionReport
from maillage.contracts.paper import contexts
from maillage.contracts.paper.contexts import FAMILIES, IN_CASH, IN_KIND, Context, day, measured, money, prose
from maillage.contracts.paper.source import Source, from_version, mention
from maillage.contracts.selectors.execution import AMOUNTS, VALIDATED_REPORT, report_figures
from maillage.contracts.selectors.results import slot_of_period
from maillage.engines.lifecycle.contracts import EXECUTION_REPORT
from maillage.kernel.errors import MaillageError
from maillage.ui.units import format_value

DRAFT = "Projet, rapport non validé"

# Names of the amounts in the figures of a report → their names as merge fields.
_FIELDS = dict(zip(AMOUNTS, ("prevu", "attribue", "engage", "paye", "justifie"), strict=True))


def version_of(report: ExecutionReport) -> ContractVersion:
    """The version that was in force when the report was validated; the last one while it is not."""
    versions = report.sheet.contract.versions.order_by("-number")
    if report.validated_at is not None:
        versions = versions.filter(created_at__lte=report.validated_at)
    found = versions.first()
    if found is None:
        raise MaillageError("Ce contrat n'a pas encore de version : il n'a pas de rapport d'exécution.")
    return found


def report(made: ExecutionReport, version: ContractVersion) -> Context:
    """Needs `sheet__contract`. The texts are those of the report, which its validation locks."""
    source = from_version(version)
    frozen: Mapping[str, Any] | None = made.figures if made.status in VALIDATED_REPORT else None
    figures = frozen if frozen is not None else report_figures(made.sheet, made.year)
    validated = frozen is not None
    said = mention(draft="" if validated else DRAFT, invented=source.is_demonstration)
    return {
        **contexts.heading(DocumentKind.EXECUTION_REPORT, source, mention=said, draft=not validated),
        "contrat": contexts.contract(source),
        "action": _action(source, made),
        "rapport": _report(made, figures),
        "lignes": [_line(one) for one in figures["lines"].values()],
        "resultats": [_reading(one) for one in figures["readings"]],
        "preuves": [_evidence(one) for one in figures["evidence"]],
        "engagements": _legal_commitments(made),
    }


def _action(source: Source, made: ExecutionReport) -> Context:
    """The action as the version names it; as it is now where an amendment took it out since."""
    code = made.sheet.code
    if code in source.text["sheets"]:
        held = contexts.action(source, code)
        return {name: held[name] for name in ("code", "intitule", "axe", "mesure", "pilote")}
    sheet = made.sheet
    axis, measure = sheet.axis, sheet.measure
    return {
        "code": code,
        "intitule": prose(sheet.title),
        "axe": prose(axis.title if axis else None),
        "mesure": prose(measure.title if measure else None),
        "pilote": prose(sheet.pilot),
    }


def _report(made: ExecutionReport, figures: Mapping[str, Any]) -> Context:
    rate = figures["execution_rate"]
    return {
        "annee": str(made.year),
        "etat": EXECUTION_REPORT.labels[made.status],
        "attendu_le": made.due_on,
        "transmis_le": localdate(made.submitted_at) if made.submitted_at else None,
        "valide_le": localdate(made.validated_at) if made.validated_at else None,
        "realisations": prose(made.achievements),
        "difficultes": prose(made.difficulties),
        "suites": prose(made.outlook),
        **{f"total_{field}": money(figures["total"][name]) for name, field in _FIELDS.items()},
        "taux_execution": None if rate is None else format_value(Decimal(rate), unit="%"),
    }


def _line(held: Mapping[str, Any]) -> Context:
    return {
        "financeur": prose(held["funder"]),
        "famille": FAMILIES.get(held["family"], FAMILIES["other"]),
        "apport": IN_KIND if held["in_kind"] else IN_CASH,
        **{field: money(held[name]) for name, field in _FIELDS.items()},
    }


def _reading(held: Mapping[str, Any]) -> Context:
    slot, unit = slot_of_period(held["period"]), held["unit"]
    return {
        "nom": prose(held["label"]),
        "periode": slot.label_fr if slot is not None else held["period"],
        "situation_initiale": measured(held["baseline"], unit),
        "cible": measured(held["target"], unit),
        "valeur": measured(held["value"], unit),
        "pourquoi_inconnue": prose(held["unknown_reason"]),
        "numerateur": measured(held["numerator"], ""),
        "denominateur": measured(held["denominator"], ""),
        "releve": prose(held["status_label"]),
    }


def _evidence(held: Mapping[str, Any]) -> Context:
    return {"intitule": prose(held["title"]), "date": day(held["dated_on"]), "empreinte": held["sha256"][:16]}


def _legal_commitments(made: ExecutionReport) -> list[Context]:
    """The EJ registered on the action for the year: a number that is registered never changes."""
    rows = made.sheet.ejs.filter(year=made.year).order_by("number", "siret")
    return [{"numero": one.number, "siret": one.siret or None, "annee": str(one.year)} for one in rows]
