"""Logs people in, and says what a role may do in the admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from accounts.models import User


class RoleBackend(ModelBackend):
    """Django's own log-in (which hashes as long for an unknown name as for a known one); permissions by role.

    Admins never come this far: Django asks a superuser's backends nothing.
    """

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        return set(settings.ROLE_PERMISSIONS.get(user_obj.role, ()))
