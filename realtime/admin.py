"""The kernel in the admin: moderators edit restrictions; logs and presence can be read."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import identity as identities
from accounts.admin_tools import NamesPeople, ReadOnlyAdmin
from accounts.models import User
from realtime import rooms
from realtime.models import JobRun, Presence, Restriction, Room, RoomEvent, Worker


class RestrictionForm(forms.ModelForm):  # type: ignore[type-arg]
    by: User  # who fills it in

    identity = forms.CharField(
        max_length=150,
        label="Who",
        help_text="A username, or the author on a message's page, such as user:12.",
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Restriction
        fields = ("identity", "kind", "room", "reason", "until")
        help_texts = {
            "room": "“show:” and the show's id, as on the show's page; empty is everywhere.",
            "until": "Empty is for good.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user_id = identities.user_id_of(self.instance.identity)
        if user_id is not None and (user := User.objects.filter(pk=user_id).first()):
            self.initial["identity"] = user.username

    def clean_identity(self) -> str:
        try:
            identity = identities.key_of(self.cleaned_data["identity"])
            Restriction.check_may_restrict(self.by, identity)
        except User.DoesNotExist as error:
            raise ValidationError("There is no such user.") from error
        except PermissionDenied as error:
            raise ValidationError(f"{error}.") from error
        return identity

    def clean_room(self) -> str:
        room: str = self.cleaned_data["room"].strip()
        if not room or room == self.instance.room:
            return room
        try:
            found = rooms.find(room)
            titles = found.titles([found.id])
        except ObjectDoesNotExist as error:
            raise ValidationError("There is no such room; one is written as “show:” and its id.") from error
        if titles is not None and found.id not in titles:
            raise ValidationError("There is no room of this id; a show's is on its page, as “Room”.")
        return room


def titles_of(keys: set[str]) -> dict[str, tuple[str, str]]:
    """What staff call these rooms, and the admin page of each; rooms that have no name, or are gone, are left out."""
    kinds: dict[type[rooms.Room], list[str]] = {}
    for key in keys:
        if room := rooms.known(key):
            kinds.setdefault(type(room), []).append(room.id)
    return {
        f"{kind.kind}:{pk}": (title, reverse(f"admin:{kind.admin_page}", args=[pk]))
        for kind, ids in kinds.items()
        for pk, title in (kind.titles(ids) or {}).items()
    }


@admin.register(Restriction)
class RestrictionAdmin(NamesPeople, ModelAdmin):
    form = RestrictionForm
    list_display = ("who", "kind", "where", "reason", "until", "address_until", "created_at")
    readonly_fields = ("visitor", "address_until")
    list_filter = ("kind",)
    search_fields = ("identity", "room", "reason")
    ordering = ("-created_at",)

    def prepare_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        super().prepare_rows(request, rows)
        found = titles_of({row.room for row in rows if row.room})
        for row in rows:
            row.place = found.get(row.room)

    @admin.display(description="Where", ordering="room")
    def where(self, restriction: Any) -> str:
        if not restriction.room:
            return "everywhere"
        if restriction.place is None:
            return str(restriction.room)
        title, address = restriction.place
        return format_html('<a class="underline" href="{}">{}</a>', address, title)

    def get_form(self, request: HttpRequest, obj: Restriction | None = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.by = request.user
        return form

    def has_change_permission(self, request: HttpRequest, obj: Restriction | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_restrict(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Restriction | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_restrict(request, obj)

    def save_model(self, request: HttpRequest, obj: Restriction, form: Any, change: bool) -> None:
        if not change:
            obj.visitor, obj.address = Presence.objects.whereabouts(obj.identity, obj.room)
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
class PresenceAdmin(NamesPeople, ReadOnlyAdmin):
    list_display = ("room", "who", "role", "worker", "at")
    search_fields = ("=room", "=identity")
    ordering = ("-id",)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("id", "alive_until")
    ordering = ("-alive_until",)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ("name", "due_at", "leased_until")
    ordering = ("name",)
