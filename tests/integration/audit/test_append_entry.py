import hashlib
import json

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from audit.models import LogEntry, PendingEntry
from audit.selectors import ENTRY_KINDS, entry_schema
from audit.services.log import EntryRefused, append_entries, append_entry, encode_entry
from tests.factories.audit import BODIES, ballot_event

HASH = "a" * 64


@pytest.mark.django_db
class TestAppendEntry:
    def test_puts_canonical_json_in_the_outbox_and_returns_its_hash(self):
        identity = append_entry(kind="booth", body={"sha256": HASH, "name": "booth.js"})

        pending = PendingEntry.objects.get()
        expected = f'{{"kind":"booth","name":"booth.js","sha256":"{HASH}"}}'.encode()
        assert bytes(pending.body) == expected
        assert bytes(pending.identity) == identity == hashlib.sha256(expected).digest()
        assert bytes(pending.subject).hex() == HASH

    def test_gives_the_same_entry_one_row(self):
        first = append_entry(kind="booth", body=BODIES["booth"])
        second = append_entry(kind="booth", body=BODIES["booth"])

        assert first == second
        assert PendingEntry.objects.count() == 1

    def test_does_not_queue_what_is_in_the_log_already(self):
        entry = encode_entry(kind="booth", body=BODIES["booth"])
        identity = hashlib.sha256(entry).digest()
        LogEntry.objects.create(
            index=0, identity=identity, kind="booth", body=entry, leaf_hash=bytes(32)
        )

        assert append_entry(kind="booth", body=BODIES["booth"]) == identity
        assert not PendingEntry.objects.exists()

    def test_several_keep_their_order_and_are_refused_together(self):
        bodies = [ballot_event(height=height) for height in (3, 1, 2)]
        identities = append_entries(kind="election-event", bodies=bodies)

        rows = PendingEntry.objects.order_by("id")
        assert [bytes(row.identity) for row in rows] == identities
        with pytest.raises(EntryRefused):
            append_entries(kind="booth", bodies=[BODIES["booth"], {}])
        assert PendingEntry.objects.count() == 3

    def test_goes_back_with_the_callers_transaction(self):
        with transaction.atomic():
            append_entry(kind="booth", body=BODIES["booth"])
            transaction.set_rollback(True)

        assert not PendingEntry.objects.exists()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ballot", {}),
        ("", {}),
        ("../booth", BODIES["booth"]),
        ("booth", {"sha256": HASH}),
        ("booth", {**BODIES["booth"], "extra": 1}),
        ("booth", {**BODIES["booth"], "kind": "software"}),
        ("booth", {**BODIES["booth"], "sha256": HASH.upper()}),
        ("booth", {**BODIES["booth"], "sha256": HASH + "\n"}),
        ("booth", {**BODIES["booth"], "sha256": None}),
        ("election-event", ballot_event() | {"height": -1}),
        ("election-event", ballot_event() | {"height": 1.0}),
        ("election-event", ballot_event() | {"height": True}),
        ("election-event", ballot_event() | {"height": 2**60}),
        ("election-event", ballot_event() | {"type": "Vote"}),
        ("election-event", ballot_event() | {"type": "EndBallots"}),
        ("election-event", {k: v for k, v in ballot_event().items() if k != "payload"}),
        ("election-event", ballot_event() | {"election": "short"}),
        ("election-event", ballot_event() | {"election": "0OIl56789012345"}),
        ("election-outcome", BODIES["election-outcome"] | {"fingerprint": "x" * 42}),
        ("election-outcome", BODIES["election-outcome"] | {"outcome": "below-minimum"}),
        ("roll-sealed", BODIES["roll-sealed"] | {"emails": ["ada@example.org"]}),
        ("moderation", BODIES["moderation"] | {"reason": "an insult"}),
        ("consultation-phase", BODIES["consultation-phase"] | {"at": "today"}),
        ("consultation-phase", BODIES["consultation-phase"] | {"features": ["A\n"]}),
    ],
)
def test_an_entry_that_does_not_fit_its_schema_is_refused(kind, body):
    with pytest.raises(EntryRefused):
        encode_entry(kind=kind, body=body)


@pytest.mark.parametrize("kind", sorted(ENTRY_KINDS))
def test_every_kind_has_a_closed_schema_that_its_example_fits(kind):
    schema = json.loads(entry_schema(kind))
    Draft202012Validator.check_schema(schema)

    assert schema["additionalProperties"] is False
    assert json.loads(encode_entry(kind=kind, body=BODIES[kind])) == {"kind": kind, **BODIES[kind]}


@pytest.mark.parametrize("kind", sorted(ENTRY_KINDS))
def test_no_kind_has_room_for_free_text(kind):
    def texts(schema):
        if schema.get("type") == "string":
            yield schema
        for part in [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]:
            if isinstance(part, dict):
                yield from texts(part)
        if "items" in schema:
            yield from texts(schema["items"])

    found = list(texts(json.loads(entry_schema(kind))))

    assert found
    assert all("pattern" in text for text in found)
    assert not any(" " in text["pattern"] or "." in text["pattern"][:3] for text in found)


@given(st.text(min_size=1), st.integers() | st.text() | st.none() | st.lists(st.booleans()))
def test_an_unknown_member_is_refused_whatever_it_holds(name, value):
    body = BODIES["booth"]
    if name in body:
        return
    with pytest.raises(EntryRefused):
        encode_entry(kind="booth", body={**body, name: value})
