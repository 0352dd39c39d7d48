"""Accounts in the admin: made and read there; what ends someone's access goes through the same verbs as in the API."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold import forms
from unfold.admin import ModelAdmin

from accounts.models import Role, User

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


@admin.action(description="Deactivate and log out", permissions=["change"])
def deactivate(site: "UserAdmin", request: HttpRequest, users: QuerySet[User]) -> None:
    for user in users:
        user.deactivate()


@admin.action(description="Reactivate", permissions=["change"])
def reactivate(site: "UserAdmin", request: HttpRequest, users: QuerySet[User]) -> None:
    for user in users:
        user.reactivate()


def making(role: Role) -> Action:
    @admin.action(description=f"Make {role.label.lower()}", permissions=["change"])
    def make(site: "UserAdmin", request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            user.set_role(role)

    make.__name__ = f"make_{role.value}"
    return make


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = forms.AdminPasswordChangeForm
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
