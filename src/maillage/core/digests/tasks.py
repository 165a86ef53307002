"""The long works of digests, done by the worker."""

from __future__ import annotations

from django.urls import reverse

from maillage.core import clock, jobs
from maillage.core.digests import sending, services
from maillage.core.digests.week import Week
from maillage.core.models import User
from maillage.kernel.errors import MaillageError


@jobs.handler(services.PREPARE_JOB, label="Préparation des relances")
def prepare(progress: jobs.Progress, *, by_id: int) -> jobs.Result:
    done = services.prepare(by=User.objects.get(pk=by_id), at=clock.now(), advance=progress.step)
    data = {"written": done.written, "refreshed": done.refreshed, "withdrawn": done.withdrawn}
    return jobs.Result(data, url=_page(done.week))


@jobs.handler(services.SEND_JOB, label="Envoi des relances")
def send(progress: jobs.Progress, *, week: str) -> jobs.Result:
    asked = Week.parse(week)
    done = sending.send(week=asked, now=clock.now, advance=progress.step)
    if done.failed:
        plural = "s" if done.failed > 1 else ""
        raise MaillageError(
            f"{done.failed} message{plural} refusé{plural} par le serveur, {done.sent} envoyé{'s' * (done.sent > 1)}. "
            "La page des relances dit lesquels."
        )
    return jobs.Result({"sent": done.sent, "discarded": done.discarded}, url=_page(asked))


def _page(week: Week) -> str:
    return f"{reverse('digests')}?semaine={week}"
