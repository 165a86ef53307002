"""Pages open to everyone: nothing invented about the instance."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.urls import reverse

NAMES = ["legal-notices", "privacy", "accessibility", "help"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_open_without_an_account(client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.django_db
@override_settings(MAILLAGE_LEGAL={}, MAILLAGE_CONTACT="")
@pytest.mark.parametrize("name", ["legal-notices", "privacy", "accessibility", "help"])
def test_what_the_instance_left_out_is_to_be_completed(client: Client, name: str) -> None:
    assert "à compléter par l’instance" in client.get(reverse(name)).content.decode()


@pytest.mark.django_db
@override_settings(MAILLAGE_LEGAL={"publisher": "Préfecture <Test>"}, MAILLAGE_CONTACT="aide@exemple.test")
def test_what_the_instance_declares_is_shown_and_escaped(client: Client) -> None:
    page = client.get(reverse("legal-notices")).content.decode()
    assert "Préfecture &lt;Test&gt;" in page
    assert "aide@exemple.test" in page


@pytest.mark.django_db
def test_the_declaration_of_accessibility_does_not_claim_an_audit(client: Client) -> None:
    page = client.get(reverse("accessibility")).content.decode()
    assert "non conforme" in page
    assert "Aucun audit" in page
