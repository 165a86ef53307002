"""Versions: what entering in force freezes, and what abandoning a text in work restores."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.local_pacts.enums import PartnerState
from maillage.local_pacts.models import Commitment, DiagnosisSection, LocalPact, LocalPactVersion, Partner, Signature
from maillage.local_pacts.selectors import snapshot
from maillage.local_pacts.selectors.pacts import Loaded


def freeze(loaded: Loaded, *, on: date, by: User | None, at: datetime) -> LocalPactVersion:
    """Version n+1 of the text as it is; its new commitments bind from it. In the caller's transaction."""
    number = loaded.pact.version_number + 1
    text = snapshot.canonical(snapshot.compose(loaded, number, on))
    version = LocalPactVersion.objects.create(
        pact=loaded.pact, number=number, snapshot=text, sha256=snapshot.fingerprint(text), at=at, by=by
    )
    fresh = Commitment.objects.filter(priority__pact=loaded.pact, since_version__isnull=True)
    fresh.update(since_version=number)
    return version


def restore(pact: LocalPact) -> None:
    """The text, the partners and the signatures of the version in force, as if nobody had written since.

    How commitments go is not text: notes and states given meanwhile stay. Nothing that binds is lost, since what is
    in a version is never deleted; what was only proposed disappears.
    """
    content = pact.versions.get(number=pact.version_number).content
    _restore_head(pact, content)
    Commitment.objects.filter(priority__pact=pact, since_version__isnull=True).delete()
    partners = _restore_partners(pact, content)
    _restore_priorities(pact, content, partners)
    pact.partners.exclude(pk__in=[one.pk for one in partners.values()]).delete()


def _restore_head(pact: LocalPact, content: dict[str, Any]) -> None:
    plan = content["plan"]
    pact.title = content["title"]
    pact.plan_title, pact.plan_reference, pact.plan_url = plan["title"], plan["reference"], plan["url"]
    pact.ends_on = _day(content["ends_on"])
    pact.revision += 1
    pact.save()
    pact.indicators.set(Indicator.objects.filter(code__in=content["indicators"]))
    pact.sections.all().delete()
    DiagnosisSection.objects.bulk_create(
        DiagnosisSection(pact=pact, position=rank, title=one["title"], body=one["body"])
        for rank, one in enumerate(content["sections"], start=1)
    )


def _restore_partners(pact: LocalPact, content: dict[str, Any]) -> dict[str, Partner]:
    """Partners by the name that they have in the version, with the signatures that it holds today."""
    for partner in pact.partners.order_by("pk"):  # names first freed: one may have been given to another meanwhile
        pact.partners.filter(pk=partner.pk).update(organisation=f"#{partner.pk}")
    states = {one["organisation"]: one["state"] for one in content["signatories"]}
    signed = dict(
        Signature.objects.filter(partner__pact=pact, version=pact.version_number).values_list("partner", "signed_on")
    )
    existing = pact.partners.in_bulk([one["key"] for one in content["partners"]])
    found = {}
    for one in content["partners"]:
        partner = existing.get(one["key"]) or Partner(pk=one["key"], pact=pact)
        partner.organisation, partner.kind = one["organisation"], one["kind"]
        partner.signed_on = signed.get(partner.pk)
        state = states.get(partner.organisation, PartnerState.LISTED)
        partner.state = PartnerState.SIGNED if partner.signed_on else state
        partner.revision += 1
        partner.save()
        found[partner.organisation] = partner
    return found


def _restore_priorities(pact: LocalPact, content: dict[str, Any], partners: dict[str, Partner]) -> None:
    wanted = {one["key"]: one for one in content["priorities"]}
    # Those written since hold nothing any more; those of an older version were set aside and stay so.
    pact.priorities.exclude(pk__in=wanted).filter(position__isnull=False, commitments__isnull=True).delete()
    pact.priorities.update(position=None)
    for key, one in wanted.items():
        priority = pact.priorities.get(pk=key)
        priority.title, priority.need, priority.position = one["title"], one["need"], one["position"]
        priority.pilot = partners[one["pilot"]]
        priority.revision += 1
        priority.save()
        priority.technical_partners.set([partners[name] for name in one["technical_partners"]])
        for kept in one["commitments"]:
            commitment = priority.commitments.get(pk=kept["key"])
            commitment.text, commitment.seen_by = kept["text"], kept["seen_by"]
            commitment.due_on = date.fromisoformat(kept["due_on"])
            commitment.revision += 1
            commitment.save()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
