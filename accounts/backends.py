"""Logs people in, and says what a role may do in the admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts import login_attempts
from accounts.models import User


class RoleBackend(ModelBackend):
    """Django's own log-in (which hashes as long for an unknown name as for a known one); permissions by role.

    Admins never come as far as the permissions: Django asks a superuser's backends nothing.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user of this name and password, or None; raises login_attempts.TooManyAttempts without trying."""
        if username is None or password is None:
            return None
        login_attempts.check(request, username)
        user = super().authenticate(request, username, password, **kwargs)
        if not isinstance(user, User):
            login_attempts.failed(username)
            return None
        login_attempts.succeeded(request, username)
        return user

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        return set(settings.ROLE_PERMISSIONS.get(user_obj.role, ()))
