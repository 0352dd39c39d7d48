"""What was counted, for reading in the admin."""

from django.contrib import admin

from analytics.models import ProductClick, StreamView
from realtime.admin import ReadOnlyAdmin


@admin.register(StreamView)
class StreamViewAdmin(ReadOnlyAdmin):
    list_display = ("stream", "user", "viewer", "role", "joined_at", "left_at", "watch_duration")
    list_filter = ("role",)
    list_select_related = ("stream", "user")
    search_fields = ("stream__title", "=viewer", "user__username")
    ordering = ("-joined_at",)


@admin.register(ProductClick)
class ProductClickAdmin(ReadOnlyAdmin):
    list_display = ("stream", "product", "user", "viewer", "at")
    list_select_related = ("stream", "product", "user")
    search_fields = ("stream__title", "product__name", "=viewer", "user__username")
    ordering = ("-at",)
