"""Whatever a contract says, it comes back from a workbook as it went; whatever a grid holds, it comes back pasted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.contracts.exchange.cells import as_read, read, same, written
from maillage.contracts.exchange.paste import read_paste
from maillage.contracts.exchange.plan import plan_book
from maillage.contracts.exchange.reading import read_workbook
from maillage.contracts.exchange.template import Given, template_pages
from maillage.contracts.models import Contract
from maillage.contracts.selectors.drafts import Draft
from maillage.contracts.values import exact
from maillage.documents.workbook import WRITERS
from maillage.engines.contract_text import FIELDS, PARTS, Field, FieldKind, Part, at_path, changes, edited, unfit
from maillage.engines.pasted import cut, separator_of
from maillage.kernel.errors import MaillageError
from tests.contracts.builders import AT

NAMES = {
    "axis": {"AX-1": "Enfance", "01004": "Code à zéro"},
    "measure": {"M.1": "Une mesure · deux points"},
    "base_measure": {"B1": "Socle"},
    "indicator": {"ENFANTS": "Enfants accueillis", "007": "=Formule"},
    "funder": {"ETAT": "État", "-DEP": "Département"},
}
CODES = {
    table: {**{name.lower(): code for code, name in rows.items()}, **{code.lower(): code for code in rows}}
    for table, rows in NAMES.items()
}
OFFERED: Any = {table: list(rows.items()) for table, rows in NAMES.items()}
YEARS = ("2024", "2025")

# What `values.clean` lets in: no control characters; a spreadsheet keeps no others either.
LETTERS = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co"), include_characters="\n\t", exclude_characters="\ufeff"
)
TEXTS = st.one_of(
    st.sampled_from(["=1+1", "'=x", "-5", "+33", "@cmd", "01004", "2024-06", "1e5", "_x0041_", "VRAI", "a\n\n b", "'"]),
    st.text(LETTERS, min_size=1, max_size=40),
)
AMOUNTS = st.decimals(0, 10**11, places=2, allow_nan=False, allow_infinity=False)
VALUES = st.decimals(-(10**14), 10**14, places=4, allow_nan=False, allow_infinity=False)
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def value_of(one: Field) -> st.SearchStrategy[Any]:
    """What a field of the text may hold, as `clean` would have it."""
    kinds: dict[FieldKind, st.SearchStrategy[Any]] = {
        FieldKind.LINE: TEXTS.map(lambda text: " ".join(text.split())[: one.max_length].strip() or None),
        FieldKind.LONG: TEXTS.map(lambda text: text.strip() or None),
        FieldKind.AMOUNT: AMOUNTS.map(exact),
        FieldKind.VALUE: VALUES.map(exact),
        FieldKind.DATE: DAYS.map(date.isoformat),
        FieldKind.YEAR: st.sampled_from(YEARS),
        FieldKind.YES_NO: st.booleans(),
        FieldKind.CHOICE: st.sampled_from(sorted(one.choices or {"": ""})),
        FieldKind.CODE: st.sampled_from(sorted(NAMES.get(one.refers_to, {"": ""}))),
    }
    return kinds[one.kind] if one.name in ASKED else st.one_of(st.none(), kinds[one.kind])


ASKED = frozenset({"side", "year", "funder", "planned", "value"})  # without them no row holds the object


def part(name: str, **inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    found: Part = next(one for one in PARTS if one.name == name)
    return st.fixed_dictionaries({**{one.name: value_of(one) for one in found.fields}, **inner}).map(fit)


def fit(content: dict[str, Any]) -> dict[str, Any]:
    """What a row can hold: a start before its end, an eligible cost within the total."""
    for low, high in (("starts_on", "ends_on"), ("eligible_cost", "total_cost")):
        if content.get(low) and content.get(high):
            key = Decimal if low == "eligible_cost" else str
            content[low], content[high] = sorted((content[low], content[high]), key=key)
    return content


def several(codes: st.SearchStrategy[str], content: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(codes, content, max_size=3)


CODE = st.sampled_from(["A01", "B-2", "1.5", "YEARS"])
YEAR = st.sampled_from(YEARS)
TARGETS = several(st.sampled_from(sorted(NAMES["indicator"])), part("target", years=several(YEAR, part("year_target"))))
SHEETS = part(
    "sheet",
    years=several(YEAR, part("year")),
    lines=several(st.sampled_from(["L1", "E2024", "L10"]), part("line")),
    targets=TARGETS,
)
TERMS = {"reference": "=CLS", "title": "Essai", "starts_on": "2024-01-01", "ends_on": "2025-12-31"}
CONTRACTS = part("contract").map(lambda one: {**one, **TERMS})
WHOLE = st.fixed_dictionaries(
    {
        "contract": CONTRACTS,
        "caps": several(YEAR, part("cap")),
        "signatories": several(st.sampled_from(["S1", "S2"]), part("signatory")),
        "sheets": several(CODE, SHEETS),
    }
)


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=WHOLE)
def test_any_text_comes_back_as_it_went(text: dict[str, Any], fmt: str) -> None:
    contract = Contract(pk=7, reference="=CLS", title="Essai")
    source = Given(Draft(contract, None, text), NAMES, OFFERED, lambda change: "", "Brouillon")
    content = WRITERS[fmt](template_pages(source, AT), title="=Titre")
    book = read_workbook(content, name=f"x.{fmt}")
    assert book.seal is not None
    assert book.seal.text == text
    assert unfit(text) == []
    plan = plan_book(book, current=text, base=text, codes=CODES, names=NAMES, closed=lambda change: "")
    assert dict(plan.edits) == {}
    assert plan.made == ()


@given(field=st.sampled_from([one for _, one in FIELDS]), data=st.data())
def test_any_value_is_read_as_it_was_written(field: Field, data: st.DataObject) -> None:
    value = data.draw(value_of(field))
    cell = as_read(written(field, value, NAMES))
    found = read(field, cell, CODES)
    is_same = same(str(found), str(value)) or same(str(found), str(value).removeprefix("'"))
    assert (found or None) == (value or None) or (field.kind in (FieldKind.LINE, FieldKind.LONG) and is_same)


# --- pasted -----------------------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12).map(
    lambda text: " ".join(text.split())
)
GRIDS = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5)


def quoted(cell: str) -> str:
    """A cell as a spreadsheet copies it: quoted where it must be."""
    return '"' + cell.replace('"', '""') + '"' if cell and any(sign in cell for sign in '"\t;,\n') else cell


@given(grid=GRIDS, separator=st.sampled_from("\t;,"), end=st.sampled_from(["\n", "\r\n"]))
def test_any_grid_is_cut_as_it_was_copied(grid: list[list[str]], separator: str, end: str) -> None:
    text = end.join(separator.join(quoted(cell) for cell in row) for row in grid)
    kept = [(number, row) for number, row in enumerate(grid, start=1) if any(row)]
    assert cut(text, separator) == kept


@given(st.text(max_size=200))
def test_any_block_is_read_or_refused(text: str) -> None:
    assert separator_of(text) in "\t;,"
    try:
        pasted = read_paste(text, place="sheets/A01", base=EMPTY, current=EMPTY, years=YEARS, codes=CODES)
    except MaillageError:
        return
    edited(EMPTY, pasted.edits)


EMPTY: dict[str, Any] = {"contract": {}, "caps": {}, "signatories": {}, "sheets": {"A01": {"lines": {}}}}
LINES = st.dictionaries(
    st.tuples(st.sampled_from(["ETAT", "-DEP"]), st.booleans(), YEAR),
    st.tuples(AMOUNTS, st.none() | AMOUNTS),
    min_size=1,
)


def typed(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",") + "\u00a0€"


@given(lines=LINES, with_heading=st.booleans(), separator=st.sampled_from("\t;"))
def test_any_lines_pasted_are_those_lines_and_twice_are_once(
    lines: dict[tuple[str, bool, str], tuple[Decimal, Decimal | None]], with_heading: bool, separator: str
) -> None:
    rows: dict[tuple[str, bool], dict[str, tuple[Decimal, Decimal | None]]] = {}
    for (funder, in_kind, year), amounts in lines.items():
        rows.setdefault((funder, in_kind), {})[year] = amounts
    table = [
        ["Financeur", "En nature", *(f"{year} ({name})" for year in YEARS for name in ("AE", "CP"))]
    ] * with_heading
    for (funder, in_kind), amounts_of in rows.items():
        cells = [typed(one) for year in YEARS for one in amounts_of.get(year, (None, None))]
        table.append([funder, "oui" if in_kind else "non", *cells])
    block = "\n".join(separator.join(row) for row in table)
    pasted = read_paste(block, place="sheets/A01", base=EMPTY, current=EMPTY, years=YEARS, codes=CODES)
    after = edited(EMPTY, pasted.edits)
    made = at_path(after, "sheets/A01/lines").values()
    found = {(one["funder"], one["in_kind"], one["year"]): (one["planned"], one.get("planned_cp")) for one in made}
    assert found == {key: (exact(planned), None if cp is None else exact(cp)) for key, (planned, cp) in lines.items()}
    again = read_paste(block, place="sheets/A01", base=after, current=after, years=YEARS, codes=CODES)
    assert changes(after, edited(after, again.edits)) == []
