"""Writing, building, publishing: versions kept, conflicts seen, what is published never changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied

from maillage.core.models import AuditEntry, StoredFile, User
from maillage.documents.enums import Format
from maillage.engines.lifecycle import TransitionRefused
from maillage.indicators.models import Observation, StatedFigure, Waiver
from maillage.kernel.errors import MaillageError
from maillage.reports import services
from maillage.reports.enums import Section
from maillage.reports.models import AnnualReport, CitedFigure, NarrativeVersion, Rendition
from maillage.reports.selectors import pages
from maillage.territories.models import Territory
from tests.reports.reading import office_text, pdf_text

pytestmark = pytest.mark.django_db


def save(report: AnnualReport, by: User, at: datetime, body: str, base: int) -> NarrativeVersion | None:
    return services.save_narrative(report=report, section=Section.FOREWORD, body=body, base_number=base, by=by, at=at)


def content(rendition: Rendition) -> bytes:
    with rendition.file.content.open("rb") as handle:
        return bytes(handle.read())


class TestOpen:
    def test_the_pact_of_the_year_is_found(self, report: AnnualReport) -> None:
        assert report.pact is not None
        assert report.pact.code == "STRAT"

    def test_twice_is_the_same_report(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        again = services.open_report(territory=report.territory, year=2020, by=aicha, at=at)
        assert again == report

    def test_a_year_of_which_nothing_is_known(
        self, territories: dict[str, Territory], aicha: User, at: datetime
    ) -> None:
        report = services.open_report(territory=territories["REG-52"], year=2031, by=aicha, at=at)
        assert report.pact is None
        rendition = services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at)
        assert "Aucun chiffre n’est enregistré pour 2031" in pdf_text(content(rendition))

    @pytest.mark.parametrize("year", [0, 20, 99999])
    def test_a_year_that_is_none(self, territories: dict[str, Territory], aicha: User, at: datetime, year: int) -> None:
        with pytest.raises(MaillageError, match="n'est pas une année"):
            services.open_report(territory=territories["REG-52"], year=year, by=aicha, at=at)


class TestNarrative:
    def test_each_save_is_a_version(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        save(report, aicha, at, "un", 0)
        save(report, aicha, at, "deux\r\ntrois", 1)
        bodies = list(report.narratives.order_by("number").values_list("number", "body"))
        assert bodies == [(1, "un"), (2, "deux\ntrois")]

    def test_the_same_text_saves_nothing(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        save(report, aicha, at, "un", 0)
        save(report, aicha, at, "un", 0)
        assert report.narratives.count() == 1
        assert save(report, aicha, at, "un", 1) == report.narratives.get()

    def test_nothing_typed_where_nothing_was(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        assert save(report, aicha, at, "  ", 0) is None

    def test_a_concurrent_save_is_seen_and_loses_nothing(
        self, report: AnnualReport, aicha: User, prefect: User, at: datetime
    ) -> None:
        save(report, aicha, at, "départ", 0)
        save(report, prefect, at, "celui de la préfète", 1)
        with pytest.raises(services.NarrativeConflict) as caught:
            save(report, aicha, at, "celui d'Aïcha", 1)
        assert caught.value.current.body == "celui de la préfète"
        save(report, aicha, at, "les deux", caught.value.current.number)
        assert [version.body for version in report.narratives.order_by("number")] == [
            "départ",
            "celui de la préfète",
            "les deux",
        ]

    def test_an_old_version_comes_back_as_a_new_one(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        for number, body in enumerate(("un", "deux")):
            save(report, aicha, at, body, number)
        version = services.restore_narrative(report=report, section=Section.FOREWORD, number=1, by=aicha, at=at)
        assert (version.number, version.body) == (3, "un")
        assert report.narratives.count() == 3

    def test_a_text_too_long_is_refused(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        with pytest.raises(MaillageError, match="dépasse"):
            save(report, aicha, at, "a" * (services.MAX_NARRATIVE_LENGTH + 1), 0)

    def test_each_save_is_in_the_journal_without_the_text(
        self, report: AnnualReport, aicha: User, at: datetime
    ) -> None:
        save(report, aicha, at, "secret", 0)
        entry = AuditEntry.objects.get(action="report.narrative")
        assert entry.actor == aicha
        assert "secret" not in str(entry.summary) + str(entry.changes)


class TestBuild:
    def test_the_figures_cited_are_kept_with_the_file(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        rendition = services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at)
        cited = rendition.cited_figures.get(key="credits|DEP-44|2020")
        assert (cited.value, cited.status, cited.period) == ("1516843", "published", "2020")
        assert "INVENTE" in cited.source
        assert rendition.cited_figures.filter(key="stated:X3", value="89").exists()

    def test_what_a_file_says_is_literal(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        for format in Format:
            rendition = services.build_rendition(report=report, format=format, by=aicha, at=at)
            read = pdf_text if format is Format.PDF else office_text
            assert "État & Dpt <44>" in read(content(rendition))
            assert "#$*_\\@" in read(content(rendition))

    def test_the_same_facts_store_nothing_new(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        first = services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at)
        again = services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at + timedelta(hours=1))
        assert again == first
        assert StoredFile.objects.count() == 1

    def test_a_failure_on_the_way_leaves_nothing(
        self, report: AnnualReport, aicha: User, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a kill during the drawing leaves: nothing of the report, because storing comes last, at once."""

        def die(*args: object, **kwargs: object) -> bytes:
            raise KeyboardInterrupt

        monkeypatch.setattr(services, "render", die)
        with pytest.raises(KeyboardInterrupt):
            services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at)
        assert not Rendition.objects.exists()
        assert not StoredFile.objects.exists()

    def test_a_failure_while_storing_leaves_nothing(
        self, report: AnnualReport, aicha: User, at: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*args: object, **kwargs: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(CitedFigure.objects, "bulk_create", die)
        with pytest.raises(KeyboardInterrupt):
            services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at)
        assert not Rendition.objects.exists()
        assert not StoredFile.objects.exists()


class TestPublish:
    def published(self, report: AnnualReport, by: User, at: datetime) -> AnnualReport:
        services.publish(report=report, acknowledged=["X3"], by=by, at=at)
        report.refresh_from_db()
        return report

    def test_three_files_at_once(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        self.published(report, aicha, at)
        assert report.status == "published"
        found = report.renditions.filter(published_at=at, published_by=aicha)
        assert sorted(found.values_list("format", flat=True)) == ["docx", "odt", "pdf"]
        assert "Brouillon" not in pdf_text(content(found.get(format="pdf")))

    def test_a_contradiction_that_nobody_read_blocks(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        """P1: the contradicted figure is printed as a discrepancy, and whoever publishes has named it."""
        for acknowledged in ([], ["X3", "X1"], ["X1"]):
            with pytest.raises(TransitionRefused, match="écarts sans dérogation"):
                services.publish(report=report, acknowledged=acknowledged, by=aicha, at=at)
        report.refresh_from_db()
        assert report.status == "draft"
        assert not report.renditions.exists()

    def test_a_waived_contradiction_needs_no_acknowledgement(
        self, report: AnnualReport, figures: dict[str, StatedFigure], aicha: User, at: datetime
    ) -> None:
        Waiver.objects.create(
            figure=figures["X3"], verdict="contradicts_components", reason="Faute reconnue", by=aicha, at=at
        )
        renditions = services.publish(report=report, acknowledged=[], by=aicha, at=at)
        text = pdf_text(content(renditions[0]))
        assert "Faute reconnue" in text
        assert "Aïcha Benali, le 20/11/2026" in text

    def test_a_figure_that_changes_during_publication_refuses_it(
        self,
        report: AnnualReport,
        credits: dict[tuple[str, str], Observation],
        aicha: User,
        at: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        draw = services.render

        def change_meanwhile(*args: Any) -> bytes:
            Observation.objects.filter(pk=credits["DEP-44", "2020"].pk).update(value=Decimal(7))
            return draw(*args)

        monkeypatch.setattr(services, "render", change_meanwhile)
        with pytest.raises(MaillageError, match="a changé pendant la publication"):
            services.publish(report=report, acknowledged=["X3"], by=aicha, at=at)
        assert not report.renditions.exists()

    def test_what_is_published_does_not_change(self, report: AnnualReport, aicha: User, at: datetime) -> None:
        self.published(report, aicha, at)
        with pytest.raises(MaillageError, match="publié"):
            save(report, aicha, at, "après", 0)
        with pytest.raises(MaillageError, match="publié"):
            services.build_rendition(report=report, format=Format.PDF, by=aicha, at=at)
        with pytest.raises(MaillageError, match="publié"):
            services.publish(report=report, acknowledged=["X3"], by=aicha, at=at)

    def test_drift_shows_both_values_and_the_file_stays(
        self, report: AnnualReport, credits: dict[tuple[str, str], Observation], aicha: User, at: datetime
    ) -> None:
        self.published(report, aicha, at)
        rendition = report.renditions.get(format="pdf")
        before = content(rendition)
        assert pages.drift(report, at.date()) == []
        Observation.objects.filter(pk=credits["DEP-44", "2020"].pk).update(value=Decimal(1_616_843))
        changed = {one.cited.key: one for one in pages.drift(report, at.date())}
        moved = changed["credits|DEP-44|2020"]
        assert (moved.cited_value, moved.current_value) == ("1\u202f516\u202f843", "1\u202f616\u202f843")
        assert "INVENTE" in moved.current_source
        assert "credits-total|REG-52|2020" in changed
        assert content(rendition) == before

    def test_a_figure_that_is_gone_is_drift_too(
        self, report: AnnualReport, figures: dict[str, StatedFigure], aicha: User, at: datetime
    ) -> None:
        self.published(report, aicha, at)
        figures["X4"].delete()
        (gone,) = pages.drift(report, at.date())
        assert gone.current_value == "n’est plus enregistré"

    def test_one_amount_changed_moves_every_format(
        self, report: AnnualReport, credits: dict[tuple[str, str], Observation], aicha: User, at: datetime
    ) -> None:
        readers = {Format.PDF: pdf_text, Format.ODT: office_text, Format.DOCX: office_text}

        def texts() -> list[str]:
            return [
                read(content(services.build_rendition(report=report, format=format, by=aicha, at=at)))
                for format, read in readers.items()
            ]

        assert all("1\u202f516\u202f843\u00a0€" in text for text in texts())
        Observation.objects.filter(pk=credits["DEP-44", "2020"].pk).update(value=Decimal(1_616_843))
        for text in texts():
            assert "1\u202f616\u202f843\u00a0€" in text
            assert "+61,7\u00a0%" in text
            assert "1\u202f516\u202f843" not in text


class TestWho:
    @pytest.mark.parametrize("name", ["bruno", "chloe", "ddets", "departement_lead", "auditor"])
    def test_others_write_nothing(
        self, report: AnnualReport, at: datetime, name: str, request: pytest.FixtureRequest
    ) -> None:
        user = request.getfixturevalue(name)
        for action in (
            lambda: save(report, user, at, "non", 0),
            lambda: services.build_rendition(report=report, format=Format.PDF, by=user, at=at),
            lambda: services.publish(report=report, acknowledged=["X3"], by=user, at=at),
            lambda: services.open_report(territory=report.territory, year=2019, by=user, at=at),
            lambda: services.start_build(report=report, format=Format.PDF, by=user, at=at),
            lambda: services.start_publication(report=report, acknowledged=[], by=user, at=at),
        ):
            with pytest.raises(PermissionDenied):
                action()
        assert not NarrativeVersion.objects.exists()

    def test_the_prefect_of_the_region_publishes(self, report: AnnualReport, prefect: User, at: datetime) -> None:
        assert len(services.publish(report=report, acknowledged=["X3"], by=prefect, at=at)) == 3


class TestWriteAnnualReport:
    def test_the_file_is_copied_to_the_folder(self, year: int, at: datetime, tmp_path: Path) -> None:
        path = services.write_annual_report(year=year, format="pdf", by=None, at=at, output_dir=tmp_path)
        assert path.parent == tmp_path
        assert path.read_bytes().startswith(b"%PDF")
        assert list(tmp_path.iterdir()) == [path]

    def test_by_default_in_the_reports_of_the_instance(self, year: int, at: datetime) -> None:
        path = services.write_annual_report(year=year, format="odt", by=None, at=at)
        assert path.parent == settings.DATA_DIR / "reports"

    def test_a_published_report_is_given_back_as_it_was(
        self,
        report: AnnualReport,
        credits: dict[tuple[str, str], Observation],
        aicha: User,
        at: datetime,
        tmp_path: Path,
    ) -> None:
        renditions = services.publish(report=report, acknowledged=["X3"], by=aicha, at=at)
        Observation.objects.filter(pk=credits["DEP-44", "2020"].pk).update(value=Decimal(7))
        path = services.write_annual_report(year=2020, format="pdf", by=None, at=at, output_dir=tmp_path)
        assert path.read_bytes() == content(renditions[0])

    def test_another_region(
        self, territories: dict[str, Territory], year: int, at: datetime, tmp_path: Path, settings: Any
    ) -> None:
        settings.MAILLAGE_REGION = "REG-53"
        path = services.write_annual_report(year=year, format="pdf", by=None, at=at, output_dir=tmp_path)
        text = pdf_text(path.read_bytes())
        assert "Bretagne" in text
        assert "1\u202f516\u202f843" not in text

    @pytest.mark.usefixtures("db")
    def test_a_region_that_is_not_loaded(self, at: datetime) -> None:
        with pytest.raises(MaillageError, match="n'est pas chargée"):
            services.write_annual_report(year=2020, format="pdf", by=None, at=at)
