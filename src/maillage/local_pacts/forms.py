"""Forms of local pacts. `base_revision` is the revision that the writer started from."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.local_pacts.enums import PartnerKind
from maillage.local_pacts.models import Partner, Priority
from maillage.local_pacts.services.follow_up import EVIDENCE_TYPES
from maillage.territories.models import Territory
from maillage.ui.forms import BaseForm, DateField, FileInput


class PartForm(BaseForm):
    """Base of the forms that two people may have open at once."""

    base_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)


class OpenForm(BaseForm):
    """Open the pact of a département."""

    territory = forms.ModelChoiceField(label="Département", queryset=Territory.objects.none())
    title = forms.CharField(label="Intitulé du pacte", max_length=200)

    def __init__(self, *args: Any, territories: QuerySet[Territory], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["territory"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared so above)
        field.queryset = territories


class TextForm(PartForm):
    """The head of the pact."""

    title = forms.CharField(label="Intitulé du pacte", max_length=200)
    plan_title = forms.CharField(
        label="Schéma d’accessibilité des services (SDAASP)",
        max_length=200,
        required=False,
        help_text="Le schéma départemental sur lequel le pacte s’appuie. Il est nommé avant la signature.",
    )
    plan_reference = forms.CharField(label="Référence du schéma", max_length=200, required=False)
    plan_url = forms.URLField(label="Adresse du schéma", max_length=300, required=False, assume_scheme="https")
    ends_on = DateField(label="Terme prévu", required=False)
    indicators = forms.ModelMultipleChoiceField(
        label="Chiffres du diagnostic",
        queryset=Indicator.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="En plus de la population, des personnes sous le seuil de pauvreté et du taux de pauvreté.",
    )

    def __init__(self, *args: Any, offered: QuerySet[Indicator], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["indicators"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  (declared so above)
        field.queryset = offered


class SectionForm(PartForm):
    title = forms.CharField(label="Intertitre", max_length=150)
    body = forms.CharField(label="Texte", widget=forms.Textarea(attrs={"rows": 10}), strip=False)


class PartnerForm(PartForm):
    """A partner and its account, named by its address: a list of all the accounts is nobody's business."""

    organisation = forms.CharField(label="Organisme", max_length=150)
    kind = forms.ChoiceField(label="Nature", choices=PartnerKind.choices)
    account = forms.EmailField(
        label="Compte qui parle en son nom",
        required=False,
        help_text="Adresse d’un compte de l’instance. Invité, il voit le pacte et tient ses engagements à jour.",
    )

    user: User | None = None

    def __init__(self, *args: Any, is_prefect: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
        field.choices = [one for one in PartnerKind.choices if (one[0] == PartnerKind.PREFECT) == is_prefect]

    def clean_account(self) -> str:
        address = str(self.cleaned_data["account"]).strip().lower()
        if address:
            self.user = User.objects.filter(email=address, is_active=True).first()
            if self.user is None:
                raise ValidationError("Aucun compte actif n’a cette adresse.")
        return address


class PriorityForm(PartForm):
    title = forms.CharField(label="Priorité", max_length=200)
    need = forms.CharField(label="Besoin auquel elle répond", widget=forms.Textarea(attrs={"rows": 6}), required=False)
    pilot = forms.ModelChoiceField(
        label="Pilote", queryset=Partner.objects.none(), required=False, empty_label="À désigner"
    )
    technical_partners = forms.ModelMultipleChoiceField(
        label="Comité technique",
        queryset=Partner.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Les organismes qui y siègent.",
    )

    def __init__(self, *args: Any, partners: QuerySet[Partner], **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("pilot", "technical_partners"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared so above)
            field.queryset = partners


class CommitmentForm(PartForm):
    """`partners` are those in whose name the person may write."""

    priority = forms.ModelChoiceField(label="Priorité", queryset=Priority.objects.none(), empty_label=None)
    partner = forms.ModelChoiceField(label="Partenaire", queryset=Partner.objects.none(), empty_label=None)
    text = forms.CharField(label="Engagement", widget=forms.Textarea(attrs={"rows": 5}))
    due_on = DateField(label="Échéance")
    seen_by = forms.CharField(
        label="Comment on verra qu’il est tenu",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un fait que chacun peut constater\u00a0: un lieu ouvert, des personnes reçues, un document.",
    )

    def __init__(self, *args: Any, priorities: QuerySet[Priority], partners: QuerySet[Partner], **options: Any) -> None:
        super().__init__(*args, **options)
        for name, queryset in (("priority", priorities), ("partner", partners)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared so above)
            field.queryset = queryset


class ReasonForm(BaseForm):
    """Why. The table of transitions refuses an empty reason; the field says so before."""

    reason = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 4}))


class SignatureForm(BaseForm):
    signed_on = DateField(label="Date de la signature")


class NoteForm(BaseForm):
    """A finding on a commitment."""

    text = forms.CharField(label="Ce qui est constaté", widget=forms.Textarea(attrs={"rows": 5}))
    noted_on = DateField(label="Constaté le")
    evidence = forms.FileField(
        label="Pièce",
        required=False,
        widget=FileInput(accept=sorted(EVIDENCE_TYPES)),
        help_text="PDF, ODT, DOCX, ODS, XLSX ou CSV. Elle n’est donnée qu’à ceux du département et au partenaire.",
    )


class ReviewForm(BaseForm):
    held_on = DateField(label="Tenue le")
    text = forms.CharField(label="Conclusions", widget=forms.Textarea(attrs={"rows": 8}))
