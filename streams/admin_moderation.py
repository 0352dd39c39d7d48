"""Keeping order, in the admin: what waits in all shows, and what was done in them. Everything goes by the desk."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts import identity as identities
from accounts.admin_tools import NamesPeople, ReadOnlyAdmin, link, report
from streams.models import HeldMessage, ModerationAct, Report, Stream
from streams.models.undoing import Desk

Do = Callable[[Desk, Any], object]


def desk_of(request: HttpRequest, stream: Stream) -> Desk:
    """The desk of a show for whoever is logged in to the admin."""
    return Desk(stream, identities.Identity.of_request(request))


def each(request: HttpRequest, rows: Any, do: Do, noun: str, done: str) -> None:
    """Does something to each row at the desk of its show, and says whom or what that was not possible for."""
    count = 0
    for row in rows:
        try:
            do(desk_of(request, row.stream), row)
        except (PermissionDenied, ValidationError, ObjectDoesNotExist) as refusal:
            words = refusal.messages[0] if isinstance(refusal, ValidationError) else refusal
            messages.error(request, f"{row}: {words}.")
        else:
            count += 1
    report(request, count, noun, done)


class OfShow(NamesPeople, ReadOnlyAdmin):
    """Rows of shows, which only acts change."""

    identity_field = "author"

    @admin.display(description="Show", ordering="stream__title")
    def show(self, row: Any) -> str:
        return link(row.stream, row.reader)

    def has_keep_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("streams.delete_chatmessage")


@admin.action(description="Allow the messages", permissions=["keep"])
def allow(site: "HeldMessageAdmin", request: HttpRequest, held: QuerySet[HeldMessage]) -> None:
    each(request, held.select_related("stream"), Desk.allow, "message", "allowed")


@admin.action(description="Refuse the messages", permissions=["keep"])
def refuse(site: "HeldMessageAdmin", request: HttpRequest, held: QuerySet[HeldMessage]) -> None:
    each(request, held.select_related("stream"), Desk.refuse, "message", "refused")


@admin.register(HeldMessage)
class HeldMessageAdmin(OfShow):
    fields = ("created_at", "show", "who", "text", "cause", "status", "settled_at")
    readonly_fields = ("show", "who")
    list_display = ("created_at", "show", "who", "text", "cause", "status")
    list_filter = ("status", "cause", ("stream", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("stream",)
    search_fields = ("text", "name", "=author")
    ordering = ("-created_at",)
    actions = (allow, refuse)


@admin.action(description="Remove the reported messages", permissions=["keep"])
def remove_reported(site: "ReportAdmin", request: HttpRequest, reports: QuerySet[Report]) -> None:
    found = {row.message_id: row for row in reports.select_related("stream", "message")}
    each(request, found.values(), lambda desk, row: desk.delete(desk.message(row.message_id)), "message", "removed")


@admin.action(description="Dismiss the reports", permissions=["keep"])
def dismiss(site: "ReportAdmin", request: HttpRequest, reports: QuerySet[Report]) -> None:
    found = {row.message_id: row for row in reports.select_related("stream", "message")}
    each(request, found.values(), lambda desk, row: desk.settle(row, "dismissed"), "report", "dismissed")


@admin.register(Report)
class ReportAdmin(OfShow):
    identity_field = "reporter"
    fields = ("at", "show", "said", "reason", "who", "status")
    readonly_fields = ("show", "said", "who")
    list_display = ("at", "show", "said", "reason", "who", "status")
    list_filter = ("status", ("stream", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("stream", "message")
    search_fields = ("reason", "=reporter")
    ordering = ("-at",)
    actions = (remove_reported, dismiss)

    @admin.display(description="Message")
    def said(self, row: Any) -> str:
        return link(row.message, row.reader, row.message.text[:80])


@admin.action(description="Undo", permissions=["keep"])
def undo(site: "ModerationActAdmin", request: HttpRequest, acts: QuerySet[ModerationAct]) -> None:
    """The newest first: what was done on top of something is taken back before it."""
    each(request, acts.select_related("stream").order_by("-pk"), Desk.undo, "act", "undone")


@admin.register(ModerationAct)
class ModerationActAdmin(OfShow):
    """The audit log of all shows; that of one show can be taken along."""

    identity_field = "whom"
    fields = ("at", "show", "by_name", "verb", "whom_named", "message", "reason", "details", "undone_at", "undone_by")
    readonly_fields = ("show", "whom_named")
    list_display = ("at", "show", "by_name", "verb", "whom_named", "reason", "undone_at", "export")
    list_filter = ("verb", ("stream", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("stream",)
    search_fields = ("by_name", "reason", "=whom")
    ordering = ("-id",)
    actions = (undo,)

    @admin.display(description="Whom")
    def whom_named(self, row: Any) -> str:
        return self.who(row) if row.whom else "-"

    @admin.display(description="Export")
    def export(self, row: Any) -> str:
        address = reverse("audit-csv", args=[row.stream_id])
        return format_html('<a class="underline" href="{}">CSV</a>', address)
