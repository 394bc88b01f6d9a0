"""Read the installation's settings from environment variables, with errors that name them."""

import os
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def text(name: str, *, default: str | None = None) -> str:
    """Return the variable's text.

    Raises:
        ImproperlyConfigured: it is not set and has no default.

    """
    value = os.environ.get(name, default)
    if value is None:
        msg = f"Set the environment variable {name}."
        raise ImproperlyConfigured(msg)
    return value


def flag(name: str) -> bool:
    """Say whether the variable is "1". Anything but "1", "0" and unset is refused."""
    value = os.environ.get(name, "0")
    if value not in {"0", "1"}:
        msg = f"{name} must be 0 or 1, not {value!r}."
        raise ImproperlyConfigured(msg)
    return value == "1"


def number(name: str, *, default: int) -> int:
    """Return the variable's whole number above zero.

    Raises:
        ImproperlyConfigured: it is something else.

    """
    value = os.environ.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        msg = f"{name} must be a whole number above zero, not {value!r}."
        raise ImproperlyConfigured(msg)
    return int(value)


def base_url(name: str, *, default: str | None) -> str:
    """Return the address people see: https, or http on a loopback address; no slash at the end.

    Raises:
        ImproperlyConfigured: it is none, or plain http that leaves the machine.

    """
    value = text(name, default=default)
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        msg = f"{name} must look like https://vote.example.org, not {value!r}."
        raise ImproperlyConfigured(msg)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_NAMES:
        msg = f"{name} must start with https:// (http is for 127.0.0.1 and localhost alone)."
        raise ImproperlyConfigured(msg)
    return value


def seconds(name: str, *, default: float) -> float:
    """Return the variable's number of seconds, above zero.

    Raises:
        ImproperlyConfigured: it is not such a number.
    """
    value = os.environ.get(name, str(default))
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        msg = f"{name} must be a number of seconds above 0, not {value!r}."
        raise ImproperlyConfigured(msg)
    return number


def words(name: str, *, default: str) -> list[str]:
    """Return the comma-separated words of the variable, without empty ones."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, object]:
    """Return Django's settings for `postgres://user:password@host:port/name?host=/socket/dir`.

    Raises:
        ImproperlyConfigured: the address is not one of PostgreSQL, or names no database.

    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        msg = "DATABASE_URL must start with postgres:// (the ledger rests on PostgreSQL's locks)."
        raise ImproperlyConfigured(msg)
    query = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        msg = "DATABASE_URL names no database."
        raise ImproperlyConfigured(msg)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or query.get("user", "")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
    }
