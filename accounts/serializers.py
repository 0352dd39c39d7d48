"""Users as the REST API reads and writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User

Messages = dict[str, Any]

PASSWORD_LENGTH = 6  # as the documents say
PASSWORD_LIMIT = 256  # hashing is slow by design, and slower for a longer one

MALFORMED_EMAIL: Messages = {"invalid": "Invalid email format"}
SHORT_PASSWORD: Messages = {"min_length": f"Password must be at least {PASSWORD_LENGTH} characters long"}


def demanded(message: str) -> Messages:
    """The same words whether a field is missing, null, empty or no text at all."""
    return dict.fromkeys(("required", "null", "blank", "invalid"), message)


def valid(form: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """What a form makes of its data, which must be right."""
    form.is_valid(raise_exception=True)
    data: dict[str, Any] = form.validated_data
    return data


class AccountSerializer(serializers.ModelSerializer[User]):
    """A user as they see themselves."""

    class Meta:
        model = User
        fields = ["id", "username", "email", "role"]


class UserSerializer(serializers.ModelSerializer[User]):
    """A user as others see them; give the request as context, or nobody sees the e-mail address."""

    email = serializers.SerializerMethodField()
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "email", "role", "createdAt", "updatedAt"]

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, user: User) -> str | None:
        request = self.context.get("request")
        reader = request.user if request else None
        return user.email if isinstance(reader, User) and (reader == user or reader.sees_emails) else None


class CredentialsSerializer(serializers.Serializer[Any]):
    user = AccountSerializer()
    accessToken = serializers.CharField()
    refreshToken = serializers.CharField()
    token = serializers.CharField(help_text="The access token again, under the name that some clients read.")


class RegistrationSerializer(serializers.Serializer[Any]):
    MISSING = demanded("Username, email, and password are required")

    username = serializers.CharField(max_length=150, error_messages=MISSING)
    email = serializers.EmailField(max_length=254, error_messages={**MISSING, **MALFORMED_EMAIL})
    password = serializers.CharField(
        min_length=PASSWORD_LENGTH,
        max_length=PASSWORD_LIMIT,
        trim_whitespace=False,
        error_messages={**MISSING, **SHORT_PASSWORD},
    )
    role = serializers.CharField(required=False, error_messages=demanded("Invalid role"))


class LoginSerializer(serializers.Serializer[Any]):
    MISSING = demanded("Username and password are required")

    username = serializers.CharField(max_length=150, error_messages=MISSING)
    password = serializers.CharField(max_length=PASSWORD_LIMIT, trim_whitespace=False, error_messages=MISSING)


class RefreshSerializer(serializers.Serializer[Any]):
    refreshToken = serializers.CharField(max_length=4096, error_messages=demanded("Refresh token is required"))


class ProfileSerializer(serializers.Serializer[Any]):
    """What users may change about themselves."""

    username = serializers.CharField(max_length=150, required=False)
    email = serializers.EmailField(max_length=254, required=False, error_messages=MALFORMED_EMAIL)
    password = serializers.CharField(
        min_length=PASSWORD_LENGTH,
        max_length=PASSWORD_LIMIT,
        trim_whitespace=False,
        required=False,
        error_messages=SHORT_PASSWORD,
    )


class UserChangeSerializer(ProfileSerializer):
    """The same, and what only admins may change."""

    role = serializers.CharField(required=False, error_messages=demanded("Invalid role"))


class AddressSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254, error_messages={**demanded("Email is required"), **MALFORMED_EMAIL})


class NewPasswordSerializer(serializers.Serializer[Any]):
    MISSING = demanded("This link is not good any longer")

    uid = serializers.CharField(max_length=30, error_messages=MISSING)
    resetToken = serializers.CharField(max_length=100, error_messages=MISSING)
    password = serializers.CharField(
        min_length=PASSWORD_LENGTH,
        max_length=PASSWORD_LIMIT,
        trim_whitespace=False,
        error_messages={**demanded("Password is required"), **SHORT_PASSWORD},
    )


class VerificationSerializer(serializers.Serializer[Any]):
    verificationToken = serializers.CharField(
        max_length=1000, error_messages=demanded("This link is not good any longer")
    )


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expiresIn = serializers.IntegerField(help_text="seconds")


class GuestSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    token = serializers.CharField()
    expiresAt = serializers.DateTimeField()
