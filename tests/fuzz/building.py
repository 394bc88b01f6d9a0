"""Build the fuzzers with clang, around the extension's own source, and run one."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

FOLDER = Path(__file__).resolve().parent
SOURCE = FOLDER.parents[1] / "evote" / "group" / "native.c"
SEEDS = FOLDER / "seeds"
DICTIONARY = FOLDER / "interesting.dict"
FAMILIES = (
    "field", "membership", "commitments", "eighths", "sums", "products", "torsion", "generators",
)  # fmt: skip

CLANG = os.environ.get("PNYX_CLANG") or shutil.which("clang")
# What looks inside native.c is compiled with it; the rest once for many variants of it.
INSIDE = "inside"
AROUND = ("calls", "input", "reference", *(name for name in FAMILIES if name != "field"))
FLAGS = (
    "-O1", "-g", "-fno-strict-aliasing", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all",
    "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
)  # fmt: skip
INSTRUMENTED = "-fsanitize=fuzzer-no-link,address,undefined"
LINKED = "-fsanitize=fuzzer,address,undefined"
OVERFLOW = ("-fsanitize=unsigned-integer-overflow", "-fsanitize-ignorelist=unsigned.ignore")
LONGEST_INPUT_BYTES = 500
_FUZZED = """
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return !data && size; }
"""
_WITH_SODIUM = """
#include <sodium.h>
int main(void) { return sodium_init(); }
"""
FOUND = "FOUND: "


@dataclass(frozen=True)
class Run:
    """How a fuzzer ended, and what it wrote."""

    status: int
    text: str

    @property
    def finding(self) -> str:
        """The line that says what was found, or nothing."""
        marks = (FOUND, "runtime error: ", "ERROR: AddressSanitizer", "ERROR: libFuzzer")
        lines = [line for line in self.text.splitlines() if any(mark in line for mark in marks)]
        return lines[0] if lines else ""


def missing() -> str:
    """Say what is not there to build with, or nothing."""
    if CLANG is None:
        return "no clang here: install clang, or set PNYX_CLANG"
    checks = (
        ("clang has no libFuzzer here", _FUZZED, LINKED),
        ("libsodium's headers are not installed (libsodium-dev)", _WITH_SODIUM, "-lsodium"),
    )
    for sentence, program, flag in checks:
        command = [CLANG, "-x", "c", "-", "-x", "none", "-o", os.devnull, flag]
        if subprocess.run(command, input=program, capture_output=True, text=True).returncode:
            return sentence
    return ""


def build_around(folder: Path) -> None:
    """Compile what surrounds native.c into a folder of objects."""
    objects = {name: folder / f"{name}.o" for name in AROUND}
    for name, target in objects.items():
        _compile(FOLDER / f"{name}.c", target)
    _compile(FOLDER / "python" / "python.c", folder / "python.o")


def build(folder: Path, around: Path, *, source: Path = SOURCE) -> Path:
    """Compile one variant of native.c, link it with the objects in `around`, give the program."""
    folder.mkdir(parents=True, exist_ok=True)
    inside, program = folder / "inside.o", folder / "fuzz"
    _compile(FOLDER / f"{INSIDE}.c", inside, *OVERFLOW, f"-I{source.parent}")
    objects = sorted(str(path) for path in around.glob("*.o"))
    command = [str(CLANG), LINKED, str(inside), *objects, "-lsodium", "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def _compile(source: Path, target: Path, *flags: str) -> None:
    command = [str(CLANG), *FLAGS, INSTRUMENTED, "-Ipython", "-I.", *flags]
    subprocess.run([*command, "-c", str(source), "-o", str(target)], cwd=FOLDER, check=True)


def fuzz(program: Path, family: str, *options: str, corpus: Path | None = None) -> Run:
    """Run a fuzzer from its seeds and what is in `corpus`, where there is one.

    libFuzzer writes what it learns into the first folder; without one of our own it is lost.
    """
    learnt = corpus or Path(mkdtemp(prefix=f"{family}-", dir=program.parent))
    command = [
        str(program),
        f"-max_len={LONGEST_INPUT_BYTES}",
        "-len_control=0",
        f"-dict={DICTIONARY}",
        # The harness counts objects and blocks itself, after each input.
        "-detect_leaks=0",
        "-verbosity=1",
        *options,
        str(learnt),
        str(SEEDS / family),
    ]
    environment = os.environ | {"FUZZ_FAMILY": family}
    done = subprocess.run(
        command, cwd=program.parent, env=environment, capture_output=True, text=True, check=False,
        errors="replace",
    )  # fmt: skip
    return Run(status=done.returncode, text=done.stdout + done.stderr)
