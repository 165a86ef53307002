"""The first page of the workbook: how to fill it."""

from __future__ import annotations

from maillage.contracts.exchange.layout import CLOSED_MARK, GUIDE, LISTS, NEEDED_MARK, REMOVE_HEADING
from maillage.contracts.models import Amendment, Contract
from maillage.documents.workbook import Box, Column, Look, Page
from maillage.ui.units import typography

WIDTH = 110  # characters
_RULES = f"""
Ce classeur se remplit hors ligne, puis se dépose sur la page « Tableur » du contrat.
Ce qui change y est montré d'abord.
1. Remplissez les cases bleues. Les cases grises et les colonnes marquées {CLOSED_MARK} sont fermées en ce moment.
Une valeur changée dans une case fermée est refusée. La protection des feuilles s'ôte sans mot de passe.
2. Une colonne marquée {NEEDED_MARK} sera demandée à la signature.
3. Une case vidée devient inconnue : l'examen dit « effacé ». Zéro est une valeur.
4. Pour retirer une ligne du texte, écrivez « oui » dans {REMOVE_HEADING}.
Une ligne absente de la feuille reste dans le texte.
5. Pour ajouter, remplissez une ligne vide. Une fiche nouvelle reçoit d'abord un code (A07) dans la feuille « Fiches ».
Le code d'une ligne de financement ou d'un signataire se laisse vide.
6. Les listes proposent « code · nom » ; le code seul ou le nom seul convient aussi.
Tout ce qui peut être choisi est dans la feuille « {LISTS} ».
7. Montants en euros : 1 234,50 ou 1234.5. Dates : 31/12/2025.
8. Vous pouvez déplacer des colonnes, en ôter, et en ajouter pour vos notes : celles-ci sont ignorées.
9. Ce que d'autres auront changé entre-temps vous sera montré : rien n'est remplacé sans votre choix.
"""


def guide_page(contract: Contract, amendment: Amendment | None, state: str) -> Page:
    """What the workbook holds, in which state, and how to fill it."""
    which = f"Avenant n° {amendment.number}" if amendment is not None else "Texte du contrat"
    told = [
        f"{contract.reference} : {contract.title}",
        *(["Contrat inventé pour la démonstration."] if contract.is_demonstration else []),
        f"{which}, dans l'état « {state} ».",
        *_RULES.strip().split("\n"),
    ]
    boxes = [[Box(typography(text), Look.PLAIN if rank else Look.TITLE)] for rank, text in enumerate(told)]
    return Page(GUIDE, [Column("", WIDTH)], boxes, has_heading=False)
