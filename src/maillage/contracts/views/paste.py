"""Cells pasted over the funding grid of a sheet: shown as the lines that they make, then written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts.exchange.paste import TITLE, Pasted, read_paste, row_of
from maillage.contracts.exchange.plan import kind_of
from maillage.contracts.forms.exchange import PasteForm
from maillage.contracts.rules import years_of
from maillage.contracts.selectors.comparison import KIND_LABELS, named, shown_at
from maillage.contracts.views.common import contract_or_404, frame
from maillage.contracts.views.saving import Saving, conflict_page, part_of, save, sealed, unsealed
from maillage.contracts.views.writing import READ_ONLY, Desk
from maillage.engines.contract_text import Change, Merge, Text, at_path, changes, edited, label_of, merged, unfit
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

SOURCE = "collage"


@dataclass(frozen=True)
class Read:
    """A block read against the text as its author saw it (`base`), then against the text as it is."""

    pasted: Pasted
    base: Text
    current: Text
    merge: Merge
    made: tuple[Change, ...]


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """« Examiner » shows what the block makes; « Enregistrer » writes what was examined, and nothing else."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    if not desk.is_party:
        raise PermissionDenied(READ_ONLY)
    if code not in desk.draft.text["sheets"]:
        raise Http404
    place = f"sheets/{code}"
    form = PasteForm(request.POST if request.method == "POST" else None, initial={"base": _base(desk, place)})
    found: Read | None = None
    refused: InputRefused | None = None
    if request.method == "POST" and form.is_valid():
        try:
            found = _read(request, desk, place, form.cleaned_data["pasted"])
            if request.POST.get("examined") == _mark(form.cleaned_data["pasted"]):
                return _write(request, desk, place, found)
        except MaillageError as error:
            refused = error if isinstance(error, InputRefused) else InputRefused([], error.message_fr)
    return _page(request, desk, place, form, found, refused)


def _base(desk: Desk, place: str) -> str:
    return sealed(desk.contract, desk.draft.text, (place,))


def _mark(text: str) -> str:
    """What tells that the block to write is the one that was examined."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode(errors="replace")).hexdigest()


def _read(request: HttpRequest, desk: Desk, place: str, text: str) -> Read:
    draft = desk.draft
    base = unsealed(request, desk.contract, draft.text, (place,))
    current = part_of(draft.text, (place,))
    years = [str(year) for year in years_of(draft.text)]
    pasted = read_paste(text, place=place, base=base, current=current, years=years, codes=desk.source.codes)
    merge = merged(base, pasted.edits, current)
    after = edited(draft.text, merge.kept)
    made = tuple(changes(draft.text, after))
    _refuse(pasted, [(one.path, reason) for one in made if (reason := desk.closed(one))])
    _refuse(pasted, unfit(after))
    return Read(pasted, base, current, merge, made)


def _refuse(pasted: Pasted, wrong: list[tuple[str, str]]) -> None:
    if wrong:
        raise InputRefused([InputProblem(row_of(pasted, path), label_of(path), told) for path, told in wrong], TITLE)


def _write(request: HttpRequest, desk: Desk, place: str, found: Read) -> HttpResponse:
    code = place.split("/")[1]
    after = reverse("contract-funding-sheet", args=[desk.contract.pk, code])
    done = f"Les lignes collées sont enregistrées dans le financement de la fiche {code}."
    saving = Saving(desk.contract, (place,), found.current, found.merge.kept, after, done, SOURCE)
    if found.merge.conflicts:
        return conflict_page(request, saving, found.merge)
    return save(request, saving)


# --- the page ---------------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, desk: Desk, place: str, form: PasteForm, found: Read | None, refused: InputRefused | None
) -> HttpResponse:
    code = place.split("/")[1]
    years = years_of(desk.draft.text)
    context = frame(desk.contract, "contract-funding") | {
        "form": form,
        "banner": desk.banner,
        "code": code,
        "sheet_title": desk.draft.text["sheets"][code].get("title") or "Sans intitulé",
        "grid_url": reverse("contract-funding-sheet", args=[desk.contract.pk, code]),
        "headings": ["Financeur", "En nature", *(f"{year} {name}" for year in years for name in ("AE", "CP"))],
        "closed": "" if desk.draft.is_open else "Le texte n'est pas modifiable dans cet état.",
        "refused": refused,
        "lines": refused.lines(limit=100) if refused is not None else [],
        "found": found,
        "examined": _mark(form.cleaned_data["pasted"]) if found is not None else "",
        "tables": _tables(found, desk, place) if found is not None else [],
    }
    status = 422 if refused is not None or form.errors else 200
    return render(request, "contracts/exchange/paste.html", context, status=status)


def _tables(found: Read, desk: Desk, place: str) -> list[Table]:
    tables = [_conflicts_table(found, desk), _lines_table(found, desk, place), _columns_table(found)]
    return [table for table in tables if table.rows]


def _columns_table(found: Read) -> Table:
    rows = [{"heading": one.heading, "role": one.role.label} for one in found.pasted.columns]
    columns = [Column("heading", "Colonne collée"), Column("role", "Prise pour")]
    return Table("colonnes", "Comment les colonnes ont été lues", columns, rows, sortable=False, exportable=False)


def _lines_table(found: Read, desk: Desk, place: str) -> Table:
    """Every line that the block speaks of, as it would be."""
    after = edited(desk.draft.text, found.merge.kept)
    kinds: dict[str, str] = {}
    for change in found.made:
        kinds.setdefault("/".join(change.path.split("/")[:4]), kind_of(change))
    rows = []
    for path in dict.fromkeys(one.rpartition("/")[0] for one in found.pasted.rows):
        line, before = at_path(after, path), at_path(desk.draft.text, path) or {}
        if line is None:
            continue
        kind = kinds.get(path, "")
        rows.append(
            {
                "row": str(row_of(found.pasted, path)),
                "line": path.rpartition("/")[2],
                "year": str(line.get("year") or ""),
                "funder": shown_at(f"{path}/funder", line.get("funder"), desk.names),
                "in_kind": shown_at(f"{path}/in_kind", line.get("in_kind"), desk.names),
                **{name: _amount(path, name, line, before, kind) for name in ("planned", "planned_cp")},
                "kind": KIND_LABELS.get(kind, "Sans changement"),
            }
        )
    columns = [
        Column("row", "Ligne collée"),
        Column("funder", "Financeur"),
        Column("year", "Année"),
        Column("in_kind", "En nature"),
        Column("planned", "Prévu (AE)"),
        Column("planned_cp", "Paiement (CP)"),
        Column("line", "Code"),
        Column("kind", "Changement"),
    ]
    return Table("lignes", "Les lignes qui en résultent", columns, rows, row_header="funder", exportable=False)


def _amount(path: str, name: str, line: dict[str, object], before: dict[str, object], kind: str) -> Cell:
    """The amount as it would be, and under it what it is now, where it changes."""
    now, then = line.get(name) or None, before.get(name) or None
    note = typography(f"avant : {shown_at(f'{path}/{name}', then, {})}") if kind != "added" and now != then else ""
    return Cell(shown_at(f"{path}/{name}", now, {}) if now is not None else "", note=note)


def _conflicts_table(found: Read, desk: Desk) -> Table:
    rows = [
        {
            "label": named(one.path, dict(desk.names)),
            **{
                name: typography(shown_at(one.path, value, desk.names) or "absent")
                for name, value in (("base", one.base), ("mine", one.mine), ("theirs", one.theirs))
            },
        }
        for one in found.merge.conflicts
    ]
    columns = [
        Column("label", "Écrit des deux côtés"),
        Column("base", "À l'ouverture de la page"),
        Column("mine", "Dans le bloc collé"),
        Column("theirs", typography("Dans le texte aujourd'hui")),
    ]
    caption = typography("Ce que quelqu'un d'autre a changé entre-temps")
    return Table("conflits", caption, columns, rows, exportable=False)
