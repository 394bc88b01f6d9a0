"""Addresses of the deliberation pages and of their REST interface."""

from django.urls import URLPattern, URLResolver, path

from deliberation import api
from deliberation.views import (
    consultations,
    debate,
    elections,
    home,
    moderation,
    proposals,
    setup,
    writing,
)

app_name = "deliberation"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("consultations/", consultations.consultations, name="consultations"),
    path("consultations/new/", setup.new, name="setup-new"),
    path("consultations/<slug:slug>/", consultations.consultation, name="consultation"),
    path("consultations/<slug:slug>/proposals/", proposals.proposals, name="proposals"),
    path("consultations/<slug:slug>/proposals.csv", proposals.proposals_csv, name="proposals-csv"),
    path(
        "consultations/<slug:slug>/proposals.json", proposals.proposals_json, name="proposals-json"
    ),
    # Making a proposal: one thing per page.
    path("consultations/<slug:slug>/proposals/new/", writing.title, name="new-proposal"),
    path("consultations/<slug:slug>/proposals/new/similar/", writing.similar, name="new-similar"),
    path("consultations/<slug:slug>/proposals/new/text/", writing.text, name="new-text"),
    path("consultations/<slug:slug>/proposals/new/check/", writing.check, name="new-check"),
    # One proposal and its debate.
    path("proposals/<int:number>/", proposals.proposal, name="proposal"),
    path("proposals/<int:number>/versions/", proposals.versions, name="versions"),
    path("proposals/<int:number>/revise/", writing.revise, name="revise"),
    path("proposals/<int:number>/withdraw/", writing.withdraw, name="withdraw"),
    path("proposals/<int:number>/endorse/", debate.endorse, name="endorse"),
    path("proposals/<int:number>/endorse/undo/", debate.undo_endorsement, name="undo-endorsement"),
    path("proposals/<int:number>/comments/", debate.write, name="write-comment"),
    path("proposals/<int:number>/report/", debate.report_proposal, name="report-proposal"),
    path("proposals/<int:number>/shortlist/", elections.shortlist, name="shortlist"),
    path("comments/<int:number>/", debate.comment, name="comment"),
    path("comments/<int:number>/reply/", debate.reply, name="reply"),
    path("comments/<int:number>/report/", debate.report_comment, name="report-comment"),
    # Moderators, and the public log of what they did.
    path("moderation/", moderation.queue, name="moderation"),
    path("moderation/log/", moderation.log, name="moderation-log"),
    path("moderation/proposals/<int:number>/", moderation.proposal, name="moderate-proposal"),
    path("moderation/comments/<int:number>/", moderation.comment, name="moderate-comment"),
    # Administrators.
    path("consultations/<slug:slug>/setup/", setup.tasks, name="setup"),
    path("consultations/<slug:slug>/setup/text/", setup.text, name="setup-text"),
    path("consultations/<slug:slug>/setup/promise/", setup.promise, name="setup-promise"),
    path("consultations/<slug:slug>/setup/phases/", setup.phases, name="setup-phases"),
    path("consultations/<slug:slug>/setup/phases/<int:number>/", setup.phase, name="setup-phase"),
    path(
        "consultations/<slug:slug>/setup/phases/<int:number>/remove/",
        setup.drop_phase,
        name="setup-drop-phase",
    ),
    path("consultations/<slug:slug>/setup/publish/", setup.publish, name="setup-publish"),
    path("consultations/<slug:slug>/setup/shortlist/", elections.candidates, name="candidates"),
    path("consultations/<slug:slug>/setup/election/", elections.draft, name="draft-election"),
    # The REST interface.
    path("api/consultations", api.consultations, name="api-consultations"),
    path("api/consultations/<slug:slug>", api.consultation, name="api-consultation"),
    path("api/consultations/<slug:slug>/proposals", api.proposals, name="api-proposals"),
    path("api/proposals/<int:number>", api.proposal, name="api-proposal"),
    path("api/proposals/<int:number>/comments", api.comments, name="api-comments"),
    path("api/proposals/<int:number>/endorsement", api.endorsement, name="api-endorsement"),
]
