"""The portrait on two pages of A4: the figures on the first, then the place, the map, the services and the pact.

Every figure has its source under it; the last lines name the editions, and the fingerprint that the page bears too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from maillage.directory.models import ServicePoint
from maillage.documents.model import (
    Align,
    Block,
    Chapter,
    Column,
    Cover,
    Document,
    KeyFigure,
    KeyFigures,
    Layout,
    Paragraph,
    ParagraphKind,
    Picture,
    Row,
    Section,
    Span,
    Table,
    Text,
)
from maillage.indicators.selectors.values import Value, period_label
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors import portrait_drawings as drawings
from maillage.observatory.selectors import portrait_tables as tables
from maillage.observatory.selectors.portrait import Figure, Portrait, edition_words
from maillage.observatory.selectors.portrait_offer import Services
from maillage.observatory.selectors.portrait_pact import NOT_SPLIT, RELATION_FR, Pact
from maillage.observatory.selectors.portrait_words import day, interval, written
from maillage.territories.enums import Level
from maillage.ui import maps, units
from maillage.ui import tables as page_tables
from maillage.ui.units import typography

# What two pages hold: the rest is on the page of the site, and the paper says how much it leaves there.
FIGURES, CHANGES, POINTS, CONTRACTS, AXES, CREDITS, EDITIONS = 38, 6, 8, 6, 6, 4, 8
PLACES = 40  # communes or départements named with their number of points
MAP_LETTERS = 1.3  # a map half a page wide keeps a legend that is read
FEW = 14  # figures that leave half of their page free
LONGEST = 70  # letters of a name or of opening hours that a cell holds


def document_of(portrait: Portrait) -> Document:
    """The whole document, ready for a renderer."""
    return Document(
        cover=Cover(
            title=typography(f"Portrait{NBSP}: {portrait.territory.name}"),
            subtitle=typography(portrait.identity),
            publisher="Observatoire",
            edited_on=day(portrait.on),
            marks=("Contient des montants inventés, pour la démonstration.",)
            if portrait.pact.has_demonstration
            else (),
        ),
        chapters=(*_chapters(portrait),),
        layout=Layout.BRIEF,
    )


def _chapters(portrait: Portrait) -> tuple[Chapter, Chapter]:
    """Two pages: few figures leave room beside them for the place and the map."""
    seen = (Section("Sa place", tuple(_position(portrait))), Section("Où il est", tuple(_map(portrait))))
    rest = (
        Section("Évolution", tuple(_evolution(portrait))),
        Section("Services et zonages", tuple(_services(portrait))),
        Section("Actions et euros du pacte", tuple(_pact(portrait))),
        Section("D’où viennent ces chiffres", tuple(_origins(portrait))),
    )
    roomy = sum(len(group.figures) for group in portrait.groups) <= FEW
    first, second = (seen, rest) if roomy else ((), (*seen, *rest))
    title = "Évolution, services et pacte" if roomy else "Sa place, ses services, le pacte"
    return (
        Chapter("chiffres", "Chiffres clés", (*_tiles(portrait), *_figures(portrait)), first),
        Chapter("pacte", title, sections=second, new_page=True),
    )


def _text(words: str, *, strong: bool = False) -> Text:
    return (Span(typography(words), strong=strong),)


def _small(*words: str) -> list[Block]:
    said = " ".join(word for word in words if word)
    return [Paragraph(_text(said), ParagraphKind.SMALL)] if said else []


def _source(label: str) -> str:
    return f"Source{NBSP}: {label}." if label else ""


def _cut(words: str) -> str:
    """At most `LONGEST` letters, cut where a part ends if one does."""
    if len(words) <= LONGEST:
        return words
    kept = words[: LONGEST - 1]
    return f"{kept[: kept.rfind(';')] if ';' in kept else kept.rstrip()}…"


# --- first page ------------------------------------------------------------------------------------------------------


def _tiles(portrait: Portrait) -> list[Block]:
    items = [
        KeyFigure(
            _text(written(one.indicator, one.value)), typography(one.indicator.label), _text(_detail(portrait, one))
        )
        for one in portrait.tiles
    ]
    source = tables.sources_of(portrait.tiles)
    return [KeyFigures(tuple(items)), *_small(_source(source), portrait.around.across)] if items else []


def _detail(portrait: Portrait, one: Figure) -> str:
    """The year, the interval or the reason, the EPCI's value for a commune without its own, the difference."""
    told = [one.value.period_label, interval(one.value), "" if one.value.known else one.value.reason]
    if not one.value.known and one.epci is not None and one.epci.known and portrait.epci is not None:
        told.append(f"EPCI {portrait.epci.name}{NBSP}: {written(one.indicator, one.epci)}")
    if one.difference and portrait.reference is not None:
        told.append(f"{portrait.reference.name}{NBSP}: {one.difference}")
    return f"{NBSP}; ".join(word for word in told if word)


def _figures(portrait: Portrait) -> list[Block]:
    """One table of every group, each group under a line of its own."""
    columns = [Column("Indicateur", weight=13), Column("Année", weight=4)]
    columns.append(Column(typography(portrait.territory.name), align=Align.END, weight=6))
    if portrait.epci_column is not None:
        columns.append(Column(f"EPCI{NBSP}: {portrait.epci_column.name}", align=Align.END, weight=6))
    if portrait.reference is not None:
        columns += [Column(typography(portrait.reference_name), align=Align.END, weight=5), Column("Écart", weight=8)]
    rows, shown, left = _figure_rows(portrait, len(columns))
    notes = [_source(tables.sources_of(shown))]
    notes += [f"{left} autres chiffres sont sur la page du site."] if left else []
    if portrait.epci is not None:
        notes.append("La valeur de l’EPCI est donnée sous son nom : rien n’en est reporté sur la commune.")
    if not portrait.has_statistics:
        notes.append("Peu de statistiques sont chargées pour ce territoire.")
    table = Table(_text("Chiffres du territoire et de sa référence"), tuple(columns), tuple(rows))
    return [table, *_small(*notes)]


def _figure_rows(portrait: Portrait, width: int) -> tuple[list[Row], list[Figure], int]:
    rows: list[Row] = []
    shown: list[Figure] = []
    every = sum(len(group.figures) for group in portrait.groups)
    for group in portrait.groups:
        kept = group.figures[: max(0, FIGURES - len(shown))]
        if not kept:
            continue
        rows.append(Row((_text(group.title), *((_text(""),) * (width - 1))), total=True))
        rows += [_figure_row(portrait, one) for one in kept]
        shown += kept
    return rows, shown, every - len(shown)


def _figure_row(portrait: Portrait, one: Figure) -> Row:
    cells = [_text(one.indicator.label), _text(one.value.period_label), _text(_worth(one, one.value))]
    if portrait.epci_column is not None:
        cells.append(_text(_worth(one, one.epci, beside=one.value)))
    if portrait.reference is not None:
        cells += [_text(_worth(one, one.reference, beside=one.value)), _text(one.difference)]
    return Row(tuple(cells))


def _worth(one: Figure, value: Value | None, *, beside: Value | None = None) -> str:
    """The number and its interval; the reason where there is none; its year where it is another one."""
    if value is None:
        return written(one.indicator, None)
    told = [written(one.indicator, value), interval(value)]
    if beside is not None and value.known and value.period != beside.period:
        told.append(period_label(value.period))
    return ", ".join(word for word in told if word)


# --- second page -----------------------------------------------------------------------------------------------------


def _position(portrait: Portrait) -> list[Block]:
    if not portrait.positions:
        return [Paragraph(_text(f"Aucun rang{NBSP}: la valeur n’est pas connue, ou moins de trois pairs en ont une."))]
    shown = portrait.positions[:4]
    told = tables.position_table(portrait)
    rows = [
        Row(
            (
                _text(one.indicator.label),
                _text(f"{one.rank_fr}, {one.unknown} sans valeur" if one.unknown else one.rank_fr),
                _text(written(one.indicator, Value(one.middle, one.indicator.unit))),
            )
        )
        for one in portrait.positions
    ]
    columns = (
        Column("Indicateur", weight=4),
        Column("Rang, du plus élevé", weight=4),
        Column("Médiane", align=Align.END, weight=2),
    )
    label = f"Parmi les {portrait.around.peers_label}"
    alt = " ".join(f"{one.indicator.label}{NBSP}: {one.rank_fr}." for one in shown)
    legend = f"Triangle{NBSP}: {portrait.territory.name}{NBSP}; grand trait{NBSP}: médiane"
    legend += f"{NBSP}; losange{NBSP}: {portrait.reference.name}." if portrait.reference is not None else "."
    return [
        Picture(
            _text(label), typography(alt), svg=drawings.strips(shown, portrait.territory.name, id="pairs"), width=100
        ),
        Table(_text("Rangs et médianes"), columns, tuple(rows)),
        *_small(legend, told.note, _source(told.source)),
    ]


def _evolution(portrait: Portrait) -> list[Block]:
    if not portrait.series:
        return [Paragraph(_text("Une période au plus est chargée : il n’y a pas d’évolution à montrer."))]
    told = tables.evolution_table(portrait)
    columns = (
        Column("Indicateur", weight=3),
        Column("De", weight=2),
        Column("À", weight=2),
        Column("Évolution", weight=4),
    )
    rows = [
        Row(tuple(_text(_shown(told, row, key)) for key in ("indicator", "before", "after", "change")))
        for row in told.rows
    ]
    return [
        Table(_text(told.caption), columns, tuple(rows[:CHANGES])),
        *_small(_left(len(rows), CHANGES, "évolutions"), _source(told.source)),
    ]


def _shown(table: page_tables.Table, row: object, key: str) -> str:
    column = table.column(key)
    assert column is not None  # noqa: S101  (keys of our own columns)
    assert isinstance(row, dict)  # noqa: S101  (rows that we made)
    return page_tables.display(column, table.cell(row, key))


def _left(count: int, kept: int, what: str) -> str:
    return f"{count - kept} autres {what} sont sur la page du site." if count > kept else ""


def _services(portrait: Portrait) -> list[Block]:
    found: list[Block] = []
    services = portrait.services
    if services is None:
        found.append(Paragraph(_text("Aucune liste de points de service n’est chargée.")))
    else:
        own = f", dont {services.own} dans la commune" if portrait.epci is not None else ""
        found.append(Paragraph(_text(f"{services.area.name}{NBSP}: {services.words}{own}.")))
        found += _points(services, portrait.territory.level)
        found += _small(_source(tables.service_source(services)))
    for one in portrait.zonings:
        vintage = f" ({one.vintage})" if one.vintage else ""
        found.append(Paragraph(_text(f"{one.scheme}{vintage}{NBSP}: {_few(one.classes, portrait.territory.level)}.")))
        found += _small(_source(one.source))
    return found


def _points(services: Services, level: str) -> list[Block]:
    """Their hours where they are few; else how many there are in each commune, or in each département."""
    points = services.points
    if 0 < len(points) <= POINTS:
        columns = (Column("Commune", weight=2), Column("Nature", weight=2), Column("Horaires", weight=4))
        rows = [
            Row((_text(_commune(point)), _text(point.get_kind_display()), _text(_cut(point.hours or "non précisé"))))
            for point in points
        ]
        return [Table(_text("Points de service"), columns, tuple(rows))]
    wide = level in (Level.COUNTRY, Level.REGION)
    counted = Counter(_departement(point) if wide else _commune(point) for point in points)
    told = [name if count == 1 else f"{name} ({count})" for name, count in sorted(counted.items())]
    return [Paragraph(_text(f"{_listed(told, PLACES)}."), ParagraphKind.SMALL)] if told else []


def _commune(point: ServicePoint) -> str:
    return point.territory.name if point.territory is not None else point.town


def _departement(point: ServicePoint) -> str:
    above = point.territory.parent if point.territory is not None else None
    return above.name if above is not None else "hors des communes chargées"


def _few(classes: Sequence[tuple[str, int]], level: str) -> str:
    if level == Level.COMMUNE:
        return classes[0][0]
    return ", ".join(f"{label} ({count})" for label, count in classes)


def _map(portrait: Portrait) -> list[Block]:
    drawn = portrait.map
    if drawn is None:
        return [Paragraph(_text("Aucun contour ni centre n’est chargé : pas de carte."))]
    schematic = "Carte schématique." if drawn.schematic else ""
    caption = Picture(_text(drawn.title), typography(drawn.alt), svg=maps.svg(drawn, letters=MAP_LETTERS), width=100)
    return [caption, *_small(schematic, _cut_note(drawn.note), _source(drawn.source))]


def _cut_note(note: str) -> str:
    return note if len(note) <= 4 * LONGEST else f"{note[: 4 * LONGEST - 1].rstrip()}…"


def _pact(portrait: Portrait) -> list[Block]:
    pact = portrait.pact
    found: list[Block] = []
    if pact.contracts:
        found += _contracts(pact)
    if pact.axes:
        columns = (
            Column("Axe", weight=4),
            Column("Fiches", align=Align.END, weight=1),
            Column("Prévu", align=Align.END, weight=2),
        )
        rows = [Row((_text(_cut(one.title)), _text(str(one.sheets)), _text(_money(one.planned)))) for one in pact.axes]
        found.append(Table(_text("Actions par axe"), columns, tuple(rows[:AXES])))
    if pact.credits:
        found += _credits(pact)
    told = [f"{one.title} ({one.territory.name})" for one in pact.local_pacts]
    if told:
        found.append(Paragraph(_text(f"Pactes locaux en vigueur{NBSP}: {_listed(told)}.")))
    if pact.is_empty:
        found.append(
            Paragraph(_text("Aucun contrat signé ni pacte local en vigueur n’est connu de qui a édité ce portrait."))
        )
    return found


def _contracts(pact: Pact) -> list[Block]:
    columns = (
        Column("Contrat", weight=9),
        Column("Où", weight=5),
        Column("Fiches", align=Align.END, weight=3),
        Column("Prévu, tous financeurs", align=Align.END, weight=8),
    )
    rows = [
        Row(
            (
                _text(f"{line.contract.territory.name}, {line.contract.get_kind_display()}"),
                _text(RELATION_FR[line.relation]),
                _text(str(line.sheets)),
                _text(", ".join(word for word in (_money(line.planned), line.split_fr) if word)),
            )
        )
        for line in pact.contracts[:CONTRACTS]
    ]
    table = Table(_text("Contrats signés"), columns, tuple(rows))
    source = "Source : contrats enregistrés dans cette instance, visibles de qui a édité ce portrait."
    return [table, *_small(_left(len(pact.contracts), CONTRACTS, "contrats"), source)]


def _credits(pact: Pact) -> list[Block]:
    columns = (Column("Territoire", weight=3), Column("Année", weight=1), Column("Crédits", align=Align.END, weight=3))
    rows = [
        Row(
            (
                _text(one.territory.name),
                _text(one.value.period_label),
                _text(", ".join(word for word in (_euros(one.value), "" if one.is_own else NOT_SPLIT) if word)),
            )
        )
        for one in pact.credits[-CREDITS:]
    ]
    sources = dict.fromkeys(source.label for one in pact.credits for source in one.value.sources)
    return [
        Table(_text("Crédits de la contractualisation"), columns, tuple(rows)),
        *_small(_source(", ".join(sources))),
    ]


def _euros(value: Value) -> str:
    return units.format_value(value.amount, unit="EUR", decimals=0)


def _money(amount: object) -> str:
    return units.format_value(amount, unit="EUR")


def _listed(words: Iterable[str], most: int = 6) -> str:
    every = list(words)
    kept = f"{NBSP}; ".join(every[:most])
    return f"{kept}{NBSP}; et {len(every) - most} autres" if len(every) > most else kept


def _origins(portrait: Portrait) -> list[Block]:
    told = [edition_words(one) for one in portrait.editions]
    editions = (
        f"Éditions utilisées{NBSP}: {_listed(told, EDITIONS)}." if told else "Aucune édition de source n’est chargée."
    )
    mark = f"Empreinte{NBSP}: {portrait.fingerprint}. La page du site porte la même pour les mêmes chiffres."
    return _small(editions, mark)
