"""The demonstration accounts: one for each way of using the instance, with passwords drawn for it alone.

The passwords are kept in the instance's folder, readable by its owner only, so that they can be printed again. These
accounts sign in from the machine itself and from nowhere else (see `core.forms.LoginForm`).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

from django.db import transaction

from maillage.core import services
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.kernel.errors import MaillageError

STORE = "demonstration_accounts.json"
SINCE = date(2018, 1, 1)  # the first strategy that the data speaks of


@dataclass(frozen=True)
class Account:
    """A demonstration account, as it is printed."""

    email: str
    full_name: str
    role: str
    territory: str
    axis: str
    password: str

    @property
    def role_label(self) -> str:
        return Role(self.role).label


def _rows() -> list[dict[str, str]]:
    text = (files("maillage.demo") / "data" / "accounts.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@dataclass(frozen=True)
class Kept:
    """A password as kept in the instance's folder. `hash_sha256` tells, without the slow check, that it still holds."""

    password: str
    hash_sha256: str


def _read(path: Path) -> dict[str, Kept]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {str(email): Kept(**one) for email, one in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # lost or altered: other passwords are drawn


def _fingerprint(user: User) -> str:
    return hashlib.sha256(user.password.encode()).hexdigest()


def _write(path: Path, kept: dict[str, Kept]) -> None:
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump({email: asdict(one) for email, one in kept.items()}, handle, ensure_ascii=False, indent=2)
    temporary.replace(path)


def draw_password() -> str:
    """Four groups that can be read aloud and typed: 80 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


@transaction.atomic
def _open(row: dict[str, str], kept: Kept | None, password: str, at: datetime) -> User:
    user = User.objects.filter(email=row["email"]).first()
    if user is None:
        user = services.create_account(
            email=row["email"], full_name=row["full_name"], password=password, by=None, at=at, is_demonstration=True
        )
    elif not user.is_demonstration:
        raise MaillageError(f"Le compte « {row['email']} » existe déjà et n'est pas un compte de démonstration.")
    elif kept is None or kept.hash_sha256 != _fingerprint(user):
        user = services.set_password(user=user, password=password, by=None, at=at)
    role, territory, axis = row["role"], row["territory"], row["axis"]
    if not user.memberships.filter(role=role, territory_code=territory, axis_code=axis, starts_on=SINCE).exists():
        services.add_membership(
            user=user, role=role, territory_code=territory, axis_code=axis, starts_on=SINCE, by=None, at=at
        )
    return user


def ensure(*, data_dir: Path, at: datetime) -> list[Account]:
    """Open what is missing and return every account with its password. A second call changes nothing."""
    path = data_dir / STORE
    before = _read(path)
    after: dict[str, Kept] = {}
    accounts = []
    for row in _rows():
        kept = before.get(row["email"])
        password = kept.password if kept is not None else draw_password()
        user = _open(row, kept, password, at)
        after[row["email"]] = Kept(password, _fingerprint(user))
        accounts.append(Account(row["email"], row["full_name"], row["role"], row["territory"], row["axis"], password))
    if after != before:
        _write(path, after)
    return accounts
