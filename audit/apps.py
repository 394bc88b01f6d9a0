"""The Django application "audit"."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Name the application and its key type."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"
