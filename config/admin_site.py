"""The admin's front page and sidebar: first what staff work with, by its subject, and last the technical tables."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

GROUPS = {
    "Shows": (
        "streams.Stream",
        "streams.ChatMessage",
        "streams.HeldMessage",
        "streams.Report",
        "streams.ModerationAct",
    ),
    "Shop": ("shopping.Product", "shopping.ShoppingSession"),
    "Calls": ("streams.ShopCall", "signaling.Call", "signaling.Match"),
    "Support": ("support.Conversation", "support.CannedReply", "support.Schedule", "support.TimeGoal"),
    "People": ("accounts.User", "realtime.Restriction"),
    "Recordings": ("recordings.Recording", "recordings.Participant", "recordings.Consent"),
    "Figures": ("analytics.StreamView", "analytics.ProductClick"),
}
REST = "Technical tables"


class Site(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        if app_label:
            return apps
        found = {f"{app['app_label']}.{model['object_name']}": (app, model) for app in apps for model in app["models"]}
        groups = [_group(name, [found.pop(key) for key in keys if key in found]) for name, keys in GROUPS.items()]
        return [group for group in (*groups, _group(REST, list(found.values()))) if group["models"]]


def _group(name: str, entries: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    app = entries[0][0] if entries else {}
    return {**app, "name": name, "models": [model for _, model in entries]}


class SiteConfig(AdminConfig):
    default_site = "config.admin_site.Site"
