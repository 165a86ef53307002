"""The pages where the text is written: an action sheet, the identity, the caps and the signatories of a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts.forms.sheet import SheetForm, TargetForm, problems_of
from maillage.contracts.forms.text import PartForm, RemovableForm, Row
from maillage.contracts.rules import years_of
from maillage.contracts.selectors.negotiation import asked_of
from maillage.contracts.selectors.threads import Thread, thread, threads_of
from maillage.contracts.views.comments import reader_of
from maillage.contracts.views.common import contract_or_404, frame
from maillage.contracts.views.places import anchor_of
from maillage.contracts.views.saving import Saving, save, sealed, unsealed
from maillage.contracts.views.writing import Desk
from maillage.engines.contract_text import CAP, CONTRACT, SIGNATORY, Text, at_path
from maillage.engines.siret import is_siret, siret_digits
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.ui.units import typography

WRITTEN = ["GET", "HEAD", "POST"]
MAX_BLANKS = 8


@dataclass(frozen=True)
class Block:
    """A field on its page: control or value, what the version in force says, what is said of it."""

    row: Row
    anchor: str
    before: str
    thread: Thread


class Blocks:
    """Makes the blocks of a page, the comments being read once."""

    def __init__(self, request: HttpRequest, desk: Desk) -> None:
        self.desk, self.reader = desk, reader_of(request, desk)
        self.threads = threads_of(desk.draft, self.reader, desk.names)

    def of(self, rows: Sequence[Row], *, is_new: bool = False) -> list[Block]:
        return [
            Block(row, anchor_of(row.path), self.desk.before(row.path), self.thread(row.path, is_new=is_new))
            for row in rows
        ]

    def thread(self, path: str, *, is_new: bool = False) -> Thread:
        """`is_new`: a place that the text does not have yet, of which there is nothing to say."""
        if is_new:
            return Thread(path, "")
        return self.threads.get(path) or thread(path, [], self.reader, self.desk.names)


def _page(desk: Desk, request: HttpRequest) -> dict[str, Any]:
    """What every page that writes shows besides its form."""
    return frame(desk.contract, "contract-negotiation") | {
        "banner": desk.banner,
        "comment_url": reverse("contract-comment", args=[desk.contract.pk]),
        "back_url": request.path,
        "negotiation_url": reverse("contract-negotiation", args=[desk.contract.pk]),
        "refused": [],
        "problems": [],
    }


def refusal_lines(error: MaillageError) -> list[str]:
    lines = [error.title, *error.lines()] if isinstance(error, InputRefused) else [error.message_fr]
    return [typography(line) for line in lines]


def _blanks(request: HttpRequest, name: str) -> int:
    """How many blank blocks the page has: one, and those that were asked for."""
    text = request.POST.get(name, "1")
    asked = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 1
    return min(MAX_BLANKS, max(1, asked) + ("add_blank" in request.POST))


# --- an action sheet --------------------------------------------------------------------------------------------------


@require_http_methods(WRITTEN)
def sheet_edit(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Every field of a sheet. Only what was changed is saved; what someone else changed meanwhile is kept."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    place, years = f"sheets/{code}", [str(year) for year in years_of(desk.draft.text)]
    base = _base(request, desk, (place,))
    if code not in base["sheets"]:  # taken out meanwhile, it is still in what its author read
        raise Http404
    form = SheetForm(
        code,
        at_path(base, place) or {},
        years,
        desk.source,
        may_add=not desk.closed_to_add(f"{place}/targets/NOUVEAU"),
        blanks=_blanks(request, "blanks"),
        data=request.POST if request.method == "POST" else None,
    )
    refused: list[str] = []
    if request.method == "POST" and "add_blank" not in request.POST and form.is_valid():
        done = f"La fiche {code} est enregistrée."
        saving = Saving(contract, (place,), base, form.edits(), request.path, done, f"fiche {code}")
        try:
            return save(request, saving)
        except MaillageError as error:
            refused = refusal_lines(error)
    return _sheet_rendered(request, desk, code, form, base, refused)


def _sheet_rendered(
    request: HttpRequest, desk: Desk, code: str, form: SheetForm, base: Text, refused: list[str]
) -> HttpResponse:
    place, blocks = f"sheets/{code}", Blocks(request, desk)
    problems = form.problems if request.method == "POST" and "add_blank" not in request.POST else []
    sheet = desk.draft.text["sheets"].get(code, base["sheets"][code])
    asked = asked_of(code, sheet, years_of(desk.draft.text))
    context = _page(desk, request) | {
        "code": code,
        "sheet": sheet,
        "sections": [(title, blocks.of(rows)) for title, rows in form.sections],
        "targets": [_target(blocks, one) for one in form.targets],
        "blanks": [_target(blocks, one) for one in form.blanks],
        "base": sealed(desk.contract, base, (place,)),
        "problems": problems,
        "refused": refused,
        "missing": [one for one in asked if not one.given],
        "asked": len(asked),
        "thread": blocks.thread(place),
        "funding_url": reverse("contract-funding-sheet", args=[desk.contract.pk, code]),
        "siblings": list(desk.draft.text["sheets"]),
    }
    return render(request, "contracts/sheet_edit.html", context, status=422 if problems or refused else 200)


def _target(blocks: Blocks, form: TargetForm) -> dict[str, Any]:
    return {
        "form": form,
        "name": form.name if not form.is_new else "",
        "blocks": blocks.of(list(form.rows.values()), is_new=form.is_new),
        "years": list(zip(form.years, blocks.of(form.year_rows, is_new=form.is_new), strict=True)),
        "indicator": form["indicator"] if form.is_new else None,
        "remove": form["remove"] if "remove" in form.fields else None,
        "thread": blocks.thread(form.path) if not form.is_new else None,
    }


# --- identity, caps, signatories --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """One object of a page that holds several: its title, its form, whether it may be taken out."""

    title: str
    form: PartForm
    anchor: str


@dataclass(frozen=True)
class Written:
    """A page that writes a few objects of the text."""

    title: str
    lead: str
    places: tuple[str, ...]
    done: str
    submit: str = "Enregistrer"
    add_label: str = ""


@require_http_methods(WRITTEN)
def terms(request: HttpRequest, pk: int) -> HttpResponse:
    """Reference, title, purpose and dates of the contract."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    base = _base(request, desk, ("contract",))
    form = PartForm(CONTRACT, "contract", base["contract"], desk.source, _data(request), prefix="contrat")
    page = Written(
        "Identité du contrat", "Ce qui le nomme et ce qui le borne.", ("contract",), "L'identité est enregistrée."
    )
    return _written(request, desk, page, [Panel("", form, "contrat")], base)


@require_http_methods(WRITTEN)
def caps(request: HttpRequest, pk: int) -> HttpResponse:
    """What the State may give each year, and the budget that the actions make. The State's team writes it."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    base = _base(request, desk, ("caps",))
    years = sorted({*(str(year) for year in years_of(desk.draft.text)), *base["caps"]})
    panels = [
        Panel(
            year,
            PartForm(CAP, f"caps/{year}", base["caps"].get(year, {}), desk.source, _data(request), prefix=f"a{year}"),
            f"annee-{year}",
        )
        for year in years
    ]
    page = Written(
        "Plafonds et budgets annuels",
        "Le plafond est ce que l'État peut engager dans l'année ; le budget est la somme des actions, tous financeurs.",
        ("caps",),
        "Les plafonds sont enregistrés.",
    )
    return _written(request, desk, page, panels, base)


class SignatoryForm(RemovableForm):
    """A party and the office of who signs for it; the key of its SIRET is checked."""

    def clean_siret(self) -> str | None:
        text = self.cleaned_data.get("siret")
        if text and not is_siret(text):
            self.add_error("siret", "Ce n'est pas un SIRET : 14 chiffres, dont le dernier est une clé.")
        return siret_digits(text) if text else None


@require_http_methods(WRITTEN)
def signatories(request: HttpRequest, pk: int) -> HttpResponse:
    """Who signs, for the State and for its partner."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    base = _base(request, desk, ("signatories",))
    held: Mapping[str, Any] = base["signatories"]
    panels = [_signatory(request, desk, key, one, is_new=False) for key, one in held.items()]
    if not desk.closed_to_add("signatories/NOUVEAU"):
        fresh = (f"S{rank}" for rank in range(1, 1000) if f"S{rank}" not in {*held, *desk.draft.text["signatories"]})
        count = _blanks(request, "blanks")
        panels += [_signatory(request, desk, key, {}, is_new=True) for key, _ in zip(fresh, range(count), strict=False)]
    page = Written(
        "Signataires",
        "Une partie, et la qualité de qui signe pour elle : la fonction, pas le nom.",
        ("signatories",),
        "Les signataires sont enregistrés.",
        add_label="Ajouter un signataire",
    )
    return _written(request, desk, page, panels, base)


def _signatory(request: HttpRequest, desk: Desk, key: str, content: Mapping[str, Any], *, is_new: bool) -> Panel:
    path = f"signatories/{key}"
    form = SignatoryForm(
        SIGNATORY,
        path,
        content,
        desk.source,
        _data(request),
        f"signataire-{key}",
        is_new=is_new,
        may_remove=not desk.closed_at(path),
        remove_label="Retirer ce signataire",
    )
    return Panel("Nouveau signataire" if is_new else content.get("organisation") or key, form, f"signataire-{key}")


def _data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _base(request: HttpRequest, desk: Desk, places: tuple[str, ...]) -> Text:
    return unsealed(request, desk.contract, desk.draft.text, places) if request.method == "POST" else desk.draft.text


def _written(request: HttpRequest, desk: Desk, page: Written, panels: list[Panel], base: Text) -> HttpResponse:
    """Show the panels, or save what they changed."""
    is_sent = request.method == "POST" and "add_blank" not in request.POST
    refused: list[str] = []
    forms = [panel.form for panel in panels]
    if is_sent and not [form for form in forms if not form.is_valid()]:
        edits = {path: value for form in forms for path, value in form.edits().items()}
        after = reverse("contract-negotiation", args=[desk.contract.pk])
        try:
            saving = Saving(desk.contract, page.places, base, edits, after, page.done, page.title.lower())
            return save(request, saving)
        except MaillageError as error:
            refused = refusal_lines(error)
    blocks = Blocks(request, desk)
    problems = problems_of(forms) if is_sent else []
    context = _page(desk, request) | {
        "page": page,
        "panels": [
            {
                "title": panel.title,
                "anchor": panel.anchor,
                "blocks": blocks.of(list(panel.form.rows.values()), is_new=getattr(panel.form, "is_new", False)),
                "remove": panel.form["remove"] if "remove" in panel.form.fields else None,
            }
            for panel in panels
        ],
        "may_write": any(not row.refusal for panel in panels for row in panel.form.rows.values()),
        "blanks": sum(getattr(form, "is_new", False) for form in forms),
        "base": sealed(desk.contract, base, page.places),
        "problems": problems,
        "refused": refused,
    }
    return render(request, "contracts/part_edit.html", context, status=422 if problems or refused else 200)
