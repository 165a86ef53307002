"""The funding of a contract: every sheet at a glance, and the grid of one sheet with its totals live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.contracts import perms
from maillage.contracts.forms.funding import BLANK_ROWS, FunderForm, Grid, GridSource, grid_of, grid_sent
from maillage.contracts.models import Contract, FundingLine
from maillage.contracts.rules import Checked, checked, years_of
from maillage.contracts.selectors.negotiation import Verdict, year_boards
from maillage.contracts.selectors.threads import threads_of
from maillage.contracts.services.funders import add_funder
from maillage.contracts.views.comments import reader_of
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.contracts.views.negotiation import totals_context
from maillage.contracts.views.saving import Saving, save, sealed, unsealed
from maillage.contracts.views.sheet_edit import refusal_lines
from maillage.contracts.views.steps import link
from maillage.contracts.views.writing import Desk
from maillage.core import clock
from maillage.engines.contract_rules import Family, SheetFacts, Sum, Totals, totals
from maillage.engines.contract_text import Text, at_path, edited
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.kernel.errors import MaillageError
from maillage.kernel.money import Money
from maillage.ui.tables import Cell, Column, Table, respond
from maillage.ui.units import typography


@require_safe
def funding(request: HttpRequest, pk: int) -> HttpResponse:
    """Every sheet by year and family of funders, with the totals of the contract."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    result = checked(contract, desk.draft.text)
    tables = [_by_sheet(contract, result), _lines_table(desk)]
    if (exported := respond(request, *tables)) is not None:
        return exported
    context = frame(contract, "contract-funding") | {
        "banner": desk.banner,
        "tables": tables,
        "sheets": [
            (code, sheet.get("title") or "", reverse("contract-funding-sheet", args=[pk, code]))
            for code, sheet in desk.draft.text["sheets"].items()
        ],
        "spreadsheet_url": link("contract-spreadsheet", pk),
        "funder_url": reverse("contract-funder-add", args=[pk]) if desk.is_state_team else "",
        **totals_context(contract, year_boards(result)),
    }
    return render(request, "contracts/funding.html", context)


def _by_sheet(contract: Contract, result: Checked) -> Table:
    """A line a sheet and year: who plans what, cash by family, in kind apart."""
    rows = [
        _sheet_row(contract, sheet, year, money)
        for sheet in result.facts.sheets
        for year, money in totals(result.facts, only=lambda one, code=sheet.code: one.code == code).years.items()  # type: ignore[misc]  # a default argument binds the loop's value
        if money.total.planned.count or year in sheet.years
    ]
    columns = [
        Column("sheet", "Fiche", "link"),
        Column("year", "Année"),
        *(Column(family.value, family.label_fr, "money", total="sum") for family in Family),
        Column("in_kind", "En nature", "money", total="sum"),
        Column("planned", "Total des lignes", "money", total="sum"),
        Column("cost", "Coût total", "money", total="sum"),
        Column("share", "Part de l'État", "percent"),
    ]
    note = "Montants prévus (AE). La part de l'État se calcule sur les crédits ; les apports en nature sont à part."
    return Table("par-fiche", "Financement prévu, par fiche et par année", columns, rows, note=typography(note))


def _sheet_row(contract: Contract, sheet: SheetFacts, year: int, money: Totals) -> dict[str, Any]:
    cost = sheet.years[year].total_cost if year in sheet.years else None
    in_kind = sum((one.planned for one in money.in_kind.values()), Sum())
    url = reverse("contract-funding-sheet", args=[contract.pk, sheet.code])
    return {
        "sheet": Cell(f"{sheet.code} {sheet.title}".strip(), url=url),
        "year": str(year),
        **{family.value: _cell(money.cash[family].planned) for family in Family},
        "in_kind": _cell(in_kind),
        "planned": _cell(money.total.planned),
        "cost": Cell(None if cost is None else Money(cost)),
        "share": Cell(money.state_share.percent if money.state_share is not None else None),
    }


def _cell(amount: Sum) -> Cell:
    return Cell(amount.money, status="" if amount.complete else "partial")


def _lines_table(desk: Desk) -> Table:
    """Every line, to take away: one row a funder, year and nature."""
    funders = desk.names["funder"]
    rows = [
        {
            "sheet": code,
            "title": sheet.get("title") or "",
            "key": key,
            "year": str(line.get("year") or ""),
            "funder": funders.get(line.get("funder") or "", line.get("funder") or ""),
            "nature": "en nature" if line.get("in_kind") else "crédits",
            "planned": Cell(_money(line.get("planned"))),
            "planned_cp": Cell(_money(line.get("planned_cp"))),
        }
        for code, sheet in desk.draft.text["sheets"].items()
        for key, line in sheet.get("lines", {}).items()
    ]
    columns = [
        Column("sheet", "Fiche"),
        Column("title", "Intitulé"),
        Column("key", "Ligne"),
        Column("year", "Année"),
        Column("funder", "Financeur"),
        Column("nature", "Nature"),
        Column("planned", "Prévu (AE)", "money", total="sum"),
        Column("planned_cp", "Prévu en paiement (CP)", "money"),
    ]
    return Table("lignes", "Lignes de financement", columns, rows)


def _money(value: Any) -> Money | None:
    return None if value in (None, "") else Money.of(str(value))


# --- the grid of one sheet ----------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def funding_sheet(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The grid. « Ajouter une ligne » and « Recalculer » show it again as it was typed, and save nothing."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    base, given = _given(request, desk, code)
    if request.method != "POST":
        return _grid_page(request, desk, given, grid_of(given), base)
    more = BLANK_ROWS if "add_row" in request.POST else 0
    grid = grid_sent(given, request.POST, more=more)
    refused: list[str] = []
    is_saved = not more and "recompute" not in request.POST
    if is_saved and not grid.problems:
        done = f"Le financement de la fiche {code} est enregistré."
        saving = Saving(contract, (given.path,), base, grid.edits(), request.path, done, f"financement de {code}")
        try:
            return save(request, saving)
        except MaillageError as error:
            refused = refusal_lines(error)
    return _grid_page(request, desk, given, grid, base, refused=refused, is_told=is_saved)


def _given(request: HttpRequest, desk: Desk, code: str) -> tuple[Text, GridSource]:
    """The sheet as its author read it, and its years: those of the contract, and those that it bears otherwise."""
    place, text = f"sheets/{code}", desk.draft.text
    base = unsealed(request, desk.contract, text, (place,)) if request.method == "POST" else text
    if code not in base["sheets"]:
        raise Http404
    content = at_path(base, place) or {}
    held = {*content.get("years", {}), *(str(line.get("year")) for line in content.get("lines", {}).values())}
    years = sorted({*(str(year) for year in years_of(text)), *held})
    return base, GridSource(place, years, content, desk.source, desk.closed)


def _grid_page(
    request: HttpRequest,
    desk: Desk,
    given: GridSource,
    grid: Grid,
    base: Text,
    *,
    refused: Sequence[str] = (),
    is_told: bool = False,
) -> HttpResponse:
    contract, code = desk.contract, given.path.split("/")[1]
    problems = grid.problems if is_told else []
    codes = list(desk.draft.text["sheets"])
    for cell in grid.cells():
        cell.before = desk.before(cell.path) if cell.path else ""
    context = frame(contract, "contract-funding") | {
        "banner": desk.banner,
        "code": code,
        "sheet": desk.draft.text["sheets"].get(code, given.content),
        "grid": grid,
        "show_errors": request.method == "POST",
        "funders": desk.source.choices["funder"],
        "base": sealed(contract, base, (given.path,)),
        "problems": problems,
        "refused": list(refused),
        "closed": "" if any(not cell.refusal for cell in grid.cells()) else _closed_reason(grid),
        "siblings": codes,
        "totals_url": reverse("contract-funding-totals", args=[contract.pk, code]),
        "edit_url": reverse("contract-sheet-edit", args=[contract.pk, code]),
        "funder_url": reverse("contract-funder-add", args=[contract.pk]) if desk.is_state_team else "",
        "paste_url": link("contract-paste", contract.pk, code) if desk.may_write else "",
        "execution": _execution(contract, code),
        "execution_url": link("contract-execution", contract.pk),
        **_said_of_amounts(request, desk, given),
        **_live(desk, given, grid),
    }
    return render(request, "contracts/funding_sheet.html", context, status=422 if problems or refused else 200)


def _said_of_amounts(request: HttpRequest, desk: Desk, given: GridSource) -> dict[str, Any]:
    """The comments on lines and years of the sheet, and the places where one more may be said."""
    threads = threads_of(desk.draft, reader_of(request, desk), desk.names)
    amounts = (f"{given.path}/lines/", f"{given.path}/years/")
    lines = given.content.get("lines", {})
    funders = desk.names["funder"]
    places = [
        (f"{given.path}/lines/{key}", f"{line.get('year')} · {funders.get(line.get('funder') or '', key)} ({key})")
        for key, line in sorted(lines.items(), key=lambda one: (str(one[1].get("year")), one[0]))
    ]
    places += [(f"{given.path}/years/{year}", f"{year} · coûts de l’action") for year in given.years]
    return {
        "threads": [one for path, one in threads.items() if path.startswith(amounts)],
        "places": places if desk.may_write else [],
        "comment_url": reverse("contract-comment", args=[desk.contract.pk]),
        "back_url": request.path,
    }


def _closed_reason(grid: Grid) -> str:
    return next((cell.refusal for cell in grid.cells() if cell.refusal), "")


@require_POST
def funding_totals(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The totals that what is being typed would give. Nothing is saved."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    _, given = _given(request, desk, code)
    grid = grid_sent(given, request.POST)
    return render(request, "contracts/_live.html", {"code": code, **_live(desk, given, grid)})


def _live(desk: Desk, given: GridSource, grid: Grid) -> dict[str, Any]:
    """Totals of the sheet and of the contract, of the text with the grid in it."""
    code = given.path.split("/")[1]
    text = edited(desk.draft.text, grid.edits())
    result = checked(desk.contract, text)
    return {
        "own": _own_years(result, code),
        "unread": sum(1 for cell in grid.cells() if cell.error),
        **totals_context(desk.contract, year_boards(result)),
    }


def _own_years(result: Checked, code: str) -> list[dict[str, Any]]:
    """The years of one sheet: lines against cost (F1), the State's share of the eligible cost (F2)."""
    money = totals(result.facts, only=lambda one: one.code == code)
    sheet = next((one for one in result.facts.sheets if one.code == code), None)
    if sheet is None:
        return []
    place = f"sheets/{code}/years/"
    return [
        {
            "year": year,
            "money": one,
            "state": one.cash[Family.STATE].planned,
            "collectivities": one.cash[Family.COLLECTIVITY].planned,
            "others": one.cash[Family.OTHER].planned,
            "in_kind": sum((each.planned for each in one.in_kind.values()), Sum()),
            "cost": _money(sheet.years[year].total_cost) if year in sheet.years else None,
            "eligible": _money(sheet.years[year].eligible_cost) if year in sheet.years else None,
            "sum_verdict": _verdict(result, "F1", f"{place}{year}"),
            "share_verdict": _verdict(result, "F2", f"{place}{year}"),
        }
        for year, one in money.years.items()
    ]


def _verdict(result: Checked, rule: str, path: str) -> Verdict:
    return Verdict.of([one for one in result.findings if one.rule == rule and one.path == path])


def _execution(contract: Contract, code: str) -> Table | None:
    """What was awarded, committed, paid and justified on each line: read here, recorded elsewhere."""
    if contract.status not in SIGNED:
        return None
    lines = FundingLine.objects.filter(sheet__contract=contract, sheet__code=code).select_related("funder")
    stages = ("planned", "awarded", "committed", "paid", "justified")
    rows = [
        {
            "line": f"{line.key} · {line.year} · {line.funder.name}",
            **{stage: Cell(_money(getattr(line, stage))) for stage in stages},
        }
        for line in lines.order_by("year", "key")
    ]
    labels = ("Prévu", "Attribué", "Engagé", "Payé", "Justifié")
    columns = [
        Column("line", "Ligne"),
        *(Column(*pair, "money", total="sum") for pair in zip(stages, labels, strict=True)),
    ]
    return Table("execution", "Exécution des lignes en vigueur, cumul à ce jour", columns, rows)


# --- funders ----------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def funder_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A funder that the list does not have: named by the State's team, once for the whole instance."""
    contract = contract_or_404(request, pk)
    if not perms.is_state_team(user_of(request), contract, clock.today()):
        raise PermissionDenied("Seule l'équipe de l'État ajoute un financeur.")
    form = FunderForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_funder(contract=contract, **form.cleaned_data, by=user_of(request), at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, typography(f"« {made.name} » est ajouté à la liste des financeurs."))
            return redirect("contract-funding", pk=pk)
    context = frame(contract, "contract-funding") | {"form": form, "cancel_url": reverse("contract-funding", args=[pk])}
    return render(request, "contracts/funder_add.html", context, status=422 if form.errors else 200)
