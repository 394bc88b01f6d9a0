"""The schemas of the kinds of entries, as they came with this program.

Whoever watches a log does not take them from its server. The folder `schemas` leads to the
project's docs/log, and in an installed package it holds copies of what was there.
"""

import json
from importlib import resources
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.errors import NotSupported
from evote.tlog.schema import Check, compile_schema


def load_schemas(more: str | None = None) -> dict[str, Check]:
    """Load the checks of all kinds of entries; `more` is a folder with further schemas.

    Raises:
        CommandFailed: there are none, or one cannot be read.
    """
    folder = resources.files("evote") / "schemas"
    files = [item for item in folder.iterdir() if item.name.endswith(".json")]
    checks = {item.name.removesuffix(".json"): _load(item.read_text("utf-8")) for item in files}
    if not checks:
        msg = "the schemas of the log's entries are missing; was evote installed whole?"
        raise CommandFailed(msg)
    for path in sorted(Path(more).glob("*.json")) if more is not None else ():
        try:
            checks[path.stem] = _load(path.read_text("utf-8"))
        except (OSError, ValueError, NotSupported) as error:
            msg = f"{path}: {error}"
            raise CommandFailed(msg) from error
    return checks


def _load(text: str) -> Check:
    return compile_schema(json.loads(text))
