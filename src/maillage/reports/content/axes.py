"""The chapters by axis (or by territory): what documents assert, and the projects supported."""

from __future__ import annotations

from collections.abc import Sequence

from maillage.documents.model import Align, Block, Chapter, Column, Row, Section, Span, Table
from maillage.reports.content.data import AnnualData, Assertion, AxisFacts, ProjectFacts
from maillage.reports.content.parts import NO_TEXT, axis_name, unknown
from maillage.reports.content.writer import Writer, period_label, verdict, words
from maillage.ui.units import typography


def group_chapters(data: AnnualData, writer: Writer) -> list[Chapter]:
    if data.by_territory:
        return _territory_chapters(data, writer)
    return [_axis_chapter(axis, data, writer) for axis in data.axes]


def _axis_chapter(axis: AxisFacts, data: AnnualData, writer: Writer) -> Chapter:
    own = [assertion for assertion in data.assertions if assertion.axis_code == axis.code]
    projects = [project for project in data.projects if project.axis_code == axis.code]
    label = f"{data.axis_word} {axis.number}"
    blocks: list[Block] = []
    table = assertions_table(own, data, writer, f"Ce que les documents affirment, {label}")
    blocks.append(table or unknown(f"Aucun chiffre n'est enregistré pour {data.year} ({label})."))
    sections = (_projects_section(projects, data, writer, label, by_axis=False),)
    return Chapter(f"axis-{axis.number}", axis_name(data, axis), tuple(blocks), sections, label.capitalize())


def _territory_chapters(data: AnnualData, writer: Writer) -> list[Chapter]:
    named = {project.territory_code: project.territory for project in data.projects}
    named |= {assertion.territory_code: assertion.territory for assertion in data.assertions if assertion.axis_code}
    named |= {line.territory_code: line.territory for line in data.credits}
    chapters = []
    for code, name in sorted(named.items(), key=lambda item: (item[0] != data.territory_code, item[1])):
        own = [a for a in data.assertions if a.territory_code == code and a.axis_code]
        projects = [project for project in data.projects if project.territory_code == code]
        table = assertions_table(own, data, writer, f"Ce que les documents affirment : {name}")
        blocks: tuple[Block, ...] = (table or unknown(f"Aucun chiffre n'est enregistré pour {data.year} ({name})."),)
        section = _projects_section(projects, data, writer, name, by_axis=True)
        chapters.append(Chapter(f"territory-{code}", typography(name), blocks, (section,)))
    return chapters


def assertions_table(assertions: Sequence[Assertion], data: AnnualData, writer: Writer, caption: str) -> Table | None:
    """One line per assertion of the year; the same figure of the year before stands beside it."""
    current = [a for a in assertions if not a.earlier and not a.in_table]
    if not current:
        return None
    earlier = {(a.label, a.territory_code): a for a in assertions if a.earlier}
    rows = []
    for assertion in current:
        name = assertion.label
        if assertion.territory_code != data.territory_code and not data.by_territory:
            name = f"{name} ({assertion.territory})"
        past = earlier.get((assertion.label, assertion.territory_code))
        shown_past = (*writer.cite_assertion(past), Span(f" ({period_label(past.period)})")) if past else NO_TEXT
        rows.append(
            Row(
                (
                    words(name),
                    words(period_label(assertion.period)),
                    writer.cite_assertion(assertion),
                    shown_past,
                    verdict(assertion.finding, waived=assertion.waiver is not None),
                )
            )
        )
    columns = [
        Column("Chiffre", weight=5),
        Column("Période", weight=2),
        Column("Imprimé", align=Align.END, weight=2),
        Column("Avant", align=Align.END, weight=2),
        Column("Contrôle", weight=3),
    ]
    if not any(row.cells[3] for row in rows):
        columns.pop(3)
        rows = [Row((*row.cells[:3], row.cells[4])) for row in rows]
    return writer.table(caption, columns, rows)


def _projects_section(
    projects: Sequence[ProjectFacts], data: AnnualData, writer: Writer, label: str, *, by_axis: bool
) -> Section:
    title = "Projets soutenus"
    if not projects:
        return Section(title, (unknown(f"Aucun projet n'est listé pour {data.year} ({label})."),))
    numbers = {axis.code: axis.number for axis in data.axes}

    def group(project: ProjectFacts) -> str:
        if by_axis:
            return f"{data.axis_word.capitalize()} {numbers.get(project.axis_code, '')}".strip()
        return project.territory

    ordered = sorted(projects, key=lambda project: (group(project), project.organisation, project.subject))
    rows = []
    for project in ordered:
        name = project.organisation
        if project.partners:
            name = f"{name}, avec {project.partners}"
        rows.append(Row((words(group(project)), words(name), words(project.subject))))
    heading = data.axis_word.capitalize() if by_axis else "Territoire"
    columns = [Column(heading, weight=2), Column("Structure", weight=4), Column("Objet", weight=4)]
    note = writer.note(ordered[0].source)
    caption = f"Projets soutenus par les crédits du commissaire, {label}"
    table = writer.table(caption, columns, rows, notes=(note,))
    return Section(title, (table,))
