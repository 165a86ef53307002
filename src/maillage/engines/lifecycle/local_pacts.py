"""Tables of local pacts, of the partners invited to sign them, and of the commitments that they take.

The state of a pact is that of its text in work. A version that entered in force stays in force while the text is
written again: `version` in the facts is its number, 0 before the first one.
"""

from __future__ import annotations

from maillage.engines.lifecycle.model import SYSTEM, Facts, Lifecycle, Transition

MAX_PRIORITIES = 3

# The partner itself: an account linked to it, or the département's lead for the département.
PARTNER = "partner"

_WRITERS = frozenset({"ddets", "commissioner", "prefect"})
_STATE = frozenset({"prefect", "ddets"})
_PREFECT = frozenset({"prefect"})
_FOLLOWERS = frozenset({PARTNER, "ddets"})
_ANSWERERS = frozenset({PARTNER, "prefect", "ddets"})
_SYSTEM = frozenset({SYSTEM})


def _reason(facts: Facts) -> str:
    return "" if str(facts.get("reason", "")).strip() else "Indiquez le motif : il reste au journal du pacte."


def _has_priority(facts: Facts) -> str:
    return "" if facts.get("priorities", 0) else "Il faut au moins une priorité avant de consulter."


def signature_obstacles(facts: Facts) -> tuple[str, ...]:
    """All that keeps the text from being opened to signature, in French; the page lists it, the guard says it.

    `without_pilot` and `without_commitment` are titles of priorities; `invited` counts partners that are invited or
    have accepted, the prefect apart.
    """
    found = []
    if not facts.get("priorities", 0):
        found.append("Il faut au moins une priorité.")
    found += [f"La priorité « {title} » n'a pas de pilote." for title in facts.get("without_pilot", ())]
    found += [f"La priorité « {title} » n'a aucun engagement." for title in facts.get("without_commitment", ())]
    if not facts.get("invited", 0):
        found.append("Aucun signataire n'est invité.")
    if not facts.get("plan_named", False):
        found.append("Le schéma d'accessibilité des services (SDAASP) n'est pas nommé.")
    return tuple(found)


def _may_open(facts: Facts) -> str:
    return " ".join(signature_obstacles(facts))


def _may_enter(facts: Facts) -> str:
    if not facts.get("prefect_signed", False):
        return "Le préfet n'a pas signé."
    if not facts.get("partners_signed", 0):
        return "Aucun partenaire n'a signé."
    return ""


def _has_version(facts: Facts) -> str:
    return "" if facts.get("version", 0) else "Aucune version n'est en vigueur : il n'y a pas de reprise à abandonner."


def _may_cancel(facts: Facts) -> str:
    if facts.get("version", 0):
        return "Une version est en vigueur : abandonnez la reprise, ou mettez fin au pacte."
    return _reason(facts)


_CANCEL = "garde le texte et le motif"
_ABANDON = "rétablit le texte et les signatures de la version en vigueur"

# From each state the step forward comes first: pages show it as their main button.
LOCAL_PACT = Lifecycle(
    name="local_pact",
    title="Pacte local",
    initial="draft",
    labels={
        "draft": "Rédaction",
        "consultation": "Consultation",
        "to_sign": "Ouvert à la signature",
        "in_force": "En vigueur",
        "renewed": "Renouvelé",
        "ended": "Terminé",
        "cancelled": "Annulé",
    },
    transitions=(
        Transition("consult", "Mettre en consultation", "draft", "consultation", _WRITERS, guard=_has_priority),
        Transition(
            "open_signature",
            "Ouvrir à la signature",
            "consultation",
            "to_sign",
            _PREFECT,
            guard=_may_open,
            effect="le texte ne change plus",
        ),
        Transition("write_again", "Revenir à la rédaction", "consultation", "draft", _WRITERS),
        Transition(
            "enter_in_force",
            "Mettre en vigueur",
            "to_sign",
            "in_force",
            _STATE,
            guard=_may_enter,
            effect="fige une version numérotée, avec ses chiffres et son empreinte",
        ),
        Transition(
            "reopen",
            "Revenir en consultation",
            "to_sign",
            "consultation",
            _STATE,
            guard=_reason,
            effect="les signatures tombent : chacun signera le nouveau texte",
        ),
        Transition(
            "resume",
            "Reprendre le texte",
            "in_force",
            "draft",
            _STATE,
            guard=_reason,
            effect="la version en vigueur le reste ; la suivante sera signée à son tour",
        ),
        Transition(
            "abandon", "Abandonner la reprise", "draft", "in_force", _STATE, guard=_has_version, effect=_ABANDON
        ),
        Transition(
            "abandon", "Abandonner la reprise", "consultation", "in_force", _STATE, guard=_has_version, effect=_ABANDON
        ),
        Transition("cancel", "Annuler le pacte", "draft", "cancelled", _STATE, guard=_may_cancel, effect=_CANCEL),
        Transition(
            "cancel", "Annuler le pacte", "consultation", "cancelled", _STATE, guard=_may_cancel, effect=_CANCEL
        ),
        Transition("cancel", "Annuler le pacte", "to_sign", "cancelled", _STATE, guard=_may_cancel, effect=_CANCEL),
        Transition(
            "renew",
            "Renouveler",
            "in_force",
            "renewed",
            _PREFECT,
            effect="ouvre la rédaction du pacte suivant, avec le diagnostic, les priorités et les partenaires",
        ),
        Transition("end", "Mettre fin au pacte", "in_force", "ended", _PREFECT, guard=_reason),
    ),
)


def _may_invite(facts: Facts) -> str:
    if facts.get("closed", False):
        return "Le texte est en vigueur ou le pacte est clos : reprenez le texte pour inviter."
    return ""


def _may_sign(facts: Facts) -> str:
    return "" if facts.get("signable", False) else "Le pacte n'est pas ouvert à la signature."


_UNINVITE = "reste partenaire, n'est plus signataire"

LOCAL_PACT_PARTNER = Lifecycle(
    name="local_pact_partner",
    title="Signataire d'un pacte local",
    initial="listed",
    labels={
        "listed": "Partenaire, non invité",
        "invited": "Invité",
        "accepted": "A accepté",
        "declined": "A décliné",
        "signed": "A signé",
    },
    transitions=(
        Transition("invite", "Inviter à signer", "listed", "invited", _PREFECT, guard=_may_invite),
        Transition("invite", "Inviter de nouveau", "declined", "invited", _PREFECT, guard=_may_invite),
        Transition("sign", "Signer", "invited", "signed", _ANSWERERS, guard=_may_sign, effect="garde la date"),
        Transition("sign", "Signer", "accepted", "signed", _ANSWERERS, guard=_may_sign, effect="garde la date"),
        Transition("accept", "Accepter l'invitation", "invited", "accepted", _ANSWERERS, guard=_may_invite),
        Transition("decline", "Décliner", "invited", "declined", _ANSWERERS, guard=_may_invite),
        Transition("decline", "Décliner", "accepted", "declined", _ANSWERERS, guard=_may_invite),
        Transition(
            "uninvite", "Retirer l'invitation", "invited", "listed", _PREFECT, guard=_may_invite, effect=_UNINVITE
        ),
        Transition("release", "Rendre la signature", "signed", "accepted", _SYSTEM, effect="le texte signé va changer"),
    ),
)


def _binding(facts: Facts) -> str:
    if not facts.get("binding", False):
        return "Cet engagement n'est dans aucune version en vigueur : il ne se suit pas encore."
    return ""


def _binding_with_reason(facts: Facts) -> str:
    return _binding(facts) or _reason(facts)


COMMITMENT = Lifecycle(
    name="local_pact_commitment",
    title="Engagement d'un partenaire",
    initial="promised",
    labels={
        "promised": "Promis",
        "under_way": "En cours",
        "kept": "Tenu",
        "not_kept": "Non tenu",
        "withdrawn": "Retiré",
    },
    transitions=(
        Transition("start", "Commencer", "promised", "under_way", _FOLLOWERS, guard=_binding),
        Transition("keep", "Constater qu'il est tenu", "under_way", "kept", _FOLLOWERS, guard=_binding),
        Transition(
            "fail", "Constater qu'il n'est pas tenu", "promised", "not_kept", _FOLLOWERS, guard=_binding_with_reason
        ),
        Transition(
            "fail", "Constater qu'il n'est pas tenu", "under_way", "not_kept", _FOLLOWERS, guard=_binding_with_reason
        ),
        Transition("withdraw", "Retirer l'engagement", "promised", "withdrawn", _FOLLOWERS, guard=_binding_with_reason),
        Transition(
            "withdraw", "Retirer l'engagement", "under_way", "withdrawn", _FOLLOWERS, guard=_binding_with_reason
        ),
        Transition(
            "correct",
            "Corriger le constat",
            "kept",
            "under_way",
            frozenset({"ddets"}),
            guard=_binding_with_reason,
            effect="le constat précédent reste dans le suivi",
        ),
        Transition(
            "correct",
            "Corriger le constat",
            "not_kept",
            "under_way",
            frozenset({"ddets"}),
            guard=_binding_with_reason,
            effect="le constat précédent reste dans le suivi",
        ),
    ),
)

# Transitions that ask why. The guards above refuse an empty reason; pages know from here that they must ask.
ASK_REASON = frozenset({"reopen", "resume", "cancel", "end", "fail", "withdraw", "correct"})

LIFECYCLES: tuple[Lifecycle, ...] = (LOCAL_PACT, LOCAL_PACT_PARTNER, COMMITMENT)
