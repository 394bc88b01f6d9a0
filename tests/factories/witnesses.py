"""Witnesses for tests: on loopback, over real HTTP, honest or anything else."""

import hashlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from evote.tlog.checkpoint import Checkpoint
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import VerifierKey
from evote.tlog.policy import (
    Policy,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    decode_policy,
)
from evote.tlog.witness import AddCheckpoint, Status, encode_cosignatures, encode_size, judge


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a server on loopback answers. A body in pieces is sent with a pause before each."""

    status: int = 200
    body: bytes = b""
    pieces: Sequence[bytes] = ()
    pause: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[bytes], Reply]
NOT_FOUND = Reply(status=404)


class Loopback:
    """A server on loopback that answers as its script says, and counts who asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        # What it serves of each log: path -> answer.
        self.copies: dict[str, Reply] = getattr(script, "copies", {})
        self.requests: list[bytes] = []
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                loopback.requests.append(body)
                reply = loopback.script(body)
                try:
                    self._answer(reply)
                except OSError:
                    return  # The other side has hung up, as it should on some of these.

            def do_GET(self) -> None:
                self._answer(loopback.copies.get(self.path, NOT_FOUND))

            def _answer(self, reply: Reply) -> None:
                if reply.status == 0:
                    self.connection.close()
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
                for piece in reply.pieces:
                    time.sleep(reply.pause)
                    self.wfile.write(piece)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/w"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class HonestScript:
    """The decision of `evote.tlog.witness` with one log and one recorded checkpoint."""

    def __init__(self, *, keys: Sequence[CosigningKey], log: VerifierKey) -> None:
        self.keys = keys
        self.log = log
        self.recorded: Checkpoint | None = None
        self.copies: dict[str, Reply] = {}
        self.statuses: list[int] = []
        self.clock: Callable[[], int] = lambda: int(time.time())

    def __call__(self, body: bytes) -> Reply:
        verdict = judge(
            AddCheckpoint.decode(body),
            recorded=self.recorded,
            keys={self.log.name: [self.log]},
        )
        self.statuses.append(verdict.status)
        if verdict.status == Status.OTHER_SIZE:
            return Reply(status=409, body=encode_size(verdict.recorded_size))
        if verdict.status != Status.COSIGNED:
            return Reply(status=verdict.status)
        self.recorded = verdict.checkpoint
        lines = [key.cosign(verdict.checkpoint, at=self.clock()) for key in self.keys]
        note = AddCheckpoint.decode(body).checkpoint
        copy = note + "".join(line.encode() for line in lines).encode()
        self.copies[copy_path(self.log.name)] = Reply(body=copy)
        return Reply(body=encode_cosignatures(lines))


def copy_path(origin: str) -> str:
    """Where a loopback witness serves what it cosigned of a log."""
    return f"/w/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def witness_key(name: str, *, algorithm: Algorithm = Algorithm.ED25519) -> CosigningKey:
    return CosigningKey.generate(name=f"{name}.example/witness", algorithm=algorithm)


def policy_of(
    log: VerifierKey,
    witnesses: Sequence[tuple[str, CosigningKey, str | None]],
    *,
    threshold: int | None,
) -> Policy:
    """Write a policy by which `threshold` of the witnesses have to agree; None: nobody."""
    policy = Policy(
        logs=(PolicyLog(key=log, url=None),),
        witnesses=tuple(
            PolicyWitness(name=name, key=key.verifier, url=url) for name, key, url in witnesses
        ),
        groups=()
        if threshold is None
        else (
            PolicyGroup(
                name="quorum-group",
                threshold=threshold,
                members=tuple(name for name, _, _ in witnesses),
            ),
        ),
        quorum=None if threshold is None else "quorum-group",
    )
    return decode_policy(policy.encode())


@contextmanager
def loopback(script: Script) -> Iterator[Loopback]:
    server = Loopback(script)
    try:
        yield server
    finally:
        server.stop()


def silent(body):
    """Hang up without an answer: a script of `loopback`."""
    return Reply(status=0)
