"""Endpoints and what they were sent, for the staff who look after them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.admin_tools import ReadOnlyAdmin, report
from webhooks.kinds import Kind
from webhooks.models import Delivery, Endpoint


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    kinds = forms.MultipleChoiceField(
        choices=[(kind.value, f"{kind.value}: {kind.label}") for kind in Kind],
        label="Events",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Endpoint
        fields = ("url", "description", "kinds", "is_active")


@admin.action(description="Send a test event", permissions=["change"])
def send_test(site: "EndpointAdmin", request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
    for endpoint in endpoints:
        endpoint.send_test()
    report(request, len(endpoints), "test event", "will be sent within seconds; see the deliveries")


@admin.action(description="Make a new secret; the present one is good for another day", permissions=["change"])
def renew_secret(site: "EndpointAdmin", request: HttpRequest, endpoints: QuerySet[Endpoint]) -> None:
    for endpoint in endpoints:
        endpoint.renew_secret()
    report(request, len(endpoints), "new secret", "made")


@admin.register(Endpoint)
class EndpointAdmin(ModelAdmin):
    form = EndpointForm
    list_display = ("__str__", "url", "is_active", "waiting", "dead", "notice")
    list_filter = ("is_active",)
    readonly_fields = ("signing_secret", "notice", "failures")
    fields = ("url", "description", "kinds", "is_active", "signing_secret", "notice", "failures")
    actions = (send_test, renew_secret)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        counts = {each: Count("deliveries", filter=Q(deliveries__status=each)) for each in ("waiting", "dead")}
        return super().get_queryset(request).annotate(**counts)  # type: ignore[no-any-return]

    @admin.display(description="Waiting", ordering="waiting")
    def waiting(self, endpoint: Any) -> int:
        return int(endpoint.waiting)

    @admin.display(description="Given up", ordering="dead")
    def dead(self, endpoint: Any) -> int:
        return int(endpoint.dead)

    @admin.display(description="Secret")
    def signing_secret(self, endpoint: Endpoint) -> str:
        if endpoint._state.adding:
            return "It is made when the endpoint is saved."
        return format_html("<code>{}</code>", endpoint.secret)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.has_view_permission(request):
            warn_of_switched_off(request)
        return super().changelist_view(request, *args, **kwargs)


def warn_of_switched_off(request: HttpRequest) -> None:
    """Says on a page of the admin which endpoints are sent nothing any longer, and why."""
    for endpoint in Endpoint.objects.exclude(notice=""):
        messages.warning(request, f"{endpoint}: {endpoint.notice}")


@admin.action(description="Send again", permissions=["resend"])
def send_again(site: "DeliveryAdmin", request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
    again = Delivery.objects.filter(pk__in=list(deliveries.values_list("pk", flat=True))).send_again()
    report(request, again, "event", "will be sent again")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "endpoint", "subject", "status", "tries", "answer_status", "last_error")
    list_filter = ("status", "kind", "endpoint")
    list_select_related = ("endpoint",)
    search_fields = ("=message_id", "=subject")
    fields = (*list_display, "message_id", "due_at", "settled_at", "payload")
    ordering = ("-pk",)
    actions = (send_again,)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_endpoint")
