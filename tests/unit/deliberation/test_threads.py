from hypothesis import given
from hypothesis import strategies as st

from deliberation.analysis.threads import MAX_LEVELS, Entry, build_threads


def entries(*pairs):
    return [Entry(number=number, parent=parent, content=number) for number, parent in pairs]


def shape(nodes):
    return [(node.content, shape(node.replies)) if node.replies else node.content for node in nodes]


def walk(nodes):
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.replies


def test_replies_stand_below_what_they_answer_in_order():
    threads = build_threads(entries((1, None), (2, None), (3, 1), (4, 2), (5, 1)))

    assert shape(threads) == [(1, [3, 5]), (2, [4])]


def test_deeper_replies_stand_in_the_third_level_and_say_what_they_answer():
    threads = build_threads(entries((1, None), (2, 1), (3, 2), (4, 3), (5, 4), (6, 2)))

    assert shape(threads) == [(1, [(2, [3, 4, 5, 6])])]
    answered = {node.content: node.in_reply_to for node in walk(threads)}
    assert answered == {1: None, 2: None, 3: None, 4: 3, 5: 4, 6: None}


def test_a_node_counts_everything_below_it():
    threads = build_threads(entries((1, None), (2, 1), (3, 2), (4, 3), (5, 1)))

    assert (threads[0].count, threads[0].replies[0].count) == (4, 2)


def test_a_reply_whose_parent_is_not_there_begins_a_thread():
    assert shape(build_threads(entries((2, 1), (3, 2)))) == [(2, [3])]


def test_a_chain_of_ten_thousand_replies_is_no_problem():
    chain = [(1, None)] + [(number, number - 1) for number in range(2, 10_001)]

    threads = build_threads(entries(*chain))

    assert threads[0].count == 9_999


@given(st.lists(st.integers(min_value=0, max_value=30), max_size=40))
def test_every_comment_is_there_once_and_no_level_is_deeper_than_three(parents):
    pairs = [
        (number, parent if 0 < parent < number else None)
        for number, parent in enumerate(parents, start=1)
    ]

    nodes = list(walk(build_threads(entries(*pairs))))

    assert sorted(node.content for node in nodes) == [number for number, _parent in pairs]
    assert all(1 <= node.level <= MAX_LEVELS for node in nodes)
