"""Keeping order in a show over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import identity as identities
from accounts.serializers import UserSerializer, demanded
from realtime.models import Restriction
from rest import ids
from streams.chat_broadcasts import pseudonym
from streams.models import BlockedWord, HeldMessage, ModerationAct, Moderator, Question, Report
from streams.models.act import MAX_REASON, Verb
from streams.models.blocked_word import MAX_LENGTH
from streams.models.chat_settings import MAX_SLOW_MODE
from streams.models.desk_people import MAX_MINUTES
from streams.models.rules import MAX_ACCOUNT_MINUTES
from streams.serializers.chat import ChatMessageSerializer

REASON = "Why, for the audit log."


class ReasonField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_blank=True, default="", max_length=MAX_REASON, help_text=REASON)


class ChatRulesSerializer(serializers.Serializer[Any]):
    """What holds for everybody in the chat; only what is given is changed."""

    slowMode = serializers.IntegerField(source="slow_mode", min_value=0, max_value=MAX_SLOW_MODE, required=False)
    frozen = serializers.BooleanField(required=False, help_text="Nobody writes but those who keep order.")
    linksByModerators = serializers.BooleanField(
        source="links_by_moderators", required=False, help_text="Only those who keep order post links."
    )
    holdMessages = serializers.BooleanField(
        source="hold_messages", required=False, help_text="Every line waits until someone has looked at it."
    )
    guestChat = serializers.BooleanField(source="guest_chat", required=False)
    accountMinutes = serializers.IntegerField(
        source="account_minutes",
        min_value=0,
        max_value=MAX_ACCOUNT_MINUTES,
        required=False,
        help_text="So old an account must be to take part; 0 is any, and guests where they may write.",
    )


class ModerationStateSerializer(ChatRulesSerializer):
    """The rules, and how much waits."""

    held = serializers.IntegerField(help_text="Messages that wait.")
    reports = serializers.IntegerField(help_text="Reports that are open.")


class PersonSerializer(serializers.Serializer[Any]):
    """Whom an act is about: the author of a message of this show, or an account."""

    messageId = ids.UUIDField(required=False, allow_null=True, default=None)
    userId = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=2**62)
    reason = ReasonField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["messageId"] is None and attrs["userId"] is None:
            raise serializers.ValidationError("Name a messageId or a userId")
        return attrs


class RestrictSerializer(PersonSerializer):
    minutes = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=MAX_MINUTES, help_text="null is for good"
    )


class BanSerializer(RestrictSerializer):
    shadow = serializers.BooleanField(
        required=False, default=False, help_text="Instead nobody else sees what they write, and they are not told."
    )


class WhySerializer(serializers.Serializer[Any]):
    reason = ReasonField()


class RestrictionSerializer(serializers.ModelSerializer[Restriction]):
    """How somebody is restricted in the show. `author` is the one that stands beside their messages."""

    userId = serializers.SerializerMethodField()
    author = serializers.SerializerMethodField()
    createdAt = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Restriction
        fields = ["id", "kind", "userId", "author", "reason", "until", "createdAt"]

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_userId(self, restriction: Restriction) -> int | None:  # noqa: N802 - named for its field
        return identities.user_id_of(restriction.identity)

    @extend_schema_field(serializers.CharField())
    def get_author(self, restriction: Restriction) -> str:
        return pseudonym(restriction.identity)


class BlockedWordSerializer(serializers.ModelSerializer[BlockedWord]):
    word = serializers.CharField(
        source="text",
        max_length=MAX_LENGTH,
        error_messages=demanded("Word is required"),
        help_text="A word or phrase, found in whatever spelling; `*` at its end stands for the rest of a longer word.",
    )
    action = serializers.ChoiceField(BlockedWord.Action.choices, default=BlockedWord.Action.REFUSE)

    class Meta:
        model = BlockedWord
        fields = ["id", "word", "action"]


class ReportCreateSerializer(serializers.Serializer[Any]):
    messageId = ids.UUIDField(error_messages=demanded("MessageId is required"))
    reason = ReasonField()


class MessageReportSerializer(serializers.ModelSerializer[Report]):
    reporter = serializers.CharField(source="name", help_text="The name of whoever reports it.")
    message = ChatMessageSerializer()

    class Meta:
        model = Report
        fields = ["id", "message", "reporter", "reason", "status", "at"]


class SettleSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["resolved", "dismissed"], error_messages=demanded("Status is required"))


class HeldMessageSerializer(serializers.ModelSerializer[HeldMessage]):
    message = serializers.CharField(source="text")
    userId = serializers.IntegerField(source="user_id", allow_null=True)
    userName = serializers.CharField(source="name")
    cause = serializers.ChoiceField(["word", "rule", "hook"], help_text="A blocked word, the show's rule, or the hook.")
    createdAt = serializers.DateTimeField(source="created_at")

    class Meta:
        model = HeldMessage
        fields = ["id", "message", "userId", "userName", "badge", "cause", "createdAt"]


class ReviewSerializer(serializers.Serializer[Any]):
    allowed = serializers.BooleanField(error_messages=demanded("Allowed is required"))
    reason = ReasonField()


class ModeratorSerializer(serializers.ModelSerializer[Moderator]):
    user = UserSerializer()

    class Meta:
        model = Moderator
        fields = ["user", "at"]


class NameModeratorSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150, error_messages=demanded("Username is required"))


class ActSerializer(serializers.ModelSerializer[ModerationAct]):
    """One line of the audit log."""

    verb = serializers.ChoiceField(Verb.choices)
    by = serializers.CharField(source="by_name")
    byId = serializers.IntegerField(source="by_id", allow_null=True)
    author = serializers.SerializerMethodField(help_text="Whom it was about, as beside their messages.")
    userId = serializers.SerializerMethodField()
    messageId = serializers.UUIDField(source="message", allow_null=True)
    undoneAt = serializers.DateTimeField(source="undone_at", allow_null=True)

    class Meta:
        model = ModerationAct
        fields = ["id", "verb", "by", "byId", "author", "userId", "messageId", "reason", "details", "at", "undoneAt"]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_author(self, act: ModerationAct) -> str | None:
        return pseudonym(act.whom) if act.whom else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_userId(self, act: ModerationAct) -> int | None:  # noqa: N802 - named for its field
        return identities.user_id_of(act.whom) if act.whom else None

    def to_representation(self, instance: ModerationAct) -> dict[str, Any]:
        """Without what is only for taking it back: a restriction knows browsers and addresses."""
        shown = super().to_representation(instance)
        if isinstance(shown["details"].get("restriction"), dict):
            facts = shown["details"]["restriction"]
            shown["details"] = {**shown["details"], "restriction": {name: facts[name] for name in ("kind", "until")}}
        return shown


class QuestionSerializer(serializers.ModelSerializer[Question]):
    """A question as everybody sees it."""

    questionId = serializers.IntegerField(source="pk")
    messageId = serializers.UUIDField(source="message_id")
    message = serializers.CharField(source="message.text")
    userId = serializers.IntegerField(source="message.user_id", allow_null=True)
    userName = serializers.CharField(source="message.name")

    class Meta:
        model = Question
        fields = ["questionId", "messageId", "message", "userId", "userName", "status", "votes"]


class AskSerializer(serializers.Serializer[Any]):
    messageId = ids.UUIDField(error_messages=demanded("MessageId is required"))


class QuestionStatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["picked", "answered", "dismissed"], error_messages=demanded("Status is required"))


class VotesSerializer(serializers.Serializer[Any]):
    votes = serializers.IntegerField()
