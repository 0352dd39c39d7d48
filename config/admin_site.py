"""The admin's front page and sidebar: first what staff work with, by its subject, and last the technical tables."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

GROUPS = {
    "Shows": (
        "streams.Stream",
        "streams.ChatMessage",
        "streams.HeldMessage",
        "streams.Report",
        "streams.ModerationAct",
        "drops.Drop",
        "drops.Claim",
    ),
    "Shop": ("shopping.Product", "shopping.Import", "shopping.Feed", "shopping.ShoppingSession"),
    "Calls": ("streams.ShopCall", "signaling.Call", "signaling.Match"),
    "Support": ("support.Inbox", "support.Conversation", "support.CannedReply", "support.Schedule", "support.TimeGoal"),
    "People": ("accounts.User", "realtime.Restriction"),
    "Recordings": ("recordings.Recording", "recordings.Participant", "recordings.Consent"),
    "Figures": ("analytics.Visitors", "analytics.StreamView", "analytics.ProductClick", "analytics.Purchase"),
    "Webhooks": ("webhooks.Endpoint", "webhooks.Delivery"),
}
REST = "Technical tables"


class Site(UnfoldAdminSite):
    index_template = "storefront/front.html"

    def get_urls(self) -> list[URLPattern]:
        """The desk stands above the apps, so that no app's admin could have it."""
        from storefront import desk, visitors

        own = [
            path("support/inbox/", self.admin_view(desk.inbox), name="support_inbox"),
            path("support/inbox/<uuid:pk>/", desk.customer, name="support_inbox_customer"),
            path("visitors/", self.admin_view(visitors.find), name="visitors"),
            path("visitors/<str:key>/", self.admin_view(visitors.visitor), name="visitor"),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The front page says first what goes on in the shop, and what somebody has to look after."""
        from storefront import front
        from webhooks import admin as webhooks

        if request.user.has_perm("webhooks.view_endpoint"):
            webhooks.warn_of_switched_off(request)
        shown = front.seen(request) | (extra_context or {})
        return super().index(request, shown)  # type: ignore[no-any-return]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        for app in apps:
            if app["app_label"] == "support" and request.user.has_perm("support.change_conversation"):
                app["models"].insert(0, _page("Inbox", "support_inbox"))
            if app["app_label"] == "analytics" and request.user.has_perm("analytics.view_streamview"):
                app["models"].insert(0, _page("Visitors", "visitors"))
        if app_label:
            return apps
        found = {f"{app['app_label']}.{model['object_name']}": (app, model) for app in apps for model in app["models"]}
        groups = [_group(name, [found.pop(key) for key in keys if key in found]) for name, keys in GROUPS.items()]
        return [group for group in (*groups, _group(REST, list(found.values()))) if group["models"]]


def _page(name: str, address: str) -> dict[str, Any]:
    """A page of ours, as if it were a table."""
    url = reverse(f"admin:{address}")
    return {"name": name, "object_name": name, "admin_url": url, "add_url": None, "view_only": True}


def _group(name: str, entries: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    app = entries[0][0] if entries else {}
    return {**app, "name": name, "models": [model for _, model in entries]}


class SiteConfig(AdminConfig):
    default_site = "config.admin_site.Site"
