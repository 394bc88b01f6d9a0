import pytest

from voting.selectors.trackers import encode_tracker, is_start_of_tracker

TRACKER = encode_tracker(bytes(range(32)))


@pytest.mark.parametrize("length", [8, 9, 42])
def test_eight_characters_or_more_are_the_start_of_a_tracker(length):
    assert is_start_of_tracker(TRACKER[:length])


def test_spaces_as_the_booth_shows_them_do_not_matter():
    assert is_start_of_tracker(f" {TRACKER[:4]} {TRACKER[4:8]} ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        TRACKER[:7],
        f"{TRACKER[:4]}    {TRACKER[4:7]}",
        TRACKER,
        TRACKER + "A",
        "abcd-efg_",
        "é" * 8,
    ],
)
def test_less_than_that_a_whole_one_and_other_characters_are_not(text):
    assert not is_start_of_tracker(text)
