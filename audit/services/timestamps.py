"""Having checkpoints stamped by an outside authority (RFC 3161), the form that courts know.

What is sent is the SHA-256 of the checkpoint as the log signed it. An answer is kept only after
everything in it was verified: the hash, our nonce, the signature, and that the signer's
certificate leads to one of those that the operator configured. The newest checkpoint comes
first: what it covers is stamped, however many older ones still wait.
"""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from django.conf import settings
from django.db.models import QuerySet
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from audit.models import Timestamp, TimestampAuthority
from audit.models.timestamp import REASON_CHARACTERS
from audit.selectors.timestamps import unstamped_checkpoints
from audit.services.exchanges import Exchanges, Silence

STAMPS_PER_RUN = 3
# While one run asks, another leaves the authority alone.
LEASE = timedelta(seconds=60)
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(hours=1)
# How far the authority's clock may be from ours before its word is not believed.
CLOCK_TOLERANCE = timedelta(minutes=10)
OK = 200
QUERY_TYPE = "application/timestamp-query"
SHA256_NAME = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class TimestampRefused(Exception):
    """The authority gave nothing that holds. The message says what, for operators."""


class CertificatesUnusable(Exception):
    """The configured certificates cannot be read, or none of them is a root."""


def stamp_checkpoints(*, now: datetime) -> int:
    """Have public checkpoints stamped, the newest first. Return how many were.

    Does nothing without an authority, while another run asks it, and while it rests after a
    failure: ten seconds, then twice as long each time, up to an hour.

    Raises:
        CertificatesUnusable: an authority is configured and its certificates are not.
    """
    if not settings.TIMESTAMP_URL:
        return 0
    configured_certificates()
    checkpoints = unstamped_checkpoints(limit=STAMPS_PER_RUN)
    if not checkpoints or not _claim(now=now):
        return 0
    stamped = 0
    try:
        for checkpoint in checkpoints:
            token, moment = request_timestamp(message=bytes(checkpoint.note), now=now)
            row = Timestamp(checkpoint=checkpoint, token=token, stamped_at=moment)
            Timestamp.objects.bulk_create([row], ignore_conflicts=True)
            stamped += 1
    except TimestampRefused as refused:
        _let_rest(reason=str(refused), now=now)
    else:
        _authority().update(rests_until=now, failures=0, reason="")
    return stamped


def request_timestamp(*, message: bytes, now: datetime) -> tuple[bytes, datetime]:
    """Return a verified token over these bytes, and the moment that it vouches for.

    Raises:
        TimestampRefused: no answer, or one of which something does not hold.
        CertificatesUnusable: there is nothing to verify it against.
    """
    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    query = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    answer = _ask(query.as_bytes())
    response = _decoded(answer)
    verify_timestamp(response=response, query=query, message=message)
    moment = response.tst_info.gen_time
    if abs(moment - now) > CLOCK_TOLERANCE:
        msg = f"the authority's clock says {moment.isoformat()}"
        raise TimestampRefused(msg)
    return answer, moment


def verify_timestamp(
    *, response: TimeStampResponse, query: TimeStampRequest, message: bytes
) -> None:
    """Check that the authority stamped exactly these bytes, in answer to exactly this query.

    The signer's certificate must lead to a configured one and have been valid at the moment
    that the token names.

    Raises:
        TimestampRefused: something does not hold.
        CertificatesUnusable: see `configured_certificates`.
    """
    roots, intermediates = configured_certificates()
    verifier = VerifierBuilder(
        roots=roots, intermediates=intermediates, nonce=query.nonce, policy_id=query.policy
    ).build()
    try:
        if response.tst_info.message_imprint.hash_algorithm != SHA256_NAME:
            msg = "the token is over another hash than SHA-256"
            raise TimestampRefused(msg)
        verifier.verify(response, hashlib.sha256(message).digest())
    except (VerificationError, ValueError) as error:
        msg = f"the token does not hold: {error}"
        raise TimestampRefused(msg) from error


def configured_certificates() -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Return the roots and the intermediates that the operator trusts.

    Raises:
        CertificatesUnusable: there are none, or no root among them.
    """
    try:
        data = Path(settings.TIMESTAMP_CERTIFICATES).read_bytes()
        certificates = x509.load_pem_x509_certificates(data)
    except (OSError, ValueError) as error:
        msg = f"PNYX_TIMESTAMP_CERTIFICATES: {error}"
        raise CertificatesUnusable(msg) from error
    roots = [one for one in certificates if one.issuer == one.subject]
    if not roots:
        msg = "PNYX_TIMESTAMP_CERTIFICATES: there is no root certificate in it"
        raise CertificatesUnusable(msg)
    return roots, [one for one in certificates if one.issuer != one.subject]


def _ask(query: bytes) -> bytes:
    exchanges = Exchanges()
    exchanges.ask(settings.TIMESTAMP_URL, body=query, key="authority", media_type=QUERY_TYPE)
    [(_, answer)] = exchanges.answers()
    if isinstance(answer, Silence):
        raise TimestampRefused(answer.reason)
    if answer.status != OK:
        msg = f"the authority answered with status {answer.status}"
        raise TimestampRefused(msg)
    return answer.body


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(answer)
    except ValueError as error:
        msg = f"the answer is not one of RFC 3161: {error}"
        raise TimestampRefused(msg) from error


def _authority() -> QuerySet[TimestampAuthority]:
    return TimestampAuthority.objects.filter(address=settings.TIMESTAMP_URL)


def _claim(*, now: datetime) -> bool:
    """Take the authority for this run, unless it rests or another run has it."""
    TimestampAuthority.objects.get_or_create(
        address=settings.TIMESTAMP_URL, defaults={"rests_until": now}
    )
    return _authority().filter(rests_until__lte=now).update(rests_until=now + LEASE) == 1


def _let_rest(*, reason: str, now: datetime) -> None:
    authority = _authority().get()
    rest = min(FIRST_REST * 2 ** min(authority.failures, 16), LONGEST_REST)
    _authority().update(
        rests_until=now + rest, failures=authority.failures + 1, reason=reason[:REASON_CHARACTERS]
    )
