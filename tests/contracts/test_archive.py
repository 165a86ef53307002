"""The archive of a contract: unpacked elsewhere, read and checked with nothing of ours."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from maillage.cli.contracts import contracts as command
from maillage.contracts import archive
from maillage.contracts.archive import tables, writer
from maillage.contracts.archive.files import path_of
from maillage.contracts.models import Contract, ContractVersion, Evidence
from maillage.contracts.services.archives import ask_archive, make_archive
from maillage.contracts.services.texts import REMOVED, change_text
from maillage.contracts.services.versions import read_version
from maillage.contracts.text import text_of
from maillage.core import files, jobs
from maillage.core.models import AuditEntry, Job, StoredFile, User
from maillage.engines.contract_text import canonical
from maillage.kernel.money import Money
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.archive_world import lived, past_the_triggers
from tests.contracts.results_world import LATER, World

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ClientFor = Callable[[User], Client]


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return lived(territories)


def build(contract: Contract, at: datetime = AT) -> tuple[bytes, archive.Built]:
    out = io.BytesIO()
    built = archive.write(archive.gather(contract=contract, at=at), out)
    return out.getvalue(), built


def unpacked(contract: Contract, folder: Path) -> Path:
    content, _ = build(contract)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        opened.extractall(folder)
    return folder


def sha256sum(folder: Path, sums: str = "SHA256SUMS") -> subprocess.CompletedProcess[str]:
    """The real one, of coreutils: what an auditor types."""
    return subprocess.run(
        ["sha256sum", "--strict", "-c", sums],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    content = (folder / "tableaux" / f"{name}.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def stored_path(evidence: Evidence) -> Path:
    return Path(evidence.file.content.path)


class TestChecks:
    def test_coreutils_and_hashlib_agree(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        result = sha256sum(folder)
        assert result.returncode == 0, result.stdout + result.stderr
        listed = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines())
        present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert set(listed) == present - {"SHA256SUMS"}
        for name, digest in listed.items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name

    def test_what_was_signed_and_deposited_is_what_is_there(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        result = sha256sum(folder, "EMPREINTES-ENREGISTREES")
        assert result.returncode == 0, result.stdout + result.stderr
        recorded = (folder / "EMPREINTES-ENREGISTREES").read_text("utf-8")
        for version in world.contract.versions.all():
            assert f"{version.sha256}  versions/version-{version.number}.json\n" in recorded

    @pytest.mark.parametrize("name", ["versions/version-1.json", "journal/journal.jsonl", "tableaux/lignes.csv"])
    def test_one_byte_changed_is_seen(self, world: World, tmp_path: Path, name: str) -> None:
        folder = unpacked(world.contract, tmp_path)
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)
        result = sha256sum(folder)
        assert result.returncode == 1
        assert f"{name}: FAILED" in result.stdout

    def test_the_same_state_and_instant_give_the_same_bytes(self, world: World) -> None:
        first, _ = build(world.contract)
        second, _ = build(Contract.objects.get(pk=world.contract.pk))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
        assert build(world.contract, AT + timedelta(minutes=1))[0] != first
        with zipfile.ZipFile(io.BytesIO(first)) as opened:
            assert {entry.date_time for entry in opened.infolist()} == {(2026, 11, 20, 10, 0, 0)}, "local time"


class TestRebuilds:
    def test_the_text_of_each_version(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        assert world.contract.versions.count() == 2
        for version in world.contract.versions.all():
            content = (folder / f"versions/version-{version.number}.json").read_text("utf-8")
            assert hashlib.sha256(content.encode()).hexdigest() == version.sha256
            assert json.loads(content)["text"] == read_version(version)["text"]
            assert canonical(json.loads(content)) == content
        last = json.loads((folder / "versions/version-2.json").read_text("utf-8"))
        assert last["text"] == text_of(world.contract)

    def test_the_amounts_of_every_line(self, world: World, tmp_path: Path) -> None:
        rows = {row["Ligne"]: row for row in rows_of(unpacked(world.contract, tmp_path), "lignes")}
        for line in world.sheet.lines.all():
            shown = rows[line.key]
            for label, amount in (("Prévu (AE)", line.planned), ("Engagé", line.committed), ("Payé", line.paid)):
                assert float(shown[label].replace(",", ".")) == float(amount)

    def test_movements_sum_to_the_lines(self, world: World, tmp_path: Path) -> None:
        paid = [
            float(row["Montant"].replace(",", "."))
            for row in rows_of(unpacked(world.contract, tmp_path), "mouvements")
            if row["Étape"].startswith("Payé")
        ]
        assert sum(paid) == 2500
        assert -0.5 in paid

    def test_amendments_even_cancelled_with_what_they_change(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        signed, cancelled = (json.loads((folder / f"avenants/avenant-{n}.json").read_text("utf-8")) for n in (1, 2))
        assert (signed["status"], cancelled["status"]) == ("in_force", "cancelled")
        changed = {row["path"]: (row["before"], row["after"], row["gap"]) for row in signed["changes"]}
        assert changed["caps/2025/ae"] == ("5\u202f000\u00a0€", "6\u202f000\u00a0€", "+1\u202f000\u00a0€")
        assert cancelled["proposed"]["sheets"]["A01"]["need"] == "=HYPERLINK(1)"

    def test_decisions_say_who_when_and_why(self, world: World, tmp_path: Path) -> None:
        rows = rows_of(unpacked(world.contract, tmp_path), "decisions")
        signed = [row for row in rows if row["Décision"] == "Signer"]
        assert [row["Qui"] for row in signed] == ["Fabienne Noël"] * 2
        cancelled = next(row for row in rows if row["Décision"] == "Annuler")
        assert cancelled["Motif"] == "Motif écrit pour cet essai"
        assert cancelled["Quand"] == "2025-09-01T12:00:00+02:00"

    def test_the_journal_is_whole(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        lines = [json.loads(line) for line in (folder / "journal/journal.jsonl").read_text("utf-8").splitlines()]
        ours = AuditEntry.objects.filter(summary__startswith=world.contract.reference)
        assert len(lines) == ours.count()
        assert {line["action"] for line in lines} == set(ours.values_list("action", flat=True))
        assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)

    def test_readings_reports_evaluations(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        readings = rows_of(folder, "releves")
        assert {row["Valeur"] for row in readings} == {"30", ""}
        assert "Le logiciel est en panne" in {row["Pourquoi elle manque"] for row in readings}
        assert {row["Catégorie"] for row in rows_of(folder, "ventilations")} == {"women", "men"}
        frozen = json.loads((folder / "rapports/rapport-A01-2024.json").read_text("utf-8"))
        assert frozen == world.sheet.reports.get(year=2024).figures
        assert rows_of(folder, "recommandations")[0]["Recommandation"] == "Ouvrir le samedi"
        assert rows_of(folder, "commentaires")[0]["Réponse"] == "Du devis"
        assert rows_of(folder, "ej")[0]["Numéro"] == "1234567"

    def test_parameters_carry_their_references(self, world: World, tmp_path: Path) -> None:
        rows = rows_of(unpacked(world.contract, tmp_path), "parametres")
        assert rows
        assert all(row["Référence"] for row in rows)
        assert {row["Nature"] for row in rows} <= {"cls", "all"}

    def test_a_sheet_taken_out_before_signature_keeps_its_journal(self, territories: dict[str, Territory]) -> None:
        cast = builders.make_cast()
        builders.make_reference_rows()
        contract = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast, ("A01", "A02"))
        change_text(contract=contract, edits={"sheets/A02": REMOVED}, seen={}, by=cast.lead, at=builders.AT)
        gathered = archive.gather(contract=contract, at=AT)
        assert any("fiche A02 : retenue" in line["summary"] for line in gathered.journal)


class _Page(HTMLParser):
    """What a page holds: links, the tags it opens, whether it closes them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.lang = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.lang = given.get("lang") or self.lang if tag == "html" else self.lang
        self.links += [given[name] or "" for name in ("href", "src") if name in given]


class TestReads:
    def test_every_link_of_every_page_leads_to_a_file(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        pages = sorted(folder.rglob("*.html"))
        assert len(pages) > 25
        for path in pages:
            page = _Page(path.read_text("utf-8"))
            assert page.lang == "fr"
            assert page.tags.count("h1") == 1
            assert "title" in page.tags
            assert not {"script", "style", "iframe", "img", "form"} & set(page.tags)
            for link in page.links:
                assert not re.match(r"[a-z]+:|/", link), f"{path.name}: {link}"
                assert (path.parent / link.partition("#")[0]).resolve().is_file(), f"{path.name}: {link}"

    def test_every_page_is_reached_from_the_index(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        seen: set[Path] = set()
        waiting = [folder / "index.html"]
        while waiting:
            page = waiting.pop()
            if page in seen:
                continue
            seen.add(page)
            if page.suffix == ".html":
                waiting += [(page.parent / link).resolve() for link in _Page(page.read_text("utf-8")).links]
        left = {path for path in folder.rglob("*") if path.is_file()} - seen
        assert not left

    def test_a_formula_does_not_run(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        for path in (folder / "tableaux").glob("*.csv"):
            for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig")), delimiter=";"):
                for cell in row:
                    assert not re.match(r"[=+@\t\r]|-(?![0-9,]+$)", cell), f"{path.name}: {cell}"
        assert any("'=HYPERLINK(1)" in row["Après"] for row in rows_of(folder, "avenants-comparaison"))

    def test_no_address_of_a_person_leaves(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        emails = list(User.objects.values_list("email", flat=True))
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not [email for email in emails if email.encode() in content], path.name

    def test_a_draft_has_an_archive_too(self, territories: dict[str, Territory], tmp_path: Path) -> None:
        contract = builders.make_contract(territories["DEP-44"], builders.make_cast())
        folder = unpacked(contract, tmp_path)
        assert sha256sum(folder).returncode == 0
        assert "le contrat n’est pas signé" in (folder / "index.html").read_text("utf-8")


class TestFiles:
    def test_they_are_those_that_were_deposited(self, world: World, tmp_path: Path) -> None:
        folder = unpacked(world.contract, tmp_path)
        rows = rows_of(folder, "fichiers")
        assert {row["État"] for row in rows} == {"intact"}
        for row in rows:
            assert (
                hashlib.sha256((folder / row["Fichier"]).read_bytes()).hexdigest()
                == row["Empreinte au dépôt (SHA-256)"]
            )
        withdrawn = [row for row in rows if row["Motif du retrait"]]
        assert [row["Fichier"].split("/")[1] for row in withdrawn] == ["preuves-retirees"]

    def test_one_that_is_gone_is_said(self, world: World, tmp_path: Path) -> None:
        evidence = Evidence.objects.get(withdrawn_at__isnull=True)
        stored_path(evidence).rename(tmp_path / "elsewhere")
        content, built = build(world.contract)
        (tmp_path / "elsewhere").rename(stored_path(evidence))
        assert any("absent du stockage" in problem for problem in built.problems)
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            assert "absent du stockage" in opened.read("index.html").decode()
            assert "absent du stockage" in opened.read("LISEZ-MOI.txt").decode()
            assert "absent du stockage" in opened.read("tableaux/fichiers.csv").decode()

    def test_one_that_was_altered_is_said_and_given(self, world: World, tmp_path: Path) -> None:
        evidence = Evidence.objects.get(withdrawn_at__isnull=True)
        path = stored_path(evidence)
        genuine = path.read_bytes()
        path.write_bytes(genuine + b"%")
        try:
            content, built = build(world.contract)
        finally:
            path.write_bytes(genuine)
        assert any("altéré" in problem for problem in built.problems)
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            opened.extractall(tmp_path)
        assert sha256sum(tmp_path).returncode == 0
        assert "FAILED" in sha256sum(tmp_path, "EMPREINTES-ENREGISTREES").stdout

    def test_one_that_fails_on_the_way_is_said(self) -> None:
        class Failing(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                found = super().read(4)
                if not found:
                    raise OSError("the disk is gone")
                return found

        out = io.BytesIO()
        with writer.Writer(out, AT) as made, pytest.raises(writer.Unreadable):
            made.copy("fichiers/a.pdf", Failing(b"12345678"), 8)
        with zipfile.ZipFile(out) as opened:
            assert opened.read("fichiers/a.pdf") == b"12345678"
            assert hashlib.sha256(b"12345678").hexdigest() in opened.read("SHA256SUMS").decode()

    def test_a_large_file_goes_by_pieces(self, world: World) -> None:
        """Never more in memory than a piece: the source counts what is asked of it."""
        asked: list[int] = []

        class Counting(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                asked.append(size or -1)
                return super().read(size)

        with writer.Writer(io.BytesIO(), AT) as made:
            made.copy("fichiers/a.pdf", Counting(b"x" * (3 * writer.CHUNK)), 3 * writer.CHUNK)
        assert set(asked) == {writer.CHUNK}

    def test_names_of_files_are_plain_whatever_they_were(self, world: World) -> None:
        stored = files.store(
            name="../../é vil\n.p df", content=b"x", content_type="text/plain", by=world.cast.lead, at=LATER
        )
        path = archive.gathering.items_of(world.contract)[0].path
        assert re.fullmatch(r"[a-z0-9/.-]+", path)
        assert re.fullmatch(r"fichiers/pieces/[0-9]{6}-[a-z-]+", path_of("pieces", stored, "../\u202e=x\n"))

    def test_a_version_changed_in_the_database_is_said(self, world: World) -> None:
        version = world.contract.versions.get(number=1)
        with past_the_triggers():
            ContractVersion.objects.filter(pk=version.pk).update(content=version.content.replace("5000", "5001"))
            content, built = build(world.contract)
            with zipfile.ZipFile(io.BytesIO(content)) as opened:
                assert "modifiée depuis sa signature" in opened.read("versions/version-1.html").decode()
        assert any("version 1" in problem for problem in built.problems)

    def test_a_version_that_is_no_text_any_more_stops_nothing(
        self, world: World, auditor: User, client_for: ClientFor
    ) -> None:
        with past_the_triggers():
            ContractVersion.objects.filter(contract=world.contract, number=1).update(content='{"text":')
        content, built = build(world.contract)
        assert any("version 1" in problem for problem in built.problems)
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            assert "la comparaison n’est pas possible" in opened.read("avenants/avenant-1.html").decode()
        client = client_for(auditor)
        for name, args in (("contract-version", [1]), ("amendment", [1]), ("contract-versions", [])):
            assert client.get(reverse(name, args=[world.contract.pk, *args])).status_code == 200
        compare = reverse("contract-versions-compare", args=[world.contract.pk])
        assert client.get(compare, {"de": 1, "a": 2}).status_code == 200


class TestJob:
    def test_it_is_asked_done_and_downloaded(self, world: World, auditor: User, client_for: ClientFor) -> None:
        client, page = client_for(auditor), reverse("contract-archive", args=[world.contract.pk])
        answer = client.post(page)
        job = Job.objects.get(kind="contract.archive")
        assert answer.headers["Location"] == reverse("job", args=[job.pk])
        jobs.execute(job.pk)
        job.refresh_from_db()
        assert job.status == "done", job.error
        assert job.result["data"]["problems"] == []
        assert job.result["url"] == page
        url = reverse("file", args=[job.result_file.pk])
        assert url in client.get(page).content.decode()
        with zipfile.ZipFile(io.BytesIO(client.get(url).getvalue())) as opened:
            assert "SHA256SUMS" in opened.namelist()

    def test_its_file_goes_to_who_may_audit(
        self, world: World, auditor: User, aicha: User, bruno: User, departement_lead: User, client_for: ClientFor
    ) -> None:
        job = ask_archive(contract=world.contract, by=auditor, at=AT)
        jobs.execute(job.pk)
        url = reverse("file", args=[Job.objects.get(pk=job.pk).result_file_id])
        answers = [client_for(who).get(url) for who in (aicha, auditor, bruno, departement_lead)]
        for answer in answers[:2]:
            answer.close()
        assert [answer.status_code for answer in answers] == [200, 200, 404, 404]

    def test_the_journal_keeps_who_asked(self, world: World, auditor: User) -> None:
        ask_archive(contract=world.contract, by=auditor, at=AT)
        assert AuditEntry.objects.get(action="contract.archive").actor == auditor

    @pytest.mark.parametrize("who", ["bruno", "ddets", "departement_lead", "prefect"])
    def test_others_are_refused(
        self, world: World, request: pytest.FixtureRequest, client_for: ClientFor, who: str
    ) -> None:
        user = request.getfixturevalue(who)
        page = reverse("contract-archive", args=[world.contract.pk])
        assert client_for(user).get(page).status_code == 403
        assert client_for(user).post(page).status_code == 403
        with pytest.raises(PermissionDenied):
            make_archive(contract=world.contract, by=user, at=AT)
        assert not Job.objects.exists()

    def test_strangers_do_not_know_of_it(self, world: World, chloe: User, client_for: ClientFor) -> None:
        assert client_for(chloe).get(reverse("contract-archive", args=[world.contract.pk])).status_code == 404

    def test_problems_are_on_its_page(self, world: World, auditor: User, client_for: ClientFor, tmp_path: Path) -> None:
        evidence = Evidence.objects.get(withdrawn_at__isnull=True)
        stored_path(evidence).rename(tmp_path / "elsewhere")
        job = ask_archive(contract=world.contract, by=auditor, at=AT)
        jobs.execute(job.pk)
        (tmp_path / "elsewhere").rename(stored_path(evidence))
        page = client_for(auditor).get(reverse("contract-archive", args=[world.contract.pk])).content.decode()
        assert "absent du stockage" in page


class TestCommand:
    def test_it_writes_the_archive(self, world: World, tmp_path: Path) -> None:
        target = tmp_path / "a.zip"
        args = ["archive", world.contract.reference, "--output", str(target), "--json"]
        result = CliRunner().invoke(command, args, catch_exceptions=False)
        written = json.loads(result.stdout)
        assert written["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
        assert written["problems"] == []

    def test_verify_finds_nothing_to_say_of_what_is_sound(self, world: World) -> None:
        result = CliRunner().invoke(command, ["verify", "--strict"], catch_exceptions=False, standalone_mode=False)
        assert result.return_value in (None, 0)
        assert "2 versions" in result.stdout

    def test_verify_sees_a_row_that_moved_and_a_version_that_changed(self, world: World) -> None:
        line = world.sheet.lines.get(key="D2025")
        type(line).objects.filter(pk=line.pk).update(planned=1)
        with past_the_triggers():
            ContractVersion.objects.filter(contract=world.contract, number=1).update(content="{}")
            result = CliRunner().invoke(
                command, ["verify", "--strict", "--json"], catch_exceptions=False, standalone_mode=False
            )
        found = json.loads(result.stdout)
        assert result.return_value == 1
        assert found["contracts"][0]["moved"] == ["sheets/A01/lines/D2025/planned"]
        assert len(found["contracts"][0]["hashes"]) == 1


def test_a_negative_amount_is_a_number_and_a_text_that_begins_so_is_not() -> None:
    table = tables.ArchiveTable("t", "T", ("a", "b"), [(Money(Decimal("-2.5")), "-2+3")])
    assert table.csv().decode("utf-8-sig").splitlines()[1] == "-2,5;'-2+3"


def test_a_date_before_those_of_zip_files_is_brought_to_the_first() -> None:
    out = io.BytesIO()
    with writer.Writer(out, datetime(1970, 1, 1, tzinfo=UTC)) as made:
        made.add("a.txt", "x")
    with zipfile.ZipFile(out) as opened:
        assert opened.getinfo("a.txt").date_time[0] == 1980


def test_stored_files_are_never_changed_by_an_archive(world: World) -> None:
    before = list(StoredFile.objects.values_list("pk", "sha256"))
    build(world.contract)
    assert list(StoredFile.objects.values_list("pk", "sha256")) == before
