"""The election record: one file that holds all public data of an election (PROTOCOL 1.10).

A `.bel` file is a chain of events. Each event names the hash of the event before it and the hash
of its payload; every object is a file of a v7 tar archive, named by its own hash. There are no
blocks at the end of the archive, so a growing record is only ever appended to.

Here is the form: archive, hashes, chain, order. What the objects mean is for `evote.verify`.
"""

from evote.record.archive import (
    ARCHIVE_STEP,
    Archive,
    encode_data,
    encode_event_member,
    encode_header,
    read_archive,
)
from evote.record.chain import CHAIN_STEP, Link, Record, RecordedEvent, read_chain, read_record
from evote.record.companion import (
    Cast,
    Ceremony,
    Companion,
    CompanionElement,
    ShuffleStatement,
    StrongDecryption,
    WrongCompanion,
    check_all_commits,
    decode_cast,
    decode_companion,
    encode_companion,
    encode_element,
    join_companion,
    read_cast,
    read_ceremony,
    verify_ceremony,
)
from evote.record.event import (
    Event,
    Owned,
    decode_event,
    decode_owned,
    encode_event,
    encode_owned,
    encode_setup,
)
from evote.record.index import IndexedRecord
from evote.record.pieces import (
    CHANGED,
    PIECE_LIMIT_BYTES,
    NotReadable,
    Piece,
    PieceRead,
    RecordBytes,
    cut_record,
    events_in_turn,
    last_height,
    piece_length,
    read_piece,
)

__all__ = [
    "ARCHIVE_STEP",
    "CHAIN_STEP",
    "CHANGED",
    "PIECE_LIMIT_BYTES",
    "Archive",
    "Cast",
    "Ceremony",
    "Companion",
    "CompanionElement",
    "Event",
    "IndexedRecord",
    "Link",
    "NotReadable",
    "Owned",
    "Piece",
    "PieceRead",
    "Record",
    "RecordBytes",
    "RecordedEvent",
    "ShuffleStatement",
    "StrongDecryption",
    "WrongCompanion",
    "check_all_commits",
    "cut_record",
    "decode_cast",
    "decode_companion",
    "decode_event",
    "decode_owned",
    "encode_companion",
    "encode_data",
    "encode_element",
    "encode_event",
    "encode_event_member",
    "encode_header",
    "encode_owned",
    "encode_setup",
    "events_in_turn",
    "join_companion",
    "last_height",
    "piece_length",
    "read_archive",
    "read_cast",
    "read_ceremony",
    "read_chain",
    "read_piece",
    "read_record",
    "verify_ceremony",
]
