"""`maillage digests`: the weekly messages, for what wakes every week (cron). Approval is on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maillage.cli import output

if TYPE_CHECKING:
    from maillage.core.digests.week import Week

week_option = click.option(
    "--week", "asked", metavar="SEMAINE", help="Semaine, par exemple 2026-W47 (sinon la semaine en cours)."
)


def _week(asked: str | None) -> Week:
    from maillage.core import clock
    from maillage.core.digests.week import Week

    return Week.parse(asked) if asked else Week.of(clock.today())


@click.group()
def digests() -> None:
    """Prépare, montre et envoie les relances de la semaine.

    Rien ne part avant d'être relu et approuvé sur la page « Relances ».
    """


@digests.command("prepare")
@output.json_option
def prepare(as_json: bool) -> None:
    """Prépare la relance de chaque personne que quelque chose attend."""
    from maillage.core import clock
    from maillage.core.digests import services

    done = services.prepare(by=None, at=clock.now())
    data = {
        "week": str(done.week),
        "written": done.written,
        "refreshed": done.refreshed,
        "kept": done.kept,
        "withdrawn": done.withdrawn,
        "unavailable": list(done.unavailable),
    }
    lines = [
        f"Relances, {done.week.label}\u00a0:",
        f"  préparées     {done.written}",
        f"  mises à jour  {done.refreshed}",
        f"  inchangées    {done.kept}",
        f"  écartées      {done.withdrawn}",
    ]
    if done.unavailable:
        lines.append(f"Indisponible\u00a0: {', '.join(done.unavailable)}. Le journal technique dit pourquoi.")
    lines.append("À relire et à approuver sur la page «\u00a0Relances\u00a0».")
    output.emit(data, as_json=as_json, text="\n".join(lines))


@digests.command("preview")
@week_option
@output.json_option
def preview(asked: str | None, as_json: bool) -> None:
    """Montre les messages d'une semaine, tels qu'ils partent."""
    from maillage.core import clock
    from maillage.core.digests import selectors

    week, at = _week(asked), clock.now()
    found = list(selectors.of_week(week))
    rows = [
        {
            "to": digest.user.email,
            "status": selectors.display_status(digest, at)[0],
            "status_label": selectors.display_status(digest, at)[1],
            "subject": digest.subject,
            "body": digest.body,
        }
        for digest in found
    ]
    texts = [
        f"À\u00a0: {row['to']}\nÉtat\u00a0: {row['status_label']}\nObjet\u00a0: {row['subject']}\n\n{row['body']}"
        for row in rows
    ]
    rule = f"{'─' * 72}\n"
    output.emit(rows, as_json=as_json, text=rule.join(texts) or f"Aucune relance, {week.label}.")


@digests.command("send")
@week_option
@output.json_option
def send(asked: str | None, as_json: bool) -> None:
    """Envoie ce qui est approuvé et n'est pas encore parti. Ce qui n'est pas approuvé reste."""
    from maillage.core import clock
    from maillage.core.digests import selectors, sending

    week = _week(asked)
    done = sending.send(week=week, now=clock.now, advance=lambda percent, text: None)
    left = len(selectors.to_read(week))
    data = {"week": str(week), "sent": done.sent, "failed": done.failed, "discarded": done.discarded, "to_read": left}
    text = f"Envoyées\u00a0: {done.sent}. Écartées\u00a0: {done.discarded}."
    if left:
        text += f"\nÀ relire et à approuver sur la page «\u00a0Relances\u00a0»\u00a0: {left}."
    output.emit(data, as_json=as_json, text=text)
    if done.failed:
        output.refuse(f"Non envoyées\u00a0: {done.failed}. La page «\u00a0Relances\u00a0» dit lesquelles, et pourquoi.")
