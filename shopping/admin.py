"""The catalogue in the admin, with prices as people write them, and the sessions of those who shop together."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from accounts.admin_tools import KnowsReader, ReadOnly, ReadOnlyAdmin, RemovedByVerb, link, report
from shopping import money
from shopping.models import CartLine, Participant, Product, ShoppingSession


def price_field(**kwargs: Any) -> forms.DecimalField:
    """A field with the decimals of the finest currency; the model rounds to the product's own."""
    return forms.DecimalField(
        min_value=Decimal(0),
        max_digits=money.MAX_DIGITS,
        decimal_places=max(money.EXPONENTS.values()),
        widget=UnfoldAdminDecimalFieldWidget,
        **kwargs,
    )


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    price = price_field()
    original_price = price_field(required=False)

    class Meta:
        model = Product
        fields = ("seller", "name", "description", "category", "in_stock", "image_url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("price", self.instance.price if self.instance.price_minor is not None else None)
        self.initial.setdefault("original_price", self.instance.original_price)

    def clean(self) -> dict[str, Any]:
        """Sets the prices before the model checks them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not money.is_reduced(cleaned["price"], cleaned["original_price"]):
            self.add_error("original_price", money.NOT_REDUCED)
        if not self.errors:
            self.instance.price, self.instance.original_price = cleaned["price"], cleaned["original_price"]
        return cleaned


@admin.register(Product)
class ProductAdmin(RemovedByVerb, KnowsReader, ModelAdmin):
    form = ProductForm
    fields = (
        "name",
        "description",
        ("price", "original_price", "currency"),
        ("category", "in_stock"),
        "image_url",
        "seller",
        ("created_at", "updated_at"),
    )
    readonly_fields = ("currency", "created_at", "updated_at")
    autocomplete_fields = ("seller",)
    list_display = ("name", "price", "currency", "category", "in_stock", "sold_by", "created_at")
    list_filter = ("in_stock", "category")
    list_select_related = ("seller",)
    search_fields = ("name", "description", "category")
    ordering = ("-created_at",)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if change:
            obj.revise()
        else:
            obj.publish()

    @admin.display(description="Seller", ordering="seller__username")
    def sold_by(self, product: Any) -> str:
        return link(product.seller, product.reader)


class ParticipantInline(ReadOnly, TabularInline):
    model = Participant
    fields = readonly_fields = ("name", "identity", "since", "left_at", "expected", "removed")
    ordering = ("-since", "-left_at")
    extra = 0
    hide_title = True


class CartLineInline(ReadOnly, TabularInline):
    model = CartLine
    fields = readonly_fields = ("product", "qty", "adder")
    ordering = ("pk",)
    extra = 0
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartLine]:
        lines: QuerySet[CartLine] = super().get_queryset(request)
        return lines.select_related("product", "adder")


@admin.action(description="End the session", permissions=["end"])
def end_session(site: "ShoppingSessionAdmin", request: HttpRequest, sessions: QuerySet[ShoppingSession]) -> None:
    on = list(sessions.filter(ended_at=None))
    for session in on:
        session.end()
    report(request, len(on), "session", "ended")


@admin.register(ShoppingSession)
class ShoppingSessionAdmin(ReadOnlyAdmin):
    """Sessions are read-only here, because their participants change them; moderators may end one."""

    fields = readonly_fields = ("id", "host", "show", "metadata", "created_at", "expires_at", "ended_at")
    inlines = (ParticipantInline, CartLineInline)
    list_display = ("id", "host", "here", "created_at", "expires_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("host",)
    search_fields = ("=id", "=participants__identity")
    ordering = ("-created_at",)
    actions = (end_session,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShoppingSession]:
        sessions: QuerySet[ShoppingSession] = super().get_queryset(request)
        return sessions.annotate(here=Count("participants", filter=Q(participants__since__isnull=False)))

    @admin.display(description="Show")
    def show(self, session: ShoppingSession) -> str:
        if not session.show_id:
            return "-"
        address = reverse("admin:streams_stream_change", args=[session.show_id])
        return format_html('<a class="underline" href="{}">The show that it belongs to</a>', address)

    @admin.display(description="Here now", ordering="here")
    def here(self, session: Any) -> int:
        return int(session.here)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shopping.change_shoppingsession")
