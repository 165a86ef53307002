"""Components: each renders, none lets hostile text through, none needs what the content security policy refuses."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import engines
from django.test import Client, RequestFactory, override_settings

from maillage.ui import components


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.found if tag == name]


def draw(source: str, request: HttpRequest | None = None, **context: Any) -> str:
    return engines["django"].from_string(source).render(context, request or RequestFactory().get("/"))


@pytest.fixture
def page(db: None, client: Client, settings: Any) -> str:
    settings.ROOT_URLCONF = "tests.ui.gallery"
    settings.MAILLAGE_DEMONSTRATION = True
    response = client.get("/composants/")
    assert response.status_code == 200
    return response.content.decode()


def refused(html: str) -> list[str]:
    """What a policy without `unsafe-inline` would refuse to run or apply."""
    problems = []
    for tag, attrs in Tags(html).found:
        problems += [f"{tag} {name}" for name in attrs if name == "style" or name.startswith("on")]
        problems += [f"{tag} {value}" for value in attrs.values() if value and "javascript:" in value.lower()]
        if tag == "style" or (tag == "script" and not attrs.get("src") and attrs.get("type") != "application/json"):
            problems.append(tag)
    return problems


def test_every_component_stays_within_the_policy(page: str) -> None:
    assert not refused(page)


def test_the_guard_of_the_policy_sees_what_it_refuses() -> None:
    assert refused('<p style="color:red">') == ["p style"]
    assert refused("<script>go()</script>") == ["script"]
    assert refused('<a href="javascript:go()" onclick="go()">') == ["a onclick", "a javascript:go()"]


def test_hostile_text_is_shown_and_never_run(page: str) -> None:
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 8


def test_the_page_has_one_title_and_no_identifier_twice(page: str) -> None:
    tags = Tags(page)
    assert len(tags.all("h1")) == len(tags.all("main")) == page.partition("</head>")[0].count("<title>") == 1
    ids = [attrs["id"] for _, attrs in tags.found if "id" in attrs]
    assert not {identifier for identifier in ids if ids.count(identifier) > 1}


def test_every_form_by_post_carries_its_token(page: str) -> None:
    posts = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
    assert len(posts) >= 5
    assert all(re.search(r'name="csrfmiddlewaretoken" value="\w{20,}"', form) for form in posts)


def test_the_shell_says_that_it_is_a_demonstration(page: str) -> None:
    assert "Comptes, décisions et ce qui se dit" in page
    assert "Aïcha Renaud" in page
    assert 'href="#contenu"' in page


def test_scripts_of_charts_are_loaded_only_where_there_are_charts(page: str, client: Client) -> None:
    assert "ui/vega-bundle.js" in page
    assert "ui/vega-bundle.js" not in client.get("/nulle-part/").content.decode()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% ui_number 1234567.5 unit="EUR" %}', "1 234 567,50 €"),
        ('{% ui_number 1 unit="persons" %}', "1 personne<"),
        ('{% ui_number 12.345 unit="%" %}', "12,3 %"),
        ("{% ui_number 0 %}", ">0<"),
        ("{% ui_number None %}", "elle n’est pas nulle"),
        ('{% ui_number None status="suppressed" %}', "secret statistique"),
        ('{% ui_number 12 status="estimated" low=10 high=14 %}', "[10 à 14]"),
        ('{% ui_number 12 url="/x/" %}', '<a href="/x/">12</a>'),
        ('{% ui_figure "Personnes" 412000 unit="persons" %}', '412 000 <span class="ui-unit">personnes</span>'),
        (
            '{% ui_figure "Crédits" 4348420 unit="EUR" source_label="Bilan" source_url="/d/" %}',
            '<a href="/d/">Bilan</a>',
        ),
        ('{% ui_status "estimated" %}', "Estimé"),
        ('{% ui_status "holds" "Conforme" %}', "Conforme"),
        ('{% ui_status "jamais-vu" %}', "jamais-vu"),
        ('{% ui_badge "x" "rose" %}', "ui-neutral"),
        ('{% ui_alert kind="rose" text="x" %}', "ui-info"),
        ('{% ui_progress 140 "Calcul" %}', 'value="100"'),
        ('{% ui_progress 10 "Calcul" poll_url="/t/" %}', 'hx-get="/t/"'),
        ('{% ui_source "Bilan" "javascript:alert(1)" %}', "Source : Bilan"),
        ('{% ui_empty title="Rien" action_label="Ajouter" action_url="/a/" %}', 'href="/a/"'),
    ],
)
def test_a_component_says_what_it_must(source: str, expected: str) -> None:
    html = draw(source).replace("\u202f", " ").replace("\u00a0", " ")
    assert expected in html


def test_the_last_breadcrumb_is_the_page_itself() -> None:
    html = draw('{% ui_breadcrumbs "Accueil" "/" "Territoires" "/territoires/" "Ici" %}')
    assert html.count("<a ") == 2
    assert '<li aria-current="page">Ici</li>' in html


def test_breadcrumbs_in_pairs_have_no_current_page() -> None:
    html = draw('{% ui_breadcrumbs "Accueil" "/" "Territoires" "/territoires/" %}')
    assert html.count("<a ") == 2
    assert "aria-current" not in html


def test_pagination_keeps_the_rest_of_the_address() -> None:
    request = RequestFactory().get("/?axe=2&page=3")
    html = draw("{% ui_pagination page %}", request, page=Paginator(list(range(100)), 10).page(3))
    assert 'href="?axe=2&amp;page=4"' in html
    assert "21 à 30 sur 100" in html


def test_an_undoable_message_is_a_form() -> None:
    html = components.render(
        "messages", {"messages": [{"kind": "success", "text": "Fait.", "undo_url": "/u/"}], "csrf_token": "t" * 32}
    )
    assert '<form method="post" action="/u/">' in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " javascript:x", "JAVASCRIPT:x", ""])
def test_an_address_that_runs_is_dropped(url: str) -> None:
    assert components.safe_url(url) == ""


@pytest.mark.parametrize("url", ["/a/", "#x", "?p=2", "https://exemple.test/", "mailto:a@exemple.test"])
def test_an_address_that_leads_somewhere_is_kept(url: str) -> None:
    assert components.safe_url(url) == url


def test_a_theme_replaces_what_it_draws_and_keeps_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "ui/themes/autre"
    folder.mkdir(parents=True)
    (folder / "badge.html").write_text('<b class="autre">{{ text }}</b>', encoding="utf-8")
    templates = [settings.TEMPLATES[0] | {"DIRS": [str(tmp_path)]}]
    components.template_for.cache_clear()
    try:
        with override_settings(TEMPLATES=templates, MAILLAGE_THEME="autre"):
            assert draw("{% ui_badge text %}", text="<x>") == '<b class="autre">&lt;x&gt;</b>'
            assert "ui-alert" in draw('{% ui_alert text="x" %}')
    finally:
        components.template_for.cache_clear()


@pytest.mark.parametrize("name", ["400", "403", "404", "500", "csrf"])
def test_an_error_page_says_what_happened_and_where_to_go(name: str) -> None:
    template = engines["django"].get_template(f"web/errors/{name}.html")
    html = template.render({"reason": ""}, RequestFactory().get("/x/"))
    assert len(Tags(html).all("h1")) == 1
    assert 'href="/"' in html
    assert not refused(html)


def test_filters_write_french() -> None:
    html = draw(
        "{{ n|french_number:2 }}|{{ n|money }}|{{ n|percent:1 }}|{{ n|signed_percent }}|{{ u|money }}", n=12.5, u=None
    )
    assert html.replace("\u00a0", " ") == "12,50|12,50 €|12,5 %|+12,5 %|n. c."
    assert draw('{{ "2019/2023"|period }}|{{ "vers 2020"|period }}') == "2019-2023|vers 2020"
    assert draw("{{ t|typo }}", t="Qui ? « Moi » : 1 234 €") == "Qui\u202f? «\u00a0Moi\u00a0»\u00a0: 1\u202f234\u00a0€"
