"""The chain of an action, and the execution of a whole contract."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.aggregates import contract_totals
from maillage.contracts.selectors.chain import chain_of, kept_evidence, need_values, sheets_for_chain
from maillage.contracts.selectors.execution import execution_of, money_facts, year_reports
from maillage.contracts.selectors.results import elapsed
from maillage.contracts.views import result_tables as tables
from maillage.contracts.views.common import contract_or_404, frame
from maillage.contracts.views.sheet_parts import EXECUTION, buttons, rights_of, sheet_frame
from maillage.core import clock
from maillage.engines.chain import Gap, Link, Place
from maillage.engines.contract_rules import totals
from maillage.engines.lifecycle.contracts import SHEET
from maillage.ui.tables import respond

_ADDRESSES = {
    Place.MOVEMENTS: "contract-movements",
    Place.READINGS: "contract-readings",
    Place.EVIDENCE: "contract-evidence",
    Place.TEXT: "contract-sheet-edit",
}


def mend_url(contract: Contract, sheet: ActionSheet, gap: Gap) -> str:
    """The page where a gap is mended; '' where this instance has none."""
    try:
        if gap.place is Place.FIGURES and sheet.need_indicator is not None:
            return reverse("indicator", args=[sheet.need_indicator.code])
        if gap.place is Place.REPORT:
            return reverse("contract-report", args=[contract.pk, sheet.code, gap.year])
        if gap.place is Place.SIGNATURE:
            return reverse("contract", args=[contract.pk])
        return reverse(_ADDRESSES[gap.place], args=[contract.pk, sheet.code])
    except NoReverseMatch:
        return ""


def _shown_links(contract: Contract, sheet: ActionSheet, links: tuple[Link, ...]) -> list[dict[str, Any]]:
    return [
        {
            "link": link,
            "gaps": [(gap.text_fr, mend_url(contract, sheet, gap)) for gap in link.what_is_missing],
            "whole": not link.what_is_missing and link.expected,
        }
        for link in links
    ]


@require_safe
def sheet_chain(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Need, action, money, people, evidence and report of an action, on one page that prints."""
    contract, today = contract_or_404(request, pk), clock.today()
    sheet = sheets_for_chain(contract).filter(code=code).first()
    if sheet is None:
        raise Http404
    sheet.contract = contract
    need = need_values(contract, [sheet]).get(sheet.need_indicator_id or 0)
    summed = totals(money_facts(contract, [sheet]))
    rates = {year: one.total.execution_rate for year, one in summed.years.items()}
    reports = year_reports(contract, sheet, today, rates)
    chain = chain_of(contract, sheet, need, today)
    rights = rights_of(request, contract)
    money = tables.money_table(contract, sheet, summed)
    people = tables.people_table(contract, sheet)
    evidence = tables.evidence_table(kept_evidence(sheet))
    reported = tables.reports_table(contract, sheet, reports, nagging=rights.is_party)
    if (exported := respond(request, money, people)) is not None:
        return exported
    context = sheet_frame(contract, sheet, "contract-sheet") | {
        "chain": chain,
        "links": _shown_links(contract, sheet, chain.links),
        "need": need,
        "money": money,
        "people": people,
        "evidence": evidence,
        "reports": reported,
        "buttons": buttons(
            request,
            contract,
            SHEET,
            sheet.status,
            {"amendment": True},
            name="contract-sheet-move",
            args=(contract.pk, sheet.code),
        ),
    }
    return render(request, "contracts/results/chain.html", context)


@require_safe
def execution(request: HttpRequest, pk: int) -> HttpResponse:
    """Actions × years: money spent, states of the reports; what is late, for those who answer for it."""
    contract, today = contract_or_404(request, pk), clock.today()
    rights = rights_of(request, contract)
    rows = execution_of(contract, today)
    table = tables.execution_table(contract, rows, nagging=rights.is_party)
    year = _year(request, contract)
    indicators = tables.totals_table(contract, contract_totals(contract, year), year)
    if (exported := respond(request, table, indicators)) is not None:
        return exported
    context = frame(contract, EXECUTION) | {
        "table": table,
        "indicators": indicators,
        "year": year,
        "years": [
            (one, f"?annee={one}#indicateurs", one == year) for one in contract.years if one <= max(today.year, year)
        ],
        "late": [one for row in rows for one in row.late] if rights.is_party else [],
        "missing": [one for row in rows for one in row.missing] if rights.is_party else [],
        "over": elapsed(contract.years, today),
    }
    return render(request, "contracts/results/execution.html", context)


def _year(request: HttpRequest, contract: Contract) -> int:
    """The year asked, else the last one that is over, else the first."""
    asked = request.GET.get("annee", "")
    if asked.isdigit() and int(asked) in contract.years:
        return int(asked)
    over = elapsed(contract.years, clock.today())
    return over[-1] if over else contract.years[0]
