"""A ballot box for the booth's browser tests: the real page, and a server that can misbehave.

The page is the rendered template, the election is made and every ballot is judged by `evote`;
headers are those of the real booth. What only a faulty server does is asked for by `faults`.
"""

import base64
import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from config import policies
from evote.ballot import Ballot, decode_ballot, verify_ballot
from evote.election import encode_trustees
from evote.errors import DecodeError, InvalidBallot, InvalidProof
from evote.proofs import read_proof
from evote.proofs.statements import verify_cast
from evote.verify import Verdict, verify_record
from tests.factories.evote import World, write_complete_record

ROOT = Path(__file__).parents[2]
DIST = ROOT / "static" / "dist"
NO_PREVIOUS_BALLOT = "A" * 43


@dataclass
class Box:
    """One election with everything its organisers hold, and the ballots cast so far."""

    world: World
    ballots: dict[str, bytes] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, int] = field(default_factory=dict)
    challenged: dict[str, list[str]] = field(default_factory=dict)
    # Whether the witnesses of the log have agreed to what is recorded.
    is_cosigned: bool = True
    # The one permit that is good, where the election asks for an account.
    permit: str = ""

    def __post_init__(self) -> None:
        self.election = self.world.election
        self.uuid = self.election.uuid
        self.credentials = self.world.credentials
        self.files = {
            "election.json": self.election.archived,
            "trustees.json": encode_trustees(self.world.trustees),
            "credentials.json": self.world.public_list,
        }

    def cast(self, body: bytes) -> tuple[int, dict[str, object]]:
        """Judge a ballot as the real server does, and keep it."""
        request = json.loads(body)
        data, prev = request["ballot"].encode(), request["prev"]
        try:
            ballot = decode_ballot(data, election=self.election)
            verify_ballot(ballot=ballot, election=self.election)
        except (DecodeError, InvalidBallot) as error:
            return 400, {"code": error.code, "detail": str(error)}
        if ballot.credential not in self.world.weights:
            return 400, {"code": "unknown_credential", "detail": ""}
        refusal = self._refuse_envelope(request, ballot)
        if refusal is not None:
            return refusal
        if any(alpha in request["ballot"] for alpha in chain(*self.challenged.values())):
            return 409, {"code": "challenged", "detail": ""}
        if ballot.tracker in self.ballots:
            return 200, self.status(ballot.tracker)
        current = self.current.get(ballot.credential, NO_PREVIOUS_BALLOT)
        if prev != current:
            return 409, {"code": "stale_prev", "detail": "", "current": current}
        self.ballots[ballot.tracker] = data
        self.current[ballot.credential] = ballot.tracker
        return 201, self.status(ballot.tracker)

    def _refuse_envelope(
        self, request: dict[str, Any], ballot: Ballot
    ) -> tuple[int, dict[str, object]] | None:
        """Judge what comes with a ballot: the statement of profile 1, and the permit."""
        context = self.election.context
        asks_for_account = context.get("access") == "account-and-credential"
        expected = {"ballot", "prev"}
        expected |= {"proof"} if self.election.has_companion else set()
        expected |= {"permit"} if asks_for_account else set()
        if request.keys() != expected:
            return 400, {"code": "wrong_shape", "detail": "another field"}
        if asks_for_account and request["permit"] != self.permit:
            return 403, {"code": "bad_permit", "detail": ""}
        if not self.election.has_companion:
            return None
        try:
            verify_cast(
                proof=read_proof(request["proof"], place="proof", is_ordered=True),
                fingerprint=self.election.fingerprint,
                credential=ballot.credential,
                tracker=ballot.tracker,
                prev=request["prev"],
            )
        except (DecodeError, InvalidProof) as error:
            return 400, {"code": "bad_statement", "detail": str(error)}
        return None

    def challenge(self, body: bytes) -> tuple[int, dict[str, object]]:
        """Note what must never be cast, as the real server does."""
        request = json.loads(body)
        assert request.keys() == {"tracker", "alphas"}
        tracker, alphas = request["tracker"], request["alphas"]
        if any(alpha.encode() in data for alpha in alphas for data in self.ballots.values()):
            return 409, {"code": "already_cast", "detail": ""}
        self.challenged[tracker] = alphas
        return 201, {"tracker": tracker, "status": "challenged"}

    def record(self) -> bytes:
        """Write the whole election record, from the description to the result."""
        return write_complete_record(self.world, list(self.ballots.values())).data()

    def counts(self) -> tuple[tuple[int, ...], ...]:
        """What a stranger's verifier finds in the record."""
        report = verify_record(self.record(), progress=lambda *_: None)
        assert report.verdict == Verdict.COMPLETE
        assert report.result is not None
        return report.result.counts

    def status(self, tracker: str) -> dict[str, object]:
        """Say of an accepted ballot what the real server says."""
        place = self.recorded.get(tracker)
        answer: dict[str, object] = {
            "tracker": tracker,
            "election": self.uuid,
            "promise": f"Pnyx ballot promise, version 1\ntracker {tracker}\n\n— box signature\n",
            "status": "accepted" if place is None else "recorded",
        }
        if place is not None:
            answer |= {"log_index": place, "receipt": "c2sp.org/tlog-proof@v1\n"}
            answer |= {"is_cosigned": self.is_cosigned}
        return answer


@dataclass
class BoothServer:
    """What the test holds: the box, what was asked, and the faults to come."""

    box: Box
    url: str = ""
    page: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    # Each answers one cast: "lost" keeps the ballot and drops the connection, "unheard" drops
    # the request, a number is a status without a body of ours, a dictionary is the answer.
    faults: list[str | int | dict[str, object]] = field(default_factory=list)
    # Bytes that are served in the place of a built file.
    replaced: dict[str, bytes] = field(default_factory=dict)

    @property
    def booth(self) -> str:
        """The address of the booth."""
        return f"{self.url}/elections/{self.box.uuid}/booth/"

    def casts(self) -> list[bytes]:
        """The bodies of all casts, in order."""
        return self._posts("ballots")

    def challenges(self) -> list[bytes]:
        """The bodies of all challenges, in order."""
        return self._posts("challenges")

    def questions(self) -> list[str]:
        """What was asked about single ballots; the browser asks for its icon when it likes."""
        return [path for method, path, _ in self.requests if method == "GET" and "/api/" in path]

    def _posts(self, name: str) -> list[bytes]:
        return [
            body
            for method, path, body in self.requests
            if method == "POST" and path.endswith(f"/{name}")
        ]


def render_booth(box: Box, *, language: str) -> bytes:
    """Render the real page, with the hash of the bundle that is there."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    with translation.override(language):
        return render_to_string(
            "voting/booth.html",
            {
                "election": box,
                "election_fingerprint": box.election.fingerprint,
                "booth_integrity": manifest["booth.js"]["integrity"],
                "booth_sha256": manifest["booth.js"]["sha256"],
            },
        ).encode()


@contextmanager
def serve(box: Box) -> Iterator[BoothServer]:
    """Serve one election's booth until the end of the test."""
    served = BoothServer(box)
    served.page = {code: render_booth(box, language=code) for code in ("en", "zh-hans")}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def answer(self, status: int, body: bytes, kind: str) -> None:
            path = self.path.partition("?")[0]
            is_booth = policies.is_booth_page(path)
            policy = policies.BOOTH_CSP if is_booth else policies.DATA_CSP
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", policies.header_value(policy))
            self.send_header("Permissions-Policy", policies.BOOTH_FEATURES)
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
            if is_booth:
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.end_headers()
            self.wfile.write(body)

        def answer_json(self, status: int, value: dict[str, object]) -> None:
            self.answer(status, json.dumps(value).encode(), "application/json")

        def do_GET(self) -> None:
            served.requests.append(("GET", self.path, b""))
            path, _, query = self.path.partition("?")
            prefix = f"/elections/{box.uuid}/"
            ballots = f"/api/elections/{box.uuid}/ballots/"
            if path == f"{prefix}booth/":
                language = query.removeprefix("language=") or "en"
                self.answer(200, served.page[language], "text/html; charset=utf-8")
            elif path.startswith(prefix) and path.removeprefix(prefix) in box.files:
                self.answer(200, box.files[path.removeprefix(prefix)], "application/json")
            elif path.startswith(ballots):
                self.answer_ballot(path.removeprefix(ballots))
            elif path.startswith("/static/") and (DIST / path.removeprefix("/static/")).is_file():
                name = path.removeprefix("/static/")
                kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
                self.answer(200, served.replaced.get(name) or (DIST / name).read_bytes(), kind)
            else:
                page = (
                    "<!doctype html><html lang='en'><title>Another page</title><h1>Elsewhere</h1>"
                )
                self.answer(200 if path == prefix else 404, page.encode(), "text/html")

        def answer_ballot(self, tracker: str) -> None:
            raw = base64.urlsafe_b64decode(f"{tracker}=")
            name = base64.b64encode(raw).decode().rstrip("=")
            if name in box.ballots:
                self.answer_json(200, box.status(name))
            else:
                self.answer_json(404, {"code": "not_found", "detail": ""})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            served.requests.append(("POST", self.path, body))
            fault = served.faults.pop(0) if served.faults else None
            if fault == "unheard":
                self.close_connection = True
                self.connection.close()
                return
            if isinstance(fault, int):
                self.answer_json(fault, {})
                return
            if isinstance(fault, dict):
                self.answer_json(int(str(fault.get("status", 400))), fault)
                return
            judge = box.challenge if self.path.endswith("/challenges") else box.cast
            status, value = judge(body)
            if fault == "lost":
                self.close_connection = True
                self.connection.close()
                return
            self.answer_json(status, value)

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    served.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
