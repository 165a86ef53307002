"""The long works of contracts, done by the worker."""

from __future__ import annotations

from django.urls import reverse

from maillage.contracts.models import Contract
from maillage.contracts.services import archives, documents
from maillage.core import clock, jobs
from maillage.core.models import User


@jobs.handler(archives.KIND, label="Archive d'un contrat")
def build_archive(progress: jobs.Progress, *, contract_id: int, by_id: int) -> jobs.Result:
    contract = Contract.objects.select_related("territory__parent__parent__parent").get(pk=contract_id)
    stored, built = archives.make_archive(
        contract=contract, by=User.objects.get(pk=by_id), at=clock.now(), advance=progress.step
    )
    data = {"sha256": stored.sha256, "files": len(built.entries) + 1, "problems": list(built.problems)}
    return jobs.Result(data, stored, reverse("contract-archive", args=[contract_id]))


@jobs.handler(documents.JOB, label="Document d'un contrat")
def make_document(progress: jobs.Progress, *, contract_id: int, key: str, format: str, by_id: int) -> jobs.Result:
    contract = Contract.objects.select_related("territory__parent__parent__parent").get(pk=contract_id)
    progress.step(10, "Lecture du texte et mise en page")
    made = documents.produce(contract=contract, key=key, format=format, by=User.objects.get(pk=by_id), at=clock.now())
    data = {"title": made.title, "sha256": made.file.sha256}
    return jobs.Result(data, made.file, reverse("contract-documents", args=[contract_id]))
