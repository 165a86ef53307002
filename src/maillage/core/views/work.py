"""Jobs and stored files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from maillage.core import clock, files, jobs, perms, selectors
from maillage.core.enums import JobStatus
from maillage.core.models import Job, StoredFile, User

PAGE = 25
_UNDER_WAY = {JobStatus.QUEUED, JobStatus.RUNNING}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login is required)
    return request.user


def _shown(job: Job, user: User) -> dict[str, Any]:
    """What a page says of a job."""
    at = clock.now()
    label = jobs.display_status(job, at)
    under_way = job.status in _UNDER_WAY
    return {
        "job": job,
        "kind_label": jobs.label_of(job.kind),
        "status_label": label,
        "status_code": "interrupted" if label == jobs.INTERRUPTED else job.status,
        "under_way": under_way and label != jobs.INTERRUPTED,
        "may_cancel": under_way and job.cancel_asked_at is None and perms.can_cancel_job(user, job, at.date()),
        "result_url": job.result.get("url", ""),
    }


@require_safe
@never_cache
def job_list(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    page = Paginator(selectors.jobs_seen_by(user, on=clock.today()), PAGE).get_page(request.GET.get("page"))
    return render(request, "core/jobs.html", {"page": page, "rows": [_shown(job, user) for job in page]})


def _visible_job(user: User, key: UUID) -> Job:
    return get_object_or_404(selectors.jobs_seen_by(user, on=clock.today()), pk=key)


@require_safe
@never_cache
def job_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """The whole page, or only its moving part when the page itself asks again (htmx)."""
    user = _user(request)
    context = _shown(_visible_job(user, key), user)
    template = "core/_job.html" if request.headers.get("HX-Request") else "core/job.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@require_POST
def job_cancel(request: HttpRequest, key: UUID) -> HttpResponse:
    user = _user(request)
    job = _visible_job(user, key)
    jobs.cancel(job=job, by=user, at=clock.now())
    return redirect("job", key=job.pk)


@require_safe
def file_download(request: HttpRequest, pk: int) -> FileResponse:
    file = get_object_or_404(StoredFile, pk=pk)
    if not files.can_download(_user(request), file, clock.today()):
        raise Http404
    return files.respond(file)
