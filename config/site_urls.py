"""Addresses of the pages that belong to no app."""

from django.urls import path

from config import views

app_name = "site"
urlpatterns = [
    path("how-it-works/", views.how_it_works, name="how-it-works"),
    path("phases/", views.phases, name="phases"),
    path("rules/", views.rules, name="rules"),
    path("verify/", views.verify, name="verify"),
    path("verify/record/", views.verify_record, name="verify-record"),
    path("verify/record/pnyx-verifier.html", views.verifier_file, name="verifier-file"),
    path(
        "verify/receipt/pnyx-receipt.html",
        views.receipt_checker_file,
        name="receipt-checker-file",
    ),
    path("open-data/", views.open_data, name="open-data"),
    path("help/", views.help_and_contact, name="help"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("source/", views.source, name="source"),
    path("language/<slug:code>/", views.language, name="language"),
    path("colours/<slug:name>/", views.theme, name="theme"),
]
