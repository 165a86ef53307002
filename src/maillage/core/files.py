"""Files that come in and go out: checked at the door, stored by their checksum, given back to who may see them."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import IO, Any, Protocol

from django.conf import settings
from django.core.files.base import File
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import models, transaction
from django.http import FileResponse

from maillage.core import perms
from maillage.core.enums import Role
from maillage.core.models import Job, StoredFile, User
from maillage.kernel.errors import InputProblem, InputRefused, shorten

TABLES = frozenset({".csv", ".xlsx", ".ods", ".json", ".geojson"})

CHUNK = 1024 * 1024
HEAD = 4096

# An archive is refused before anything is unpacked. A spreadsheet full of text compresses 20 to 40 times.
MAX_ARCHIVE_RATIO = 120
MAX_ARCHIVE_BYTES = 600 * 1024 * 1024
MAX_ARCHIVE_ENTRIES = 5000
SMALL_ARCHIVE_BYTES = 20 * 1024 * 1024  # below, the ratio does not matter: nothing can be exhausted

_ARCHIVES = {
    ".xlsx": ("xl/workbook.xml", "un classeur Excel (XLSX)"),
    ".ods": ("content.xml", "un classeur OpenDocument (ODS)"),
    ".docx": ("word/document.xml", "un document Word (DOCX)"),
    ".odt": ("content.xml", "un document OpenDocument (ODT)"),
}
_MIMETYPES = {
    ".ods": b"application/vnd.oasis.opendocument.spreadsheet",
    ".odt": b"application/vnd.oasis.opendocument.text",
}
_BINARY_STARTS = (
    b"PK\x03\x04",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ",
    b"\x89PNG",
    b"\xff\xd8\xff",
)
_IMAGE_STARTS = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Uploaded(Protocol):
    """What is asked of a file that comes in; Django's uploaded files and open files have it."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def read(self, length: int = ...) -> bytes: ...

    def seek(self, offset: int, whence: int = ...) -> Any: ...


def _refused(message: str) -> InputRefused:
    return InputRefused([InputProblem(None, None, message)], title="Le fichier est refusé.")


def _mib(size: int) -> str:
    return f"{size / (1024 * 1024):.1f}".replace(".", ",") + "\u00a0Mo"


def extension(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def clean_name(name: str) -> str:
    """The last part of a path, without control characters, 200 characters at most."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(char for char in last if char.isprintable()).strip(" .")
    suffix = extension(kept)[:20]
    return (kept if len(kept) <= 200 else kept[: 200 - len(suffix)] + suffix) or "fichier"


def check_upload(uploaded: Uploaded, allowed: Collection[str] = TABLES) -> None:
    """Refuse a file by its size, its extension or what it really contains. Raises InputRefused, in French.

    The position in the file is back at its start afterwards.
    """
    name = clean_name(uploaded.name or "")
    suffix = extension(name)
    if suffix not in allowed:
        known = ", ".join(sorted(one.lstrip(".").upper() for one in allowed))
        raise _refused(f"« {shorten(name, 60)} » n'est pas d'un type accepté. Types acceptés : {known}.")
    size = uploaded.size or 0
    if size == 0:
        raise _refused(f"« {shorten(name, 60)} » est vide.")
    if size > settings.MAILLAGE_MAX_UPLOAD_BYTES:
        limit = _mib(settings.MAILLAGE_MAX_UPLOAD_BYTES)
        raise _refused(f"« {shorten(name, 60)} » pèse {_mib(size)} ; la limite est de {limit}. Découpez-le.")
    uploaded.seek(0)
    try:
        _check_content(uploaded, name, suffix)
    finally:
        uploaded.seek(0)


def _check_content(uploaded: Uploaded, name: str, suffix: str) -> None:
    head = uploaded.read(HEAD)
    uploaded.seek(0)
    if suffix in _ARCHIVES:
        _check_archive(uploaded, name, suffix)
    elif suffix == ".pdf":
        if not head.startswith(b"%PDF-"):
            raise _refused(f"« {shorten(name, 60)} » n'est pas un PDF, malgré son nom.")
    elif suffix in _IMAGE_STARTS:
        if not head.startswith(_IMAGE_STARTS[suffix]):
            raise _refused(f"« {shorten(name, 60)} » n'est pas une image de ce type, malgré son nom.")
    else:
        _check_text(head, name, suffix)


def _check_text(head: bytes, name: str, suffix: str) -> None:
    utf16 = head.startswith(_UTF16_MARKS)
    if head.startswith(_BINARY_STARTS) or (b"\x00" in head and not utf16):
        raise _refused(f"« {shorten(name, 60)} » n'est pas un fichier texte, malgré son nom.")
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if suffix in {".json", ".geojson"} and first not in (b"{", b"["):
        raise _refused(f"« {shorten(name, 60)} » n'est pas du JSON : il doit commencer par {{ ou [.")


def _check_archive(uploaded: Uploaded, name: str, suffix: str) -> None:
    expected, described = _ARCHIVES[suffix]
    try:
        with zipfile.ZipFile(_as_binary(uploaded)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            mimetype = _first_bytes(archive, "mimetype") if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError, EOFError, zlib.error) as error:
        raise _refused(f"« {shorten(name, 60)} » n'est pas {described}, ou il est abîmé.") from error
    if expected not in names or mimetype != _MIMETYPES.get(suffix, mimetype):
        raise _refused(f"« {shorten(name, 60)} » n'est pas {described}, malgré son nom.")
    _check_unpacked_size(entries, name, uploaded.size or 0)


def _first_bytes(archive: zipfile.ZipFile, entry: str) -> bytes:
    with archive.open(entry) as handle:
        return handle.read(100).strip()


def _check_unpacked_size(entries: list[zipfile.ZipInfo], name: str, packed: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    claimed = sum(entry.compress_size for entry in entries)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise _refused(f"« {shorten(name, 60)} » est protégé par un mot de passe. Enregistrez-le sans protection.")
    bomb = unpacked > SMALL_ARCHIVE_BYTES and unpacked > packed * MAX_ARCHIVE_RATIO
    overlapping = claimed > packed
    if bomb or overlapping or unpacked > MAX_ARCHIVE_BYTES or len(entries) > MAX_ARCHIVE_ENTRIES:
        raise _refused(
            f"« {shorten(name, 60)} » se déplierait à une taille anormale ({_mib(unpacked)} pour {_mib(packed)}) ; "
            "il n'est pas ouvert."
        )


def _as_binary(uploaded: Uploaded) -> IO[bytes]:
    return uploaded.file if isinstance(uploaded, File) else uploaded  # type: ignore[return-value]  # both read bytes


# --- storing --------------------------------------------------------------------------------------------------------


def _chunks(handle: Any) -> Iterator[bytes]:
    while chunk := handle.read(CHUNK):
        yield chunk


@transaction.atomic
def store(
    *, name: str, content: bytes | IO[bytes] | File[bytes], content_type: str, by: User | None, at: datetime
) -> StoredFile:
    """Keep a file, named on disk by its checksum: the same content is written once. Nothing is checked here.

    What comes from a person goes through `check_upload` first.
    """
    digest, size = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=8 * CHUNK) as copy:
        if isinstance(content, bytes):
            copy.write(content)
        else:
            content.seek(0)
            for chunk in _chunks(content):
                copy.write(chunk)
        copy.seek(0)
        for chunk in _chunks(copy):
            digest.update(chunk)
            size += len(chunk)
        copy.seek(0)
        path = _write_once(digest.hexdigest(), File(copy))
    return StoredFile.objects.create(
        name=clean_name(name),
        content_type=content_type[:100],
        size=size,
        sha256=digest.hexdigest(),
        content=path,
        created_at=at,
        created_by=by,
    )


def _write_once(sha256: str, content: File[Any]) -> str:
    """Written beside, then renamed: a kill on the way leaves no half file that the next one would take for whole."""
    storage = StoredFile._meta.get_field("content").storage
    path = f"stored/{sha256[:2]}/{sha256}"
    if not storage.exists(path):
        beside = storage.save(f"{path}.part", content)
        os.replace(storage.path(beside), storage.path(path))
    return path


def is_intact(file: StoredFile) -> bool:
    """Whether the bytes on disk are still those that were stored."""
    digest = hashlib.sha256()
    with file.content.open("rb") as handle:
        for chunk in _chunks(handle):
            digest.update(chunk)
    return digest.hexdigest() == file.sha256


# --- giving back ----------------------------------------------------------------------------------------------------

Rule = Callable[[User, StoredFile, date], bool]

_rules: list[Rule] = []


def access_rule(rule: Rule) -> Rule:
    """Register a reason to let someone download a file: each app knows the files that its own objects hold."""
    _rules.append(rule)
    return rule


def can_download(user: User, file: StoredFile, on: date) -> bool:
    """Its depositor, the instance's team and auditors, and whoever a rule lets in."""
    if file.created_by_id is not None and file.created_by_id == user.pk:
        return True
    if perms.holds(user, {Role.COMMISSIONER, Role.AUDITOR}, perms.instance_lineage(), on=on):
        return True
    if Job.objects.filter(models.Q(result_file=file) & models.Q(created_by=user)).exists():
        return True
    return any(rule(user, file, on) for rule in _rules)


def respond(file: StoredFile) -> FileResponse:
    """The file as a download: never shown by the browser as a page of ours."""
    response = FileResponse(
        file.content.open("rb"), as_attachment=True, filename=file.name, content_type=file.content_type
    )
    response["Cache-Control"] = "private, no-store"
    return response


class BoundedTemporaryFileUploadHandler(TemporaryFileUploadHandler):
    """Writes no more than the limit to disk, and goes on counting: the size is right, and refused by `check_upload`."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._seen += len(raw_data)
        if self._seen <= settings.MAILLAGE_MAX_UPLOAD_BYTES:
            super().receive_data_chunk(raw_data, start)
