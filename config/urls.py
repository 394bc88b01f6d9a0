"""The addresses of the installation."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("deliberation.urls")),
    path("", include("voting.urls")),
    path("", include("audit.urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
