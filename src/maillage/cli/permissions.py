"""Who may do what, found by asking the `perms` of each app: role by role, on an object of the instance's own region."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# Each permission, as `app.function`, with the words of its column. A test compares the keys with the code.
LABELS: dict[str, str] = {
    "core.can_read_journal": "lire le journal",
    "core.can_see_job": "voir le travail d'un autre",
    "core.can_cancel_job": "interrompre le travail d'un autre",
    "sources.can_see_sources": "voir l'histoire des sources",
    "sources.can_import": "importer",
    "observatory.can_see_portrait": "lire le portrait d'un territoire",
    "reports.can_view": "voir un rapport en brouillon",
    "reports.can_see_rendition": "télécharger un rapport en brouillon",
    "reports.can_write": "écrire, construire et publier un rapport",
    "indicators.can_waive": "accepter un écart",
    "contracts.can_see": "voir un contrat signé",
    "contracts.can_see_unsigned": "voir un contrat en négociation",
    "contracts.can_create": "ouvrir un contrat",
    "contracts.can_record_money": "enregistrer un engagement ou un paiement de l'État",
    "contracts.can_waive": "accorder une dérogation à une règle",
    "contracts.can_audit": "prendre l'archive d'un contrat",
    "contracts.can_produce_documents": "produire les documents d'un contrat",
    "contracts.can_manage_templates": "déposer un modèle de document",
    "contracts.can_simulate": "simuler la répartition d'une enveloppe",
    "contracts.can_decide": "décider la répartition d'une enveloppe",
    "collection.can_lead": "mener une collecte",
    "collection.can_view_campaign": "voir une collecte",
    "collection.can_view_request": "voir ce qui est demandé à un partenaire",
    "collection.can_answer": "répondre à la place d'un partenaire",
    "collection.can_check": "valider une réponse",
    "local_pacts.can_read_text": "lire un pacte local en rédaction",
    "local_pacts.can_view": "voir un pacte local en vigueur",
    "local_pacts.can_write": "écrire un pacte local",
    "local_pacts.can_list_partners": "nommer les partenaires d'un pacte local",
    "local_pacts.can_invite": "inviter à signer un pacte local",
    "local_pacts.can_contribute": "proposer un engagement",
    "local_pacts.can_write_commitment": "écrire un engagement",
    "local_pacts.can_follow": "suivre un engagement",
    "local_pacts.can_review": "tenir la revue annuelle",
}

ANY_DAY = date(2026, 1, 1)


def submodule(package: str, name: str) -> ModuleType | None:
    """A module of an app, when the app has one."""
    return import_module(f"{package}.{name}") if find_spec(f"{package}.{name}") else None


def declared() -> dict[str, Callable[..., bool]]:
    """Every function `can_…` of the apps' `perms`, by `app.function`, in the order of the files."""
    from django.apps import apps

    found: dict[str, Callable[..., bool]] = {}
    for config in apps.get_app_configs():
        module = submodule(config.name, "perms") if config.name.startswith("maillage.") else None
        if module is None:
            continue
        found |= {
            f"{config.label}.{name}": function
            for name, function in vars(module).items()
            if name.startswith("can_") and inspect.isfunction(function) and function.__module__ == module.__name__
        }
    return found


def probe(kind: str) -> Any:
    """An object that was never stored, in the instance's own region, of the kind that a permission is asked about."""
    from django.conf import settings

    from maillage.collection.models import Campaign, FigureRequest
    from maillage.contracts.models import Contract
    from maillage.core.models import Job, StoredFile
    from maillage.indicators.models import Indicator, StatedFigure, Waiver
    from maillage.local_pacts.models import Commitment, LocalPact, Partner, Priority
    from maillage.reports.models import AnnualReport, Rendition
    from maillage.territories.enums import Level
    from maillage.territories.models import Territory

    region = Territory(pk=1, code=settings.MAILLAGE_REGION, level=Level.REGION)
    report = AnnualReport(territory=region)
    figure = StatedFigure(territory=region)
    pact = LocalPact(pk=1, territory=region, state="in_force")
    campaign = Campaign(territory=region, status="open")
    contract = Contract(pk=1, kind="cls", territory=region, status="in_force")
    for named_by_nobody, relation in ((contract, "participants"), (pact, "partners")):
        vars(named_by_nobody)["_prefetched_objects_cache"] = {relation: []}  # so that the database is asked nothing
    made: dict[str, Any] = {
        "AnnualReport": report,
        "Campaign": campaign,
        "Commitment": Commitment(priority=Priority(pact=pact), partner=Partner(pact=pact)),
        "Contract": contract,
        "FigureRequest": FigureRequest(campaign=campaign, territory=region),
        "Indicator": Indicator(),
        "Job": Job(),
        "LocalPact": pact,
        "Rendition": Rendition(report=report),
        "StatedFigure": figure,
        "StoredFile": StoredFile(),
        "Territory": region,
        "Waiver": Waiver(figure=figure),
    }
    return made[kind.split("|")[0].strip()]


def allowed(function: Callable[..., bool], role: str) -> bool:
    """Whether someone who holds this role over the instance's whole region may."""
    from django.conf import settings

    from maillage.core.models import Membership, User

    user = User(pk=1)
    membership = Membership(user=user, role=role, territory_code=settings.MAILLAGE_REGION, starts_on=ANY_DAY)
    user._memberships = [membership]  # type: ignore[attr-defined]  # the cache that `core.perms` reads
    arguments: dict[str, Any] = {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        kind = str(parameter.annotation)
        if kind == "date":
            arguments[parameter.name] = ANY_DAY
        elif parameter.name == "family":
            arguments[parameter.name] = "state"  # who pays: the credits of the State
        elif parameter.default is parameter.empty:
            arguments[parameter.name] = probe(kind)
    return bool(function(user, **arguments))


def matrix() -> Iterator[tuple[str, list[bool]]]:
    """For each role, its French label and what it may do, in the order of `LABELS`."""
    from maillage.core.enums import Role

    functions = declared()
    for role in Role:
        yield role.label, [allowed(functions[name], role) for name in LABELS]
