"""Tables of background jobs and of annual reports."""

from __future__ import annotations

from maillage.engines.lifecycle.model import SYSTEM, Facts, Lifecycle, Transition

_SYSTEM = frozenset({SYSTEM})
_ASKER = frozenset({"author", "commissioner"})

JOB = Lifecycle(
    name="job",
    title="Travail de fond",
    initial="queued",
    labels={
        "queued": "En attente",
        "running": "En cours",
        "done": "Terminé",
        "failed": "Échoué",
        "cancelled": "Annulé",
    },
    transitions=(
        Transition("start", "Commencer", "queued", "running", _SYSTEM),
        Transition("cancel", "Annuler", "queued", "cancelled", _ASKER),
        Transition(
            "ask_cancel", "Annuler", "running", "running", _ASKER, effect="l'exécuteur s'arrête à sa prochaine étape"
        ),
        Transition("finish", "Terminer", "running", "done", _SYSTEM, effect="garde le résultat"),
        Transition("fail", "Échouer", "running", "failed", _SYSTEM, effect="garde le motif"),
        Transition("stop", "Arrêter", "running", "cancelled", _SYSTEM),
        # A silent worker is presumed dead; if it was only slow, its own word about the outcome wins.
        Transition("finish", "Terminer", "failed", "done", _SYSTEM, effect="garde le résultat, efface le motif"),
        Transition("stop", "Arrêter", "failed", "cancelled", _SYSTEM, effect="efface le motif"),
        Transition("fail", "Échouer", "failed", "failed", _SYSTEM, effect="garde le vrai motif"),
    ),
)


def _publication_obstacle(facts: Facts) -> str:
    """Invariant P1: a contradiction that nobody waived is published only as a discrepancy that someone has read."""
    if not facts.get("resolved", True):
        return "Un chiffre cité n'a pas de source : le rapport ne peut pas être publié."
    if not facts.get("acknowledged", False):
        return "Les écarts sans dérogation n'ont pas été relus, ou ont changé depuis. Relisez-les avant de publier."
    return ""


REPORT = Lifecycle(
    name="report",
    title="Rapport annuel",
    initial="draft",
    labels={"draft": "Brouillon", "published": "Publié"},
    transitions=(
        Transition(
            "publish",
            "Publier",
            "draft",
            "published",
            frozenset({"commissioner", "prefect"}),
            guard=_publication_obstacle,
            effect="garde les trois fichiers et les chiffres qu'ils citent, qui ne changent plus",
        ),
    ),
)
