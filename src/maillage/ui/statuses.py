"""How each status is marked: a symbol and words, a colour only in addition to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """`kind` is one of neutral, info, success, warning, error. `symbol` also stands alone beside a number."""

    kind: str
    symbol: str
    label: str


MARKS: dict[str, Mark] = {
    # what is known of a value
    "published": Mark("success", "", "Publié"),
    "provisional": Mark("info", "(p)", "Provisoire"),
    "estimated": Mark("info", "(e)", "Estimé"),
    "rounded": Mark("neutral", "≈", "Arrondi"),
    "floor": Mark("info", "≤", "Plancher de publication : cette valeur ou moins"),
    "suppressed": Mark("neutral", "(s)", "Secret statistique"),
    "unavailable": Mark("neutral", "n.\u00a0d.", "Non disponible"),
    "partial": Mark("warning", "(partiel)", "Total des seules valeurs connues"),
    # what the check of a stated figure says
    "holds": Mark("success", "✓", "Confirmé"),
    "holds_rounded": Mark("success", "≈", "Confirmé, à l’arrondi près"),
    "truncated": Mark("warning", "↓", "Tronqué au lieu d’être arrondi"),
    "contradicts_document": Mark("error", "≠", "Contredit par un autre document"),
    "contradicts_components": Mark("error", "≠", "Contredit par ses composantes"),
    "implausible": Mark("error", "!", "Ordre de grandeur invraisemblable"),
    "unverifiable": Mark("neutral", "?", "Non vérifiable"),
    "waived": Mark("info", "D", "Écart accepté par dérogation"),
    # works, reports, milestones
    "queued": Mark("neutral", "…", "En attente"),
    "running": Mark("info", "▶", "En cours"),
    "done": Mark("success", "✓", "Terminé"),
    "failed": Mark("error", "✕", "Échoué"),
    "draft": Mark("neutral", "✎", "Brouillon"),
    "planned": Mark("neutral", "○", "Prévu"),
    "under_way": Mark("info", "◐", "En cours"),
    "late": Mark("warning", "!", "En retard"),
    "missing": Mark("warning", "∅", "Manquant"),
    # what is negotiated, signed, entered and checked
    "negotiation": Mark("info", "◐", "En négociation"),
    "corrections": Mark("warning", "!", "Corrections demandées"),
    "in_force": Mark("success", "✓", "En vigueur"),
    "cancelled": Mark("neutral", "✕", "Annulé"),
    "submitted": Mark("info", "→", "Transmis"),
    "to_complete": Mark("warning", "!", "À compléter"),
    "to_correct": Mark("warning", "!", "À corriger"),
    "validated": Mark("success", "✓", "Validé"),
    "blocked": Mark("error", "!", "Bloquée"),
    "suspended": Mark("warning", "‖", "Suspendue"),
}

_OTHER = Mark("neutral", "", "")
KINDS = ("neutral", "info", "success", "warning", "error")


def mark(code: str) -> Mark:
    """The mark of a status; a neutral one, without symbol, for a code that is not known here."""
    return MARKS.get(code, _OTHER)


def kind(name: str) -> str:
    """A kind that the style sheet knows."""
    return name if name in KINDS else "neutral"
