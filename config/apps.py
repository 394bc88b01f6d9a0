"""The Django application "config": it holds the installation's commands."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """Name the application."""

    name = "config"

    def ready(self) -> None:
        """Register the system checks."""
        from config import checks as checks  # registers on import


class HouseAdminConfig(admin_apps.AdminConfig):
    """Let every admin.py register with our own site."""

    default = False
    default_site = "config.admin.AdminSite"
