"""The one task that the queue knows: run a job by its key."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from maillage.core import worker


@task()
def run_job(job_id: str) -> None:
    worker.execute(UUID(job_id))
