"""Loading: one edition per file, one short transaction, all or nothing, whoever else writes meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from maillage.core.models import AuditEntry, User
from maillage.kernel.errors import MaillageError
from maillage.sources import registry, selectors, services
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, Importer, ImportReport, ImportRequest, LeftOut
from tests.territories.invented import AT, load, regions

pytestmark = pytest.mark.django_db


def _request(tmp_path: Path, **options: Any) -> ImportRequest:
    path = tmp_path / "essai.csv"
    path.write_text("a;b\n1;2\n")
    return ImportRequest(path=path, name="essai.csv", by=None, at=AT, **options)


def _edition(
    report: ImportReport, request: ImportRequest, part: str = "", scope: tuple[str, ...] = ()
) -> SourceEdition:
    return services.unsaved_edition(request, report, part=part, scope=scope)


def _load(request: ImportRequest, **options: Any) -> ImportReport:
    return services.stage_and_swap(
        request,
        stage=lambda: ImportReport("observations", "Essai", counts={"added": 1}),
        write=options.pop("write", lambda edition: None),
        edition=lambda report: _edition(report, request, **options),
    )


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def write(edition: SourceEdition) -> None:
        SourceEdition.objects.filter(pk=edition.pk).update(title="à moitié")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        _load(_request(tmp_path), write=write)
    assert not SourceEdition.objects.exists()
    assert not AuditEntry.objects.filter(action="source.import").exists()


def test_a_dry_run_never_writes(tmp_path: Path) -> None:
    def write(edition: SourceEdition) -> None:
        raise AssertionError("a dry run wrote")

    assert _load(_request(tmp_path, dry_run=True), write=write).dry_run
    assert not SourceEdition.objects.exists()


def test_what_was_loaded_meanwhile_is_staged_again(tmp_path: Path) -> None:
    """Another file enters between the comparison and the writing: the comparison is made again on what it left."""
    request = _request(tmp_path)
    seen: list[int] = []

    def stage() -> ImportReport:
        seen.append(SourceEdition.objects.count())
        if len(seen) == 1:
            _load(_request(tmp_path))
        return ImportReport("observations", "Essai")

    services.stage_and_swap(
        request, stage=stage, write=lambda edition: None, edition=lambda report: _edition(report, request)
    )
    assert seen == [0, 1]
    assert SourceEdition.objects.count() == 2


def test_endless_company_is_told(tmp_path: Path) -> None:
    request = _request(tmp_path)

    def stage() -> ImportReport:
        _load(_request(tmp_path))
        return ImportReport("observations", "Essai")

    with pytest.raises(MaillageError, match="Réessayez"):
        services.stage_and_swap(
            request, stage=stage, write=lambda edition: None, edition=lambda report: _edition(report, request)
        )


def test_an_edition_puts_out_of_force_only_what_it_covers(tmp_path: Path) -> None:
    request = _request(tmp_path)
    country = _load(request, part="communes", scope=("DEP-01", "DEP-02"))
    one = _load(request, part="communes", scope=("DEP-01",))
    other = _load(request, part="regions", scope=("FRANCE",))
    current = set(SourceEdition.objects.filter(is_current=True).order_by("pk").values_list("pk", flat=True))
    assert current == {country.edition, one.edition, other.edition}
    whole = _load(request, part="communes", scope=("DEP-01", "DEP-02", "DEP-03"))
    current = set(SourceEdition.objects.filter(is_current=True).order_by("pk").values_list("pk", flat=True))
    assert current == {other.edition, whole.edition}


def test_an_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(MaillageError, match="cog, movements, populations"):
        services.run_import(kind="inconnu", request=_request(tmp_path))


def test_a_reader_loads_nothing(tmp_path: Path, bruno: User, chloe: User) -> None:
    for user in (bruno, chloe):
        with pytest.raises(PermissionDenied, match="équipe régionale"):
            load(tmp_path, "cog", regions(("94", "Corse")), by=user)
    assert not SourceEdition.objects.exists()


def test_an_app_may_register_its_own_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_importers", dict(registry._importers))
    steps: list[tuple[int, str]] = []

    def load_mine(request: ImportRequest) -> ImportReport:
        request.progress(50, "À moitié")
        return ImportReport("mine", f"Mien, {request.origin}")

    registry.register(Importer("mine", "Le mien", "Un essai", load_mine))
    request = _request(tmp_path, progress=lambda percent, text: steps.append((percent, text)))
    assert services.run_import(kind="mine", request=request).title == "Mien, essai.csv"
    assert steps == [(50, "À moitié")]


def test_a_path_that_is_not_there_is_told() -> None:
    with pytest.raises(MaillageError, match="n'existe pas"):
        services.brought("absent.csv")


def test_the_text_of_a_report() -> None:
    report = ImportReport("cog", "Communes", rows=37_496, counts={"unchanged": 3})
    for number in range(25):
        report.tell(Difference("added", f"COM-{number:05d}", "Nom"))
    report.left_out = [LeftOut("Sans code.", 2, ("a", "b"))]
    text = "\n".join(report.lines())
    assert "37\u202f496 lignes lues" in text
    assert "25 ajouts\u202f; 3 sans changement" in text
    assert "… et 5 de plus." in text
    assert "2 lignes. Sans code. (a, b)" in text
    assert ImportReport.from_json(report.as_json()) == report


def test_the_checksum_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "vide"
    path.write_bytes(b"")
    assert selectors.sha256_of(path) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
