"""A partner gives its figures: in the page, by paste, or by spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from maillage.collection import forms, services
from maillage.collection.enums import Answer
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import figures_of, is_open_to_answers, line_of
from maillage.collection.selectors.history import Before, before, warnings
from maillage.collection.services.answers import NOT_EDITABLE, EntryConflict
from maillage.collection.services.paste import lay
from maillage.collection.services.sheets import Plan, enter_sheet, plan_sheet, read_sheet
from maillage.collection.views import tables, workbooks
from maillage.collection.views.access import answered_request, own_file, seen_request, user_of
from maillage.core import clock, files
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.numbers import NBSP
from maillage.ui import units
from maillage.ui.export import FORMATS
from maillage.ui.units import typography

EDITED = ["GET", "HEAD", "POST"]


@dataclass
class Part:
    """One figure as the page asks it: its controls, last year's value, what looks strange, what the check said."""

    figure: RequestedFigure
    fields: list[Any]
    hidden: Any
    before: Before | None
    warnings: list[str]
    meanwhile: str = ""
    unit: str = field(init=False)
    before_text: str = field(init=False)
    computed: str = field(init=False)

    def __post_init__(self) -> None:
        indicator = self.figure.indicator
        self.unit = units.suffix_of(indicator.unit) or indicator.unit
        self.before_text = tables.before_cell(indicator, self.before).text
        given_by_terms = self.figure.numerator is not None
        self.computed = tables.answer_text(indicator, self.figure) if given_by_terms else ""

    @property
    def is_missing(self) -> bool:
        return self.figure.answer == Answer.AWAITED


@require_http_methods(EDITED)
def request_enter(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole list in one page. « Coller » lays the cells over what is typed; only « Enregistrer » writes."""
    found = answered_request(request, pk)
    if request.method != "POST" and not is_open_to_answers(found):
        messages.error(request, NOT_EDITABLE)
        return redirect("figure-request", pk=pk)
    figures = list(figures_of(found))
    if request.method != "POST":
        return _page(request, found, figures, forms.EntryForm(figures))
    if "coller" in request.POST:
        return _paste(request, found, figures)
    return _save(request, found, figures)


def _paste(request: HttpRequest, found: FigureRequest, figures: Sequence[RequestedFigure]) -> HttpResponse:
    try:
        pasted = lay(request.POST.get("pasted", ""), figures)
    except InputRefused as error:
        form = forms.EntryForm(figures, request.POST)
        form.refuse(error)
        return _page(request, found, figures, form, status=422)
    form = forms.EntryForm(figures, forms.overlaid(request.POST, pasted.texts))
    form.is_valid()
    told = f"{pasted.count} ligne(s) collée(s), pas encore enregistrée(s){NBSP}: relisez, puis enregistrez."
    return _page(request, found, figures, form, notice=told)


def _save(request: HttpRequest, found: FigureRequest, figures: Sequence[RequestedFigure]) -> HttpResponse:
    form = forms.EntryForm(figures, request.POST)
    if not form.is_valid():
        return _page(request, found, figures, form, status=422)
    if form.cleaned_data["pasted"].strip():
        form.add_error("pasted", "Ces cellules ne sont pas encore reportées : choisissez « Reporter », ou effacez-les.")
        return _page(request, found, figures, form, status=422)
    try:
        written = services.enter(figure_request=found, entries=form.entries, by=user_of(request), at=clock.now())
    except EntryConflict as conflict:
        return _conflict(request, found, figures, conflict)
    except MaillageError as error:
        form.refuse(error)
        return _page(request, found, figures, form, status=422)
    left = sum(one.answer == Answer.AWAITED for one in figures_of(found))
    messages.success(request, typography(_told(len(written), left)))
    if "transmettre" in request.POST and not left:
        return redirect("request-act", pk=found.pk, act="transmettre")
    return redirect("request-enter", pk=found.pk)


def _told(written: int, left: int) -> str:
    plural = "s" if written > 1 else ""
    saved = (
        f"{written} chiffre{plural} enregistré{plural}." if written else "Rien n'a changé : tout est déjà enregistré."
    )
    rest = f"Il en manque {left}." if left else "La liste est complète : vous pouvez la transmettre."
    return f"{saved} {rest}"


def _conflict(
    request: HttpRequest, found: FigureRequest, figures: Sequence[RequestedFigure], conflict: EntryConflict
) -> HttpResponse:
    """Both answers on the page: the typed one in its field, the other beside it. Saving again is then a choice."""
    data = request.POST.copy()
    meanwhile = {}
    for one in conflict.figures:
        data[f"revision-{one.pk}"] = str(one.revision)
        who = f", par {one.entered_by}" if one.entered_by else ""
        meanwhile[one.pk] = f"Enregistré entre-temps{who}{NBSP}: {tables.answer_text(one.indicator, one)}."
    form = forms.EntryForm(figures, data)
    form.is_valid()
    return _page(request, found, figures, form, status=409, warning=conflict.message_fr, meanwhile=meanwhile)


def _page(
    request: HttpRequest,
    found: FigureRequest,
    figures: Sequence[RequestedFigure],
    form: forms.EntryForm,
    *,
    status: int = 200,
    notice: str = "",
    warning: str = "",
    meanwhile: dict[int, str] | None = None,
) -> HttpResponse:
    earlier = before(found, figures)
    parts = [
        Part(
            figure=one,
            fields=[form[f"{name}-{one.pk}"] for name in forms.fields_of(one)],
            hidden=form[f"revision-{one.pk}"],
            before=earlier.get(one.pk),
            warnings=warnings(one.indicator, one.value, earlier.get(one.pk)),
            meanwhile=(meanwhile or {}).get(one.pk, ""),
        )
        for one in figures
    ]
    context = {
        "one": found,
        "campaign": found.campaign,
        "line": line_of(found, clock.today()),
        "form": form,
        "parts": parts,
        "notice": notice,
        "warning": warning,
        "missing": [part for part in parts if part.is_missing],
        "problems": [(form[name].label, form[name].id_for_label, text) for name, text in _problems(form)],
    }
    return render(request, "collection/entry.html", context, status=status)


def _problems(form: forms.EntryForm) -> list[tuple[str, str]]:
    """Name of the field and text of each problem, in the order of the list."""
    return [(name, str(text)) for name in form.fields for text in form.errors.get(name, [])]


# --- by spreadsheet -------------------------------------------------------------------------------------------------


@require_safe
def request_template(request: HttpRequest, pk: int, fmt: str) -> HttpResponse:
    """The list as a spreadsheet to fill, with what is given already."""
    found = seen_request(request, pk)
    if fmt not in workbooks.WRITERS:
        raise Http404
    figures = list(figures_of(found))
    content = workbooks.WRITERS[fmt](found, workbooks.lines(figures, before(found, figures)))
    response = HttpResponse(content, content_type=FORMATS[fmt][1])
    name = slugify(f"{found.campaign.title} {found.partner}")[:80] or "collecte"
    response["Content-Disposition"] = f'attachment; filename="{name}.{fmt}"'
    return response


@require_http_methods(EDITED)
def request_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a filled spreadsheet. It is compared first: nothing is written before the confirmation."""
    found, user = answered_request(request, pk), user_of(request)
    form = forms.SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        try:
            files.check_upload(uploaded, set(forms.SHEETS))
            stored = files.store(
                name=uploaded.name, content=uploaded, content_type=uploaded.content_type, by=user, at=clock.now()
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            return redirect("request-sheet-preview", pk=pk, file=stored.pk)
    context = {"one": found, "campaign": found.campaign, "form": form}
    return render(request, "collection/sheet.html", context, status=422 if form.errors else 200)


@require_http_methods(EDITED)
def request_sheet_preview(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """What the spreadsheet changes, line by line, and the button that enters it."""
    found, stored = answered_request(request, pk), own_file(request, file)
    refused: InputRefused | None = None
    plan = Plan((), 0, ())
    try:
        if request.method == "POST":
            written = enter_sheet(figure_request=found, file=stored, by=user_of(request), at=clock.now())
            left = sum(one.answer == Answer.AWAITED for one in figures_of(found))
            messages.success(request, typography(_told(len(written), left)))
            return redirect("figure-request", pk=pk)
        with stored.content.open("rb") as handle:
            plan = plan_sheet(figure_request=found, table=read_sheet(handle, name=stored.name))
    except InputRefused as error:
        refused = error
    except MaillageError as error:
        refused = InputRefused([], error.message_fr)
    earlier = before(found, [one.figure for one in plan.changes]) if plan.changes else {}
    context = {
        "one": found,
        "campaign": found.campaign,
        "file": stored,
        "plan": plan,
        "table": tables.plan_table(plan, earlier),
        "refused": refused,
    }
    return render(
        request, "collection/sheet_preview.html", context, status=422 if refused and request.method == "POST" else 200
    )
