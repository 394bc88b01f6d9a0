"""An independent program, in Go on golang.org/x/mod, checks our log and all that it gives out."""

import base64
import hashlib
import json
import re
from datetime import date
from pathlib import Path

import pytest

from audit.selectors import receipt_of, verifier_key
from audit.services.log import append_entry
from audit.services.sequencing import sequence
from evote.encoding import canonical_json
from evote.tlog import merkle
from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import SigningKey
from evote.tlog.receipt import Receipt
from tests.factories.audit import BODIES, append_ballots, ballot_event
from tests.factories.log_server import serve_log
from tests.factories.logs import FolderLog, digest, election_events
from tests.interop.logcheck_program import MISSING, is_available, logcheck

pytestmark = pytest.mark.skipif(not is_available(), reason=MISSING)

VECTORS = Path(__file__).parents[1] / "vectors" / "tlog"
NOTES = json.loads((VECTORS / "notes.json").read_text())
VECTORS_KEY = SigningKey(
    name=NOTES["log_key"]["name"], seed=bytes.fromhex(NOTES["log_key"]["seed_hex"])
)
AT = 1_795_248_000
WITNESSES = [
    CosigningKey(name=f"w{n}.example.org", algorithm=algorithm, seed=bytes([n]) * 32)
    for n, algorithm in enumerate([Algorithm.ED25519, Algorithm.ED25519, Algorithm.ML_DSA_44], 1)
]


def holds(*arguments):
    outcome = logcheck(*arguments)
    assert outcome.status == 0, outcome.text
    return outcome.text


def is_refused(*arguments, because):
    outcome = logcheck(*arguments)
    assert outcome.status == 1, outcome.text
    assert re.search(because, outcome.text), outcome.text


@pytest.fixture
def write(tmp_path):
    """Return a function that puts bytes into a file of this test."""

    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def policy_of(vkey, *, rule="2", witnesses=WITNESSES):
    lines = [f"log {vkey}"]
    lines += [f"witness W{n} {key.verifier.encode()}" for n, key in enumerate(witnesses, 1)]
    names = " ".join(f"W{n}" for n, _ in enumerate(witnesses, 1))
    return "\n".join([*lines, f"group all-of-them {rule} {names}", "quorum all-of-them", ""])


# --- The vectors -------------------------------------------------------------------------------


class TestVectors:
    @pytest.mark.parametrize("vector", NOTES["checkpoints"], ids=lambda v: str(v["size"]))
    def test_checkpoints_hold_signed_and_cosigned(self, vector, write):
        key = NOTES["log_key"]["vkey"]
        text = holds("checkpoint", "-key", key, write(vector["signed"]))
        assert f"{vector['size']} entries" in text
        witnesses = "".join(
            f"witness {key['name']} {key['vkey']}\n" for key in NOTES["witness_keys"]
        )
        names = " ".join(key["name"] for key in NOTES["witness_keys"])
        policy = write(f"log {key}\n{witnesses}group g all {names}\nquorum g\n", "policy")
        text = holds("cosignatures", "-policy", policy, write(vector["cosigned"]))
        assert text.count("cosigned:") == len(NOTES["witness_keys"])
        is_refused(
            "cosignatures", "-policy", policy, write(vector["signed"]), because="quorum .* not met"
        )

    @pytest.mark.parametrize("vector", NOTES["must_reject"], ids=lambda v: v["why"])
    def test_what_must_be_refused_is(self, vector, write):
        key = NOTES["log_key"]["vkey"]
        is_refused("checkpoint", "-key", key, write(vector["note"]), because="REFUSED")

    @pytest.mark.parametrize("vector", NOTES["tlog_proofs"], ids=lambda v: str(v["index"]))
    def test_receipts_hold_for_their_entry_and_no_other(self, vector, write):
        receipt = write(vector["tlog_proof"], "receipt")
        call = ["receipt", "-key", NOTES["log_key"]["vkey"], "-entry"]
        entry = bytes.fromhex(vector["entry_hex"])
        holds(*call, write(entry, "entry"), receipt)
        is_refused(*call, write(entry + b" ", "other"), receipt, because="invalid|proof")

    def test_consistency_holds_between_the_vectors_checkpoints(self, write):
        requests = [v for v in NOTES["add_checkpoint"] if 0 < v["old"] < v["new"]]
        assert requests
        for vector in requests:
            head, new = vector["body"].split("\n\n", 1)
            root = base64.b64decode(vector["old_root_b64"])
            old = sign_checkpoint(size=vector["old"], root=root, key=VECTORS_KEY)
            proof = write("\n".join(head.split("\n")[1:]), "proof")
            call = ["consistency", "-key", NOTES["log_key"]["vkey"], "-proof", proof]
            arguments = [write(old, "old"), write(new, "new")]
            holds(*call, *arguments)
            is_refused(*call, *reversed(arguments), because="cannot have become")
            longer = write(proof.read_text() + "\n" + base64.b64encode(bytes(32)).decode(), "proof")
            is_refused(*call[:-1], longer, *arguments, because="REFUSED")


# --- A log of ours -------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path):
    """600 entries: two full bundles, and a partial one at each level."""
    log = FolderLog(tmp_path / "log", entries=election_events(300))
    log.publish(cosigners=WITNESSES, at=AT)
    log.grow(*election_events(300, election="Zfd19JUwUteUwr"), cosigners=WITNESSES, at=AT)
    return log


class TestAudit:
    def test_reads_the_whole_log_from_its_folder_and_over_the_network(self, log, write):
        policy = write(policy_of(log.vkey), "policy")
        with serve_log(log.folder) as (_, address):
            for place in (log.folder, f"{log.folder}/", address):
                text = holds("audit", "-policy", policy, place)
                assert "audit: all 600 entries" in text
                assert "election-event: 600" in text

    @pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512])
    def test_holds_at_every_shape_of_tree(self, tmp_path, size):
        log = FolderLog(tmp_path / "log", entries=election_events(size))
        log.publish()
        assert f"all {size} entries" in holds("audit", "-key", log.vkey, log.folder)

    def test_takes_the_full_tile_where_the_partial_one_is_gone(self, log):
        log.append(*election_events(200, election="Yfd19JUwUteUwr"))
        checkpoint = (log.folder / "checkpoint").read_bytes()
        log.publish()
        (log.folder / "checkpoint").write_bytes(checkpoint)
        for path in log.folder.glob("tile/*/002.p/88"):
            path.unlink()
        holds("audit", "-key", log.vkey, log.folder)

    @pytest.mark.parametrize(
        ("path", "place", "because"),
        [
            ("tile/entries/000", 100, "tile/0/000|canonical|ends inside"),
            ("tile/entries/002.p/88", 100, "tile/0/002.p/88|canonical|ends inside"),
            ("tile/0/001", 33, "tile/0/001: hash 1"),
            ("tile/0/002.p/88", 0, "tile/0/002.p/88: hash 0"),
            ("tile/1/000.p/2", 40, "tile/1/000.p/2: hash 1"),
            ("checkpoint", 3, "REFUSED"),
        ],
    )
    def test_one_changed_bit_anywhere_is_found(self, log, path, place, because):
        content = bytearray((log.folder / path).read_bytes())
        content[place] ^= 1
        (log.folder / path).write_bytes(bytes(content))
        is_refused("audit", "-key", log.vkey, log.folder, because=because)

    @pytest.mark.parametrize("path", ["tile/entries/001", "tile/0/000", "tile/1/000.p/2"])
    def test_a_missing_file_is_found(self, log, path):
        (log.folder / path).unlink()
        is_refused("audit", "-key", log.vkey, log.folder, because="does not serve")

    def test_a43_a_signed_root_that_the_entries_do_not_make_is_found(self, log):
        log.write("checkpoint", log.note(root=b"\7" * 32))
        is_refused("audit", "-key", log.vkey, log.folder, because="make the root")

    @pytest.mark.parametrize(
        "entry", [b'{"kind": "booth"}', b'{"b":1,"kind":"a","a":2}', b"[]", b'{"kind":""}', b""]
    )
    def test_an_entry_that_is_not_canonical_is_found(self, log, entry):
        log.grow(entry)
        is_refused("audit", "-key", log.vkey, log.folder, because="entry 600: not an object")

    @pytest.mark.parametrize("status", [404, 500])
    def test_an_address_that_answers_otherwise_is_told(self, log, status):
        with serve_log(log.folder) as (server, address):
            server.instead["tile/0/001"] = (status, {}, b"")
            is_refused("audit", "-key", log.vkey, address, because="serve|answer 500")

    def test_two_megabytes_of_checkpoint_are_not_read(self, log):
        with serve_log(log.folder) as (server, address):
            server.instead["checkpoint"] = (200, {}, b"x" * 2_000_000)
            is_refused("audit", "-key", log.vkey, address, because="more than")


class TestCosignatures:
    def test_those_it_can_check_are_counted_and_the_others_are_told(self, log, write):
        policy = write(policy_of(log.vkey), "policy")
        text = holds("cosignatures", "-policy", policy, log.folder / "checkpoint")
        assert text.count("cosigned: w") == 2
        assert "at 2026-11-21T08:00:00Z" in text
        assert "not checked: 1 ML-DSA-44" in text

    @pytest.mark.parametrize("rule", ["all", "3"])
    def test_a_quorum_that_needs_what_it_cannot_check_is_not_met(self, log, write, rule):
        policy = write(policy_of(log.vkey, rule=rule), "policy")
        is_refused("cosignatures", "-policy", policy, log.folder / "checkpoint", because="not met")

    def test_a_cosignature_of_another_checkpoint_is_refused(self, log, write):
        older = log.note(300, cosigners=WITNESSES[:1], at=AT).splitlines(keepends=True)[-1]
        note = write(log.note(cosigners=WITNESSES[1:2], at=AT) + older)
        policy = write(policy_of(log.vkey), "policy")
        is_refused("cosignatures", "-policy", policy, note, because="invalid signature")

    def test_a_cosigner_of_no_policy_is_ignored(self, log, write):
        stranger = CosigningKey(name="x.example", algorithm=Algorithm.ED25519, seed=b"x" * 32)
        note = write(log.note(cosigners=[*WITNESSES[:2], stranger], at=AT))
        holds("cosignatures", "-policy", write(policy_of(log.vkey), "policy"), note)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("quorum all-of-them\n", ""),
            ("quorum all-of-them", "quorum nobody"),
            ("quorum all-of-them\n", "quorum none\nquorum none\n"),
            ("group all-of-them 2", "group all-of-them 4"),
            ("group all-of-them 2", "group all-of-them 0"),
            ("W1 W2 W3\n", "W1 W2 W2\n"),
            ("witness W2", "witness W1"),
            ("log ", "dog "),
        ],
    )
    def test_a_policy_that_is_none_is_refused(self, log, write, old, new):
        text = policy_of(log.vkey)
        assert old in text
        policy = write(text.replace(old, new), "policy")
        is_refused("cosignatures", "-policy", policy, log.folder / "checkpoint", because="policy")


class TestConsistency:
    def test_is_shown_by_the_logs_tiles_and_by_a_proof(self, log, write):
        old, new = log.folder / "checkpoints/300", log.folder / "checkpoints/600"
        holds("consistency", "-key", log.vkey, "-log", log.folder, old, new)
        with serve_log(log.folder) as (_, address):
            holds("consistency", "-key", log.vkey, "-log", address, old, new)
        proof = merkle.consistency_proof(old_size=300, new_size=600, read=log.node)
        lines = write("\n".join(base64.b64encode(hash_).decode() for hash_ in proof), "proof")
        holds("consistency", "-key", log.vkey, "-proof", lines, old, new)
        holds("consistency", "-key", log.vkey, "-proof", write("", "none"), old, old)

    def test_a43_a_fork_is_refused(self, log, tmp_path):
        fork = log.fork(
            tmp_path / "fork", size=299, entries=election_events(301, election="F" * 14)
        )
        fork.publish()
        old = log.folder / "checkpoints/300"
        arguments = ["-log", fork.folder, old, fork.folder / "checkpoint"]
        is_refused("consistency", "-key", log.vkey, *arguments, because="REFUSED")
        same = ["-log", fork.folder, log.folder / "checkpoint", fork.folder / "checkpoint"]
        is_refused("consistency", "-key", log.vkey, *same, because="FORK")

    def test_a_rolled_back_log_is_refused(self, log):
        new, old = log.folder / "checkpoints/300", log.folder / "checkpoints/600"
        is_refused(
            "consistency", "-key", log.vkey, "-log", log.folder, old, new, because="cannot have"
        )


class TestReceipts:
    @pytest.fixture
    def receipt(self, log):
        """Return a function that makes a cosigned receipt of an entry with this extra line."""

        def receipt(index, *, extra=None):
            return Receipt(
                index=index,
                proof=tuple(merkle.inclusion_proof(index=index, size=log.size, read=log.node)),
                checkpoint=log.note(cosigners=WITNESSES, at=AT),
                extra=log.entries[index] if extra is None else extra,
            ).encode()

        return receipt

    def test_hold_under_a_policy_with_the_tracker_of_their_ballot(self, log, receipt, write):
        payload = json.loads(log.entries[413])["payload"]
        tracker = base64.b64encode(bytes.fromhex(payload)).decode().rstrip("=")
        path = write(receipt(413), "r")
        policy = write(policy_of(log.vkey), "policy")
        text = holds("receipt", "-policy", policy, "-tracker", tracker, path)
        assert "receipt: entry 413 is in the log" in text
        other = base64.b64encode(bytes(32)).decode().rstrip("=")
        call = ["receipt", "-policy", policy, "-tracker"]
        is_refused(*call, other, path, because="another ballot")
        is_refused(*call, tracker, write(receipt(300), "setup"), because="no ballot")

    @pytest.mark.parametrize("is_private", [False, True], ids=["public", "private"])
    def test_of_evidence_hold_for_the_document_and_no_other(self, log, receipt, write, is_private):
        document, salt = write(b"a deed of 1890\n" * 100_000, "deed"), hashlib.sha256(b"s").digest()
        hash_ = hashlib.sha256(document.read_bytes()).digest()
        told = {"commitment": digest_of(salt + hash_)} if is_private else {"document": hash_.hex()}
        entry = {"kind": "evidence"} | told
        log.append(canonical_json(entry))
        private = canonical_json({"entry": entry, "salt": salt.hex()})
        path = write(receipt(600, extra=private if is_private else None), "r")
        holds("receipt", "-key", log.vkey, path)
        text = holds("receipt", "-key", log.vkey, "-document", document, path)
        assert "document: the entry is evidence of it" in text
        other = write(b"another deed", "other")
        call = ["receipt", "-key", log.vkey, "-document"]
        is_refused(*call, other, path, because="another document")
        is_refused(*call, document, write(receipt(0), "r0"), because="no evidence")

    @pytest.mark.parametrize(
        "change",
        [
            lambda private: private | {"salt": "00" * 31},
            lambda private: private | {"salt": "zz" * 32},
            lambda private: private | {"entry": {"kind": "evidence", "commitment": digest("x")}},
            lambda private: private | {"more": 1},
        ],
    )
    def test_a_private_part_that_was_changed_is_refused(self, log, receipt, write, change):
        entry = {"kind": "evidence", "commitment": digest("c")}
        log.append(canonical_json(entry))
        private = {"entry": entry, "salt": "00" * 32}
        holds("receipt", "-key", log.vkey, write(receipt(600, extra=canonical_json(private))))
        forged = receipt(600, extra=canonical_json(change(private)))
        is_refused("receipt", "-key", log.vkey, write(forged), because="salt|proof|invalid")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"tlog-proof@v1", b"tlog-proof@v2"),
            (b"index 413", b"index 412"),
            (b"index 413", b"index 0413"),
            (b"index 413", b"index 613"),
            (b"\nextra ", b"\nextra  "),
            (b"\n600\n", b"\n601\n"),
            (b"log.example.org/log\n", b"log.example.org/other\n"),
        ],
    )
    def test_forged_ones_are_refused(self, log, receipt, write, old, new):
        content = receipt(413)
        assert old in content
        forged = write(content.replace(old, new, 1))
        is_refused("receipt", "-key", log.vkey, forged, because="REFUSED")

    def test_a45_with_a_hash_more_or_less_are_refused(self, log, receipt, write):
        lines = receipt(413).split(b"\n")
        for forged in ([*lines[:3], *lines[4:]], [*lines[:4], *lines[3:]]):
            path = write(b"\n".join(forged))
            is_refused("receipt", "-key", log.vkey, path, because="invalid|proof")

    def test_without_their_entry_ask_for_it(self, log, receipt, write):
        content = b"\n".join(
            line for line in receipt(413).split(b"\n") if not line.startswith(b"extra")
        )
        is_refused("receipt", "-key", log.vkey, write(content), because="give it with -entry")
        entry = write(log.entries[413], "entry")
        holds("receipt", "-key", log.vkey, "-entry", entry, write(content, "r"))

    def test_under_another_logs_key_are_refused(self, receipt, write):
        key = NOTES["log_key"]["vkey"]
        is_refused("receipt", "-key", key, write(receipt(413)), because="no verifiable signatures")


def digest_of(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["audit"], ["receipt", "-x", "y", "z"]])
def test_a_wrong_call_is_told_apart_from_a_refusal(arguments):
    outcome = logcheck(*arguments)
    assert outcome.status == 2
    assert "usage" in outcome.text


# --- The server's own log ------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_servers_published_folder_and_its_receipts_hold(data_folder, write):
    for kind, body in BODIES.items():
        append_entry(kind=kind, body=body)
    append_entry(kind="election-event", body=ballot_event(ballot="mine"))
    sequence(today=date(2026, 11, 21))
    folder = data_folder / "log"
    old = write((folder / "checkpoint").read_bytes(), "old")
    append_ballots(300)
    sequence(today=date(2026, 11, 21))
    key = write(verifier_key() + "\n", "key")

    text = holds("audit", "-key", key, folder)
    assert f"all {len(BODIES) + 301} entries" in text
    holds("consistency", "-key", key, "-log", folder, old, folder / "checkpoint")
    tracker = base64.b64encode(hashlib.sha256(b"mine").digest()).decode().rstrip("=")
    receipt = write(receipt_of(index=len(BODIES)), "receipt")
    holds("receipt", "-key", key, "-tracker", tracker, receipt)
