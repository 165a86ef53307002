"""Reads the tags that a person typed in a word processor, and says in French what is wrong with them.

`{{ contrat.intitule }}` · `{{ ligne.montant|montant_en_lettres }}` · `{% for action in actions %}` … `{% endfor %}` ·
`{% if action.pilote %}` … `{% elif … %}` … `{% else %}` … `{% endif %}` · `{# note for oneself #}`. In front of `for`
and `if`, `tr` and `p` say that the tag takes its whole row or its whole paragraph; a tag alone in either needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError, nodes
from rapidfuzz import fuzz, process

from maillage.documents.merge import sandbox
from maillage.documents.merge.catalogue import Catalogue, Kind, Node
from maillage.kernel.errors import shorten

MAX_TAG_LENGTH = 300
MAX_DEPTH = 12  # of an expression
NEAR = 72  # of 100: likeness from which another name is suggested
_PAIRS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"') | dict.fromkeys("’‘", "'") | dict.fromkeys("\u00a0\u202f\t\n", " "))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")  # breaks, joiners, direction marks


class Level(StrEnum):
    INLINE = "inline"
    PARAGRAPH = "paragraph"
    ROW = "row"


class Word(StrEnum):
    """What a tag does."""

    VALUE = "value"
    NOTE = "note"
    FOR = "for"
    IF = "if"
    ELIF = "elif"
    ELSE = "else"
    ENDFOR = "endfor"
    ENDIF = "endif"


OPENING = {Word.FOR: Word.ENDFOR, Word.IF: Word.ENDIF}
MIDDLE = {Word.ELIF, Word.ELSE}
CLOSING = {Word.ENDFOR: Word.FOR, Word.ENDIF: Word.IF}


class TagInvalid(Exception):
    """What is wrong in a tag, in French."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A tag as it stands in the text of a paragraph, from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that was understood. `inside` is its expression; `level` what its prefix asks for, if it has one."""

    word: Word
    inside: str
    text: str
    level: Level | None = None
    target: str = ""  # of a loop
    expression: nodes.Expr | None = None

    @property
    def jinja(self) -> str:
        """The tag between the delimiters that no document holds."""
        if self.word is Word.NOTE:
            return ""
        if self.word is Word.VALUE:
            return f"{sandbox.OPEN_VALUE} {self.inside} {sandbox.CLOSE_VALUE}"
        return f"{sandbox.OPEN_BLOCK} {self.inside} {sandbox.CLOSE_BLOCK}"


def scan(text: str) -> tuple[list[Raw], list[str]]:
    """The tags of a text in their order, and what is wrong with their braces. In one pass, whatever the text."""
    found, wrong, at = [], [], 0
    while (start := _next_open(text, at)) >= 0:
        close = _PAIRS[text[start : start + 2]]
        end = text.find(close, start + 2, start + MAX_TAG_LENGTH + 2)
        if end < 0:
            shown = shorten(text[start : start + 60].strip(), 40)
            wrong.append(f"la balise « {shown} » n'est pas fermée par « {close} » dans son paragraphe")
            break
        found.append(Raw(start, end + 2, text[start : end + 2]))
        at = end + 2
    return found, wrong


def _next_open(text: str, at: int) -> int:
    brace = text.find("{", at)
    while brace >= 0 and text[brace : brace + 2] not in _PAIRS:
        brace = text.find("{", brace + 1)
    return brace


@lru_cache(maxsize=1)
def _grammar() -> Environment:
    return Environment(autoescape=True)  # reads only: nothing is ever rendered by it


def read(raw: str) -> Tag:
    """The tag. Raises TagInvalid, in French."""
    if raw.startswith("{#"):
        return Tag(Word.NOTE, "", raw)
    inside = _INVISIBLE.sub("", raw[2:-2]).translate(_QUOTES)
    if sandbox.DELIMITERS & set(inside):
        raise TagInvalid("elle contient un caractère réservé")
    return _value(inside, raw) if raw.startswith("{{") else _statement(inside, raw)


def _value(inside: str, raw: str) -> Tag:
    inside = inside.strip().strip("+-").strip()
    if not inside:
        raise TagInvalid("elle est vide : écrivez le nom d'un champ entre les accolades")
    return Tag(Word.VALUE, inside, raw, expression=_expression(inside))


def _statement(inside: str, raw: str) -> Tag:
    level, rest = _prefix(inside.strip("+-"))
    first, _, more = rest.partition(" ")
    more = more.strip()
    if first == "for":
        return _loop(more, raw, level)
    if first in {"if", "elif"}:
        return Tag(Word(first), f"{first} {more}", raw, level, expression=_expression(more))
    if first in {"else", "endif", "endfor"} and not more:
        return Tag(Word(first), first, raw, level)
    if first in {"else", "endif", "endfor"}:
        raise TagInvalid(f"rien ne suit « {first} »")
    known = "for, endfor, if, elif, else, endif"
    raise TagInvalid(f"l'instruction « {shorten(first, 30)} » n'est pas permise ; sont permises : {known}")


def _prefix(inside: str) -> tuple[Level | None, str]:
    for mark, level in (("tr ", Level.ROW), ("p ", Level.PARAGRAPH)):
        if inside.startswith(mark):
            return level, inside.removeprefix(mark).strip()
    if inside.startswith(("tc ", "r ")):
        raise TagInvalid("les préfixes « tc » et « r » ne sont pas permis ; utilisez « tr » ou « p »")
    return None, inside.strip()


_LOOP = re.compile(r"(?P<target>[A-Za-z_]\w*) +in +(?P<list>[A-Za-z_][\w.]*)", re.ASCII)


def _loop(inside: str, raw: str, level: Level | None) -> Tag:
    match = _LOOP.fullmatch(inside)
    if match is None:
        raise TagInvalid("une boucle s'écrit {% for action in actions %}, sur une liste des champs, sans rien d'autre")
    target = match["target"]
    if target.startswith("_") or target == "loop":
        raise TagInvalid(f"« {shorten(target, 30)} » ne peut pas nommer un élément de boucle")
    expression = _expression(match["list"])
    return Tag(Word.FOR, f"for {target} in {match['list']}", raw, level, target, expression)


def _expression(text: str) -> nodes.Expr:
    if text.count("(") > MAX_DEPTH:
        raise TagInvalid("elle est trop compliquée : coupez-la en plusieurs")
    try:
        parsed = _grammar().parse(f"{{{{ {text} }}}}")
    except (TemplateSyntaxError, RecursionError, ValueError) as error:
        raise TagInvalid(_why(text)) from error
    output = parsed.body[0] if len(parsed.body) == 1 else None
    if not isinstance(output, nodes.Output) or len(output.nodes) != 1 or not isinstance(output.nodes[0], nodes.Expr):
        raise TagInvalid(_why(text))
    _check(output.nodes[0])
    return output.nodes[0]


def _why(text: str) -> str:
    if re.fullmatch(r"[\w.'-]+( [\w.'-]+)+", text):
        return "un nom de champ ne contient pas d'espace : écrivez-le comme dans la liste des champs"
    if "-" in text or "'" in text:
        return "un nom de champ s'écrit sans tiret ni apostrophe, comme dans la liste des champs"
    return "elle n'est pas comprise : écrivez un nom de champ, par exemple {{ contrat.intitule }}"


# --- what an expression may hold ----------------------------------------------------------------------------------

_PLAIN = (nodes.Const, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand)


def _check(node: nodes.Node, depth: int = 0) -> None:
    """Refuse all that is not a path, a constant, a comparison or one of our filters. Raises TagInvalid."""
    if depth > MAX_DEPTH:
        raise TagInvalid("elle est trop compliquée : coupez-la en plusieurs")
    if isinstance(node, nodes.Call):
        raise TagInvalid("elle appelle une fonction, ce qui n'est pas permis")
    if isinstance(node, nodes.Name | nodes.Getattr):
        _check_name(node)
    elif isinstance(node, nodes.Filter):
        _check_filter(node)
    elif isinstance(node, nodes.Operand):
        if node.op in {"in", "notin"}:
            raise TagInvalid("« in » ne s'écrit que dans une boucle")
    elif not isinstance(node, _PLAIN):
        raise TagInvalid("elle fait un calcul ou une opération qui n'est pas permise dans un modèle")
    for child in node.iter_child_nodes():
        _check(child, depth + 1)


def _check_name(node: nodes.Name | nodes.Getattr) -> None:
    name = node.name if isinstance(node, nodes.Name) else node.attr
    if name.startswith("_"):
        raise TagInvalid(f"« {shorten(name, 30)} » commence par « _ », ce qui n'est pas permis")


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in sandbox.FILTERS:
        raise TagInvalid(
            f"le filtre « {shorten(node.name, 30)} » n'existe pas ; sont permis : {', '.join(sandbox.FILTERS)}"
        )
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > 1:
        raise TagInvalid(f"le filtre « {node.name} » n'est pas écrit comme il faut")
    takes: tuple[object, ...] = {"date": ("court",), "nombre": tuple(range(7))}.get(node.name, ())
    for argument in node.args:
        value = argument.value if isinstance(argument, nodes.Const) else None
        if isinstance(value, bool) or value not in takes:
            raise TagInvalid(f"le filtre « {node.name} » ne prend pas cet argument")


# --- names against a catalogue ------------------------------------------------------------------------------------

ANYTHING = Node(kind=Kind.TEXT)  # of a loop that is wrong: its names are not said wrong too
LOOP_NODE = Node(children={name: Node(kind=Kind.NUMBER) for name in sandbox.LOOP_NAMES})
Scope = dict[str, Node]


def loop_scope(tag: Tag, catalogue: Catalogue, scope: Scope) -> Scope:
    """The names that a loop brings. Raises TagInvalid when it goes over something else than a list."""
    path = _path(tag.expression)
    node = _resolve(path, catalogue, scope)
    if node.kind is not Kind.LIST:
        raise TagInvalid(f"« {'.'.join(path)} » n'est pas une liste : une boucle va sur une liste")
    return scope | {tag.target: Node(children=node.children), "loop": LOOP_NODE}


def check_names(tag: Tag, catalogue: Catalogue, scope: Scope) -> Iterator[str]:
    """What is wrong with the names of a tag that is not a loop, in French."""
    if tag.expression is None:
        return
    for path in _paths(tag.expression):
        try:
            node = _resolve(path, catalogue, scope)
        except TagInvalid as wrong:
            yield str(wrong)
            continue
        if tag.word is Word.VALUE and (node.kind is None or node.kind is Kind.LIST):
            what = "une liste : parcourez-la par une boucle" if node.kind else "un groupe de champs : précisez lequel"
            yield f"« {'.'.join(path)} » est {what}"


def _paths(node: nodes.Node) -> Iterator[list[str]]:
    """The outermost paths of an expression."""
    if isinstance(node, nodes.Name | nodes.Getattr):
        yield _path(node)
        return
    for child in node.iter_child_nodes():
        yield from _paths(child)


def _path(node: nodes.Node | None) -> list[str]:
    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.insert(0, node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise TagInvalid("elle n'est pas comprise : écrivez un nom de champ, par exemple {{ contrat.intitule }}")
    return [node.name, *names]


def _resolve(path: list[str], catalogue: Catalogue, scope: Scope) -> Node:
    known = catalogue.root.children | scope
    node = known.get(path[0])
    for name in path[1:]:
        if node is ANYTHING:
            return ANYTHING
        node = None if node is None or node.kind is Kind.LIST else node.children.get(name)
    if node is None:
        raise TagInvalid(f"le champ « {shorten('.'.join(path), 80)} » n'existe pas{_suggestion(path, known)}")
    return node


def _suggestion(path: list[str], known: Scope) -> str:
    first = known.get(path[0])
    if first is not None and first.kind is Kind.LIST and len(path) > 1:
        return f" : « {path[0]} » est une liste, à parcourir par une boucle"
    choices = [one for one in Node(children=known).paths() if not one.startswith("loop.")]
    typed = ".".join(path)
    near = process.extractOne(typed, choices, scorer=fuzz.ratio, score_cutoff=NEAR)
    return f" ; vouliez-vous dire « {near[0]} » ?" if near else ""
