"""`evote witness serve`: run a witness."""

import argparse
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from evote.cli.errors import CommandFailed
from evote.cli.sources import is_address, read_source
from evote.cli.witness.catching_up import catch_up
from evote.cli.witness.keys import read_keys
from evote.cli.witness.service import Witness
from evote.cli.witness.state import State
from evote.cli.witness.web import application
from evote.errors import DecodeError, EvoteError
from evote.tlog.cosignature import ML_DSA_NAME_LIMIT_BYTES, Algorithm, CosigningKey
from evote.tlog.note import VerifierKey
from evote.tlog.policy import POLICY_LIMIT_BYTES, decode_policy
from evote.tlog.witness import REQUEST_LIMIT_BYTES

_DESCRIPTION = """\
Run a witness: cosign the checkpoints of logs as long as each continues the
last one, and keep those that do not. At the start it compares its state with
its own published copy and with the other witnesses, and does not serve if it
has forgotten something that it cannot prove.

The state and the published folder belong on different disks: each remembers
what the other may lose. Put a web server with TLS in front.
"""
_EPILOG = """\
example:
  evote witness serve --key /etc/witness/ed25519.key --key /etc/witness/ml-dsa-44.key \\
      --state /var/lib/witness/state.sqlite --published /srv/witness \\
      --log vote.example.org/log+530d903a+AekyeRrm56hA…,https://vote.example.org/log \\
      --peer https://witness.example.net --listen 127.0.0.1:8700

A log that changes its key gets a second --log with the new key. Addresses:
  POST /add-checkpoint                    cosign (c2sp.org/tlog-witness)
  GET  /<SHA-256 of the origin>/checkpoint  what was cosigned last
  GET  /<SHA-256 of the origin>/refused     signed checkpoints that were refused

exit status:
  0  stopped by a signal
  2  wrong usage, or the state is behind what others remember
"""
_PAUSE_LIMIT_SECONDS = 15
_CONNECTION_LIMIT = 500
_THREADS = 8
_HEADER_LIMIT_BYTES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logs:
    """The keys of each origin, and where it can be read."""

    keys: dict[str, list[VerifierKey]]
    addresses: dict[str, str | None]


def add_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "serve",
        help="run a witness",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--key",
        required=True,
        action="append",
        metavar="FILE",
        help="a file that `evote witness key` wrote; once for each key",
    )
    parser.add_argument(
        "--state", required=True, metavar="FILE", help="the witness's memory, an SQLite file"
    )
    parser.add_argument(
        "--published",
        required=True,
        metavar="DIR",
        help="where copies of the cosigned checkpoints go, on another disk than the state",
    )
    parser.add_argument(
        "--log",
        action="append",
        default=[],
        metavar="KEY[,ADDRESS]",
        help="the key of a log to watch, and where the log or a mirror can be read, for proofs",
    )
    parser.add_argument(
        "--policy", metavar="FILE", help="watch the logs that this policy names, too"
    )
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="another witness to ask at the start what it remembers",
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1:8700",
        metavar="HOST:PORT",
        help="where to listen (default: 127.0.0.1:8700; port 0 takes a free one)",
    )
    parser.set_defaults(handler=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    try:
        from waitress.server import create_server
    except ImportError as error:
        msg = "the witness needs one more package: pip install 'pnyx[witness]'"
        raise CommandFailed(msg) from error
    host, port = _listen_address(arguments.listen)
    _check_addresses(arguments.peer)
    keys = read_keys(arguments.key)
    logs = _logs(arguments)
    _check_names(keys, logs=logs)
    state = State(Path(arguments.state))
    witness = Witness(
        keys=keys,
        logs=logs.keys,
        state=state,
        published=Path(arguments.published),
        now=lambda: int(time.time()),
    )
    catch_up(witness, peers=arguments.peer, addresses=logs.addresses)
    listener = _listener(host, port)
    server = create_server(
        application(witness),
        sockets=[listener],
        ident=None,
        threads=_THREADS,
        connection_limit=_CONNECTION_LIMIT,
        channel_timeout=_PAUSE_LIMIT_SECONDS,
        cleanup_interval=_PAUSE_LIMIT_SECONDS,
        max_request_header_size=_HEADER_LIMIT_BYTES,
        max_request_body_size=REQUEST_LIMIT_BYTES,
    )
    signal.signal(signal.SIGTERM, _stop)
    shown_host = f"[{host}]" if ":" in host else host
    print(f"listening on http://{shown_host}:{listener.getsockname()[1]}", flush=True)
    for origin in logs.keys:
        print(f"watching {origin}", flush=True)
    server.run()
    state.close()
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _listen_address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
        msg = f"--listen: {text} is not HOST:PORT"
        raise CommandFailed(msg)
    return host.strip("[]"), int(port)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error.strerror or error}"
        raise CommandFailed(msg) from error


def _check_addresses(peers: list[str]) -> None:
    for peer in peers:
        if not is_address(peer):
            msg = f"--peer: {peer} is not an address, https://…"
            raise CommandFailed(msg)


def _logs(arguments: argparse.Namespace) -> _Logs:
    found: list[tuple[VerifierKey, str | None]] = []
    for text in arguments.log:
        key, _, address = text.partition(",")
        try:
            found.append((VerifierKey.decode(key), address or None))
        except EvoteError as error:
            msg = f"--log: {error}"
            raise CommandFailed(msg) from error
    if arguments.policy is not None:
        data = read_source(arguments.policy, limit_bytes=POLICY_LIMIT_BYTES)
        try:
            found.extend((log.key, log.url) for log in decode_policy(data).logs)
        except DecodeError as error:
            msg = f"{arguments.policy}: {error}"
            raise CommandFailed(msg) from error
    if not found:
        msg = "give at least one log to watch, with --log KEY or with --policy FILE"
        raise CommandFailed(msg)
    keys: dict[str, list[VerifierKey]] = {}
    addresses: dict[str, str | None] = {}
    for verifier, url in found:
        known = keys.setdefault(verifier.name, [])
        if verifier not in known:
            known.append(verifier)
        addresses[verifier.name] = addresses.get(verifier.name) or url
    return _Logs(keys=keys, addresses=addresses)


def _check_names(keys: list[CosigningKey], *, logs: _Logs) -> None:
    """Refuse at the start what ML-DSA-44 could not sign later."""
    if all(key.algorithm is not Algorithm.ML_DSA_44 for key in keys):
        return
    for origin in logs.keys:
        if len(origin.encode()) > ML_DSA_NAME_LIMIT_BYTES:
            msg = f"the log's name {origin:.60}… is too long for ML-DSA-44: more than 255 bytes"
            raise CommandFailed(msg)
