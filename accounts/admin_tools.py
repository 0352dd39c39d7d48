"""What all admin pages have in common: read-only rows, names and links for ids, and saying what was done."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import CASCADE, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from accounts import identity as identities
from accounts.models import User


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


def report(request: HttpRequest, count: int, noun: str, done: str) -> None:
    """Says what an action did, unless it did nothing."""
    if count:
        messages.success(request, f"{count} {noun}{'' if count == 1 else 's'} {done}.")


def link(row: Model | None, reader: Any, text: str = "") -> str:
    """A row's name, as a link for those who may see more of it."""
    if row is None:
        return "-"
    meta, shown = row._meta, text or str(row)
    if not reader.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
        return shown
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a class="underline" href="{}">{}</a>', address, shown)


class ReadList(ChangeList):
    """A list whose admin prepares the rows that are shown, for whoever reads them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.model_admin.prepare_rows(request, self.result_list)


class KnowsReader:
    """For a ModelAdmin whose columns are links: each row has its `reader`."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ReadList

    def get_object(self, request: HttpRequest, *args: Any) -> Any:
        found = super().get_object(request, *args)  # type: ignore[misc]
        self.prepare_rows(request, [found] if found else [])
        return found

    def prepare_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        for row in rows:
            row.reader = request.user


class NamesPeople(KnowsReader):
    """For one whose rows hold an Identity's key: `who` shows a name and leads to the account."""

    identity_field = "identity"

    def prepare_rows(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """Finds the users of all rows in one query."""
        super().prepare_rows(request, rows)
        ids = {row.pk: identities.user_id_of(getattr(row, self.identity_field)) for row in rows}
        users = User.objects.in_bulk({user_id for user_id in ids.values() if user_id is not None})
        for row in rows:
            row.person = users.get(ids[row.pk])

    @admin.display(description="Who")
    def who(self, row: Any) -> str:
        """A guest's name is no proof of who they are, so a part of their id stands beside it."""
        if row.person is not None:
            return link(row.person, row.reader)
        key: str = getattr(row, self.identity_field)
        guest = f"guest {key.removeprefix('visitor:')[:6]}" if key.startswith("visitor:") else key or "an address"
        name = getattr(row, "name", "")
        return f"{name} ({guest})" if name else guest


class RemovedByVerb:
    """Rows that are deleted by their verb `remove`, and take what belongs to them along, however much that is."""

    model: type[Model]

    def get_deleted_objects(
        self, rows: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes along is only counted, and that nobody may delete it by itself keeps no row from being deleted."""
        rows = list(rows)
        counts = {str(self.model._meta.verbose_name_plural): len(rows)}
        for relation in self.model._meta.related_objects:
            if relation.on_delete is CASCADE:
                mine = relation.related_model._meta.base_manager.filter(**{f"{relation.field.name}__in": rows})
                counts[str(relation.related_model._meta.verbose_name_plural)] = mine.count()
        found = {name: count for name, count in counts.items() if count}
        return [str(row) for row in rows], found, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        obj.remove()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            row.remove()
