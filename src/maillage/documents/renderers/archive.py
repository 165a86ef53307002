"""Office files are archives: written with no clock in them, so that the same document gives the same bytes."""

from __future__ import annotations

import io
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that an archive can hold


def without_clock(content: bytes) -> bytes:
    """The same archive, entries in their order, all dated the same."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w") as target:
        for entry in source.infolist():
            clean = zipfile.ZipInfo(entry.filename, EPOCH)
            clean.compress_type = entry.compress_type  # the mimetype of an ODT stays stored, first and bare
            clean.external_attr = 0o644 << 16
            target.writestr(clean, source.read(entry.filename))
    return made.getvalue()
