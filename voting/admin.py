"""The tables of voting, to look at. The record and the log are the authority."""

from django.contrib import admin

from audit.admin import ReadOnlyAdmin
from voting.models import (
    Ballot,
    CeremonyMessage,
    Complaint,
    Credential,
    CredentialIssue,
    Election,
    Question,
    Record,
    RecordEvent,
    RecordObject,
    TallyChunk,
    TranscriptSignature,
    Trustee,
    TrusteeGroup,
    Verification,
)


@admin.register(Election)
class ElectionAdmin(ReadOnlyAdmin):
    """Elections and where they stand."""

    list_display = ("uuid", "title", "organisation", "phase", "opens_at", "closes_at")
    list_filter = ("phase",)
    ordering = ("-pk",)


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    """Questions of elections."""

    list_display = ("election", "position", "text")
    ordering = ("-election_id", "position")


@admin.register(Trustee)
class TrusteeAdmin(ReadOnlyAdmin):
    """Trustees and their public keys."""

    list_display = ("election", "position", "name", "invitation", "has_key")
    ordering = ("-election_id", "position")


@admin.register(TrusteeGroup)
class TrusteeGroupAdmin(ReadOnlyAdmin):
    """Groups of trustees of whom some suffice."""

    list_display = ("election", "position", "threshold", "attempt")
    ordering = ("-election_id", "position")


@admin.register(CeremonyMessage)
class CeremonyMessageAdmin(ReadOnlyAdmin):
    """What members of groups sent to make their keys. All of it is public."""

    list_display = ("group", "attempt", "member", "step")
    list_filter = ("step",)
    ordering = ("-group_id", "-attempt", "member")


@admin.register(Complaint)
class ComplaintAdmin(ReadOnlyAdmin):
    """Proofs that a member sent a share which does not fit."""

    list_display = ("group", "attempt", "by", "about")
    ordering = ("-group_id", "-attempt", "by")


@admin.register(TranscriptSignature)
class TranscriptSignatureAdmin(ReadOnlyAdmin):
    """Which slots have signed the setup."""

    list_display = ("election", "owner")
    ordering = ("-election_id", "owner")


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
    """Public credentials, in no order that says anything."""

    list_display = ("election", "public", "position")
    ordering = ("election_id", "public")


@admin.register(CredentialIssue)
class CredentialIssueAdmin(ReadOnlyAdmin):
    """To whom a credential went out; never which."""

    list_display = ("election", "roll_entry", "state")
    list_filter = ("state",)
    ordering = ("-election_id", "pk")


@admin.register(Ballot)
class BallotAdmin(ReadOnlyAdmin):
    """Ballots, as encrypted as they came. They are listed by tracker, not as they came."""

    list_display = ("__str__", "election", "batch", "height")
    ordering = ("election_id", "tracker")


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    """How far the records go."""

    list_display = ("election", "height", "length_bytes", "batches")
    ordering = ("-election_id",)


@admin.register(RecordEvent)
class RecordEventAdmin(ReadOnlyAdmin):
    """Events of the records."""

    list_display = ("election", "height", "type", "owner")
    list_filter = ("type",)
    ordering = ("-election_id", "height")


@admin.register(RecordObject)
class RecordObjectAdmin(ReadOnlyAdmin):
    """Objects of the records."""

    list_display = ("event", "position", "name")
    list_filter = ("name",)
    ordering = ("-event_id", "position")


@admin.register(TallyChunk)
class TallyChunkAdmin(ReadOnlyAdmin):
    """How far the adding of ballots has come."""

    list_display = ("election", "first_height", "last_height", "counted")
    ordering = ("-election_id", "first_height")


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    """What this server found when it verified its own records."""

    list_display = ("election", "is_complete", "verified_at")
    ordering = ("-election_id",)
