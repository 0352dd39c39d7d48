"""Accounts in the admin: made and read there; what ends someone's access goes through the same verbs as in the API."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold import forms
from unfold.admin import ModelAdmin

from accounts.admin_tools import ReadOnlyAdmin, report
from accounts.models import RefreshFamily, Role, Ticket, User

admin.site.unregister(Group)  # a role alone decides here

Action = Callable[["UserAdmin", HttpRequest, QuerySet[User]], None]


class UserCreationForm(forms.UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email", "role")


class UserChangeForm(forms.UserChangeForm):
    class Meta:
        model = User
        fields = ("username", "email")


class PasswordForm(forms.AdminPasswordChangeForm):
    def clean(self) -> Any:
        """Whoever has no password cannot log in, and the last admin must be able to."""
        cleaned = super().clean()
        if self.cleaned_data.get("set_usable_password") is False:
            try:
                with transaction.atomic():
                    self.user.check_is_not_last_admin()
            except ValidationError as refusal:
                self.add_error("password1", refusal)  # the page shows no other field
        return cleaned


def change_each(request: HttpRequest, users: QuerySet[User], change: Callable[[User], None], done: str) -> None:
    """Does it to all but oneself: who has locked themselves out cannot undo it."""
    changed = 0
    for user in users:
        if user == request.user:
            messages.error(request, "Your own account can only be changed so by another admin.")
            continue
        try:
            change(user)
        except ValidationError as refusal:
            messages.error(request, f"{refusal.messages[0]}.")
        else:
            changed += 1
    report(request, changed, "user", done)


@admin.action(description="Deactivate and log out", permissions=["change"])
def deactivate(site: "UserAdmin", request: HttpRequest, users: QuerySet[User]) -> None:
    change_each(request, users, User.deactivate, "deactivated and logged out")


@admin.action(description="Reactivate", permissions=["change"])
def reactivate(site: "UserAdmin", request: HttpRequest, users: QuerySet[User]) -> None:
    change_each(request, users, User.reactivate, "reactivated")


def making(role: Role) -> Action:
    @admin.action(description=f"Make {role.label.lower()}", permissions=["change"])
    def make(site: "UserAdmin", request: HttpRequest, users: QuerySet[User]) -> None:
        change_each(request, users, lambda user: user.set_role(role), f"made {role.label.lower()}")

    make.__name__ = f"make_{role.value}"
    return make


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    fieldsets = (
        (None, {"fields": ("username", "email", "password")}),
        ("Access", {"fields": ("role", "asks_to_create", "is_active", "spoke_with_token")}),
        ("Times", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "email", "role", "password1", "password2")}),)
    # Role and activity are changed by the actions, which also close what the user holds open.
    readonly_fields = (
        "role",
        "asks_to_create",
        "is_active",
        "spoke_with_token",
        "last_login",
        "created_at",
        "updated_at",
    )
    list_display = ("username", "email", "role", "asks_to_create", "is_active", "created_at")
    list_filter = ("role", "asks_to_create", "is_active")
    search_fields = ("username", "email")
    ordering = ("-created_at",)
    filter_horizontal = ()
    actions = (deactivate, reactivate, *(making(role) for role in Role))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are deactivated: their shows and orders must keep an owner."""
        return False


@admin.register(RefreshFamily)
class RefreshFamilyAdmin(ReadOnlyAdmin):
    """Who is logged in by tokens; the tokens themselves are nobody's to read."""

    fields = list_display = ("user", "rotated_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    ordering = ("-expires_at",)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    fields = list_display = ("user", "expires_at", "proves_until")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    ordering = ("-expires_at",)
