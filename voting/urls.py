"""Addresses of elections: pages, the booth, the public files, and the REST interface."""

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from voting.api import records
from voting.api.ballots import BallotView, CastView
from voting.api.ceremonies import CeremonyMessagesView, CeremonyView
from voting.api.challenges import ChallengeView
from voting.api.contributions import PartialDecryptionsView, TranscriptView
from voting.api.elections import ElectionsView, ElectionView, EventsView
from voting.api.shuffles import ShufflesView, ShuffleView
from voting.views import booth, credentials, groups, management, permit, public, trustee

app_name = "voting"


class TextWithoutNul(StringConverter):
    """A part of an address that may be looked up: PostgreSQL refuses NUL with an error."""

    regex = r"[^/\x00]+"


register_converter(TextWithoutNul, "text")

# Outsiders rely on these: they stay as they are.
interface: list[URLPattern | URLResolver] = [
    path("api/elections", ElectionsView.as_view(), name="api-elections"),
    path("api/elections/<text:uuid>", ElectionView.as_view(), name="api-election"),
    path("api/elections/<text:uuid>/events", EventsView.as_view(), name="api-events"),
    path("api/elections/<text:uuid>/ballots", CastView.as_view(), name="api-cast"),
    path("api/elections/<text:uuid>/challenges", ChallengeView.as_view(), name="api-challenge"),
    path(
        "api/elections/<text:uuid>/ballots/<text:tracker>", BallotView.as_view(), name="api-ballot"
    ),
    path(
        "api/elections/<text:uuid>/partial-decryptions",
        PartialDecryptionsView.as_view(),
        name="api-partial-decryptions",
    ),
    path("api/elections/<text:uuid>/shuffles", ShufflesView.as_view(), name="api-shuffles"),
    path(
        "api/elections/<text:uuid>/shuffles/<int:owner>", ShuffleView.as_view(), name="api-shuffle"
    ),
    path("api/elections/<text:uuid>/transcript", TranscriptView.as_view(), name="api-transcript"),
    path(
        "api/elections/<text:uuid>/ceremonies/<int:item>",
        CeremonyView.as_view(),
        name="api-ceremony",
    ),
    path(
        "api/elections/<text:uuid>/ceremonies/<int:item>/messages",
        CeremonyMessagesView.as_view(),
        name="api-ceremony-messages",
    ),
    path("elections/<text:uuid>/<text:name>.pnyx.json", records.companion, name="companion"),
    path("elections/<text:uuid>/<text:name>.bel", records.record, name="record"),
    path("elections/<text:uuid>/result.note", records.result_note, name="result-note"),
    *(
        path(
            f"elections/<text:uuid>/{name}.json",
            records.archived,
            {"name": name},
            name=f"{name}-json",
        )
        for name in records.OBJECTS
    ),
]
pages: list[URLPattern | URLResolver] = [
    path("elections/", public.elections, name="elections"),
    path("elections/new/", management.new_election, name="new"),
    path("elections/counting/", public.counting, name="counting"),
    path("elections/<text:uuid>/", public.election, name="election"),
    path("elections/<text:uuid>/result/", public.result, name="result"),
    path("elections/<text:uuid>/ballots/", public.find_ballot, name="find-ballot"),
    path("elections/<text:uuid>/ballots/<text:tracker>/", public.ballot, name="ballot"),
    path("elections/<text:uuid>/booth/", booth.booth, name="booth"),
    path("elections/<text:uuid>/check/", public.check, name="check"),
    path("elections/<text:uuid>/permit/", permit.permit, name="permit"),
    path("elections/<text:uuid>/trustee/", trustee.trustee, name="trustee"),
    path("elections/<text:uuid>/manage/", management.manage, name="manage"),
    path("elections/<text:uuid>/manage/details/", management.details, name="details"),
    path("elections/<text:uuid>/manage/questions/", management.questions, name="questions"),
    path(
        "elections/<text:uuid>/manage/questions/<int:number>/", management.question, name="question"
    ),
    path(
        "elections/<text:uuid>/manage/questions/<int:number>/drop/",
        management.drop_question,
        name="drop-question",
    ),
    path("elections/<text:uuid>/manage/roll/", management.roll, name="roll"),
    path("elections/<text:uuid>/manage/trustees/", management.trustees, name="trustees"),
    path(
        "elections/<text:uuid>/manage/trustees/<int:number>/drop/",
        management.drop_trustee,
        name="drop-trustee",
    ),
    path(
        "elections/<text:uuid>/manage/trustees/<int:number>/remind/",
        management.remind_trustee,
        name="remind-trustee",
    ),
    path("elections/<text:uuid>/manage/credentials/", credentials.credentials, name="credentials"),
    path(
        "elections/<text:uuid>/manage/trustees/<int:number>/replace/",
        groups.replace,
        name="replace-trustee",
    ),
    path("elections/<text:uuid>/manage/groups/", groups.new_group, name="new-group"),
    path(
        "elections/<text:uuid>/manage/groups/<int:item>/members/",
        groups.new_member,
        name="new-member",
    ),
    path(
        "elections/<text:uuid>/manage/groups/<int:item>/threshold/",
        groups.threshold,
        name="threshold",
    ),
    path(
        "elections/<text:uuid>/manage/groups/<int:item>/ceremony/",
        groups.ceremony,
        name="ceremony",
    ),
    path(
        "elections/<text:uuid>/manage/groups/<int:item>/drop/",
        groups.drop_group,
        name="drop-group",
    ),
    path("elections/<text:uuid>/manage/minimums/", groups.minimums, name="minimums"),
    path("elections/<text:uuid>/manage/seal/", management.seal, name="seal"),
    path("elections/<text:uuid>/manage/seal/take-back/", groups.take_back, name="take-back"),
]
urlpatterns = interface + pages
