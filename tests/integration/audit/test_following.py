"""Following the log: by what it is about, as a feed, day by day, and at ten million entries."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.analysis.charts import growth_chart, witness_chart
from audit.models import Checkpoint, LogEntry, TreeHead
from audit.selectors import ENTRY_KINDS, EntryQuery, entries_matching, entry_page, growth
from audit.services.cosigning import cosign
from audit.services.log import append_entry
from audit.services.sequencing import sequence, take_in_pending
from audit.views.feed import sentence_of
from tests.conftest import LOG_ORIGIN
from tests.factories.audit import BODIES, ELECTION, append_ballots, ballot_event
from tests.integration.audit.test_pages import indexes_on, text_of

TODAY = date(2026, 11, 21)
ATOM = {"a": "http://www.w3.org/2005/Atom"}
FEED = "/log/feed.atom"
OF_ELECTION = [
    "election-event",
    "election-outcome",
    "roll-sealed",
    "credentials-listed",
    "credential-replaced",
]
OF_CONSULTATION = ["consultation-phase", "rule-fired", "proposal", "moderation", "appeal"]


@pytest.fixture
def log(db):
    for kind, body in BODIES.items():
        append_entry(kind=kind, body=body)
    sequence(today=TODAY)


def places_of(kinds):
    return sorted((list(BODIES).index(kind) for kind in kinds), reverse=True)


def read(response):
    return ElementTree.fromstring(response.content)  # noqa: S314 - our own


def texts(tree, path):
    return [element.text for element in tree.findall(path, ATOM)]


def address(tree, rel):
    (found,) = [link.get("href") for link in tree.findall("a:link", ATOM) if link.get("rel") == rel]
    return found


@pytest.mark.usefixtures("log")
class TestAboutOneThing:
    def test_the_board_shows_what_an_election_wrote(self, client):
        append_entry(kind="election-event", body=ballot_event(election="z" * 14))
        sequence(today=TODAY)

        response = client.get("/log/", {"election": ELECTION})

        assert indexes_on(response) == places_of(OF_ELECTION)
        assert f"Only entries about the election {ELECTION} ." in text_of(response)

    def test_the_board_shows_what_a_consultation_wrote(self, client):
        response = client.get("/log/", {"consultation": "town-trees"})

        assert indexes_on(response) == places_of(OF_CONSULTATION)

    def test_the_kind_narrows_it_further(self, client):
        wanted = {"consultation": "town-trees", "kind": "appeal"}
        response = client.get("/log/", wanted)

        assert indexes_on(response) == places_of(["appeal"])
        page = response.content.decode()
        assert 'name="consultation" value="town-trees"' in re.sub(r"\s+", " ", page)
        assert "language=en" in page
        assert "kind=appeal" in page

    def test_one_that_wrote_nothing_has_an_empty_page(self, client):
        text = text_of(client.get("/log/", {"election": "z" * 14}))

        assert "The log holds nothing of this kind about it." in text

    @pytest.mark.parametrize(
        "query",
        [{"election": "short"}, {"election": "0" * 14}, {"consultation": "no such place"}],
    )
    def test_what_cannot_be_an_address_is_refused(self, client, query):
        assert client.get("/log/", query).status_code == 400
        assert client.get(FEED, query).status_code == 400

    def test_an_entry_leads_to_the_page_of_what_it_is_about(self, client):
        links = {
            "roll-sealed": f"/elections/{ELECTION}/",
            "consultation-phase": "/consultations/town-trees/",
            "proposal": "/proposals/17/versions/",
            "moderation": "/moderation/log/?consultation=town-trees",
            "software": "/source/",
            "evidence": "/verify/receipt/",
            "key-rotation": "/log/keys",
        }
        board = client.get("/log/").content.decode()
        for kind, link in links.items():
            assert f'href="{link}"' in board, kind
        entry = client.get(f"/log/entries/{list(BODIES).index('proposal')}").content.decode()
        assert 'href="/log/?consultation=town-trees"' in entry
        assert 'href="/proposals/17/versions/"' in entry


@pytest.mark.usefixtures("log")
class TestRestInterface:
    def test_lists_what_is_about_one_thing(self, client):
        for query, kinds in (
            ({"election": ELECTION}, OF_ELECTION),
            ({"consultation": "town-trees"}, OF_CONSULTATION),
            ({"consultation": "town-trees", "kind": "appeal"}, ["appeal"]),
        ):
            listed = client.get("/api/log/entries", query).json()["entries"]
            assert [entry["index"] for entry in listed] == places_of(kinds)

    def test_refuses_what_cannot_be_an_address(self, client):
        for query in ({"election": "short"}, {"consultation": "no such place"}):
            assert client.get("/api/log/entries", query).status_code == 400


@pytest.mark.usefixtures("log")
class TestLookingForNewerEntries:
    def test_begins_after_the_newest_entry_on_the_page(self, client):
        newest = len(BODIES) - 1
        page = client.get("/log/").content.decode()
        link = re.search(r'href="([^"]*)">\s*Look for newer entries', page)[1]

        assert link == f"?after={newest}"
        nothing = client.get(f"/log/{link}")
        assert "Nothing newer yet" in text_of(nothing)
        append_ballots(2)
        sequence(today=TODAY)
        assert indexes_on(client.get(f"/log/{link}")) == [newest + 2, newest + 1]

    def test_can_be_done_again_from_a_page_with_nothing_newer(self, client):
        page = client.get(f"/log/?kind=booth&after={len(BODIES) - 1}").content.decode()

        assert f'href="?kind=booth&amp;after={len(BODIES) - 1}"' in page

    def test_is_not_offered_where_newer_ones_are_known(self, client):
        assert "Look for newer" not in text_of(client.get("/log/?before=3"))


class TestFeed:
    @pytest.mark.usefixtures("log")
    def test_tells_every_entry_in_words_with_ids_that_outlive_the_address(self, client, settings):
        settings.BASE_URL = "https://moved.example"
        tree = read(client.get(FEED))

        size = len(BODIES)
        assert texts(tree, "a:id") == [f"https://{LOG_ORIGIN}/feed"]
        assert texts(tree, "a:entry/a:id") == [
            f"https://{LOG_ORIGIN}/entries/{index}" for index in range(size - 1, -1, -1)
        ]
        summaries = texts(tree, "a:entry/a:summary")
        assert "The roll of the election hfd19JUwUteUwr was sealed with 204 people on it." in (
            summaries
        )
        assert all(text and "cannot put into words" not in text for text in summaries)
        assert all(json.loads(text)["kind"] for text in texts(tree, "a:entry/a:content"))
        first = tree.find("a:entry", ATOM)
        assert address(first, "alternate") == f"https://moved.example/log/entries/{size - 1}"
        assert address(first, "related").endswith(f"/log/entries/{size - 1}.tlog-proof")

    @pytest.mark.usefixtures("log")
    def test_tells_no_finer_time_than_the_day_of_the_first_checkpoint(self, client):
        append_ballots(1)
        sequence(today=TODAY + timedelta(days=1))

        tree = read(client.get(FEED))

        assert texts(tree, "a:updated") == ["2026-11-22T00:00:00Z"]
        assert texts(tree, "a:entry/a:updated") == [
            "2026-11-22T00:00:00Z",
            *["2026-11-21T00:00:00Z"] * len(BODIES),
        ]

    @pytest.mark.usefixtures("log")
    def test_leaves_out_what_no_checkpoint_covers_yet(self, client):
        append_ballots(3)
        take_in_pending()

        assert len(read(client.get(FEED)).findall("a:entry", ATOM)) == len(BODIES)

    @pytest.mark.usefixtures("log")
    @pytest.mark.parametrize(
        ("query", "kinds"),
        [
            ({"kind": "appeal"}, ["appeal"]),
            ({"election": ELECTION}, OF_ELECTION),
            ({"consultation": "town-trees"}, OF_CONSULTATION),
            ({"consultation": "town-trees", "kind": "proposal"}, ["proposal"]),
            ({"election": "z" * 14}, []),
        ],
    )
    def test_can_be_of_one_kind_and_about_one_thing(self, client, query, kinds):
        tree = read(client.get(FEED, query))

        ids = texts(tree, "a:entry/a:id")
        assert [int(text.rsplit("/", 1)[1]) for text in ids] == places_of(kinds)
        wanted = "&".join(f"{name}={query[name]}" for name in sorted(query, reverse=True))
        assert texts(tree, "a:id") == [f"https://{LOG_ORIGIN}/feed?{wanted}"]

    @pytest.mark.usefixtures("log")
    def test_leads_on_to_all_older_entries(self, client, settings):
        append_ballots(40)
        sequence(today=TODAY)
        seen, page = [], settings.BASE_URL + FEED
        while page:
            tree = read(client.get(page.removeprefix(settings.BASE_URL)))
            seen += texts(tree, "a:entry/a:id")
            links = {link.get("rel"): link.get("href") for link in tree.findall("a:link", ATOM)}
            page = links.get("next")

        assert len(seen) == len(set(seen)) == len(BODIES) + 40

    @pytest.mark.usefixtures("log")
    def test_has_its_language_in_its_address_and_is_the_same_for_everybody(self, client):
        chinese = client.get(FEED, {"language": "zh-hans"})
        english = client.get(FEED, headers={"accept-language": "zh-hans"})

        assert chinese.headers["Content-Language"] == "zh-hans"
        assert read(chinese).get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-hans"
        assert english.headers["Content-Language"] == "en"
        assert english.content == client.get(FEED, {"language": "tlh"}).content
        assert english.headers["Cache-Control"] == "public, max-age=60"
        assert english.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        assert "Cookie" not in english.headers.get("Vary", "")
        assert not english.cookies

    @pytest.mark.usefixtures("log")
    def test_is_not_sent_again_to_who_has_it(self, client):
        first = client.get(FEED)
        again = client.get(FEED, headers={"if-none-match": first.headers["ETag"]})

        assert again.status_code == 304

    @pytest.mark.django_db
    def test_of_an_empty_log_is_a_feed_all_the_same(self, client):
        tree = read(client.get(FEED))

        assert tree.findall("a:entry", ATOM) == []
        assert texts(tree, "a:updated") == ["1970-01-01T00:00:00Z"]

    @pytest.mark.usefixtures("log")
    def test_is_named_on_the_board_with_what_is_shown(self, client):
        page = client.get("/log/?kind=appeal&before=99").content.decode()

        assert 'href="/log/feed.atom?kind=appeal&amp;language=en"' in page

    @pytest.mark.usefixtures("log")
    def test_says_nothing_that_could_be_markup(self, client):
        for entry in LogEntry.objects.all():
            assert "<" not in sentence_of(entry)
            assert "&" not in sentence_of(entry)


def sign_at(day, *, size):
    head = TreeHead.objects.create(size=size, root=bytes(32))
    Checkpoint.objects.create(head=head, note=b"", signed_date=day)


@pytest.mark.django_db
class TestGrowth:
    def test_says_how_long_the_log_was_at_the_end_of_each_day(self):
        for days_ago, size in ((40, 5), (9, 8), (9, 20), (2, 21), (0, 30)):
            sign_at(TODAY - timedelta(days=days_ago), size=size)

        days = growth(today=TODAY, days=10)

        assert [day.size for day in days] == [20, 20, 20, 20, 20, 20, 20, 21, 21, 30]
        assert [day.added for day in days] == [15, 0, 0, 0, 0, 0, 0, 1, 0, 9]
        assert days[0].day == TODAY - timedelta(days=9)

    def test_of_an_empty_log_is_nothing_on_every_day(self):
        assert [day.size for day in growth(today=TODAY, days=3)] == [0, 0, 0]

    def test_looks_at_one_checkpoint_a_day(self):
        for number in range(300):
            sign_at(TODAY - timedelta(days=number // 100), size=number + 1)

        with CaptureQueriesContext(
            connection,
        ) as queries:
            growth(today=TODAY)

        assert len(queries) <= 5

    def test_the_page_shows_it_as_a_picture_and_as_a_table(self, client):
        sign_at(datetime.now(UTC).date() - timedelta(days=1), size=12_345)

        response = client.get(reverse("audit:state"))

        page = response.content.decode()
        assert '<title id="growth-title">Length of the log, day by day</title>' in page
        assert "12,345 entries" in text_of(response)
        assert page.count('scope="row"') == 30
        assert "This installation alone signs its log." in text_of(response)

    def test_the_page_of_an_empty_log_says_so(self, client):
        assert "The figures begin with the first entry." in text_of(
            client.get(reverse("audit:state"))
        )


@pytest.mark.django_db
class TestWitnessHealth:
    def test_stands_in_a_picture_and_a_table(self, client, three):
        now = datetime.now(UTC)
        append_ballots(3)
        sequence(today=TODAY)
        cosign(now=now)
        three.witnesses[1].server.stop()
        append_ballots(2)
        sequence(today=TODAY)
        cosign(now=now + timedelta(seconds=30))

        response = client.get(reverse("audit:state"))

        page = response.content.decode()
        assert page.count("pnyx-bar__brand") == 3
        assert '<title id="witnesses-title">How much of the log each witness cosigned' in page
        rows = re.findall(r'<th scope="row".*?</tr>', page, re.DOTALL)
        told = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows[-3:]]
        assert [(text.split()[0], "Does not answer" in text) for text in told] == [
            ("council", False),
            ("court", True),
            ("league", False),
        ]
        assert re.search(r"Does not answer 3 2 ", told[1])
        assert re.search(r"Cosigned the newest checkpoint 5 0 ", told[0])
        assert 'href="/log/policy"' in page


class TestCharts:
    def test_the_growth_ends_at_the_top_and_begins_at_the_bottom(self):
        chart = growth_chart([0, 5, 10])

        assert chart.line.startswith(f"M0 {chart.baseline:.1f}")
        assert chart.line.endswith(f"V{chart.top:.1f}H{chart.width:.1f}")
        assert chart.largest == 10

    @pytest.mark.parametrize("sizes", [[], [0], [0, 0, 0]])
    def test_nothing_is_drawn_as_a_flat_line(self, sizes):
        assert growth_chart(sizes).largest == 0

    def test_a_bar_is_as_long_as_what_was_cosigned(self):
        chart = witness_chart([("a", 100), ("b", 50), ("c", 0), ("d", 1), ("e", 900)], size=100)

        assert [bar.length for bar in chart.bars] == [640, 320, 0, 6.4, 640]
        assert [bar.size for bar in chart.bars] == [100, 50, 0, 1, 900]

    def test_an_empty_log_has_no_bars(self):
        assert [bar.length for bar in witness_chart([("a", 0)], size=0).bars] == [0]


@pytest.mark.django_db
class TestKinds:
    def test_are_listed_for_people_and_for_programs(self, client):
        page = client.get("/log/schemas/").content.decode()
        listed = client.get("/log/schemas/index.json").json()["kinds"]

        assert {row["kind"] for row in listed} == set(ENTRY_KINDS)
        for row in listed:
            assert f'href="{row["schema"]}"' in page
            assert client.get(row["schema"]).json()["title"] == row["title"]


# --- Cost ---------------------------------------------------------------------------------------

MANY = """
INSERT INTO audit_logentry (index, identity, kind, body, leaf_hash, subject, about)
SELECT n, sha256(int8send(n)), 'election-event', '{}', sha256('x'), sha256(int8send(-n)),
       'election/' || CASE WHEN n %% 1000 = 7 THEN 'rareEvent11111' ELSE 'commonElection' END
FROM generate_series(1::bigint, %s) AS n
"""


@pytest.fixture
def long_log(db):
    """A log of one kind and almost of one election: the worst case for every filter."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, [20_000])
        cursor.execute("ANALYZE audit_logentry")


def plans(queries):
    with connection.cursor() as cursor:
        for query in queries:
            if "audit_logentry" in query["sql"]:
                cursor.execute("EXPLAIN " + query["sql"])
                yield "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.usefixtures("long_log")
class TestCost:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda: entry_page(EntryQuery()),
            lambda: entry_page(EntryQuery(before=9_000)),
            lambda: entry_page(EntryQuery(after=9_000)),
            lambda: entry_page(EntryQuery(kind="election-event", before=9_000)),
            lambda: entry_page(EntryQuery(kind="booth")),
            lambda: entry_page(EntryQuery(about="election/rareEvent11111")),
            lambda: entry_page(EntryQuery(about="election/nobody11111111")),
            lambda: entry_page(EntryQuery(about="election/commonElection", kind="booth")),
            lambda: entry_page(
                EntryQuery(about="election/rareEvent11111", kind="election-event", before=12_000)
            ),
            lambda: entries_matching("0123abcd"),
            lambda: entries_matching("A" * 43),
            lambda: entries_matching("f" * 64),
            lambda: entries_matching("17"),
        ],
    )
    def test_no_question_reads_the_whole_table_or_sorts_it(self, ask):
        with CaptureQueriesContext(connection) as queries:
            ask()

        found = list(plans(queries.captured_queries))
        assert found
        for plan in found:
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan, plan
            assert "count(" not in plan.lower(), plan

    def test_the_board_asks_the_same_few_questions_at_any_length(self, client):
        client.get("/log/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/log/?election=rareEvent11111").status_code == 200

        assert len(queries) <= 15
        assert not any(
            "count(" in query["sql"].lower() and "logentry" in query["sql"]
            for query in queries.captured_queries
        )
