import pytest
from django.utils import timezone

from evote.verify import verify_record
from tests.factories.threads import many_at_once
from tests.factories.voting import PLACES, TREES, make_election
from tests.integration.voting.test_shuffling import RANK
from voting import tasks
from voting.models import Election, Verification, VerificationPart
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes
from voting.services import verification_parts
from voting.services.verification import verify_published_record

NOW = timezone.now()
RANKED_VOTES = [(0, [[1, 0], [1, 2, 3]]), (1, [[0, 1], [3, 1, 2]]), (2, [[1, 0], [2, 1, 3]])]
VOTES = [*RANKED_VOTES, (0, [[0, 1], [3, 2, 1]])]


@pytest.fixture
def small_parts(monkeypatch):
    """Parts as small as they can be, as if there were a hundred thousand ballots."""
    monkeypatch.setattr(verification_parts, "BALLOTS_PER_PART", 1)
    monkeypatch.setattr(verification_parts, "CIPHERTEXTS_PER_PART", 1)


def published(**options):
    options = {"profile": 1, "questions": [TREES, RANK], "votes": VOTES} | options
    return make_election(phase=Election.Phase.PUBLISHED, **options)


def whole(made):
    """What an observer finds in the two files."""
    made.election.refresh_from_db()
    record = made.election.record
    companion = (
        companion_bytes(election=made.election, height=record.height - 1)
        if made.election.profile
        else None
    )
    report = verify_record(
        record_bytes(election=made.election), companion=companion, progress=lambda *_: None
    )
    return report.to_json()["steps"]


def steps_at_a_time(count):
    turns = iter([True] * count)
    return lambda: next(turns, False)


@pytest.mark.django_db
@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"group": (2, 3), "trustees": 2},
        {"profile": 0},
        {"profile": 0, "questions": [TREES, PLACES], "votes": [(1, [[1, 0], [0, 1, 0, 1]])]},
    ],
    ids=["ranked", "with a group", "profile 0", "added up"],
)
def test_parts_find_what_an_observer_finds(options):
    made = published(**options)

    verification = verify_published_record(election=made.election, now=NOW)

    assert verification.is_complete
    assert verification.steps == whole(made)
    assert not VerificationPart.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("small_parts")
def test_a_verification_stopped_after_any_part_goes_on_where_it_was(client):
    made = published()
    page = f"/elections/{made.election.uuid}/"
    seen = []
    for _ in range(100):
        done = verify_published_record(
            election=made.election, now=NOW, may_go_on=steps_at_a_time(1)
        )
        if done is not None:
            break
        left = VerificationPart.objects.filter(answer__isnull=True).count()
        total = VerificationPart.objects.count()
        seen.append(left)
        assert f"{total - left} of {total} parts" in client.get(page).content.decode()
        assert f"{total - left} of {total} parts" in client.get(f"{page}result/").content.decode()

    assert seen == list(range(len(seen), 0, -1))
    assert len(seen) > 10
    assert Verification.objects.get().steps == whole(made)
    assert "parts of the record" not in client.get(f"{page}result/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["BALLOTS", "SHUFFLE", "DECRYPTION", "CREDENTIALS"])
def test_a_part_that_does_not_hold_leaves_the_verdict_to_the_whole_verification(kind):
    made = published()
    verify_published_record(election=made.election, now=NOW, may_go_on=lambda: False)
    VerificationPart.objects.filter(kind=kind).update(problem="it does not hold")

    verification = verify_published_record(election=made.election, now=NOW)

    assert verification.steps == whole(made)
    assert verification.is_complete


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["BALLOTS", "SHUFFLE"])
def test_a_changed_answer_vouches_for_nothing(kind, caplog):
    made = published()
    verify_published_record(election=made.election, now=NOW, may_go_on=steps_at_a_time(100))
    Verification.objects.all().delete()
    verify_published_record(election=made.election, now=NOW, may_go_on=lambda: False)
    VerificationPart.objects.filter(kind=kind).update(answer={})

    verification = verify_published_record(election=made.election, now=NOW)

    assert verification.steps == whole(made)
    assert "do not fit" in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_parts")
def test_several_workers_verify_one_record_together():
    made = published()

    many_at_once(lambda _number: tasks.verify_records(), times=4)
    tasks.verify_records()

    assert Verification.objects.get().steps == whole(made)
    assert not VerificationPart.objects.exists()
