"""Addresses of the log. Outsiders rely on those under /log/: they do not change."""

from django.urls import URLPattern, URLResolver, path

from audit.api import evidence as api_evidence
from audit.api import log as api
from audit.views import (
    board,
    checking,
    closed,
    evidence,
    evidence_keys,
    evidence_sheet,
    feed,
    files,
    growth,
)

app_name = "audit"
urlpatterns: list[URLPattern | URLResolver] = [
    path("log/", board.board, name="board"),
    path("log/checkpoint", files.checkpoint, name="checkpoint"),
    path("log/checkpoints/<int:size>", files.older_checkpoint, name="older-checkpoint"),
    path("log/policy", files.policy, name="policy"),
    path("log/checkpoints/<int:size>.tsr", files.timestamp, name="timestamp"),
    path("log/timestamp-roots.pem", files.timestamp_roots, name="timestamp-roots"),
    path("log/key", files.verifier_key, name="key"),
    path("log/keys", files.verifier_keys, name="keys"),
    path("log/tile/<path:path>", files.tile, name="tile"),
    path("log/entries/<int:index>", board.entry, name="entry"),
    path("log/entries/<int:index>.json", files.entry, name="entry-json"),
    path("log/entries/<int:index>.tlog-proof", files.receipt, name="receipt"),
    path("log/closed/", closed.closed, name="closed"),
    path("log/closed/<str:name>/<path:path>", closed.file, name="closed-file"),
    path("log/state/", growth.state, name="state"),
    path("log/feed.atom", feed.feed, name="feed"),
    path("log/schemas/", growth.kinds, name="schemas"),
    path("log/schemas/index.json", growth.kinds_as_json, name="schemas-json"),
    path("log/schemas/<slug:kind>.json", files.schema, name="schema"),
    path("verify/receipt/", checking.check, name="check-receipt"),
    path("evidence/", evidence.file, name="evidence"),
    path("evidence/mine/", evidence.own, name="evidence-list"),
    path("evidence/keys/", evidence_keys.keys, name="evidence-keys"),
    path("evidence/keys/<int:number>/revoke/", evidence_keys.revoke, name="evidence-key-revoke"),
    path("evidence/<uuid:evidence_id>/", evidence.one, name="evidence-one"),
    path("evidence/<uuid:evidence_id>/progress", evidence.progress, name="evidence-progress"),
    path("evidence/<uuid:evidence_id>/receipt", evidence.receipt, name="evidence-receipt"),
    path("evidence/<uuid:evidence_id>/promise", evidence.promise, name="evidence-promise"),
    path("evidence/<uuid:evidence_id>/sheet.pdf", evidence_sheet.sheet, name="evidence-sheet"),
    path("evidence/<uuid:evidence_id>/delete/", evidence.delete, name="evidence-delete"),
    path("api/evidence", api_evidence.FileView.as_view(), name="api-evidence"),
    path(
        "api/evidence/<uuid:evidence_id>",
        api_evidence.OneView.as_view(),
        name="api-evidence-one",
    ),
    path(
        "api/evidence/<uuid:evidence_id>/promise",
        api_evidence.PromiseView.as_view(),
        name="api-evidence-promise",
    ),
    path(
        "api/evidence/<uuid:evidence_id>/receipt",
        api_evidence.ReceiptView.as_view(),
        name="api-evidence-receipt",
    ),
    path(
        "api/evidence/<uuid:evidence_id>/timestamp",
        api_evidence.TimestampView.as_view(),
        name="api-evidence-timestamp",
    ),
    path("api/log", api.LogView.as_view(), name="api-log"),
    path("api/log/entries", api.EntriesView.as_view(), name="api-entries"),
    path("api/log/entries/<int:index>", api.EntryView.as_view(), name="api-entry"),
    path("api/log/entries/<int:index>/receipt", api.ReceiptView.as_view(), name="api-receipt"),
]
