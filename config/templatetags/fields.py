"""What the templates of form fields need: `{% load fields %}`."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import template
from django.forms import BaseForm
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()

WIDGET_CLASSES = {
    "checkbox": "govuk-checkboxes__input",
    "radio": "govuk-radios__input",
    "file": "pnyx-file",
    "hidden": "",
    "select": "govuk-select",
    "textarea": "govuk-textarea",
}
# Errors whose words are the same at every field: the summary adds the field's name.
NAMELESS_ERRORS = {"required", "invalid", "invalid_choice", "max_length", "min_length"}


@register.simple_tag
def widget_attributes(widget: Mapping[str, Any], kind: str) -> SafeString:
    """Write a widget's attributes with our class before its own, marked where it is wrong."""
    attributes = dict(widget["attrs"])
    css = WIDGET_CLASSES.get(kind, "govuk-input")
    classes = [css]
    if attributes.get("aria-invalid"):
        classes.append(f"{css}--error")
    classes.append(attributes.pop("class", ""))
    if words := " ".join(filter(None, classes)):
        attributes["class"] = words
    named = [(key, value) for key, value in attributes.items() if value not in (None, False, True)]
    flags = [(key,) for key, value in attributes.items() if value is True]
    return format_html_join("", ' {}="{}"', named) + format_html_join("", " {}", flags)


@register.simple_tag
def error_links(form: BaseForm) -> list[tuple[str, str]]:
    """Return each error of a form with the id of the field it leads to ("" where none is)."""
    visible = form.visible_fields()
    first = visible[0].auto_id if visible else ""
    general = [(first, str(error)) for error in form.non_field_errors()]
    return general + list(_errors_of_fields(form))


def _errors_of_fields(form: BaseForm) -> Iterator[tuple[str, str]]:
    for field in form:
        for error in field.errors.as_data():
            for message in error.messages:
                if error.code in NAMELESS_ERRORS:
                    words = {"field": field.label, "error": message}
                    yield field.auto_id, gettext("%(field)s: %(error)s") % words
                else:
                    yield field.auto_id, message
