"""`maillage jobs`: what the worker does and did."""

from __future__ import annotations

import click

from maillage.cli import output


@click.group()
def jobs() -> None:
    """Liste les travaux, relève ceux qui sont interrompus."""


@jobs.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Nombre de travaux.")
@output.json_option
def list_jobs(limit: int, as_json: bool) -> None:
    """Liste les travaux, du plus récent au plus ancien."""
    from maillage.core import clock
    from maillage.core import jobs as core_jobs
    from maillage.core.models import Job

    at = clock.now()
    rows = [
        {
            "id": job.pk,
            "kind": job.kind,
            "title": job.title,
            "status": job.status,
            "status_label": core_jobs.display_status(job, at),
            "progress": job.progress,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
            "error": job.error,
        }
        for job in Job.objects.all()[:limit]
    ]
    table = [[row["id"], row["title"], row["status_label"], f"{row['progress']} %"] for row in rows]
    text = output.table(["Numéro", "Travail", "État", "Avancement"], table, right=[3]) if table else "Aucun travail."
    output.emit(rows, as_json=as_json, text=text)


@jobs.command("reap")
@output.json_option
def reap(as_json: bool) -> None:
    """Marque comme échoués les travaux qui ne donnent plus signe de vie."""
    from maillage.core import clock
    from maillage.core import jobs as core_jobs

    count = core_jobs.reap(at=clock.now())
    output.emit(
        {"reaped": count},
        as_json=as_json,
        text=f"{count} travail interrompu relevé." if count == 1 else f"{count} travaux interrompus relevés.",
    )
