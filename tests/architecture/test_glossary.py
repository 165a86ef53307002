"""One word for one thing, in identifiers and in what a user reads."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from pathlib import Path

from maillage.engines.consistency import VerdictKind
from maillage.ui import statuses
from tests.architecture import project
from tests.architecture.glossary import FRENCH_TEXT, SYNONYM_PAIRS, refused_words

REFUSED = refused_words()


def offences(identifier: str) -> list[str]:
    """Why the glossary refuses an identifier; empty when it does not."""
    words = project.words(identifier)
    found = [f"« {word} » → {REFUSED[word]}" for word in words if word in REFUSED]
    found += [f"« {'_'.join(pair)} » → {SYNONYM_PAIRS[pair]}" for pair in pairwise(words) if pair in SYNONYM_PAIRS]
    if not identifier.isascii():
        found.append("not ASCII")
    return found


def test_identifiers_use_the_words_of_the_glossary() -> None:
    wrong = [
        f"{project.relative(path)}:{line} {name}: {', '.join(why)}"
        for path in project.sources()
        for line, name in project.identifiers(path)
        if name not in project.form_fields(path) and (why := offences(name))
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_use_the_words_of_the_glossary() -> None:
    wrong = [
        f"{project.relative(path)}: {', '.join(why)}" for path in project.sources() if (why := offences(path.stem))
    ]
    assert not wrong, "\n".join(wrong)


def visible_text(source: str) -> list[tuple[int, str]]:
    """(line, text) of what a template shows: tags, comments, scripts and template code taken out, lines kept."""

    def blank(match: re.Match[str]) -> str:
        return "\n" * match.group(0).count("\n")

    for pattern in (r"{#.*?#}", r"{%\s*comment.*?endcomment\s*%}", r"{%.*?%}", r"{{.*?}}", r"<!--.*?-->", r"<[^>]*>"):
        source = re.sub(pattern, blank, source, flags=re.DOTALL)
    return [(n, html.unescape(line)) for n, line in enumerate(source.splitlines(), start=1) if line.strip()]


def refused_text(text: str) -> list[str]:
    return [
        f"« {match.group(0)} » → {instead}"
        for pattern, instead in FRENCH_TEXT.items()
        if (match := re.search(rf"(?<![\w@.-])(?:{pattern})(?![\w@.-])", text, flags=re.IGNORECASE))
    ]


def test_pages_use_the_words_of_the_field() -> None:
    wrong = [
        f"{project.relative(path)}:{line} {', '.join(why)}"
        for path in project.templates()
        for line, text in visible_text(path.read_text(encoding="utf-8"))
        if (why := refused_text(text))
    ]
    assert not wrong, "\n".join(wrong)


# French puts a narrow no-break space before ; ! ? and a no-break space before : and inside « ». A plain space lets the
# browser send the sign alone to the next line.
PLAIN_SPACE = re.compile(r"[^\s] [;!?»](?=\s|$|<)|« \S|[a-zà-ÿ] :(?=\s|$)")


def typography(paths: list[Path]) -> list[str]:
    return [
        f"{project.relative(path)}:{line} {match.group(0)!r}"
        for path in paths
        for line, text in visible_text(path.read_text(encoding="utf-8"))
        if (match := PLAIN_SPACE.search(text))
    ]


def test_pages_follow_french_typography() -> None:
    wrong = typography(project.templates())
    assert not wrong, "\n".join(wrong)


def _plain(text: str) -> str:
    return text.lower().replace("’", "'").replace("\u00a0", " ")


def test_a_verdict_has_one_name() -> None:
    """The engine, the mark of the pages and the guide say the same words for the same verdict."""
    guide = _plain((project.ROOT / "docs" / "contradictions.md").read_text(encoding="utf-8"))
    for kind in VerdictKind:
        assert _plain(statuses.mark(kind.value).label) == _plain(kind.label_fr)
        assert f"| {_plain(kind.label_fr)} |" in guide


def test_the_guard_sees_what_it_refuses() -> None:
    assert offences("MesureSocle")
    assert offences("proof_of_payment")
    assert offences("data_point")
    assert offences("année")
    assert not offences("StatedFigure")
    assert not offences("departement_codes")
    assert refused_text("Votre email")
    assert not refused_text("La dérogation est levée")
    assert PLAIN_SPACE.search("Que faire ?")
    assert not PLAIN_SPACE.search("Que faire\u202f?")
    assert visible_text('<p class="email">\n{{ user.email }} Bonjour</p>') == [(2, " Bonjour")]
