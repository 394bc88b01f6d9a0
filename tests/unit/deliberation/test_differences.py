import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis.differences import Change, Stretch, differences
from tests.factories.clock import quickest_seconds

KEPT, REMOVED, ADDED = Change.KEPT, Change.REMOVED, Change.ADDED
TEXTS = st.text(alphabet="ab 把最\n,.", max_size=60)


def before(stretches):
    return "".join(stretch.text for stretch in stretches if stretch.change is not ADDED)


def after(stretches):
    return "".join(stretch.text for stretch in stretches if stretch.change is not REMOVED)


@given(TEXTS, TEXTS)
def test_the_stretches_give_both_texts_back_to_the_letter(one, other):
    stretches = differences(one, other)

    assert before(stretches) == one
    assert after(stretches) == other


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert all(stretch.change is KEPT for stretch in differences(text, text))


def test_words_are_compared_as_words():
    assert differences("Plant trees on the square", "Plant limes on the square") == [
        Stretch(KEPT, "Plant "),
        Stretch(REMOVED, "trees"),
        Stretch(ADDED, "limes"),
        Stretch(KEPT, " on the square"),
    ]


def test_chinese_is_compared_by_characters():
    assert differences("把全文送到每家", "把正文送到每家") == [
        Stretch(KEPT, "把"),
        Stretch(REMOVED, "全"),
        Stretch(ADDED, "正"),
        Stretch(KEPT, "文送到每家"),
    ]


def test_a_blank_between_two_changed_words_changed_with_them():
    assert differences("old words stay", "new texts stay") == [
        Stretch(REMOVED, "old words"),
        Stretch(ADDED, "new texts"),
        Stretch(KEPT, " stay"),
    ]


def test_long_texts_are_compared_by_paragraphs_and_those_by_words():
    paragraphs = [f"Paragraph {number} " + "with many words " * 12 for number in range(40)]
    changed = [*paragraphs]
    changed[3] = changed[3].replace("3", "three")
    changed[35] = changed[35].replace("35", "thirty-five")

    stretches = differences("\n\n".join(paragraphs), "\n\n".join(changed))

    assert [stretch.text for stretch in stretches if stretch.change is REMOVED] == ["3", "35"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a " * 4000, "b a " * 2000),
        ("ab " * 2600, "ba " * 2600),
        ("a\n" * 4000, "b\n" * 4000),
        ("a\n\n" * 2600, "b\n\na\n\n" * 1300),
        ("的一" * 4000, "一不" * 4000),
        ("a b " * 300, "b c " * 320),
    ],
)
def test_no_pair_of_texts_takes_long(one, other):
    assert quickest_seconds(lambda: differences(one[:8000], other[:8000])) < 0.5
