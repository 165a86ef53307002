"""The merge fields of each document, declared once: what a template may use, and what the page of fields explains.

A test holds this catalogue equal to what `contexts`, `changes` and `results` really give.
"""

from __future__ import annotations

from datetime import date

from maillage.contracts.enums import DocumentKind
from maillage.documents.merge import Catalogue, Field, Kind
from maillage.kernel.money import Money

_STATE, _BOTH = Money.of(40_000), Money.of(80_000)
_DAY = date(2024, 6, 1)


def _heading() -> list[Field]:
    return [
        Field("document.nature", "Ce qu'est le document", "Convention"),
        Field("document.mention", "Projet, ou données inventées : à écrire sur chaque page", "Exemple, sans valeur"),
        Field("document.projet", "Si le texte n'est pas encore signé ou validé", False, Kind.YES_NO),
        Field("document.date", "Entrée en vigueur de la version ; jour d'édition d'un projet", _DAY, Kind.DATE),
        Field(
            "reference.texte",
            "Référence, version et empreinte : à écrire sur chaque page",
            "EXEMPLE-1 · version 1 · 0123456789abcdef",
        ),
        Field("reference.adresse", "Adresse où la page se vérifie", "https://exemple.invalid/verifier/EXEMPLE-1/1/"),
        Field("reference.empreinte", "Seize premiers chiffres de l'empreinte SHA-256", "0123456789abcdef"),
    ]


def _contract() -> list[Field]:
    return [
        Field("contrat.reference", "Référence du contrat", "EXEMPLE-1"),
        Field("contrat.intitule", "Intitulé du contrat", "Contrat d'exemple"),
        Field("contrat.nature", "Nature du contrat", "Contrat local des solidarités"),
        Field("contrat.objet", "Objet", "Ce que les parties font ensemble."),
        Field("contrat.territoire", "Territoire", "Territoire d'exemple"),
        Field("contrat.debut", "Début", date(2024, 1, 1), Kind.DATE),
        Field("contrat.fin", "Fin", date(2027, 12, 31), Kind.DATE),
        Field("contrat.periode", "Première et dernière année", "2024-2027"),
        Field("contrat.version", "Numéro de la version ; inconnu pour un projet", 1, Kind.NUMBER),
        Field("contrat.en_vigueur_le", "Entrée en vigueur de la version", _DAY, Kind.DATE),
        Field("contrat.avenant", "Avenant qui a fait cette version, s'il y en a un", "avenant n° 1 : Exemple"),
        Field("contrat.delibere_le", "Date de la délibération", _DAY, Kind.DATE),
        Field("contrat.signe_partenaire_le", "Date de signature du partenaire", _DAY, Kind.DATE),
        Field("contrat.signe_prefet_le", "Date de signature du préfet", _DAY, Kind.DATE),
        Field("contrat.total", "Total prévu, tous financeurs et toutes années", _BOTH, Kind.MONEY),
        Field("contrat.etat_ae", "Crédits de l'État, autorisations d'engagement", _STATE, Kind.MONEY),
        Field("contrat.etat_cp", "Crédits de l'État, crédits de paiement", _STATE, Kind.MONEY),
        Field("contrat.etat_part", "Part de l'État, apports en nature exclus", "50 %"),
        Field("contrat.plafond", "Somme des plafonds annuels de l'État", _STATE, Kind.MONEY),
        Field("contrat.nombre_actions", "Nombre de fiches action", 2, Kind.NUMBER),
    ]


def _signatories() -> list[Field]:
    return [
        Field("signataires[]", "Les signataires, l'État d'abord", kind=Kind.LIST),
        Field("signataires[].partie", "Partie", "État"),
        Field("signataires[].organisme", "Organisme", "Organisme d'exemple"),
        Field("signataires[].qualite", "Qualité du signataire", "Préfet"),
        Field("signataires[].siret", "SIRET", "00000000000000"),
        Field("signataires[].signe_le", "Date de sa signature", _DAY, Kind.DATE),
    ]


def _money() -> list[Field]:
    return [
        Field("annees[]", "Les années du contrat", kind=Kind.LIST),
        Field("annees[].annee", "Année", "2024"),
        Field("annees[].plafond_ae", "Plafond de l'État (AE)", _STATE, Kind.MONEY),
        Field("annees[].plafond_cp", "Plafond de l'État (CP)", _STATE, Kind.MONEY),
        Field("annees[].budget", "Budget de l'année, tous financeurs", _BOTH, Kind.MONEY),
        Field("annees[].notification", "Référence de la notification", "Notification d'exemple"),
        Field("annees[].etat_ae", "Crédits de l'État prévus (AE)", _STATE, Kind.MONEY),
        Field("annees[].etat_cp", "Crédits de l'État prévus (CP)", _STATE, Kind.MONEY),
        Field("annees[].collectivites", "Apport des collectivités, en numéraire", _STATE, Kind.MONEY),
        Field("annees[].autres", "Apport des autres financeurs, en numéraire", Money.zero(), Kind.MONEY),
        Field("annees[].nature", "Apports en nature", Money.zero(), Kind.MONEY),
        Field("annees[].total", "Total de l'année", _BOTH, Kind.MONEY),
        Field("financeurs[]", "Les financeurs, toutes années", kind=Kind.LIST),
        Field("financeurs[].nom", "Financeur", "État"),
        Field("financeurs[].famille", "État, collectivités ou autres", "État"),
        Field("financeurs[].numeraire", "Apport en numéraire", _STATE, Kind.MONEY),
        Field("financeurs[].nature", "Apport en nature", Money.zero(), Kind.MONEY),
        Field("financeurs[].total", "Total du financeur", _STATE, Kind.MONEY),
        Field("financements[]", "Un financeur, une année, en numéraire ou en nature", kind=Kind.LIST),
        *_line("financements[]"),
    ]


def _line(prefix: str) -> list[Field]:
    return [
        Field(f"{prefix}.annee", "Année", "2024"),
        Field(f"{prefix}.financeur", "Financeur", "État"),
        Field(f"{prefix}.famille", "État, collectivités ou autres", "État"),
        Field(f"{prefix}.apport", "En numéraire ou en nature", "en numéraire"),
        Field(f"{prefix}.ae", "Montant prévu (AE)", _STATE, Kind.MONEY),
        Field(f"{prefix}.cp", "Montant prévu en paiement (CP)", _STATE, Kind.MONEY),
    ]


def _action(prefix: str) -> list[Field]:
    return [
        Field(f"{prefix}.code", "Code de la fiche", "A01"),
        Field(f"{prefix}.intitule", "Intitulé de l'action", "Action d'exemple"),
        Field(f"{prefix}.axe", "Axe", "Axe d'exemple"),
        Field(f"{prefix}.mesure", "Mesure du pacte, ou mesure socle", "Mesure d'exemple"),
        Field(f"{prefix}.besoin", "Besoin constaté", "Un besoin d'exemple."),
        Field(f"{prefix}.indicateur_du_besoin", "Indicateur qui montre le besoin", "Indicateur d'exemple"),
        Field(f"{prefix}.nature", "Nouvelle ou renforcée", "Nouvelle"),
        Field(f"{prefix}.justification", "En quoi elle est nouvelle ou renforcée", "Explication d'exemple."),
        Field(f"{prefix}.elargissement", "Public ou territoire élargi", "Élargissement d'exemple."),
        Field(f"{prefix}.contenu", "Contenu", "Contenu d'exemple."),
        Field(f"{prefix}.public", "Public visé", "Public d'exemple"),
        Field(f"{prefix}.territoires", "Territoires concernés", "Territoires d'exemple"),
        Field(f"{prefix}.pilote", "Pilote", "Service d'exemple"),
        Field(f"{prefix}.partenaires", "Partenaires", "Partenaires d'exemple"),
        Field(f"{prefix}.debut", "Début de l'action", date(2024, 1, 1), Kind.DATE),
        Field(f"{prefix}.fin", "Fin de l'action", date(2025, 12, 31), Kind.DATE),
        Field(f"{prefix}.etapes", "Étapes", "Une étape d'exemple"),
        Field(f"{prefix}.total", "Total prévu, tous financeurs", _BOTH, Kind.MONEY),
        Field(f"{prefix}.etat_ae", "Crédits de l'État (AE)", _STATE, Kind.MONEY),
        Field(f"{prefix}.annees[]", "Le coût de l'action, par année", kind=Kind.LIST),
        Field(f"{prefix}.annees[].annee", "Année", "2024"),
        Field(f"{prefix}.annees[].cout_total", "Coût total", _BOTH, Kind.MONEY),
        Field(f"{prefix}.annees[].assiette", "Assiette éligible", _BOTH, Kind.MONEY),
        Field(f"{prefix}.lignes[]", "Qui paie l'action", kind=Kind.LIST),
        *_line(f"{prefix}.lignes[]"),
        Field(f"{prefix}.indicateurs[]", "Les indicateurs suivis", kind=Kind.LIST),
        Field(f"{prefix}.indicateurs[].nom", "Indicateur", "Indicateur d'exemple"),
        Field(f"{prefix}.indicateurs[].situation_initiale", "Situation initiale", "10 personnes"),
        Field(f"{prefix}.indicateurs[].periode_initiale", "Période de la situation initiale", "2023"),
        Field(f"{prefix}.indicateurs[].methode", "Comment on compte", "Personnes uniques"),
        Field(f"{prefix}.indicateurs[].cibles_en_clair", "Toutes les cibles, sur une ligne", "2024 : 20 personnes"),
        Field(f"{prefix}.indicateurs[].cibles[]", "Les cibles, par année", kind=Kind.LIST),
        Field(f"{prefix}.indicateurs[].cibles[].annee", "Année", "2024"),
        Field(f"{prefix}.indicateurs[].cibles[].valeur", "Cible", "20 personnes"),
    ]


def _amendment() -> list[Field]:
    return [
        Field("avenant.numero", "Numéro de l'avenant", 1, Kind.NUMBER),
        Field("avenant.objet", "Objet", "Objet d'exemple"),
        Field("avenant.natures", "Ce que l'avenant change", "montants"),
        Field("avenant.motif", "Motif", "Motif d'exemple."),
        Field("avenant.version_de_depart", "Version qu'il modifie", 1, Kind.NUMBER),
        Field("avenant.depart_en_vigueur_le", "Entrée en vigueur de cette version", _DAY, Kind.DATE),
        Field("avenant.version_nouvelle", "Version qu'il fait ; inconnue pour un projet", 2, Kind.NUMBER),
        Field("avenant.nombre_de_changements", "Nombre de changements", 3, Kind.NUMBER),
        Field("changements[]", "Les parties du texte qui changent", kind=Kind.LIST),
        Field("changements[].titre", "Partie du texte", "Fiche A01 : Action d'exemple"),
        Field("changements[].sort", "Modifié, ajouté ou retiré", "modifié"),
        Field("changements[].lignes[]", "Ses changements, champ par champ", kind=Kind.LIST),
        Field("changements[].lignes[].libelle", "Champ", "Prévu (AE)"),
        Field("changements[].lignes[].sort", "Modifié, ajouté ou retiré", "modifié"),
        Field("changements[].lignes[].avant", "Avant", "40 000 €"),
        Field("changements[].lignes[].apres", "Après", "50 000 €"),
        Field("changements[].lignes[].ecart", "Écart, pour un nombre", "+10 000 €"),
        Field("effets[]", "Ce que devient chaque année, en euros", kind=Kind.LIST),
        Field("effets[].annee", "Année, ou l'ensemble", "2024"),
        Field("effets[].etat_avant", "Crédits de l'État avant", _STATE, Kind.MONEY),
        Field("effets[].etat_apres", "Crédits de l'État après", _STATE, Kind.MONEY),
        Field("effets[].total_avant", "Tous financeurs, avant", _BOTH, Kind.MONEY),
        Field("effets[].total_apres", "Tous financeurs, après", _BOTH, Kind.MONEY),
        Field("effets[].plafond_avant", "Plafond de l'État avant", _STATE, Kind.MONEY),
        Field("effets[].plafond_apres", "Plafond de l'État après", _STATE, Kind.MONEY),
        Field("ajouts[]", "Les fiches action ajoutées", kind=Kind.LIST),
        *_action("ajouts[]"),
    ]


def _report() -> list[Field]:
    return [
        Field("action.code", "Code de la fiche", "A01"),
        Field("action.intitule", "Intitulé de l'action", "Action d'exemple"),
        Field("action.axe", "Axe", "Axe d'exemple"),
        Field("action.mesure", "Mesure", "Mesure d'exemple"),
        Field("action.pilote", "Pilote", "Service d'exemple"),
        Field("rapport.annee", "Année du rapport", "2024"),
        Field("rapport.etat", "État du rapport", "Validé"),
        Field("rapport.attendu_le", "Attendu le", _DAY, Kind.DATE),
        Field("rapport.transmis_le", "Transmis le", _DAY, Kind.DATE),
        Field("rapport.valide_le", "Validé le", _DAY, Kind.DATE),
        Field("rapport.realisations", "Ce qui a été fait", "Réalisations d'exemple."),
        Field("rapport.difficultes", "Difficultés", "Difficultés d'exemple."),
        Field("rapport.suites", "Suites", "Suites d'exemple."),
        *_stages("rapport.total_", "Total "),
        Field("rapport.taux_execution", "Payé rapporté à prévu", "75 %"),
        Field("lignes[]", "Les lignes de financement de l'année", kind=Kind.LIST),
        Field("lignes[].financeur", "Financeur", "État"),
        Field("lignes[].famille", "État, collectivités ou autres", "État"),
        Field("lignes[].apport", "En numéraire ou en nature", "en numéraire"),
        *_stages("lignes[].", ""),
        Field("resultats[]", "Les relevés de l'année", kind=Kind.LIST),
        Field("resultats[].nom", "Indicateur", "Indicateur d'exemple"),
        Field("resultats[].periode", "Période", "2024"),
        Field("resultats[].situation_initiale", "Situation initiale", "10 personnes"),
        Field("resultats[].cible", "Cible", "20 personnes"),
        Field("resultats[].valeur", "Valeur validée", "18 personnes"),
        Field("resultats[].pourquoi_inconnue", "Pourquoi la valeur manque", "Raison d'exemple"),
        Field("resultats[].numerateur", "Numérateur d'une part", "18"),
        Field("resultats[].denominateur", "Dénominateur d'une part", "40"),
        Field("resultats[].releve", "État du relevé", "Validé"),
        Field("preuves[]", "Les preuves de l'année", kind=Kind.LIST),
        Field("preuves[].intitule", "Intitulé", "Pièce d'exemple"),
        Field("preuves[].date", "Date de la pièce", _DAY, Kind.DATE),
        Field("preuves[].empreinte", "Seize premiers chiffres de son empreinte", "0123456789abcdef"),
        Field("engagements[]", "Les engagements juridiques de l'année", kind=Kind.LIST),
        Field("engagements[].numero", "Numéro d'EJ", "0000000000"),
        Field("engagements[].siret", "SIRET du bénéficiaire", "00000000000000"),
        Field("engagements[].annee", "Année", "2024"),
    ]


def _stages(prefix: str, words: str) -> list[Field]:
    labels = {
        "prevu": "prévu",
        "attribue": "attribué",
        "engage": "engagé (AE)",
        "paye": "payé (CP)",
        "justifie": "justifié",
    }
    return [
        Field(f"{prefix}{name}", f"{words}{label}" if words else _capital(label), _STATE, Kind.MONEY)
        for name, label in labels.items()
    ]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


CATALOGUES: dict[str, Catalogue] = {
    DocumentKind.CONVENTION: Catalogue(
        [
            *_heading(),
            *_contract(),
            *_signatories(),
            *_money(),
            Field("actions[]", "Les fiches action", kind=Kind.LIST),
            *_action("actions[]"),
        ]
    ),
    DocumentKind.SHEET: Catalogue([*_heading(), *_contract(), *_action("action")]),
    DocumentKind.AMENDMENT: Catalogue([*_heading(), *_contract(), *_signatories(), *_amendment()]),
    DocumentKind.EXECUTION_REPORT: Catalogue([*_heading(), *_contract(), *_report()]),
}
