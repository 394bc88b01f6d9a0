import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "evote" / "group" / "native.c"
HEADERS = Path(sysconfig.get_path("include"))
COMPILER = shutil.which("gcc")
FLAGS = (
    "-O1", "-g", "-fPIC", "-shared", "-fno-strict-aliasing",
    "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
    "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror",
)  # fmt: skip


def library(name):
    """Give the path of a sanitizer's library, or nothing where the compiler has none."""
    found = subprocess.run(
        [COMPILER, f"-print-file-name={name}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return found if os.sep in found else ""


@pytest.mark.skipif(
    COMPILER is None or not (HEADERS / "Python.h").exists(),
    reason="no gcc with Python's headers here",
)
def test_the_extensions_tests_pass_under_the_sanitizers_and_without_a_warning(tmp_path):
    preloaded = [library("libasan.so"), library("libubsan.so")]
    if not all(preloaded):
        pytest.skip("gcc has no sanitizers here")
    package = tmp_path / "evote"
    shutil.copytree(
        ROOT / "evote", package, ignore=shutil.ignore_patterns("*.so", "__pycache__"), symlinks=True
    )
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    result = package / "group" / "_native.abi3.so"
    command = [COMPILER, *FLAGS, f"-I{HEADERS}", "-o", str(result), str(SOURCE)]
    subprocess.run(command, check=True)
    tests = [str(tmp_path / "tests/unit/evote" / name) for name in ("test_native.py",)]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tmp_path),
        "EVOTE_BACKEND": "native",
        "LD_PRELOAD": " ".join(preloaded),
        # Python itself keeps memory until it ends.
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    options = ["-q", "-c", os.devnull, "--rootdir", str(tmp_path), "--noconftest"]
    plugins = ["-p", "no:cacheprovider", "-p", "no:django", "-p", "no:xdist"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugins, *tests],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
