"""The numbered checks and steps of an election, in the words of its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from voting.models import Election, Question
from voting.models.verification import Verification
from voting.selectors.overview import ElectionOverview

CLOSED_PHASES = (
    Election.Phase.CLOSED,
    Election.Phase.SHUFFLING,
    Election.Phase.TALLIED,
    Election.Phase.PUBLISHED,
    Election.Phase.UNCOUNTED,
)

Check = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayPoint:
    """One step on the way of a sealed election, with its moment where it has one."""

    name: str
    text: str
    at: datetime | None
    is_done: bool


def live_checks(*, election: Election, overview: ElectionOverview) -> list[Check]:
    """Return what this server has checked so far. Each has `text`, `how` and `state`."""
    logged = overview.roll_entry is not None and overview.booth_entry is not None
    has_opened = election.phase not in (*Election.UNSEALED, Election.Phase.SEALED)
    return [
        {
            "text": _("The roll and the credentials are sealed"),
            "how": _(
                "%(people)s people, %(credentials)s credentials; fixed before opening%(place)s"
            )
            % {
                "people": intcomma(overview.people),
                "credentials": intcomma(overview.credentials),
                "place": _place(overview.roll_entry),
            },
            "state": "held" if overview.people == overview.credentials and logged else "waiting",
        },
        {
            "text": _("The booth’s hash is published"),
            "how": _("Anyone can compare the booth that is served with its hash%(place)s")
            % {"place": _place(overview.booth_entry)},
            "state": "held" if overview.booth_entry else "waiting",
        },
        {
            "text": ngettext(
                "%(count)s ballot is in the record, and it is valid",
                "%(count)s ballots are in the record, and each is valid",
                overview.ballots,
            )
            % {"count": intcomma(overview.ballots)},
            "how": _(
                "Signed by a credential on the list, with proofs that its choices are allowed"
            ),
            "state": "held" if has_opened else "later",
        },
        {
            "text": _("Each ballot is an entry of the public log"),
            "how": _("Whoever keeps a receipt can prove that a ballot was there"),
            "state": "held" if has_opened else "later",
        },
        {
            "text": _("The count is right"),
            "how": _("After closing, the trustees decrypt the sum, never a ballot, and prove it"),
            "state": "held" if election.phase == Election.Phase.PUBLISHED else "later",
            "word": _("Checked")
            if election.phase == Election.Phase.PUBLISHED
            else _("After closing"),
        },
    ]


# What the numbered steps of `evote verify` mean, for people.
STEP_MEANINGS = {
    1: gettext_lazy("The record is one unbroken file, under its own hashes"),
    2: gettext_lazy("Each event stands under the hash of the one before"),
    3: gettext_lazy("The election is the sealed one"),
    4: gettext_lazy("Each trustee holds a key of their own"),
    5: gettext_lazy("The list of credentials is in order"),
    6: gettext_lazy("Every ballot is signed and holds only choices that are allowed"),
    7: gettext_lazy("The last ballot of each credential counts, and no ballot is copied"),
    8: gettext_lazy("The encrypted sum is the sum of those ballots"),
    9: gettext_lazy("The trustees decrypted exactly that sum"),
    10: gettext_lazy("The numbers above are what came out"),
    11: gettext_lazy("The shuffles added, left out and changed no ballot"),
    12: gettext_lazy("The second file is there and leaves nothing out"),
    13: gettext_lazy("Every trustee signed the sealed election, with their own key in it"),
    14: gettext_lazy("Each ballot is signed as the next one of its credential"),
    15: gettext_lazy("Each shuffle is signed by the trustee who made it"),
    16: gettext_lazy("Each decryption is bound to its sum and its trustee"),
}
STATES = {
    "passed": "held",
    "waiting": "waiting",
    "failed": "failed",
    "not reached": "later",
    "not asked for": "later",
}


def verification_checks(*, verification: Verification | None) -> list[Check]:
    """Return the steps that this server ran over the whole record, in plain words."""
    if verification is None:
        return []
    return [
        {
            "text": str(STEP_MEANINGS.get(step["number"], step["title"])),
            "how": "; ".join(
                step["comparisons"]
                or [f"{problem['place']} {problem['message']}" for problem in step["problems"]]
            ),
            "how_language": "en",  # the program's own words, which are never translated
            "state": STATES[step["status"]],
        }
        | ({"word": _("Not needed")} if step["status"] == "not asked for" else {})
        for step in verification.steps
    ]


def way_of(*, election: Election, overview: ElectionOverview) -> list[WayPoint]:
    """Return the steps of a sealed election, done and to come."""
    phase = election.phase
    published = phase == Election.Phase.PUBLISHED
    tallied = published or phase in (Election.Phase.SHUFFLING, Election.Phase.TALLIED)
    decrypted = len(overview.trustees) - overview.missing_decryptions
    is_opened = phase not in (*Election.UNSEALED, Election.Phase.SEALED)
    is_ranked = election.questions.filter(kind=Question.Kind.RANKED).exists()
    signed = [
        _step(
            _("Every trustee signs"),
            _("Each has found their own key in what is sealed"),
            is_done=phase not in Election.UNSEALED,
        )
    ]
    shuffled = [
        _step(
            _("Trustees shuffle the ranked ballots"),
            _("Nobody can tell any more whose is whose"),
            is_done=published or phase == Election.Phase.TALLIED,
        )
    ]
    beginning = [
        _step(_("Sealed"), _("Questions, credentials and keys are fixed"), is_done=True),
        *(signed if election.profile else []),
        _step(_("Voting opens"), "", at=election.opens_at, is_done=is_opened),
        _step(_("Voting closes"), "", at=election.closes_at, is_done=phase in CLOSED_PHASES),
        _step(
            _("Ballots are added up"),
            _("The last ballot of each credential; still encrypted"),
            is_done=tallied or phase == Election.Phase.UNCOUNTED,
        ),
    ]
    if phase == Election.Phase.UNCOUNTED:
        ended = _step(
            _("Ended without a count"), _("Too few ballots to keep them secret"), is_done=True
        )
        return [*beginning, ended]
    return [
        *beginning,
        *(shuffled if is_ranked else []),
        _step(
            _("Trustees decrypt the sum"),
            _("%(done)s of %(all)s have done it")
            % {"done": decrypted, "all": len(overview.trustees)},
            is_done=published or (tallied and overview.missing_decryptions == 0),
        ),
        _step(_("Result is published"), _("Signed, and an entry of the log"), is_done=published),
    ]


def _place(entry: object) -> str:
    index = getattr(entry, "index", None)
    return "" if index is None else _(" (log entry %(index)s)") % {"index": intcomma(index)}


def _step(name: str, text: str, *, is_done: bool, at: datetime | None = None) -> WayPoint:
    return WayPoint(name=name, text=text, at=at, is_done=is_done)
