import json
import re
import threading
from dataclasses import replace
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from evote.election import decode_election
from evote.encoding import encode_json
from evote.record import read_record
from tests.factories.evote import PLAIN, make_world, write_complete_record
from tests.factories.profile import make_profile_world, write_files
from tests.factories.records import CLOSED, COMPLETE, write

UUID = decode_election(read_record(COMPLETE).events[0].objects[0]).uuid


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.names = set()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.fixture
def server():
    """Serve the given answers to one GET after the other, the last one again and again."""
    answers: list[bytes] = []
    asked = []
    beside = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = urlsplit(self.path)
            if path.path.endswith(".pnyx.json"):
                found = beside.get(path.query)
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(found or b"")
                return
            asked.append(self.path)
            data = answers[min(len(asked), len(answers)) - 1]
            self.send_response(200 if data else 503)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()

    def serve(*data, uuid=UUID, companions=()):
        answers[:] = data
        beside.update(companions)
        return f"http://127.0.0.1:{httpd.server_port}/elections/{uuid}/"

    yield serve
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def follow(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run("verify", "--follow", "--every", "1", *arguments)


class TestSeveralRecords:
    def test_each_is_checked_and_the_worst_decides(self, run):
        good, waiting = write("a.bel", COMPLETE), write("b.bel", CLOSED)
        assert run("verify", good, good)[0] == 0
        assert run("verify", good, waiting)[0] == 3
        status, output, _ = run("verify", waiting, write("c.bel", COMPLETE[:-512]), good)
        assert status == 1
        assert re.findall("^== .*$", output, re.MULTILINE) == ["== b.bel", "== c.bel", "== a.bel"]

    def test_json_names_each_record(self, run):
        _, output, _ = run("verify", "--json", write("a.bel", COMPLETE), write("b.bel", CLOSED))
        assert [(item["source"], item["verdict"]) for item in json.loads(output)] == [
            ("a.bel", "complete"),
            ("b.bel", "unfinished"),
        ]


class TestSecondFile:
    @pytest.fixture
    def files(self):
        world = make_profile_world(questions=[PLAIN], voters=1)
        return write_files(world, [(0, world.ballot(0, [[0, 1, 1]]))])

    def test_it_is_read_from_beside_the_record(self, run, files):
        write("a.pnyx.json", files.companion)
        status, output, _ = run("verify", write("a.bel", files.record))
        assert status == 0
        assert "16. The strong decryption proofs: passed" in output
        assert "profile 1: the election asks for its second file" in output

    def test_without_it_an_election_that_asks_for_it_is_invalid(self, run, files):
        status, output, _ = run("verify", write("a.bel", files.record))
        assert status == 1
        assert ".pnyx.json, which is missing" in output.replace("\n      ", " ")

    def test_of_an_election_without_it_the_report_says_so(self, run):
        status, output, _ = run("verify", write("a.bel", COMPLETE))
        assert status == 0
        assert "profile 0: the election consists of its record alone" in output
        assert "12. The second file: this election has none" in output


class TestReport:
    def page(self, run, *records):
        status, *_ = run("verify", *records, "--report", "report.html")
        return status, Path("report.html").read_text(encoding="utf-8")

    def test_says_the_verdict_the_result_and_every_step(self, run):
        status, page = self.page(run, write("a.bel", COMPLETE))
        assert status == 0
        assert "Valid and complete. Every step of the check passed." in page
        assert len(re.findall('<th scope="row">[0-9]+\\. ', page)) >= 10
        assert '<td class="count">1</td>' in page
        assert "evote verify a.bel" in page

    def test_of_an_invalid_record_no_number_is_shown(self, run):
        status, page = self.page(run, write("a.bel", COMPLETE[:-512]))
        assert status == 1
        assert "do not believe it" in page
        assert 'class="count"' not in page

    def test_loads_nothing_and_runs_nothing_whatever_the_record_says(self, run):
        hostile = '<script>alert(1)</script><img src="https://example.org/x">\x1b[2J'
        question = replace(PLAIN, text=hostile, answers=(hostile, "B", "C"))
        world = make_world(questions=[question])
        _, page = self.page(run, write("a.bel", write_complete_record(world, []).data()))
        assert "\x1b" not in page
        assert "default-src 'none'" in page
        elements = Elements()
        elements.feed(page)
        assert not elements.names & {"script", "img", "link", "iframe", "a", "form"}
        assert not elements.attributes & {"src", "href", "style", "onclick", "onload"}

    def test_of_several_records_there_is_one_page(self, run):
        _, page = self.page(run, write("a.bel", COMPLETE), write("b.bel", CLOSED))
        assert page.count("<section>") == 2


class TestFollow:
    def test_watches_until_the_record_is_complete(self, server, follow):
        status, output, _ = follow(server(CLOSED, CLOSED, b"", COMPLETE))
        assert status == 0
        assert output.count("valid so far") == 1
        assert output.count("not reached, will ask again") == 1
        assert output.endswith("VALID AND COMPLETE: every step passed.\n")
        assert Path(f"{UUID}.bel").read_bytes() == COMPLETE

    @pytest.mark.parametrize("now", [CLOSED[:-512], CLOSED[:-1] + b"x"])
    def test_a_board_that_shrinks_or_changes_is_said_and_both_are_kept(self, server, follow, now):
        status, output, _ = follow(server(CLOSED, now), "--copy", "seen.bel")
        assert status == 1
        assert "THE BOARD WAS CHANGED" in output
        assert Path("seen.bel").read_bytes() == CLOSED
        assert Path("seen.bel.contradiction").read_bytes() == now

    def test_remembers_what_it_saw_before_a_restart(self, server, follow):
        Path("seen.bel").write_bytes(COMPLETE)
        status, output, _ = follow(server(CLOSED), "--copy", "seen.bel")
        assert status == 1
        assert f"they part after byte {len(CLOSED)}" in output

    def test_an_invalid_record_ends_the_watch(self, server, follow):
        status, output, _ = follow(server(COMPLETE[:-512]))
        assert status == 1
        assert output.endswith("INVALID: do not believe this record.\n")

    @pytest.mark.parametrize("is_cheating", [False, True])
    def test_the_second_file_must_only_grow_too(self, server, follow, is_cheating):
        world = make_profile_world(questions=[PLAIN], voters=1)
        votes = [(0, world.ballot(0, [[0, 1, 1]]))]
        opened, whole = write_files(world, votes, until="Ballot"), write_files(world, votes)
        # Signed anew, with other random numbers: as valid as before, but another statement.
        other = write_files(world, votes).companion
        companion = json.loads(whole.companion) | {
            name: json.loads(other if is_cheating else opened.companion)[name]
            for name in ("ceremony", "casts")
        }
        address = server(
            opened.record,
            whole.record,
            uuid=world.election.uuid,
            companions={
                "height=1": opened.companion,
                f"height={len(read_record(whole.record).events) - 1}": encode_json(companion),
            },
        )
        status, output, _ = follow(address)
        if not is_cheating:
            assert status == 0
            return
        assert status == 1
        assert "THE BOARD WAS CHANGED: the second file" in output
        assert Path(f"{world.election.uuid}.pnyx.json").read_bytes() == opened.companion

    @pytest.mark.parametrize(
        "arguments",
        [("a.bel",), ("http://127.0.0.1:1/",), ("a.bel", "b.bel"), ("a.bel", "--json")],
    )
    def test_needs_the_address_of_one_election(self, follow, arguments):
        status, _, errors = follow(*arguments)
        assert status == 2
        assert "--follow" in errors
