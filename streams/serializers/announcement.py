"""What a show says of itself before it begins."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.utils.timezone import is_naive
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from rest import links
from streams.models import Stream
from streams.models.announcement import LANGUAGE, MAX_LANGUAGE, validate_year, validate_zone


class OptionalText(serializers.CharField):
    """Text that, while it is unset, is null on the wire and empty in the database."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "allow_blank": True, **kwargs})

    def run_validation(self, data: Any = empty) -> str:
        return super().run_validation(data) or ""

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


@extend_schema_field(serializers.DateTimeField(allow_null=True))
class StartField(serializers.DateTimeField):
    """A moment, with an offset or by the clock of the show's own time zone."""

    def run_validation(self, data: Any = empty) -> datetime | None:
        checked: datetime | None = super().run_validation(None if data == "" else data)
        return checked

    def enforce_timezone(self, value: datetime) -> datetime:
        """What has no offset waits for the zone, which is another field."""
        validate_year(value)
        return value


class ReminderSerializer(serializers.Serializer[Any]):
    """Give as the context's `guest` whether whoever asks has no account."""

    email = serializers.EmailField(
        max_length=254, required=False, allow_blank=True, help_text="Of a guest; an account has its own."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.context.get("guest") and not attrs.get("email"):
            raise serializers.ValidationError({"email": "Your e-mail address is required"})
        return attrs


class AnnouncementSerializer(serializers.ModelSerializer[Stream]):
    """Give the time zone so far as the context's `time_zone` where a show is changed."""

    startsAt = StartField(
        source="starts_at",
        required=False,
        allow_null=True,
        help_text="When it is to begin. A time without an offset is one by the clock of `timeZone`.",
    )
    timeZone = OptionalText(
        source="time_zone",
        max_length=63,
        validators=[validate_zone],
        help_text="Of its host, by its IANA name, such as Europe/Berlin.",
    )
    startsLate = serializers.BooleanField(
        source="is_late", read_only=True, help_text="`startsAt` has passed, and the show has not begun."
    )
    cover = OptionalText(max_length=1000, validators=[links.validate_picture], help_text="The address of a picture.")
    language = OptionalText(
        max_length=MAX_LANGUAGE,
        validators=[RegexValidator(LANGUAGE, "It is a language tag such as en or pt-BR")],
        help_text="That is spoken in it, as a language tag: en, pt-BR.",
    )
    rehearsal = serializers.BooleanField(
        required=False,
        help_text="Only its owner, admins and the moderators named for it know of it. It is said when a show is made.",
    )

    FIELDS = ("startsAt", "timeZone", "startsLate", "cover", "language", "rehearsal")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        starts_at = attrs.get("starts_at")
        if starts_at is not None and is_naive(starts_at):
            zone = attrs.get("time_zone", self.context.get("time_zone", ""))
            attrs["starts_at"] = starts_at.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
        return attrs
