"""Forms of accounts, of the journal and of digests."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from maillage.core.models import User

LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}


def is_loopback(request: HttpRequest) -> bool:
    """Whether the request comes from this machine and names it. Both: either alone can be forged or proxied."""
    host = request.get_host()
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    try:
        near = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        near = False
    return near and name in LOOPBACK_NAMES


class LoginForm(AuthenticationForm):
    """Electronic address and password. Says nothing of which one is wrong."""

    username = forms.EmailField(
        label="Adresse électronique",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": "Adresse électronique ou mot de passe inconnu. Vérifiez-les, puis réessayez.",
        "inactive": "Ce compte est désactivé. Adressez-vous à l'équipe régionale.",
    }

    def clean_username(self) -> str:
        # The lockout counts by address as typed: capitals must not give five more attempts.
        return str(self.cleaned_data["username"]).lower()

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.is_demonstration and (self.request is None or not is_loopback(self.request)):
            raise ValidationError("Les comptes de démonstration ne s'ouvrent que depuis la machine qui sert le site.")


class PasswordForm(forms.Form):
    """Change of one's own password. The rules themselves are checked by the service."""

    current = forms.CharField(
        label="Mot de passe actuel",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="Nouveau mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Nouveau mot de passe, une seconde fois",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        self.fields["new"].help_text = " ".join(password_validators_help_texts())

    def clean_current(self) -> str:
        current = str(self.cleaned_data["current"])
        if not self.user.check_password(current):
            raise ValidationError("Le mot de passe actuel n'est pas celui-là.")
        return current

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "Les deux saisies diffèrent.")
        return cleaned


class JournalForm(forms.Form):
    """The filters of the journal."""

    objet = forms.ChoiceField(label="Objet", required=False)
    identifiant = forms.CharField(label="Identifiant", required=False, max_length=64)
    depuis = forms.DateField(
        label="Depuis le", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    jusqu_au = forms.DateField(
        label="Jusqu'au", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any, object_types: list[tuple[str, str]]) -> None:
        super().__init__(data)
        field = self.fields["objet"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
        field.choices = [("", "Tous les objets"), *object_types]


class DigestChoiceForm(forms.Form):
    """Whether one receives the weekly message."""

    weekly = forms.BooleanField(
        label="Recevoir chaque semaine un message qui dit ce qui m'attend",
        required=False,
        help_text="Sans message, la page « Ce qui vous attend » reste à jour.",
    )


class DigestApprovalForm(forms.Form):
    """Carries what was read to the approval: the week, and the fingerprint of its digests."""

    semaine = forms.CharField(widget=forms.HiddenInput, max_length=8)
    lu = forms.CharField(widget=forms.HiddenInput, max_length=64)
