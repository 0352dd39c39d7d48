"""The REST endpoints by which people get back into their account, and prove their address."""

from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.utils.http import urlsafe_base64_decode
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import authentication, letters, serializers, tasks
from accounts.models import User
from accounts.serializers import valid
from rest import responses, schema, throttling

BAD_LINK = "This link is not good any longer"


class ByMail(APIView):
    """An endpoint that sends mails, or takes what stood in one: limited by address."""

    throttle_scope = "account-mail"
    permission_classes = [AllowAny]

    def get_throttles(self) -> list[Any]:
        return [throttling.AddressThrottle()]


class PasswordReset(ByMail):
    authentication_classes = ()

    @extend_schema(
        request=serializers.AddressSerializer, responses={200: schema.DoneSerializer, **schema.errors(400, 429)}
    )
    def post(self, request: Request) -> Response:
        """Mails a link by which a new password is chosen. The answer is the same where nobody has the address."""
        tasks.mail_reset(valid(serializers.AddressSerializer(data=request.data))["email"])
        return responses.success(message="If an account has this address, a mail is on its way")


class NewPassword(ByMail):
    authentication_classes = ()

    @extend_schema(
        request=serializers.NewPasswordSerializer, responses={200: schema.DoneSerializer, **schema.errors(400, 429)}
    )
    def post(self, request: Request) -> Response:
        """Takes what the link in the mail carries; everything that the old password opened is closed."""
        said = valid(serializers.NewPasswordSerializer(data=request.data))
        user = user_of_link(said["uid"])
        if user is None or not default_token_generator.check_token(user, said["resetToken"]):
            raise ValidationError(BAD_LINK)
        user.reset_password(said["password"])
        return responses.success(message="Password changed successfully")


class Verification(ByMail):
    permission_classes = [IsAuthenticated]

    @extend_schema(request=None, responses={200: schema.DoneSerializer, **schema.errors(401, 429)})
    def post(self, request: Request) -> Response:
        """Mails a link by which one's address is confirmed."""
        sent = tasks.mail_verification(authentication.sender(request))
        return responses.success(message="A mail is on its way" if sent else "No mail was sent")


class Verified(ByMail):
    authentication_classes = ()

    @extend_schema(
        request=serializers.VerificationSerializer, responses={200: schema.DoneSerializer, **schema.errors(400, 429)}
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.VerificationSerializer(data=request.data))["verificationToken"]
        user_of_verification(token).confirm_address()
        return responses.success(message="E-mail address confirmed successfully")


def user_of_verification(token: str) -> User:
    """Whose address a link confirms. Raises ValidationError for one that is old, or of another address than now."""
    found = letters.verified_by(token)
    user = User.objects.active().filter(pk=found[0], email=found[1]).first() if found else None
    if user is None:
        raise ValidationError(BAD_LINK)
    return user


def user_of_link(uid: str) -> User | None:
    try:
        number = urlsafe_base64_decode(uid).decode("ascii")
    except (ValueError, UnicodeDecodeError):
        return None
    return User.objects.active().filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
