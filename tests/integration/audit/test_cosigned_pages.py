"""What pages, files and the REST interface say of a log with witnesses."""

import base64
import html
import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from audit.selectors import receipt_of
from audit.selectors.key import signing_key
from audit.services.cosigning import cosign
from config.self_test import Unsound, check_policy
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.cosignature import Algorithm
from evote.tlog.note import decode_note
from evote.tlog.policy import decode_policy, read_under_policy, verify_under_policy
from tests.factories.growth import grow
from tests.factories.witnesses import HonestScript, Reply, loopback, policy_of, witness_key

pytestmark = pytest.mark.django_db
NOW = datetime.now(tz=UTC)


def text_of(response):
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def silence(three, *numbers):
    for number in numbers:
        three.witnesses[number].server.script = lambda body: Reply(status=0)


class TestEntryPage:
    def test_names_the_witnesses_and_when_they_cosigned(self, three, client):
        grow(2)
        silence(three, 1)
        cosign(now=NOW)

        text = text_of(client.get("/log/entries/1"))

        assert "Under a cosigned checkpoint" in text
        assert "council cosigned" in text
        assert "court does not answer" in text
        assert "The policy says how many of them have to." in text
        assert "--policy policy" in text
        assert "Provisional" not in text

    def test_d10_says_that_cosignatures_are_awaited(self, three, client):
        grow(2)
        silence(three, 0, 1)
        cosign(now=NOW)

        text = text_of(client.get("/log/entries/1"))

        assert "Recorded, awaiting cosignatures" in text
        assert "Provisional receipt" in text
        assert "league cosigned" in text
        assert "Under a" not in text

    def test_says_that_nobody_witnesses_where_there_is_no_policy(self, client):
        grow()

        text = text_of(client.get("/log/entries/0"))

        assert "No witnesses yet: this installation alone vouches for its log." in text
        assert "Under a signed checkpoint" in text

    @pytest.mark.parametrize("damage", [None, "signature", "root", "name"])
    def test_its_openssl_commands_find_the_logs_own_line_among_many(
        self, use_policy, client, tmp_path, damage
    ):
        log = signing_key().verifier
        keys = [witness_key("first"), witness_key("pq", algorithm=Algorithm.ML_DSA_44)]
        with loopback(HonestScript(keys=keys, log=log)) as server:
            use_policy(policy_of(log, [(k.name, k, server.url) for k in keys], threshold=2))
            grow(5)
            cosign(now=NOW)
            page = html.unescape(client.get("/log/entries/3").content.decode())
        commands = re.search(r"<code>(receipt=receipt-.*?)</code>", page, re.DOTALL)[1]
        receipt = client.get("/log/entries/3.tlog-proof").content.decode()
        own, *others = [row for row in receipt.splitlines() if row.startswith("— ")]
        assert len(others) == 2
        assert own.startswith(f"— {log.name} ")
        mixed = [others[0], own, others[1]]
        receipt = receipt.replace("\n".join([own, *others]), "\n".join(mixed))
        if damage == "signature":
            forged = bytearray(base64.b64decode(own.split(" ")[2]))
            forged[-1] ^= 1
            receipt = receipt.replace(own.split(" ")[2], base64.b64encode(forged).decode())
        elif damage == "root":
            receipt = receipt.replace("\n5\n", "\n6\n")
        elif damage == "name":
            receipt = receipt.replace(own, own.replace(log.name, "other.example/log"))
        (tmp_path / "receipt-3.tlog-proof").write_text(receipt)
        (tmp_path / "3.json").write_bytes(client.get("/log/entries/3.json").content)

        done = subprocess.run(
            ["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False
        )

        assert ("every step held" in done.stdout) is (damage is None), done


class TestBoard:
    def test_names_who_cosigned_the_newest_checkpoint_and_what_waits(self, three, client):
        grow(2)
        cosign(now=NOW)
        silence(three, 0, 1)
        grow(3)
        cosign(now=NOW + timedelta(seconds=1))

        text = text_of(client.get("/log/"))

        assert "Entries under it 2" in text
        assert "Recorded, awaiting cosignatures 3" in text
        assert "council" in text

    def test_says_what_the_first_checkpoint_waits_for(self, three, client):
        silence(three, 0, 1, 2)
        grow(2)
        cosign(now=NOW)

        assert "2 entries are recorded, awaiting cosignatures" in text_of(client.get("/log/"))

    def test_stands_under_a_policy_that_cannot_be_used(self, use_policy, client):
        grow(2)
        use_policy(b"nonsense\n")

        for page in ("/log/", "/log/entries/0", "/log/checkpoints/2", "/verify/receipt/"):
            assert client.get(page).status_code == 200, page
        assert client.get("/log/policy").status_code == 404
        assert client.get("/api/log").json()["policy"] is None
        assert client.get("/health").json()["parts"]["witnesses"]["status"] == "down"


class TestFiles:
    def test_the_policy_is_served_as_the_operator_wrote_it(self, three, use_policy, client):
        written = b"# Agreed on in the council.\n" + three.policy.encode()
        use_policy(written)

        response = client.get("/log/policy")

        assert response.content == written
        assert response.headers["Access-Control-Allow-Origin"] == "*"

    def test_without_witnesses_a_policy_that_asks_for_nobody_is_served(self, client):
        grow()

        policy = decode_policy(client.get("/log/policy").content)

        assert policy.quorum is None
        verify_under_policy(client.get("/log/checkpoint").content, policy)

    def test_every_checkpoint_is_served_with_who_cosigned_it(self, three, client):
        grow(2)
        cosign(now=NOW)
        silence(three, 0, 1)
        grow(3)
        cosign(now=NOW + timedelta(seconds=1))
        silence(three, 2)
        grow(1)

        cosigners = {}
        for size in (2, 5, 6):
            note = client.get(f"/log/checkpoints/{size}").content
            found = read_under_policy(note, three.policy)
            assert found.checkpoint.size == size
            cosigners[size] = len(found.cosignatures)
        assert cosigners == {2: 3, 5: 1, 6: 0}
        assert client.get("/log/checkpoint").content == client.get("/log/checkpoints/2").content
        for size in ("3", "0", str(2**63), "9" * 30):
            assert client.get(f"/log/checkpoints/{size}").status_code == 404

    def test_a_receipt_holds_the_cosignatures(self, three, client):
        grow(2)
        cosign(now=NOW)

        receipt = client.get("/log/entries/0.tlog-proof").content

        note = receipt.split(b"\n\n", 1)[1]
        verify_under_policy(note, three.policy)
        assert len(decode_note(note).signatures) == 4
        assert receipt == receipt_of(index=0)


class TestInterface:
    def test_gives_sizes_policy_and_witnesses(self, three, client):
        grow(2)
        cosign(now=NOW)
        silence(three, 0, 1)
        grow(3)
        cosign(now=NOW + timedelta(seconds=1))

        state = client.get("/api/log").json()

        assert (state["size"], state["signed_size"], state["published_size"]) == (5, 5, 2)
        assert decode_policy(state["policy"].encode()) == three.policy
        assert [(w["name"], w["last_size"], w["state"]) for w in state["witnesses"]] == [
            ("council", 2, "SILENT"),
            ("court", 2, "SILENT"),
            ("league", 5, "CURRENT"),
        ]
        assert verify_checkpoint(state["checkpoint"].encode(), key=three.log).size == 2

    def test_d10_health_is_down_while_the_quorum_is_out_of_reach(self, three, client):
        grow()
        silence(three, 0)
        cosign(now=NOW)
        part = client.get("/health").json()["parts"]["witnesses"]
        assert part == {"status": "up", "witnesses": 3, "troubled": ["council"]}

        silence(three, 1)
        grow()
        cosign(now=NOW + timedelta(seconds=1))

        body = client.get("/health").json()
        assert "witnesses" in body["down"]
        assert "In trouble: council, court." in body["parts"]["witnesses"]["detail"]


class TestStart:
    def test_a_process_does_not_start_with_a_policy_that_cannot_be_used(self, use_policy, settings):
        check_policy()
        use_policy(b"quorum none\n")
        with pytest.raises(Unsound, match="does not name the key of this log"):
            check_policy()
        settings.LOG_POLICY_FILE = "/nonexistent/policy"
        with pytest.raises(Unsound, match="cannot be used"):
            check_policy()
        with pytest.raises(SystemCheckError, match="policy"):
            call_command("check", databases=["default"])

    def test_a_policy_of_this_log_is_fine(self, three):
        check_policy()
