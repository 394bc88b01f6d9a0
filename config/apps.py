"""The Django application "config": it holds the installation's commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    """Name the application."""

    name = "config"

    def ready(self) -> None:
        """Register the system checks."""
        from config import checks as checks  # registers on import


class HouseAdminConfig(AdminConfig):
    """Let every admin.py register with our own site."""

    default_site = "config.admin.AdminSite"
