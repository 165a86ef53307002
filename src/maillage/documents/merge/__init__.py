"""Templates that an agent edits in a word processor: fields documented, faults named, merge contained.

catalogue = Catalogue([Field("contrat.intitule", "Intitulé du contrat", "Contrat inventé"), Field("actions[].nom", …)])
problems = validate(content, "docx", catalogue)
made = render(content, "docx", {"contrat": {"intitule": "…"}, "actions": [{"nom": "…"}]}, reference_qr=qr.png(url))
"""

from maillage.documents.merge.catalogue import Catalogue, DescribedField, Field, Kind, describe
from maillage.documents.merge.problems import Problem, TemplateRefused
from maillage.documents.merge.rendering import render
from maillage.documents.merge.validation import validate

__all__ = [
    "Catalogue",
    "DescribedField",
    "Field",
    "Kind",
    "Problem",
    "TemplateRefused",
    "describe",
    "render",
    "validate",
]
