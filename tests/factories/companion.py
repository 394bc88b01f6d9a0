"""The second file of an election, with everything that its people sign (PROTOCOL, part 2)."""

from collections.abc import Sequence

from evote.credential import derive_secret_key
from evote.election import encode_trustees
from evote.encoding import b64_digest, sha256_hex
from evote.proofs.statements import NO_PREVIOUS_TRACKER, sign_cast, sign_transcript
from evote.record import Cast, Ceremony, Companion, StrongDecryption
from evote.tally import EncryptedTally, decode_strong_proofs, decrypt_strongly
from evote.threshold.transcript import transcript_hash
from tests.factories.evote import World


def make_ceremony(world: World) -> Ceremony:
    """Let every slot sign the transcript of the world's election."""
    fingerprint = world.election.fingerprint
    commits = tuple(members.commits for members in world.ceremonies)
    transcript = transcript_hash(
        fingerprint=fingerprint,
        trustees=encode_trustees(world.trustee_list.items),
        ceremonies=world.trustee_list.ceremonies,
        commits=commits,
    )
    return Ceremony(
        commits=commits,
        transcript=transcript,
        signatures=tuple(
            sign_transcript(secret_key=secret_key, fingerprint=fingerprint, transcript=transcript)
            for secret_key in world.secret_keys
        ),
    )


def make_casts(world: World, votes: Sequence[tuple[int, bytes]]) -> tuple[Cast, ...]:
    """Sign the chain of casts: of each ballot, who (the number of the voter) cast it."""
    last: dict[int, str] = {}
    casts = []
    for voter, body in votes:
        tracker = b64_digest(body)
        prev = last.get(voter, NO_PREVIOUS_TRACKER)
        proof = sign_cast(
            secret_key=derive_secret_key(
                uuid=world.election.uuid, credential=world.credentials[voter]
            ),
            fingerprint=world.election.fingerprint,
            tracker=tracker,
            prev=prev,
        )
        casts.append(Cast(tracker=tracker, prev=prev, proof=proof))
        last[voter] = tracker
    return tuple(casts)


def make_strong_decryption(
    world: World, *, owner: int, data: bytes, tally: EncryptedTally, closing: str
) -> StrongDecryption:
    """Make the strong proofs beside the partial decryption `data` of one owner."""
    proofs = decrypt_strongly(
        secret_key=world.secret_keys[owner - 1],
        election=world.election,
        tally=tally,
        closing=closing,
    )
    return StrongDecryption(
        owner=owner, payload=sha256_hex(data), proofs=decode_strong_proofs(proofs)
    )


def make_companion(
    world: World,
    *,
    votes: Sequence[tuple[int, bytes]] = (),
    decryptions: Sequence[StrongDecryption] = (),
) -> Companion:
    """Put the file together, without shuffles."""
    return Companion(
        uuid=world.election.uuid,
        fingerprint=world.election.fingerprint,
        ceremony=make_ceremony(world),
        casts=make_casts(world, votes),
        shuffles=(),
        decryptions=tuple(decryptions),
    )
