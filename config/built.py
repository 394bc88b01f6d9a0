"""The built style sheet and scripts, with their hashes as build.mjs wrote them."""

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from django.conf import settings


class BuiltFile(TypedDict):
    """The hash of one built file: hexadecimal, and as Subresource Integrity writes it."""

    sha256: str
    integrity: str


class NotBuiltError(Exception):
    """The front end has not been built. The message says how to build it."""


def manifest_path() -> Path:
    """Return where build.mjs writes the hashes."""
    return Path(settings.BASE_DIR) / "static" / "dist" / "manifest.json"


@lru_cache(maxsize=2)
def _manifest(path: Path, changed_at_nanoseconds: int) -> dict[str, BuiltFile]:
    del changed_at_nanoseconds  # part of the key: a new build is read anew
    manifest: dict[str, BuiltFile] = json.loads(path.read_bytes())
    return manifest


def built_files() -> dict[str, BuiltFile]:
    """Return every built file's hashes, by name.

    Raises:
        NotBuiltError: the build did not run.

    """
    path = manifest_path()
    try:
        return _manifest(path, path.stat().st_mtime_ns)
    except FileNotFoundError as error:
        msg = "The front end is not built. Run: npm ci && npm run build"
        raise NotBuiltError(msg) from error


def built_file(name: str) -> BuiltFile:
    """Return the hashes of `name`, for example "pnyx.css".

    Raises:
        NotBuiltError: the build did not run, or does not make this file.

    """
    try:
        return built_files()[name]
    except KeyError as error:
        msg = f"{name} is not built. Run: npm ci && npm run build"
        raise NotBuiltError(msg) from error


def built_text(name: str) -> str:
    """Return the content of a built file that is to stand inside a page.

    Raises:
        NotBuiltError: the build did not run, or the file would end the element that it stands in.

    """
    text = (manifest_path().parent / name).read_text(encoding="utf-8")
    if hashlib.sha256(text.encode()).hexdigest() != built_file(name)["sha256"]:
        msg = f"{name} is not the one that was built. Run: npm ci && npm run build"
        raise NotBuiltError(msg)
    if "</s" in text.lower():
        msg = f"{name} holds the end of an element, so it cannot stand inside a page"
        raise NotBuiltError(msg)
    return text


def verifier_policy(*, style: str, program: str) -> str:
    """Return what the verifier's file may do: run these two texts, and load and send nothing."""
    hashes = {
        name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for name, text in (("style", style), ("script", program))
    }
    return (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; "
        f"style-src 'sha256-{hashes['style']}'; base-uri 'none'; form-action 'none'"
    )
