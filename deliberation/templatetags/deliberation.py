"""Filters of the deliberation pages: `{% load deliberation %}`."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from deliberation.analysis.markdown import excerpt as make_excerpt
from deliberation.analysis.markdown import render_markdown
from deliberation.models import Rule

register = template.Library()

EXCERPT_CHARACTERS = 180


@register.filter
def markdown(text: str) -> SafeString:
    """Show what somebody wrote in Markdown; it was cleaned, so it may stand in the page."""
    return mark_safe(render_markdown(text))  # noqa: S308 - cleaned by nh3


@register.filter
def excerpt(text: str, characters: int = EXCERPT_CHARACTERS) -> str:
    """Show the beginning of a Markdown text as plain words."""
    return make_excerpt(text, characters=characters)


@register.filter
def rule(name: str) -> str:
    """Say the rule that a report or an act names."""
    return str(Rule(name).label)
