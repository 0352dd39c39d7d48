"""What was counted, for reading in the admin."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from accounts import identity as identities
from accounts.admin_tools import NamesPeople, ReadOnlyAdmin, link
from analytics.models import ProductClick, Purchase, StreamView
from shopping import money


class FactAdmin(NamesPeople, ReadOnlyAdmin):
    identity_field = "viewer"

    @admin.display(description="Show", ordering="stream__title")
    def show(self, row: Any) -> str:
        return link(row.stream, row.reader)

    @admin.display(description="All they did")
    def visitor(self, row: Any) -> str:
        """Leads to the timeline of whoever it was."""
        if not identities.KEY.fullmatch(row.viewer):
            return "-"
        return format_html('<a class="underline" href="{}">Timeline</a>', reverse("admin:visitor", args=[row.viewer]))


@admin.register(StreamView)
class StreamViewAdmin(FactAdmin):
    fields = list_display = ("joined_at", "who", "show", "role", "left_at", "watched", "visitor")
    list_filter = ("role",)
    list_select_related = ("stream",)
    search_fields = ("stream__title", "=viewer", "user__username")
    ordering = ("-joined_at",)

    @admin.display(description="Watched", ordering="watch_duration")
    def watched(self, view: StreamView) -> str:
        return "-" if view.watch_duration is None else str(timedelta(seconds=view.watch_duration))


@admin.register(ProductClick)
class ProductClickAdmin(FactAdmin):
    fields = list_display = ("at", "who", "what", "show", "visitor")
    list_select_related = ("stream", "product")
    search_fields = ("stream__title", "product__name", "=viewer", "user__username")
    ordering = ("-at",)

    @admin.display(description="Product", ordering="product__name")
    def what(self, click: Any) -> str:
        return link(click.product, click.reader)


@admin.register(Purchase)
class PurchaseAdmin(FactAdmin):
    list_display = ("at", "order_id", "paid", "paid_back", "who", "show", "confirmed_at", "visitor")
    fields = (*list_display, "product", "clicked_at", "items")
    list_filter = ("currency", ("confirmed_at", admin.EmptyFieldListFilter))
    list_select_related = ("stream",)
    search_fields = ("=order_id", "stream__title", "=viewer", "user__username")
    ordering = ("-at",)

    @admin.display(description="Value", ordering="value")
    def paid(self, purchase: Purchase) -> str:
        return f"{money.to_decimal(purchase.value, purchase.currency)} {purchase.currency}"

    @admin.display(description="Refunded", ordering="refunded")
    def paid_back(self, purchase: Purchase) -> str:
        return f"{money.to_decimal(purchase.refunded, purchase.currency)} {purchase.currency}"
