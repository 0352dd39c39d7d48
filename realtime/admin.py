"""The kernel in the admin: moderators edit restrictions; logs and presence can be read."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import identity as identities
from accounts.models import User
from realtime import rooms
from realtime.models import Presence, Restriction, Room, RoomEvent, Worker

IDENTITY = re.compile(r"(user:[1-9][0-9]{0,17}|visitor:[0-9a-f]{32})")


class ReadOnly:
    """Rows that only the server writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    show_full_result_count = False


class RestrictionForm(forms.ModelForm):  # type: ignore[type-arg]
    by: User  # who fills it in

    identity = forms.CharField(
        max_length=150,
        label="Who",
        help_text="A username, or what stands beside a message, such as user:12.",
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Restriction
        fields = ("identity", "kind", "room", "reason", "until")
        help_texts = {"room": "“show:” and the show's id; empty is everywhere.", "until": "Empty is for good."}

    def clean_identity(self) -> str:
        identity = self._find_identity(self.cleaned_data["identity"])
        try:
            Restriction.check_may_restrict(self.by, identity)
        except PermissionDenied as error:
            raise ValidationError(f"{error}.") from error
        return identity

    def _find_identity(self, said: str) -> str:
        if IDENTITY.fullmatch(said):
            return said
        user = User.objects.named(said).first()
        if user is None:
            raise ValidationError("There is no such user.")
        return identities.user_key(user.pk)

    def clean_room(self) -> str:
        room: str = self.cleaned_data["room"]
        try:
            if room:
                rooms.find(room)
        except ObjectDoesNotExist as error:
            raise ValidationError("There is no such room; one is written as “show:” and its id.") from error
        return room


@admin.register(Restriction)
class RestrictionAdmin(ModelAdmin):
    form = RestrictionForm
    list_display = ("identity", "kind", "room", "reason", "until", "created_at")
    list_filter = ("kind",)
    search_fields = ("identity", "room", "reason")
    ordering = ("-created_at",)

    def get_form(self, request: HttpRequest, obj: Restriction | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.by = request.user
        return form

    def has_change_permission(self, request: HttpRequest, obj: Restriction | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_restrict(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Restriction | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_restrict(request, obj)

    def save_model(self, request: HttpRequest, obj: Restriction, form: Any, change: bool) -> None:
        obj.impose(_user(request))

    def delete_model(self, request: HttpRequest, obj: Restriction) -> None:
        obj.lift(_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Restriction]) -> None:
        for restriction in queryset:
            restriction.lift(_user(request))

    @staticmethod
    def _may_restrict(request: HttpRequest, obj: Restriction | None) -> bool:
        try:
            Restriction.check_may_restrict(_user(request), obj.identity if obj else "")
        except PermissionDenied:
            return False
        return True


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # The admin site lets nobody else in.
    return request.user


@admin.register(Room)
class RoomAdmin(ReadOnlyAdmin):
    list_display = ("key", "seq", "epoch")
    search_fields = ("key",)
    ordering = ("key",)


@admin.register(RoomEvent)
class RoomEventAdmin(ReadOnlyAdmin):
    list_display = ("room", "seq", "author", "at", "redacted")
    list_select_related = ("room",)
    search_fields = ("=room__key",)
    ordering = ("-id",)


@admin.register(Presence)
class PresenceAdmin(ReadOnlyAdmin):
    list_display = ("room", "identity", "name", "role", "worker", "at")
    search_fields = ("=room", "=identity")
    ordering = ("-id",)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("id", "alive_until")
    ordering = ("-alive_until",)
