"""Matches and calls in the admin, read-only: only those who take part in them change them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin_tools import KnowsReader, ReadOnly, ReadOnlyAdmin, link
from signaling.models import Call, Match, Seat


class SeatInline(ReadOnly, TabularInline):
    model = Seat
    fields = ("handle", "identity", "is_connected", "kept_until")
    readonly_fields = ("is_connected",)
    extra = 0
    hide_title = True

    @admin.display(description="Connected", boolean=True)
    def is_connected(self, seat: Seat) -> bool:
        return seat.is_live


@admin.register(Match)
class MatchAdmin(ReadOnly, ModelAdmin):
    inlines = (SeatInline,)
    list_display = ("name", "participants", "reserved", "created_at", "active_at")
    list_filter = ("reserved",)
    search_fields = ("name", "seats__handle")
    ordering = ("-created_at",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("seats")

    @admin.display(description="Participants")
    def participants(self, match: Match) -> str:
        return ", ".join(seat.handle for seat in match.seats.all())


@admin.register(Call)
class CallAdmin(KnowsReader, ReadOnlyAdmin):
    list_display = ("rung_at", "where", "who_called", "who_was_called", "answered_at", "duration", "ending", "ended_by")
    list_select_related = ("match", "caller_user", "callee_user")
    list_filter = ("ending",)
    search_fields = ("match_name", "caller", "callee")
    date_hierarchy = "rung_at"
    ordering = ("-rung_at",)

    @admin.display(description="Match", ordering="match_name")
    def where(self, call: Any) -> str:
        return link(call.match, call.reader) if call.match else call.match_name

    @admin.display(description="Caller", ordering="caller")
    def who_called(self, call: Any) -> str:
        return link(call.caller_user, call.reader) if call.caller_user else call.caller

    @admin.display(description="Callee", ordering="callee")
    def who_was_called(self, call: Any) -> str:
        return link(call.callee_user, call.reader) if call.callee_user else call.callee
