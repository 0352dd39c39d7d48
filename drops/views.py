"""Drops over REST: everybody reads them and claims, whoever runs the show runs them."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import identity as identities
from accounts.models import User
from accounts.serializers import valid
from drops import serializers, tasks, wire
from drops.bounds import MAX_DROPS, MAX_LISTED
from drops.models import Claim, Door, Drop, State, figures
from drops.models.deciding import ask
from realtime import database, limits
from realtime import wire as protocol
from rest import addresses, responses, schema
from streams.models import Stream

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again with the same key, it is the same claim."
)
DROP = schema.envelope(serializers.DropSerializer)
OWN = schema.envelope(serializers.OwnClaimSerializer)
RUN = {200: DROP, **schema.errors(400, 403, 404)}
CLAIMED = {201: OWN, **schema.errors(400, 403, 404, 409, 429)}
DESK = {200: schema.envelope(serializers.DeskClaimSerializer), **schema.errors(400, 403, 404)}
CHANGED = {200: OWN, **schema.errors(400, 403, 404, 429)}
FIRST = (State.HELD, State.LATE, State.WAITING)  # at the desk, before what is settled


def shown(drop: Drop) -> dict[str, Any]:
    return protocol.plain(wire.Drop.of(drop, timezone.now()))


def own(claim: Claim) -> dict[str, Any]:
    return protocol.plain(wire.Claim.of(claim, timezone.now()))


def at_desk(claim: Claim) -> dict[str, Any]:
    more = {"name": claim.name, "owner": claim.owner, "door": claim.door, "orderId": claim.order_id}
    return {**own(claim), **more, "createdAt": protocol.iso(claim.created_at)}


class DropView(ViewSet):
    """Who is refused what, the shows and drops themselves say."""

    noun = "Drop"
    permission_classes = [AllowAny]

    def run(self, request: Request, session_id: UUID) -> Stream:
        """The show, for whoever runs it."""
        return Stream.objects.find_controlled(session_id, identities.Identity.of_request(request))

    def counted(self, request: Request) -> identities.Identity:
        identity = identities.Identity.of_request(request)
        limits.take_of(identity, "claim", {"identity": identity.key, "address": addresses.of_request(request)})
        return identity


class Drops(DropView):
    @extend_schema(
        responses={200: schema.envelope(serializers.DropSerializer, many=True), **schema.errors(404)},
        auth=schema.NEEDLESS,
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        """Those that go on, and then those that are over, the newest first."""
        drops = Stream.objects.find(session_id).drops.shown()[:MAX_DROPS]
        return responses.listing([shown(drop) for drop in drops])

    @extend_schema(request=serializers.AnnounceSerializer, responses={201: DROP, **schema.errors(400, 403, 404)})
    def create(self, request: Request, session_id: UUID) -> Response:
        """Announces a drop of one of the show's products."""
        stream = self.run(request, session_id)
        said = serializers.AnnounceSerializer(data=request.data)
        valid(said)
        facts = said.facts()
        drop = Drop.objects.announce(stream, identities.Identity.of_request(request), **facts)
        if facts["opens_in"]:
            tasks.look.schedule_within(facts["opens_in"] + tasks.LATE)
        return responses.success(shown(drop), status=201)

    @extend_schema(responses={200: DROP, **schema.errors(404)}, auth=schema.NEEDLESS)
    def retrieve(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        return responses.success(shown(Drop.objects.find(session_id, pk)))

    @extend_schema(request=None, responses=RUN)
    def open(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Opens it now, whatever its countdown says."""
        drop = self._run(request, session_id, pk)
        drop.open()
        if drop.open_seconds:
            tasks.look.schedule_within(drop.open_seconds + tasks.LATE)
        return responses.success(shown(drop))

    @extend_schema(request=serializers.ExtendSerializer, responses=RUN)
    def extend(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Has it open, or close, later."""
        drop, said = self._run(request, session_id, pk), valid(serializers.ExtendSerializer(data=request.data))
        drop.extend(said["seconds"])
        return responses.success(shown(drop))

    @extend_schema(request=serializers.PiecesSerializer, responses=RUN)
    def add_pieces(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Puts more pieces into it; those who wait are given them first."""
        drop, said = self._run(request, session_id, pk), valid(serializers.PiecesSerializer(data=request.data))
        drop.add_pieces(said["pieces"])
        return responses.success(shown(drop))

    @extend_schema(request=None, responses=RUN)
    def close(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Nobody claims any longer; holds run on."""
        drop = self._run(request, session_id, pk)
        drop.close()
        return responses.success(shown(drop))

    @extend_schema(request=None, responses=RUN)
    def undo(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Takes back a wrong one, with all that was claimed."""
        drop = self._run(request, session_id, pk)
        drop.undo()
        return responses.success(shown(drop))

    @extend_schema(
        responses={
            200: schema.envelope(serializers.DropFiguresSerializer, many=True),
            **schema.errors(403, 404),
        }
    )
    def figures(self, request: Request, session_id: UUID) -> Response:
        return responses.listing(figures.of_show(self.run(request, session_id)))

    def _run(self, request: Request, session_id: UUID, pk: UUID) -> Drop:
        self.run(request, session_id)
        return Drop.objects.find(session_id, pk)


class Claims(DropView):
    noun = "Claim"

    @extend_schema(
        responses={
            200: schema.envelope(serializers.DeskClaimSerializer, many=True),
            **schema.errors(403, 404),
        }
    )
    def list(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Who holds pieces, who has paid too late, who waits, and then what is settled."""
        self.run(request, session_id)
        drop = Drop.objects.find(session_id, pk)
        found = drop.claims.with_places().select_related("drop")
        live = [*found.filter(state__in=FIRST).order_by("number")[:MAX_LISTED]]
        settled = found.exclude(state__in=FIRST).order_by("-number")[: MAX_LISTED - len(live)]
        live.sort(key=lambda claim: (FIRST.index(State(claim.state)), claim.line or claim.number))
        return responses.listing([at_desk(claim) for claim in [*live, *settled]])

    @extend_schema(
        responses={200: schema.envelope(serializers.OwnClaimSerializer, many=True), **schema.errors(404)},
        auth=schema.NEEDLESS,
    )
    def mine(self, request: Request, session_id: UUID) -> Response:
        """What one has claimed in this show, the newest first."""
        Stream.objects.find(session_id)
        found = Claim.objects.filter(drop__stream=session_id).of(identities.Identity.of_request(request))
        newest = found.with_places().select_related("drop").order_by("-created_at", "-number")[:MAX_LISTED]
        return responses.listing([own(claim) for claim in newest])

    @extend_schema(parameters=[KEY], request=serializers.ClaimSerializer, responses=CLAIMED, auth=schema.NEEDLESS)
    def create(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Claims pieces: they are held, or there is a place in the line."""
        identity, said = self.counted(request), valid(serializers.ClaimSerializer(data=request.data))
        door = Door.BUTTON
        if who := said.get("user"):
            self.run(request, session_id)
            identity, door = person(who), Door.STAFF
        op = request.headers.get("Idempotency-Key", "")[:64]
        wish = database.submit_from_thread(ask, session_id, pk, identity, said["pieces"], op, door=door)
        claim = wish.settled()
        tasks.look.schedule_within(claim.drop.hold_seconds + tasks.LATE)
        return responses.success(own(claim), status=201)

    @extend_schema(responses=CHANGED, auth=schema.NEEDLESS)
    def destroy(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Gives back what one holds, or one's place in the line."""
        claim = Claim.objects.find_own(session_id, pk, self.counted(request))
        claim.give_back()
        return responses.success(own(claim))

    @extend_schema(request=None, responses=CHANGED, auth=schema.NEEDLESS)
    def extend(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Starts the clock of one's hold anew, as often as the drop allows."""
        claim = Claim.objects.find_own(session_id, pk, self.counted(request))
        claim.extend()
        return responses.success(own(claim))

    @extend_schema(request=None, responses=DESK)
    def pass_on(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Gives what somebody holds to the next in line, for whoever runs the show."""
        claim = self._run(request, session_id, pk)
        claim.pass_on()
        return responses.success(at_desk(claim))

    @extend_schema(request=serializers.LateSerializer, responses=DESK)
    def decide(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        """Says what becomes of a claim that was paid for after its time."""
        claim, said = self._run(request, session_id, pk), valid(serializers.LateSerializer(data=request.data))
        if said["choice"] == "honour":
            claim.honour()
        else:
            claim.refuse()
        return responses.success(at_desk(claim))

    def _run(self, request: Request, session_id: UUID, pk: UUID) -> Claim:
        self.run(request, session_id)
        return Claim.objects.find(session_id, pk)


def person(who: str) -> identities.Identity:
    """For whom somebody else claims. Raises User.DoesNotExist."""
    key = identities.key_of(who)
    user_id = identities.user_id_of(key)
    if user_id is None:
        return identities.Identity(None, key.partition(":")[2])
    return identities.Identity(User.objects.get(pk=user_id), "")
