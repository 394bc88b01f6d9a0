"""The transcript T: what every trustee signs once the election is sealed (PROTOCOL 2.4)."""

from collections.abc import Sequence

from evote.encoding import encode_json, sha256_hex
from evote.threshold.certificates import certificates_hash
from evote.threshold.pedersen import ThresholdTrustees


def transcript_hash(
    *,
    fingerprint: str,
    trustees: bytes,
    ceremonies: Sequence[ThresholdTrustees],
    commits: Sequence[Sequence[str]],
) -> str:
    """Give T in hexadecimal.

    `trustees` is the object as archived; `ceremonies` are its items with a threshold, in order,
    and `commits` has one list for each of them, with one hash for each member.
    """
    assert len(commits) == len(ceremonies)
    certificates = [signed for item in ceremonies for signed in item.signed_certificates]
    return sha256_hex(
        encode_json(
            {
                "election_hash": fingerprint,
                "trustees": sha256_hex(trustees),
                "certs": certificates_hash(certificates),
                "commits": [list(item) for item in commits],
            }
        )
    )
