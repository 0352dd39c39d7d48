"""Endpoints that only some roles may use."""

from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import Role, User


def roles(*allowed: Role) -> type[BasePermission]:
    """The permission class for exactly these roles."""

    class RoleRequired(IsAuthenticated):
        message = "Insufficient permissions"

        def has_permission(self, request: Request, view: APIView) -> bool:
            return isinstance(request.user, User) and request.user.role in allowed

    return RoleRequired
