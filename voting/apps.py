"""The Django application "voting"."""

from django.apps import AppConfig


class VotingConfig(AppConfig):
    """Name the application and its key type."""

    name = "voting"
    default_auto_field = "django.db.models.BigAutoField"
