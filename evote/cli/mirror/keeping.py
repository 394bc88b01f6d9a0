"""`evote mirror URL DIR`: keep a copy of a log, cosign it, and serve it."""

import argparse
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.findings import Finding, keep_finding
from evote.cli.log_source import open_log
from evote.cli.log_trust import add_trust_arguments, origin_of, read_trust
from evote.cli.mirror.copy import Copy
from evote.cli.mirror.following import Follower
from evote.cli.mirror.web import application
from evote.cli.seconds import seconds
from evote.cli.text import printable
from evote.cli.witness.keys import read_keys
from evote.tlog.cosignature import CosigningKey
from evote.tlog.witness import origin_hash

_DESCRIPTION = """\
Keep a full copy of a log, for the day on which the log's own is lost or is
not believed. Every entry is checked against its hash and every hash against
the root that the log signed before it is written; nothing that was written is
ever changed. A log that has shrunk or signed two histories is not followed
further: the evidence is kept, and the copy stays as it was.

With --cosign the mirror says by its own signature that it holds all entries,
only once they are on the disk. With --serve it hands the copy out, each log
under the SHA-256 of its name, as tlog-tiles.
"""
_EPILOG = """\
examples:
  evote witness key --name mirror.example.net/m1 /etc/mirror
  evote mirror https://vote.example.org/log /srv/mirror --key log.vkey \\
      --cosign /etc/mirror/ed25519.key --serve 127.0.0.1:8701
  evote mirror check /srv/mirror --key log.vkey
  evote mirror restore /srv/mirror /media/disk/log --key log.vkey

It may be killed at any moment, and goes on where it was. exit status:
  0  with --once: the copy is whole
  1  with --once: something is wrong with the log; the evidence is kept
  2  unreadable or wrong usage; with --once also: the log cannot be reached, or
     the copy cannot be written
"""
_SECOND_LOOK_SECONDS = 5
_THREADS = 8


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "keep",
        prog="evote mirror",
        help="keep a copy; what `evote mirror URL DIR` does",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("log", metavar="URL", help="where the log is, https://…/log; or a folder")
    parser.add_argument("folder", metavar="DIR", help="where copies are kept; made if absent")
    add_trust_arguments(parser)
    parser.add_argument("--once", action="store_true", help="copy once instead of for ever")
    parser.add_argument(
        "--every", type=seconds, default=60, metavar="SECONDS", help="how often; default: 60"
    )
    parser.add_argument(
        "--cosign",
        action="append",
        default=[],
        metavar="FILE",
        help="a key of the mirror's own, made by `evote witness key` under the mirror's own name; "
        "never a witness's; repeatable",
    )
    parser.add_argument("--serve", metavar="HOST:PORT", help="hand the copies out")
    parser.add_argument(
        "--evidence", metavar="FOLDER", help="where evidence is kept; default: DIR/evidence"
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        default=60,
        metavar="SECONDS",
        help="how long a fault that may pass is looked at again; default: 60",
    )
    parser.set_defaults(handler=_keep)


def _keep(arguments: argparse.Namespace) -> int:
    policy = read_trust(key=arguments.key, policy=arguments.policy)
    cosigners = read_keys(arguments.cosign)
    origin = origin_of(policy)
    if any(key.name == origin for key in cosigners):
        msg = f"--cosign: the key is named {origin}, as the log; a mirror has a name of its own"
        raise CommandFailed(msg)
    root = Path(arguments.folder)
    copy = Copy(root / origin_hash(origin))
    with copy.held():
        if arguments.serve is not None:
            _serve(arguments.serve, root=root, origin=origin, cosigners=cosigners)
        follower = Follower(
            log=open_log(arguments.log), copy=copy, policy=policy, cosigners=cosigners, say=_say
        )
        evidence = Path(arguments.evidence) if arguments.evidence else root / "evidence"
        return _Keeper(follower, evidence=evidence, arguments=arguments).run()


class _Keeper:
    """Follows the log for ever. What is wrong with it ends nothing: the copy is needed now."""

    def __init__(
        self, follower: Follower, *, evidence: Path, arguments: argparse.Namespace
    ) -> None:
        self.follower = follower
        self.evidence = evidence
        self.every_seconds: int = arguments.every
        self.patience_seconds: int = arguments.patience
        self.is_once: bool = arguments.once
        self._trouble_since: float | None = None
        self._complaint: str | None = None

    def run(self) -> int:
        while True:
            status = self._round()
            if self.is_once and status is not None:
                return status
            waits = self._trouble_since is not None and self._complaint is None
            time.sleep(
                min(self.every_seconds, _SECOND_LOOK_SECONDS) if waits else self.every_seconds
            )

    def _round(self) -> int | None:
        """Copy once. Gives the exit status, or None: something is to be looked at again."""
        try:
            self.follower.follow(now=int(time.time()))
        except Finding as finding:
            return self._complain(finding)
        except CommandFailed as error:  # nobody answers, or the disk is full
            _say(f"not now, will try again: {error}")
            return 2
        self._trouble_since = self._complaint = None
        return 0

    def _complain(self, finding: Finding) -> int | None:
        now = time.monotonic()
        if self._trouble_since is None:
            self._trouble_since = now
        if not finding.is_conclusive and now - self._trouble_since < self.patience_seconds:
            _say(f"something is wrong, will look again: {finding}")
            return None
        if self._complaint != finding.message:
            _say(f"THE LOG IS WRONG ({finding.kind}), it is not followed further: {finding}")
            self._keep(finding)
        return 1

    def _keep(self, finding: Finding) -> None:
        keys = self.follower.chain.known
        try:
            place = keep_finding(finding, keys=keys, folder=self.evidence, at=datetime.now(UTC))
        except CommandFailed as error:
            _say(f"the evidence is not kept yet: {error}")
            return
        self._complaint = finding.message
        _say(f"Keep this folder, it is the evidence: {place}")


# --- Serving ------------------------------------------------------------------------------------


def _serve(address: str, *, root: Path, origin: str, cosigners: list[CosigningKey]) -> None:
    """Hand the copies out from another thread."""
    try:
        from waitress.server import create_server
    except ImportError as error:
        msg = "--serve needs one more package: pip install 'pnyx[witness]'"
        raise CommandFailed(msg) from error
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 0xFFFF:
        msg = f"--serve: {address} is not HOST:PORT"
        raise CommandFailed(msg)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        msg = f"--serve: cannot listen on {address}: {error.strerror or error}"
        raise CommandFailed(msg) from error
    folder = origin_hash(origin)
    pages = application(root, origin=origin, folder=folder, cosigners=cosigners)
    server = create_server(pages, sockets=[listener], ident=None, threads=_THREADS)
    threading.Thread(target=server.run, daemon=True).start()
    _say(f"serving http://{host}:{listener.getsockname()[1]}/{folder}/checkpoint")


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {printable(text)}", flush=True)
