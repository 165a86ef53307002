"""Tables of contracts, amendments, action sheets, readings and execution reports.

Roles are the codes of `core.enums.Role`. The party that signs with the State is a département or a métropole, or, by
kind of contract, an association or an operator: the table names them together, `contracts.perms` says which of them a
person is on a given contract.

Facts that guards read: `reason` (what the person wrote), `blocking` (rules that forbid it, in French), `open_comments`,
`unanswered_comments`, `days_left` (before the term), `deliberation` (whether it is deposited), `signatories`,
`unvalidated_reports`, `amendment`, `missing` (what is not entered yet).
"""

from __future__ import annotations

from maillage.engines.lifecycle.model import SYSTEM, Facts, Lifecycle, Transition

PARTNER = frozenset({"departement", "association", "operator"})
STATE_TEAM = frozenset({"ddets", "commissioner"})
REGION = frozenset({"commissioner"})
PREFECT = frozenset({"prefect"})
EVERY_SIDE = PARTNER | STATE_TEAM
_SYSTEM = frozenset({SYSTEM})

MIN_REASON = 10

# In these states the text of a contract, or of an amendment, may be changed: all of it, or the commented fields only.
OPEN_TO_CHANGE = frozenset({"draft", "negotiation"})
OPEN_WHERE_COMMENTED = frozenset({"corrections"})
BEFORE_SIGNATURE = ("draft", "negotiation", "corrections", "agreed", "deliberated", "to_sign", "signed_partner")
# An amendment in one of these is over; a contract in one of these has, or had, a version in force.
OVER = frozenset({"in_force", "cancelled"})
SIGNED = frozenset({"in_force", "expired", "closed", "terminated", "denounced"})
RUNNING = frozenset({"in_force", "expired"})


def needs_reason(facts: Facts) -> str:
    """A step back, or out, is always explained."""
    if len(str(facts.get("reason", "")).strip()) < MIN_REASON:
        return f"Écrivez le motif, en {MIN_REASON} caractères au moins."
    return ""


def no_blocking_rule(facts: Facts) -> str:
    blocking = list(facts.get("blocking", ()))
    if not blocking:
        return ""
    rest = len(blocking) - 1
    more = f" (et {rest} autre{'s' if rest > 1 else ''} point{'s' if rest > 1 else ''} bloquant)" if rest else ""
    return f"{blocking[0]}{more}"


def _comments_exist(facts: Facts) -> str:
    if not facts.get("open_comments", 0):
        return "Commentez d'abord les champs à corriger : un commentaire est ce qui rouvre un champ."
    return ""


def _comments_answered(facts: Facts) -> str:
    left = facts.get("unanswered_comments", 0)
    return f"Il reste {left} commentaire{'s' if left > 1 else ''} sans réponse." if left else ""


def _ready_to_agree(facts: Facts) -> str:
    left = facts.get("open_comments", 0)
    if left:
        return f"Il reste {left} commentaire{'s' if left > 1 else ''} à clore."
    return no_blocking_rule(facts)


def _deliberation_deposited(facts: Facts) -> str:
    if not facts.get("deliberation", False):
        return "Déposez d'abord la délibération, avec sa date."
    return ""


def _ready_to_sign(facts: Facts) -> str:
    if not facts.get("signatories", False):
        return "Nommez les signataires des deux parties."
    return no_blocking_rule(facts)


def _term_reached(facts: Facts) -> str:
    left = facts.get("days_left", 0)
    if not left:
        return ""
    return f"Le contrat court encore {left} jour{'s' if left > 1 else ''}."


def _reports_validated(facts: Facts) -> str:
    left = facts.get("unvalidated_reports", 0)
    if not left:
        return ""
    return f"Il reste {left} rapport{'s' if left > 1 else ''} d'exécution à valider."


def _amendment_named(facts: Facts) -> str:
    return "" if facts.get("amendment") else "Nommez l'avenant qui redéploie l'action."


_NEGOTIATION_LABELS = {
    "draft": "Brouillon",
    "negotiation": "En négociation",
    "corrections": "Corrections demandées",
    "agreed": "Accord technique",
    "deliberated": "Délibéré",
    "to_sign": "À signer",
    "signed_partner": "Signé par le partenaire",
    "in_force": "En vigueur",
    "cancelled": "Annulé avant signature",
}


def _negotiation(in_force_effect: str) -> tuple[Transition, ...]:
    """From the first draft to the prefect's signature: the same for a contract and for an amendment."""
    return (
        Transition("open", "Ouvrir la négociation", "draft", "negotiation", EVERY_SIDE),
        Transition(
            "request_corrections",
            "Demander des corrections",
            "negotiation",
            "corrections",
            STATE_TEAM,
            guard=_comments_exist,
            effect="seuls les champs commentés restent modifiables",
        ),
        Transition(
            "resubmit",
            "Renvoyer les corrections",
            "corrections",
            "negotiation",
            PARTNER,
            guard=_comments_answered,
        ),
        Transition("agree", "Donner l'accord technique", "negotiation", "agreed", STATE_TEAM, guard=_ready_to_agree),
        Transition("agree", "Donner l'accord technique", "corrections", "agreed", STATE_TEAM, guard=_ready_to_agree),
        Transition("reopen", "Rouvrir la négociation", "agreed", "negotiation", EVERY_SIDE, guard=needs_reason),
        Transition(
            "deliberate",
            "Enregistrer la délibération",
            "agreed",
            "deliberated",
            PARTNER,
            guard=_deliberation_deposited,
        ),
        Transition("reopen", "Rouvrir la négociation", "deliberated", "negotiation", STATE_TEAM, guard=needs_reason),
        Transition("send_to_sign", "Mettre à la signature", "deliberated", "to_sign", STATE_TEAM, guard=_ready_to_sign),
        Transition("reopen", "Rouvrir la négociation", "to_sign", "negotiation", STATE_TEAM, guard=needs_reason),
        Transition(
            "sign_partner",
            "Signer pour le partenaire",
            "to_sign",
            "signed_partner",
            PARTNER,
            guard=no_blocking_rule,
        ),
        Transition(
            "sign_prefect",
            "Signer",
            "signed_partner",
            "in_force",
            PREFECT,
            guard=no_blocking_rule,
            effect=in_force_effect,
        ),
        *(
            Transition("cancel", "Annuler", state, "cancelled", STATE_TEAM, guard=needs_reason)
            for state in BEFORE_SIGNATURE
        ),
    )


CONTRACT = Lifecycle(
    name="contract",
    title="Contrat",
    initial="draft",
    labels={
        **_NEGOTIATION_LABELS,
        "expired": "Échu",
        "closed": "Clos",
        "terminated": "Résilié",
        "denounced": "Dénoncé",
    },
    transitions=(
        *_negotiation("crée la version 1, immuable, et contractualise les actions retenues"),
        Transition("expire", "Constater l'échéance", "in_force", "expired", _SYSTEM | REGION, guard=_term_reached),
        Transition("close", "Clore", "expired", "closed", REGION, guard=_reports_validated),
        Transition("terminate", "Résilier", "in_force", "terminated", PREFECT, guard=needs_reason),
        Transition("denounce", "Dénoncer", "in_force", "denounced", PARTNER, guard=needs_reason),
    ),
)

AMENDMENT = Lifecycle(
    name="amendment",
    title="Avenant",
    initial="draft",
    labels=_NEGOTIATION_LABELS,
    transitions=_negotiation("crée la version suivante du contrat ; la précédente reste lisible"),
)

SHEET = Lifecycle(
    name="action_sheet",
    title="Fiche action",
    initial="proposed",
    labels={
        "proposed": "Proposée",
        "retained": "Retenue",
        "contracted": "Contractualisée",
        "under_way": "En cours",
        "blocked": "Bloquée",
        "suspended": "Suspendue",
        "done": "Réalisée",
        "evaluated": "Évaluée",
        "abandoned": "Abandonnée",
        "redeployed": "Redéployée",
    },
    transitions=(
        Transition("retain", "Retenir", "proposed", "retained", STATE_TEAM),
        Transition("set_aside", "Ne plus retenir", "retained", "proposed", STATE_TEAM),
        Transition("contract", "Contractualiser", "retained", "contracted", _SYSTEM, effect="à la signature du préfet"),
        Transition("start", "Démarrer", "contracted", "under_way", PARTNER),
        Transition("block", "Signaler un blocage", "under_way", "blocked", PARTNER, guard=needs_reason),
        Transition("resume", "Reprendre", "blocked", "under_way", PARTNER),
        Transition("suspend", "Suspendre", "under_way", "suspended", EVERY_SIDE, guard=needs_reason),
        Transition("resume", "Reprendre", "suspended", "under_way", EVERY_SIDE),
        Transition("finish", "Constater la réalisation", "under_way", "done", PARTNER),
        Transition("evaluate", "Constater l'évaluation", "done", "evaluated", STATE_TEAM),
        *(
            Transition("abandon", "Abandonner", state, "abandoned", EVERY_SIDE, guard=needs_reason)
            for state in ("proposed", "retained", "contracted", "under_way", "blocked", "suspended")
        ),
        *(
            Transition(
                "redeploy",
                "Redéployer",
                state,
                "redeployed",
                STATE_TEAM,
                guard=_amendment_named,
                effect="nomme l'avenant qui redéploie ses crédits",
            )
            for state in ("contracted", "under_way", "blocked", "suspended")
        ),
    ),
)


def _nothing_missing(facts: Facts) -> str:
    missing = list(facts.get("missing", ()))
    return f"Il manque : {', '.join(missing)}." if missing else ""


READING = Lifecycle(
    name="reading",
    title="Relevé",
    initial="draft",
    labels={"draft": "Brouillon", "submitted": "Transmis", "to_correct": "À corriger", "validated": "Validé"},
    transitions=(
        Transition("submit", "Transmettre", "draft", "submitted", PARTNER, guard=no_blocking_rule),
        Transition("submit", "Transmettre", "to_correct", "submitted", PARTNER, guard=no_blocking_rule),
        Transition(
            "ask_correction", "Demander une correction", "submitted", "to_correct", STATE_TEAM, guard=needs_reason
        ),
        Transition("validate", "Valider", "submitted", "validated", STATE_TEAM, guard=no_blocking_rule),
        Transition("unlock", "Déverrouiller", "validated", "to_correct", REGION, guard=needs_reason),
    ),
)

EXECUTION_REPORT = Lifecycle(
    name="execution_report",
    title="Rapport d'exécution",
    initial="to_enter",
    labels={
        "to_enter": "À saisir",
        "submitted": "Transmis",
        "to_complete": "À compléter",
        "validated": "Validé",
        "consolidated": "Consolidé",
        "published": "Publié",
    },
    transitions=(
        Transition("submit", "Transmettre", "to_enter", "submitted", PARTNER, guard=_nothing_missing),
        Transition("submit", "Transmettre", "to_complete", "submitted", PARTNER, guard=_nothing_missing),
        Transition(
            "ask_completion", "Demander un complément", "submitted", "to_complete", STATE_TEAM, guard=needs_reason
        ),
        Transition(
            "validate",
            "Valider",
            "submitted",
            "validated",
            frozenset({"ddets"}),
            guard=no_blocking_rule,
            effect="garde les chiffres tels qu'ils étaient à cet instant",
        ),
        Transition("consolidate", "Consolider", "validated", "consolidated", REGION, effect="verrouille"),
        Transition("publish", "Publier", "consolidated", "published", REGION),
        Transition("unlock", "Déverrouiller", "validated", "to_complete", STATE_TEAM, guard=needs_reason),
        Transition("unlock", "Déverrouiller", "consolidated", "to_complete", REGION, guard=needs_reason),
    ),
)

LIFECYCLES: tuple[Lifecycle, ...] = (CONTRACT, AMENDMENT, SHEET, READING, EXECUTION_REPORT)
