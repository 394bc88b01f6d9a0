"""Why a ballot does not get into the box: stable codes, and sentences for people.

Blind, as the box is: nothing here knows who asks.
"""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

# Each stable code with the sentence that people read. None of them says that a ballot is in
# the box: where one of these comes back, it is not.
SENTENCES: Mapping[str, object] = {
    "non_canonical": _(
        "The ballot was not accepted: it is not written in the one form that ballots have."
        " It is not in the box."
    ),
    "too_large": _("The ballot was not accepted: it is larger than 256 kB. It is not in the box."),
    "too_deep": _("The ballot was not accepted: it is nested too deeply. It is not in the box."),
    "wrong_shape": _(
        "The ballot was not accepted: it does not answer the questions of this election."
        " It is not in the box."
    ),
    "wrong_election": _(
        "The ballot was not accepted: it belongs to another election. It is not in the box."
    ),
    "unknown_credential": _(
        "The ballot was not accepted: its credential is not on the list of this election."
        " It is not in the box."
    ),
    "bad_signature": _(
        "The ballot was not accepted: it is not signed with its credential. It is not in the box."
    ),
    "bad_proof": _(
        "The ballot was not accepted: a proof that its choices are permitted does not hold."
        " It is not in the box."
    ),
    "identity_element": _(
        "The ballot was not accepted: a part of it is not encrypted. It is not in the box."
    ),
    "duplicate_ciphertext": _(
        "The ballot was not accepted: a part of it is copied from a ballot of this election."
        " It is not in the box."
    ),
    "not_open": _("The ballot was not accepted: voting is not open. It is not in the box."),
    "challenged": _(
        "The ballot was not accepted: it was opened by a challenge, so it can never be cast."
        " It is not in the box."
    ),
    "bad_statement": _(
        "The ballot was not accepted: it does not come with a statement, signed with its"
        " credential, of which ballot it replaces. It is not in the box."
    ),
    "permit_needed": _(
        "The ballot was not accepted: this election asks for your account too. Sign in on the"
        " election’s page and take a permit. The ballot is not in the box."
    ),
    "bad_permit": _(
        "The ballot was not accepted: its permit is used, has run out, or is for another"
        " election. Take a new one on the election’s page. The ballot is not in the box."
    ),
    "other_account": _(
        "The ballot was not accepted: in this election your account has used another credential,"
        " or another account has used this one. The ballot is not in the box."
    ),
    "stale_prev": _(
        "The ballot was not accepted: another ballot was cast with this credential in the"
        " meantime. This one is not in the box."
    ),
    "too_many_ballots": _(
        "The ballot was not accepted: this credential has cast too many ballots."
        " It is not in the box, and the one cast before stays in it."
    ),
}


class BallotRejected(Exception):
    """The ballot was not accepted. `code` is stable; `detail` is fit to show to the voter."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def detail(self) -> str:
        """The sentence for people, in their language."""
        return str(SENTENCES[self.code])


class StalePrev(BallotRejected):
    """The credential's current ballot is another than the one this ballot replaces."""

    def __init__(self, *, current: bytes) -> None:
        super().__init__("stale_prev")
        self.current = current


class TooManyBallots(BallotRejected):
    """The credential has cast too often."""

    def __init__(self, *, retry_after_seconds: int | None) -> None:
        super().__init__("too_many_ballots")
        self.retry_after_seconds = retry_after_seconds


CHALLENGE_SENTENCES: Mapping[str, object] = {
    "wrong_shape": _(
        "The challenge was not taken: it does not have one α for each part of a ballot of this"
        " election."
    ),
    "not_open": _("The challenge was not taken: voting is not open."),
    "already_cast": _(
        "The challenge was not taken: this ballot, or a part of it, was cast or challenged before."
    ),
    "too_many_challenges": _(
        "The challenge was not taken: this election has had too many. The ballot is not in the"
        " box; throw it away."
    ),
}


class ChallengeRefused(Exception):
    """The challenge was not taken. `code` is stable; `detail` is fit to show to the voter."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def detail(self) -> str:
        """The sentence for people, in their language."""
        return str(CHALLENGE_SENTENCES[self.code])
