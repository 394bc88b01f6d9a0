import pytest
from django.db import DataError, IntegrityError

from audit.models import PendingEntry
from audit.services.rows import add_rows
from tests.factories.voting import make_election
from voting.models.record import RecordEvent


def entry(number, *, subject=None):
    return PendingEntry(
        identity=number.to_bytes(32, "big"),
        kind="act",
        body=b"{\xff\x00}",
        subject=subject,
        about="",
    )


def test_rows_are_added_in_their_order_with_every_value(db):
    add_rows([entry(3, subject=bytes(32)), entry(1), entry(2)])

    rows = PendingEntry.objects.filter(kind="act").order_by("id")
    assert [bytes(row.identity)[-1] for row in rows] == [3, 1, 2]
    assert [row.subject and bytes(row.subject) for row in rows] == [bytes(32), None, None]
    assert {bytes(row.body) for row in rows} == {b"{\xff\x00}"}
    assert {row.about for row in rows} == {""}


def test_a_column_of_nothing_and_values_that_were_read_can_be_added(db):
    made = make_election(voters=1, trustees=1)
    read = RecordEvent.objects.get(election=made.election, type=RecordEvent.Type.SETUP)
    read.pk, read.height, read.type = None, 1, RecordEvent.Type.BALLOT
    copy = RecordEvent(
        **{field.attname: getattr(read, field.attname) for field in read._meta.fields}
    )
    copy.height = 2

    add_rows([read, copy])

    found = RecordEvent.objects.filter(election=made.election).order_by("height")
    assert [event.type for event in found] == ["Setup", "Ballot", "Ballot"]
    assert len({bytes(event.body) for event in found}) == 1
    assert {event.owner for event in found} == {None}


def test_none_is_added_where_one_is_refused(db):
    add_rows([entry(1)])

    with pytest.raises(IntegrityError):
        add_rows([entry(2), entry(1)])


def test_a_text_that_is_too_long_is_refused_and_not_cut(db):
    row = entry(1)
    row.kind = "k" * 41

    with pytest.raises(DataError):
        add_rows([row])


def test_what_is_there_already_can_be_left_out(db):
    add_rows([entry(1)])

    add_rows([entry(2), entry(1), entry(2), entry(3)], unless_known=True)

    rows = PendingEntry.objects.filter(kind="act").order_by("id")
    assert [bytes(row.identity)[-1] for row in rows] == [1, 2, 3]


def test_no_rows_are_no_statement(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        add_rows([])
