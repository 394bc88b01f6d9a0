import hashlib
import json
import time
from pathlib import Path

import pytest

from evote.encoding import b64_of_hash, canonical_json
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import SigningKey, sign_note
from evote.tlog.refused import RefusedCheckpoint, encode_refused
from evote.tlog.witness import Finding as RefusedBecause
from evote.tlog.witness import origin_hash
from tests.factories.logs import ORIGIN, FolderLog, digest, event
from tests.integration.evote.monitor.evidence import kept


class TestWitnesses:
    @pytest.fixture
    def witness(self):
        return CosigningKey(name="w.example.net", algorithm=Algorithm.ED25519, seed=b"\5" * 32)

    @pytest.fixture
    def policy(self, log, witness, tmp_path):
        def policy(url=""):
            path = tmp_path / "policy.txt"
            path.write_text(
                f"log {log.vkey}\nwitness W {witness.verifier.encode()} {url}\nquorum W\n"
            )
            return ("--policy", path)

        return policy

    def publish(self, log, witness, *, age):
        at = int(time.time()) - age
        log.write("checkpoint", log.note(cosigners=[witness], at=at))

    def test_a_fresh_quorum_is_enough(self, watch, log, witness, policy):
        self.publish(log, witness, age=5)
        assert watch(*policy())[0] == 0

    def test_without_the_quorum_it_is_not(self, watch, judge, policy):
        status, output, _ = watch(*policy())
        assert status == 1
        assert "the quorum W is not met: cosigned by nobody" in output
        assert judge("unsigned")[0] == 3

    @pytest.mark.parametrize(("limit", "expected"), [(3600, 1), (10_000, 0), (0, 0)])
    def test_stale_cosignatures(self, watch, log, witness, policy, limit, expected):
        self.publish(log, witness, age=7200)
        assert watch(*policy(), "--fresh", limit)[0] == expected
        if expected:
            kept("stale")

    def test_a43_the_witnesses_copy_is_compared(
        self, watch, judge, log, witness, policy, serve, tmp_path
    ):
        self.publish(log, witness, age=5)
        server, address = serve(tmp_path / "witness")
        forked = log.fork(tmp_path / "fork", size=299, entries=[event(299, payload="0" * 64)])
        note = forked.note(cosigners=[witness], at=int(time.time()))
        server.instead[f"{origin_hash(ORIGIN)}/checkpoint"] = (200, {}, note)
        assert watch(*policy(address))[0] == 1
        assert judge("fork")[0] == 0

    @pytest.mark.parametrize("size", [256, 300, 302])
    def test_what_a_witness_refused_and_could_not_prove_is_proven(
        self, watch, judge, log, witness, policy, serve, tmp_path, size
    ):
        self.publish(log, witness, age=5)
        forked = log.fork(tmp_path / "f", size=255, entries=[event(255, payload="0" * 64)] * 47)
        refused = RefusedCheckpoint(
            finding=RefusedBecause.UNPROVEN,
            status=422,
            refused_at=int(time.time()),
            recorded=None,
            checkpoint=forked.note(size),
            proof=(),
        )
        server, address = serve(tmp_path / "witness")
        folder = origin_hash(ORIGIN)
        server.instead[f"{folder}/refused"] = (200, {}, encode_refused(ORIGIN, [refused]))
        if size > 300:
            assert watch(*policy(address))[0] == 0
            log.grow(event(300), event(301))
            self.publish(log, witness, age=5)
        assert watch(*policy(address))[0] == 1
        assert judge("fork")[0] == 0

    @pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b"x" * 11_000_000])
    def test_a_witness_that_answers_garbage_accuses_nobody(
        self, watch, log, witness, policy, serve, tmp_path, answer
    ):
        self.publish(log, witness, age=5)
        server, address = serve(tmp_path / "witness")
        for file in ("refused", "checkpoint"):
            server.instead[f"{origin_hash(ORIGIN)}/{file}"] = (200, {}, answer)
        status, output, _ = watch(*policy(address))
        assert status == 0
        assert output.count("not compared") == 2


class TestPromises:
    def promise(self, log, text):
        Path("promise.json").write_text(
            json.dumps({"promise": sign_note(text=text, key=log.key).decode()})
        )
        return ("--promise", "promise.json")

    def ballot(self, log, height):
        tracker = b64_of_hash(digest(f"hfd19JUwUteUwr payload {height}"))
        text = (
            f"pnyx promise 1\nelection hfd19JUwUteUwr\nfingerprint x\ntracker {tracker}\nprev A\n"
        )
        return self.promise(log, text)

    def test_a_kept_promise_is_found_wherever_it_is(self, watch, log):
        status, output, _ = watch(*self.ballot(log, 17))
        assert status == 0
        assert "the promised entry is there: 17" in output
        assert "promised" not in watch(*self.ballot(log, 17))[1]

    def test_a44_a_promise_whose_entry_never_comes(self, watch, judge, log):
        asked = self.ballot(log, 300)
        assert watch(*asked, "--promised", "1")[0] == 0
        time.sleep(2.1)
        status, output, _ = watch("--promised", "1")
        assert status == 1
        assert "does not hold what its server promised" in output
        status, output, _ = judge("promise")
        assert status == 3
        assert "tracker" in output
        status, output, _ = judge("promise", "--copy", log.folder)
        assert status == 0
        assert "PROVEN: the log promised this entry" in output

    def test_a44_a_promise_with_a_date(self, watch, log):
        entry = canonical_json({"kind": "evidence", "document": "0" * 64})
        identity = hashlib.sha256(entry).hexdigest()
        text = f"pnyx promise 1\nevidence document {'0' * 64}\nentry {identity}\nbefore "
        asked = self.promise(log, text + "2026-01-01T00:00:00Z\n")
        assert watch(*asked)[0] == 1
        kept("promise")
        log.grow(entry)
        status, output, _ = watch()
        assert status == 0
        assert "the promised entry is there: 300" in output

    def test_a_promise_that_comes_late_is_waited_for(self, watch, log):
        assert watch(*self.ballot(log, 300))[0] == 0
        log.grow(event(300))
        assert "the promised entry is there: 300" in watch()[1]

    @pytest.mark.parametrize("text", ["pnyx promise 1\nnothing\n", "pnyx result 1\nentry 00\n"])
    def test_what_is_no_promise_is_refused(self, watch, log, text):
        assert watch(*self.promise(log, text))[0] == 2

    def test_a_promise_by_another_key_is_refused(self, watch, log):
        stranger = FolderLog("x", key=SigningKey(name=ORIGIN, seed=b"\3" * 32))
        assert watch(*self.ballot(stranger, 3))[0] == 2
