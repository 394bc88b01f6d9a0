import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HAS_COMPILER = (
    any(map(shutil.which, ("cc", "gcc", "clang")))
    and (Path(sysconfig.get_path("include")) / "Python.h").exists()
)
NEEDS_COMPILER = pytest.mark.skipif(not HAS_COMPILER, reason="no compiler with Python's headers")
BUILD = "from setuptools import build_meta; build_meta.build_wheel('wheels')"
EXTENSION = "evote/group/_native.abi3.so"
LARGE_RECORD_BYTES = 600_000
SLOWER = """\
evote has no C extension in this installation. It finds the same, but checks
ballots about four times slower. With a C compiler and Python's headers on the
machine, install evote again to have it.
"""


def run(command, *, folder, **variables):
    known = {
        name: value for name, value in os.environ.items() if name not in ("CC", "EVOTE_BACKEND")
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=known | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def build_wheel(folder, **variables):
    """Give the wheel, unpacked, and everything that building it said."""
    tree = folder / "tree"
    forgotten = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(ROOT / "evote", tree / "evote", ignore=forgotten)
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tree)
    built = run(["-c", BUILD], folder=tree, **variables)
    assert built.returncode == 0, built.stderr
    (wheel,) = (tree / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return wheel.name, folder / "installed", built.stdout + built.stderr


def evote(installed, *arguments, **variables):
    return run(
        ["-m", "evote.cli.main", *arguments],
        folder=installed.parent,
        PYTHONPATH=str(installed),
        **variables,
    )


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("slow"), CC="/bin/false")


class TestAWheelMadeWithACompiler:
    @NEEDS_COMPILER
    def test_holds_the_extension_and_serves_every_later_python(self, tmp_path):
        name, installed, said = build_wheel(tmp_path)

        assert "-cp311-abi3-" in name
        assert (installed / EXTENSION).exists()
        assert "slower" not in said
        assert evote(installed, "--version", EVOTE_BACKEND="native").stdout.endswith(" (native)\n")


class TestAWheelMadeWithoutACompiler:
    def test_says_so_while_it_is_built_and_by_its_name(self, slow):
        name, installed, said = slow

        assert "pnyx is built without its C extension" in said
        assert "about four times slower" in said
        assert name.endswith("-py3-none-any.whl")
        assert not (installed / EXTENSION).exists()

    def test_says_so_with_its_version(self, slow):
        said = evote(slow[1], "--version").stdout

        assert said.partition("\n")[0].endswith(" (pynacl)")
        assert said.partition("\n")[2] == SLOWER

    def test_does_not_complain_to_who_chose_to_do_without(self, slow):
        assert evote(slow[1], "--version", EVOTE_BACKEND="pynacl").stdout.count("\n") == 1

    def test_says_so_once_where_records_are_large(self, slow, tmp_path):
        for name in ("one.bel", "two.bel"):
            (tmp_path / name).write_bytes(bytes(LARGE_RECORD_BYTES))

        ran = evote(slow[1], "verify", str(tmp_path / "one.bel"), str(tmp_path / "two.bel"))

        assert ran.stderr == SLOWER
        assert ran.stdout.count("backend pynacl: all arithmetic was libsodium's.") == 2

    def test_says_nothing_of_it_over_a_small_record(self, slow, tmp_path):
        (tmp_path / "one.bel").write_bytes(bytes(1000))

        assert evote(slow[1], "verify", str(tmp_path / "one.bel")).stderr == ""

    def test_refuses_to_go_on_where_the_extension_is_asked_for(self, slow):
        ran = evote(slow[1], "--version", EVOTE_BACKEND="native")

        assert ran.returncode != 0
        assert "evote was installed without its C extension" in ran.stderr


class TestTheTree:
    @pytest.fixture
    def tree(self, tmp_path):
        for name in ("requirements/extension.py", "evote/group/native.c"):
            (tmp_path / name).parent.mkdir(parents=True)
            shutil.copy(ROOT / name, tmp_path / name)
        return tmp_path

    @NEEDS_COMPILER
    def test_compiles_the_extension_where_there_is_a_compiler(self, tree):
        ran = run(["requirements/extension.py", "require"], folder=tree)

        assert (ran.returncode, ran.stdout) == (0, "Compiling the fast checks ...\n")
        assert (tree / EXTENSION).exists()
        assert run(["requirements/extension.py"], folder=tree).stdout == ""

    def test_says_where_there_is_none_and_goes_on(self, tree):
        ran = run(["requirements/extension.py"], folder=tree, PATH=str(tree))

        assert ran.returncode == 0
        assert ran.stdout == (
            "There is no C compiler here. Votes will be checked without it, several times slower.\n"
        )
        assert not (tree / EXTENSION).exists()

    def test_says_where_it_does_not_compile_and_goes_on(self, tree):
        ran = run(["requirements/extension.py"], folder=tree, CC="/bin/false")

        assert ran.returncode == 0
        assert "The C extension does not compile here." in ran.stdout

    def test_fails_without_it_where_it_is_required(self, tree):
        ran = run(["requirements/extension.py", "require"], folder=tree, PATH=str(tree))

        assert ran.returncode == 1
        assert "There is no C compiler here." in ran.stdout
