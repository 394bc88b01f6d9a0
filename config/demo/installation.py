"""The demo's people: who administers, moderates, keeps keys, debates."""

import secrets
from dataclasses import dataclass

from accounts.models import Organisation, Role, User
from accounts.services.organisations import add_organisation
from accounts.services.people import add_person
from accounts.services.roles import grant_role
from config.demo.conversation import Conversation

ORGANISATION_SLUG = "northfield"
TRUSTEES = {
    "Ada Okafor": "trustee-1@example.org",
    "Bruno Lind": "trustee-2@example.org",
    "Chen Min": "trustee-3@example.org",
}
ADMINISTRATOR = "administrator@example.org"
MODERATOR = "moderator@example.org"
CITIZEN = "citizen@example.org"


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who has an account. Voters need none: their credential comes by mail."""

    organisation: Organisation
    password: str
    moderator: User
    citizen: User
    participants: dict[int, User]


def participant_address(number: int) -> str:
    """Return the address of a participant of the conversation."""
    return f"participant-{number}@example.org"


def make_people(*, conversation: Conversation) -> People:
    """Make the organisation, its offices, and an account for everyone who wrote a statement."""
    # New for each demo, so that no password anybody could know is in the tree.
    password = f"pnyx-{secrets.token_hex(6)}"
    organisation = add_organisation(
        name="Northfield City Council", slug=ORGANISATION_SLUG, parent=None
    )
    offices = {
        ADMINISTRATOR: ("Rosa Administrator", Role.Kind.ADMINISTRATOR),
        MODERATOR: ("Milan Moderator", Role.Kind.MODERATOR),
    }
    holders = {}
    for email, (name, kind) in offices.items():
        holders[email] = add_person(email=email, display_name=name, password=password)
        grant_role(organisation=organisation, user=holders[email], kind=kind)
    for name, email in TRUSTEES.items():
        add_person(email=email, display_name=name, password=password)
    authors = sorted({statement.author for statement in conversation.statements.values()})
    return People(
        organisation=organisation,
        password=password,
        moderator=holders[MODERATOR],
        citizen=add_person(email=CITIZEN, display_name="Noor Citizen", password=password),
        participants={
            number: add_person(
                email=participant_address(number),
                display_name=f"Participant {number}",
                password=password,
            )
            for number in authors
        },
    )
