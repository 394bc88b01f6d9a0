"""The tables of deliberation, one module per noun."""

from deliberation.models.comment import Comment
from deliberation.models.consultation import Consultation
from deliberation.models.consultation_election import ConsultationElection
from deliberation.models.endorsement import Endorsement
from deliberation.models.moderation import ModerationAct
from deliberation.models.phase import Phase, PhaseChange
from deliberation.models.proposal import Proposal, ProposalVersion, StatusChange
from deliberation.models.report import Report
from deliberation.models.rule import Rule

__all__ = [
    "Comment",
    "Consultation",
    "ConsultationElection",
    "Endorsement",
    "ModerationAct",
    "Phase",
    "PhaseChange",
    "Proposal",
    "ProposalVersion",
    "Report",
    "Rule",
    "StatusChange",
]
