"""What the header and the footer of every page show."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from audit.selectors import latest_checkpoint
from audit.selectors.halting import RECOVERY_COMMAND, halt_notice

THEME_COOKIE = "theme"
THEMES = ("light", "dark")


def section_of(request: HttpRequest) -> str:
    """Return the part of the main navigation that a page belongs to, or nothing."""
    match = request.resolver_match
    if match is None:
        return ""
    if "verify" in match.route:
        return "verify"
    if match.namespace == "deliberation" and match.route.startswith(("consultations", "proposals")):
        return "consultations"
    return {"voting": "elections", "audit": "board"}.get(match.namespace, "")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates the installation's name, the reader's theme, and how the log fares."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "installation_name": settings.INSTALLATION_NAME,
        "section": section_of(request),
        "time_zone": settings.TIME_ZONE,
        "theme": theme if theme in THEMES else "",
        "latest_checkpoint": SimpleLazyObject(latest_checkpoint),
        "halt_notice": SimpleLazyObject(halt_notice),
        "recovery_command": RECOVERY_COMMAND,
    }
