"""Make the tables as their owner and the role of the application, without building anything.

Run as a program, with the environment of the installation and the owner's address.
"""

import os

import django


def migrate() -> None:
    """Do what `manage.py prepare` does to the database."""
    from django.core.management import call_command

    from config.database_role import owner_alias, prepare_role

    call_command("migrate", database=owner_alias(), verbosity=0, interactive=False)
    prepare_role()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    migrate()
