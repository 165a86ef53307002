from __future__ import annotations

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "maillage.territories"
    verbose_name = "Territoires"

    def ready(self) -> None:
        from maillage.sources.registry import Importer, always, register
        from maillage.territories import services
        from maillage.ui import navigation

        navigation.register("Territoires", url_name="territories", order=30, also=("territory",))
        register(
            Importer(
                kind="cog",
                label="Code officiel géographique",
                help="INSEE\u00a0: regions.csv, puis departements.csv, puis communes.csv.",
                load=services.load_cog,
                way_back=services.cog_way_back,
                order=10,
            )
        )
        register(
            Importer(
                kind="movements",
                label="Mouvements de communes",
                help="INSEE\u00a0: fusions, rétablissements et changements de code depuis 1943.",
                load=services.load_movements,
                way_back=always,
                order=20,
            )
        )
        register(
            Importer(
                kind="populations",
                label="Populations légales",
                help="INSEE\u00a0: population municipale et totale par commune.",
                load=services.load_populations,
                way_back=always,
                order=30,
            )
        )
        register(
            Importer(
                kind="epci",
                label="Composition des EPCI",
                help="DGCL\u00a0: communes membres de chaque EPCI à fiscalité propre.",
                load=services.load_epci,
                way_back=always,
                order=40,
            )
        )
        register(
            Importer(
                kind="contours",
                label="Contours",
                help="GeoJSON en WGS84 (communes, EPCI, départements), ou table de points.",
                load=services.load_contours,
                way_back=always,
                order=50,
            )
        )
        register(
            Importer(
                kind="density",
                label="Grille de densité",
                help="INSEE\u00a0: niveau de densité de chaque commune, de 1 (la plus dense) à 7 (CSV, XLSX ou JSON).",
                load=services.load_density,
                way_back=always,
                order=80,
            )
        )
        register(
            Importer(
                kind="zoning",
                label="Zonage rural",
                help="ANCT\u00a0: classement de chaque commune, C, PC ou NC (CSV, XLSX ou JSON).",
                load=services.load_zoning,
                way_back=always,
                order=90,
            )
        )
