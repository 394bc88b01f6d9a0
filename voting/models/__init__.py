"""The tables of voting, one module per noun."""

from voting.models.ballot import Ballot, BallotAlpha
from voting.models.credential import Credential
from voting.models.election import Election, Question
from voting.models.record import Record, RecordEvent, RecordObject
from voting.models.registration import CredentialIssue
from voting.models.tally import TallyChunk
from voting.models.trustee import Trustee
from voting.models.verification import Verification

__all__ = [
    "Ballot",
    "BallotAlpha",
    "Credential",
    "CredentialIssue",
    "Election",
    "Question",
    "Record",
    "RecordEvent",
    "RecordObject",
    "TallyChunk",
    "Trustee",
    "Verification",
]
