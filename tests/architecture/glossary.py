"""One word for one thing: the words that the project refuses, and the word it uses instead.

Two lists, because two readers: identifiers are English (the French word is kept only where law or a shared schema
owns it), and what a user reads is French. The words of other fields (SQL, HTTP, statistics) are left alone: a synonym
is here when somebody could mean a notion of the glossary by it, and nothing else.
"""

from __future__ import annotations

# A French word in an identifier, and the English word of the glossary.
FRENCH_WORDS = {
    "aller": "outreach",
    "annee": "year",
    "appel": "call",
    "arrondi": "rounded",
    "atelier": "workshop",
    "avec": "with",
    "avenant": "amendment",
    "axe": "axis",
    "calcul": "computation",
    "carte": "map",
    "chiffre": "figure",
    "cible": "target",
    "cofinancement": "co_funding",
    "colonne": "column",
    "connexion": "login",
    "contrat": "contract",
    "courriel": "email",
    "dans": "in",
    "donnee": "data",
    "donnees": "data",
    "du": "of",
    "enveloppe": "envelope",
    "fichier": "file",
    "financeur": "funder",
    "habitant": "inhabitant",
    "indicateur": "indicator",
    "jalon": "milestone",
    "libelle": "label",
    "ligne": "line",
    "liste": "list",
    "mesure": "measure",
    "millesime": "vintage",
    "montant": "amount",
    "mot": "word",
    "nom": "name",
    "nombre": "count",
    "nouveau": "new",
    "pacte": "pact",
    "pauvrete": "poverty",
    "personne": "person",
    "pour": "for",
    "preuve": "evidence",
    "rapport": "report",
    "releve": "reading",
    "rendu": "rendition",
    "sans": "without",
    "seance": "meeting",
    "seuil": "threshold",
    "somme": "sum",
    "suivi": "follow_up",
    "tableau": "table",
    "taux": "rate",
    "territoire": "territory",
    "titre": "title",
    "une": "a",
    "utilisateur": "user",
    "valeur": "value",
    "versement": "payment",
    "ville": "commune",
}

# An English word that would give a notion of the glossary a second name.
SYNONYMS = {
    "addendum": "amendment",
    "attestation": "evidence",
    "authorisation": "membership (who may) or ae (credits)",
    "cofinancing": "co_funding",
    "cofunding": "co_funding",
    "committee": "body",
    "county": "departement",
    "datapoint": "observation",
    "datum": "observation",
    "department": "departement",
    "derogation": "waiver",
    "district": "departement or epci",
    "donor": "funder",
    "exemption": "waiver",
    "goal": "target",
    "grantee": "beneficiary of the shared schema, or the organisation",
    "intercommunality": "epci",
    "kpi": "indicator",
    "masked": "suppressed",
    "metric": "indicator",
    "municipality": "commune",
    "nonrecours": "non_take_up",
    "nontakeup": "non_take_up",
    "payout": "payment",
    "pillar": "axis",
    "proof": "evidence",
    "province": "departement",
    "redacted": "suppressed",
    "sponsor": "funder",
    "subprefecture": "arrondissement",
    "township": "commune",
    "village": "commune",
}

# Two words together, in an identifier: each alone is innocent.
SYNONYM_PAIRS = {
    ("action", "plan"): "action_sheet",
    ("audit", "log"): "audit entry (the journal)",
    ("code", "book"): "code_frame",
    ("co", "financing"): "co_funding",
    ("data", "point"): "observation",
    ("non", "recours"): "non_take_up",
    ("road", "map"): "roadmap",
    ("statistical", "secrecy"): "suppressed",
}

# What a user would read, and the word of the field. French is written for the reader, not for the machine.
FRENCH_TEXT = {
    r"dashboards?": "tableau d'ensemble",
    r"e-?mails?": "adresse électronique, message",
    r"feed-?backs?": "retour",
    r"KPI": "indicateur",
    r"log-?in": "connexion",
    r"log-?out": "déconnexion",
    r"reporting": "rapport, compte rendu",
    r"upload(?:er|ée?)?": "dépôt, déposer",
    r"download": "télécharger",
    r"waivers?": "dérogation",
    r"workflow": "étapes",
    r"intercommunalités?": "EPCI",
    r"exemptions?": "dérogation",
    r"data ?sets?": "jeu de données",
    r"bénéficiaires? uniques?": "personnes distinctes",
    r"user": "compte, agent",
}


def refused_words() -> dict[str, str]:
    """Words refused in identifiers, singular and plural, with what to write."""
    listed = FRENCH_WORDS | SYNONYMS
    plurals = {f"{word}s": instead for word, instead in listed.items() if word != "axe"}  # « axes » is English too
    return listed | plurals
