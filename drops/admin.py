"""Drops and claims for staff: what was paid for after its time waits here, with both choices."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin_tools import ReadOnlyAdmin, report
from drops.models import Claim, Drop, State


@admin.register(Drop)
class DropAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "__str__", "stream", "status", "quantity", "held", "paid", "waiting", "outcome")
    list_filter = ("status", "outcome")
    list_select_related = ("stream",)
    search_fields = ("title",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.action(description="Give the pieces all the same", permissions=["decide"])
def honour(site: "ClaimAdmin", request: HttpRequest, claims: QuerySet[Claim]) -> None:
    decide(request, claims, "honour", "will be sent what they have paid for")


@admin.action(description="Refuse: the shop pays the money back", permissions=["decide"])
def refuse(site: "ClaimAdmin", request: HttpRequest, claims: QuerySet[Claim]) -> None:
    decide(request, claims, "refuse", "to be paid back in the shop")


def decide(request: HttpRequest, claims: QuerySet[Claim], verb: str, done: str) -> None:
    decided = 0
    for claim in claims.select_related("drop"):
        try:
            getattr(claim, verb)()
        except ValidationError as refusal:
            messages.error(request, f"{claim}: {refusal.messages[0]}.")
        else:
            decided += 1
    report(request, decided, "claim", done)


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Opened at those that were paid for after their time."""

    list_display = ("created_at", "drop", "name", "state", "pieces", "wanted", "order_id", "settled_at")
    list_filter = ("state",)
    list_select_related = ("drop",)
    search_fields = ("name", "=order_id", "=owner")
    ordering = ("-created_at",)
    actions = (honour, refuse)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("drops.change_claim")

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        late = Claim.objects.filter(state=State.LATE).count() if self.has_view_permission(request) else 0
        if late:
            messages.warning(
                request, f"Paid for after their time, and waiting for a decision: {late}. Filter by the state `late`."
            )
        return super().changelist_view(request, *args, **kwargs)
