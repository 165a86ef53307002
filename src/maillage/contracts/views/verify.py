"""The public page that says what a paper copy is worth. Without an account; kept out of search engines."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from maillage.contracts.forms.documents import VerifyForm
from maillage.contracts.paper import verifying
from maillage.contracts.paper.verifying import Standing, Verdict
from maillage.kernel.numbers import NBSP
from maillage.ui.units import typography

# Standing → kind of alert, title, text.
_SAID = {
    Standing.IN_FORCE: (
        "success",
        "Cette version est en vigueur",
        "Le papier porte la référence et l'empreinte de la version en vigueur. Comparez ce qui suit avec lui.",
    ),
    Standing.SUPERSEDED: (
        "warning",
        "Cette version n'est plus en vigueur",
        "Elle a été signée, puis remplacée.",
    ),
    Standing.ENDED: (
        "warning",
        "Ce contrat n'est plus en vigueur",
        "Le papier porte la référence et l'empreinte d'une version signée, mais le contrat a pris fin.",
    ),
    Standing.DRAFT: (
        "warning",
        "Ce papier est un projet",
        "Un projet n'a pas de valeur contractuelle, et son texte peut avoir changé depuis. Demandez la version signée.",
    ),
    Standing.MISTYPED: (
        "warning",
        "L'empreinte ne correspond pas tout à fait",
        (
            "Relisez les seize chiffres et lettres imprimés au pied de la page. S'ils sont bien ceux-là, le papier a "
            "été modifié."
        ),
    ),
    Standing.UNKNOWN: (
        "error",
        "Ce papier n'est pas reconnu",
        (
            "Aucune version n'a cette référence, ce numéro et cette empreinte : ils sont mal saisis, ou bien le papier "
            "a été modifié."
        ),
    ),
    Standing.DAMAGED: (
        "error",
        "Cette version ne peut pas être vérifiée",
        "Le texte conservé ici ne correspond plus à son empreinte. Prévenez le service qui tient cette instance.",
    ),
}


@login_not_required
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """The form; what is typed leads to the address that the QR code of the paper holds."""
    form = VerifyForm(request.GET if request.GET else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        return redirect("verify-code", given["reference"], given["number"], given["fingerprint"])
    return _answer(request, {"form": form, "alert": None, "paper": None})


@login_not_required
@require_safe
def verify_code(request: HttpRequest, reference: str, number: str, digits: str) -> HttpResponse:
    """What the paper with this code is worth."""
    verdict = verifying.verify(reference, verifying.number_of(number), verifying.digits_of(digits))
    form = VerifyForm(initial={"reference": reference, "number": number, "fingerprint": digits})
    kind, title, text = _SAID[verdict.standing]
    alert = (kind, typography(title), typography(f"{text}{_more(verdict)}"))
    return _answer(request, {"form": form, "alert": alert, "paper": verdict.paper})


def _more(verdict: Verdict) -> str:
    if verdict.standing is Standing.SUPERSEDED:
        since = f" depuis le {verdict.since:%d/%m/%Y}" if verdict.since else ""
        return f" La version {verdict.last} est en vigueur{since}."
    if verdict.standing is Standing.ENDED:
        return f" État du contrat{NBSP}: {verdict.ending.lower()}."
    return ""


def _answer(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    response = render(request, "contracts/documents/verify.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response
