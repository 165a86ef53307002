"""Puts each tag of a part where the merge expects it, and makes the part a text that the sandbox renders.

A word processor cuts a tag over several runs as it likes: it is joined where it begins. A tag that opens or closes a
block, alone in its paragraph or in its row, replaces it. Inside a paragraph, the runs are cut so that it stands between
them. An opening and its closing must be at the same place of the tree: then no rendering can unbalance it.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from maillage.documents.enums import Format
from maillage.documents.merge import sandbox, tags
from maillage.documents.merge.dialects import DELETED, DIALECTS, LIST_ITEM, Dialect, Element, Slot
from maillage.documents.merge.problems import Problem, excerpt, refused
from maillage.documents.merge.tags import CLOSING, MIDDLE, OPENING, Level, Raw, Tag, TagInvalid, Word

MAX_TAGS = 3000
_PREFIXES = {
    Format.DOCX: ("w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    Format.ODT: ("text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
}
_TOKEN = re.compile(f"{sandbox.OPEN_NOTE}([0-9]+){sandbox.CLOSE_NOTE}")
_PREFIX_NAMES = {Level.ROW: "tr", Level.PARAGRAPH: "p"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A tag, where it stands in the tree, and the words around it."""

    tag: Tag
    level: Level
    container: Element | None  # what holds it: an opening and its closing share it
    excerpt: str


@dataclass(slots=True)
class Part:
    """One part of a template, its tags in place. `problems` is empty when it can be rendered."""

    name: str
    where: str
    dialect: Dialect
    root: Element
    placed: list[Placed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _units: dict[Element, str] = field(default_factory=dict)

    def say(self, message: str, around: str) -> None:
        self.problems.append(Problem(message, self.where, around))

    def source(self) -> str:
        """The part as the sandbox reads it."""
        xml = etree.tostring(self.root, encoding="unicode")
        return _TOKEN.sub(lambda match: self.placed[int(match[1])].tag.jinja, xml)


def place(name: str, where: str, root: Element, format: Format) -> Part:
    """Find the tags of a part and put them in place; the tree is changed."""
    prefix, namespace = _PREFIXES[format]
    if root.nsmap.get(prefix) != namespace:
        raise refused("Le fichier n'est pas écrit comme par Word ou LibreOffice : enregistrez-le par l'un des deux.")
    part = Part(name, where, DIALECTS[format], root)
    for paragraph in list(root.iter(*part.dialect.paragraphs)):
        if len(part.placed) > MAX_TAGS:
            raise refused(f"Le modèle contient plus de {MAX_TAGS} balises.", where)
        if next(paragraph.iterancestors(DELETED), None) is None:
            _Paragraph(part, paragraph).place()
    for unit, tokens in part._units.items():
        _replace(unit, tokens)
    _check_pairs(part)
    return part


class _Paragraph:
    """The tags of one paragraph."""

    def __init__(self, part: Part, element: Element) -> None:
        self.part, self.element, self.dialect = part, element, part.dialect
        self.text = ""
        self.bounds: list[tuple[Slot, int, int]] = []  # as they are read: a slot changes while its tags are replaced
        for slot in list(self.dialect.slots(element)):
            start = len(self.text)
            self.text += slot.text
            self.bounds.append((slot, start, len(self.text)))

    def place(self) -> None:
        if "{" not in self.text and not sandbox.DELIMITERS & set(self.text):
            return
        if sandbox.DELIMITERS & set(self.text):
            self.part.say("un caractère réservé s'y trouve : effacez-le", excerpt(self.text))
            return
        found, wrong = tags.scan(self.text)
        for message in wrong:
            self.part.say(message, excerpt(self.text))
        known = [(raw, tag) for raw in found if (tag := self._read(raw)) is not None]
        if wrong or len(known) < len(found):
            return
        unit, level = self._unit([tag for _, tag in known])
        if unit is None:
            self._inline(known)
        else:
            tokens = "".join(self._token(tag, raw, level, unit.getparent()) for raw, tag in known)
            self.part._units[unit] = self.part._units.get(unit, "") + tokens

    def _read(self, raw: Raw) -> Tag | None:
        try:
            return tags.read(raw.text)
        except TagInvalid as wrong:
            self.part.say(f"la balise « {excerpt(raw.text)} » : {wrong}", excerpt(self.text, raw.start))
            return None

    def _token(self, tag: Tag, raw: Raw, level: Level, container: Element | None) -> str:
        if tag.level not in (None, level):
            prefix = _PREFIX_NAMES[tag.level] if tag.level else ""
            what = "sa ligne de tableau" if tag.level is Level.ROW else "son paragraphe"
            self.part.say(
                f"la balise « {raw.text} » prend toute la place de {what}, qui contient autre chose : mettez-la seule, "
                f"ou ôtez « {prefix} »",
                excerpt(self.text, raw.start),
            )
        self.part.placed.append(Placed(tag, level, container, excerpt(self.text, raw.start)))
        return f"{sandbox.OPEN_NOTE}{len(self.part.placed) - 1}{sandbox.CLOSE_NOTE}"

    # --- a tag that takes the place of its paragraph or of its row ---------------------------------------------------

    def _unit(self, known: list[Tag]) -> tuple[Element | None, Level]:
        """The element that the tags replace; None when they stand among words."""
        if not known or any(tag.word is Word.VALUE for tag in known) or not self._alone():
            return None, Level.INLINE
        row = next(self.element.iterancestors(self.dialect.row), None)
        asked = {tag.level for tag in known}
        if row is not None and Level.PARAGRAPH not in asked and self._alone_in(row):
            return row, Level.ROW
        unit = self.element
        parent = unit.getparent()
        if parent is not None and parent.tag == LIST_ITEM and len(parent) == 1:
            unit = parent  # a bullet that holds a tag goes with it
        return unit, Level.PARAGRAPH

    def _alone(self) -> bool:
        return _is_only_tags(self.text) and not self.dialect.holds_more(self.element)

    def _alone_in(self, row: Element) -> bool:
        for paragraph in row.iter(*self.dialect.paragraphs):
            text = "".join(slot.text for slot in self.dialect.slots(paragraph))
            if not _is_only_tags(text) or self.dialect.holds_more(paragraph):
                return False
        return True

    # --- tags among words --------------------------------------------------------------------------------------------

    def _inline(self, known: list[tuple[Raw, Tag]]) -> None:
        """From the last to the first, so that what is before stays where it was read; kept in their order."""
        tokens = [self._token(tag, raw, Level.INLINE, self.element) for raw, tag in known]
        for (raw, tag), token in reversed(list(zip(known, tokens, strict=True))):
            slot, offset = self._join(raw, "" if tag.word is Word.NOTE else token)
            if tag.word in OPENING or tag.word in MIDDLE or tag.word in CLOSING:
                try:
                    _hoist(self.element, slot, offset, token, self.dialect)
                except TagInvalid as wrong:
                    self.part.say(f"la balise « {raw.text} » {wrong}", excerpt(self.text, raw.start))

    def _join(self, raw: Raw, token: str) -> tuple[Slot, int]:
        """Write the token where the tag begins, and remove the tag from all that it covers."""
        covered = [one for one in self.bounds if one[1] < raw.end and one[2] > raw.start]
        first, at_first, _ = covered[0]
        for slot, start, end in covered:
            if not slot.blank:
                before, after = max(raw.start - start, 0), min(raw.end, end) - start
                slot.write(slot.text[:before] + (token if slot is first else "") + slot.text[after:])
        for slot, _, _ in covered:
            if slot.blank:
                _remove(slot.element)
        return first, raw.start - at_first


def _is_only_tags(text: str) -> bool:
    found, wrong = tags.scan(text)
    kept, at = "", 0
    for raw in found:
        kept, at = kept + text[at : raw.start], raw.end
    return not wrong and not (kept + text[at:]).strip() and not any(raw.text.startswith("{{") for raw in found)


# --- the tree -------------------------------------------------------------------------------------------------------


def _add_text(element: Element, text: str) -> None:
    """Put a text where an element stands, before it."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    elif parent is not None:
        parent.text = (parent.text or "") + text


def _replace(element: Element, text: str) -> None:
    parent = element.getparent()
    if parent is None:
        raise refused("Une balise est placée là où rien ne peut la remplacer.")
    _add_text(element, text + (element.tail or ""))
    parent.remove(element)


def _remove(element: Element) -> None:
    """Take an element out, and keep the text that follows it."""
    _replace(element, "")


def _hoist(paragraph: Element, slot: Slot, offset: int, token: str, dialect: Dialect) -> None:
    """Cut what is around a token so that it stands between the runs of its paragraph."""
    text = slot.text
    before, after = text[:offset], text[offset + len(token) :]
    if slot.after:
        inside = slot.element.getparent()
        moved = list(slot.element.itersiblings())
    else:
        inside, moved = slot.element, list(slot.element)
    if inside is paragraph:
        return
    slot.write(before)
    while inside is not paragraph:
        if inside.tag not in dialect.splittable:
            raise TagInvalid(
                "est dans un contrôle ou un champ du traitement de texte : écrivez-la dans le texte simple"
            )
        twin, parent = _twin(inside, dialect, after), inside.getparent()
        twin.extend(moved)
        twin.tail = inside.tail
        inside.tail = token if parent is paragraph else None
        parent.insert(parent.index(inside) + 1, twin)
        inside, moved, after = parent, [twin, *twin.itersiblings()], ""


def _twin(element: Element, dialect: Dialect, text: str) -> Element:
    """The other half of an element that is cut: same look, and the text that comes after."""
    twin = etree.Element(element.tag, dict(element.attrib), element.nsmap)
    properties = element.find(dialect.properties) if dialect.properties else None
    if properties is not None:
        twin.append(deepcopy(properties))
        twin[0].tail = text
    else:
        twin.text = text
    return twin


# --- pairs ----------------------------------------------------------------------------------------------------------


def _check_pairs(part: Part) -> None:
    """Every opening has its closing, at the same place, and blocks are not too deep."""
    opened: list[Placed] = []
    for one in part.placed:
        word = one.tag.word
        if word in OPENING:
            opened.append(one)
            if len(opened) > sandbox.MAX_DEPTH:
                part.say(f"plus de {sandbox.MAX_DEPTH} blocs sont emboîtés : simplifiez", one.excerpt)
        elif word in MIDDLE or word in CLOSING:
            _check_pair(part, opened, one)
    for one in opened:
        part.say(f"la balise « {one.tag.text} » n'est fermée par aucun « {OPENING[one.tag.word]} »", one.excerpt)


def _check_pair(part: Part, opened: list[Placed], one: Placed) -> None:
    wanted = CLOSING.get(one.tag.word) or (Word.IF if one.tag.word is Word.ELIF else None)
    if not opened or (wanted is not None and opened[-1].tag.word is not wanted):
        part.say(f"la balise « {one.tag.text} » ne ferme rien : son début manque, ou n'est pas le sien", one.excerpt)
        return
    begun = opened[-1]
    if begun.container is not one.container:
        part.say(
            f"« {begun.tag.text} » et « {one.tag.text} » ne sont pas au même endroit : mettez-les dans un même "
            "paragraphe, ou chacune seule dans son paragraphe, ou chacune seule dans une ligne du même tableau",
            one.excerpt,
        )
    if one.tag.word in CLOSING:
        opened.pop()
