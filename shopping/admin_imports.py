"""Taking in other programs' catalogues, in the admin: files, and addresses that are read again and again."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from accounts.admin_tools import report
from shopping.feeds import reading
from shopping.feeds.items import MAX_BYTES
from shopping.models import Feed, Import

ENCODING_CHOICES = [("", "UTF-8, or as the file says itself"), *((name, name) for name in reading.ENCODINGS[1:])]


class ImportForm(forms.ModelForm):  # type: ignore[type-arg]
    file = forms.FileField(
        help_text=f"CSV or TSV, a Google Merchant feed, or products of Shopify or WooCommerce as JSON; at most "
        f"{MAX_BYTES // 1024**2} MiB",
        widget=UnfoldAdminFileFieldWidget,
    )
    encoding = forms.ChoiceField(choices=ENCODING_CHOICES, required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Import
        fields = ("seller", "encoding", "shop", "is_dry")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(f"A feed has at most {MAX_BYTES // 1024**2} MiB")
        return file


@admin.register(Import)
class ImportAdmin(ModelAdmin):
    """A run is begun here and then only read; its page says how far it is each time that it is loaded."""

    form = ImportForm
    autocomplete_fields = ("seller",)
    list_display = (
        "created_at",
        "name",
        "is_dry",
        "status",
        "stage",
        "rows",
        "added",
        "changed",
        "same",
        "problem_count",
    )
    list_filter = ("status", "is_dry")
    ordering = ("-created_at",)
    told = ("status", "stage", "rows", ("added", "changed", "same"), "what_changes", "what_is_wrong")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("file", "seller", "encoding", "shop", "is_dry")
        return ("name", "seller", "is_dry", *self.told, ("created_at", "ended_at"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else [name for field in self.get_fields(request, obj) for name in _names(field)]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"seller": request.user.pk, "is_dry": True}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        found: QuerySet[Import] = super().get_queryset(request)
        return found.defer("content")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Import, form: Any, change: bool) -> None:
        file = form.cleaned_data["file"]
        how = {name: form.cleaned_data[name] for name in ("encoding", "shop", "is_dry")}
        made = Import.objects.begin(file.read(), form.cleaned_data["seller"], file.name, **how)
        obj.pk = made.pk

    @admin.display(description="What changes")
    def what_changes(self, run: Import) -> str:
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((each,) for each in run.changes)))

    @admin.display(description="What is wrong")
    def what_is_wrong(self, run: Import) -> str:
        lines = ((f"Line {line}: " if line else "", words) for line, words in run.problems)
        more = run.problem_count - len(run.problems)
        said = format_html_join("", "<li>{}{}</li>", lines)
        return format_html("<ul>{}</ul>{}", said, f"and {more} more" if more else "")


def _names(field: Any) -> tuple[str, ...]:
    return (field,) if isinstance(field, str) else field


class FeedForm(forms.ModelForm):  # type: ignore[type-arg]
    encoding = forms.ChoiceField(choices=ENCODING_CHOICES, required=False, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Feed
        fields = ("url", "seller", "minutes", "encoding", "is_active")


@admin.action(description="Read it within a minute", permissions=["change"])
def read_soon(site: "FeedAdmin", request: HttpRequest, feeds: QuerySet[Feed]) -> None:
    report(request, Feed.objects.filter(pk__in=feeds).read_soon(), "feed", "will be read within a minute")


@admin.register(Feed)
class FeedAdmin(ModelAdmin):
    form = FeedForm
    fields = ("url", "seller", "minutes", "encoding", "is_active", "next_at", "notice")
    readonly_fields = ("next_at", "notice")
    autocomplete_fields = ("seller",)
    list_display = ("url", "seller", "minutes", "is_active", "next_at", "notice")
    list_select_related = ("seller",)
    ordering = ("url",)
    actions = (read_soon,)
