"""Shows themselves: making and running them, and what their viewers read."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from accounts import authentication
from accounts import identity as identities
from accounts.serializers import valid
from rest import pagination, responses, schema
from streams import media, serializers
from streams.models import Host, Stream
from streams.models.stream_queryset import StreamQuerySet, check_may_present

CHANGED = schema.envelope(serializers.SessionSerializer, message=True)
STATUS = OpenApiParameter(
    "status", str, enum=Stream.Status.values, description="With `public`: only shows that are so now."
)
NOT_TO_PUBLISH = "You don't have permission to publish to this stream"
NOT_TO_RENEW = "Cannot refresh token - stream is not live"


class LiveUsers(APIView):
    """Creators who are live, each with their show."""

    @extend_schema(
        parameters=schema.PAGE,
        responses={200: schema.envelope(serializers.LiveUserSerializer, many=True), **schema.errors(400)},
    )
    def get(self, request: Request) -> Response:
        streams: Any = Stream.objects.listed().live().select_related("creator")[pagination.page(request)]
        shown = serializers.LiveUserSerializer(streams, many=True, context={"request": request})
        return responses.listing(list(shown.data))


class Sessions(ViewSet):
    noun = "Session"
    error_style = "both"  # another protocol has its sessions below the same path, and its clients read `error`
    public = ("retrieve", "stream_token", "refresh_token", "reactions")

    def get_permissions(self) -> list[BasePermission]:
        is_public = self.action in self.public or (self.action == "list" and pagination.is_public(self.request))
        return [AllowAny() if is_public else IsAuthenticated()]

    @extend_schema(
        parameters=[*schema.UNPAGED, schema.PUBLIC, STATUS],
        responses={200: schema.envelope(serializers.SessionSerializer, many=True), **schema.errors(400, 401)},
        auth=schema.NEEDLESS,
    )
    def list(self, request: Request) -> Response:
        if pagination.is_public(request):
            found = everybodys(request)[pagination.page(request)]
        else:
            own = authentication.sender(request).streams.counted().newest()
            found = own[pagination.page(request, pagination.UNPAGED_LIMIT)]
        shown = serializers.SessionSerializer(found, many=True, context={"request": request})
        return responses.listing(list(shown.data))

    @extend_schema(responses={200: schema.envelope(serializers.SessionDetailSerializer), **schema.errors(404)})
    def retrieve(self, request: Request, pk: UUID) -> Response:
        identity = identities.Identity.of_request(request)
        stream = Stream.objects.seen_by(identity).complete().get(pk=pk)
        return responses.success(serializers.SessionDetailSerializer(stream, context={"request": request}).data)

    @extend_schema(request=serializers.SessionSerializer, responses={201: CHANGED, **schema.errors(400, 401, 403)})
    def create(self, request: Request) -> Response:
        facts = valid(serializers.SessionSerializer(data=request.data))
        ids = facts.pop("productIds", [])
        stream = Stream.objects.schedule(authentication.sender(request), ids, **facts)
        return self.changed(request, stream, "Session created successfully", status=201)

    @extend_schema(
        request=serializers.SessionSerializer(partial=True),
        responses={200: CHANGED, **schema.errors(400, 401, 403, 404)},
    )
    def update(self, request: Request, pk: UUID) -> Response:
        stream = controlled(request, pk, "You don't have permission to update this session")
        context = {"time_zone": stream.time_zone}
        facts = valid(serializers.SessionSerializer(data=request.data, partial=True, context=context))
        facts.pop("productIds", None)  # listings have endpoints of their own
        if facts.pop("rehearsal", stream.rehearsal) != stream.rehearsal:
            raise ValidationError({"rehearsal": "A show is a rehearsal, or is not, from the beginning on"})
        stream.revise(**facts)
        return self.changed(request, stream, "Session updated successfully")

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def destroy(self, request: Request, pk: UUID) -> Response:
        controlled(request, pk, "You don't have permission to delete this session").remove()
        return responses.success(message="Session deleted successfully")

    @extend_schema(request=None, responses={200: CHANGED, **schema.errors(400, 401, 403, 404)})
    def open_to_everybody(self, request: Request, pk: UUID) -> Response:
        stream = controlled(request, pk, "You don't have permission to update this session")
        stream.open_to_everybody()
        return self.changed(request, stream, "Session opened successfully")

    # --- its course

    @extend_schema(request=serializers.StatusSerializer, responses={200: CHANGED, **schema.errors(400, 401, 403, 404)})
    def status(self, request: Request, pk: UUID) -> Response:
        stream = controlled(request, pk, "You don't have permission to update this session")
        status = valid(serializers.StatusSerializer(data=request.data))["status"]
        stream.change_status(status, by=identities.Identity.of_request(request))
        return self.changed(request, stream, "Session status updated successfully")

    @extend_schema(
        request=None,
        responses={
            200: schema.envelope(serializers.AccessSerializer, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def start_stream(self, request: Request, pk: UUID) -> Response:
        stream = controlled(request, pk, "You don't have permission to start this stream")
        identity = identities.Identity.of_request(request)
        stream.check_admits(identity)
        media.check(stream)
        stream.start(by=identity)
        return self.access(stream, identity, publisher=True, message="Stream started successfully")

    @extend_schema(request=None, responses={200: CHANGED, **schema.errors(400, 401, 403, 404)})
    def end_stream(self, request: Request, pk: UUID) -> Response:
        stream = controlled(request, pk, "You don't have permission to end this stream")
        stream.end()
        return self.changed(request, stream, "Stream ended successfully")

    @extend_schema(
        responses={200: schema.envelope(serializers.AccessSerializer), **schema.errors(400, 403, 404)},
    )
    def stream_token(self, request: Request, pk: UUID) -> Response:
        stream = seen(request, pk)
        identity = identities.Identity.of_request(request)
        stream.check_may_watch(identity)
        return self.access(stream, identity, publisher=False)

    @extend_schema(
        request=serializers.RenewalSerializer,
        responses={200: schema.envelope(serializers.AccessSerializer), **schema.errors(400, 403, 404)},
    )
    def refresh_token(self, request: Request, pk: UUID) -> Response:
        publisher = valid(serializers.RenewalSerializer(data=request.data))["role"] == "publisher"
        stream = controlled(request, pk, NOT_TO_PUBLISH) if publisher else seen(request, pk)
        identity = identities.Identity.of_request(request)
        stream.check_may_watch(identity, NOT_TO_RENEW)
        if publisher:
            check_may_present(identity.user)
        return self.access(stream, identity, publisher)

    # --- what viewers see

    @extend_schema(responses={200: schema.envelope(serializers.ReactionsSerializer), **schema.errors(404)})
    def reactions(self, request: Request, pk: UUID) -> Response:
        identity = identities.Identity.of_request(request)
        stream = Stream.objects.seen_by(identity).counted().get(pk=pk)
        return responses.success(serializers.ReactionsSerializer(stream).data)

    @extend_schema(
        request=serializers.ShowcaseSerializer,
        responses={
            200: schema.envelope(serializers.ShowcasedSerializer, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def showcase(self, request: Request, pk: UUID) -> Response:
        stream = controlled(request, pk)
        product = stream.showcase(valid(serializers.ShowcaseSerializer(data=request.data))["productId"])
        message = "Product showcased successfully" if product else "Showcase cleared successfully"
        return responses.success(serializers.ShowcasedSerializer(stream).data, message)

    # --- helpers

    def changed(self, request: Request, stream: Stream, message: str, status: int = 200) -> Response:
        shown = serializers.SessionSerializer(stream, context={"request": request})
        return responses.success(shown.data, message, status=status)

    def access(self, stream: Stream, identity: identities.Identity, publisher: bool, message: str = "") -> Response:
        access = media.access(stream, identity, publisher)
        if publisher:
            Host.objects.present_elsewhere(stream)
        return responses.success(serializers.AccessSerializer(access, context={"stream_id": stream.pk}).data, message)


def everybodys(request: Request) -> StreamQuerySet:
    status = request.query_params.get("status")
    if status and status not in Stream.Status.values:
        raise ValidationError("Invalid status")
    streams = Stream.objects.listed().counted().newest()
    return streams.filter(status=status) if status else streams


def seen(request: Request, pk: UUID) -> Stream:
    """A show that the sender may know of."""
    return Stream.objects.seen_by(identities.Identity.of_request(request)).find(pk)


def controlled(request: Request, pk: UUID, *refusal: str) -> Stream:
    """A show that the sender may run. Others read `refusal`."""
    return Stream.objects.find_controlled(pk, identities.Identity.of_request(request), *refusal)
