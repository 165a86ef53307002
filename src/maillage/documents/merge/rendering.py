"""A template and its values made a document. Bytes in, bytes out; the same bytes for the same input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count

from jinja2 import TemplateError
from lxml import etree

from maillage.documents.enums import Format
from maillage.documents.merge import sandbox, tags
from maillage.documents.merge.dialects import PICTURE_NAMES, RELATION, open_picture, word_picture
from maillage.documents.merge.package import Package, open_package, parse
from maillage.documents.merge.placing import Part, place
from maillage.documents.merge.problems import TemplateRefused, refused

MAX_OUTPUT = 24_000_000  # characters of a part, markup included
CODE_ALT = "Code QR de vérification de la version"
_PROPERTIES = {Format.DOCX: "docProps/core.xml", Format.ODT: "meta.xml"}
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_IMAGE_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


def render(
    content: bytes,
    format: Format | str,
    context: Mapping[str, object],
    *,
    reference_qr: bytes | None = None,
    reference_alt: str = CODE_ALT,
) -> bytes:
    """The document of a template.

    `context` holds nested mappings and lists of text, Money, Decimal, int, bool, date and None (shown « n. c. »);
    TypeError for anything else. `reference_qr` is a PNG, put wherever the template says `{{ qr }}`; without it the
    field is empty. Raises TemplateRefused: a file or a tag that is not accepted, a field without value, loops or a
    result out of bounds.
    """
    package = open_package(content, Format(format))
    parts = [place(name, where, parse(package.entries[name]), package.format) for name, where in package.text_parts()]
    problems = [problem for part in parts for problem in part.problems]
    if problems:
        raise TemplateRefused(problems)
    return merge(package, parts, context, reference_qr, reference_alt)


def merge(
    package: Package, parts: list[Part], context: Mapping[str, object], code: bytes | None, alt: str = CODE_ALT
) -> bytes:
    """The document, from parts whose tags are in place and right."""
    steps = sandbox.Steps()
    values = sandbox.contained(context, steps)
    values["qr"] = sandbox.Picture() if code else ""
    numbers = count(1)
    for part in parts:
        drawn = len(part.placed) and _rendered(part, values, partial(_picture, package.format, numbers, alt))
        if drawn:
            package.entries[part.name] = drawn
            if code and RELATION.encode() in drawn:
                _relate(package, part.name)
    if code and next(numbers) > 1:
        _keep_picture(package, code)
    _name(package, values)
    return package.write()


def _name(package: Package, values: dict[str, object]) -> None:
    """The title and the subject of the file, whose fields are filled like those of the text.

    They are not seen on the page: a tag that is wrong there leaves them empty, and stops nothing.
    """
    path = _PROPERTIES[package.format]
    if b"{{" not in package.entries.get(path, b""):
        return
    root = parse(package.entries[path])
    for element in root.iter(f"{_DUBLIN_CORE}title", f"{_DUBLIN_CORE}subject"):
        try:
            element.text = _filled(element.text or "", values)
        except (tags.TagInvalid, TemplateRefused, TemplateError, TypeError):
            element.text = ""
    package.entries[path] = _xml(root)


def _filled(text: str, values: dict[str, object]) -> str:
    found, wrong = tags.scan(text)
    read = [tags.read(raw.text) for raw in found]
    if wrong or any(tag.word is not tags.Word.VALUE for tag in read):
        raise refused("Le titre du fichier ne peut pas être rempli.")
    made = sandbox.environment(lambda: "", str)
    for raw, tag in reversed(list(zip(found, read, strict=True))):
        value = made.from_string(tag.jinja).render(values)
        text = f"{text[: raw.start]}{value}{text[raw.end :]}"
    return text


def _picture(format: Format, numbers: count[int], alt: str) -> str:
    draw = word_picture if format is Format.DOCX else open_picture
    return draw(next(numbers), alt)


def _rendered(part: Part, values: dict[str, object], picture: Callable[[], str]) -> bytes:
    """The part with its values. Counted as it comes out, so that a template cannot write for ever."""
    made = sandbox.environment(picture, part.dialect.marked)
    written, size = [], 0
    try:
        for piece in made.from_string(part.source()).generate(values):
            written.append(piece)
            size += len(piece)
            if size > MAX_OUTPUT:
                raise refused("Le document produit serait trop long : simplifiez les boucles du modèle.", part.where)
    except TypeError as error:
        raise refused(
            "Une condition compare deux valeurs de nature différente, par exemple une date et un nombre.", part.where
        ) from error
    except (TemplateError, RecursionError, SyntaxError, MemoryError, ArithmeticError) as error:
        raise refused("Le modèle ne peut pas être rempli : simplifiez ses balises.", part.where) from error
    try:
        root = etree.fromstring("".join(written), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise refused("Le modèle ne peut pas être rempli : ses balises se croisent.", part.where) from error
    part.dialect.mend(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


# --- the image of the code ------------------------------------------------------------------------------------------


def _relate(package: Package, part: str) -> None:
    """Tie the image to a part of a DOCX, whether or not that part had relations."""
    folder, _, name = part.rpartition("/")
    path = f"{folder}/_rels/{name}.rels"
    held = package.entries.get(path)
    root = parse(held) if held else etree.Element(f"{{{_RELATIONS}}}Relationships", None, {None: _RELATIONS})
    target = PICTURE_NAMES[Format.DOCX].removeprefix("word/")
    etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", {"Id": RELATION, "Type": _IMAGE_RELATION, "Target": target})
    package.entries[path] = _xml(root)


def _keep_picture(package: Package, code: bytes) -> None:
    path = PICTURE_NAMES[package.format]
    package.entries[path] = code
    if package.format is Format.DOCX:
        types = parse(package.entries["[Content_Types].xml"])
        if not any(one.get("Extension", "").lower() == "png" for one in types):
            default = etree.Element(f"{{{_TYPES}}}Default", {"Extension": "png", "ContentType": "image/png"})
            types.insert(0, default)
            package.entries["[Content_Types].xml"] = _xml(types)
        return
    manifest = parse(package.entries["META-INF/manifest.xml"])
    attributes = {f"{{{_MANIFEST}}}full-path": path, f"{{{_MANIFEST}}}media-type": "image/png"}
    etree.SubElement(manifest, f"{{{_MANIFEST}}}file-entry", attributes)
    package.entries["META-INF/manifest.xml"] = _xml(manifest)


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
