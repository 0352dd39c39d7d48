"""The REST endpoints of accounts: logging in and out, and the users themselves."""

from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash, user_logged_in
from django.core.exceptions import PermissionDenied
from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from accounts import authentication, guests, permissions, serializers, tasks, tokens
from accounts.models import Role, Ticket, User
from accounts.serializers import valid
from rest import pagination, responses, schema, throttling, times
from rest.middleware import GUEST_HEADER

SIGNED_IN = schema.envelope(serializers.CredentialsSerializer, message=True)


def key_ring(user: User, refresh: str = "") -> dict[str, str]:
    access = tokens.access_token(user)
    return {"accessToken": access, "refreshToken": refresh or tokens.refresh_token(user), "token": access}


def credentials(user: User, refresh: str = "") -> dict[str, Any]:
    return {"user": serializers.AccountSerializer(user).data, **key_ring(user, refresh)}


class Register(APIView):
    throttle_classes = [throttling.AddressThrottle]
    throttle_scope = "register"

    @extend_schema(
        request=serializers.RegistrationSerializer, responses={201: SIGNED_IN, **schema.errors(400, 409, 429)}
    )
    def post(self, request: Request) -> Response:
        user = User.objects.register(**valid(serializers.RegistrationSerializer(data=request.data)))
        tasks.mail_verification(user)
        return responses.success(credentials(user), "User registered successfully", status=201)


class Login(APIView):
    """Attempts are limited where the password is checked; see accounts/login_attempts.py."""

    @extend_schema(request=serializers.LoginSerializer, responses={200: SIGNED_IN, **schema.errors(400, 401, 429)})
    def post(self, request: Request) -> Response:
        user = authenticate(request, **valid(serializers.LoginSerializer(data=request.data)))
        if not isinstance(user, User):
            raise AuthenticationFailed("Invalid username or password")
        user_logged_in.send(sender=User, request=request, user=user)
        return responses.success(credentials(user), "Login successful")


class RefreshToken(APIView):
    throttle_classes = [throttling.AddressThrottle]
    throttle_scope = "refresh"

    @extend_schema(request=serializers.RefreshSerializer, responses={200: SIGNED_IN, **schema.errors(400, 401, 429)})
    def post(self, request: Request) -> Response:
        user, refresh = tokens.renewed(valid(serializers.RefreshSerializer(data=request.data))["refreshToken"])
        return responses.success(credentials(user, refresh), "Token refreshed successfully")


class Logout(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(request=None, responses={200: schema.DoneSerializer, **schema.errors(401)})
    def post(self, request: Request) -> Response:
        authentication.sender(request).log_out()
        guests.forget(request._request)
        return responses.success(message="Logged out successfully")


class CurrentUser(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(responses={200: schema.envelope(serializers.UserSerializer), **schema.errors(401)})
    def get(self, request: Request) -> Response:
        return responses.success(
            serializers.UserSerializer(authentication.sender(request), context={"request": request}).data
        )


class UpdateProfile(APIView):
    permission_classes = [IsAuthenticated]
    responses = {
        200: schema.envelope(serializers.UserSerializer, message=True),
        **schema.errors(400, 401, 409),
    }

    @extend_schema(request=serializers.ProfileSerializer, responses=responses)
    def post(self, request: Request) -> Response:
        return updated(request, authentication.sender(request), valid(serializers.ProfileSerializer(data=request.data)))

    @extend_schema(request=serializers.ProfileSerializer, responses=responses)
    def put(self, request: Request) -> Response:
        return self.post(request)


class IssueTicket(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        request=None, responses={201: schema.envelope(serializers.TicketSerializer), **schema.errors(401, 403)}
    )
    def post(self, request: Request) -> Response:
        key = Ticket.objects.issue(authentication.sender(request), authentication.proves_until(request))
        return responses.success({"ticket": key, "expiresIn": Ticket.SECONDS}, status=201)


class Guest(APIView):
    """Guests are known by their token alone here: no log-in is asked for, and so no CSRF token either."""

    authentication_classes = ()
    throttle_classes = [throttling.AddressThrottle]
    throttle_scope = "guest"

    @extend_schema(
        request=None,
        parameters=[OpenApiParameter(GUEST_HEADER, str, OpenApiParameter.HEADER, description="The token so far.")],
        responses={200: serializers.GuestSerializer, **schema.errors(429)},
    )
    def post(self, request: Request) -> Response:
        """Gives a guest a token, or a fresh one in the place of theirs, by which they stay the same on every page."""
        token, expires_at = guests.renewed(request._request)
        return responses.success(token=token, expiresAt=times.iso(expires_at))


class Users(ViewSet):
    noun = "User"
    queryset = User.objects.active()
    one = schema.envelope(serializers.UserSerializer)
    changed = schema.envelope(serializers.UserSerializer, message=True)

    def get_permissions(self) -> list[BasePermission]:
        needed: dict[str, type[BasePermission]] = {
            "create": permissions.roles(Role.ADMIN),
            "update": IsAuthenticated,
            "destroy": IsAuthenticated,
        }
        return [needed.get(self.action or "", AllowAny)()]

    @extend_schema(
        parameters=schema.PAGE,
        responses={200: schema.envelope(serializers.UserSerializer, many=True), **schema.errors(400)},
    )
    def list(self, request: Request) -> Response:
        users = self.queryset.shown_to(request.user).order_by("-created_at", "-id")[pagination.page(request)]
        return responses.listing(list(serializers.UserSerializer(users, many=True, context={"request": request}).data))

    @extend_schema(responses={200: one, **schema.errors(404)})
    def retrieve(self, request: Request, pk: int) -> Response:
        user = self.queryset.shown_to(request.user).get(pk=pk)
        return responses.success(serializers.UserSerializer(user, context={"request": request}).data)

    @extend_schema(
        request=serializers.RegistrationSerializer, responses={201: changed, **schema.errors(400, 401, 403, 409)}
    )
    def create(self, request: Request) -> Response:
        facts = valid(serializers.RegistrationSerializer(data=request.data))
        User.objects.check_new_password(facts["password"], facts["username"], facts["email"])
        user = User.objects.create_user(**facts)
        data = serializers.UserSerializer(user, context={"request": request}).data
        return responses.success(data, "User created successfully", status=201)

    @extend_schema(
        request=serializers.UserChangeSerializer, responses={200: changed, **schema.errors(400, 401, 403, 404, 409)}
    )
    def update(self, request: Request, pk: int) -> Response:
        user = self.changeable(request, pk)
        changes = valid(serializers.UserChangeSerializer(data=request.data))
        role = Role.named(changes.pop("role", user.role))
        if role != user.role and authentication.sender(request).role != Role.ADMIN:
            raise PermissionDenied
        with transaction.atomic():
            if role != user.role:
                user.set_role(role)
            return updated(request, user, changes)

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def destroy(self, request: Request, pk: int) -> Response:
        self.changeable(request, pk).deactivate()
        return responses.success(message="User deleted successfully")

    def changeable(self, request: Request, pk: int) -> User:
        user = self.queryset.get(pk=pk)
        sender = authentication.sender(request)
        if sender != user and sender.role != Role.ADMIN:
            raise PermissionDenied
        return user


def updated(request: Request, user: User, changes: dict[str, str]) -> Response:
    """A new password ends every token of the user's; whoever changes their own gets new ones and stays logged in."""
    user.update_profile(**changes)
    data: dict[str, Any] = {**serializers.UserSerializer(user, context={"request": request}).data}
    if "password" in changes and user == request.user:
        data.update(key_ring(user))
        if isinstance(request.successful_authenticator, authentication.PageSessionAuthentication):
            update_session_auth_hash(request, user)
    return responses.success(data, "User updated successfully")
