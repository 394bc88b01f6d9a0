"""Addresses of the deliberation pages."""

from django.urls import URLPattern, URLResolver

app_name = "deliberation"
urlpatterns: list[URLPattern | URLResolver] = []
