import hashlib

import pytest
from django.core.management import CommandError, call_command

from tests.factories.voting import TREES, make_election
from voting.models import Election, Record
from voting.selectors.record import archived_object, record_bytes
from voting.services.record_file import (
    RecordFileAhead,
    RecordFileDiffers,
    check_record_file,
    grow_record_file,
    record_file,
)

YES, NO = [1, 0], [0, 1]


@pytest.fixture
def made(db):
    return make_election(questions=[TREES], voters=3, trustees=1, votes=[(0, [YES])])


def address(made, name=None):
    uuid = made.election.uuid
    return f"/elections/{uuid}/{name or uuid + '.bel'}"


def body_of(response):
    return b"".join(response.streaming_content)


class TestFile:
    def test_the_file_grows_only_at_its_end(self, made):
        path = grow_record_file(election=made.election)
        before = path.read_bytes()
        made.cast(1, [NO])
        made.record()

        after = grow_record_file(election=made.election).read_bytes()

        assert after.startswith(before)
        assert len(after) > len(before)
        assert after == record_bytes(election=made.election)

    @pytest.mark.django_db(transaction=True)
    def test_the_file_has_grown_as_soon_as_the_batch_is_committed(self):
        made = make_election(questions=[TREES], voters=1, trustees=1, votes=[(0, [YES])])

        assert record_file(election=made.election).read_bytes() == record_bytes(
            election=made.election
        )

    def test_a_missing_file_is_made_anew(self, made):
        grow_record_file(election=made.election).unlink()

        grow_record_file(election=made.election)

        check_record_file(election=made.election)

    @pytest.mark.parametrize("lost", [1, 100, 511, 512, 513, 2000])
    def test_a_file_cut_short_heals(self, made, lost):
        path = grow_record_file(election=made.election)
        path.write_bytes(path.read_bytes()[:-lost])

        grow_record_file(election=made.election)

        check_record_file(election=made.election)

    def test_a_tail_of_zeros_left_by_a_crash_heals_with_the_next_batch(self, made):
        path = grow_record_file(election=made.election)
        data = path.read_bytes()
        path.write_bytes(data[:-3000] + bytes(3000))
        made.cast(1, [NO])
        made.record()

        grow_record_file(election=made.election)

        check_record_file(election=made.election)

    def test_a84_a_file_that_is_ahead_of_the_database_is_left_alone(self, made, client):
        path = grow_record_file(election=made.election)
        longer = path.read_bytes() + bytes(512)
        path.write_bytes(longer)

        with pytest.raises(RecordFileAhead):
            grow_record_file(election=made.election)
        assert path.read_bytes() == longer
        assert client.get(address(made)).status_code == 503

    def test_verify_records_names_and_rebuilds_a_file_that_differs(self, made, capsys):
        path = grow_record_file(election=made.election)
        data = bytearray(path.read_bytes())
        data[700] ^= 1
        path.write_bytes(data)

        with pytest.raises(RecordFileDiffers, match="byte 700"):
            check_record_file(election=made.election)
        with pytest.raises(CommandError, match=made.election.uuid):
            call_command("verify_records")
        call_command("verify_records", made.election.uuid, rebuild=True)
        call_command("verify_records")

        check_record_file(election=made.election)
        assert "is sound" in capsys.readouterr().out


class TestDownload:
    def test_the_record_is_served_whole_while_voting_is_open(self, made, client):
        response = client.get(address(made))

        assert response.status_code == 200
        assert body_of(response) == record_bytes(election=made.election)
        assert response["Content-Length"] == str(Record.objects.get().length_bytes)
        assert not response.cookies

    def test_an_unchanged_record_is_not_sent_again(self, made, client):
        etag = client.get(address(made))["ETag"]

        assert client.get(address(made), headers={"If-None-Match": etag}).status_code == 304
        made.cast(1, [NO])
        made.record()
        assert client.get(address(made), headers={"If-None-Match": etag}).status_code == 200

    def test_a_mirror_can_ask_for_what_is_new(self, made, client):
        before = body_of(client.get(address(made)))
        made.cast(1, [NO])
        made.record()

        response = client.get(address(made), headers={"Range": f"bytes={len(before)}-"})

        assert response.status_code == 206
        assert before + body_of(response) == record_bytes(election=made.election)

    @pytest.mark.parametrize(
        ("wanted", "part"), [("bytes=0-0", slice(0, 1)), ("bytes=-512", slice(-512, None))]
    )
    def test_other_ranges(self, made, client, wanted, part):
        response = client.get(address(made), headers={"Range": wanted})

        assert response.status_code == 206
        assert body_of(response) == record_bytes(election=made.election)[part]

    def test_a_range_behind_the_end_is_refused(self, made, client):
        response = client.get(address(made), headers={"Range": "bytes=999999999-"})

        assert response.status_code == 416
        assert response["Content-Range"] == f"bytes */{Record.objects.get().length_bytes}"

    @pytest.mark.parametrize("wanted", ["bytes=-", "bytes=a-b", "bytes=1-2,4-5", "lines=1-2"])
    def test_a_range_that_is_none_is_ignored(self, made, client, wanted):
        assert client.get(address(made), headers={"Range": wanted}).status_code == 200

    def test_a_head_request_gives_the_length_alone(self, made, client):
        response = client.head(address(made))

        assert response["Content-Length"] == str(Record.objects.get().length_bytes)

    @pytest.mark.parametrize("name", ["election", "trustees", "credentials"])
    def test_objects_are_served_byte_for_byte(self, made, client, name):
        response = client.get(address(made, f"{name}.json"))

        assert response.content == archived_object(election=made.election, name=name)

    @pytest.mark.parametrize("name", ["encrypted-tally.json", "result.json", "result.note"])
    def test_what_does_not_exist_yet_is_not_found(self, made, client, name):
        assert client.get(address(made, name)).status_code == 404

    def test_everything_is_there_in_the_end(self, db, client):
        made = make_election(
            phase=Election.Phase.PUBLISHED,
            questions=[TREES],
            voters=1,
            trustees=1,
            votes=[(0, [YES])],
        )

        result = client.get(address(made, "result.json"))
        note = client.get(address(made, "result.note"))

        assert result.json() == {"result": [[1, 0]]}
        assert f"result {hashlib.sha256(result.content).hexdigest()}\n" in note.content.decode()
        assert client.get(address(made, "encrypted-tally.json")).status_code == 200

    def test_a_draft_has_no_public_files(self, db, client):
        made = make_election(phase=Election.Phase.DRAFT)

        for name in (None, "election.json", "trustees.json", "credentials.json"):
            assert client.get(address(made, name)).status_code == 404

    def test_a_record_has_one_name(self, made, client):
        assert client.get(f"/elections/{made.election.uuid}/other.bel").status_code == 404
