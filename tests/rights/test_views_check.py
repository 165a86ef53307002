"""The page of the simulator: for anyone, with or without JavaScript, and it keeps nothing."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.core.models import AuditEntry, User
from maillage.rights import services
from maillage.rights.forms import UNKNOWN
from maillage.rights.models import CalculationCount
from maillage.rights.selectors import simulation
from maillage.territories.models import Territory
from tests.rights.law import FLAG, InventedLaw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invented_law")]

URL = "/droits/"
WHOLE = {
    "commune": "Nantes",
    "naissance": "03/1985",
    "couple": "non",
    "enfants": "2",
    "naissance_enfant_1": "05/2014",
    "naissance_enfant_2": "09/2017",
    "enceinte": "non",
    "autre_parent": "absent",
    "separe_recemment": "non",
    "nationalite": "francaise",
    "logement": "locataire_hlm",
    "loyer": "431,17",
    "activite": "emploi",
    "handicap": "non",
    "salaire": "713,29",
    "independant": "0",
    "chomage": "0",
    "retraite": "0",
    "invalidite": "0",
    "indemnites": "0",
    "changement": "non",
    "epargne": "0",
    "rsa": "non",
    "mois": "2026-01",
}


def plain(html: str) -> str:
    """The text of a page, its no-break spaces made ordinary."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html).replace("\u202f", " ").replace("\u00a0", " "))


def post(client: Client, answers: dict[str, str], *, htmx: bool = False) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(URL, answers, headers=headers)


def test_it_is_open_without_an_account_and_asks_nothing_first(client: Client) -> None:
    response = client.get(URL)
    page = plain(response.content.decode())
    assert response.status_code == 200
    assert "Rien n’est encore calculé" in page
    assert "Rien n’est enregistré" in page
    assert response["Cache-Control"] == "no-store"


def test_the_menu_leads_a_visitor_there(client: Client, aicha: User) -> None:
    page = client.get(reverse("login")).content.decode()
    assert f'href="{URL}"' in page
    assert "Contrats" not in page
    client.force_login(aicha, backend="django.contrib.auth.backends.ModelBackend")
    assert f'href="{URL}" aria-current="page"' in client.get(URL).content.decode()


def test_one_answer_gives_intervals_and_says_how_sure_they_are(client: Client) -> None:
    page = plain(post(client, {"couple": "non"}).content.decode())
    assert "Vous pourriez avoir droit à" in page
    assert re.search(r"Revenu de solidarité active \(RSA\) entre 0 et \d", page)
    assert "Bornes indicatives" in page
    assert "Question suivante utile" in page


def test_every_answer_gives_points(client: Client, communes: dict[str, Territory]) -> None:
    page = plain(post(client, WHOLE).content.decode())
    assert "Revenu de solidarité active (RSA) environ 487 € par mois" in page
    assert "Allocation de rentrée scolaire (ARS) environ 800 € par an" in page
    assert "Complémentaire santé solidaire (CSS) possible d'après vos réponses" in page.replace("’", "'")
    assert "Calculé sur toutes vos réponses" in page
    assert "Commune : Nantes (44109)" in page
    assert "Loi de janvier 2026" in page
    assert "Aucune autre réponse ne précise le résultat" in page
    assert not re.search(r"entre \d", page)


def test_bounds_are_called_proven_when_every_case_was_computed(client: Client, communes: dict[str, Territory]) -> None:
    left_out = {code: value for code, value in WHOLE.items() if code not in ("handicap", "commune")}
    page = plain(post(client, left_out).content.decode())
    assert "Bornes sûres" in page
    left_out = {code: value for code, value in WHOLE.items() if code != "salaire"}
    page = plain(post(client, left_out).content.decode())
    assert "Bornes indicatives" in page
    assert "Question suivante utile : Quel salaire net touchez-vous par mois ?" in page


def test_what_is_to_be_checked_says_why(client: Client) -> None:
    page = plain(post(client, {"couple": "non"}).content.decode())
    assert f"À vérifier : {FLAG}".replace("'", "’") in page


def test_it_never_promises(client: Client, communes: dict[str, Territory]) -> None:
    from maillage.rights.plain_language import promise

    for answers in ({"couple": "non"}, WHOLE):
        assert not promise(plain(post(client, answers).content.decode()))


def test_a_right_says_what_to_bring_and_where_to_go(client: Client) -> None:
    page = plain(post(client, {"couple": "non"}).content.decode())
    for words in ("À apporter", "Où aller", "caf.fr", "CASF, art. L. 262-2"):
        assert words in page


def test_rights_that_are_nothing_for_sure_are_folded_apart(client: Client, communes: dict[str, Territory]) -> None:
    html = post(client, WHOLE).content.decode()
    folded = html[html.index('id="sans-droit"') :]
    assert "Complément familial" in folded
    assert 'id="droit-cf"' not in html
    assert 'id="pas-trouves"' not in html


def test_local_aids_follow_the_commune(client: Client, communes: dict[str, Territory]) -> None:
    from maillage.territories.models import EpciMember

    epci = Territory.objects.get(code="EPCI-244400404")
    EpciMember.objects.create(epci=epci, commune=communes["COM-44109"], vintage=2024)
    page = plain(post(client, {"commune": "Nantes"}).content.decode())
    assert "Aides locales" in page
    assert "Tarification" in page
    assert "Aides locales" not in plain(post(client, {"commune": "Rennes"}).content.decode())
    assert "Aides locales" not in plain(post(client, {"couple": "non"}).content.decode())


def test_an_instance_s_own_aids_that_cannot_be_read_are_told_and_stop_nothing(
    client: Client, communes: dict[str, Territory], settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "local_aids.csv").write_text("code;nom\n;\n", encoding="utf-8")
    settings.DATA_DIR = tmp_path
    page = plain(post(client, {"commune": "Nantes"}).content.decode())
    assert "Aides locales de cette instance illisibles" in page
    assert "Revenu de solidarité active" in page


def test_the_sheet_to_print_says_what_to_bring_once_and_where_to_go(
    client: Client, communes: dict[str, Territory]
) -> None:
    html = post(client, WHOLE).content.decode()
    sheet = plain(html[html.index("rights-sheet") :])
    assert "Calcul du" in sheet
    assert "Revenu de solidarité active (RSA) environ 487 € par mois La CAF" in sheet
    assert sheet.count("Un RIB à votre nom") == 1
    assert "Le bail et l’attestation du bailleur (Aide au logement)" in sheet
    for typed in ("713", "431", "1985"):
        assert typed not in sheet
    assert "seul l’organisme qui verse une aide peut dire" in sheet


def test_it_is_the_same_for_everyone(client: Client, aicha: User, bruno: User, chloe: User) -> None:
    pages = []
    for user in (None, aicha, bruno, chloe):
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        pages.append(post(client, {"couple": "non"}, htmx=True).content)
    assert len(set(pages)) == 1


def test_a_law_that_refuses_the_household_is_told_and_nothing_typed_is_lost(client: Client, settings: Any) -> None:
    settings.MAILLAGE_RIGHTS_ENGINE = "tests.rights.law.NoLaw"
    simulation.engine.cache_clear()
    html = post(client, {"couple": "non", "salaire": "654"}).content.decode()
    assert "La loi de ce mois n’est pas disponible" in html
    assert 'value="654"' in html


def test_htmx_receives_the_results_alone_and_they_are_the_same(client: Client) -> None:
    whole = post(client, {"couple": "non", "salaire": "500"}).content.decode()
    part = post(client, {"couple": "non", "salaire": "500"}, htmx=True).content.decode()
    assert "<html" not in part
    assert "<form" not in part
    assert part.strip().startswith('<div id="etat"')
    assert plain(part).strip() in plain(whole)


def test_the_page_sends_the_form_with_and_without_javascript(client: Client) -> None:
    html = client.get(URL).content.decode()
    form = html[html.index('<form id="simulateur"') : html.index("</form>")]
    assert 'method="post"' in form
    assert f'action="{URL}"' in form
    assert f'hx-post="{URL}"' in form
    assert ">Calculer</button>" in form
    assert 'autocomplete="off"' in form


def test_questions_appear_when_they_are_called_for(client: Client) -> None:
    def hidden(html: str, code: str) -> bool:
        found = re.search(rf'data-question="{code}"\s*(hidden)?', html)
        assert found
        return found.group(1) is not None

    before = client.get(URL).content.decode()
    assert hidden(before, "naissance_conjoint")
    assert hidden(before, "naissance_enfant_1")
    after = post(client, {"couple": "pacse", "enfants": "1"}).content.decode()
    assert not hidden(after, "naissance_conjoint")
    assert not hidden(after, "naissance_enfant_1")
    assert hidden(after, "naissance_enfant_2")


def test_the_useful_question_is_pointed_at_in_place(client: Client, communes: dict[str, Territory]) -> None:
    html = post(client, {code: value for code, value in WHOLE.items() if code != "loyer"}).content.decode()
    pointed = re.findall(r'rights-next[ "][^>]*id="question-(\w+)"', html)
    assert pointed == ["loyer"]
    assert 'data-next="loyer"' in html


def test_i_do_not_know_is_an_answer(client: Client, communes: dict[str, Territory]) -> None:
    answers = {code: value for code, value in WHOLE.items() if code not in ("salaire", "handicap")}
    html = post(client, answers | {"salaire-inconnu": "on", "handicap": UNKNOWN}).content.decode()
    assert 'data-next=""' in html
    assert re.search(r'name="salaire-inconnu"[^>]*checked', html)


def test_what_was_typed_is_never_lost(client: Client) -> None:
    typed = {"couple": "marie", "salaire": "beaucoup", "loyer": "-3", "logement": "locataire_hlm", "enfants": "40"}
    response = post(client, typed)
    html = response.content.decode()
    assert response.status_code == 200
    for value in ("beaucoup", "-3", "40"):
        assert f'value="{value}"' in html
    page = plain(html)
    assert "3 réponses sont à corriger" in page
    assert "Écrivez un nombre, comme 850 ou 1 234,50." in page
    assert "Écrivez un nombre positif." in page
    assert "Le maximum est 8." in page.replace("\u00a0", " ")
    assert 'aria-invalid="true"' in html


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        ("salaire", "-1"),
        ("salaire", "NaN"),
        ("salaire", "<script>alert(1)</script>"),
        ("enfants", "40"),
        ("enfants", "2.5"),
        ("naissance", "01/2090"),
        ("naissance", "99/9999"),
        ("couple", "trouple"),
        ("commune", "99999"),
        ("commune", "97411"),
        ("commune", "\x00"),
        ("salaire", "9" * 5000),
    ],
)
def test_hostile_answers_are_refused_beside_their_question(
    client: Client, communes: dict[str, Territory], code: str, typed: str
) -> None:
    response = post(client, {"rsa": "non", code: typed})
    html = response.content.decode()
    assert response.status_code == 200
    assert f'data-problem="{code}"' in html
    assert "<script>alert" not in html
    assert "Vous pourriez avoir droit à" in html


def test_unknown_fields_and_months_are_ignored_or_refused(client: Client) -> None:
    response = post(client, {"couple": "non", "mois": "1950-01", "pirate": "1", "loyer": "12"})
    assert response.status_code == 200
    assert "pirate" not in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nantes", ""),
        ("NANTES (44109)", ""),
        ("44109", ""),
        ("Nante", "Vouliez-vous dire « Nantes (44109) » ?"),
        ("Anjers", "Vouliez-vous dire « Angers (49007) » ?"),
        ("Saint-Georges", "Plusieurs communes portent ce nom : choisissez « Saint-Georges (53220) » ou"),
        ("Xyzabc", "Aucune commune connue ne porte ce nom."),
        ("44000", "Un code postal ne convient pas"),
    ],
)
def test_a_commune_is_found_by_its_name_or_refused_with_suggestions(
    client: Client, communes: dict[str, Territory], typed: str, said: str
) -> None:
    page = plain(post(client, {"commune": typed}).content.decode())
    if not said:
        assert "Commune : Nantes (44109)" in page
    else:
        assert said in page


def test_communes_are_suggested_as_one_types_without_an_address(client: Client, communes: dict[str, Territory]) -> None:
    url = reverse("rights-communes")
    response = client.post(url, {"commune": "saint"})
    assert response["Cache-Control"] == "no-store"
    assert response.content.decode().count("<option") == 4
    assert "<option" not in client.post(url, {"commune": "s"}).content.decode()
    assert client.get(url).status_code == 405


def test_only_get_and_post_are_answered(client: Client) -> None:
    assert client.put(URL).status_code == 405
    assert client.delete(URL).status_code == 405


def test_an_address_that_holds_answers_is_not_read(client: Client) -> None:
    page = plain(client.get(URL, {"couple": "non", "salaire": "500"}).content.decode())
    assert "Rien n’est encore calculé" in page


def test_nothing_of_the_answers_is_kept_anywhere(
    client: Client, communes: dict[str, Territory], caplog: pytest.LogCaptureFixture, aicha: User
) -> None:
    """A whole journey, as a visitor then signed in: the database, the sessions, the cookies, the logs are searched."""
    secrets = ("431,17", "431.17", "713,29", "713.29", "03/1985", "1985-03", "(44109)", "Nantes")
    before = _rows_without_reference()
    with caplog.at_level(logging.DEBUG):
        for step in range(1, len(WHOLE) + 1):
            post(client, dict(list(WHOLE.items())[:step]), htmx=step % 2 == 0)
        client.post(reverse("rights-communes"), {"commune": "Nantes"})
        client.post(reverse("rights-api"), {"reponses": {"salaire": 713.29}}, content_type="application/json")
        cookies = str(client.cookies)
        assert Session.objects.count() == 0
        client.force_login(aicha, backend="django.contrib.auth.backends.ModelBackend")
        post(client, WHOLE)
    sessions = [session.get_decoded() for session in Session.objects.all()]
    logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records if _ours(record))
    for secret in secrets:
        assert secret not in cookies
        assert secret not in str(sessions)
        assert secret not in logged
        assert secret not in str(list(CalculationCount.objects.values()))
        assert secret not in str(list(AuditEntry.objects.values("summary", "changes")))
    assert _rows_without_reference() == before


def _ours(record: logging.LogRecord) -> bool:
    """What an instance writes: queries and templates are logged at a level that no instance turns on."""
    return not record.name.startswith(("django.db", "django.template", "asyncio"))


def _rows_without_reference() -> dict[str, int]:
    """How many rows each table holds, but those that any visit changes."""
    passing = {"django_session", "rights_calculationcount", "core_auditentry", "core_user", "sqlite_sequence"}
    counts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in passing:
                cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
                counts[table] = cursor.fetchone()[0]
    return counts


def test_a_client_that_asks_too_much_waits_and_loses_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    few = services.Allowance("page", 2, services.PAGE.window)
    monkeypatch.setattr(services, "PAGE", few)
    for _ in range(2):
        assert post(client, {"couple": "non"}).status_code == 200
    for htmx in (False, True):
        response = post(client, {"couple": "non", "salaire": "654"}, htmx=htmx)
        assert response.status_code == 429
        assert 1 <= int(response["Retry-After"]) <= few.window.total_seconds() + 1
        assert "Trop de calculs" in response.content.decode()
        assert htmx or 'value="654"' in response.content.decode()


def test_queries_are_few_whatever_is_answered(client: Client, communes: dict[str, Territory]) -> None:
    def count(answers: dict[str, str]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert post(client, answers, htmx=True).status_code == 200
        return len([q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])

    post(client, {"couple": "non"})  # opens the client's count
    assert count({"couple": "non"}) == 3
    assert count({"couple": "non", "salaire": "500", "enfants": "8"}) == 3
    assert count(WHOLE) <= 10
    with CaptureQueriesContext(connection) as queries:
        client.get(URL)
    assert len(queries) == 0


def test_the_engine_is_asked_once_and_for_few_households(client: Client) -> None:
    InventedLaw.asked.clear()
    post(client, {"couple": "non"})
    assert len(InventedLaw.asked) == 1
    assert InventedLaw.asked[0] <= 300
    client.get(URL)
    post(client, {})
    assert len(InventedLaw.asked) == 1
