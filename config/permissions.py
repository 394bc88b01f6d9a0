"""The permission of a view that declares none: nobody."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class DenyAll(BasePermission):
    """Refuse. A view of the REST interface says itself who may (A-70)."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say no."""
        return False
