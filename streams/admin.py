"""Shows in the admin. Changes that viewers must be told of go through the same verbs as in the API."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_tools import KnowsReader, NamesPeople, ReadOnly, ReadOnlyAdmin, RemovedByVerb, link, report
from streams.admin_moderation import desk_of
from streams.models import ChatMessage, Listing, Party, ReactionTotal, ShopCall, Stream
from streams.models.act import Verb
from streams.models.desk_rules import SWITCHES


class ListingInline(TabularInline):
    model = Listing
    fields = ("product", "featured", "display_order")
    autocomplete_fields = ("product",)
    extra = 0
    hide_title = True


class ReactionInline(ReadOnly, TabularInline):
    model = ReactionTotal
    fields = ("kind", "count")
    ordering = ("-count",)
    extra = 0
    hide_title = True


class PartyInline(ReadOnly, TabularInline):
    model = Party
    fields = readonly_fields = ("session", "host", "created_at", "ended_at")
    ordering = ("-created_at",)
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Party]:
        parties: QuerySet[Party] = super().get_queryset(request)
        return parties.select_related("session__host")

    @admin.display(description="Host")
    def host(self, party: Party) -> str:
        return str(party.session.host or "")

    @admin.display(description="Ended at")
    def ended_at(self, party: Party) -> datetime | None:
        return party.session.ended_at


@admin.action(description="End the show", permissions=["change"])
def end(site: "StreamAdmin", request: HttpRequest, streams: QuerySet[Stream]) -> None:
    ended = 0
    for stream in streams:
        try:
            stream.end()
        except ValidationError as error:
            messages.warning(request, f"{stream}: {error.messages[0]}")
        else:
            ended += 1
    report(request, ended, "show", "ended")


@admin.action(description="Mute guests", permissions=["change"])
def mute_guests(site: "StreamAdmin", request: HttpRequest, streams: QuerySet[Stream]) -> None:
    for stream in streams:
        desk_of(request, stream).set_rules(guest_chat=False)
    report(request, len(streams), "show", "closed to guests' messages")


@admin.action(description="Let guests write", permissions=["change"])
def unmute_guests(site: "StreamAdmin", request: HttpRequest, streams: QuerySet[Stream]) -> None:
    for stream in streams:
        desk_of(request, stream).set_rules(guest_chat=True)
    report(request, len(streams), "show", "opened to guests' messages")


@admin.register(Stream)
class StreamAdmin(RemovedByVerb, KnowsReader, ModelAdmin):
    fieldsets = (
        (None, {"fields": ("title", "description", "category", "tags")}),
        (
            "Chat",
            {
                "fields": (
                    "slow_mode",
                    "guest_chat",
                    "account_minutes",
                    "frozen",
                    "links_by_moderators",
                    "hold_messages",
                )
            },
        ),
        ("Media", {"fields": ("stream_url", "channel_name")}),
        ("Course", {"fields": ("creator", "status", "active_product", "started_at", "ended_at", "created_at", "room")}),
    )
    # The course changes only by verbs, which tell those who watch. The stream key is for the creator alone.
    readonly_fields = (
        "channel_name",
        "creator",
        "status",
        "active_product",
        "started_at",
        "ended_at",
        "created_at",
        "room",
    )
    inlines = (ListingInline, ReactionInline, PartyInline)
    list_display = ("title", "who", "status", "category", "started_at", "ended_at", "guest_chat", "slow_mode")
    list_filter = ("status", "guest_chat", "category")
    list_select_related = ("creator",)
    search_fields = ("title", "creator__username", "tags")
    ordering = ("-created_at",)
    actions = (end, mute_guests, unmute_guests)

    @admin.display(description="Creator", ordering="creator__username")
    def who(self, stream: Any) -> str:
        return link(stream.creator, stream.reader)

    @admin.display(description="Room")
    def room(self, stream: Stream) -> str:
        """For restrictions."""
        return stream.room_key

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Creators make their shows in the studio."""
        return False

    def save_model(self, request: HttpRequest, obj: Stream, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        rules = {name: changed.pop(name) for name in SWITCHES if name in changed}
        if rules:  # The form has set them on `obj` already, so the desk reads the show as it was.
            desk_of(request, Stream.objects.get(pk=obj.pk)).set_rules(**rules)
        if changed:
            obj.revise(**changed)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for listing in formset.save(commit=False):
            listing.save()
        for listing in formset.deleted_objects:
            listing.withdraw()


@admin.action(description="Remove the messages", permissions=["delete"])
def remove_messages(site: "ChatMessageAdmin", request: HttpRequest, chat: QuerySet[ChatMessage]) -> None:
    shown = chat.filter(deleted=False)
    count = shown.count()
    site.delete_queryset(request, shown)
    report(request, count, "message", "removed")


@admin.action(description="Mute the authors in the show", permissions=["restrict"])
def mute_authors(site: "ChatMessageAdmin", request: HttpRequest, chat: QuerySet[ChatMessage]) -> None:
    restrict(request, chat, Verb.MUTE, "muted")


@admin.action(description="Ban the authors from the show", permissions=["restrict"])
def ban_authors(site: "ChatMessageAdmin", request: HttpRequest, chat: QuerySet[ChatMessage]) -> None:
    restrict(request, chat, Verb.BAN, "banned")


def restrict(request: HttpRequest, chat: QuerySet[ChatMessage], verb: Verb, done: str) -> None:
    """Restricts the authors whom this moderator may restrict, and says whom they may not."""
    restricted = 0
    for message in authors(chat):
        desk = desk_of(request, message.stream)
        try:
            desk.restrict(verb, desk.person(message.pk))
        except PermissionDenied as refusal:
            messages.error(request, f"{refusal}.")
        else:
            restricted += 1
    report(request, restricted, "author", done)


def authors(chat: QuerySet[ChatMessage]) -> list[ChatMessage]:
    """A message of each author in each show."""
    found = {(message.author, message.stream_id): message for message in chat.select_related("stream")}
    return [found[key] for key in sorted(found, key=str)]


@admin.register(ChatMessage)
class ChatMessageAdmin(NamesPeople, ModelAdmin):
    identity_field = "author"
    fields = ("created_at", "show", "who", "key", "text", "by_staff", "extra", "shadowed", "deleted", "removed_at")
    readonly_fields = ("show", "who", "key")
    list_display = ("created_at", "show", "who", "text", "is_shown")
    list_filter = ("deleted", ("stream", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("stream",)
    search_fields = ("text", "name", "=author")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False
    actions = (remove_messages, mute_authors, ban_authors)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Show", ordering="stream__title")
    def show(self, message: Any) -> str:
        return link(message.stream, message.reader)

    @admin.display(description="Author")
    def key(self, message: ChatMessage) -> str:
        """For restrictions."""
        return message.author

    @admin.display(description="Shown", boolean=True)
    def is_shown(self, message: ChatMessage) -> bool:
        return not message.deleted

    def has_restrict_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("realtime.add_restriction")

    def get_actions(self, request: HttpRequest) -> Any:
        """Hides the stock action, which says that it deletes: removing a message keeps its row for staff."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: ChatMessage) -> None:
        self._remove(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ChatMessage]) -> None:
        for message in queryset.filter(deleted=False).select_related("stream"):
            self._remove(request, message)

    def _remove(self, request: HttpRequest, message: ChatMessage) -> None:
        if not message.deleted:
            desk_of(request, message.stream).delete(message)


@admin.register(ShopCall)
class ShopCallAdmin(NamesPeople, ReadOnlyAdmin):
    identity_field = "caller"
    fields = ("placed_at", "who", "about", "show", "rung_last", "outcome", "ended_at")
    readonly_fields = ("who", "show", "rung_last")
    list_display = ("placed_at", "who", "about", "rung_last", "outcome")
    list_filter = ("outcome",)
    list_select_related = ("agent", "stream")
    search_fields = ("name", "about")
    date_hierarchy = "placed_at"
    ordering = ("-placed_at",)

    @admin.display(description="Show", ordering="stream__title")
    def show(self, call: Any) -> str:
        return link(call.stream, call.reader)

    @admin.display(description="Rung last", ordering="agent__username")
    def rung_last(self, call: Any) -> str:
        return link(call.agent, call.reader)
