"""The convention as a PDF: parties, articles, signatures, and the action sheets annexed."""

from __future__ import annotations

from maillage.contracts.paper import blocks
from maillage.contracts.paper.blocks import amount, figures_and_words, label, table, words
from maillage.contracts.paper.contexts import IN_KIND, Context
from maillage.documents.merge.sandbox import shown
from maillage.documents.model import Block, Chapter, Document, Layout, Paragraph, Span, Table
from maillage.kernel.money import Money, total

MAX_YEAR_COLUMNS = 5


def build(context: Context) -> Document:
    """`context` of `contexts.convention`."""
    contract = context["contrat"]
    return Document(
        cover=blocks.cover(
            context,
            contract["intitule"] or "",
            ", ".join(part for part in (contract["nature"], contract["periode"]) if part),
            contract["territoire"] or "",
        ),
        chapters=(
            Chapter("parties", "Parties au contrat", tuple(_parties(context))),
            Chapter("article-1", "Article 1. Objet", tuple(blocks.prose_blocks(contract["objet"]))),
            Chapter("article-2", "Article 2. Durée", (Paragraph(words(_duration(contract))),)),
            Chapter("article-3", "Article 3. Actions", tuple(_actions(context))),
            Chapter("article-4", "Article 4. Engagements financiers", tuple(_money(context))),
            Chapter("article-5", "Article 5. Suivi et rapport", (Paragraph(words(FOLLOW_UP)),)),
            Chapter("article-6", "Article 6. Modification", (Paragraph(words(CHANGES)),)),
            Chapter("signatures", "Signatures", (blocks.signatures(context),)),
            *(blocks.annex(one) for one in context["actions"]),
        ),
        layout=Layout.BOOK,
        reference=blocks.reference(context),
        banner=context["document"]["mention"],
    )


FOLLOW_UP = (
    "Chaque fiche action annexée nomme un pilote, des indicateurs, leur situation initiale quand elle est connue, et "
    "les cibles de chaque année. Chaque action donne lieu, pour chaque année, à un rapport d'exécution : ce qui a été "
    "engagé, payé et justifié, et les valeurs relevées des indicateurs."
)
CHANGES = (
    "Le contrat se modifie par avenant, signé comme lui. Chaque avenant fait une nouvelle version du texte, numérotée "
    "et conservée avec son empreinte."
)


def _parties(context: Context) -> list[Block]:
    contract = context["contrat"]
    found: list[Block] = []
    for one in context["signataires"]:
        detail = ", ".join(part for part in (_by(one["qualite"]), _siret(one["siret"])) if part)
        found.append(Paragraph((Span(shown(one["organisme"]), strong=True), Span(f"\n{detail}" if detail else ""))))
    found.append(Paragraph(words("Les parties conviennent de ce qui suit.")))
    if contract["avenant"]:
        since = f", en vigueur depuis le {shown(contract['en_vigueur_le'])}" if contract["en_vigueur_le"] else ""
        said = f"Texte consolidé : version {contract['version']}{since}, issue de l'{contract['avenant']}."
        found.append(Paragraph(words(said)))
    if contract["delibere_le"]:
        found.append(Paragraph(words(f"Délibération du {shown(contract['delibere_le'])}.")))
    return found


def _by(office: str | None) -> str:
    return f"signataire : {office}" if office else ""


def _siret(siret: str | None) -> str:
    return f"SIRET {siret}" if siret else ""


def _duration(contract: Context) -> str:
    starts, ends = shown(contract["debut"]), shown(contract["fin"])
    return f"Le contrat porte sur {contract['territoire']}. Il court du {starts} au {ends}."


def _actions(context: Context) -> list[Block]:
    if not context["actions"]:
        return blocks.prose_blocks("Aucune fiche action n'est annexée.")
    count = len(context["actions"])
    said = "Une action est retenue ; sa fiche est annexée." if count == 1 else ""
    columns = (label("Fiche", 0), label("Action", 3), label("Pilote", 2), amount("Total"), amount("dont État (AE)"))
    rows = [[one[name] for name in ("code", "intitule", "pilote", "total", "etat_ae")] for one in context["actions"]]
    contract = context["contrat"]
    summed = ["", "Ensemble", "", contract["total"], contract["etat_ae"]]
    return [
        Paragraph(words(said or f"{count} actions sont retenues ; leurs fiches sont annexées.")),
        table("Actions du contrat", columns, rows, summed if count > 1 else None),
    ]


def _money(context: Context) -> list[Block]:
    contract = context["contrat"]
    found: list[Block] = []
    if contract["total"] is not None:
        found.append(Paragraph(words(f"Les parties prévoient, sur la durée du contrat, {_whole(contract)}.")))
        found.append(Paragraph(words(f"L'État apporte {_state(contract)}.")))
    elif contract["plafond"] is not None:
        said = figures_and_words(contract["plafond"])
        found.append(Paragraph(words(f"L'État apporte au plus, en autorisations d'engagement, {said}.")))
    found += _years(context)
    if context["financements"]:
        found.append(_by_funder(context))
    return found or blocks.prose_blocks(None)


def _whole(contract: Context) -> str:
    return f"{figures_and_words(contract['total'])}, apports en nature compris"


def _state(contract: Context) -> str:
    share = f", soit {contract['etat_part']} des apports en numéraire" if contract["etat_part"] else ""
    return (
        f"{figures_and_words(contract['etat_ae'])} en autorisations d'engagement, "
        f"et {figures_and_words(contract['etat_cp'])} en crédits de paiement{share}"
    )


def _years(context: Context) -> list[Block]:
    years = context["annees"]
    if not years:
        return []
    columns = [label("Année", 0), amount("Plafond (AE)", 1), amount("Prévu (AE)", 1), amount("Prévu (CP)", 1)]
    fields = ["annee", "plafond_ae", "etat_ae", "etat_cp"]
    if any(one["plafond_cp"] is not None for one in years):
        columns.insert(2, amount("Plafond (CP)", 1))
        fields.insert(2, "plafond_cp")
    rows = [[one[name] for name in fields] for one in years]
    summed = ["Total", *(_sum([one[name] for one in years]) for name in fields[1:])]
    return [table("Crédits de l'État par année", columns, rows, summed if len(years) > 1 else None, _notified(years))]


def _notified(years: list[Context]) -> str:
    return " ; ".join(f"{one['annee']} : {one['notification']}" for one in years if one["notification"])


def _by_funder(context: Context) -> Table:
    """Funders against years; one row a year and a funder where the years are too many for the page."""
    caption = "Financement par financeur et par année (AE)"
    years = sorted({one["annee"] for one in context["financements"]})
    if len(years) > MAX_YEAR_COLUMNS:
        titles = (label("Année", 0), label("Financeur"), label("Apport", 0), amount("Prévu (AE)"))
        listed = [[one[name] for name in ("annee", "financeur", "apport", "ae")] for one in context["financements"]]
        return table(caption, titles, listed, ["Total", "", "", context["contrat"]["total"]])
    cells: dict[tuple[str, str], dict[str, Money | None]] = {}
    for one in context["financements"]:
        cells.setdefault((one["financeur"], one["apport"]), {})[one["annee"]] = one["ae"]
    columns = (label("Financeur"), *(amount(year) for year in years), amount("Total"))
    rows = [[_funder(key), *_across(brought, years)] for key, brought in cells.items()]
    return table(caption, columns, rows, ["Total", *_across({y: _of(context, y) for y in years}, years)])


def _funder(key: tuple[str, str]) -> str:
    name, how = key
    return f"{name} ({IN_KIND})" if how == IN_KIND else name


def _across(brought: dict[str, Money | None], years: list[str]) -> list[object]:
    """A row: nothing where nothing is brought, and the sum of what is."""
    cells: list[object] = [brought.get(year, "–") for year in years]
    return [*cells, _sum(list(brought.values()))]


def _of(context: Context, year: str) -> Money | None:
    return _sum([one["ae"] for one in context["financements"] if one["annee"] == year])


def _sum(amounts: list[Money | None]) -> Money | None:
    known = [one for one in amounts if one is not None]
    return total(known) if len(known) == len(amounts) else None
