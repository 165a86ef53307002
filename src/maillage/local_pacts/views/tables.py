"""Tables of the pages of local pacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse

from maillage.indicators.selectors.values import period_label
from maillage.indicators.views.tables import value_cell
from maillage.kernel.numbers import NBSP
from maillage.local_pacts.enums import PactState, PartnerKind
from maillage.local_pacts.models import Commitment, LocalPact, LocalPactVersion, Partner, Signature
from maillage.local_pacts.selectors.diagnosis import Figure
from maillage.local_pacts.selectors.pacts import Progress
from maillage.ui import units
from maillage.ui.tables import NOTHING, Cell, Column, Table
from maillage.ui.units import typography

# How each state is marked, with the words of its own table (see `ui.statuses`).
PACT_MARKS = {
    "draft": "draft",
    "consultation": "under_way",
    "to_sign": "under_way",
    "in_force": "done",
    "renewed": "done",
    "ended": "done",
    "cancelled": "failed",
}
PARTNER_MARKS = {"listed": "", "invited": "planned", "accepted": "under_way", "declined": "failed", "signed": "done"}
COMMITMENT_MARKS = {
    "promised": "planned",
    "under_way": "under_way",
    "kept": "done",
    "not_kept": "failed",
    "withdrawn": "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A pact as the list shows it to a person: its state, or the version in force where the text is not theirs."""

    pact: LocalPact
    progress: Progress
    reads_text: bool

    @property
    def state(self) -> str:
        return self.pact.state if self.reads_text else PactState.IN_FORCE


def state_cell(pact: LocalPact, state: str) -> Cell:
    reworked = pact.version_number and state not in (PactState.IN_FORCE, PactState.RENEWED, PactState.ENDED)
    note = f"version {pact.version_number} en vigueur" if reworked else ""
    return Cell(
        PACT_MARKS[state] or state, text=PactState(state).label, sort=list(PactState).index(PactState(state)), note=note
    )


def pacts_table(lines: Sequence[Line]) -> Table:
    return Table(
        id="pactes",
        caption="Pactes locaux",
        columns=(
            Column("title", "Pacte", kind="link"),
            Column("territory", "Département", kind="link"),
            Column("state", "État", kind="status"),
            Column("commitments", "Engagements", kind="number", total="sum"),
            Column("kept", "Tenus", kind="number", total="sum"),
            Column("late", "En retard", kind="number", total="sum"),
            Column("ends_on", "Terme", kind="date"),
        ),
        rows=[
            {
                "title": Cell(typography(line.pact.title), url=reverse("local-pact", args=[line.pact.pk])),
                "territory": Cell(line.pact.territory.name, url=reverse("territory", args=[line.pact.territory.code])),
                "state": state_cell(line.pact, line.state),
                "commitments": Cell(line.progress.total),
                "kept": Cell(line.progress.kept),
                "late": Cell(line.progress.late),
                "ends_on": Cell(line.pact.ends_on) if line.pact.ends_on else NOTHING,
            }
            for line in lines
        ],
        empty="Aucun pacte local.",
    )


def commitments_table(commitments: Iterable[Commitment], on: date) -> Table:
    """Late ones first, then those still open by due date, then the others."""
    ranked = sorted(commitments, key=lambda one: (not one.is_late(on), not one.is_open(), one.due_on, one.pk))
    return Table(
        id="engagements",
        caption="Engagements des partenaires",
        columns=(
            Column("text", "Engagement", kind="link"),
            Column("partner", "Partenaire"),
            Column("priority", "Priorité"),
            Column("due_on", "Échéance", kind="date"),
            Column("seen_by", "Comment on verra qu’il est tenu"),
            Column("state", "État", kind="status"),
        ),
        rows=[_commitment_row(one, on) for one in ranked],
        empty="Aucun engagement n’est encore pris.",
    )


def commitment_state(one: Commitment, on: date) -> Cell:
    note = "non encore en vigueur" if one.since_version is None else ""
    if one.is_late(on):
        return Cell("late", text="En retard", sort=0, note=one.get_state_display())
    rank = 1 + list(COMMITMENT_MARKS).index(one.state)
    return Cell(COMMITMENT_MARKS[one.state] or one.state, text=one.get_state_display(), sort=rank, note=note)


def _commitment_row(one: Commitment, on: date) -> dict[str, Cell]:
    return {
        "text": Cell(typography(one.text), url=reverse("local-pact-commitment", args=[one.priority.pact_id, one.pk])),
        "partner": Cell(typography(one.partner.organisation)),
        "priority": Cell(typography(one.priority.title), note="" if one.priority.position else "écartée depuis"),
        "due_on": Cell(one.due_on),
        "seen_by": Cell(typography(one.seen_by)),
        "state": commitment_state(one, on),
    }


def partners_table(partners: Sequence[Partner], *, linked: bool) -> Table:
    """The prefect, then those invited, then the others. `linked`: the person may open the page of each."""
    ranked = sorted(
        partners, key=lambda one: (one.kind != PartnerKind.PREFECT, one.state == "listed", one.organisation)
    )
    return Table(
        id="partenaires",
        caption="Organismes du pacte",
        columns=(
            Column("organisation", "Organisme", kind="link"),
            Column("kind", "Nature"),
            Column("state", "Signature", kind="status"),
            Column("signed_on", "Signé le", kind="date"),
        ),
        rows=[
            {
                "organisation": Cell(
                    typography(one.organisation),
                    url=reverse("local-pact-partner", args=[one.pact_id, one.pk]) if linked else "",
                ),
                "kind": Cell(one.get_kind_display()),
                "state": Cell(
                    PARTNER_MARKS[one.state] or one.state,
                    text=one.get_state_display(),
                    sort=list(PARTNER_MARKS).index(one.state),
                ),
                "signed_on": Cell(one.signed_on) if one.signed_on else NOTHING,
            }
            for one in ranked
        ],
        empty="Aucun partenaire n’est nommé.",
    )


FIGURE_COLUMNS = (
    Column("label", "Chiffre"),
    Column("value", "Valeur", kind="number"),
    Column("period", "Période"),
    Column("source", "Source", kind="link"),
)


def figures_table(figures: Sequence[Figure]) -> Table:
    return Table(
        id="chiffres",
        caption="Ce que l’instance observe du département",
        columns=FIGURE_COLUMNS,
        rows=[
            {
                "label": Cell(typography(one.label), note=typography(one.value.note)),
                "value": _with_unit(value_cell(one.value), one.value.amount, one.value.unit),
                "period": Cell(one.value.period_label),
                "source": Cell(str(one.value.source), url=one.value.source.url) if one.value.source else NOTHING,
            }
            for one in figures
        ],
        sortable=False,
    )


def _with_unit(cell: Cell, amount: Decimal | None, unit: str) -> Cell:
    """A column that mixes units says the unit of each value."""
    if amount is None:
        return cell
    text = units.format_value(amount, unit=unit, decimals=0 if unit == "persons" else None)
    return Cell(cell.value, text=text, url="", status=cell.status, note=cell.note)


def versions_table(versions: Sequence[LocalPactVersion]) -> Table:
    return Table(
        id="versions",
        caption="Versions",
        columns=(
            Column("number", "Version", kind="link"),
            Column("at", "En vigueur le", kind="date"),
            Column("by", "Par"),
            Column("sha256", "Empreinte SHA-256", kind="code"),
            Column("intact", "Contrôle", kind="status"),
        ),
        rows=[
            {
                "number": Cell(
                    f"Version {one.number}",
                    url=reverse("local-pact-version", args=[one.pact_id, one.number]),
                    sort=one.number,
                ),
                "at": Cell(one.at),
                "by": Cell(str(one.by) if one.by else "Ligne de commande"),
                "sha256": Cell(one.sha256),
                "intact": Cell("done", text="Intacte") if one.is_intact else Cell("failed", text="Altérée"),
            }
            for one in versions
        ],
        empty="Aucune version n’est encore entrée en vigueur.",
        sortable=False,
    )


# --- a version: the same tables, from what was frozen ---------------------------------------------------------------


def frozen_figures(content: Mapping[str, Any]) -> Table:
    return Table(
        id="chiffres",
        caption="Chiffres du diagnostic, tels qu’à l’entrée en vigueur",
        columns=FIGURE_COLUMNS,
        rows=[_frozen_figure(one) for one in content["figures"]],
        sortable=False,
    )


def _frozen_figure(one: Mapping[str, Any]) -> dict[str, Cell]:
    amount = Decimal(one["value"]) if one["value"] is not None else None
    bounds = [units.format_value(Decimal(one[name]), decimals=0) for name in ("low", "high") if one[name] is not None]
    note = f"entre {bounds[0]} et {bounds[1]}" if len(bounds) == 2 else one["reason"]
    status = "" if one["status"] == "published" else one["status"]
    source = one["sources"][0] if one["sources"] else None
    return {
        "label": Cell(typography(one["label"]), note=typography(one["note"])),
        "value": _with_unit(Cell(amount, status=status, note=note), amount, one["unit"]),
        "period": Cell(period_label(one["period"])),
        "source": Cell(source["label"], url=source["url"]) if source else NOTHING,
    }


def frozen_commitments(priority: Mapping[str, Any]) -> Table:
    return Table(
        id=f"engagements-{priority['position']}",
        caption=f"Engagements de la priorité{NBSP}: {typography(priority['title'])}",
        columns=(
            Column("text", "Engagement"),
            Column("partner", "Partenaire"),
            Column("due_on", "Échéance", kind="date"),
            Column("seen_by", "Comment on verra qu’il est tenu"),
        ),
        rows=[
            {
                "text": typography(one["text"]),
                "partner": typography(one["partner"]),
                "due_on": date.fromisoformat(one["due_on"]),
                "seen_by": typography(one["seen_by"]),
            }
            for one in priority["commitments"]
        ],
        sortable=False,
    )


def frozen_signatories(content: Mapping[str, Any], joined: Sequence[Signature]) -> Table:
    """Who was invited at the entry in force, and who has joined the version since."""
    rows: list[dict[str, Any]] = [
        {
            "organisation": typography(one["organisation"]),
            "signed_on": date.fromisoformat(one["signed_on"]) if one["signed_on"] else NOTHING,
            "note": "" if one["signed_on"] else "n’avait pas signé",
        }
        for one in content["signatories"]
    ]
    rows += [
        {
            "organisation": typography(one.partner.organisation),
            "signed_on": one.signed_on,
            "note": "a rejoint la version en vigueur",
        }
        for one in joined
    ]
    return Table(
        id="signataires",
        caption="Signatures",
        columns=(
            Column("organisation", "Organisme"),
            Column("signed_on", "Signé le", kind="date"),
            Column("note", "Remarque"),
        ),
        rows=rows,
        sortable=False,
    )
