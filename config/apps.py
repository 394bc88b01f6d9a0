"""The Django application "config": it holds the installation's commands."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Name the application."""

    name = "config"

    def ready(self) -> None:
        """Register the system checks."""
        from config import checks as checks  # registers on import
