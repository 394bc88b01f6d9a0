"""The version of what runs here, as pyproject.toml names it."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def software_version() -> str:
    """Return the version, for example "0.1.0"."""
    pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"
    return str(tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"])
