"""Addresses of the accounts pages."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import organisations, own, rolls

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", own.own, name="own"),
    path("name/", own.name, name="name"),
    path("data.json", own.data, name="data"),
    path("sessions/end/", own.end_sessions, name="end-sessions"),
    path("close/", own.close, name="close"),
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/<slug:slug>/", organisations.organisation, name="organisation"),
    path("organisations/<slug:slug>/add/", organisations.add, name="organisation-add"),
    path("organisations/<slug:slug>/roles/grant/", organisations.grant, name="role-grant"),
    path("organisations/<slug:slug>/rolls/upload/", rolls.upload, name="roll-upload"),
    path("roles/<int:role_id>/revoke/", organisations.revoke, name="role-revoke"),
    path("uploads/<uuid:upload_id>/", rolls.preview, name="roll-preview"),
    path("rolls/<int:roll_id>/", rolls.roll, name="roll"),
    path("rolls/<int:roll_id>/roll.csv", rolls.download, name="roll-csv"),
    path("rolls/<int:roll_id>/discard/", rolls.discard, name="roll-discard"),
]
