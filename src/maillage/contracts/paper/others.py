"""The action sheet, the amendment and the execution report as PDF."""

from __future__ import annotations

from collections.abc import Callable

from maillage.contracts.enums import DocumentKind
from maillage.contracts.paper import blocks, convention
from maillage.contracts.paper.blocks import amount, facts, label, prose_blocks, table, words
from maillage.contracts.paper.contexts import Context
from maillage.documents.merge.sandbox import shown
from maillage.documents.model import Block, Chapter, Column, Cover, Document, Layout, Paragraph, ParagraphKind, Table


def _sheet_document(context: Context, cover: Cover, chapters: list[Chapter]) -> Document:
    return Document(
        cover=cover,
        chapters=tuple(chapters),
        layout=Layout.SHEET,
        reference=blocks.reference(context),
        banner=context["document"]["mention"],
    )


def _within(context: Context) -> str:
    """« Contrat d'essai, 2024-2025 »."""
    contract = context["contrat"]
    return ", ".join(part for part in (contract["intitule"], contract["periode"]) if part)


# --- action sheet -----------------------------------------------------------------------------------------------------


def sheet(context: Context) -> Document:
    """`context` of `contexts.sheet`."""
    action = context["action"]
    title = f"Fiche action {action['code']} : {shown(action['intitule'])}"
    chapters = [Chapter(one.title, one.title, one.blocks) for one in blocks.action_sections(action)]
    return _sheet_document(context, blocks.cover(context, title, _within(context)), chapters)


# --- amendment --------------------------------------------------------------------------------------------------------


def amendment(context: Context) -> Document:
    """`context` of `changes.amendment`."""
    made = context["avenant"]
    title = f"Avenant n° {made['numero']} : {shown(made['objet'])}"
    chapters = [
        Chapter("parties", "Parties", tuple(_amended_parties(context))),
        Chapter("objet", "Article 1. Objet de l’avenant", tuple(_purpose(made))),
        Chapter("changements", "Article 2. Ce qui change dans le texte", tuple(map(_change, context["changements"]))),
        Chapter("effets", "Article 3. Ce que devient chaque année", (_effects(context),)),
        Chapter("reste", "Article 4. Le reste du contrat", (Paragraph(words(UNCHANGED)),)),
        Chapter("signatures", "Signatures", (_amendment_signatures(context),)),
        *(blocks.annex(one) for one in context["ajouts"]),
    ]
    return _sheet_document(context, blocks.cover(context, title, _within(context)), chapters)


UNCHANGED = "Ce que le présent avenant ne change pas demeure. La nouvelle version du contrat tient compte de l'avenant."


def _amended_parties(context: Context) -> list[Block]:
    return [
        Paragraph(words(f"{shown(one['organisme'])}{', ' + one['qualite'] if one['qualite'] else ''}"))
        for one in context["signataires"]
    ]


def _purpose(made: Context) -> list[Block]:
    since = f", en vigueur depuis le {shown(made['depart_en_vigueur_le'])}" if made["depart_en_vigueur_le"] else ""
    said = f"Le présent avenant modifie la version {made['version_de_depart']} du contrat{since}."
    return [
        Paragraph(words(said)),
        facts([("Ce qu'il ouvre", made["natures"]), ("Motif", made["motif"])]),
    ]


def _change(change: Context) -> Table:
    columns = (label("Champ", 3), label("Avant", 3), label("Après", 3), Column("Écart", weight=2))
    rows = [[_field(one), one["avant"] or "–", one["apres"] or "–", one["ecart"] or ""] for one in change["lignes"]]
    return table(change["titre"], columns, rows)


def _field(row: Context) -> str:
    return f"{row['libelle']} ({row['sort']})" if row["sort"] != "modifié" else str(row["libelle"])


def _effects(context: Context) -> Table:
    columns = (
        label("Année"),
        amount("État avant"),
        amount("État après"),
        amount("Tous financeurs, avant", 1),
        amount("Tous financeurs, après", 1),
    )
    fields = ("annee", "etat_avant", "etat_apres", "total_avant", "total_apres")
    rows = [[one[name] for name in fields] for one in context["effets"]]
    whole = rows.pop() if len(rows) > 1 else None
    return table("Crédits prévus (AE), avant et après", columns, rows, whole)


def _amendment_signatures(context: Context) -> Block:
    plain = {**context, "contrat": {**context["contrat"], "avenant": None}}
    return blocks.signatures(plain)


# --- execution report -------------------------------------------------------------------------------------------------


def report(context: Context) -> Document:
    """`context` of `results.report`."""
    action, made = context["action"], context["rapport"]
    title = f"Rapport d’exécution {made['annee']}, fiche {action['code']}"
    chapters = [
        Chapter("action", shown(action["intitule"]), (_state_of(context),)),
        Chapter("fait", "Ce qui a été fait", tuple(prose_blocks(made["realisations"]))),
        Chapter("resultats", "Résultats", tuple(_results(context))),
        Chapter("argent", "Argent", tuple(_spent(context))),
        Chapter("difficultes", "Difficultés", tuple(prose_blocks(made["difficultes"]))),
        Chapter("suites", "Suites", tuple(prose_blocks(made["suites"]))),
        Chapter("preuves", "Preuves", tuple(_evidence(context))),
    ]
    return _sheet_document(context, blocks.cover(context, title, _within(context)), chapters)


def _state_of(context: Context) -> Block:
    made, action = context["rapport"], context["action"]
    return facts(
        [
            ("Pilote", action["pilote"]),
            ("Mesure", action["mesure"]),
            ("État du rapport", made["etat"]),
            ("Transmis le", made["transmis_le"]),
            ("Validé le", made["valide_le"]),
        ]
    )


def _results(context: Context) -> list[Block]:
    if not context["resultats"]:
        return [Paragraph(words("Aucun indicateur n'est suivi."), ParagraphKind.PENDING)]
    columns = (
        label("Indicateur", 3),
        label("Période", 0),
        amount("Situation initiale", 2),
        amount("Cible", 2),
        amount("Valeur", 2),
        label("Relevé", 0),
    )
    rows = [
        [one["nom"], one["periode"], one["situation_initiale"], one["cible"], _value(one), one["releve"]]
        for one in context["resultats"]
    ]
    return [table("Relevés de l'année", columns, rows)]


def _value(one: Context) -> str:
    """A value, with the parts of a share, or why it is not known."""
    if one["valeur"] is None and one["pourquoi_inconnue"]:
        return f"{shown(None)}\n{one['pourquoi_inconnue']}"
    if one["numerateur"] and one["denominateur"]:
        return f"{shown(one['valeur'])}\n({one['numerateur']} sur {one['denominateur']})"
    return shown(one["valeur"])


_STAGES = ("prevu", "attribue", "engage", "paye", "justifie")


def _spent(context: Context) -> list[Block]:
    made, lines = context["rapport"], context["lignes"]
    if not lines:
        return [Paragraph(words("Aucune ligne de financement cette année."), ParagraphKind.PENDING)]
    columns = (label("Financeur"), *map(amount, ("Prévu", "Attribué", "Engagé (AE)", "Payé (CP)", "Justifié")))
    rows = [[_brings(one), *(one[name] for name in _STAGES)] for one in lines]
    summed = ["Ensemble", *(made[f"total_{name}"] for name in _STAGES)]
    rate = f"Payé rapporté à prévu : {made['taux_execution']}." if made["taux_execution"] else ""
    said = f"Payé dans l'année : {blocks.figures_and_words(made['total_paye'])}."
    found: list[Block] = [Paragraph(words(said)), table("Argent de l'année", columns, rows, summed, rate)]
    numbers = ", ".join(one["numero"] for one in context["engagements"])
    return [*found, *([facts([("Engagements juridiques (EJ)", numbers)])] if numbers else [])]


def _brings(line: Context) -> str:
    return f"{line['financeur']} (en nature)" if line["apport"] == "en nature" else str(line["financeur"])


def _evidence(context: Context) -> list[Block]:
    if not context["preuves"]:
        return [Paragraph(words("Aucune preuve n'est déposée pour cette année."), ParagraphKind.PENDING)]
    columns = (label("Pièce", 3), label("Date", 0), label("Empreinte", 0))
    rows = [[one["intitule"], one["date"], one["empreinte"]] for one in context["preuves"]]
    return [table("Pièces déposées", columns, rows)]


BUILDERS: dict[str, Callable[[Context], Document]] = {
    DocumentKind.CONVENTION: convention.build,
    DocumentKind.SHEET: sheet,
    DocumentKind.AMENDMENT: amendment,
    DocumentKind.EXECUTION_REPORT: report,
}
