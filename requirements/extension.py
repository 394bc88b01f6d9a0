"""Build evote's C extension in place where there is a compiler: by `requirements/extension.py`.

Without one everything works, several times slower: libsodium then checks public data too.
`… require` fails where there is none: that is what CI asks.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "evote" / "group" / "native.c"
RESULT = ROOT / "evote" / "group" / "_native.abi3.so"
STAMP = ROOT / ".local" / "stamps" / "extension"
FLAGS = ("-O2", "-fno-strict-aliasing", "-fPIC", "-shared")
COMPILERS = ("cc", "gcc", "clang")
SLOWER = "Votes will be checked without it, several times slower."


def say(sentence: str) -> None:
    """Print one line at once."""
    print(sentence, flush=True)  # noqa: T201 - the command's output


def build() -> str:
    """Bring the extension in step with its source; return what is missing, or nothing."""
    source = SOURCE.read_bytes()
    made_of = hashlib.sha256(source + repr((sys.version_info[:2], FLAGS)).encode()).hexdigest()
    if RESULT.exists() and STAMP.exists() and STAMP.read_text(encoding="ascii") == made_of:
        return ""
    compiler = _compiler()
    if compiler is None:
        return f"There is no C compiler here. {SLOWER}"
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        return f"Python's headers are not installed (python3-dev). {SLOWER}"
    fresh = RESULT.with_suffix(".new")
    command = [*compiler, *FLAGS, f"-I{headers}", "-o", str(fresh), str(SOURCE)]
    say("Compiling the fast checks ...")
    result = subprocess.run(  # noqa: S603 - the machine's own compiler
        command, check=False, capture_output=True, text=True
    )
    if result.returncode:
        RESULT.unlink(missing_ok=True)
        return f"The C extension does not compile here. {SLOWER}\n{result.stderr}"
    fresh.replace(RESULT)
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    STAMP.write_text(made_of, encoding="ascii")
    return ""


def _compiler() -> list[str] | None:
    if wanted := os.environ.get("CC"):
        return shlex.split(wanted)
    return next(([path] for name in COMPILERS if (path := shutil.which(name))), None)


def main() -> None:
    """Build; say what is missing; with `require`, fail over it."""
    missing = build()
    if missing:
        say(missing)
        if sys.argv[1:] == ["require"]:
            sys.exit(1)


if __name__ == "__main__":
    main()
