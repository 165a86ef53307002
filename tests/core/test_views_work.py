"""Pages of jobs and files, for the cast."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django_tasks_db.models import DBTaskResult

from maillage.core import clock, files, jobs
from maillage.core.enums import JobStatus
from maillage.core.models import AuditEntry, Job, StoredFile, User
from maillage.kernel.errors import MaillageError
from tests.factories import content_of

pytestmark = pytest.mark.django_db

ClientFor = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    @jobs.handler("test.file", label="Faire un fichier")
    def make_file(progress: jobs.Progress, *, text: str) -> jobs.Result:
        progress.step(50, "Écriture")
        if text == "refus":
            raise MaillageError("Le texte est refusé.")
        stored = files.store(
            name="résultat.csv", content=text.encode(), content_type="text/csv", by=None, at=clock.now()
        )
        return jobs.Result(data={"length": len(text)}, file=stored, url="/compte/")

    yield
    del jobs._handlers["test.file"]


def job_of(by: User, text: str = "a;b") -> Job:
    return jobs.start(kind="test.file", title="Fichier d'essai", parameters={"text": text}, by=by, at=clock.now())


def done(job: Job) -> Job:
    jobs.execute(job.pk)
    job.refresh_from_db()
    return job


def test_the_page_of_a_job_that_waits_then_is_done(client_for: ClientFor, bruno: User) -> None:
    job = job_of(bruno)
    client = client_for(bruno)
    page = client.get(f"/travaux/{job.pk}/").content.decode()
    assert "En attente" in page
    assert f'hx-get="/travaux/{job.pk}/"' in page
    assert "<html" in page

    done(job)
    moving = client.get(f"/travaux/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in moving
    assert "Terminé" in moving
    assert "hx-get" not in moving, "it asks no more"
    assert "résultat.csv" in moving
    assert 'href="/compte/"' in moving


def test_a_refusal_is_shown_to_its_author(client_for: ClientFor, bruno: User) -> None:
    job = done(job_of(bruno, "refus"))
    assert job.status == JobStatus.FAILED
    assert "Le texte est refusé." in client_for(bruno).get(f"/travaux/{job.pk}/").content.decode()


def test_others_do_not_see_a_job(client_for: ClientFor, aicha: User, bruno: User, chloe: User, client: Client) -> None:
    job = job_of(bruno)
    assert client_for(aicha).get(f"/travaux/{job.pk}/").status_code == 200
    assert client_for(chloe).get(f"/travaux/{job.pk}/").status_code == 404
    assert client_for(chloe).post(f"/travaux/{job.pk}/annuler/").status_code == 404
    assert client.get(f"/travaux/{job.pk}/").status_code == 302
    assert client_for(bruno).get(f"/travaux/{uuid.uuid4()}/").status_code == 404


def test_the_list_shows_ones_own_and_all_to_the_team(
    client_for: ClientFor, aicha: User, bruno: User, chloe: User, django_assert_num_queries: Callable[..., object]
) -> None:
    for _ in range(5):
        job_of(bruno)
    assert client_for(aicha).get("/travaux/").content.decode().count("Fichier d&#x27;essai") == 5
    assert client_for(bruno).get("/travaux/").content.decode().count("Fichier d&#x27;essai") == 5
    assert "Aucun travail" in client_for(chloe).get("/travaux/").content.decode()
    client = client_for(aicha)
    with django_assert_num_queries(5):  # session, user, memberships, count, page
        client.get("/travaux/")


def test_a_silent_job_shows_as_interrupted_without_a_write(client_for: ClientFor, bruno: User) -> None:
    job = job_of(bruno)
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.RUNNING, worker="parti", heartbeat_at=clock.now() - timedelta(minutes=2)
    )
    page = client_for(bruno).get(f"/travaux/{job.pk}/").content.decode()
    assert "Interrompu" in page
    assert "relancez" in page
    assert Job.objects.get(pk=job.pk).status == JobStatus.RUNNING


def test_cancelling_a_job_that_waits(client_for: ClientFor, bruno: User) -> None:
    job = job_of(bruno)
    client = client_for(bruno)
    assert client.get(f"/travaux/{job.pk}/annuler/").status_code == 405
    assert client.post(f"/travaux/{job.pk}/annuler/").url == f"/travaux/{job.pk}/"
    assert done(job).status == JobStatus.CANCELLED, "a worker that comes too late does nothing"
    assert AuditEntry.objects.filter(action="job.cancel", actor=bruno).exists()
    assert "Annulé" in client.get(f"/travaux/{job.pk}/").content.decode()


def test_a_job_that_is_over_is_not_cancelled(bruno: User) -> None:
    job = done(job_of(bruno))
    with pytest.raises(MaillageError, match="ne permet pas"):
        jobs.cancel(job=job, by=bruno, at=clock.now())


@transaction.atomic
def start_then_fail(by: User) -> None:
    job_of(by)
    raise RuntimeError


def test_a_job_and_its_task_exist_together_or_not_at_all(bruno: User) -> None:
    with pytest.raises(RuntimeError):
        start_then_fail(bruno)
    assert not Job.objects.exists()
    assert not DBTaskResult.objects.exists()


def test_a_job_of_an_unknown_kind_is_refused(bruno: User) -> None:
    with pytest.raises(ValueError, match="no handler"):
        jobs.start(kind="test.unknown", title="?", parameters={}, by=bruno, at=clock.now())


def test_two_handlers_do_not_share_a_kind() -> None:
    with pytest.raises(ValueError, match="two handlers"):
        jobs.handler("test.file", label="Autre")(lambda progress: jobs.Result())


def test_a_slow_worker_has_the_last_word(bruno: User) -> None:
    """Presumed dead while its heartbeat could not be written, it ends normally: the result is kept."""
    job = job_of(bruno)

    @jobs.handler("test.slow", label="Lent")
    def slow(progress: jobs.Progress, *, text: str) -> jobs.Result:
        Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - timedelta(minutes=2))
        assert jobs.reap(at=clock.now()) == 1
        assert Job.objects.get(pk=job.pk).status == JobStatus.FAILED
        return jobs.Result(data={"fini": True})

    Job.objects.filter(pk=job.pk).update(kind="test.slow")
    done(job)
    assert (job.status, job.error, job.result["data"]) == (JobStatus.DONE, "", {"fini": True})
    del jobs._handlers["test.slow"]


def test_the_reaper_spares_the_living(bruno: User) -> None:
    job = job_of(bruno)
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.RUNNING, worker="le mien", heartbeat_at=clock.now() - timedelta(minutes=2)
    )
    assert jobs.reap(at=clock.now(), alive=frozenset({"le mien"})) == 0
    assert jobs.reap(at=clock.now()) == 1
    assert jobs.reap(at=clock.now()) == 0


def test_a_job_whose_worker_died_before_beginning_is_queued_again(bruno: User) -> None:
    job_of(bruno)
    DBTaskResult.objects.update(status="RUNNING", started_at=clock.now() - timedelta(minutes=2))
    jobs.reap(at=clock.now())
    assert DBTaskResult.objects.get().status == "READY"


# --- files ----------------------------------------------------------------------------------------------------------


def stored(by: User | None, name: str = "tableau été.csv", content: bytes = b"a;b\n1;2\n") -> StoredFile:
    return files.store(name=name, content=content, content_type="text/csv", by=by, at=clock.now())


def status(client: Client, pk: int | None) -> int:
    """The answer to a download, closed as a browser would."""
    response = client.get(f"/fichiers/{pk}/")
    content_of(response)
    return response.status_code


def test_a_file_is_downloaded_never_shown(client_for: ClientFor, bruno: User) -> None:
    file = stored(bruno)
    response = client_for(bruno).get(f"/fichiers/{file.pk}/")
    assert content_of(response) == b"a;b\n1;2\n"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''tableau%20%C3%A9t%C3%A9.csv"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_a_file_is_for_its_depositor_the_team_and_auditors(
    client_for: ClientFor, aicha: User, bruno: User, chloe: User, auditor: User, client: Client
) -> None:
    file = stored(bruno)
    statuses = {user: status(client_for(user), file.pk) for user in (aicha, bruno, auditor)}
    assert set(statuses.values()) == {200}
    assert status(client_for(chloe), file.pk) == 404
    assert status(client_for(chloe), 999999) == 404
    assert status(client, file.pk) == 302


def test_the_author_of_a_job_gets_its_file(client_for: ClientFor, bruno: User, chloe: User) -> None:
    job = done(job_of(bruno))
    assert status(client_for(bruno), job.result_file_id) == 200
    assert status(client_for(chloe), job.result_file_id) == 404


def test_an_app_may_let_someone_in(client_for: ClientFor, chloe: User, bruno: User) -> None:
    file = stored(bruno)

    @files.access_rule
    def everyone(user: User, asked: StoredFile, on: object) -> bool:
        return asked.pk == file.pk

    assert status(client_for(chloe), file.pk) == 200
    files._rules.remove(everyone)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()
