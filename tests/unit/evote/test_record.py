import pytest

from evote.encoding import encode_json, sha256_hex
from evote.errors import DecodeError, InvalidRecord, NotSupported
from evote.record import (
    ARCHIVE_STEP,
    CHAIN_STEP,
    Event,
    decode_event,
    decode_owned,
    encode_data,
    encode_event,
    encode_header,
    encode_owned,
    read_record,
)
from tests.factories.evote import TIMESTAMP, RecordWriter, make_world, write_complete_record

WORLD = make_world()
BALLOT = WORLD.ballot(0, [[0, 1, 0]])
COMPLETE = write_complete_record(WORLD, [BALLOT, WORLD.ballot(1, [[0, 0, 0]])])
HASH = sha256_hex(b"")


def refusal(data):
    with pytest.raises(InvalidRecord) as error:
        read_record(data)
    return error.value


def started():
    return RecordWriter().setup(WORLD)


def test_what_is_written_is_read_back():
    record = read_record(COMPLETE.data())
    assert record.timestamp == TIMESTAMP
    assert [recorded.event.type for recorded in record.events] == [
        "Setup",
        "Ballot",
        "Ballot",
        "EndBallots",
        "EncryptedTally",
        "PartialDecryption",
        "PartialDecryption",
        "Result",
    ]
    assert record.events[0].objects[0] == WORLD.election.archived
    assert record.of_type("Ballot")[0].objects == (BALLOT,)
    assert record.events[1].event.parent == record.events[0].hash


def test_a_record_only_grows():
    writer = started()
    before = writer.data()
    assert writer.add("Ballot", BALLOT).data().startswith(before)


def test_the_certificate_of_the_credentials_is_carried_along():
    certificate = b'{"opaque":true}'
    objects = [WORLD.election.archived, b"[]", WORLD.public_list, certificate]
    names = ["election", "trustees", "credentials", "credentials_certificate"]
    setup = encode_json({name: sha256_hex(body) for name, body in zip(names, objects, strict=True)})
    record = read_record(RecordWriter().add("Setup", *objects, setup).data())
    assert record.events[0].objects == (*objects, setup)


class TestArchive:
    @pytest.mark.parametrize("cut", [1, 511, 512, 513, 1024])
    def test_a_cut_record_is_refused(self, cut):
        assert refusal(COMPLETE.data()[:-cut]).step in (ARCHIVE_STEP, CHAIN_STEP)

    @pytest.mark.parametrize("extra", [b"\0", b"\0" * 512, b"\0" * 1024, b"x"])
    def test_trailing_bytes_are_refused(self, extra):
        error = refusal(COMPLETE.data() + extra)
        assert error.step == ARCHIVE_STEP
        assert error.place == f"byte {len(COMPLETE.data())}"

    @pytest.mark.parametrize("data", [b"", b"x", b"\0" * 512, b"\0" * 10_000, b"x" * 512])
    def test_what_is_no_archive_is_refused(self, data):
        assert refusal(data).step == ARCHIVE_STEP

    @pytest.mark.parametrize("position", [*range(160), 257, 300, 511])
    def test_every_byte_of_a_header_block_matters(self, position):
        start = len(encode_header(timestamp=TIMESTAMP))
        for offset in (0, start):
            data = bytearray(COMPLETE.data())
            data[offset + position] ^= 1
            with pytest.raises((InvalidRecord, NotSupported)):
                read_record(bytes(data))

    def test_padding_that_is_not_zero_is_refused(self):
        data = bytearray(COMPLETE.data())
        data[1023] = 1
        assert "padding" in refusal(bytes(data)).message

    def test_a_content_that_does_not_fit_its_name_is_refused(self):
        data = COMPLETE.data().replace(b'"Setup"', b'"Setuq"')
        assert "not the SHA-256" in refusal(data).message

    def test_all_files_have_the_same_time(self):
        data = started().data() + encode_data(body=b"{}", timestamp=TIMESTAMP + 1)
        assert "header" in refusal(data).message

    def test_the_first_file_is_the_header(self):
        assert "BELENIOS" in refusal(b"".join(COMPLETE.members[1:])).message
        assert refusal(COMPLETE.members[0] + COMPLETE.data()).step == ARCHIVE_STEP


class TestChain:
    def test_a_record_without_events_is_refused(self):
        assert "no event" in refusal(encode_header(timestamp=TIMESTAMP)).message

    def test_objects_without_an_event_are_refused(self):
        data = started().data() + encode_data(body=BALLOT, timestamp=TIMESTAMP)
        assert "no event follows" in refusal(data).message

    def test_a41_no_event_can_be_left_out_repeated_or_moved(self):
        events = list(range(len(COMPLETE.members)))
        for index in events[1:]:
            without = COMPLETE.members[:index] + COMPLETE.members[index + 1 :]
            twice = COMPLETE.members[: index + 1] + COMPLETE.members[index:]
            if index < len(events) - 1:
                refusal(b"".join(without))
                moved = list(COMPLETE.members)
                moved[index], moved[index + 1] = moved[index + 1], moved[index]
                refusal(b"".join(moved))
            refusal(b"".join(twice))

    @pytest.mark.parametrize(
        ("kinds", "at"),
        [
            (["Ballot"], 0),
            (["EndBallots"], 0),
            (["Setup", "Setup"], 1),
            (["Setup", "EncryptedTally"], 1),
            (["Setup", "Result"], 1),
            (["Setup", "EndBallots", "Ballot"], 2),
            (["Setup", "EndBallots", "EndBallots"], 2),
            (["Setup", "EndBallots", "PartialDecryption"], 2),
            (["Setup", "EndBallots", "EncryptedTally", "Result"], 3),
            (["Setup", "EndBallots", "EncryptedTally", "EncryptedTally"], 3),
            (["Setup", "EndBallots", "EncryptedTally", "EndShuffles"], 3),
            (["Setup", "EndBallots", "Shuffle"], 2),
            (["Setup", "EndBallots", "EncryptedTally", "Shuffle", "PartialDecryption"], 4),
            (["Setup", "EndBallots", "EncryptedTally", "Shuffle", "EndShuffles", "Shuffle"], 5),
            (["Setup", "EndBallots", "EncryptedTally", "Shuffle", "EndShuffles", "Result"], 5),
            (["Setup", "Election"], 1),
            (["Setup", ""], 1),
        ],
    )
    def test_events_out_of_the_grammar_are_refused(self, kinds, at):
        writer = RecordWriter()
        for kind in kinds:
            if kind == "Setup":
                writer.setup(WORLD)
            elif kind in ("EndBallots", "EndShuffles"):
                writer.add(kind)
            elif kind == "Shuffle":
                writer.add(kind, b"{}", encode_owned(owner=1, payload=b"{}"))
            elif kind == "EncryptedTally":
                sized = encode_json(
                    {"num_tallied": 0, "total_weight": 0, "encrypted_tally": sha256_hex(b"[]")}
                )
                writer.add(kind, b"[]", sized)
            else:
                writer.add(kind, b"{}")
        error = refusal(writer.data())
        assert (error.step, error.place) == (CHAIN_STEP, f"event {at}")
        assert "cannot stand" in error.message

    @pytest.mark.parametrize("after", [["Ballot"], ["EndBallots"], ["Result"], ["Setup"]])
    def test_nothing_follows_the_result(self, after):
        writer = write_complete_record(WORLD, [BALLOT])
        for kind in after:
            writer.add(kind, *([] if kind == "EndBallots" else [b"{}"]))
        assert "cannot stand after Result" in refusal(writer.data()).message

    @pytest.mark.parametrize(
        ("kind", "objects"),
        [
            ("Ballot", []),
            ("Ballot", [b"{}", b"{}"]),
            ("EndBallots", [b"{}"]),
        ],
    )
    def test_each_event_has_its_number_of_objects(self, kind, objects):
        assert "objects stand before" in refusal(started().add(kind, *objects).data()).message

    def test_the_payload_names_the_other_objects(self):
        election, trustees, credentials = WORLD.election.archived, b"[]", WORLD.public_list
        good = {
            "election": sha256_hex(election),
            "trustees": sha256_hex(trustees),
            "credentials": sha256_hex(credentials),
        }
        for change in (
            {"election": HASH},
            {"trustees": HASH},
            {"credentials": HASH},
            {"more": HASH},
            {"election": 1},
        ):
            writer = RecordWriter()
            writer.add("Setup", election, trustees, credentials, encode_json(good | change))
            error = refusal(writer.data())
            assert error.place.startswith("event 0, payload")

    @pytest.mark.parametrize("owned", [encode_owned(owner=1, payload=b"other"), b"{}", b"[]"])
    def test_a_partial_decryption_is_named_by_its_payload(self, owned):
        writer = started().add("EndBallots")
        sized = encode_json(
            {"num_tallied": 0, "total_weight": 0, "encrypted_tally": sha256_hex(b"[]")}
        )
        writer.add("EncryptedTally", b"[]", sized).add("PartialDecryption", b"{}", owned)
        assert refusal(writer.data()).place.startswith("event 3, payload")


class TestEvent:
    @pytest.mark.parametrize(
        "event",
        [
            Event(type="Setup", height=0, parent=None, payload=HASH),
            Event(type="EndBallots", height=7, parent=HASH, payload=None),
        ],
    )
    def test_goes_to_bytes_and_back(self, event):
        assert decode_event(encode_event(event)) == event

    @pytest.mark.parametrize(
        "data",
        [
            b'{"height":0,"type":"Setup","parent":null}',
            b'{"type":"Setup","height":0}',
            b'{"height":0, "type":"Setup"}',
            b'{"height":"0","type":"Setup"}',
            b'{"height":-1,"type":"Setup"}',
            b'{"height":true,"type":"Setup"}',
            b'{"height":0,"type":"Setup","payload":"A"}',
            b'{"height":0,"type":"Setup","more":1}',
            b'{"height":0}',
            b"[]",
            b"{",
        ],
    )
    def test_any_other_spelling_is_refused(self, data):
        with pytest.raises(DecodeError):
            decode_event(data)


class TestOwned:
    def test_goes_to_bytes_and_back(self):
        owned = decode_owned(encode_owned(owner=2, payload=b"x"))
        assert (owned.owner, owned.payload) == (2, sha256_hex(b"x"))

    @pytest.mark.parametrize("owner", [0, -1, "1", True, None, []])
    def test_an_owner_is_a_number_from_one(self, owner):
        with pytest.raises(DecodeError):
            decode_owned(encode_json({"owner": owner, "payload": HASH}))
