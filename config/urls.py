"""The addresses of the installation."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config.health import health

handler400 = "config.error_pages.bad_request"
handler403 = "config.error_pages.permission_denied"
handler404 = "config.error_pages.page_not_found"
handler500 = "config.error_pages.server_error"

urlpatterns = [
    path("health", health, name="health"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("", include("deliberation.urls")),
    path("", include("voting.urls")),
    path("", include("audit.urls")),
    path("", include("config.site_urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
