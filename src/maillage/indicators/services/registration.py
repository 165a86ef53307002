"""The kinds of files of figures that the import page and the command `maillage import` offer."""

from __future__ import annotations

from maillage.indicators import services
from maillage.sources import registry

IMPORTERS = (
    registry.Importer(
        "documents",
        "Documents",
        "Liste de documents : code, title_fr, publisher, date_printed, note (en-têtes anglais ou français).",
        services.import_documents,
        order=50,
    ),
    registry.Importer(
        "indicators",
        "Définitions d'indicateurs",
        "code, label, unit, nature (stock, flow, share, level), sommable ou non, définition, méthode, limites.",
        services.import_indicators,
        order=51,
    ),
    registry.Importer(
        "stated",
        "Chiffres énoncés",
        "Chiffres tels qu'un document les imprime : id, label_fr, territory_code, period, value, unit, printed_as, "
        "relation, document, locator, note ; en option perimeter, indicator, axis, measure, table, row, column.",
        services.import_stated_figures,
        order=52,
    ),
    registry.Importer(
        "tables",
        "Tableaux imprimés",
        "Crédits par territoire et par année, ou couverture santé par caisse, tels qu'un document les imprime.",
        services.import_printed_table,
        order=53,
    ),
    registry.Importer(
        "observations",
        "Observations",
        "Valeurs observées : indicator, territory_code, period, value, status ; en option low, high, numerator, "
        "denominator, geography, perimeter, axis, document, locator, note.",
        services.import_observations,
        order=54,
    ),
)


def register() -> None:
    for importer in IMPORTERS:
        registry.register(importer)
