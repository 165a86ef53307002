"""Everything that is wrong in a template, found when it is deposited rather than the day a convention is due."""

from __future__ import annotations

from maillage.documents import qr
from maillage.documents.enums import Format
from maillage.documents.merge import tags
from maillage.documents.merge.catalogue import Catalogue
from maillage.documents.merge.package import open_package, parse
from maillage.documents.merge.placing import Part, place
from maillage.documents.merge.problems import Problem, TemplateRefused
from maillage.documents.merge.rendering import merge
from maillage.documents.merge.tags import CLOSING, Scope, TagInvalid, Word

EXAMPLE_ADDRESS = "https://exemple.invalid/verifier/exemple"


def validate(content: bytes, format: Format | str, catalogue: Catalogue) -> list[Problem]:
    """What is to be mended, in the order of the file; empty when the template can be used.

    A template that passes has been filled once with the examples of the catalogue.
    """
    try:
        package = open_package(content, Format(format))
        parts = [
            place(name, where, parse(package.entries[name]), package.format) for name, where in package.text_parts()
        ]
        for part in parts:
            _check_part(part, catalogue)
        problems = [problem for part in parts for problem in part.problems]
        if not problems:
            merge(package, parts, catalogue.example(), qr.png(EXAMPLE_ADDRESS))
    except TemplateRefused as error:
        return error.problems
    return list(dict.fromkeys(problems))


def _check_part(part: Part, catalogue: Catalogue) -> None:
    """The names of a part against the catalogue, in the loops where they stand."""
    if part.problems:
        return  # names are read in their loops: first, loops that close
    scopes: list[Scope] = [{}]
    for one in part.placed:
        tag = one.tag
        if tag.word is Word.FOR:
            scopes.append(_entered(part, one.excerpt, tag, catalogue, scopes[-1]))
        elif tag.word is Word.IF:
            scopes.append(scopes[-1])
        for message in tags.check_names(tag, catalogue, scopes[-1]) if tag.word is not Word.FOR else ():
            part.say(f"la balise « {tag.text} » : {message}", one.excerpt)
        if tag.word in CLOSING:
            scopes.pop()


def _entered(part: Part, around: str, tag: tags.Tag, catalogue: Catalogue, scope: Scope) -> Scope:
    try:
        return tags.loop_scope(tag, catalogue, scope)
    except TagInvalid as wrong:
        part.say(f"la balise « {tag.text} » : {wrong}", around)
        return scope | {tag.target: tags.ANYTHING, "loop": tags.LOOP_NODE}
