"""`maillage migrate`, `backup`, `user`, `membership`: keeping an instance."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from maillage.cli import instance, output

DAY = click.DateTime(formats=["%Y-%m-%d"])


def _day(value: datetime | None) -> date | None:
    return value.date() if value is not None else None


def _user(email: str) -> Any:
    from maillage.core.models import User

    found = User.objects.filter(email=email.strip().lower()).first()
    if found is None:
        output.refuse(f"Aucun compte n'a l'adresse « {email} ». « maillage user list » les donne tous.")
    return found


@click.command()
@click.option("--check", is_flag=True, help="Ne rien changer : dire seulement ce qui manque à la base.")
@output.json_option
def migrate(check: bool, as_json: bool) -> None:
    """Crée la base de l'instance ou la met à jour.

    Une base embarquée qui contient des données est d'abord copiée dans le sous-dossier « backups ».
    """
    instance.setup()
    from maillage.core import clock, health, maintenance

    if check:
        pending = health.pending_migrations()
        text = (
            f"{len(pending)} migration(s) à recevoir. Lancez « maillage migrate »."
            if pending
            else "La base est à jour."
        )
        output.emit({"pending": pending}, as_json=as_json, text=text)
        return
    done = maintenance.upgrade(at=clock.now())
    lines = [f"{len(done.applied)} migration(s) reçue(s)." if done.applied else "La base était à jour."]
    if done.copy is not None:
        lines.append(f"Copie faite avant : {done.copy}")
    output.emit(done, as_json=as_json, text="\n".join(lines))


@click.command()
@click.argument("destination", type=click.Path(file_okay=False, path_type=Path))
@output.json_option
def backup(destination: Path, as_json: bool) -> None:
    """Copie la base, les fichiers et les rapports dans un nouveau dossier de DESTINATION.

    Le secret de l'instance n'est pas copié : une instance restaurée tire le sien.
    """
    from maillage.core import clock, maintenance

    done = maintenance.backup(destination=destination, at=clock.now())
    data = {
        "folder": done.folder,
        "files": [{"name": name, "bytes": size, "sha256": sha256} for name, size, sha256 in done.files],
    }
    total = sum(size for _name, size, _sha256 in done.files)
    output.emit(data, as_json=as_json, text=f"{len(done.files)} fichier(s), {total} octets, dans {done.folder}")


@click.group()
def user() -> None:
    """Gère les comptes : ouvrir, lister, fermer, changer un mot de passe."""


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Mot de passe", hide_input=True, confirmation_prompt=True))


stdin_option = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Lire le mot de passe sur l'entrée standard, sans le demander."
)


@user.command("add")
@click.argument("email")
@click.option("--name", "full_name", required=True, help="Nom complet, tel qu'il paraît dans le journal.")
@stdin_option
@output.json_option
def add_user(email: str, full_name: str, from_stdin: bool, as_json: bool) -> None:
    """Ouvre un compte. Il ne peut rien tant qu'aucune habilitation ne lui est donnée."""
    from maillage.core import clock, services

    made = services.create_account(
        email=email, full_name=full_name, password=_read_password(from_stdin), by=None, at=clock.now()
    )
    output.emit(
        {"id": made.pk, "email": made.email},
        as_json=as_json,
        text=f"Compte ouvert : {made.email}. Donnez-lui une habilitation avec « maillage membership add ».",
    )


@user.command("password")
@click.argument("email")
@stdin_option
def change_password(email: str, from_stdin: bool) -> None:
    """Donne un nouveau mot de passe à un compte ; ses sessions ouvertes se ferment."""
    from maillage.core import clock, services

    services.set_password(user=_user(email), password=_read_password(from_stdin), by=None, at=clock.now())
    click.echo("Mot de passe changé.")


@user.command("list")
@output.json_option
def list_users(as_json: bool) -> None:
    """Liste les comptes et leurs habilitations."""
    from maillage.core import selectors

    rows = [
        {
            "id": one.pk,
            "email": one.email,
            "name": one.full_name,
            "active": one.is_active,
            "demonstration": one.is_demonstration,
            "memberships": [
                {"role": held.role, "territory": held.territory_code, "axis": held.axis_code, "ends_on": held.ends_on}
                for held in one.memberships.all()
            ],
        }
        for one in selectors.accounts()
    ]
    output.emit(rows, as_json=as_json, text=lambda: _users_table(rows))


def _users_table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Aucun compte. « maillage user add » en ouvre un."
    return output.table(
        ["Adresse", "Nom", "État", "Habilitations"],
        [
            [
                row["email"],
                row["name"],
                "actif" if row["active"] else "désactivé",
                ", ".join(f"{held['role']} {held['territory']}" for held in row["memberships"]) or "aucune",
            ]
            for row in rows
        ],
    )


@user.command("deactivate")
@click.argument("email")
def deactivate_user(email: str) -> None:
    """Ferme un compte : il ne se connecte plus ; ce qu'il a fait reste au journal."""
    from maillage.core import clock, services

    closed = services.deactivate_account(user=_user(email), by=None, at=clock.now())
    click.echo(f"Compte désactivé : {closed.email}")


@user.command("purge")
@output.json_option
def purge(as_json: bool) -> None:
    """Efface les traces d'essais de connexion qui ne bloquent plus personne, et les sessions finies."""
    from maillage.core import clock, services

    done = services.purge_traces(at=clock.now())
    text = f"{done['attempts']} essai(s) et {done['sessions']} session(s) effacés."
    output.emit(done, as_json=as_json, text=text)


@click.group()
def membership() -> None:
    """Gère les habilitations : un rôle, sur un territoire, pour un axe ou pour tous."""


@membership.command("add")
@click.argument("email")
@click.argument("role")
@click.argument("territory")
@click.option("--axis", default="", help="Code d'un axe ; sans cette option, tous les axes.")
@click.option("--from", "starts_on", type=DAY, help="Premier jour (AAAA-MM-JJ) ; aujourd'hui sans cette option.")
@click.option("--until", "ends_on", type=DAY, help="Dernier jour (AAAA-MM-JJ) ; sans terme sans cette option.")
def add_membership(
    email: str, role: str, territory: str, axis: str, starts_on: datetime | None, ends_on: datetime | None
) -> None:
    """Donne un rôle à un compte, par exemple : membership add prenom.nom@exemple.fr reader REG-11."""
    from maillage.core import clock, services

    given = services.add_membership(
        user=_user(email),
        role=role,
        territory_code=territory,
        axis_code=axis,
        starts_on=_day(starts_on) or clock.today(),
        ends_on=_day(ends_on),
        by=None,
        at=clock.now(),
    )
    click.echo(f"Habilitation donnée : {given}")


@membership.command("end")
@click.argument("email")
@click.argument("role")
@click.argument("territory")
@click.option("--on", "ends_on", type=DAY, help="Dernier jour (AAAA-MM-JJ) ; aujourd'hui sans cette option.")
def end_membership(email: str, role: str, territory: str, ends_on: datetime | None) -> None:
    """Met fin à un rôle."""
    from maillage.core import clock, services

    held = _user(email).memberships.filter(role=role, territory_code=territory, ends_on=None).first()
    if held is None:
        output.refuse("Ce compte n'a pas cette habilitation sans terme. « maillage user list » donne les siennes.")
    services.end_membership(membership=held, ends_on=_day(ends_on) or clock.today(), by=None, at=clock.now())
    click.echo("Fin d'habilitation fixée.")
