"""The files of the invented contracts: one page that says what it is."""

from __future__ import annotations

import zlib


def invented_pdf(title: str, reference: str) -> bytes:
    """A one-page PDF, the same bytes for the same words."""
    lines = [title, reference, "Piece inventee pour la demonstration : elle ne decrit rien de reel."]
    shown = "".join(f"({_escaped(line)}) Tj 0 -28 Td " for line in lines)
    stream = zlib.compress(f"BT /F1 14 Tf 72 740 Td {shown}ET".encode("latin-1", "replace"))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    return _assembled(objects)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _assembled(objects: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for rank, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % rank + content + b"endobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
