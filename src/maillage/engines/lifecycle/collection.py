"""Tables of a yearly campaign of collection, and of the request for figures that it sends to each partner."""

from __future__ import annotations

from maillage.engines.lifecycle.model import Facts, Lifecycle, Transition
from maillage.kernel.numbers import NBSP

RESPONDENT = "respondent"  # the person to whom the figures of a request are asked

_TEAM = frozenset({"commissioner"})
_ANSWERS = frozenset({RESPONDENT, "commissioner"})  # the team may write down what a partner told otherwise
_CHECKS = frozenset({"ddets", "commissioner"})

NOT_OPEN = "La collecte n'est pas ouverte : les réponses ne changent pas."
CONSOLIDATED = "La collecte est consolidée : elle doit d'abord être rouverte, avec un motif."


def _opening_obstacle(facts: Facts) -> str:
    if not facts.get("figures", 0):
        return "Aucun chiffre n'est demandé : ajoutez un partenaire et ses chiffres avant d'ouvrir."
    if facts.get("empty_requests", 0):
        return "Un partenaire n'a aucun chiffre à donner : complétez sa liste, ou retirez-le."
    return "La date d'ouverture n'est pas atteinte : changez-la, ou attendez." if facts.get("too_early", False) else ""


def _consolidation_obstacle(facts: Facts) -> str:
    waiting = facts.get("submitted", 0)
    if waiting:
        plural = "s attendent" if waiting > 1 else " attend"
        return f"{waiting} réponse{plural} une validation : validez, ou demandez un complément."
    return "" if facts.get("validated", 0) else "Aucune réponse n'est validée : il n'y a rien à consolider."


def _reason_obstacle(facts: Facts) -> str:
    return "" if str(facts.get("reason", "")).strip() else "Écrivez le motif : il reste dans l'histoire."


def _submission_obstacle(facts: Facts) -> str:
    if not facts.get("open", False):
        return NOT_OPEN
    missing = facts.get("missing", 0)
    if not missing:
        return ""
    plural = "s" if missing > 1 else ""
    return f"Il manque encore {missing} chiffre{plural}{NBSP}: donnez la valeur, ou dites pourquoi elle manque."


def _open_obstacle(facts: Facts) -> str:
    return "" if facts.get("open", False) else NOT_OPEN


def _validation_obstacle(facts: Facts) -> str:
    return CONSOLIDATED if facts.get("consolidated", False) else ""


def _completion_obstacle(facts: Facts) -> str:
    if not facts.get("open", False):
        return "La collecte est close : rouvrez-la pour demander un complément."
    return "" if facts.get("comments", 0) else "Écrivez au moins une remarque : elle dit ce qui est à reprendre."


def _unlocking_obstacle(facts: Facts) -> str:
    return _open_obstacle(facts) or _reason_obstacle(facts)


CAMPAIGN = Lifecycle(
    name="campaign",
    title="Collecte annuelle",
    initial="draft",
    labels={"draft": "En préparation", "open": "Ouverte", "closed": "Close", "consolidated": "Consolidée"},
    transitions=(
        Transition(
            "open",
            "Ouvrir la collecte",
            "draft",
            "open",
            _TEAM,
            guard=_opening_obstacle,
            effect="les personnes responsables voient leurs chiffres à donner",
        ),
        Transition("close", "Clore la collecte", "open", "closed", _TEAM, effect="la saisie s'arrête"),
        Transition(
            "consolidate",
            "Consolider",
            "closed",
            "consolidated",
            _TEAM,
            guard=_consolidation_obstacle,
            effect="les chiffres validés deviennent des observations, chacune avec sa source",
        ),
        Transition(
            "consolidate",
            "Consolider à nouveau",
            "consolidated",
            "consolidated",
            _TEAM,
            guard=_consolidation_obstacle,
            effect="n'ajoute que ce qui a changé ; les observations d'avant restent",
        ),
        Transition(
            "reopen", "Rouvrir la collecte", "closed", "open", _TEAM, guard=_reason_obstacle, effect="garde le motif"
        ),
        Transition(
            "reopen",
            "Rouvrir la collecte",
            "consolidated",
            "open",
            _TEAM,
            guard=_reason_obstacle,
            effect="garde le motif ; les observations déjà consolidées restent",
        ),
    ),
)

REQUEST = Lifecycle(
    name="figure_request",
    title="Demande de chiffres à un partenaire",
    initial="to_enter",
    labels={
        "to_enter": "À saisir",
        "submitted": "Transmise",
        "to_complete": "À compléter",
        "validated": "Validée",
    },
    transitions=(
        Transition("submit", "Transmettre", "to_enter", "submitted", _ANSWERS, guard=_submission_obstacle),
        Transition("submit", "Transmettre", "to_complete", "submitted", _ANSWERS, guard=_submission_obstacle),
        Transition("withdraw", "Reprendre la saisie", "submitted", "to_enter", _ANSWERS, guard=_open_obstacle),
        Transition(
            "validate",
            "Valider",
            "submitted",
            "validated",
            _CHECKS,
            guard=_validation_obstacle,
            effect="les chiffres ne changent plus et pourront être consolidés",
        ),
        Transition(
            "ask",
            "Demander un complément",
            "submitted",
            "to_complete",
            _CHECKS,
            guard=_completion_obstacle,
            effect="la saisie reprend, chaque remarque à côté de son chiffre",
        ),
        Transition(
            "unlock",
            "Rouvrir la réponse",
            "validated",
            "to_complete",
            _CHECKS,
            guard=_unlocking_obstacle,
            effect="garde le motif ; la saisie reprend",
        ),
    ),
)

LIFECYCLES: tuple[Lifecycle, ...] = (CAMPAIGN, REQUEST)
