"""The permission of a view that declares none: nobody."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the framework's views import this module
    from rest_framework.views import APIView


class DenyAll(BasePermission):
    """Refuse. A view of the REST interface says itself who may (A-70)."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Say no."""
        return False
