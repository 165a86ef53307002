"""The kinds of files of figures that the import page and the command `maillage import` offer."""

from __future__ import annotations

from maillage.indicators import services
from maillage.indicators.services import statistics, statistics_table
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
    registry.Importer(
        "filosofi",
        "Filosofi (revenus et pauvreté)",
        "INSEE, tel que publié : cc_filosofi_ANNÉE_COM.csv (ou EPCI, DEP, REG), DS_FILOSOFI_CC_ANNÉE_data.csv, "
        "ou un tableau par EPCI dont le nom dit l'année.",
        statistics.load_filosofi,
        order=60,
        way_back=registry.always,
    ),
    registry.Importer(
        "caf",
        "Prestations des CAF par commune",
        "CNAF, série communale s_ben_com_f : effectifs de décembre, arrondis à 5, régime des CAF seul.",
        statistics.load_caf,
        order=61,
        way_back=registry.always,
    ),
    registry.Importer(
        "caf-iris",
        "Prestations des CAF par IRIS",
        "CNAF par l'INSEE : effectifs au 31 décembre ; les IRIS qui manquent sont ajoutés sous leur commune.",
        statistics.load_caf_iris,
        order=62,
        way_back=registry.always,
    ),
    registry.Importer(
        "table",
        "Tableau décrit par une correspondance",
        "Tout CSV, XLSX, ODS ou JSON, avec un fichier (TOML ou JSON) qui dit où lire territoire, période, indicateurs.",
        statistics_table.load_table,
        order=63,
        way_back=registry.always,
    ),
)


def register() -> None:
    for importer in IMPORTERS:
        registry.register(importer)
