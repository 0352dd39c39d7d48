"""Support in the admin: conversations that are read and answered there, and what staff set up for them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from accounts import identity as identities
from accounts.admin_tools import KnowsReader, link, report
from accounts.models import User
from realtime import wire
from support.models import (
    CannedReply,
    Conversation,
    OpeningHours,
    Said,
    Schedule,
    ScheduleException,
    Sender,
    TimeGoal,
)
from support.rights import AGENTS, Part
from support.wire.conversations import MAX_LENGTH

MAX_SHOWN = 500  # messages of a conversation on its page
KINDS = {"note": " (note)", "offer": " (offer)"}  # what stands beside the author of a message that is none


def sender_of(request: HttpRequest) -> Sender:
    return Sender(identities.Identity.of_request(request))


class ConversationForm(forms.ModelForm):  # type: ignore[type-arg]
    canned = forms.ModelChoiceField(
        CannedReply.objects.in_order(),
        required=False,
        label="Canned reply",
        widget=UnfoldAdminSelectWidget,
        help_text="sent where the reply is empty",
    )
    reply = forms.CharField(max_length=MAX_LENGTH, required=False, widget=UnfoldAdminTextareaWidget)
    internal = forms.BooleanField(
        required=False, label="Note", widget=UnfoldBooleanSwitchWidget, help_text="only staff read it"
    )

    class Meta:
        model = Conversation
        fields = ("status", "snoozed_until", "assignee", "priority", "team")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(assignee := self.fields.get("assignee"), forms.ModelChoiceField):
            assignee.queryset = User.objects.active().filter(role__in=AGENTS)

    def clean(self) -> dict[str, Any]:
        """The verbs refuse the same, but a page has to say so before anything is stored."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        is_snoozed = cleaned.get("status") == Conversation.Status.SNOOZED
        if is_snoozed and not cleaned.get("snoozed_until"):
            self.add_error("snoozed_until", "Say until when")
        if not is_snoozed:
            cleaned["snoozed_until"] = None
        return cleaned


@admin.action(description="Resolve", permissions=["change"])
def resolve(site: "ConversationAdmin", request: HttpRequest, conversations: QuerySet[Conversation]) -> None:
    unresolved = list(conversations.exclude(status=Conversation.Status.RESOLVED))
    for conversation in unresolved:
        conversation.set_status(sender_of(request), Conversation.Status.RESOLVED)
    report(request, len(unresolved), "conversation", "resolved")


@admin.action(description="Take over", permissions=["change"])
def take_over(site: "ConversationAdmin", request: HttpRequest, conversations: QuerySet[Conversation]) -> None:
    for conversation in conversations:
        sender = sender_of(request)
        conversation.assign(sender, sender.identity.user)
    report(request, len(conversations), "conversation", "taken over")


@admin.register(Conversation)
class ConversationAdmin(KnowsReader, ModelAdmin):
    """Whatever changes here goes through the verbs, so that everyone is told as by the desk."""

    form = ConversationForm
    fieldsets = (
        (None, {"fields": ("thread", "reply", "canned", "internal")}),
        ("How it stands", {"fields": (("status", "snoozed_until"), ("assignee", "team"), "priority", "tags")}),
        ("Customer", {"fields": (("who", "email"), ("show", "product"), ("party", "call"))}),
        (
            "Course",
            {"fields": ("created_at", "first_reply_at", "resolved_at", ("reply_due_at", "resolution_due_at"))},
        ),
    )
    readonly_fields = (
        "thread", "tags", "who", "email", "show", "product", "party", "call", "created_at", "first_reply_at",
        "resolved_at", "reply_due_at", "resolution_due_at",
    )  # fmt: skip
    list_display = ("customer_name", "excerpt", "status", "priority", "handled_by", "late", "last_message_at")
    list_filter = ("status", "priority", "team")
    list_select_related = ("assignee",)
    search_fields = ("name", "=session", "email", "user__username")
    ordering = ("-last_message_at",)
    actions = (resolve, take_over)
    show_full_result_count = False

    @admin.display(description="Messages")
    def thread(self, conversation: Conversation) -> str:
        newest = conversation.messages.order_by("-seq")[:MAX_SHOWN]
        rows = (
            (message.name, KINDS.get(message.kind, ""), wire.iso(message.created_at), message.text)
            for message in reversed(newest)
        )
        lines = format_html_join(
            "",
            '<li class="mb-3"><strong>{}</strong>{} <time>{}</time><p class="whitespace-pre-wrap">{}</p></li>',
            rows,
        )
        return format_html("<ol>{}</ol>", lines)

    @admin.display(description="Customer")
    def who(self, conversation: Any) -> str:
        return (
            link(conversation.user, conversation.reader, conversation.customer_name)
            if conversation.user
            else str(conversation.customer_name)
        )

    @admin.display(description="Taken care of by", ordering="assignee__username")
    def handled_by(self, conversation: Any) -> str:
        return link(conversation.assignee, conversation.reader)

    @admin.display(description="Overdue", boolean=True)
    def late(self, conversation: Conversation) -> bool:
        return conversation.is_overdue

    def save_model(self, request: HttpRequest, obj: Conversation, form: Any, change: bool) -> None:
        """What the form has changed is done by the verbs; the last is the reply, for it may open what was resolved."""
        asked, sender = form.cleaned_data, sender_of(request)
        conversation = Conversation.objects.get(pk=obj.pk)
        try:
            if {"assignee", "team"} & set(form.changed_data):
                conversation.assign(sender, asked["assignee"], asked["team"])
            if {"status", "snoozed_until"} & set(form.changed_data):
                conversation.set_status(sender, asked["status"], asked["snoozed_until"])
            conversation.revise(sender, asked["priority"])
            text = asked["reply"] or (
                asked["canned"].filled_in(conversation, sender.identity) if asked["canned"] else ""
            )
            if text.strip():
                said = Said(text, None, conversation.pk, internal=asked["internal"], part=Part.AGENT)
                Conversation.objects.say(sender, said)
        except ValidationError as error:
            messages.error(request, error.messages[0])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Customers begin conversations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CannedReply)
class CannedReplyAdmin(ModelAdmin):
    list_display = ("shortcut", "text")
    search_fields = ("shortcut", "text")
    ordering = ("shortcut",)


class OpeningHoursInline(TabularInline):
    model = OpeningHours
    extra = 0
    hide_title = True


class ScheduleExceptionInline(TabularInline):
    model = ScheduleException
    extra = 0
    hide_title = True


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    inlines = (OpeningHoursInline, ScheduleExceptionInline)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one."""
        return super().has_add_permission(request) and not Schedule.objects.exists()


@admin.register(TimeGoal)
class TimeGoalAdmin(ModelAdmin):
    list_display = ("priority", "first_reply_minutes", "resolution_minutes")
