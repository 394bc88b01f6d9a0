"""Build the independent checker in Go once for a run, and call it."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

SOURCE = Path(__file__).parent / "logcheck"
# Where Debian's golang-golang-x-mod-dev puts the packages.
PACKAGES = Path(os.environ.get("PNYX_GOCODE", "/usr/share/gocode"))
MISSING = "needs golang-go and golang-golang-x-mod-dev; PNYX_GOCODE may say where the latter is"


@dataclass(frozen=True)
class Outcome:
    """What a run said."""

    status: int
    text: str


def is_available() -> bool:
    """Say whether there is a Go and golang.org/x/mod."""
    return (
        shutil.which("go") is not None and (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir()
    )


@cache
def build() -> str:
    """Build the program, and return its path."""
    folder = Path(mkdtemp(prefix="logcheck-"))
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPROXY": "off",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
        "GOPATH": f"{folder / 'gopath'}:{PACKAGES}",
        "GOCACHE": str(folder / "cache"),
    }
    program = folder / "logcheck"
    for command in (["vet", "."], ["build", "-o", str(program), "."]):
        subprocess.run(["go", *command], cwd=SOURCE, env=environment, check=True)
    shutil.rmtree(folder / "cache")
    return str(program)


def logcheck(*arguments) -> Outcome:
    """Run the program. Its words are on both streams."""
    done = subprocess.run(
        [build(), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    return Outcome(status=done.returncode, text=done.stdout + done.stderr)
