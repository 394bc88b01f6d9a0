"""The self-tests as Django's system checks: `manage.py check --database default` runs all."""

from collections.abc import Callable, Iterable, Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register

from config import self_test


@register(Tags.security)
def check_process(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> Iterable[CheckMessage]:
    """Run the self-tests that need no database."""
    return _failures(self_test.WITHOUT_DATABASE)


@register(Tags.database)
def check_database(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: object,
) -> Iterable[CheckMessage]:
    """Run the self-tests that ask the database, when the command asks for them."""
    return _failures(self_test.WITH_DATABASE) if databases else []


def _failures(checks: Iterable[Callable[[], None]]) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for number, check in enumerate(checks, start=1):
        try:
            check()
        except self_test.Unsound as error:
            messages.append(Error(str(error), id=f"config.{check.__name__}.{number}"))
    return messages
