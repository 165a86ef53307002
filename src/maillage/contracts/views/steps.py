"""The steps of a contract, of an amendment and of an action sheet; waivers of rules.

One page serves the three subjects: what will happen is said, then one service does it. `Asked` is what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts import perms
from maillage.contracts.forms.steps import REDEPLOY, RuleWaiverForm, StepForm
from maillage.contracts.models import ActionSheet, Amendment, Contract, RuleWaiver
from maillage.contracts.rules import Checked, checked
from maillage.contracts.selectors.doings import CLEAR, Obstacle, doings
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.selectors.facts import text_to_sign
from maillage.contracts.services.money import waive_rule, withdraw_rule_waiver
from maillage.contracts.services.transitions import move_amendment, move_contract, move_sheet
from maillage.contracts.services.versions import snapshot
from maillage.contracts.views.common import contract_or_404, frame, sheet_or_404, user_of
from maillage.contracts.views.figures import axis_table, years_table
from maillage.contracts.views.places import address_of
from maillage.core import clock
from maillage.engines.contract_rules import Finding
from maillage.engines.contract_text import canonical, label_of, sha256_of
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, SHEET
from maillage.engines.lifecycle.model import SYSTEM, Lifecycle, Transition
from maillage.kernel.errors import MaillageError
from maillage.ui.confirm import confirm_page
from maillage.ui.units import typography

GRAVE = frozenset({"cancel", "terminate", "denounce", "abandon", "reopen", "redeploy"})
SUBMIT = {"cancel": "Confirmer l’annulation"}  # « Annuler » is also the way back of every form
SIGNATURES = frozenset({"sign_partner", "sign_prefect"})
WAIVE_REFUSED = "Vous ne pouvez pas accorder de dérogation ici."


# --- addresses: a page that another part of the application makes may not be there ----------------------------------


def link(name: str, *args: Any) -> str:
    """The address of a page, or '' where the instance has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True)
class Place:
    """Where something is mended: the words of the link, and its address ('' when there is none)."""

    label: str
    url: str


def place_of(contract: Contract, path: str) -> Place:
    """The page where a place of the text is written: amounts in the grid, the rest in the sheet."""
    steps = path.split("/")
    words = label_of(path)
    if steps[0] == "sheets" and len(steps) > 1:
        money = len(steps) > 2 and steps[2] in ("years", "lines")
        words = f"Fiche {steps[1]}, financement" if money else f"Fiche {steps[1]}"
    elif steps[0] == "caps":
        words = f"Plafond et budget de {steps[1]}" if len(steps) > 1 else "Plafonds et budgets"
    try:
        return Place(words, address_of(contract, path).partition("#")[0])
    except NoReverseMatch:
        return Place(words, link("contract-negotiation", contract.pk))


_PLACES = {
    "open_comments": ("Commentaires", "contract-comments"),
    "unanswered_comments": ("Commentaires", "contract-comments"),
    "signatories": ("Signataires", "contract-signatories"),
    "unvalidated_reports": ("Rapports", "contract-execution"),
}


def place_of_obstacle(contract: Contract, obstacle: Obstacle) -> Place:
    """Where what stands in the way is lifted."""
    if obstacle.finding is not None:
        return place_of(contract, obstacle.finding.path)
    if obstacle.fact in _PLACES:
        label, name = _PLACES[obstacle.fact]
        return Place(label, link(name, contract.pk))
    page = reverse("contract", args=[contract.pk])
    if obstacle.fact == "deliberation":  # who may deposit it is told there; the others read the list
        return Place("Pièces", f"{page}#pieces")
    return Place("Fiches action", f"{page}#fiches")


@dataclass(frozen=True)
class Shown:
    """An obstacle or a warning as a page shows it. `waive_url` '' where no waiver may be given here."""

    text: str
    place: Place
    rule: str = ""
    waive_url: str = ""
    waiver: RuleWaiver | None = None
    withdraw_url: str = ""


@dataclass(frozen=True)
class Group:
    """What is to be mended at one place."""

    place: Place
    items: tuple[Shown, ...]


def by_place(found: Sequence[Shown]) -> list[Group]:
    """Obstacles or warnings together by the place that mends them, in the order of the first of each."""
    places: dict[Place, list[Shown]] = {}
    for one in found:
        places.setdefault(one.place, []).append(one)
    return [Group(place, tuple(items)) for place, items in places.items()]


def shown_obstacles(contract: Contract, found: Sequence[Obstacle], result: Checked, *, may_waive: bool) -> list[Shown]:
    """Obstacles with the links that lift them."""
    return [_shown(contract, one, result, may_waive) for one in found]


def _shown(contract: Contract, one: Obstacle, result: Checked, may_waive: bool) -> Shown:
    finding = one.finding
    waivable = finding is not None and result.needs_waiver(finding)
    return Shown(
        text=typography(one.text),
        place=place_of_obstacle(contract, one),
        rule=finding.rule if finding is not None else "",
        waive_url=waive_address(contract, finding) if finding is not None and waivable and may_waive else "",
    )


def shown_warnings(contract: Contract, result: Checked, *, may_waive: bool) -> list[Shown]:
    """What does not block: what could not be verified, and what somebody accepted, with who, when and why."""
    return [_warning(contract, one, result.waived.get(one.key), may_waive) for one in result.warnings]


def _warning(contract: Contract, one: Finding, waiver: RuleWaiver | None, may_waive: bool) -> Shown:
    withdraw_url = ""
    if waiver is not None and may_waive:
        withdraw_url = reverse("contract-waiver-withdraw", args=[contract.pk, waiver.pk])
    return Shown(
        text=typography(one.message_fr),
        place=place_of(contract, one.path),
        rule=one.rule,
        waiver=waiver,
        withdraw_url=withdraw_url,
    )


def waive_address(contract: Contract, finding: Finding) -> str:
    return f"{reverse('contract-waive', args=[contract.pk])}?{urlencode({'constat': finding.key})}"


# --- one step -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A step asked of a subject. `do` calls the service that does it, with what the form holds.

    `tab`: the address that is current among the tabs of the contract; `decision`: what is decided, for a signature.
    """

    contract: Contract
    table: Lifecycle
    state: str
    name: str
    subject: str
    back_url: str
    do: Callable[[StepForm], Any]
    obstacles: Callable[[Transition], list[Shown]]
    amendments: Sequence[Amendment] = ()
    tab: str = "contract"
    decision: Callable[[], dict[str, Any]] | None = None


def step_page(request: HttpRequest, asked: Asked) -> HttpResponse:
    """GET says what the step will do, what it asks and what stands in the way; POST does it.

    404 for a step that the table has not, 403 for who has not the role, 409 where the state has moved on meanwhile,
    422 where the guard or the form refuses: what was typed stays.
    """
    row = _row(asked)
    if row is None:
        return _moved_on(request, asked)
    if not row.roles.intersection(perms.roles_on(user_of(request), asked.contract, clock.today())):
        raise PermissionDenied(f"Votre rôle ne permet pas l'action « {row.label} ».")
    data = request.POST if request.method == "POST" else None
    form = StepForm(data, row, today=clock.today(), amendments=asked.amendments)
    if request.method == "POST" and form.is_valid():
        try:
            asked.do(form)
        except MaillageError as error:
            form.refuse(error)
        else:
            state = asked.table.labels[row.target].lower()
            messages.success(request, typography(f"C'est fait. {asked.subject} : {state}."))
            return redirect(asked.back_url)
    return _step_rendered(request, asked, row, form)


def _row(asked: Asked) -> Transition | None:
    named = [row for row in asked.table.transitions if row.name == asked.name and row.roles != {SYSTEM}]
    if not named:
        raise Http404
    return next((row for row in named if row.source == asked.state), None)


def _moved_on(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Two people acted on one thing: the second is told, and nothing is done."""
    context = frame(asked.contract, asked.tab) | {
        "state": asked.table.labels[asked.state],
        "subject": asked.subject,
        "back_url": asked.back_url,
    }
    return render(request, "contracts/moved_on.html", context, status=409)


def _step_rendered(request: HttpRequest, asked: Asked, row: Transition, form: StepForm) -> HttpResponse:
    obstacles = asked.obstacles(row)
    context = frame(asked.contract, asked.tab) | {
        "row": row,
        "subject": asked.subject,
        "before": asked.table.labels[row.source],
        "after": asked.table.labels[row.target],
        "effect": typography(f"{row.effect[0].upper()}{row.effect[1:]}.") if row.effect else "",
        "obstacles": by_place(obstacles),
        "back_url": asked.back_url,
        "danger": row.name in GRAVE,
        "submit": SUBMIT.get(row.name, typography(row.label)),
        "form": form,
        "decision": asked.decision() if asked.decision is not None and row.name in SIGNATURES else None,
    }
    return render(request, "contracts/move.html", context, status=422 if form.errors else 200)


# --- the contract and its amendments --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def contract_move(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A step of the contract itself."""
    contract = contract_or_404(request, pk)
    return step_page(request, asked_of_text(request, contract, None, name))


def asked_of_text(request: HttpRequest, contract: Contract, amendment: Amendment | None, name: str) -> Asked:
    """A step of a contract, or of its amendment: they have the same page, guards and decision sheet."""
    user, at = user_of(request), clock.now()

    def do(form: StepForm) -> Any:
        given: dict[str, Any] = {"name": name, "by": user, "at": at, "reason": form.reason, "on": form.on}
        if amendment is not None:
            return move_amendment(amendment=amendment, **given)
        return move_contract(contract=contract, **given)

    def obstacles(row: Transition) -> list[Shown]:
        result = checked(contract, text_to_sign(contract, amendment))
        roles = perms.roles_on(user, contract, clock.today())
        found = doings(contract, amendment, roles, result, clock.today())
        may_waive = perms.can_waive(user, contract, clock.today())
        return shown_obstacles(contract, found.obstacles(row), result, may_waive=may_waive)

    return Asked(
        contract=contract,
        table=CONTRACT if amendment is None else AMENDMENT,
        state=contract.status if amendment is None else amendment.status,
        name=name,
        subject=contract.reference if amendment is None else f"Avenant {amendment.number}",
        back_url=reverse("contract", args=[contract.pk]) if amendment is None else _amendments_url(contract),
        do=do,
        obstacles=obstacles,
        tab="contract" if amendment is None else "contract-amendments",
        decision=lambda: decision_of(contract, amendment, clock.today()),
    )


def _amendments_url(contract: Contract) -> str:
    return link("contract-amendments", contract.pk) or reverse("contract", args=[contract.pk])


def decision_of(contract: Contract, amendment: Amendment | None, on: date) -> dict[str, Any]:
    """What a signature decides, on one screen: amounts by year and axis, State share, what is waived, the hash."""
    result = checked(contract, text_to_sign(contract, amendment))
    text = result.text
    waived = [one for one in shown_warnings(contract, result, may_waive=False) if one.waiver is not None]
    return {
        "years": years_table(contract, result.facts, id="par-annee", caption="Ce qui est décidé, par année"),
        "axes": axis_table(result.facts, id="par-axe", caption="Ce qui est décidé, par axe"),
        "sheets": len(text["sheets"]),
        "starts_on": date.fromisoformat(text["contract"]["starts_on"]),
        "ends_on": date.fromisoformat(text["contract"]["ends_on"]),
        "waived": by_place(waived),
        "sha256": _hash_to_come(contract, on) if amendment is None and contract.status == "signed_partner" else "",
    }


def _hash_to_come(contract: Contract, on: date) -> str:
    """The fingerprint that version 1 will have if the prefect signs with this date."""
    signed = copy(contract)
    signed.prefect_signed_on = on
    return sha256_of(canonical(snapshot(signed, None, 1, on)))


# --- action sheets --------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def sheet_move(request: HttpRequest, pk: int, code: str, name: str) -> HttpResponse:
    """A step of an action sheet."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    amendments = list(contract.amendments.exclude(status="cancelled")) if name == REDEPLOY else []
    user, at = user_of(request), clock.now()

    def do(form: StepForm) -> ActionSheet:
        chosen = next((one for one in amendments if str(one.pk) == form.cleaned_data.get("amendment")), None)
        return move_sheet(sheet=sheet, name=name, by=user, at=at, reason=form.reason, amendment=chosen)

    def obstacles(row: Transition) -> list[Shown]:
        text = row.obstacle({**CLEAR, "amendment": bool(amendments)})
        return [Shown(typography(text), Place("Avenants", _amendments_url(contract)))] if text else []

    return step_page(
        request,
        Asked(
            contract=contract,
            table=SHEET,
            state=sheet.status,
            name=name,
            subject=f"Fiche {sheet.code}",
            back_url=f"{reverse('contract', args=[pk])}#fiches",
            do=do,
            obstacles=obstacles,
            amendments=amendments,
        ),
    )


# --- waivers of rules -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def waive(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept a warning, with a reason."""
    contract = contract_or_404(request, pk)
    user = user_of(request)
    if not perms.can_waive(user, contract, clock.today()):
        raise PermissionDenied(WAIVE_REFUSED)
    key = (request.POST if request.method == "POST" else request.GET).get("constat", "")
    result = checked(contract, draft_of(contract).text)
    finding = next((one for one in result.findings if one.key == key and result.needs_waiver(one)), None)
    if finding is None and request.method != "POST":
        raise Http404
    form = RuleWaiverForm(request.POST if request.method == "POST" else None, initial={"constat": key})
    if request.method == "POST" and form.is_valid():
        try:
            waive_rule(contract=contract, key=key, reason=form.cleaned_data["reason"], by=user, at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "La dérogation est accordée. Le motif accompagne désormais le constat.")
            return redirect(f"{reverse('contract', args=[pk])}#blocages")
    context = frame(contract, "contract") | {
        "finding": finding,
        "place": place_of(contract, finding.path) if finding is not None else None,
        "form": form,
        "back_url": f"{reverse('contract', args=[pk])}#blocages",
    }
    return render(request, "contracts/waive.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int, waiver: int) -> HttpResponse:
    """Ask once more, then the warning stands again."""
    contract = contract_or_404(request, pk)
    user = user_of(request)
    if not perms.can_waive(user, contract, clock.today()):
        raise PermissionDenied(WAIVE_REFUSED)
    held = contract.waivers.filter(pk=waiver, withdrawn_at__isnull=True).select_related("by").first()
    if held is None:
        raise Http404
    url = f"{reverse('contract', args=[pk])}#blocages"
    if request.method == "POST":
        try:
            withdraw_rule_waiver(waiver=held, by=user, at=clock.now())
        except MaillageError as error:
            messages.error(request, error.message_fr)
        else:
            messages.success(request, "La dérogation est retirée. Le constat bloque de nouveau la signature.")
        return redirect(url)
    return confirm_page(
        request,
        title=f"Retirer la dérogation à la règle {held.rule}",
        message="Le constat bloquera de nouveau la signature. Le motif reste dans l'historique.",
        submit="Retirer la dérogation",
        cancel_url=url,
        danger=True,
        details=[("Constat", typography(held.message)), ("Motif donné", held.reason), ("Par", str(held.by))],
    )
