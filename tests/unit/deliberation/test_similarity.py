import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis.similarity import likeness, pieces_of

SIMILAR_FROM = 0.34


def test_pieces_are_stems_of_words_and_pairs_of_characters():
    assert pieces_of("Put the referendums to 全民公投") == ["put", "refer", "全民", "公投", "民公"]


@pytest.mark.parametrize("text", ["", "?!", "a of", "—"])
def test_a_text_without_words_has_no_pieces(text):
    assert pieces_of(text) == []


def test_accents_case_and_width_make_no_difference():
    assert pieces_of("CAFÉ Ｃａｆé") == pieces_of("café")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Put the final deal to a referendum", "A referendum on the final deal"),
        ("Plant trees on Market Square", "Plant a tree on the Market Square"),
        ("最终协议交付公投", "最终协议应当公投"),
        ("在市场广场上种植更多树木", "希望在市场广场种树的提案"),
        ("Open libraries on Sundays", "Opening the library on Sunday"),
    ],
)
def test_the_same_idea_in_other_words_is_found(one, other):
    assert likeness(one, other) >= SIMILAR_FROM


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Stay in the Single Market", "Open a public inquiry into the border"),
        ("Lower the fares of night buses", "Make referendums advisory"),
        ("把最终协议交付公投", "降低夜班公交票价"),
    ],
)
def test_another_idea_is_not_taken_for_the_same(one, other):
    assert likeness(one, other) < SIMILAR_FROM


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_symmetric_and_between_nothing_and_one(one, other):
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1


@given(st.text(min_size=1, max_size=80))
def test_a_title_is_like_itself(title):
    if pieces_of(title):
        assert likeness(title, title) == 1
