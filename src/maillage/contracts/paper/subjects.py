"""What documents a contract can give now: its versions, its draft, its amendments, its sheets, its reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from maillage.contracts.enums import DocumentKind
from maillage.contracts.models import ActionSheet, Amendment, Contract, ContractVersion, ExecutionReport
from maillage.contracts.paper import changes, contexts, results
from maillage.contracts.paper.contexts import Context
from maillage.contracts.paper.source import Source, from_draft, from_proposal, from_version
from maillage.contracts.services.versions import read_version
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE

LONG = 8  # action sheets: beyond, a convention is made by a job


@dataclass(frozen=True)
class Subject:
    """One document to make. `key` is that of forms and jobs; `title` names the file in lists; `size` counts sheets."""

    key: str
    group: str
    title: str
    kind: DocumentKind
    build: Callable[[date], Context]
    version: ContractVersion | None = None
    amendment: Amendment | None = None
    sheet: ActionSheet | None = None
    report: ExecutionReport | None = None
    size: int = 1

    @property
    def is_long(self) -> bool:
        return self.size > LONG


def subjects(contract: Contract) -> list[Subject]:
    """Every document, the most wanted first. A contract that was signed has no draft but its open amendment."""
    versions = list(contract.versions.order_by("-number"))
    sheets = {sheet.code: sheet for sheet in contract.sheets.all()}
    if contract.status in BEFORE_SIGNATURE or not versions:
        found = _of_draft(contract, sheets)
    else:
        found = _of_versions(versions, sheets)
    return [*found, *_amendments(contract), *_reports(contract)]


def subject_of(contract: Contract, key: str) -> Subject | None:
    """The document of a key; None for anything else."""
    return next((one for one in subjects(contract) if one.key == key), None)


def groups(found: list[Subject]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices of a form, by group."""
    made: dict[str, list[tuple[str, str]]] = {}
    for one in found:
        made.setdefault(one.group, []).append((one.key, one.title))
    return list(made.items())


_CONVENTIONS, _SHEETS = "Conventions", "Fiches action"


def _of_draft(contract: Contract, sheets: dict[str, ActionSheet]) -> list[Subject]:
    def source(on: date) -> Source:
        return from_draft(contract, on)

    kept = {code: sheet for code, sheet in sheets.items() if sheet.in_text}
    whole = Subject(
        "convention-projet",
        _CONVENTIONS,
        "Convention, projet",
        DocumentKind.CONVENTION,
        lambda on: contexts.convention(source(on)),
        size=len(kept),
    )
    return [
        whole,
        *(
            Subject(
                f"sheet-projet-{code}",
                _SHEETS,
                f"Fiche action {code}, projet",
                DocumentKind.SHEET,
                lambda on, code=code: contexts.sheet(source(on), code),  # type: ignore[misc]  # binds the loop's value
                sheet=sheet,
            )
            for code, sheet in kept.items()
        ),
    ]


def _of_versions(versions: list[ContractVersion], sheets: dict[str, ActionSheet]) -> list[Subject]:
    """Every version as a convention; the sheets of the last one, as its snapshot holds them."""
    last = versions[0]
    codes = list(read_version(last)["text"]["sheets"])
    whole = [
        Subject(
            f"convention-v{version.number}",
            _CONVENTIONS,
            f"Convention, version {version.number}",
            DocumentKind.CONVENTION,
            lambda on, version=version: contexts.convention(from_version(version)),  # type: ignore[misc]  # binds it
            version=version,
            size=len(read_version(version)["text"]["sheets"]),
        )
        for version in versions
    ]
    parts = [
        Subject(
            f"sheet-v{last.number}-{code}",
            _SHEETS,
            f"Fiche action {code}, version {last.number}",
            DocumentKind.SHEET,
            lambda on, code=code: contexts.sheet(from_version(last), code),  # type: ignore[misc]  # binds the loop's value
            version=last,
            sheet=sheets.get(code),
        )
        for code in codes
    ]
    return [*whole, *parts]


def _amendments(contract: Contract) -> list[Subject]:
    found = contract.amendments.exclude(status="cancelled").select_related("base", "version").order_by("-number")
    return [_amendment(contract, one) for one in found]


def _amendment(contract: Contract, made: Amendment) -> Subject:
    made.contract = contract
    version = getattr(made, "version", None)

    def build(on: date) -> Context:
        return changes.amendment(made, from_version(version) if version is not None else from_proposal(made, on))

    worth = f"version {version.number}" if version is not None else "projet"
    return Subject(
        f"amendment-{made.number}",
        "Avenants",
        f"Avenant n° {made.number}, {worth}",
        DocumentKind.AMENDMENT,
        build,
        version=version,
        amendment=made,
    )


def _reports(contract: Contract) -> list[Subject]:
    found = ExecutionReport.objects.filter(sheet__contract=contract).select_related("sheet__axis", "sheet__measure")
    return [_report(contract, one) for one in found.order_by("-year", "sheet__position", "sheet__code")]


def _report(contract: Contract, made: ExecutionReport) -> Subject:
    made.sheet.contract = contract
    worth = "" if made.status in results.VALIDATED_REPORT else ", projet"
    return Subject(
        f"report-{made.sheet.code}-{made.year}",
        "Rapports d’exécution",
        f"Rapport d’exécution {made.year}, fiche {made.sheet.code}{worth}",
        DocumentKind.EXECUTION_REPORT,
        lambda on: results.report(made, results.version_of(made)),
        sheet=made.sheet,
        report=made,
    )
