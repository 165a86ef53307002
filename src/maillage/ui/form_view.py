"""Forms and pages of lists made ready for the theme's templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Page
from django.forms import BoundField
from django.http import QueryDict


class NoFields(forms.Form):
    """A form that only confirms."""


def field_context(field: BoundField) -> dict[str, Any]:
    """A field, its control tied to its help and its errors by `aria-describedby`."""
    described = []
    if field.help_text:
        described.append(f"{field.auto_id}-help")
    if field.errors:
        described.append(f"{field.auto_id}-error")
    attrs: dict[str, str | bool] = {"class": _control_class(field)}
    if described and not field.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return {
        "field": field,
        "control": field.as_widget(attrs=attrs),
        "errors": list(field.errors),
        "described": " ".join(described),
        "grouped": field.use_fieldset,
        "ticked": isinstance(field.field.widget, forms.CheckboxInput),
        "required": field.field.required,
    }


def _control_class(field: BoundField) -> str:
    own = field.field.widget.attrs.get("class", "")
    return f"ui-control {own}".strip()


def form_context(form: Any) -> dict[str, Any]:
    """A form: the summary of its errors first, linked to the fields, then its fields in their order."""
    visible = form.visible_fields()
    return {
        "form": form,
        "fields": [field_context(field) for field in visible],
        "hidden": [str(field) for field in form.hidden_fields()],
        "problems": [
            {"label": field.label, "target": _target(field), "text": error}
            for field in visible
            for error in field.errors
        ],
        "general": [
            *form.non_field_errors(),
            *(error for field in form.hidden_fields() for error in field.errors),
        ],
        "multipart": form.is_multipart(),
        "some_required": any(field.field.required for field in visible),
        "some_optional": any(not field.field.required for field in visible),
    }


def _target(field: BoundField) -> str:
    """Id of the control that receives the focus: the first of a group."""
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label or field.auto_id


def pagination_context(page: Page[Any], query: QueryDict | None, param: str) -> dict[str, Any]:
    """Links of a paginated list; the rest of the address is kept."""
    kept = (query or QueryDict()).copy()

    def address(number: int) -> str:
        kept[param] = str(number)
        return f"?{kept.urlencode()}"

    shown = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return {
        "page": page,
        "count": page.paginator.count,
        "first": page.start_index(),
        "last": page.end_index(),
        "numbers": [
            {
                "text": str(number),
                "url": address(number) if isinstance(number, int) else "",
                "here": number == page.number,
            }
            for number in shown
        ],
        "previous_url": address(page.previous_page_number()) if page.has_previous() else "",
        "next_url": address(page.next_page_number()) if page.has_next() else "",
    }
