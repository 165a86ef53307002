"""The archive of a contract: asked for, followed, downloaded."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts import perms
from maillage.contracts.services.archives import KIND, ask_archive
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.core import clock, jobs
from maillage.core.models import Job
from maillage.core.perms import can_see_job
from maillage.ui.units import typography

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Made:
    """An archive that was asked for. `url`: its file, if made; `job_url`: its progress, for who may follow it."""

    job: Job
    status: str
    url: str
    job_url: str
    problems: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def contract_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says what an archive holds and lists those made; POST asks for one, and leads to its progress."""
    contract = contract_or_404(request, pk)
    user, on = user_of(request), clock.today()
    if not perms.can_audit(user, contract, on):
        raise PermissionDenied("L'archive d'un contrat est réservée à l'audit et à l'équipe régionale.")
    if request.method == "POST":
        return redirect("job", key=ask_archive(contract=contract, by=user, at=clock.now()).pk)
    made = Job.objects.filter(kind=KIND, parameters__contract_id=pk).select_related("created_by", "result_file")
    shown = [_made(job, can_see_job(user, job, on)) for job in made[:SHOWN]]
    return render(request, "contracts/amendments/archive.html", frame(contract, "contract-history") | {"made": shown})


def _made(job: Job, may_follow: bool) -> Made:
    file = job.result_file
    problems = job.result.get("data", {}).get("problems", [])
    return Made(
        job=job,
        status=jobs.display_status(job, clock.now()),
        url=reverse("file", args=[file.pk]) if file is not None else "",
        job_url=reverse("job", args=[job.pk]) if may_follow else "",
        problems=[typography(one) for one in problems],
    )
