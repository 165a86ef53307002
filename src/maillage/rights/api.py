"""The same calculation for programs: JSON in, JSON out, described by a JSON Schema that the questionnaire itself gives.

Anonymous and without a cookie: nothing here looks at a session, so a forged request from another site gains nothing,
and no header allows another site's page to read the answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from maillage.core import clock
from maillage.engines.simulator import Answers, Question, read_answers
from maillage.kernel.errors import MaillageError
from maillage.rights import services
from maillage.rights.forms import UNKNOWN, months_until
from maillage.rights.schema import request_schema, response_schema
from maillage.rights.selectors.communes import find_commune
from maillage.rights.selectors.simulation import RightResult, Simulation, questions, simulate

MAX_BYTES = 16 * 1024
_MIME = "application/json"
_CAUTION = "Vous pourriez avoir droit à ces montants : seul l'organisme qui verse un droit peut l'ouvrir."


class BadRequest(Exception):
    """The request is refused: (path in the JSON, French reason) for each problem."""

    def __init__(self, problems: Mapping[str, str], status: int = 400) -> None:
        super().__init__("refused")
        self.problems = dict(problems)
        self.status = status


@csrf_exempt  # no cookie is read: there is no session to abuse
@login_not_required
@require_POST
def answer(request: HttpRequest) -> JsonResponse:
    """The rights of one household, as far as it is described."""
    try:
        address = str(request.META.get("REMOTE_ADDR", ""))
        services.count_calculation(address=address, allowance=services.API, at=clock.now())
        answers, month = _read(request)
        return _json(_answered(simulate(answers, month)))
    except services.TooMany as refused:
        response = _refused({"": refused.message_fr}, 429)
        response["Retry-After"] = str(refused.retry_after)
        return response
    except BadRequest as refused:
        return _refused(refused.problems, refused.status)
    except MaillageError as refused:
        return _refused({"reponses": refused.message_fr}, 400)


@login_not_required
@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """What to send and what comes back, as JSON Schema (draft 2020-12)."""
    months = [code for code, _ in months_until(clock.today())]
    return _json({"requete": request_schema(questions(), months), "reponse": response_schema()})


def _read(request: HttpRequest) -> tuple[Answers, date]:
    body = _body(request)
    strange = body.keys() - {"mois", "reponses"}
    if strange:
        raise BadRequest({"": "Seules les clés « mois » et « reponses » sont lues."})
    month = _month(body.get("mois"))
    given = body.get("reponses", {})
    if not isinstance(given, dict):
        raise BadRequest({"reponses": "Il faut un objet : une réponse par code de question."})
    return _answers(given, month), month


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != _MIME:
        raise BadRequest({"": f"Envoyez du JSON, avec l'en-tête « Content-Type: {_MIME} »."}, 415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        raise BadRequest({"": "La requête est trop longue."}, 413)
    try:
        body = json.loads(request.body, parse_constant=_no_constant)
    except (ValueError, RecursionError, RequestDataTooBig) as unread:
        raise BadRequest({"": "Ce n'est pas du JSON valide."}) from unread
    if not isinstance(body, dict):
        raise BadRequest({"": "Il faut un objet JSON."})
    return body


def _no_constant(name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")


def _month(given: Any) -> date:
    allowed = [code for code, _ in months_until(clock.today())]
    code = allowed[0] if given is None else given
    if code not in allowed:
        raise BadRequest({"mois": f"Écrivez un mois de {allowed[-1]} à {allowed[0]}."})
    return date.fromisoformat(f"{code}-01")


def _answers(given: Mapping[str, Any], month: date) -> Answers:
    asked = questions()
    problems = {f"reponses.{code[:60]}": "Cette question n'existe pas." for code in given if code not in asked}
    typed, declined = {}, set()
    for question in asked:
        value = given.get(question.code)
        if value == UNKNOWN:
            declined.add(question.code)
        elif value is not None:
            text = _text(value)
            if text is None:
                problems[f"reponses.{question.code}"] = "Il faut un texte ou un nombre."
            else:
                typed[question.code] = text
    reading = read_answers(asked, typed, declined, month, partial(find_commune, on=clock.today()))
    problems |= {f"reponses.{code}": problem for code, problem in reading.problems.items()}
    if problems:
        raise BadRequest(problems)
    return reading.answers


def _text(value: Any) -> str | None:
    """What a form would have received; None for what is neither a text nor a number."""
    if isinstance(value, str):
        return value if value.strip() else None
    if not isinstance(value, int | float):
        return None
    return format(value, "f") if isinstance(value, float) else str(value)


def _answered(simulation: Simulation) -> dict[str, Any]:
    useful = simulation.next_question
    return {
        "mois": f"{simulation.month:%Y-%m}",
        "avertissement": _CAUTION,
        "droits": [_right(result) for result in simulation.results],
        "question_suivante": None if useful is None else _question(useful),
        "foyers_calcules": simulation.rows,
    }


def _right(result: RightResult) -> dict[str, Any]:
    return {
        "code": result.right.code,
        "libelle": result.right.label_fr,
        "unite": result.right.unit.value,
        "minimum": result.interval.low,
        "maximum": result.interval.high,
        "bornes": result.interval.bound.value,
        "a_verifier": list(result.flags),
    }


def _question(question: Question) -> dict[str, str]:
    return {"code": question.code, "libelle": question.label}


def _refused(problems: Mapping[str, str], status: int) -> JsonResponse:
    return _json(
        {"erreurs": [{"chemin": path, "message": message} for path, message in problems.items()]}, status=status
    )


def _json(content: Any, status: int = 200) -> JsonResponse:
    response = JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response
