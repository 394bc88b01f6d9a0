"""Addresses of elections: pages, the booth, the public files, and the REST interface."""

from django.urls import URLPattern, URLResolver, path

from voting.api import records
from voting.api.ballots import BallotView, CastView
from voting.api.elections import ElectionsView, ElectionView, EventsView, PartialDecryptionsView
from voting.views import booth, management, public, trustee

app_name = "voting"

# Outsiders rely on these: they stay as they are.
interface: list[URLPattern | URLResolver] = [
    path("api/elections", ElectionsView.as_view(), name="api-elections"),
    path("api/elections/<str:uuid>", ElectionView.as_view(), name="api-election"),
    path("api/elections/<str:uuid>/events", EventsView.as_view(), name="api-events"),
    path("api/elections/<str:uuid>/ballots", CastView.as_view(), name="api-cast"),
    path("api/elections/<str:uuid>/ballots/<str:tracker>", BallotView.as_view(), name="api-ballot"),
    path(
        "api/elections/<str:uuid>/partial-decryptions",
        PartialDecryptionsView.as_view(),
        name="api-partial-decryptions",
    ),
    path("elections/<str:uuid>/<str:name>.bel", records.record, name="record"),
    path("elections/<str:uuid>/result.note", records.result_note, name="result-note"),
    *(
        path(
            f"elections/<str:uuid>/{name}.json",
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
    path("elections/<str:uuid>/", public.election, name="election"),
    path("elections/<str:uuid>/result/", public.result, name="result"),
    path("elections/<str:uuid>/ballots/", public.find_ballot, name="find-ballot"),
    path("elections/<str:uuid>/ballots/<str:tracker>/", public.ballot, name="ballot"),
    path("elections/<str:uuid>/booth/", booth.booth, name="booth"),
    path("elections/<str:uuid>/trustee/", trustee.trustee, name="trustee"),
    path("elections/<str:uuid>/manage/", management.manage, name="manage"),
    path("elections/<str:uuid>/manage/details/", management.details, name="details"),
    path("elections/<str:uuid>/manage/questions/", management.questions, name="questions"),
    path(
        "elections/<str:uuid>/manage/questions/<int:number>/", management.question, name="question"
    ),
    path(
        "elections/<str:uuid>/manage/questions/<int:number>/drop/",
        management.drop_question,
        name="drop-question",
    ),
    path("elections/<str:uuid>/manage/roll/", management.roll, name="roll"),
    path("elections/<str:uuid>/manage/trustees/", management.trustees, name="trustees"),
    path(
        "elections/<str:uuid>/manage/trustees/<int:number>/drop/",
        management.drop_trustee,
        name="drop-trustee",
    ),
    path(
        "elections/<str:uuid>/manage/trustees/<int:number>/remind/",
        management.remind_trustee,
        name="remind-trustee",
    ),
    path("elections/<str:uuid>/manage/credentials/", management.credentials, name="credentials"),
    path("elections/<str:uuid>/manage/seal/", management.seal, name="seal"),
]
urlpatterns = interface + pages
