"""What a draft still needs before it can be sealed."""

from dataclasses import dataclass

from django.db.models import Count

from voting.models import Credential, CredentialIssue, Election, Question
from voting.selectors.bundle import BoothMissing, booth_bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How far the preparation of an election is, in numbers."""

    questions: int
    people: int
    credentials: int
    mails_waiting: int
    mails_refused: int
    trustees: int
    keys: int
    has_booth: bool
    has_unfinished_group: bool
    has_weighted_ranking: bool

    @property
    def has_all_credentials(self) -> bool:
        """Say whether there are as many credentials as people on the roll."""
        return 0 < self.people == self.credentials

    @property
    def has_all_keys(self) -> bool:
        """Say whether every trustee has registered a key."""
        return 0 < self.trustees == self.keys

    @property
    def is_ready(self) -> bool:
        """Say whether the election can be sealed."""
        return (
            self.questions > 0
            and self.has_all_credentials
            and self.has_all_keys
            and self.has_booth
            and not self.has_unfinished_group
            and not self.has_weighted_ranking
        )


def setup_of(*, election: Election) -> Setup:
    """Count what an election has and what it still needs."""
    mails = dict(
        CredentialIssue.objects.filter(election=election)
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    trustees = election.trustees.all()
    is_ranked = election.questions.filter(kind=Question.Kind.RANKED).exists()
    return Setup(
        questions=election.questions.count(),
        people=0 if election.roll is None else election.roll.entries.count(),
        credentials=Credential.objects.filter(election=election).count(),
        mails_waiting=mails.get(CredentialIssue.State.WAITING, 0),
        mails_refused=mails.get(CredentialIssue.State.REFUSED, 0),
        trustees=trustees.count(),
        keys=trustees.filter(public_key__isnull=False).count(),
        has_booth=_has_booth(),
        has_unfinished_group=election.trustee_groups.filter(encoded__isnull=True).exists(),
        has_weighted_ranking=is_ranked and election.credentials.exclude(weight=1).exists(),
    )


def refused_addresses(*, election: Election) -> list[str]:
    """Return the addresses on the roll that the mail server refused. For organisers only."""
    refused = CredentialIssue.objects.filter(election=election, state=CredentialIssue.State.REFUSED)
    return list(refused.order_by("roll_entry__email").values_list("roll_entry__email", flat=True))


def _has_booth() -> bool:
    try:
        booth_bundle()
    except BoothMissing:
        return False
    return True
