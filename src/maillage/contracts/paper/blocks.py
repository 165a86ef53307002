"""From the values of a document to the blocks of its PDF: the pieces that several documents share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings

from maillage.contracts.paper.contexts import Context
from maillage.documents.merge.sandbox import shown
from maillage.documents.model import (
    Align,
    Block,
    Chapter,
    Column,
    Cover,
    Fact,
    Facts,
    Paragraph,
    ParagraphKind,
    Reference,
    Row,
    Section,
    Signature,
    Signatures,
    Span,
    Table,
    Text,
)
from maillage.documents.words import amount_in_figures_and_words
from maillage.kernel.money import Money
from maillage.kernel.numbers import NBSP
from maillage.ui.units import typography

NO_ADDRESS = "à saisir sur la page « Vérifier un document » de l’instance"


def text(value: object, *, strong: bool = False) -> Text:
    """A value as it is written everywhere, merge templates included."""
    return (Span(shown(value), strong=strong),)


def words(sentence: str) -> Text:
    """A sentence of ours, with its French spaces."""
    return (Span(typography(sentence)),)


def reference(context: Context) -> Reference:
    """What the foot of every page carries. Without an address of the instance, it says where to type the reference."""
    held = context["reference"]
    said = held["texte"] if settings.MAILLAGE_SITE_URL else f"{held['texte']}\n({typography(NO_ADDRESS)})"
    return Reference(said, held["adresse"])


def cover(context: Context, title: str, subtitle: str, territory: str = "") -> Cover:
    """A draft says the day it was printed; a version, the same for ever, says none."""
    document = context["document"]
    return Cover(
        title=typography(title),
        subtitle=typography(subtitle),
        territory=territory,
        publisher=settings.MAILLAGE_NAME,
        edited_on=shown(document["date"]) if document["projet"] and document["date"] else "",
    )


def prose_blocks(body: str | None) -> list[Block]:
    """A paragraph a line typed; what nobody wrote is said."""
    lines = [line for line in (body or "").splitlines() if line.strip()]
    if not lines:
        return [Paragraph(words("Non renseigné."), ParagraphKind.PENDING)]
    return [Paragraph((Span(line),)) for line in lines]


def facts(items: Iterable[tuple[str, object]]) -> Facts:
    """Labels and values, those that are known."""
    return Facts(tuple(Fact(typography(label), text(value)) for label, value in items if value not in (None, "")))


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    total: Sequence[object] | None = None,
    note: str = "",
) -> Table:
    body = [Row(tuple(text(value) for value in row)) for row in rows]
    if total is not None:
        body.append(Row(tuple(text(value) for value in total), total=True))
    return Table(words(caption), tuple(columns), tuple(body), words(note) if note else ())


def amount(label: str, weight: int = 0) -> Column:
    """A column of euros."""
    return Column(typography(label), align=Align.END, weight=weight)


def label(title: str, weight: int = 1) -> Column:
    return Column(typography(title), weight=weight)


def figures_and_words(value: Money | None) -> str:
    """« 80 € (quatre-vingts euros) »; unknown stays unknown."""
    return shown(None) if value is None else amount_in_figures_and_words(value)


def signatures(context: Context) -> Signatures:
    """Room to sign, or the day it was done; under a consolidated text, the signature is that of its amendment."""
    act = f"Avenant signé le{NBSP}" if context["contrat"]["avenant"] else f"Signé le{NBSP}"
    return Signatures(
        tuple(
            Signature(
                one["organisme"] or shown(None),
                one["qualite"] or "",
                signed=f"{act}{shown(one['signe_le'])}" if one["signe_le"] else "",
            )
            for one in context["signataires"]
        )
    )


def annex(action: Context) -> Chapter:
    """An action sheet annexed to a text, on a page of its own."""
    title = f"Annexe. Fiche action {action['code']}"
    lead = Paragraph(text(action["intitule"], strong=True), ParagraphKind.LEAD)
    return Chapter(f"fiche-{action['code']}", title, (lead,), action_sections(action), running=title, new_page=True)


# --- an action sheet --------------------------------------------------------------------------------------------------


def action_sections(action: Context) -> tuple[Section, ...]:
    """One action, part by part."""
    return (
        Section("Besoin constaté", tuple(_need(action))),
        Section("Action", tuple(_content(action))),
        Section("Pilotage et calendrier", tuple(_calendar(action))),
        Section("Financement", tuple(_money(action))),
        Section("Indicateurs et cibles", tuple(_targets(action))),
    )


def _need(action: Context) -> list[Block]:
    shows = action["indicateur_du_besoin"]
    return [*prose_blocks(action["besoin"]), *([facts([("Indicateur qui le montre", shows)])] if shows else [])]


def _content(action: Context) -> list[Block]:
    written = prose_blocks(action["contenu"]) if action["contenu"] else []
    return [
        *written,
        facts(
            [
                ("Axe", action["axe"]),
                ("Mesure", action["mesure"]),
                ("Nature", action["nature"]),
                ("En quoi elle est nouvelle ou renforcée", action["justification"]),
                ("Public ou territoire élargi", action["elargissement"]),
                ("Public visé", action["public"]),
                ("Territoires concernés", action["territoires"]),
            ]
        ),
    ]


def _calendar(action: Context) -> list[Block]:
    dates = [shown(action[name]) for name in ("debut", "fin") if action[name]]
    return [
        facts(
            [
                ("Pilote", action["pilote"] or shown(None)),
                ("Partenaires", action["partenaires"]),
                ("Calendrier", " – ".join(dates)),
                ("Étapes", action["etapes"]),
            ]
        )
    ]


def _money(action: Context) -> list[Block]:
    if not action["lignes"]:
        return [Paragraph(words("Aucune ligne de financement."), ParagraphKind.PENDING)]
    said = f"L'action prévoit {figures_and_words(action['total'])}, dont {shown(action['etat_ae'])} de l'État."
    columns = (label("Année", 0), label("Financeur"), label("Apport", 0), amount("Prévu (AE)"), amount("Prévu (CP)"))
    rows = [[one[name] for name in ("annee", "financeur", "apport", "ae", "cp")] for one in action["lignes"]]
    return [
        Paragraph(words(said)),
        table("Coût par année", _COSTS, [[one[name] for name in _COST_FIELDS] for one in action["annees"]]),
        table("Financement par année et par financeur", columns, rows, ["Total", "", "", action["total"], ""]),
    ]


_COSTS = (label("Année"), amount("Coût total"), amount("Assiette éligible"))
_COST_FIELDS = ("annee", "cout_total", "assiette")


def _targets(action: Context) -> list[Block]:
    if not action["indicateurs"]:
        return [Paragraph(words("Aucun indicateur n'est suivi."), ParagraphKind.PENDING)]
    columns = (label("Indicateur", 3), label("Situation initiale", 2), label("Cibles", 3))
    rows = [[one["nom"], _start(one), _aims(one)] for one in action["indicateurs"]]
    methods = [(one["nom"], one["methode"]) for one in action["indicateurs"] if one["methode"]]
    known = [facts([("Comment on compte", f"{name} : {method}") for name, method in methods])] if methods else []
    return [table("Ce que l'action vise", columns, rows), *known]


def _start(one: Context) -> str:
    """« 10 personnes (2023) »."""
    value, period = shown(one["situation_initiale"]), one["periode_initiale"]
    return f"{value} ({period})" if period and one["situation_initiale"] else value


def _aims(one: Context) -> str:
    return "\n".join(f"{aim['annee']} : {shown(aim['valeur'])}" for aim in one["cibles"]) or shown(None)
