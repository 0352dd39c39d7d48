"""The catalogue in the admin, with prices as people write them, and the sessions of those who shop together."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import KnowsReader, ReadOnly, ReadOnlyAdmin, RemovedByVerb, link, report
from accounts.models import User
from shopping import admin_imports, money, pictures  # noqa: F401 - Importing the former registers its pages.
from shopping.models import CartLine, Participant, Picture, Product, ShoppingSession, Variant
from shopping.models import variant as variants

MAX_OPTIONS_TEXT = 500  # characters
PRODUCT_FIELDS = ("seller", "name", "description", "category", "in_stock", "image_url", "sku", "stock", "url")
VARIANT_FIELDS = ("options", "sku", "stock", "in_stock", "url", "image_url")


def price_field(**kwargs: Any) -> forms.DecimalField:
    """A field with the decimals of the finest currency; the model rounds to the product's own."""
    return forms.DecimalField(
        min_value=Decimal(0),
        max_digits=money.MAX_DIGITS,
        decimal_places=max(money.EXPONENTS.values()),
        widget=UnfoldAdminDecimalFieldWidget,
        **kwargs,
    )


class OptionsField(forms.CharField):
    """A variant's options as people write them: `Size: M, Colour: Blue`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text="Size: M, Colour: Blue", max_length=MAX_OPTIONS_TEXT, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else ", ".join(f"{name}: {choice}" for name, choice in value or ())

    def clean(self, value: Any) -> list[list[str]]:
        parted = [part.partition(":") for part in super().clean(value).split(",")]
        options = [(name.strip(), choice.strip()) for name, _, choice in parted]
        variants.check_options(options)
        return [list(option) for option in options]


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]
    options = OptionsField(widget=UnfoldAdminTextInputWidget)
    price = price_field(required=False, help_text="empty: the product's")

    class Meta:
        model = Variant
        fields = VARIANT_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.price_minor is not None:
            self.initial.setdefault("price", self.instance.price)

    def row(self) -> dict[str, Any]:
        """What `Product.revise` takes."""
        named = {name: self.cleaned_data[name] for name in (*VARIANT_FIELDS, "price")}
        known = self.instance.product_id is not None and not self.instance._state.adding
        return {**named, **({"id": self.instance.pk} if known else {})}


class VariantRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The variants of a product, which its verb stores; the admin's history then has the product alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []

    def kept(self) -> list[Any]:
        return [form for form in self.forms if form.cleaned_data and form not in self.deleted_forms]

    def clean(self) -> None:
        """Raises ValidationError for variants that cannot be told apart."""
        super().clean()
        if not any(self.errors):
            rows = [form.row() for form in self.kept()]
            variants.check(rows)
            Variant.objects.check_skus(self.instance, [row["sku"] for row in rows if row["sku"]])


class VariantInline(TabularInline):
    model = Variant
    formset = VariantRows
    form = VariantForm
    fields = ("options", "price", "sku", "stock", "in_stock", "url", "image_url")
    extra = 0
    max_num = variants.MAX_VARIANTS
    hide_title = True


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    price = price_field()
    original_price = price_field(required=False)
    picture = forms.FileField(
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=f"JPEG, PNG, WebP or GIF, at most {pictures.MAX_BYTES // 1024**2} MiB; instead of an address",
    )

    class Meta:
        model = Product
        fields = PRODUCT_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("price", self.instance.price if self.instance.price_minor is not None else None)
        self.initial.setdefault("original_price", self.instance.original_price)

    def clean_picture(self) -> bytes | None:
        """The upload made small, so that what is wrong with it is said beside it."""
        file = self.cleaned_data["picture"]
        return pictures.shrunk(file.read()) if file else None

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*PRODUCT_FIELDS, "price", "original_price")}

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
        ("category", "in_stock", "stock"),
        ("sku", "url"),
        "image_url",
        "picture",
        "seller",
        ("created_at", "updated_at"),
    )
    readonly_fields = ("currency", "created_at", "updated_at")
    autocomplete_fields = ("seller",)
    inlines = (VariantInline,)
    list_display = ("name", "price", "currency", "category", "available", "stock", "sold_by", "created_at")
    list_filter = ("in_stock", "sold_out", "category")
    list_select_related = ("seller",)
    search_fields = ("name", "description", "category", "=sku", "=variants__sku")
    ordering = ("-created_at",)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        if form.cleaned_data["picture"] is not None:
            kept = Picture.objects.keep(cast(User, request.user), form.cleaned_data["picture"])
            obj.image_url = form.cleaned_data["image_url"] = kept.url
        if not change:
            obj.publish()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """One verb takes the fields and the variants together, so that all of it is told at once."""
        (rows,) = formsets
        if rows.has_changed():
            form.instance.revise(variants=[each.row() for each in rows.kept()], **form.values())
        elif change:
            form.instance.revise(**form.values())

    @admin.display(description="Available", boolean=True)
    def available(self, product: Product) -> bool:
        return product.is_available

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
