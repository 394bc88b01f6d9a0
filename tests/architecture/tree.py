"""The files of the project, as git knows them, or as they lie there where there is no git."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = {".git", ".venv", ".local", "node_modules", "__pycache__", "build", "collected", "dist"}


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file of the project, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [
            path.relative_to(ROOT)
            for path in ROOT.rglob("*")
            if path.is_file() and not LEFT_OUT & set(path.relative_to(ROOT).parts)
        ]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def files_ending(*suffixes: str) -> list[Path]:
    """Return the files whose names end so."""
    return [path for path in project_files() if path.name.endswith(suffixes)]


def text_of(path: Path) -> str:
    """Return a file's text."""
    return (ROOT / path).read_text(encoding="utf-8")
