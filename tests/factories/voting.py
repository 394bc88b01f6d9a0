"""Drive elections to any phase, through the same services that the site uses.

Credentials come out of the mails, ballots are real, and trustees' secret keys stay here, as
they would on the trustees' own devices.
"""

import re
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import mail
from django.test import override_settings

from audit.services.sequencing import sequence
from evote.ballot import create_ballot
from evote.credential import derive_public_credential, derive_secret_key
from evote.election import decode_election, encode_trustee, make_trustee
from evote.encoding import b64_digest, b64_of_hash, hash_of_b64, sha256_hex
from evote.group import SecretScalar, random_scalar
from evote.proofs import Proof
from evote.proofs.statements import sign_cast, sign_shuffle_statement, sign_transcript
from evote.record import companion
from evote.tally import decrypt_partially
from evote.tally.shuffles import make_shuffle
from evote.tally.strong import decrypt_strongly
from evote.verify import Report, verify_record
from tests.factories.accounts import make_organisation, make_roll
from tests.factories.ceremonies import make_ceremony
from voting.models import Election, Record
from voting.models.ballot import NO_PREVIOUS_BALLOT
from voting.selectors.bundle import BOOTH_NAME
from voting.selectors.companion import companion_bytes
from voting.selectors.record import record_bytes
from voting.selectors.shuffles import shuffle_states
from voting.selectors.tally import closing_hash, present_tally
from voting.selectors.transcript import transcript_of
from voting.services.arrivals import Submission, asks_for_statement
from voting.services.casting import Cast, cast_ballot
from voting.services.credentials import (
    choose_access,
    issue_credentials,
    send_credential_batch,
)
from voting.services.decrypting import accept_partial_decryption, publish_result
from voting.services.elections import (
    QuestionDraft,
    choose_minimums,
    choose_roll,
    draft_election,
)
from voting.services.polls import close_election, open_election
from voting.services.recording import record_waiting_ballots
from voting.services.sealing import seal_election
from voting.services.shuffle_checks import check_shuffles
from voting.services.shuffling import ShuffleRefused, receive_shuffle
from voting.services.signing import accept_signature
from voting.services.tallying import tally_election
from voting.services.trustees import name_trustee, register_public_key

DRAFTED = datetime(2026, 11, 20, 12, tzinfo=UTC)
OPENS = datetime(2026, 11, 21, 9, tzinfo=UTC)
DURING = OPENS + timedelta(hours=1)
CLOSES = OPENS + timedelta(days=7)

TREES = QuestionDraft(
    text="Plant trees in Mill Lane?", answers=["Yes", "No"], minimum=0, maximum=1, has_blank=False
)
PLACES = QuestionDraft(
    text="Where first?",
    answers=["Mill Lane", "Market Square", "Harbour"],
    minimum=1,
    maximum=2,
    has_blank=True,
)
LINK = re.compile(r"#credential=([0-9A-Za-z-]+)")

# The phases that every counted election goes through.
PHASES = [
    Election.Phase.DRAFT,
    Election.Phase.SEALED,
    Election.Phase.OPEN,
    Election.Phase.CLOSED,
    Election.Phase.TALLIED,
    Election.Phase.PUBLISHED,
]


@dataclass
class MadeElection:
    """An election with what only its voters and trustees know."""

    election: Election
    secret_keys: list[SecretScalar] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)

    @property
    def description(self):
        """The sealed description, as `evote` reads it."""
        self.election.refresh_from_db()
        return decode_election(bytes(self.election.archived_election))

    def public(self, voter: int) -> str:
        """The public part of a voter's credential."""
        return derive_public_credential(uuid=self.election.uuid, credential=self.credentials[voter])

    def ballot(self, voter: int, answers: Sequence[Sequence[int]]) -> bytes:
        """Make a ballot, as the booth would."""
        return create_ballot(
            election=self.description,
            credential=self.credentials[voter],
            answers=[list(answer) for answer in answers],
        )

    def cast(
        self, voter: int, answers: Sequence[Sequence[int]], *, prev=NO_PREVIOUS_BALLOT, at=None
    ) -> Cast:
        """Cast a ballot through the service; return what the voter gets."""
        self.election.refresh_from_db()
        return cast_ballot(
            election=self.election,
            submission=self.submission(voter, self.ballot(voter, answers), prev=prev),
            doorkeeper=None,
            received_at=at or self.election.opens_at,
        )

    def submission(self, voter: int, ballot: bytes, *, prev=NO_PREVIOUS_BALLOT) -> Submission:
        """What the booth sends: with a signed statement where the election asks for one."""
        return Submission(body=ballot, prev=prev, proof=self.statement(voter, ballot, prev=prev))

    def envelope(self, voter: int, ballot: bytes, *, prev=NO_PREVIOUS_BALLOT) -> dict[str, object]:
        """The body of a cast, as the booth sends it over HTTP."""
        proof = self.statement(voter, ballot, prev=prev)
        envelope = {"ballot": ballot.decode(), "prev": b64_of_hash(prev.hex())}
        return envelope if proof is None else envelope | {"proof": proof.to_json()}

    def statement(self, voter: int, ballot: bytes, *, prev=NO_PREVIOUS_BALLOT) -> Proof | None:
        """Sign with a voter's credential that a ballot replaces `prev`; None in profile 0."""
        description = self.description
        if not asks_for_statement(description):
            return None
        return sign_cast(
            secret_key=derive_secret_key(
                uuid=self.election.uuid, credential=self.credentials[voter]
            ),
            fingerprint=description.fingerprint,
            tracker=b64_digest(ballot),
            prev=b64_of_hash(prev.hex()),
        )

    def cast_element(self, voter: int, ballot: bytes) -> dict[str, object]:
        """The cast statement of a voter's first ballot, as the second file holds it."""
        proof = self.statement(voter, ballot)
        assert proof is not None, "an election of profile 1"
        prev = b64_of_hash(NO_PREVIOUS_BALLOT.hex())
        return companion.Cast(tracker=b64_digest(ballot), prev=prev, proof=proof).to_json()

    def record(self) -> int:
        """Record the accepted ballots that wait, and let the log take them in."""
        count = record_waiting_ballots(election=self.election)
        run_log()
        return count

    def close(self) -> None:
        """Close at the closing time."""
        self.election.refresh_from_db()
        self.election = close_election(election=self.election, now=self.election.closes_at)
        run_log()

    def tally(self) -> None:
        """Add up the ballots."""
        self.election = tally_election(election=self.election)

    def present_tally(self):
        """The tally as the trustees have to take it now."""
        return present_tally(election=self.election, description=self.description)

    def sign(self) -> None:
        """Have every trustee sign what was sealed."""
        found = transcript_of(election=self.election)
        for owner, secret_key in enumerate(self.secret_keys, 1):
            proof = sign_transcript(
                secret_key=secret_key,
                fingerprint=found.fingerprint,
                transcript=found.transcript,
            )
            accept_signature(
                election=self.election,
                owner=owner,
                proof=proof,
                now=self.election.opens_at - timedelta(hours=1),
            )
        self.election.refresh_from_db()

    def shuffle(self, owner: int) -> bytes:
        """Shuffle as one trustee, and hand it in."""
        data = make_shuffle(
            election=self.description,
            tally=self.present_tally(),
            progress=lambda _done, _total: None,
        )
        hand_in_shuffle(
            election=self.election,
            owner=owner,
            data=data,
            proof=self.shuffle_statement(owner, data),
        )
        self.election.refresh_from_db()
        return data

    def shuffle_all(self) -> None:
        """Have as many trustees shuffle as it takes, where there is something to shuffle."""
        for owner in range(1, len(self.secret_keys) + 1):
            if self.election.phase == Election.Phase.SHUFFLING:
                self.shuffle(owner)

    def shuffle_statement(self, owner: int, data: bytes) -> Proof:
        """Sign that one shuffled after the last event of the record."""
        return sign_shuffle_statement(
            secret_key=self.secret_keys[owner - 1],
            fingerprint=self.description.fingerprint,
            parent=bytes(Record.objects.get(election=self.election).head).hex(),
            payload=sha256_hex(data),
        )

    def decryption(self, owner: int) -> bytes:
        """Make the partial decryption of one trustee, as `evote trustee decrypt` would."""
        return decrypt_partially(
            secret_key=self.secret_keys[owner - 1],
            election=self.description,
            tally=self.present_tally(),
        )

    def strong_proofs(self, owner: int) -> bytes | None:
        """Make the proofs that go with it; None in profile 0."""
        if self.election.profile == 0:
            return None
        return decrypt_strongly(
            secret_key=self.secret_keys[owner - 1],
            election=self.description,
            tally=self.present_tally(),
            closing=closing_hash(election=self.election),
        )

    def decrypt(self, *owners: int) -> None:
        """Hand in the partial decryptions of some trustees, or of all."""
        for owner in owners or range(1, len(self.secret_keys) + 1):
            accept_partial_decryption(
                election=self.election,
                owner=owner,
                data=self.decryption(owner),
                proofs=self.strong_proofs(owner),
            )

    def companion(self) -> bytes | None:
        """The second file of the record as it is now; None in profile 0."""
        if self.election.profile == 0:
            return None
        record = Record.objects.get(election=self.election)
        return companion_bytes(election=self.election, height=record.height - 1)

    def report(self) -> Report:
        """What a stranger finds in the record as it is now, and in its second file."""
        return verify_record(
            record_bytes(election=self.election),
            companion=self.companion(),
            progress=lambda *_: None,
        )

    def publish(self) -> None:
        """Publish the result."""
        published = publish_result(election=self.election)
        assert published is not None
        self.election = published
        run_log()


def hand_in_shuffle(*, election: Election, owner: int, data: bytes, proof: Proof) -> bool:
    """Hand in a shuffle and have it checked at once; say whether it is new.

    Raises:
        ShuffleRefused: at the door, or by the check.
    """
    if receive_shuffle(election=election, owner=owner, data=data, proof=proof) is None:
        return False
    check_shuffles(election=election)
    state = shuffle_states(election=election)[owner]
    if state.is_refused:
        raise ShuffleRefused(state.code, state.detail)
    return True


def tracker_of(ballot: bytes) -> bytes:
    return hash_of_b64(b64_digest(ballot))


def run_log() -> None:
    sequence(today=DRAFTED.date())


@contextmanager
def built_booth():
    """Stand in for the built bundle where the front end has not been built."""
    if (Path(settings.STATICFILES_DIRS[0]) / BOOTH_NAME).exists():
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / BOOTH_NAME).write_text("export const booth = 1;\n")
        with override_settings(STATICFILES_DIRS=[folder]):
            yield


def make_draft(
    *,
    organisation=None,
    title="Trees for Northfield",
    questions=(TREES, PLACES),
    opens_at=OPENS,
    closes_at=CLOSES,
    consultation_url="https://example.org/consultations/trees/",
    minimum_ballots=1,
    access=Election.Access.CREDENTIAL,
) -> MadeElection:
    """A draft with its questions, and neither roll nor trustees."""
    made = MadeElection(
        draft_election(
            organisation=organisation or make_organisation(),
            title=title,
            description="Where the town plants next spring.",
            questions=list(questions),
            opens_at=opens_at,
            closes_at=closes_at,
            consultation_url=consultation_url,
        )
    )
    made.election = choose_minimums(
        election=made.election, minimum_ballots=minimum_ballots, minimum_shuffles=2
    )
    made.election = choose_access(
        election=made.election, access=access, credentials_by=Election.CredentialsBy.SERVER
    )
    return made


def add_trustees(made: MadeElection, *, emails: Sequence[str]) -> None:
    """Name trustees who register their keys at once."""
    for number, email in enumerate(emails, 1):
        trustee = name_trustee(election=made.election, name=f"Trustee {number}", email=email)
        secret_key = random_scalar()
        register_public_key(
            trustee=trustee, data=encode_trustee(make_trustee(secret_key=secret_key, name=None))
        )
        made.secret_keys.append(secret_key)


def add_group(made: MadeElection, *, threshold: int, members: int) -> None:
    """Have a group of trustees make their keys."""
    ceremony = make_ceremony(
        election=made.election, threshold=threshold, members=members, until="share"
    )
    made.secret_keys += [ceremony.shares[member] for member in range(1, members + 1)]


def send_credentials(made: MadeElection, *, emails: Sequence[str] = (), voters: int = 3) -> None:
    """Choose a sealed roll, send everyone a credential, and read them from the mails."""
    roll = make_roll(
        organisation=made.election.organisation,
        emails=emails or [f"voter{number}@example.org" for number in range(1, voters + 1)],
        sealed_at=DRAFTED,
    )
    made.election = choose_roll(election=made.election, roll=roll)
    made.election = issue_credentials(election=made.election)
    before = len(mail.outbox)
    while send_credential_batch(election=made.election):
        pass
    found = {message.to[0]: LINK.search(message.body)[1] for message in mail.outbox[before:]}
    made.credentials = [found[entry.email] for entry in roll.entries.order_by("pk")]


def make_election(
    *,
    phase=Election.Phase.OPEN,
    emails: Sequence[str] = (),
    voters: int = 3,
    trustees: int | Sequence[str] = 3,
    group: tuple[int, int] | None = None,
    votes: Sequence[tuple[int, Sequence[Sequence[int]]]] = (),
    profile: int = 1,
    **draft,
) -> MadeElection:
    """An election in any phase.

    `group` asks for a group of trustees behind those alone: how many suffice, of how many.
    `profile` 1, which the server makes of every new election, adds the companion file; 0 is for
    tests about what an election without it is.
    `emails` are those of the voters, `trustees` a number or addresses. `votes` are (voter from
    0, answers with one list of zeros and ones for each question, blank first); they are cast in
    their order, and a voter's later ones replace the earlier ones.
    """
    made = make_draft(**draft)
    if phase == Election.Phase.DRAFT:
        return made
    addresses = (
        [f"trustee{number}@example.org" for number in range(1, trustees + 1)]
        if isinstance(trustees, int)
        else trustees
    )
    add_trustees(made, emails=addresses)
    if group is not None:
        add_group(made, threshold=group[0], members=group[1])
    send_credentials(made, emails=emails, voters=voters)
    with built_booth():
        made.election = seal_election(
            election=made.election,
            now=made.election.opens_at - timedelta(hours=1),
            profile=profile,
        )
        if phase == Election.Phase.SIGNING:
            return made
        if profile:
            made.sign()
        run_log()
        if phase == Election.Phase.SEALED:
            return made
        made.election = open_election(election=made.election, now=made.election.opens_at)
    cast_votes(made, votes=votes)
    for reached, step in (
        (Election.Phase.CLOSED, made.close),
        (Election.Phase.TALLIED, lambda: (made.tally(), made.shuffle_all())),
        (Election.Phase.PUBLISHED, lambda: (made.decrypt(), made.publish())),
    ):
        if PHASES.index(phase) >= PHASES.index(reached):
            step()
    return made


def cast_votes(
    made: MadeElection, *, votes: Sequence[tuple[int, Sequence[Sequence[int]]]]
) -> list[bytes]:
    """Cast, record and log; return the trackers."""
    trackers = []
    latest: dict[int, bytes] = {}
    for voter, answers in votes:
        cast = made.cast(voter, answers, prev=latest.get(voter, NO_PREVIOUS_BALLOT))
        latest[voter] = cast.receipt.tracker
        trackers.append(cast.receipt.tracker)
    if votes:
        made.record()
    return trackers
