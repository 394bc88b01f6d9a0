#!/usr/bin/env python3
"""Install one pinned set of requirements: `install.py server|dev|anchor|node`.

The first three go into .venv, which is made if it is missing; Node.js, for machines that have
none, goes into a folder of its own.

Runs on the machine's own Python with nothing but its standard library, and does nothing when
the set is installed already. Whatever is missing gets one plain sentence.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE = ROOT / ".local" / "node"
PYTHON = VENV / "bin" / "python"
FREE_SPACE_BYTES = 1_500 * 2**20
OLDEST_PYTHON = (3, 11)


# The sets that hold a set whole: where one of them is installed, nothing is to be done.
LARGER = {"server": ("dev", "anchor"), "dev": ("anchor",), "anchor": ()}


def say(sentence: str) -> None:
    """Print one line at once."""
    print(sentence, flush=True)  # noqa: T201 - the command's output


def give_up(sentence: str) -> NoReturn:
    """End with one plain sentence."""
    sys.exit(f"Cannot install: {sentence}")


def look_around() -> None:
    """See that this machine has what is needed."""
    if sys.version_info < OLDEST_PYTHON:
        give_up("Python 3.11 or newer is needed; say which with `make PYTHON=python3.12 ...`.")
    try:
        import ensurepip  # noqa: F401 - only whether it is there
        import venv  # noqa: F401
    except ImportError:
        give_up("this Python has no venv module; install the package python3-venv.")
    if not os.access(ROOT, os.W_OK):
        give_up(f"{ROOT} cannot be written; run in a folder of your own.")
    if shutil.disk_usage(ROOT).free < FREE_SPACE_BYTES:
        give_up(f"the disk is full; make {FREE_SPACE_BYTES >> 20} MB of room.")


def pins(name: str) -> str:
    """Return what identifies the set: the hash of its pins and of this Python's version."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_bytes()
    return hashlib.sha256(lines + repr(sys.version_info[:2]).encode()).hexdigest()


def is_installed(name: str) -> bool:
    """Say whether the set is in .venv as it stands."""
    stamp = VENV / f".{name}"
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == pins(name)


def setting_of_pip(name: str) -> str | None:
    """Return what this machine's pip is set to: its index and its certificates serve uv too."""
    if not PYTHON.exists():
        return None
    command = [str(PYTHON), "-m", "pip", "config", "get", f"global.{name}"]
    result = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, check=False
    )
    return result.stdout.strip() or None if result.returncode == 0 else None


def settings_of_uv() -> dict[str, str]:
    """Return the environment in which uv works as pip does on this machine."""
    found = {"UV_SYSTEM_CERTS": "1"}
    if index := os.environ.get("PIP_INDEX_URL") or setting_of_pip("index-url"):
        found["UV_DEFAULT_INDEX"] = index
    if certificates := os.environ.get("PIP_CERT") or setting_of_pip("cert"):
        found["SSL_CERT_FILE"] = certificates
    return found


def run(command: Sequence[object], sentence: str) -> None:
    """Run a step of the installation; on failure show what it said, then the sentence."""
    environment = {**settings_of_uv(), **os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    if not os.access(Path.home(), os.W_OK):
        environment["UV_CACHE_DIR"] = str(ROOT / ".local" / "cache")
    result = subprocess.run(  # noqa: S603 - our own commands
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        sys.stderr.write(result.stdout[-3000:])
        give_up(sentence)


def install(name: str) -> None:
    """Install the set `name`."""
    started = time.monotonic()
    say(f"Installing Python packages ({name}) into .venv ...")
    if not PYTHON.exists():
        run(
            [sys.executable, "-m", "venv", VENV],
            "this Python makes no environment; install the package python3-venv.",
        )
    for stamp in VENV.glob(".[a-z]*"):
        stamp.unlink()
    offline = "see above; the packages come from the index that pip is set to, so is it reachable?"
    uv = ["--require-hashes", "-r", "requirements/uv.txt"]
    run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", *uv], offline)
    run(
        [
            *(VENV / "bin" / "uv", "pip", "sync", "-q", "--require-hashes", "--python", PYTHON),
            # A package without a wheel for this machine would ask for a compiler.
            *("--only-binary", ":all:", f"requirements/{name}.txt"),
        ],
        "see above; if it says that no wheel fits, use Python 3.11, 3.12 or 3.13 on Linux "
        "(x86_64 or aarch64): every pinned package has one there, and no compiler is needed.",
    )
    (VENV / f".{name}").write_text(pins(name))
    say(f"Installed Python packages in {time.monotonic() - started:.0f} s.")


def install_node() -> None:
    """Install Node.js with the uv that is in .venv."""
    run(
        [
            *(VENV / "bin" / "uv", "pip", "install", "-q", "--require-hashes", "--target", NODE),
            *("--python", PYTHON, "--only-binary", ":all:", "-r", "requirements/node.txt"),
        ],
        "see above; or install Node.js 20 or newer yourself.",
    )


def main() -> None:
    """Install the set that the command line names, unless it or a larger one is there."""
    if len(sys.argv) != 2 or sys.argv[1] not in {*LARGER, "node"}:
        sys.exit(__doc__)
    name = sys.argv[1]
    if name == "node":
        install_node()
        return
    if any(is_installed(larger) for larger in (name, *LARGER[name])):
        return
    look_around()
    install(name)


if __name__ == "__main__":
    main()
