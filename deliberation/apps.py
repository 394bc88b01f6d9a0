"""The Django application "deliberation"."""

from django.apps import AppConfig


class DeliberationConfig(AppConfig):
    """Name the application and its key type."""

    name = "deliberation"
    default_auto_field = "django.db.models.BigAutoField"
