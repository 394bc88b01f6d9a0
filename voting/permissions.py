"""Who may do what with elections. Nobody may read, add or drop a vote: no function here says so."""

from django.db.models import QuerySet

from accounts.models import Organisation, Role, User
from accounts.permissions import is_administrator
from accounts.selectors import Person, has_verified_email, organisations_where
from voting.models import Election, Trustee


def organisations_administered_by(user: Person) -> QuerySet[Organisation]:
    """Return the organisations in which a person may begin an election."""
    if not isinstance(user, User):
        return Organisation.objects.none()
    held = organisations_where(user, Role.Kind.ADMINISTRATOR)
    # Asked one by one: a role may rest, for want of a second factor.
    return held.filter(pk__in=[one.pk for one in held if is_administrator(user, one)])


def can_draft_election(user: Person, organisation: Organisation) -> bool:
    """Say who may begin an election of an organisation."""
    return is_administrator(user, organisation)


def can_administer_election(user: Person, election: Election) -> bool:
    """Say who may prepare and seal an election. After sealing there is nothing to administer."""
    return is_administrator(user, election.organisation)


def can_see_election(user: Person, election: Election) -> bool:
    """Say who may read an election's page: everybody once it is sealed, before that organisers."""
    return (
        election.is_public
        or can_administer_election(user, election)
        or any(can_act_as_trustee(user, trustee) for trustee in election.trustees.all())
    )


def can_act_as_trustee(user: Person, trustee: Trustee) -> bool:
    """Say who may register a trustee's key: the person who holds the trustee's address."""
    return has_verified_email(user, trustee.email)
