"""Small elections with everything in hand: keys, credentials, ballots, records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evote.ballot import PlainAnswer, create_ballot, decode_ballot
from evote.credential import (
    decode_credentials,
    derive_public_credential,
    encode_credentials,
    generate_credential,
)
from evote.election import (
    AnyQuestion,
    Election,
    ListsQuestion,
    Question,
    RankedQuestion,
    Trustee,
    Trustees,
    decode_election,
    encode_election,
    encode_trustees,
    generate_uuid,
    make_trustee,
)
from evote.encoding import sha256_hex
from evote.group import SecretScalar, random_scalar
from evote.record import (
    Event,
    encode_data,
    encode_event,
    encode_event_member,
    encode_header,
    encode_owned,
    encode_setup,
)
from evote.tally import (
    EncryptedTally,
    add_ballots,
    combine,
    decode_partial_decryption,
    decrypt_partially,
    encode_encrypted_tally,
    encode_result,
    encode_sized_tally,
    has_ranked_question,
    make_shuffle,
    verify_shuffle,
)
from tests.factories.threshold import Members, finish, hold_ceremony, with_names

TIMESTAMP = 1795219609

PLAIN = Question(
    text="Which options?",
    answers=("Alpha", "Beta", "Gamma"),
    minimum=0,
    maximum=2,
    has_blank=False,
)
BLANK = Question(text="Approve?", answers=("Yes", "No"), minimum=1, maximum=1, has_blank=True)
ONE_OF_TWO = Question(text="A|B,C?", answers=("A", "B"), minimum=1, maximum=1, has_blank=False)

RANKED = RankedQuestion(text="In what order?", answers=("Alpha", "Beta", "Gamma"))
LISTS = ListsQuestion(text="Which list?", lists=(("Reds", "Ada", "Bo"), ("Blues", "Cy")))


@dataclass(frozen=True, kw_only=True)
class World:
    """An election before anybody has voted, with all its secrets."""

    election: Election
    secret_keys: tuple[SecretScalar, ...]
    trustee_list: Trustees
    ceremonies: tuple[Members, ...]
    credentials: tuple[str, ...]
    public_list: bytes

    @property
    def trustees(self) -> tuple[Trustee, ...]:
        """Everybody who holds a key, in the order of the owners; like `secret_keys`."""
        return self.trustee_list.slots

    @property
    def weights(self) -> dict[str, int]:
        return decode_credentials(self.public_list)

    def public(self, voter: int) -> str:
        return derive_public_credential(uuid=self.election.uuid, credential=self.credentials[voter])

    def ballot(self, voter: int, answers: Sequence[PlainAnswer]) -> bytes:
        return create_ballot(
            election=self.election, credential=self.credentials[voter], answers=answers
        )


def make_world(
    *,
    questions: Sequence[AnyQuestion] = (PLAIN,),
    voters: int = 3,
    weights: Sequence[int] | None = None,
    trustees: int = 2,
    thresholds: Sequence[tuple[int, int]] = (),
    context: dict[str, object] | None = None,
    uuid: str | None = None,
) -> World:
    """Make an election; each (t, n) of `thresholds` is a group after the `trustees` alone."""
    uuid = uuid or generate_uuid()
    secret_keys = tuple(random_scalar() for _ in range(trustees))
    public_keys = tuple(
        make_trustee(secret_key=secret_key, name=f"Trustee {number}")
        for number, secret_key in enumerate(secret_keys, start=1)
    )
    ceremonies = tuple(
        finish(hold_ceremony(threshold=threshold, size=size, uuid=uuid))
        for threshold, size in thresholds
    )
    trustee_list = Trustees(
        (*public_keys, *(with_names(members.trustees) for members in ceremonies))
    )
    archived = encode_election(
        uuid=uuid,
        name="A vote",
        description="Made for a test.",
        public_key=trustee_list.public_key,
        questions=questions,
        context=context,
    )
    credentials = tuple(generate_credential() for _ in range(voters))
    public = [derive_public_credential(uuid=uuid, credential=item) for item in credentials]
    return World(
        election=decode_election(archived),
        secret_keys=(*secret_keys, *(share for each in ceremonies for share in each.shares)),
        trustee_list=trustee_list,
        ceremonies=ceremonies,
        credentials=credentials,
        public_list=encode_credentials(
            public, weights=None if weights is None else dict(zip(public, weights, strict=True))
        ),
    )


class RecordWriter:
    """Writes a record event by event, right or wrong: it checks nothing."""

    def __init__(self) -> None:
        self.members: list[bytes] = [encode_header(timestamp=TIMESTAMP)]
        self.parent: str | None = None
        self.height = 0

    def add(self, kind: str, *objects: bytes) -> "RecordWriter":
        for body in objects:
            self.members.append(encode_data(body=body, timestamp=TIMESTAMP))
        event = Event(
            type=kind,
            height=self.height,
            parent=self.parent,
            payload=sha256_hex(objects[-1]) if objects else None,
        )
        self.members.append(encode_event_member(event=event, timestamp=TIMESTAMP))
        self.parent = sha256_hex(encode_event(event))
        self.height += 1
        return self

    def setup(self, world: World) -> "RecordWriter":
        objects = {
            "election": world.election.archived,
            "trustees": encode_trustees(world.trustee_list.items),
            "credentials": world.public_list,
        }
        return self.add("Setup", *objects.values(), encode_setup(**objects))

    def data(self) -> bytes:
        return b"".join(self.members)


@dataclass(frozen=True, kw_only=True)
class Count:
    """What there is to count once the box is closed."""

    election: Election
    tally: EncryptedTally
    num_tallied: int
    total_weight: int


def count_ballots(world: World, ballots: Sequence[bytes]) -> Count:
    last = {}
    for body in ballots:
        ballot = decode_ballot(body, election=world.election)
        last[ballot.credential] = ballot
    weights = [(ballot, world.weights[ballot.credential]) for ballot in last.values()]
    return Count(
        election=world.election,
        tally=add_ballots(election=world.election, ballots_with_weights=weights),
        num_tallied=len(weights),
        total_weight=sum(weight for _, weight in weights),
    )


def write_tally(writer: RecordWriter, count: Count) -> RecordWriter:
    encrypted_tally = encode_encrypted_tally(count.tally, election=count.election)
    sized = encode_sized_tally(
        num_tallied=count.num_tallied,
        total_weight=count.total_weight,
        encrypted_tally=sha256_hex(encrypted_tally),
    )
    return writer.add("EndBallots").add("EncryptedTally", encrypted_tally, sized)


def write_shuffles(
    writer: RecordWriter, count: Count, *, owners: Sequence[int] = (1, 2)
) -> EncryptedTally:
    """Have these trustees shuffle, one after the other, and give what they left."""
    tally = count.tally
    for owner in owners:
        data = make_shuffle(election=count.election, tally=tally, progress=lambda done, total: None)
        tally = verify_shuffle(data=data, election=count.election, tally=tally)
        writer.add("Shuffle", data, encode_owned(owner=owner, payload=data))
    writer.add("EndShuffles")
    return tally


def write_complete_record(
    world: World, ballots: Sequence[bytes], *, owners: Collection[int] | None = None
) -> RecordWriter:
    """Write a record from Setup to Result, decrypted by these owners, or by all."""
    writer = RecordWriter().setup(world)
    for ballot in ballots:
        writer.add("Ballot", ballot)
    count = count_ballots(world, ballots)
    write_tally(writer, count)
    tally = write_shuffles(writer, count) if has_ranked_question(world.election) else count.tally
    decryptions = {}
    for owner, secret_key in enumerate(world.secret_keys, start=1):
        if owners is not None and owner not in owners:
            continue
        data = decrypt_partially(secret_key=secret_key, election=world.election, tally=tally)
        decryptions[owner] = decode_partial_decryption(data, election=world.election)
        writer.add("PartialDecryption", data, encode_owned(owner=owner, payload=data))
    result = combine(
        election=world.election,
        tally=tally,
        trustees=world.trustee_list,
        partial_decryptions=decryptions,
        total_weight=count.total_weight,
    )
    return writer.add("Result", encode_result(result))
