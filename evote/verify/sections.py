"""A section of a record: neighbouring Ballot events, checked by themselves on any machine.

A section is cut out of the record by whoever holds all of it. What it was told, the event before
it and which of its ballots count with what weight, it gives back, and `evote.verify.parts` compares
that with the other sections, so that nothing has to be believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from evote.election import Election, decode_election
from evote.encoding import b64_digest, read_integer, read_list, read_object, read_text
from evote.errors import InvalidRecord
from evote.proofs.statements import CastStatement, refused_casts
from evote.record import (
    Cast,
    Link,
    Record,
    decode_cast,
    encode_header,
    read_archive,
    read_chain,
)
from evote.tally import add_ballots, encode_encrypted_tally
from evote.verify.ballots import BallotTask, CheckedBallot, RefusedBallot, check_ballots

# The steps of the verification that a ballot and its statement are about.
BALLOTS_STEP, CASTS_STEP = 6, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one machine is given: the events after `after`, and what belongs to them.

    `casts` has one archived statement for each event, or is None where the election has none.
    `counted` names the heights whose ballot is the last of its credential, with its weight.
    """

    election: bytes
    timestamp: int
    after: Link
    data: bytes
    casts: tuple[bytes, ...] | None
    counted: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionBallot:
    """What the whole verification needs of one ballot; `weight` is None where it is replaced."""

    tracker: str
    credential: str
    alphas: tuple[str, ...]
    prev: str | None
    weight: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionAnswer:
    """What holds of a section, by itself."""

    after: Link
    last: Link
    size_bytes: int
    files: int
    casts_bytes: int
    ballots: tuple[SectionBallot, ...]
    # The sum of the ballots that count, as an encrypted tally is written.
    tally: str

    def to_json(self) -> dict[str, object]:
        """Give the answer for whoever keeps it until all are there."""
        return {
            "after": _link_to_json(self.after),
            "last": _link_to_json(self.last),
            "size_bytes": self.size_bytes,
            "files": self.files,
            "casts_bytes": self.casts_bytes,
            "tally": self.tally,
            "ballots": [
                [one.tracker, one.credential, list(one.alphas), one.prev, one.weight]
                for one in self.ballots
            ],
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read back what `to_json` gave.

        Raises:
            DecodeError: it is something else.
        """
        numbers = ("size_bytes", "files", "casts_bytes")
        fields = ("after", "last", *numbers, "tally", "ballots")
        item = read_object(value, place="", fields=fields)
        return cls(
            after=_read_link(item["after"], place="after"),
            last=_read_link(item["last"], place="last"),
            tally=read_text(item["tally"], place="tally"),
            ballots=tuple(
                _read_ballot(ballot, place=f"ballots[{index}]")
                for index, ballot in enumerate(read_list(item["ballots"], place="ballots"))
            ),
            **{name: read_integer(item[name], place=name) for name in numbers},
        )


def check_section(section: Section) -> SectionAnswer:
    """Check everything that concerns the events of a section alone.

    Raises:
        EvoteError: something does not hold. Which step and which place of the whole record that
            is, `verify_record` says.
    """
    election = decode_election(section.election)
    header = encode_header(timestamp=section.timestamp)
    archive = read_archive(header + section.data)
    record = read_chain(archive, after=section.after)
    ballots = _check_ballots(record, section=section)
    casts = _check_casts(ballots, section=section, fingerprint=election.fingerprint)
    events = record.events
    _check_counted(record, counted=section.counted)
    return SectionAnswer(
        after=section.after,
        last=Link(height=events[-1].event.height, type="Ballot", hash=events[-1].hash),
        size_bytes=len(section.data),
        files=len(archive.members),
        casts_bytes=sum(map(len, section.casts or ())),
        ballots=tuple(
            SectionBallot(
                tracker=one.ballot.tracker,
                credential=one.ballot.credential,
                alphas=one.ballot.alphas,
                prev=None if cast is None else cast.prev,
                weight=section.counted.get(one.height),
            )
            for one, cast in zip(ballots, casts, strict=True)
        ),
        tally=_sum(ballots, counted=section.counted, election=election),
    )


def _check_ballots(record: Record, *, section: Section) -> list[CheckedBallot]:
    for recorded in record.events:
        if recorded.event.type != "Ballot":
            msg = f"event {recorded.event.height}"
            raise InvalidRecord(BALLOTS_STEP, msg, "a section holds ballots only")
    bodies = tuple((one.event.height, one.objects[0]) for one in record.events)
    answers = check_ballots(BallotTask(section.election, bodies))
    ballots = []
    for (height, body), answer in zip(bodies, answers, strict=True):
        if isinstance(answer, RefusedBallot):
            raise InvalidRecord(BALLOTS_STEP, f"event {height}, ballot", answer.reason)
        if answer.ballot.tracker != b64_digest(body) or answer.height != height:
            msg = "the answer is for another"
            raise InvalidRecord(BALLOTS_STEP, f"event {height}, ballot", msg)
        ballots.append(answer)
    return ballots


def _check_casts(
    ballots: list[CheckedBallot], *, section: Section, fingerprint: str
) -> list[Cast | None]:
    if section.casts is None:
        return [None] * len(ballots)
    if len(section.casts) != len(ballots):
        msg = f"{len(section.casts)} statements for {len(ballots)} ballots"
        raise InvalidRecord(CASTS_STEP, "companion, casts", msg)
    casts = [decode_cast(data) for data in section.casts]
    for one, cast in zip(ballots, casts, strict=True):
        if cast.tracker != one.ballot.tracker:
            place = f"companion, casts, event {one.height}"
            raise InvalidRecord(CASTS_STEP, place, "it is about another ballot")
    statements = [
        CastStatement(
            credential=one.ballot.credential,
            tracker=cast.tracker,
            prev=cast.prev,
            proof=cast.proof,
        )
        for one, cast in zip(ballots, casts, strict=True)
    ]
    for index, error in refused_casts(statements, fingerprint=fingerprint):
        place = f"companion, casts, event {ballots[index].height}"
        raise InvalidRecord(CASTS_STEP, place, str(error)) from error
    return list(casts)


def _check_counted(record: Record, *, counted: Mapping[int, int]) -> None:
    heights = {recorded.event.height for recorded in record.events}
    assert set(counted) <= heights, "what counts is in the section"


def _sum(ballots: list[CheckedBallot], *, counted: Mapping[int, int], election: Election) -> str:
    tally = add_ballots(
        election=election,
        ballots_with_weights=[
            (one.ballot, counted[one.height]) for one in ballots if one.height in counted
        ],
        are_verified=True,
    )
    return encode_encrypted_tally(tally, election=election).decode()


def _link_to_json(link: Link) -> list[object]:
    return [link.height, link.type, link.hash]


def _read_link(value: object, *, place: str) -> Link:
    height, type_, digest = read_list(value, place=place, length=3)
    return Link(
        height=read_integer(height, place=place),
        type=read_text(type_, place=place),
        hash=read_text(digest, place=place),
    )


def _read_ballot(value: object, *, place: str) -> SectionBallot:
    tracker, credential, alphas, prev, weight = read_list(value, place=place, length=5)
    return SectionBallot(
        tracker=read_text(tracker, place=place),
        credential=read_text(credential, place=place),
        alphas=tuple(read_text(alpha, place=place) for alpha in read_list(alphas, place=place)),
        prev=None if prev is None else read_text(prev, place=place),
        weight=None if weight is None else read_integer(weight, place=place),
    )
