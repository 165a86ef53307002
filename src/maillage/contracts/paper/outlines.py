"""The built-in templates, one a document: used as they are, and downloaded by agents as a starting point."""

from __future__ import annotations

from functools import lru_cache

from maillage.contracts.enums import DocumentKind
from maillage.contracts.paper.catalogue import CATALOGUES
from maillage.contracts.paper.convention import CHANGES, FOLLOW_UP
from maillage.contracts.paper.others import UNCHANGED
from maillage.documents.enums import Format
from maillage.documents.merge.outline import (
    Block,
    Bullet,
    Column,
    Heading,
    If,
    Loop,
    LoopTable,
    Outline,
    Paragraph,
    default_template,
)
from maillage.documents.model import Align

OFFICE = (Format.DOCX, Format.ODT)


def _money(label: str, text: str) -> Column:
    return Column(label, text, Align.END)


def _outline(title: str, subtitle: str, blocks: tuple[Block, ...], territory: str = "") -> Outline:
    """Every page says what the document is worth, and carries its reference."""
    return Outline(
        title=title,
        subtitle=subtitle,
        territory=territory,
        blocks=blocks,
        banner="{{ document.mention }}",
        reference="{{ reference.texte }}",
        url="{{ reference.adresse }}",
    )


def _known(field: str, label: str) -> If:
    """A paragraph for what is known, nothing for what is not."""
    return If(field, (Paragraph(f"{label} : {{{{ {field} }}}}"),))


def _written(field: str) -> Paragraph:
    """What somebody wrote; that nobody did is said in words."""
    return Paragraph(f"{{% if {field} %}}{{{{ {field} }}}}{{% else %}}Non renseigné.{{% endif %}}")


def _said(field: str) -> If:
    return If(field, (Paragraph(f"{{{{ {field} }}}}"),))


_ROOM = "\n\n\n\n"  # to sign by hand


# --- pieces -----------------------------------------------------------------------------------------------------------

_SIGNATURES: tuple[Block, ...] = (
    Heading("Signatures"),
    LoopTable(
        "signataires",
        (
            Column("Partie", "{{ signataire.organisme }}"),
            Column("Qualité", "{{ signataire.qualite }}"),
            Column("Signature", "{% if signataire.signe_le %}Signé le {{ signataire.signe_le }}{% endif %}" + _ROOM),
        ),
    ),
)
_PARTIES: tuple[Block, ...] = (
    Heading("Parties"),
    Loop("signataires", (Bullet("{{ signataire.organisme }}, signataire : {{ signataire.qualite }}"),)),
)


def _action(name: str, level: int) -> tuple[Block, ...]:
    """One action sheet, under headings of a level."""
    return (
        Heading("Besoin constaté", level),
        _said(f"{name}.besoin"),
        _known(f"{name}.indicateur_du_besoin", "Indicateur qui le montre"),
        Heading("Action", level),
        _said(f"{name}.contenu"),
        _known(f"{name}.axe", "Axe"),
        _known(f"{name}.mesure", "Mesure"),
        _known(f"{name}.nature", "Nature"),
        _known(f"{name}.justification", "En quoi elle est nouvelle ou renforcée"),
        _known(f"{name}.elargissement", "Public ou territoire élargi"),
        _known(f"{name}.public", "Public visé"),
        _known(f"{name}.territoires", "Territoires concernés"),
        Heading("Pilotage et calendrier", level),
        _known(f"{name}.pilote", "Pilote"),
        _known(f"{name}.partenaires", "Partenaires"),
        _known(f"{name}.debut", "Début"),
        _known(f"{name}.fin", "Fin"),
        _known(f"{name}.etapes", "Étapes"),
        Heading("Financement", level),
        Paragraph(
            f"L'action prévoit {{{{ {name}.total }}}} ({{{{ {name}.total|montant_en_lettres }}}}), "
            f"dont {{{{ {name}.etat_ae }}}} de l'État."
        ),
        _costs(name),
        _lines(name),
        Heading("Indicateurs et cibles", level),
        _targets(name),
    )


def _costs(name: str) -> LoopTable:
    return LoopTable(
        f"{name}.annees",
        (
            Column("Année", "{{ annee.annee }}"),
            _money("Coût total", "{{ annee.cout_total }}"),
            _money("Assiette éligible", "{{ annee.assiette }}"),
        ),
    )


def _lines(name: str) -> LoopTable:
    return LoopTable(
        f"{name}.lignes",
        (
            Column("Année", "{{ ligne.annee }}"),
            Column("Financeur", "{{ ligne.financeur }}"),
            Column("Apport", "{{ ligne.apport }}"),
            _money("Prévu (AE)", "{{ ligne.ae }}"),
            _money("Prévu (CP)", "{{ ligne.cp }}"),
        ),
        total=("Total", "", "", f"{{{{ {name}.total }}}}", ""),
    )


def _targets(name: str) -> LoopTable:
    return LoopTable(
        f"{name}.indicateurs",
        (
            Column("Indicateur", "{{ indicateur.nom }}"),
            Column("Situation initiale", "{{ indicateur.situation_initiale }}"),
            Column("Cibles", "{{ indicateur.cibles_en_clair }}"),
        ),
    )


# --- documents --------------------------------------------------------------------------------------------------------

_CONVENTION = _outline(
    "{{ contrat.intitule }}",
    "{{ contrat.nature }}, {{ contrat.periode }}",
    (
        *_PARTIES,
        Paragraph("Les parties conviennent de ce qui suit."),
        If(
            "contrat.avenant",
            (Paragraph("Texte consolidé : version {{ contrat.version }}, issue de l'{{ contrat.avenant }}."),),
        ),
        _known("contrat.delibere_le", "Délibération"),
        Heading("Article 1. Objet"),
        _written("contrat.objet"),
        Heading("Article 2. Durée"),
        Paragraph(
            "Le contrat porte sur {{ contrat.territoire }}. Il court du {{ contrat.debut }} au {{ contrat.fin }}."
        ),
        Heading("Article 3. Actions"),
        LoopTable(
            "actions",
            (
                Column("Fiche", "{{ action.code }}"),
                Column("Action", "{{ action.intitule }}"),
                Column("Pilote", "{{ action.pilote }}"),
                _money("Total", "{{ action.total }}"),
                _money("dont État (AE)", "{{ action.etat_ae }}"),
            ),
            total=("", "Ensemble", "", "{{ contrat.total }}", "{{ contrat.etat_ae }}"),
        ),
        Heading("Article 4. Engagements financiers"),
        If(
            "contrat.total",
            (
                Paragraph(
                    "Les parties prévoient, sur la durée du contrat, {{ contrat.total }} "
                    "({{ contrat.total|montant_en_lettres }}), apports en nature compris."
                ),
                Paragraph(
                    "L'État apporte {{ contrat.etat_ae }} ({{ contrat.etat_ae|montant_en_lettres }}) en autorisations "
                    "d'engagement, et {{ contrat.etat_cp }} ({{ contrat.etat_cp|montant_en_lettres }}) en crédits de "
                    "paiement{% if contrat.etat_part %}, soit {{ contrat.etat_part }} des apports en numéraire"
                    "{% endif %}."
                ),
            ),
        ),
        LoopTable(
            "annees",
            (
                Column("Année", "{{ annee.annee }}"),
                _money("Plafond de l'État (AE)", "{{ annee.plafond_ae }}"),
                _money("Prévu (AE)", "{{ annee.etat_ae }}"),
                _money("Prévu (CP)", "{{ annee.etat_cp }}"),
                _money("Tous financeurs", "{{ annee.total }}"),
            ),
            total=("Total", *(f"{{{{ contrat.{name} }}}}" for name in ("plafond", "etat_ae", "etat_cp", "total"))),
        ),
        LoopTable(
            "financements",
            (
                Column("Année", "{{ financement.annee }}"),
                Column("Financeur", "{{ financement.financeur }}"),
                Column("Apport", "{{ financement.apport }}"),
                _money("Prévu (AE)", "{{ financement.ae }}"),
                _money("Prévu (CP)", "{{ financement.cp }}"),
            ),
            total=("Total", "", "", "{{ contrat.total }}", ""),
        ),
        Heading("Article 5. Suivi et rapport"),
        Paragraph(FOLLOW_UP),
        Heading("Article 6. Modification"),
        Paragraph(CHANGES),
        *_SIGNATURES,
        Loop(
            "actions",
            (Heading("Annexe. Fiche action {{ action.code }} : {{ action.intitule }}"), *_action("action", 2)),
        ),
    ),
    "{{ contrat.territoire }}",
)

_SHEET = _outline(
    "Fiche action {{ action.code }} : {{ action.intitule }}",
    "{{ contrat.intitule }}, {{ contrat.periode }}",
    _action("action", 1),
)

_AMENDMENT = _outline(
    "Avenant n° {{ avenant.numero }} : {{ avenant.objet }}",
    "{{ contrat.intitule }}, {{ contrat.periode }}",
    (
        *_PARTIES,
        Heading("Article 1. Objet de l'avenant"),
        Paragraph(
            "Le présent avenant modifie la version {{ avenant.version_de_depart }} du contrat"
            "{% if avenant.depart_en_vigueur_le %}, en vigueur depuis le {{ avenant.depart_en_vigueur_le }}{% endif %}."
        ),
        _known("avenant.natures", "Ce qu'il ouvre"),
        _known("avenant.motif", "Motif"),
        Heading("Article 2. Ce qui change dans le texte"),
        Loop(
            "changements",
            (
                Heading("{{ changement.titre }}", 2),
                LoopTable(
                    "changement.lignes",
                    (
                        Column("Champ", "{{ ligne.libelle }} ({{ ligne.sort }})"),
                        Column("Avant", "{% if ligne.avant %}{{ ligne.avant }}{% else %}–{% endif %}"),
                        Column("Après", "{% if ligne.apres %}{{ ligne.apres }}{% else %}–{% endif %}"),
                        Column("Écart", "{% if ligne.ecart %}{{ ligne.ecart }}{% endif %}"),
                    ),
                ),
            ),
        ),
        Heading("Article 3. Ce que devient chaque année"),
        LoopTable(
            "effets",
            (
                Column("Année", "{{ effet.annee }}"),
                _money("État avant", "{{ effet.etat_avant }}"),
                _money("État après", "{{ effet.etat_apres }}"),
                _money("Tous financeurs, avant", "{{ effet.total_avant }}"),
                _money("Tous financeurs, après", "{{ effet.total_apres }}"),
            ),
        ),
        Heading("Article 4. Le reste du contrat"),
        Paragraph(UNCHANGED),
        *_SIGNATURES,
        Loop("ajouts", (Heading("Annexe. Fiche action {{ ajout.code }} : {{ ajout.intitule }}"), *_action("ajout", 2))),
    ),
)

_STAGES = {
    "prevu": "Prévu",
    "attribue": "Attribué",
    "engage": "Engagé (AE)",
    "paye": "Payé (CP)",
    "justifie": "Justifié",
}

_REPORT = _outline(
    "Rapport d'exécution {{ rapport.annee }}, fiche {{ action.code }}",
    "{{ contrat.intitule }}, {{ contrat.periode }}",
    (
        Heading("{{ action.intitule }}"),
        _known("action.pilote", "Pilote"),
        _known("action.mesure", "Mesure"),
        _known("rapport.etat", "État du rapport"),
        _known("rapport.transmis_le", "Transmis le"),
        _known("rapport.valide_le", "Validé le"),
        Heading("Ce qui a été fait"),
        _written("rapport.realisations"),
        Heading("Résultats"),
        LoopTable(
            "resultats",
            (
                Column("Indicateur", "{{ resultat.nom }}"),
                Column("Période", "{{ resultat.periode }}"),
                _money("Situation initiale", "{{ resultat.situation_initiale }}"),
                _money("Cible", "{{ resultat.cible }}"),
                _money("Valeur", "{{ resultat.valeur }}"),
                Column("Relevé", "{{ resultat.releve }}"),
            ),
        ),
        Heading("Argent"),
        Paragraph("Payé dans l'année : {{ rapport.total_paye }} ({{ rapport.total_paye|montant_en_lettres }})."),
        LoopTable(
            "lignes",
            (
                Column("Financeur", '{{ ligne.financeur }}{% if ligne.apport == "en nature" %} (en nature){% endif %}'),
                *(_money(label, f"{{{{ ligne.{name} }}}}") for name, label in _STAGES.items()),
            ),
            total=("Ensemble", *(f"{{{{ rapport.total_{name} }}}}" for name in _STAGES)),
        ),
        _known("rapport.taux_execution", "Payé rapporté à prévu"),
        Loop("engagements", (Bullet("Engagement juridique (EJ) {{ engagement.numero }}"),)),
        Heading("Difficultés"),
        _written("rapport.difficultes"),
        Heading("Suites"),
        _written("rapport.suites"),
        Heading("Preuves"),
        If("not preuves", (Paragraph("Aucune preuve n'est déposée pour cette année."),)),
        Loop("preuves", (Bullet("{{ preuve.intitule }}, {{ preuve.date }}, empreinte {{ preuve.empreinte }}"),)),
    ),
)

OUTLINES: dict[str, Outline] = {
    DocumentKind.CONVENTION: _CONVENTION,
    DocumentKind.SHEET: _SHEET,
    DocumentKind.AMENDMENT: _AMENDMENT,
    DocumentKind.EXECUTION_REPORT: _REPORT,
}


@lru_cache(maxsize=8)
def built_in(kind: str, format: str) -> bytes:
    """The template that serves while nobody has deposited another. DOCX or ODT."""
    return default_template(format, OUTLINES[kind], CATALOGUES[kind])
