"""A few addresses that stand for the site's, so that these tests are about config alone."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.health import health


def page(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = 1
    return HttpResponse(f"<p>{get_token(request)}</p>")


@login_not_required
def booth(request: HttpRequest, uuid: str) -> HttpResponse:
    request.session["seen"] = 1
    language = getattr(request, "LANGUAGE_CODE", "")
    return HttpResponse(f"{language} {request.META.get('HTTP_USER_AGENT')} {request.COOKIES}")


@api_view(["POST"])
@authentication_classes([])
@permission_classes([AllowAny])
def cast(request: Request, uuid: str) -> Response:
    request._request.session["seen"] = 1
    return Response({"body": request.data, "cookies": request.COOKIES})


cast.cls.throttle_scope = "cast"


class Undeclared(APIView):
    def get(self, request: Request) -> Response:
        return Response({"secret": 1})


def broken(request: HttpRequest) -> HttpResponse:
    msg = "SENSITIVE"
    raise RuntimeError(msg)


handler500 = "config.error_pages.server_error"
handler404 = "config.error_pages.page_not_found"
urlpatterns = [
    path("page/", page),
    path("elections/<str:uuid>/booth/", booth),
    path("api/elections/<str:uuid>/ballots", cast),
    path("api/undeclared", Undeclared.as_view()),
    path("api/broken", broken),
    path("health", health),
    path("accounts/", include("allauth.urls")),
]
