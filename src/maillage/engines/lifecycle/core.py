"""Tables of background jobs, of annual reports and of weekly digests."""

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


def _approval_obstacle(facts: Facts) -> str:
    """A digest is approved in its own week, as it was read."""
    if not facts.get("seen", False):
        return "Les relances ont changé depuis que vous les avez lues. Relisez-les avant de les approuver."
    if not facts.get("current", False):
        return "Ces relances sont celles d'une autre semaine. Préparez la semaine en cours."
    return _demonstration_obstacle(facts)


def _demonstration_obstacle(facts: Facts) -> str:
    if facts.get("demonstration", False) and facts.get("leaves_machine", True):
        return (
            "Un compte de démonstration ne reçoit pas de message hors de la machine. "
            "Écartez sa relance, ou revenez à l'affichage des messages sur la console."
        )
    return ""


_TEAM = frozenset({"commissioner"})
_TEAM_OR_SYSTEM = _TEAM | _SYSTEM

DIGEST = Lifecycle(
    name="digest",
    title="Relance hebdomadaire",
    initial="prepared",
    labels={
        "prepared": "À relire",
        "approved": "Approuvée",
        "discarded": "Écartée",
        "sending": "Envoi en cours",
        "sent": "Envoyée",
        "failed": "Échec",
    },
    transitions=(
        Transition("refresh", "Mettre à jour", "prepared", "prepared", _TEAM_OR_SYSTEM, effect="refait le texte"),
        Transition(
            "approve",
            "Approuver",
            "prepared",
            "approved",
            _TEAM,
            guard=_approval_obstacle,
            effect="demande l'envoi de toute la semaine",
        ),
        Transition("discard", "Écarter", "prepared", "discarded", _TEAM_OR_SYSTEM, effect="rien ne part"),
        Transition("discard", "Écarter", "approved", "discarded", _TEAM_OR_SYSTEM, effect="rien ne part"),
        # Written before the message leaves: whoever dies after that never sends it a second time.
        Transition("send", "Envoyer", "approved", "sending", _SYSTEM, guard=_demonstration_obstacle),
        Transition("finish", "Terminer", "sending", "sent", _SYSTEM),
        Transition("fail", "Échouer", "sending", "failed", _SYSTEM, effect="n'est jamais renvoyée"),
    ),
)
