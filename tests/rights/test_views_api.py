"""The API: a documented JSON in and out, refusals by path, and limits."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import reverse

from maillage.rights import services
from maillage.rights.forms import UNKNOWN
from maillage.territories.models import Territory
from tests.rights.law import FLAG
from tests.rights.test_views_check import WHOLE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("invented_law")]

URL = "/api/droits/"
HOUSEHOLD: dict[str, Any] = {code: value for code, value in WHOLE.items() if code != "mois"} | {
    "salaire": 713.29,
    "loyer": 431.17,
    "enfants": 2,
    "epargne": 0,
    "naissance": "1985-03",
    "naissance_enfant_1": "2014-05",
    "naissance_enfant_2": "2017-09",
}


def post(client: Client, content: Any, **options: Any) -> Any:
    body = content if isinstance(content, str | bytes) else json.dumps(content)
    return client.post(URL, body, content_type=options.pop("content_type", "application/json"), **options)


def schemas(client: Client) -> dict[str, Any]:
    return client.get(reverse("rights-api-schema")).json()


def test_a_household_receives_its_rights_as_described(client: Client, communes: dict[str, Territory]) -> None:
    request = {"mois": "2026-01", "reponses": HOUSEHOLD}
    response = post(client, request)
    answer = response.json()
    assert response.status_code == 200
    described = schemas(client)
    jsonschema.Draft202012Validator(described["requete"]).validate(request)
    jsonschema.Draft202012Validator(described["reponse"]).validate(answer)
    rights = {right["code"]: right for right in answer["droits"]}
    assert rights["rsa"]["minimum"] == rights["rsa"]["maximum"] == 486.71
    assert rights["rsa"]["bornes"] == "exact"
    assert rights["css"]["a_verifier"] == [FLAG]
    assert answer["question_suivante"] is None
    assert answer["foyers_calcules"] == 1
    assert "pourriez" in answer["avertissement"]


def test_what_is_missing_or_unknown_gives_intervals_and_the_next_question(client: Client) -> None:
    answer = post(client, {"reponses": {"couple": "non", "salaire": UNKNOWN, "loyer": None}}).json()
    rights = {right["code"]: right for right in answer["droits"]}
    assert rights["rsa"]["minimum"] < rights["rsa"]["maximum"]
    assert rights["rsa"]["bornes"] == "sampled"
    assert answer["question_suivante"]["code"] not in ("couple", "salaire")
    assert post(client, {}).status_code == 200


def test_the_schemas_are_schemas(client: Client) -> None:
    response = client.get(reverse("rights-api-schema"))
    assert response.status_code == 200
    for schema in response.json().values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"reponses": {"salaire": -5}}, "reponses.salaire"),
        ({"reponses": {"salaire": "beaucoup"}}, "reponses.salaire"),
        ({"reponses": {"salaire": True}}, "reponses.salaire"),
        ({"reponses": {"salaire": [1]}}, "reponses.salaire"),
        ({"reponses": {"enfants": 40}}, "reponses.enfants"),
        ({"reponses": {"enfants": 1.5}}, "reponses.enfants"),
        ({"reponses": {"naissance": "2090-01"}}, "reponses.naissance"),
        ({"reponses": {"couple": "x"}}, "reponses.couple"),
        ({"reponses": {"commune": "99999"}}, "reponses.commune"),
        ({"reponses": {"inconnue": 1}}, "reponses.inconnue"),
        ({"reponses": []}, "reponses"),
        ({"mois": "2019-12"}, "mois"),
        ({"mois": 202601}, "mois"),
        ({"mois": ["2026-01"]}, "mois"),
        ({"foyer": {}}, ""),
        ([], ""),
        ("{", ""),
        ('{"reponses": {"salaire": NaN}}', ""),
        ('{"reponses": {"salaire": 1e400}}', "reponses.salaire"),
        ("[" * 100_000, ""),
        (b"\xff\xfe", ""),
    ],
)
def test_a_refusal_says_where_and_what_to_do(client: Client, content: Any, path: str) -> None:
    response = post(client, content)
    assert response.status_code in (400, 413)
    errors = response.json()["erreurs"]
    assert [error["chemin"] for error in errors] == [path]
    assert errors[0]["message"].endswith(".")


def test_every_problem_is_told_at_once(client: Client) -> None:
    errors = post(client, {"reponses": {"salaire": -5, "enfants": 40, "inconnue": 1}}).json()["erreurs"]
    assert {error["chemin"] for error in errors} == {"reponses.salaire", "reponses.enfants", "reponses.inconnue"}


def test_what_is_refused_against_the_schema_is_refused_by_the_schema(client: Client) -> None:
    validator = jsonschema.Draft202012Validator(schemas(client)["requete"])
    for wrong in ({"salaire": -5}, {"enfants": 40}, {"couple": "x"}, {"inconnue": 1}, {"naissance": "13/2000"}):
        assert not validator.is_valid({"reponses": wrong}), wrong


def test_only_json_of_a_reasonable_length_is_read(client: Client) -> None:
    assert post(client, "couple=non", content_type="application/x-www-form-urlencoded").status_code == 415
    assert post(client, {"reponses": {"commune": "x" * 20_000}}).status_code == 413
    assert client.get(URL).status_code == 405


def test_no_other_site_may_read_it_and_no_cookie_is_set(client: Client) -> None:
    response = post(client, {}, headers={"Origin": "https://ailleurs.example"})
    assert response.status_code == 200
    assert not [name for name in response.headers if name.lower().startswith("access-control")]
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"


def test_a_program_does_not_need_the_token_of_a_page() -> None:
    assert post(Client(enforce_csrf_checks=True), {}).status_code == 200


def test_beyond_the_limit_it_says_when_to_come_back(client: Client) -> None:
    for _ in range(services.API.calculations):
        assert post(client, "{").status_code == 400
    response = post(client, {})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 61
    assert response.json()["erreurs"][0]["chemin"] == ""
    assert client.get(reverse("rights-api-schema")).status_code == 200
