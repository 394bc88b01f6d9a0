"""Compile the translations without gettext's own programs: `python -m config.translations`."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_translations(folder: Path) -> int:
    """Write a .mo beside each .po under `folder` that is newer; return how many."""
    written = 0
    for source in sorted(folder.rglob("*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as lines:
            catalogue = read_po(lines, abort_invalid=True)
        fresh = target.with_suffix(".new")
        with fresh.open("wb") as compiled:
            write_mo(compiled, catalogue)
        fresh.replace(target)  # a process that reads it sees the old one or the new one
        written += 1
    return written


if __name__ == "__main__":
    compile_translations(Path(__file__).resolve().parent.parent / "locale")
