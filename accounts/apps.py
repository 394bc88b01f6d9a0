"""The Django application "accounts"."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Name the application and its key type."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
