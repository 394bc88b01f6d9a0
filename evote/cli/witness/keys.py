"""`evote witness key`: make the keys of a witness."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.sources import read_source, warn_if_readable_by_others, write_new_file
from evote.errors import EvoteError
from evote.tlog.cosignature import Algorithm, CosigningKey

_DESCRIPTION = """\
Make the keys with which a witness cosigns, one file for each algorithm, and
print their public halves: these are what a log's operator puts into a policy.
Whoever has the files can cosign in your name. Use them for nothing else.
"""
_EPILOG = """\
example:
  evote witness key --name witness.example.org/w1 /etc/witness
"""
_ALGORITHMS = {
    "ed25519": (Algorithm.ED25519,),
    "ml-dsa-44": (Algorithm.ML_DSA_44,),
    "both": (Algorithm.ED25519, Algorithm.ML_DSA_44),
}
_KEY_LIMIT_BYTES = 10_000


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "key",
        help="make a witness's keys",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--name",
        required=True,
        metavar="NAME",
        help="the witness's name, best its address without https://",
    )
    parser.add_argument(
        "--algorithm",
        choices=sorted(_ALGORITHMS),
        default="both",
        help="ml-dsa-44 withstands quantum computers, ed25519 is understood by every checker "
        "(default: both)",
    )
    parser.add_argument("folder", metavar="DIR", help="where to write ed25519.key, ml-dsa-44.key")
    parser.set_defaults(handler=_make)


def _make(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.folder)
    made = [
        CosigningKey.generate(name=arguments.name, algorithm=algorithm)
        for algorithm in _ALGORITHMS[arguments.algorithm]
    ]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    paths = [folder / f"{key.algorithm.title.lower()}.key" for key in made]
    for path in paths:
        if path.exists():
            msg = f"{path} exists already; evote does not overwrite it"
            raise CommandFailed(msg)
    for path, key in zip(paths, made, strict=True):
        write_new_file(str(path), f"{key.encode()}\n".encode(), mode=0o600)
        print(key.verifier.encode())
    return 0


def read_keys(paths: Sequence[str]) -> list[CosigningKey]:
    """Read the files that `evote witness key` wrote.

    Raises:
        CommandFailed: one is not readable or holds no cosigner's key, or two hold the same.
    """
    read: dict[bytes, CosigningKey] = {}
    for path in paths:
        text = read_source(path, limit_bytes=_KEY_LIMIT_BYTES).decode(errors="replace").strip()
        warn_if_readable_by_others(path)
        try:
            key = CosigningKey.decode(text)
        except EvoteError as error:
            msg = f"{path}: {error}"
            raise CommandFailed(msg) from error
        if key.verifier.public in read:
            msg = f"{path}: this key was given already"
            raise CommandFailed(msg)
        read[key.verifier.public] = key
    return list(read.values())
