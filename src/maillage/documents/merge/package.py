"""The file of a template: opened only if it holds nothing that runs, fetches or hides; written back without a clock."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from maillage.core import files
from maillage.documents.enums import Format
from maillage.documents.merge.problems import Problem, TemplateRefused, refused
from maillage.documents.renderers.archive import EPOCH
from maillage.kernel.errors import InputRefused, shorten

MAX_PACKED = 10 * 1024 * 1024
MAX_UNPACKED = 40 * 1024 * 1024
MAX_PART = 8 * 1024 * 1024  # of text with its markup: a thousand pages

_PARSER_OPTIONS = {"resolve_entities": False, "no_network": True, "load_dtd": False, "remove_comments": True}
SAFE_ADDRESS = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

# Fields of Word that read a file, run a program or ask a database.
_ACTIVE_FIELDS = re.compile(
    r"(?<![A-Z])(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|EMBED|DATABASE|MACROBUTTON|RD|AUTOTEXT)(?![A-Z])"
)
# Names of elements of OpenDocument, whatever their prefix, that hold or call something else than text.
_ACTIVE_ELEMENTS = {
    "script": "un script",
    "event-listener": "un script",
    "execute-macro": "une macro",
    "object": "un objet incorporé",
    "object-ole": "un objet incorporé",
    "plugin": "un module externe",
    "applet": "un module externe",
    "floating-frame": "une page extérieure",
    "dde-source": "un lien vers un autre programme",
    "dde-connection": "un lien vers un autre programme",
    "section-source": "un lien vers un autre document",
    "encryption-data": "un chiffrement",
}
_LISTS = {Format.DOCX: "[Content_Types].xml", Format.ODT: "META-INF/manifest.xml"}  # of what the file holds
_WORD_FILES = (
    (re.compile(r"vbaproject|vbadata", re.IGNORECASE), "des macros"),
    (re.compile(r"/(?:embeddings|activex|customui)/", re.IGNORECASE), "un objet incorporé"),
)
_OPEN_FILES = (
    (re.compile(r"^(?:Basic|Scripts|Dialogs)/.", re.IGNORECASE), "des macros"),
    (re.compile(r"^(?:Object|ObjectReplacements|Database)\b", re.IGNORECASE), "un objet incorporé"),
)


@dataclass(slots=True)
class Package:
    """The entries of a template, in their order."""

    format: Format
    entries: dict[str, bytes]

    def text_parts(self) -> Iterator[tuple[str, str]]:
        """(name, place in French) of the parts where tags are read."""
        if self.format is Format.ODT:
            yield "content.xml", "corps du document"
            if "styles.xml" in self.entries:
                yield "styles.xml", "en-tête ou pied de page"
            return
        yield "word/document.xml", "corps du document"
        places = {"header": "en-tête", "footer": "pied de page", "footnotes": "notes", "endnotes": "notes"}
        for name in self.entries:
            match = re.fullmatch(r"word/(header|footer|footnotes|endnotes)\d*\.xml", name)
            if match:
                yield name, places[match[1]]

    def write(self) -> bytes:
        """The archive, its entries all dated the same; the type of an OpenDocument stays first and bare."""
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            for name, content in self.entries.items():
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        return made.getvalue()


class _Upload(io.BytesIO):
    """Bytes as the check of uploads reads them."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name: str | None = name
        self.size: int | None = len(content)


def open_package(content: bytes, format: Format) -> Package:
    """The entries of a template. Raises TemplateRefused: not such a file, too large, or holding something active."""
    if format not in (Format.DOCX, Format.ODT):
        raise refused("Un modèle est un document Word (DOCX) ou OpenDocument (ODT).")
    if len(content) > MAX_PACKED:
        raise refused(f"Le fichier dépasse {MAX_PACKED // 1024 // 1024}\u00a0Mo : réduisez ses images.")
    try:
        files.check_upload(_Upload(content, f"modele.{format.value}"), {f".{format.value}"})
    except InputRefused as error:
        raise TemplateRefused(Problem(problem.message) for problem in error.problems) from error
    package = Package(format, _entries(content))
    if _LISTS[format] not in package.entries:
        raise refused("Le fichier est abîmé : enregistrez-le à nouveau, puis déposez-le.")
    found = list(dict.fromkeys(_active(package)))
    if found:
        raise TemplateRefused(found)
    return package


def _entries(content: bytes) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            if sum(one.file_size for one in listed) > MAX_UNPACKED:
                raise refused("Le fichier se déplie à une taille anormale : réduisez ses images.")
            for one in listed:
                if one.is_dir():
                    continue
                if one.filename in entries or ".." in one.filename or one.filename.startswith(("/", "\\")):
                    raise refused(f"Le fichier contient une entrée anormale : « {shorten(one.filename, 60)} ».")
                with archive.open(one) as entry:
                    entries[one.filename] = entry.read(one.file_size + 1)  # no more than announced is unpacked
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise refused("Le fichier est abîmé : enregistrez-le à nouveau, puis déposez-le.") from error
    return entries


def parse(content: bytes) -> etree._Element:
    """A part as a tree. No entity, no address followed. Raises TemplateRefused."""
    if len(content) > MAX_PART:
        raise refused("Le texte du modèle est trop long.")
    try:
        root = etree.fromstring(content, etree.XMLParser(**_PARSER_OPTIONS, remove_pis=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise refused("Le fichier est abîmé : enregistrez-le à nouveau, puis déposez-le.") from error
    if root.getroottree().docinfo.doctype:
        raise refused("Le fichier contient une déclaration de type, qu'aucun traitement de texte n'écrit.")
    return root


def _active(package: Package) -> Iterator[Problem]:
    """What a template may not hold: macros, embedded objects, addresses that the office suite would fetch."""
    names = _WORD_FILES if package.format is Format.DOCX else _OPEN_FILES
    for name, content in package.entries.items():
        for pattern, what in names:
            if pattern.search(f"/{name}" if package.format is Format.DOCX else name):
                yield Problem(f"Le fichier contient {what} : enregistrez-le sans cela, puis déposez-le.")
        if content and name.endswith((".xml", ".rels", ".rdf")):  # office suites write some empty
            if b"vnd.sun.star.script" in content or b"macroEnabled" in content:
                yield Problem("Le fichier contient des macros : enregistrez-le sans cela, puis déposez-le.")
            if name != "meta.xml":  # it names the model that the file came from, which nothing opens
                yield from _active_in(parse(content), name, package.format)


def _active_in(root: etree._Element, name: str, format: Format) -> Iterator[Problem]:
    if format is Format.ODT:
        yield from _active_elements(root)
    elif name.endswith(".rels"):
        yield from _outside(root)
    else:
        yield from _active_fields(root)


def _outside(root: etree._Element) -> Iterator[Problem]:
    for relation in root:
        kind, target = relation.get("Type", "").rsplit("/", 1)[-1], relation.get("Target", "")
        if kind in {"aFChunk", "subDocument", "oleObject", "package", "control"}:
            yield Problem("Le fichier contient un objet incorporé : enregistrez-le sans cela, puis déposez-le.")
        elif relation.get("TargetMode") == "External":
            if kind == "attachedTemplate":
                yield Problem(
                    "Le fichier est attaché à un modèle de votre poste : dans Word, « Compléments », puis "
                    "« Modèle attaché », choisissez Normal ; ou enregistrez le document depuis LibreOffice."
                )
            elif kind != "hyperlink" or not SAFE_ADDRESS.match(target):
                yield Problem(
                    f"Le fichier va chercher un contenu extérieur : « {shorten(target, 80)} ». Retirez ce lien."
                )


def _active_fields(root: etree._Element) -> Iterator[Problem]:
    instructions = [element.get(f"{_W}instr", "") for element in root.iter(f"{_W}fldSimple")]
    instructions += ["".join(one.text or "" for one in p.iter(f"{_W}instrText")) for p in root.iter(f"{_W}p")]
    for text in instructions:
        match = _ACTIVE_FIELDS.search(text.upper()) if text else None
        if match:
            yield Problem(f"Le fichier contient un champ {match[0]}, qui lit un autre fichier ou lance un programme.")


def _active_elements(root: etree._Element) -> Iterator[Problem]:
    for element in root.iter():
        name = etree.QName(element).localname
        if name in _ACTIVE_ELEMENTS:
            yield Problem(f"Le fichier contient {_ACTIVE_ELEMENTS[name]} : enregistrez-le sans cela, puis déposez-le.")
        target = element.get(_XLINK_HREF)
        if target is None or target.startswith(("#", "Pictures/", "./Pictures/")) or not target:
            continue
        if name != "a" or not SAFE_ADDRESS.match(target):
            yield Problem(f"Le fichier va chercher un contenu extérieur : « {shorten(target, 80)} ». Retirez ce lien.")
