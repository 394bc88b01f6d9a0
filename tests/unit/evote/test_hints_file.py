import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.encoding import b64_digest
from evote.hints import HintReader, encode_hints, encode_hints_header

FINGERPRINT = b64_digest(b"an election")
OTHER = b64_digest(b"another election")
BALLOT_BYTES = 3457
HEADER = encode_hints_header(fingerprint=FINGERPRINT)

hints = st.lists(
    st.one_of(
        st.just(b""),
        st.integers(1, 5).flatmap(
            lambda count: st.binary(min_size=32 + 64 * count, max_size=32 + 64 * count)
        ),
    ),
    max_size=6,
)


def read(data, count, fingerprint=FINGERPRINT):
    reader = HintReader(data, fingerprint=fingerprint)
    taken = reader.take([BALLOT_BYTES] * count)
    reader.close()
    assert len(taken) == count
    return list(taken), reader.problem


@given(hints)
def test_what_is_written_is_read(given):
    assert read(HEADER + encode_hints(given), len(given)) == (given, "")


@given(hints, st.integers(0, 3))
def test_a_file_that_ends_too_early_gives_what_it_has_and_says_so(given, more):
    data = HEADER + encode_hints(given)
    taken, problem = read(data, len(given) + more)
    assert taken == given + [b""] * more
    assert problem == (f"entry {len(given)}: the file ends here" if more else "")


@given(hints.filter(bool), st.data())
def test_a_file_that_is_cut_off_gives_whole_hints_only(given, data):
    whole = HEADER + encode_hints(given)
    taken, problem = read(whole[: data.draw(st.integers(0, len(whole) - 1))], len(given))
    assert problem
    known = [hint for hint in taken if hint]
    assert known == [hint for hint in given if hint][: len(known)]


@given(hints, st.binary(min_size=1, max_size=80))
def test_a_file_that_goes_on_says_so_and_gives_the_same(given, more):
    taken, problem = read(HEADER + encode_hints(given) + more, len(given))
    assert taken == given
    assert problem == "it goes on behind the last ballot of the record"


@given(st.binary(max_size=300), st.integers(0, 4))
def test_any_other_bytes_are_no_hints_and_nothing_is_raised(data, count):
    taken, problem = read(data, count)
    assert taken == [b""] * count
    assert problem == "it does not begin as a file of hints does"


@given(st.binary(max_size=300), st.integers(0, 4))
def test_any_entries_behind_a_good_header_are_read_or_named(data, count):
    taken, problem = read(HEADER + data, count)
    assert all(hint == b"" or (len(hint) - 32) % 64 == 0 for hint in taken)
    assert problem or len(HEADER + encode_hints(taken)) == len(HEADER + data)


@pytest.mark.parametrize("place", range(len(HEADER)))
def test_every_byte_of_the_header_counts(place):
    changed = bytearray(HEADER)
    changed[place] ^= 1
    _, problem = read(bytes(changed), 0)
    assert problem


def test_hints_for_another_election_are_named():
    data = encode_hints_header(fingerprint=OTHER)
    assert read(data, 2) == ([b"", b""], "it is for another election")


def test_a_hint_that_is_too_long_for_its_ballot_is_not_read():
    data = HEADER + (217).to_bytes(4, "little") + bytes(32 + 64 * 217)
    problem = "entry 0: 217 points are more than a ballot of 3457 bytes has"
    assert read(data, 1) == ([b""], problem)


def test_a_file_that_cannot_be_read_any_more_gives_no_more_hints():
    class Failing(bytes):
        def __getitem__(self, part):
            if part.start > len(HEADER):
                raise OSError
            return super().__getitem__(part)

    data = HEADER + encode_hints([bytes(96), bytes(96)])
    reader = HintReader(Failing(data), fingerprint=FINGERPRINT)
    assert reader.take([BALLOT_BYTES] * 2) == (b"", b"")
    assert reader.problem == "entry 0: the file ends here"
