import hashlib
import json
import stat
from datetime import date

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from audit.selectors import (
    ENTRY_KINDS,
    LogKeyMissing,
    LogKeyUnsafe,
    entry_schema,
    log_origin,
    verifier_key,
)
from audit.services.sequencing import sequence
from audit.services.signing import NotForSigning, origin_of, sign_note
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.merkle import leaf_hash, root_of_hashes, verify_inclusion
from evote.tlog.note import VerifierKey, verify_note
from evote.tlog.receipt import decode_receipt, verify_receipt
from evote.tlog.tiles import TiledTree, bundle_addresses, decode_bundle
from tests.conftest import LOG_ORIGIN
from tests.factories.audit import append_ballots

TODAY = date(2026, 11, 21)


@pytest.fixture
def log_of_300(db):
    append_ballots(300)
    sequence(today=TODAY)


def get(client, path):
    response = client.get(f"/log/{path}")
    return response.content if response.status_code == 200 else None


@pytest.mark.usefixtures("log_of_300")
class TestPublicFiles:
    def test_a_stranger_can_check_the_whole_log_over_http(self, client):
        key = VerifierKey.decode(get(client, "key").decode().strip())
        checkpoint = verify_checkpoint(get(client, "checkpoint"), key=key)
        tree = TiledTree(size=checkpoint.size, read_tile=lambda a: get(client, a.path))
        entries = [
            entry
            for address in bundle_addresses(old_size=0, new_size=checkpoint.size)
            for entry in decode_bundle(get(client, address.path), width=address.width)
        ]

        assert checkpoint.origin == log_origin() == LOG_ORIGIN
        assert tree.root() == checkpoint.root == root_of_hashes([*map(leaf_hash, entries)])
        for index in (0, 255, 256, 299):
            verify_inclusion(
                leaf=leaf_hash(entries[index]),
                index=index,
                size=checkpoint.size,
                proof=tree.inclusion_proof(index),
                root=checkpoint.root,
            )
            assert get(client, f"entries/{index}.json") == entries[index]
            receipt = decode_receipt(get(client, f"entries/{index}.tlog-proof"))
            assert verify_receipt(receipt, entry=entries[index], key=key) == checkpoint

    @pytest.mark.parametrize(
        ("path", "content_type", "cache"),
        [
            ("checkpoint", "text/plain; charset=utf-8", "public, max-age=2"),
            ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
            ("tile/0/001.p/44", "application/octet-stream", "public, max-age=31536000, immutable"),
            ("tile/entries/000", "application/octet-stream", "public, max-age=31536000, immutable"),
            ("entries/7.json", "application/json", "public, max-age=31536000, immutable"),
            ("entries/7.tlog-proof", "text/plain; charset=utf-8", "public, max-age=2"),
            ("schemas/booth.json", "application/schema+json", "public, max-age=2"),
        ],
    )
    def test_each_file_has_its_type_and_its_life(self, client, path, content_type, cache):
        response = client.get(f"/log/{path}")

        assert response.status_code == 200
        assert response.headers["Content-Type"] == content_type
        assert response.headers["Cache-Control"] == cache
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert not response.cookies

    @pytest.mark.parametrize(
        "path",
        [
            "tile/0/1",
            "tile/0/002",
            "tile/0/001",
            "tile/0/000.p/0",
            "tile/0/000.p",
            "tile/9/000",
            "tile/0/../../../log.key",
            "tile/0/..%2f..%2flog.key",
            "tile/",
            "tile/entries/",
            "tile/0/000/",
            "entries/300.json",
            "entries/300.tlog-proof",
            "entries/99999999999999999999999.tlog-proof",
            "entries/99999999999999999999999",
            "entries/300",
            "entries/-1",
            "schemas/ballot.json",
            "schemas/README.json",
        ],
    )
    def test_what_is_not_there_is_not_found(self, client, path):
        assert client.get(f"/log/{path}").status_code == 404

    def test_nothing_can_be_sent_to_them(self, client):
        for path in ("checkpoint", "tile/0/000", "entries/7.json", "entries/7", ""):
            assert client.post(f"/log/{path}").status_code == 405

    def test_a_program_that_asks_for_json_gets_the_entry(self, client):
        response = client.get("/log/entries/7", headers={"accept": "application/json"})

        assert response.content == get(client, "entries/7.json")
        assert "Accept" in client.get("/log/entries/7").headers["Vary"]


@pytest.mark.parametrize("kind", sorted(ENTRY_KINDS))
def test_every_schema_is_served_as_it_is_enforced(client, kind):
    assert client.get(reverse("audit:schema", args=[kind])).content == entry_schema(kind)


@pytest.mark.django_db
def test_an_empty_log_has_no_checkpoint_and_says_so(client):
    assert client.get("/log/checkpoint").status_code == 404
    assert "No entries yet" in client.get("/log/").content.decode()


@pytest.mark.usefixtures("log_of_300")
class TestRestInterface:
    def test_shows_the_state_of_the_log(self, client):
        state = client.get("/api/log").json()

        key = VerifierKey.decode(state["key"])
        checkpoint = verify_checkpoint(state["checkpoint"].encode(), key=key)
        assert (state["size"], state["signed_size"], state["waiting"]) == (300, 300, 0)
        assert (checkpoint.size, checkpoint.origin) == (300, state["origin"])

    def test_lists_entries_newest_first_and_all_of_them(self, client):
        found, before = [], None
        while True:
            query = {"limit": 128} | ({"before": before} if before is not None else {})
            answer = client.get("/api/log/entries", query).json()
            found += [entry["index"] for entry in answer["entries"]]
            before = answer["older_before"]
            if before is None:
                break

        assert found == list(range(299, -1, -1))

    def test_lists_entries_of_one_kind(self, client):
        answer = client.get("/api/log/entries", {"kind": "booth"}).json()

        assert answer == {"entries": [], "older_before": None}

    def test_gives_an_entry_with_its_hashes_and_its_receipt(self, client):
        answer = client.get("/api/log/entries/5").json()
        entry = answer["entry"].encode()
        receipt = decode_receipt(client.get("/api/log/entries/5/receipt").content)

        assert json.loads(entry)["kind"] == answer["kind"] == "election-event"
        assert hashlib.sha256(entry).hexdigest() == answer["identity"]
        assert leaf_hash(entry).hex() == answer["leaf_hash"]
        verify_receipt(receipt, entry=entry, key=VerifierKey.decode(verifier_key()))

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/api/log/entries/300", 404, "not_found"),
            ("/api/log/entries/300/receipt", 404, "not_found"),
            ("/api/log/entries?limit=0", 400, "invalid"),
            ("/api/log/entries?limit=257", 400, "invalid"),
            ("/api/log/entries?before=-1", 400, "invalid"),
            ("/api/log/entries?before=9223372036854775808", 400, "invalid"),
            ("/api/log/entries?kind=vote", 400, "invalid"),
        ],
    )
    def test_refuses_with_a_code_and_a_sentence(self, client, path, status, code):
        response = client.get(path)

        assert response.status_code == status
        assert response.json()["code"] == code
        assert response.json()["detail"]

    def test_is_described(self, client):
        description = client.get("/api/schema").content.decode()

        for path in ("/api/log:", "/api/log/entries:", "/api/log/entries/{index}/receipt:"):
            assert path in description


class TestKey:
    def test_is_made_once_and_readable_by_its_owner_alone(self, settings, tmp_path, capsys):
        settings.LOG_KEY_FILE = tmp_path / "deep" / "log.key"
        call_command("make_log_key")
        printed = capsys.readouterr().out.strip()

        assert stat.S_IMODE(settings.LOG_KEY_FILE.stat().st_mode) == 0o600
        assert printed == verifier_key()
        assert log_origin() == origin_of(settings.BASE_URL)
        with pytest.raises(CommandError, match="already"):
            call_command("make_log_key")
        call_command("make_log_key", "--if-missing")
        assert verifier_key() == printed

    def test_keeps_the_origin_when_the_installation_moves(self, settings, tmp_path):
        settings.LOG_KEY_FILE = tmp_path / "log.key"
        call_command("make_log_key", "--origin", "old.example/log", verbosity=0)
        settings.BASE_URL = "https://new.example"

        assert log_origin() == "old.example/log"

    def test_refuses_an_origin_that_no_key_can_have(self, settings, tmp_path):
        settings.LOG_KEY_FILE = tmp_path / "log.key"
        with pytest.raises(CommandError, match="named"):
            call_command("make_log_key", "--origin", "two words")

        assert not settings.LOG_KEY_FILE.exists()

    def test_is_missed_with_the_command_that_makes_it(self, settings, tmp_path):
        settings.LOG_KEY_FILE = tmp_path / "none"
        with pytest.raises(LogKeyMissing, match=r"manage\.py make_log_key"):
            verifier_key()

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_is_refused_when_others_may_read_it(self, settings, tmp_path, mode):
        settings.LOG_KEY_FILE = tmp_path / "log.key"
        call_command("make_log_key", verbosity=0)
        settings.LOG_KEY_FILE.chmod(mode)
        with pytest.raises(LogKeyUnsafe, match="chmod 600"):
            verifier_key()

    @pytest.mark.parametrize(
        ("url", "origin"),
        [
            ("https://vote.example.org", "vote.example.org/log"),
            ("https://vote.example.org/pnyx/", "vote.example.org/pnyx/log"),
            ("http://127.0.0.1:8000", "127.0.0.1:8000/log"),
        ],
    )
    def test_is_named_after_the_address_of_the_log(self, url, origin):
        assert origin_of(url) == origin

    def test_never_appears_in_the_database_or_in_the_published_files(self, db):
        append_ballots(1)
        sequence(today=TODAY)
        secret = settings.LOG_KEY_FILE.read_text().strip().split("+", 4)[4]

        files = [p for p in (settings.DATA_DIR / "log").rglob("*") if p.is_file()]
        assert files
        assert all(secret.encode() not in path.read_bytes() for path in files)
        assert settings.LOG_KEY_FILE.stat().st_mode & 0o077 == 0


class TestSignNote:
    def test_signs_in_the_installations_name(self):
        note = sign_note(text="pnyx promise 1\nhfd19JUwUteUwr\n")

        key = VerifierKey.decode(verifier_key())
        assert verify_note(note.encode(), keys=[key]).text == "pnyx promise 1\nhfd19JUwUteUwr\n"

    @pytest.mark.parametrize("rest", ["\n", "\n1\nAAAA\n", "\n9\nanything\n"])
    def test_signs_nothing_that_could_pass_for_a_checkpoint(self, rest):
        with pytest.raises(NotForSigning):
            sign_note(text=log_origin() + rest)
