"""The tables of voting, one module per noun."""

from voting.models.ballot import Ballot, BallotAlpha, Challenge
from voting.models.ceremony import CeremonyMessage, Complaint, TranscriptSignature
from voting.models.credential import Credential
from voting.models.election import Election, Question
from voting.models.record import Record, RecordEvent, RecordObject
from voting.models.registration import CredentialIssue, Registration
from voting.models.shuffle import ShufflePart, ShuffleUpload
from voting.models.tally import TallyChunk
from voting.models.trustee import Trustee, TrusteeCall, TrusteeGroup
from voting.models.verification import Verification, VerificationPart

__all__ = [
    "Ballot",
    "BallotAlpha",
    "CeremonyMessage",
    "Challenge",
    "Complaint",
    "Credential",
    "CredentialIssue",
    "Election",
    "Question",
    "Record",
    "RecordEvent",
    "RecordObject",
    "Registration",
    "ShufflePart",
    "ShuffleUpload",
    "TallyChunk",
    "TranscriptSignature",
    "Trustee",
    "TrusteeCall",
    "TrusteeGroup",
    "Verification",
    "VerificationPart",
]
