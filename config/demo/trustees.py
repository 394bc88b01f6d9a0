"""The trustees' and observers' side: the program `evote`, run as they would run it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class EvoteFailed(Exception):
    """The program `evote` refused. The message is what it said."""


def evote(*arguments: str) -> subprocess.Popen[str]:
    """Start the program with these arguments."""
    # Nothing of the server's environment is theirs to know.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PNYX_", "DATABASE_", "REDIS_", "DJANGO_"))
    }
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "evote.cli.main", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(program: subprocess.Popen[str]) -> str:
    """Wait for the program and return what it printed.

    Raises:
        EvoteFailed: its exit status is not 0.

    """
    out, err = program.communicate()
    if program.returncode != 0:
        msg = f"`{' '.join(map(str, program.args[1:]))}` ended with {program.returncode}: {err}"  # type: ignore[index]  # a list
        raise EvoteFailed(msg)
    return out


def make_keys(*, names: Sequence[str], folder: Path, election: str) -> list[bytes]:
    """Let each trustee make a key pair; return the public parts, and keep the private in files."""
    folder.mkdir(parents=True, exist_ok=True)
    programs = [
        evote(
            "trustee", "keygen", "--output", str(key_file(folder, election, name)), "--name", name
        )
        for name in names
    ]
    return [output_of(program).strip().encode() for program in programs]


def sign_and_submit(
    *, names: Sequence[str], folder: Path, election: str, address: str, fingerprint: str
) -> None:
    """Let each trustee find their own key in the sealed election, and sign it."""
    programs = [
        evote(
            "trustee",
            "sign",
            address,
            "--key",
            str(key_file(folder, election, name)),
            "--fingerprint",
            fingerprint,
            "--submit",
        )
        for name in names
    ]
    for program in programs:
        output_of(program)


def decrypt_and_submit(*, names: Sequence[str], folder: Path, election: str, address: str) -> None:
    """Let each trustee verify the record, decrypt the tally, and hand it in."""
    programs = [
        evote(
            "trustee",
            "decrypt",
            address,
            "--key",
            str(key_file(folder, election, name)),
            "--submit",
        )
        for name in names
    ]
    for program in programs:
        output_of(program)


def shuffle_and_submit(*, name: str, folder: Path, election: str, address: str) -> None:
    """Let a trustee verify the record, shuffle the rankings, and wait for the server's check."""
    key = str(key_file(folder, election, name))
    output_of(evote("trustee", "shuffle", address, "--key", key, "--submit"))


def key_file(folder: Path, election: str, name: str) -> Path:
    """Return where a trustee keeps the private key for an election."""
    return folder / f"{election}-{name.split()[0].lower()}.json"
