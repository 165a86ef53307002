"""The chapters that close the report: governance, calendar, discrepancies, method, sources."""

from __future__ import annotations

from maillage.documents.model import (
    Block,
    Bullets,
    Chapter,
    Column,
    Paragraph,
    Row,
    Section,
    Span,
    Text,
)
from maillage.reports.content.data import AnnualData, Assertion
from maillage.reports.content.parts import unknown
from maillage.reports.content.writer import Writer, period_label, verdict, words
from maillage.ui.units import format_value, typography


def governance(data: AnnualData, writer: Writer) -> Chapter:
    title = "La gouvernance"
    if not data.bodies:
        return Chapter("governance", title, (unknown(f"Aucune instance n'est enregistrée pour {data.year}."),))
    rows = []
    for body in data.bodies:
        name: Text = words(body.title)
        if body.source:
            name += (Span("", notes=(writer.note(body.source),)),)
        role = " ; ".join(part for part in (body.role, body.periodicity) if part)
        rows.append(Row((words(body.kind.capitalize()), name, words(_since(body.period)), words(role))))
    columns = [Column("Nature", weight=3), Column("Instance", weight=5), Column("Période", weight=2)]
    columns += [Column("Rôle, rythme", weight=4)]
    if not any(row.cells[3] for row in rows):
        columns.pop()
        rows = [Row(row.cells[:3]) for row in rows]
    return Chapter("governance", title, (writer.table(f"Instances en place en {data.year}", columns, rows),))


def _since(period: str) -> str:
    """« 2019/ » is an open period."""
    if period.endswith("/"):
        return f"depuis {period_label(period[:-1])}"
    return period_label(period)


def calendar(data: AnnualData, writer: Writer) -> Chapter:
    title = "Le calendrier de l’année"
    if not data.milestones:
        return Chapter("calendar", title, (unknown(f"Aucune échéance n'est enregistrée pour {data.year}."),))
    rows = []
    for milestone in data.milestones:
        text: Text = words(milestone.title)
        if milestone.source:
            text += (Span("", notes=(writer.note(milestone.source),)),)
        rows.append(Row((words(period_label(milestone.period)), text, words(milestone.scope))))
    columns = [Column("Date", weight=2), Column("Échéance", weight=6), Column("Échelle", weight=2)]
    return Chapter("calendar", title, (writer.table(f"Échéances de {data.year}", columns, rows),))


def discrepancies(data: AnnualData, writer: Writer) -> Chapter:
    """Every contradiction, with what the control says and who accepted it; then the misprinted roundings."""
    found = [assertion for assertion in data.of_the_year if assertion.contradicted]
    blocks: list[Block] = []
    if found:
        intro = (
            "Les documents se contredisent sur les chiffres qui suivent. Le rapport les montre tels qu'ils sont "
            "imprimés, avec ce que donne le contrôle ; il ne choisit pas à la place de leurs auteurs."
        )
        columns = [
            Column("Ce qui est imprimé", weight=4),
            Column("Ce que dit le contrôle", weight=5),
            Column("Dérogation", weight=3),
        ]
        rows = [_discrepancy_row(assertion, writer) for assertion in found]
        blocks += [Paragraph(words(intro)), writer.table("Écarts constatés", columns, rows)]
    else:
        blocks.append(Paragraph(words("Le contrôle ne trouve aucune contradiction entre les chiffres de ce rapport.")))
    truncated = [a for a in data.of_the_year if a.finding and a.finding.kind == "truncated"]
    sections = []
    if truncated:
        text = "Ces chiffres sont justes, mais l'impression les coupe au lieu de les arrondir."
        items = tuple(_truncated_item(assertion, writer) for assertion in truncated)
        sections.append(Section("Valeurs tronquées à l’impression", (Paragraph(words(text)), Bullets(items))))
    return Chapter("discrepancies", "Écarts et dérogations", tuple(blocks), tuple(sections))


def _discrepancy_row(assertion: Assertion, writer: Writer) -> Row:
    printed: Text = (
        *words(assertion.label, strong=True),
        *words(f"\n{period_label(assertion.period)} : "),
        *writer.cite_assertion(assertion),
    )
    finding = assertion.finding
    said: Text = verdict(finding)
    if finding and finding.recomputed is not None:
        decimals = 2 if assertion.unit == "%" else None  # a rate is contradicted by hundredths
        recomputed = format_value(finding.recomputed, unit=assertion.unit, decimals=decimals)
        said += words(f"\nValeur recalculée : {recomputed}")
    if finding and finding.reason:
        said += words(f"\n{finding.reason}")
    waiver = assertion.waiver
    if waiver is None:
        return Row((printed, said, words("Aucune", emphasis=True)))
    return Row((printed, said, words(f"{waiver.reason}\n{waiver.by}, le {waiver.on:%d/%m/%Y}")))


def _truncated_item(assertion: Assertion, writer: Writer) -> Text:
    text = words(f"{assertion.label}, {assertion.territory} ({period_label(assertion.period)}) : imprimé ")
    text += writer.cite_assertion(assertion)
    if assertion.finding and assertion.finding.recomputed is not None:
        exact = format_value(assertion.finding.recomputed, unit=assertion.unit, decimals=2)
        text += words(f", valeur exacte {exact}")
    if assertion.waiver:
        text += words(
            f". Dérogation : {assertion.waiver.reason} ({assertion.waiver.by}, {assertion.waiver.on:%d/%m/%Y})"
        )
    return text


def method(data: AnnualData, writer: Writer, missing_parts: tuple[str, ...]) -> Chapter:
    """How to read the report: statuses, estimates, what is missing."""
    items = [
        words(
            "Inconnu n'est pas zéro. « n. c. » (non communiqué), « (s) » (secret statistique) et « n. d. » (non "
            "disponible) disent qu'une valeur manque ; elle n'entre dans aucun total."
        ),
        words(
            "Le contrôle lit chaque chiffre avec la précision de son impression : un écart d'arrondi n'est pas une "
            "contradiction, et deux périmètres différents ne se comparent pas."
        ),
        words("Les totaux et les évolutions sont recalculés à partir des montants ; la valeur imprimée est à côté."),
    ]
    # « Crédits par personne pauvre, Nord »: the kind of value, not each territory.
    estimated = sorted({one.label.split(", ")[0] for one in writer.citations if one.status == "estimated"})
    if estimated:
        items.append(words(f"Sont estimés, avec leur intervalle : {' ; '.join(estimated)}."))
    items += [words(text) for text in _gaps(data, missing_parts)]
    sections = []
    if data.methods:
        lines = tuple(
            (*words(f"{one.label}. ", strong=True), *words(" ".join(part for part in (one.method, one.limits) if part)))
            for one in data.methods
        )
        sections.append(Section("Indicateurs", (Bullets(lines),)))
    return Chapter("method", "Méthode et limites", (Bullets(tuple(items)),), tuple(sections))


def _gaps(data: AnnualData, missing_parts: tuple[str, ...]) -> list[str]:
    """What the report could not say."""
    gaps = []
    unknown_lines = [line.territory for line in data.credits if line.after is None or line.after.value is None]
    if unknown_lines:
        gaps.append(
            f"Crédits {data.year} inconnus : {', '.join(unknown_lines)}. Le total des contrats n'est pas donné."
        )
    without_people = [line.territory for line in data.credits if line.poor is None or line.poor.value is None]
    if without_people:
        gaps.append(f"Nombre de personnes pauvres inconnu : {', '.join(without_people)}.")
    if not data.covers:
        gaps.append(f"La complémentaire santé n'est pas renseignée pour {data.year}.")
    unchecked = sum(1 for a in data.of_the_year if a.finding is None or a.finding.kind == "unverifiable")
    if unchecked:
        gaps.append(f"{unchecked} chiffres énoncés n'ont pas pu être vérifiés : rien ne permet de les recalculer.")
    if missing_parts:
        gaps.append(f"Parties non rédigées : {', '.join(missing_parts)}.")
    return gaps


def sources(data: AnnualData, writer: Writer) -> Chapter:
    """Documents and editions. The numbered notes follow: each renderer sets them, for it owns their anchors."""
    blocks: list[Block] = []
    if not data.documents and not data.editions:
        blocks.append(unknown("Aucun document n'est enregistré."))
    sections = []
    if data.documents:
        lines = tuple(
            (
                *words(f"{document.code}. ", strong=True),
                *words(", ".join(part for part in (document.title, document.publisher, document.printed_on) if part)),
            )
            for document in data.documents
        )
        sections.append(Section("Documents", (Bullets(lines),)))
    if data.editions:
        items = []
        for edition in data.editions:
            known = (edition.publisher, edition.vintage, edition.origin)
            said = ", ".join(part for part in known if part and part not in edition.title)
            text = f"{edition.title}{f' ({said})' if said else ''}, chargé le {edition.loaded_on:%d/%m/%Y}"
            checksum = (
                f"Empreinte SHA-256 : {edition.sha256}" if edition.sha256 else "Empreinte : aucun fichier conservé"
            )
            items.append((*words(text), Span(typography(f"\n{checksum}"))))
        sections.append(Section("Éditions chargées", (Bullets(tuple(items)),)))
    return Chapter("sources", "Sources", tuple(blocks), tuple(sections))
