"""What comes in is checked by size, name and real content; what is stored is named by its checksum."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st

from maillage.core import clock, files
from maillage.core.models import StoredFile, User
from maillage.kernel.errors import InputRefused

XLSX_ENTRIES = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
ODS_ENTRIES = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office/>"}


def archive(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)  # at the epoch: the same bytes, and the same test names, in every process
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, content)
    return buffer.getvalue()


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


GOOD = [
    ("tableau.csv", b"code;valeur\nDEP-44;12\n"),
    ("tableau.CSV", "région;valeur\n".encode("cp1252")),
    ("tableau.csv", "région;valeur\n".encode("utf-16")),
    ("contours.geojson", b'\xef\xbb\xbf {"type": "FeatureCollection"}'),
    ("liste.json", b"[]"),
    ("tableau.xlsx", archive(XLSX_ENTRIES)),
    ("tableau.ods", archive(ODS_ENTRIES)),
]

BAD = [
    ("virus.exe", b"MZ", "n'est pas d'un type accepté"),
    ("sans_extension", b"a;b", "n'est pas d'un type accepté"),
    ("double.csv.exe", b"a;b", "n'est pas d'un type accepté"),
    ("rapport.pdf", b"%PDF-1.7", "n'est pas d'un type accepté"),
    ("vide.csv", b"", "est vide"),
    ("programme.csv", b"MZ\x90\x00", "n'est pas un fichier texte"),
    ("archive.csv", archive(XLSX_ENTRIES), "n'est pas un fichier texte"),
    ("nuls.csv", b"a;b\n\x00\x00", "n'est pas un fichier texte"),
    ("texte.json", b"bonjour", "n'est pas du JSON"),
    ("texte.xlsx", b"a;b\n1;2\n", "n'est pas un classeur Excel"),
    ("abime.xlsx", archive(XLSX_ENTRIES)[:-30], "n'est pas un classeur Excel"),
    ("autre.xlsx", archive({"lisez-moi.txt": b"rien"}), "malgré son nom"),
    ("excel.ods", archive(XLSX_ENTRIES), "malgré son nom"),
    ("texte.ods", archive(ODS_ENTRIES | {"mimetype": b"text/plain"}), "malgré son nom"),
    ("bombe.xlsx", archive(XLSX_ENTRIES | {"xl/sheet.xml": b"0" * 40_000_000}), "taille anormale"),
    ("mille.ods", archive(ODS_ENTRIES | {f"entree{rank}": b"" for rank in range(5001)}), "taille anormale"),
]


@pytest.mark.parametrize(("name", "content"), GOOD, ids=[name for name, _ in GOOD])
def test_what_is_what_it_says_comes_in(name: str, content: bytes) -> None:
    given_file = upload(name, content)
    files.check_upload(given_file)
    assert given_file.tell() == 0, "the reader starts at the beginning"


@pytest.mark.parametrize(("name", "content", "message"), BAD, ids=[name for name, _, _ in BAD])
def test_what_is_not_what_it_says_is_refused(name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputRefused, match=message):
        files.check_upload(upload(name, content))


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG\r\n\x1a\n"), ("a.jpg", b"\xff\xd8\xff\xe0")])
def test_an_image_is_known_by_its_first_bytes(name: str, start: bytes) -> None:
    files.check_upload(upload(name, start + b"pixels"), {".png", ".jpg"})
    with pytest.raises(InputRefused, match="n'est pas une image"):
        files.check_upload(upload(name, b"<svg onload=1>"), {".png", ".jpg"})


def test_an_archive_that_lies_about_its_entries_is_refused() -> None:
    """Entries that overlap claim together more than the file weighs."""
    content = bytearray(archive(XLSX_ENTRIES | {"xl/sheet.xml": bytes(range(256)) * 40}))
    start = content.rindex(b"PK\x01\x02")
    content[start + 20 : start + 24] = (10_000_000).to_bytes(4, "little")  # the claimed packed size of the last entry
    with pytest.raises(InputRefused, match="taille anormale"):
        files.check_upload(upload("menteur.xlsx", bytes(content)))


def test_a_protected_archive_says_what_to_do() -> None:
    content = bytearray(archive(XLSX_ENTRIES))
    start = content.rindex(b"PK\x01\x02")
    content[start + 8] |= 1
    with pytest.raises(InputRefused, match="mot de passe"):
        files.check_upload(upload("protege.xlsx", bytes(content)))


def test_the_limit_is_said_with_the_size(settings: object) -> None:
    settings.MAILLAGE_MAX_UPLOAD_BYTES = 1024 * 1024  # type: ignore[attr-defined]  # pytest-django's settings
    with pytest.raises(InputRefused, match=r"pèse 2,0.Mo.*la limite est de 1,0.Mo"):
        files.check_upload(upload("gros.csv", b"a" * 2 * 1024 * 1024))


@given(st.binary(max_size=300), st.sampled_from([".csv", ".xlsx", ".ods", ".json", ".geojson"]))
def test_any_bytes_are_accepted_or_refused_never_more(content: bytes, suffix: str) -> None:
    try:
        files.check_upload(upload(f"x{suffix}", content))
    except InputRefused:
        return


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\dossier\\tableau.csv", "tableau.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("", "fichier"),
        ("...", "fichier"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
    ],
)
def test_names_are_cleaned(name: str, kept: str) -> None:
    assert files.clean_name(name) == kept


@pytest.mark.django_db
def test_the_same_content_is_written_once(aicha: User) -> None:
    content = b"contenu que personne d'autre n'a"
    first = files.store(name="a.csv", content=content, content_type="text/csv", by=aicha, at=clock.now())
    second = files.store(name="b.csv", content=io.BytesIO(content), content_type="text/csv", by=aicha, at=clock.now())
    assert first.content.name == second.content.name
    assert (first.sha256, first.size) == (second.sha256, len(content))
    assert StoredFile.objects.count() == 2
    assert files.is_intact(first)
    Path(first.content.path).write_bytes(b"autre")
    assert not files.is_intact(first)


def receive(request: HttpRequest) -> HttpResponse:
    """A page that takes a file, as an app would."""
    given_file = request.FILES["fichier"]
    try:
        files.check_upload(given_file)
    except InputRefused as refused:
        written = Path(given_file.temporary_file_path()).stat().st_size
        return JsonResponse({"message": refused.message_fr, "written": written}, status=422)
    return HttpResponse("reçu")


urlpatterns = [path("depot/", receive)]


@pytest.mark.urls(__name__)
def test_a_200_mb_file_is_refused_without_being_written(
    client_for: Callable[[User], Client], aicha: User, tmp_path: Path
) -> None:
    huge = tmp_path / "gros.csv"
    with huge.open("wb") as handle:
        handle.truncate(200 * 1024 * 1024)
    with huge.open("rb") as handle:
        response = client_for(aicha).post("/depot/", {"fichier": handle})
    answer = response.json()
    assert response.status_code == 422
    assert "pèse 200,0" in answer["message"]
    assert answer["written"] <= 50 * 1024 * 1024
