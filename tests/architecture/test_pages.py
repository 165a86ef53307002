"""Pages: closed by default, titled, compilable, and free of what the content security policy would refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines
from django.template.base import TextNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.architecture import project

# All that a person without an account may open. A new name here is a decision, not an oversight.
PUBLIC = {
    "accessibility",
    "healthz",
    "help",
    "legal-notices",
    "login",
    "privacy",
    "rights-api",
    "rights-api-schema",
    "rights-check",
    "rights-communes",
    "verify",
    "verify-code",
}

SAMPLES = {"int": 1, "uuid": "00000000-0000-0000-0000-000000000000", "str": "x", "slug": "x", "path": "x"}

# Each would need `unsafe-inline`: the policy has none, so the page would be broken, or the policy weakened.
INLINE = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|<script(?![^>]*\b(?:src|type\s*=\s*["']application/(?:json|ld\+json)["']))[^>]*>"""
    r"""|<style\b|javascript:|\bhx-on\b""",
    re.IGNORECASE,
)
REMOTE = re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//(?![^"']*\{\{)""", re.IGNORECASE)
UNESCAPED = re.compile(r"\|\s*safe\b(?!seq)|{%\s*autoescape\s+off|\|\s*safeseq\b")


def named_patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every URL pattern of the site, however deep it is included."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from named_patterns(pattern)
        else:
            yield pattern


def sample_url(pattern: URLPattern) -> str:
    """An address of the pattern, with invented arguments: nothing needs to exist behind it."""
    arguments = {}
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        arguments[name] = SAMPLES.get(kind, "x")
    return reverse(str(pattern.name), kwargs=arguments)


def _is_static(pattern: URLPattern) -> bool:
    return pattern.callback.__module__.startswith(("django.contrib.staticfiles", "django.views.static"))


def _patterns() -> list[URLPattern]:
    return [p for p in named_patterns() if not _is_static(p)]


def test_every_address_has_a_unique_name() -> None:
    names = [str(p.name) for p in _patterns() if p.name]
    unnamed = [str(p.pattern) for p in _patterns() if not p.name]
    assert not unnamed
    assert sorted(names) == sorted(set(names))


def test_the_public_list_is_exact() -> None:
    opened = {str(p.name) for p in _patterns() if getattr(p.callback, "login_required", True) is False}
    assert opened == PUBLIC


@pytest.mark.django_db
def test_every_other_address_asks_to_sign_in() -> None:
    client = Client()
    login = reverse("login")
    answers = {}
    for pattern in _patterns():
        if pattern.name not in PUBLIC:
            response = client.get(sample_url(pattern))
            if not (response.status_code == 302 and response.headers["Location"].startswith(login)):
                answers[str(pattern.name)] = response.status_code
    assert not answers, f"answered without an account: {answers}"


def test_addresses_are_french_and_plain() -> None:
    """No accent, no capital, no underscore in the fixed part of an address; codes keep their own capitals."""
    english = re.compile(r"\b(?:edit|delete|new|list|report|figure|job|file|login|logout|upload|settings)\b")
    wrong = []
    for pattern in _patterns():
        fixed = re.sub(r"<[^>]+>", "", str(pattern.pattern))
        if fixed != fixed.lower() or not fixed.isascii() or "_" in fixed or english.search(fixed):
            wrong.append(fixed)
    assert not wrong


TEMPLATES = project.templates()


def name_of(template: Path) -> str:
    parts = template.relative_to(project.PACKAGE).parts
    return "/".join(parts[parts.index("templates") + 1 :])


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_a_template_compiles(template: Path) -> None:
    engines["django"].get_template(name_of(template))


@pytest.mark.parametrize("template", TEMPLATES, ids=name_of)
def test_a_template_holds_nothing_inline_nothing_remote_and_escapes(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    found = [
        f"{project.relative(template)}:{number} {match.group(0)!r}"
        for number, line in enumerate(source.splitlines(), start=1)
        for pattern in (INLINE, REMOTE, UNESCAPED)
        if (match := pattern.search(line))
    ]
    assert not found, "\n".join(found)


def has_title(name: str) -> bool:
    """Whether the page, or a parent below the shell, fills the block « title »: the shell's own is only the frame."""
    while name != "ui/base.html":
        nodes = engines["django"].get_template(name).template.nodelist
        for block in nodes.get_nodes_by_type(BlockNode):
            if block.name == "title" and any(not isinstance(n, TextNode) or n.s.strip() for n in block.nodelist):
                return True
        extends = nodes.get_nodes_by_type(ExtendsNode)
        if not extends:
            return False
        name = str(extends[0].parent_name.var)
    return False


def _pages() -> list[Path]:
    """Templates that are whole pages: they extend the shell."""
    return [t for t in TEMPLATES if re.search(r"{%\s*extends\b", t.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("template", _pages(), ids=name_of)
def test_a_page_has_a_title(template: Path) -> None:
    if name_of(template) != "ui/base.html":
        assert has_title(name_of(template)), f"{name_of(template)} leaves the block « title » empty"


def test_every_template_is_used() -> None:
    """A template that nobody names is dead code."""
    corpus = "\n".join(p.read_text(encoding="utf-8") for p in [*project.sources(), *TEMPLATES])
    unused = [name_of(t) for t in TEMPLATES if name_of(t) not in corpus and not name_of(t)[:3].isdigit()]
    computed = {name for name in unused if _named_by_a_pattern(name, corpus)}
    assert not set(unused) - computed


def _named_by_a_pattern(name: str, corpus: str) -> bool:
    """Whether the name is built from parts: `f"ui/{kind}.html"`."""
    folder, _, leaf = name.rpartition("/")
    return bool(re.search(rf'f"{re.escape(folder)}/[^"]*{{', corpus)) and leaf.endswith(".html")


def test_the_guards_see_what_they_refuse() -> None:
    assert INLINE.search('<p style="color: red">')
    assert INLINE.search('<button onclick="go()">')
    assert INLINE.search("<script>go()</script>")
    assert not INLINE.search('<script src="/static/ui/app.js" defer></script>')
    assert not INLINE.search('<script id="x" type="application/json">')
    assert REMOTE.search('<link href="https://cdn.example/x.css">')
    assert UNESCAPED.search("{{ text|safe }}")
