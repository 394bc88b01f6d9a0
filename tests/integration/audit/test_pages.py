import base64
import hashlib
import html
import re
import subprocess
from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import LogEntry
from audit.selectors import entry_by_identity, receipt_of, verifier_key
from audit.services import sequencing
from audit.services.log import append_entry
from audit.services.sequencing import sequence
from evote.cli.main import main
from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.merkle import leaf_hash
from evote.tlog.note import SigningKey
from evote.tlog.receipt import Receipt, decode_receipt
from tests.factories.accounts import make_user
from tests.factories.audit import BODIES, append_ballots, ballot_event

TODAY = date(2026, 11, 21)
BALLOT = b'{"ballot":"of mine"}'
TRACKER = base64.b64encode(hashlib.sha256(BALLOT).digest()).decode().rstrip("=")


@pytest.fixture
def log(db):
    """Every kind of entry, then a ballot of mine, then six of others."""
    for kind, body in BODIES.items():
        append_entry(kind=kind, body=body)
    append_entry(kind="election-event", body=ballot_event(ballot=BALLOT.decode()))
    append_ballots(SIZE - MINE - 1)
    sequence(today=TODAY)


MINE = len(BODIES)
SIZE = MINE + 7


def shown_in(response):
    return re.sub(r"<template.*?</template>", " ", response.content.decode(), flags=re.DOTALL)


def text_of(response):
    plain = re.sub(r"<[^>]+>", " ", shown_in(response))
    return re.sub(r"\s+", " ", html.unescape(plain))


def indexes_on(response):
    return [
        int(n)
        for n in re.findall(
            r'<th scope="row"[^>]*>\s*<a[^>]*>\s*(\d+)\s*<', response.content.decode()
        )
    ]


@pytest.mark.usefixtures("log")
class TestBoard:
    def test_shows_the_newest_entry_first_and_says_what_happened(self, client):
        response = client.get("/log/")

        assert indexes_on(response) == list(range(SIZE - 1, -1, -1))
        text = text_of(response)
        assert "A ballot was cast in the election" in text
        assert "The roll of the election hfd19JUwUteUwr was sealed with 204 people on it." in text
        assert "A moderator removed a comment (rule no-insults)." in text
        assert "cannot put into words" not in text
        assert f"Entries under it {SIZE}" in text
        assert not response.cookies

    @pytest.mark.parametrize("kind", sorted(BODIES))
    def test_filters_by_kind(self, client, kind):
        indexes = indexes_on(client.get("/log/", {"kind": kind}))

        assert list(BODIES).index(kind) in indexes
        assert len(indexes) == (SIZE - MINE + 1 if kind == "election-event" else 1)

    def test_leads_to_older_and_newer_entries(self, client):
        append_ballots(25)
        sequence(today=TODAY)
        size = SIZE + 25
        first = client.get("/log/")
        assert indexes_on(first) == list(range(size - 1, size - 26, -1))
        assert "Newer entries" not in text_of(first)

        second = client.get("/log/?before=" + str(size - 25))
        assert indexes_on(second) == list(range(size - 26, -1, -1))
        assert f"?before={size - 25}" in first.content.decode()
        assert "Older entries" not in text_of(second)
        assert f"after={size - 26}" in second.content.decode()

        back = client.get(f"/log/?after={size - 26}")
        assert indexes_on(back) == indexes_on(first)

    @pytest.mark.parametrize(
        "typed",
        [
            TRACKER,
            TRACKER[:8],
            f"{TRACKER[:4]} {TRACKER[4:8]}",
            TRACKER.replace("+", "-").replace("/", "_"),
            hashlib.sha256(BALLOT).hexdigest(),
            hashlib.sha256(BALLOT).hexdigest()[:12].upper(),
            f" {MINE} ",
            f"#{MINE}",
        ],
    )
    def test_finds_an_entry_by_tracker_hash_or_number(self, client, typed):
        assert indexes_on(client.get("/log/", {"q": typed})) == [MINE]

    def test_finds_an_entry_by_its_own_hash(self, client):
        identity = bytes(LogEntry.objects.get(index=2).identity).hex()

        assert indexes_on(client.get("/log/", {"q": identity})) == [2]

    @pytest.mark.parametrize(
        "typed",
        [
            TRACKER[:7],
            "A" * 43,
            "0" * 64,
            "no such thing",
            "%_*",
            "9999999",
            "9" * 30,
            "é" * 12,
            "\u0664",
        ],
    )
    def test_says_so_when_nothing_is_found(self, client, typed):
        response = client.get("/log/", {"q": typed})

        assert response.status_code == 200
        assert "Nothing found" in text_of(response)

    @pytest.mark.parametrize(
        "query",
        ["kind=vote", "before=x", "before=-1", "after=99999999999999999999", "q=" + "a" * 201],
    )
    def test_refuses_what_it_cannot_read(self, client, query):
        assert client.get(f"/log/?{query}").status_code == 400

    def test_survives_a_character_that_the_database_has_no_place_for(self, client):
        assert client.get("/log/?q=a%00b").status_code in {200, 400}

    def test_escapes_what_was_typed(self, client):
        response = client.get("/log/", {"q": '"><script>alert(1)</script>'})

        assert b"<script>alert" not in response.content

    def test_asks_the_database_the_same_number_of_questions_however_long_it_is(
        self, client, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(13):
            client.get("/log/")


@pytest.mark.usefixtures("log")
class TestEntryPage:
    @pytest.mark.parametrize("index", range(MINE + 1))
    def test_shows_every_kind_of_entry_with_its_bytes_and_its_proof(self, client, index):
        response = client.get(f"/log/entries/{index}")

        entry = LogEntry.objects.get(index=index)
        text = text_of(response)
        assert response.status_code == 200
        assert entry.text in text
        assert leaf_hash(entry.text.encode()).hex() in text
        assert f"That is the root in the signed checkpoint of {SIZE} entries." in text
        assert "Under a signed checkpoint" in text
        assert verifier_key() in text

    def test_shows_the_tracker_of_a_ballot(self, client):
        groups = " ".join(TRACKER[i : i + 4] for i in range(0, 43, 4))

        assert groups in text_of(client.get(f"/log/entries/{MINE}"))

    def test_leads_to_the_neighbours(self, client):
        page = client.get("/log/entries/0").content.decode()
        assert re.search(r'href="/log/entries/1"\s+rel="next"', page)
        assert 'rel="prev"' not in page
        assert 'rel="next"' not in client.get(f"/log/entries/{SIZE - 1}").content.decode()

    def test_says_when_no_checkpoint_covers_the_entry_yet(self, client):
        append_ballots(1)
        sequencing.take_in_pending()

        text = text_of(client.get(f"/log/entries/{SIZE}"))

        assert "Waiting for a checkpoint" in text
        assert "Receipt" not in text.split("Take it with you")[1].split("Take part")[0]

    def test_names_the_receipt_after_the_entry(self, client):
        response = client.get(f"/log/entries/{MINE}.tlog-proof")

        assert f"receipt-{MINE}.tlog-proof" in response.headers["Content-Disposition"]

    @pytest.mark.parametrize("index", [0, 9, MINE, SIZE - 1])
    @pytest.mark.parametrize("damage", [None, "entry", "signature", "root"])
    def test_its_commands_check_the_receipt_with_openssl_alone(
        self, client, tmp_path, index, damage
    ):
        page = html.unescape(client.get(f"/log/entries/{index}").content.decode())
        commands = re.search(r"<code>(receipt=receipt-.*?)</code>", page, re.DOTALL)[1]
        receipt = client.get(f"/log/entries/{index}.tlog-proof").content
        entry = client.get(f"/log/entries/{index}.json").content
        if damage == "entry":
            entry += b"\n"
        elif damage == "signature":
            receipt = receipt[:-6] + bytes([receipt[-6] ^ 1]) + receipt[-5:]
        elif damage == "root":
            receipt = receipt.replace(b"\n%d\n" % SIZE, b"\n%d\n" % (SIZE + 1))
        (tmp_path / f"receipt-{index}.tlog-proof").write_bytes(receipt)
        (tmp_path / f"{index}.json").write_bytes(entry)

        done = subprocess.run(
            ["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False
        )

        assert ("every step held" in done.stdout) is (damage is None), done
        assert (done.returncode == 0) is (damage is None)


@pytest.mark.usefixtures("log")
class TestCheckingAReceipt:
    def receipt(self, index=MINE):
        return receipt_of(index=index)

    def send(self, client, *, receipt=None, name="receipt.tlog-proof", **fields):
        if receipt is not None:
            fields["receipt"] = SimpleUploadedFile(name, receipt)
        return client.post(reverse("audit:check-receipt"), fields)

    def test_shows_a_form_that_works_without_a_script(self, client):
        response = client.get("/verify/receipt/")
        page = response.content.decode()

        assert 'enctype="multipart/form-data"' in page
        assert re.search(r'<input type="file"\s+name="receipt"', page)
        assert "This server checks the file and does not keep it." in text_of(response)
        assert verifier_key() in html.unescape(page)
        assert not response.cookies

    def test_numbers_the_steps_that_held(self, client):
        response = self.send(client, receipt=self.receipt())

        text = text_of(response)
        assert response.status_code == 200
        assert "The entry is in the log" in text
        assert "receipt.tlog-proof, checked by this server just now" in text
        assert f"The log signed checkpoint {SIZE}" in text
        assert f"hashes lead from entry {MINE} to the root" in text
        assert shown_in(response).count("pnyx-checks__state") == 4
        assert "A ballot was cast" in text

    @pytest.mark.parametrize("how", ["tracker", "ballot"])
    def test_says_that_it_is_this_ballot(self, client, how):
        given = {
            "tracker": " ".join(TRACKER[i : i + 4] for i in range(0, 43, 4)),
            "ballot": SimpleUploadedFile("ballot.json", BALLOT),
        }
        response = self.send(client, receipt=self.receipt(), **{how: given[how]})

        assert "This ballot is in the log" in text_of(response)
        assert shown_in(response).count("pnyx-checks__state") == 5

    def test_takes_a_pasted_receipt_as_browsers_send_it(self, client):
        pasted = self.receipt().decode().replace("\n", "\r\n").rstrip()

        assert "The entry is in the log" in text_of(self.send(client, pasted=pasted))

    def test_takes_the_entry_when_the_receipt_does_not_carry_it(self, client):
        whole = decode_receipt(self.receipt())
        bare = Receipt(index=whole.index, proof=whole.proof, checkpoint=whole.checkpoint).encode()
        entry = SimpleUploadedFile("entry.json", whole.extra)

        assert "does not carry the entry" in text_of(self.send(client, receipt=bare))
        assert "The entry is in the log" in text_of(self.send(client, receipt=bare, entry=entry))

    def test_checks_a_receipt_of_another_log_with_its_key(self, client):
        key = SigningKey.generate(name="other.example/log")
        entry = b'{"kind":"elsewhere"}'
        note = sign_checkpoint(size=1, root=leaf_hash(entry), key=key)
        receipt = Receipt(index=0, proof=(), checkpoint=note, extra=entry).encode()

        own = text_of(self.send(client, receipt=receipt))
        assert "This receipt is of another log" in own
        assert "the log other.example/log, not" in own
        theirs = text_of(self.send(client, receipt=receipt, key=key.verifier.encode()))
        assert "The entry is in the log" in theirs
        assert "An entry of a kind that this page cannot put into words." in theirs

    @pytest.mark.parametrize(
        "extra",
        [
            b"[]",
            b"\xff",
            b"not json",
            b'{"kind":',
            b'{"kind":{}}',
            b'{"election":"x","kind":"roll-sealed","people":"many"}',
            b'{"kind":"booth","kind":"booth"}',
        ],
    )
    def test_an_entry_of_another_log_may_be_anything(self, client, extra):
        key = SigningKey.generate(name="other.example/log")
        note = sign_checkpoint(size=1, root=leaf_hash(extra), key=key)
        receipt = Receipt(index=0, proof=(), checkpoint=note, extra=extra).encode()

        response = self.send(client, receipt=receipt, key=key.verifier.encode())

        assert "The entry is in the log" in text_of(response)

    @pytest.mark.parametrize(
        ("change", "title", "reason"),
        [
            (lambda r: b"", "This is not a receipt", "first line"),
            (lambda r: b"hello", "This is not a receipt", "first line"),
            (lambda r: b"\x89PNG\r\n\x1a\n\0\0", "This is not a receipt", "ASCII"),
            (lambda r: r[: len(r) // 2], "This is not a receipt", ""),
            (
                lambda r: r.replace(b"\n%d\n" % SIZE, b"\n%d\n" % (SIZE + 1)),
                "The log’s key did not sign this checkpoint",
                "does not fit the text",
            ),
            (
                lambda r: r.replace(b"index %d" % MINE, b"index %d" % (MINE + 1)),
                "The receipt does not match the log",
                "do not lead to the signed root",
            ),
        ],
    )
    def test_a_bad_receipt_gets_a_clear_message_and_no_seal(self, client, change, title, reason):
        response = self.send(client, receipt=change(self.receipt()))

        text = text_of(response)
        assert response.status_code == 200
        assert title in text
        assert reason in text
        assert "pnyx-seal" not in shown_in(response)
        assert re.search(r"step \d failed", text)

    def test_another_ballots_receipt_is_told_apart(self, client):
        text = text_of(self.send(client, receipt=self.receipt(MINE + 1), tracker=TRACKER))

        assert "This receipt is not that of your ballot" in text
        assert "step 5 failed: the entry records another ballot" in text

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({}, "Choose a receipt, or paste its text."),
            ({"pasted": "  \r\n "}, "Choose a receipt, or paste its text."),
            ({"pasted": "x", "tracker": "short"}, "A tracker has 43 characters"),
            ({"pasted": "x", "tracker": "!" * 43}, "A tracker has 43 characters"),
            ({"pasted": "x", "key": "nonsense"}, "This is not the key of a log"),
            ({"pasted": "x" * 1_200_001}, "at most 1200000"),
        ],
    )
    def test_a_form_that_cannot_be_read_says_what_to_do(self, client, fields, message):
        response = self.send(client, **fields)

        assert response.status_code == 400
        assert message in text_of(response).replace(",", "") or message in text_of(response)

    def test_a_file_that_is_too_large_is_refused(self, client):
        response = self.send(client, receipt=b"x" * 1_200_001)

        assert response.status_code == 400
        assert "at most 1200 kB" in text_of(response)

    def test_an_upload_that_no_receipt_can_be_is_refused_unread(self, client):
        response = self.send(client, receipt=b"x" * 3_000_000)

        assert response.status_code == 413
        assert "more than 2621 kB. Nothing of it was read." in text_of(response)

    def test_a_receipt_from_the_site_satisfies_the_command_line(self, client, tmp_path, capsys):
        path = tmp_path / "receipt.tlog-proof"
        path.write_bytes(client.get(f"/log/entries/{MINE}.tlog-proof").content)
        key = client.get("/log/key").content.decode().strip()
        arguments = ["receipt", "check", str(path), "--key", key, "--tracker"]

        assert main([*arguments, TRACKER]) == 0
        assert "5. The entry is of this ballot: yes" in capsys.readouterr().out
        assert main([*arguments, "A" * 43]) == 1

    def test_a_file_and_a_pasted_receipt_are_one_too_many(self, client):
        response = self.send(client, receipt=self.receipt(), pasted="x")

        assert response.status_code == 400
        assert "two receipts" in text_of(response)

    def test_the_files_name_is_escaped(self, client):
        response = self.send(
            client, receipt=self.receipt(), name="<img src=x onerror=1>.tlog-proof"
        )

        assert b"<img src" not in response.content

    def test_nothing_is_kept(self, client):
        self.send(client, receipt=self.receipt())

        assert "no-store" in self.send(client, receipt=self.receipt()).headers["Cache-Control"]
        assert LogEntry.objects.count() == SIZE


@pytest.mark.usefixtures("log")
class TestAdmin:
    @pytest.mark.parametrize(
        "model", ["logentry", "pendingentry", "treehead", "checkpoint", "tile"]
    )
    def test_shows_the_tables_and_offers_no_change(self, rf, model):
        site_admin = admin.site._registry[apps.get_model("audit", model)]
        request = rf.get("/")
        request.user = make_user(password=None)
        request.user.is_superuser = request.user.is_staff = True

        assert site_admin.has_view_permission(request)
        assert not site_admin.has_add_permission(request)
        assert not site_admin.has_change_permission(request)
        assert not site_admin.has_delete_permission(request)
        assert site_admin.changelist_view(request).render().status_code == 200


@pytest.mark.django_db
def test_an_entry_waits_without_a_page():
    (identity,) = append_ballots(1)

    assert entry_by_identity(identity) is None
