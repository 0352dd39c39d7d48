"""Keeping order in a show: its rules, whom they restrict, which words are blocked, and who else keeps order."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import identity as identities
from accounts.models import User
from accounts.serializers import valid
from realtime.models import Restriction
from rest import pagination, responses, schema
from streams.models.act import Verb
from streams.models.desk import Person
from streams.models.undoing import Desk
from streams.serializers import moderation as serializers

DONE = {200: schema.DoneSerializer, **schema.errors(400, 403, 404)}
READ = schema.errors(400, 403, 404)


class DeskView(ViewSet):
    """A view for those who keep order in the show of the path. The desk refuses the others, guests among them."""

    noun = "Session"
    permission_classes = [AllowAny]

    def desk(self, request: Request, session_id: UUID) -> Desk:
        return Desk.open(session_id, identities.Identity.of_request(request))


def person(desk: Desk, said: dict[str, Any]) -> Person:
    return desk.person(said["messageId"], said["userId"])


class Rules(DeskView):
    @extend_schema(responses={200: schema.envelope(serializers.ModerationStateSerializer), **READ})
    def retrieve(self, request: Request, session_id: UUID) -> Response:
        return self.state(self.desk(request, session_id))

    @extend_schema(
        request=serializers.ChatRulesSerializer,
        responses={200: schema.envelope(serializers.ModerationStateSerializer), **READ},
    )
    def update(self, request: Request, session_id: UUID) -> Response:
        desk = self.desk(request, session_id)
        desk.set_rules(**valid(serializers.ChatRulesSerializer(data=request.data, partial=True)))
        return self.state(desk)

    def state(self, desk: Desk) -> Response:
        stream = desk.stream
        waits = {"held": stream.held_messages.waiting().count(), "reports": stream.reports.open().count()}
        rules = serializers.ChatRulesSerializer(stream).data
        return responses.success({**rules, **waits})


class Pin(DeskView):
    noun = "Message"

    @extend_schema(request=serializers.AskSerializer, responses=DONE)
    def update(self, request: Request, session_id: UUID) -> Response:
        desk = self.desk(request, session_id)
        desk.pin(desk.message(valid(serializers.AskSerializer(data=request.data))["messageId"]))
        return responses.success(message="Message pinned successfully")

    @extend_schema(responses=DONE)
    def destroy(self, request: Request, session_id: UUID) -> Response:
        self.desk(request, session_id).unpin()
        return responses.success(message="Message unpinned successfully")


class Removals(DeskView):
    noun = "Message"

    @extend_schema(
        request=serializers.PersonSerializer,
        responses={201: schema.envelope(serializers.ActSerializer), **READ},
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        """Takes back all that a person has said in the show."""
        desk, said = self.desk(request, session_id), valid(serializers.PersonSerializer(data=request.data))
        act = desk.delete_all(person(desk, said), said["reason"])
        return responses.success(serializers.ActSerializer(act).data, status=201)


class Restrictions(DeskView):
    """What mutes and bans have in common."""

    noun = "Restriction"
    kinds: ClassVar[tuple[str, ...]]

    def of_show(self, desk: Desk) -> "QuerySet[Restriction]":
        return Restriction.objects.in_force().filter(room=desk.stream.room_key, kind__in=self.kinds)

    def listed(self, request: Request, session_id: UUID) -> Response:
        found = self.of_show(self.desk(request, session_id)).order_by("-pk")[pagination.page(request)]
        return responses.listing(list(serializers.RestrictionSerializer(found, many=True).data))

    def imposed(self, desk: Desk, verb: Verb, said: dict[str, Any]) -> Response:
        act = desk.restrict(verb, person(desk, said), said["minutes"], said["reason"])
        restriction = Restriction.objects.get(pk=act.details["restriction"])
        return responses.success(serializers.RestrictionSerializer(restriction).data, status=201)

    @extend_schema(responses=DONE)
    def destroy(self, request: Request, session_id: UUID, pk: int) -> Response:
        desk = self.desk(request, session_id)
        restriction = desk.restriction(pk)
        if restriction.kind not in self.kinds:
            raise Restriction.DoesNotExist("Restriction not found")
        desk.lift(restriction)
        return responses.success(message="Restriction lifted successfully")


CREATED = {201: schema.envelope(serializers.RestrictionSerializer), **READ}
LISTED = {200: schema.envelope(serializers.RestrictionSerializer, many=True), **READ}


class Mutes(Restrictions):
    kinds = (Restriction.Kind.MUTE,)

    @extend_schema(parameters=schema.PAGE, responses=LISTED)
    def list(self, request: Request, session_id: UUID) -> Response:
        return self.listed(request, session_id)

    @extend_schema(request=serializers.RestrictSerializer, responses=CREATED)
    def create(self, request: Request, session_id: UUID) -> Response:
        desk = self.desk(request, session_id)
        return self.imposed(desk, Verb.MUTE, valid(serializers.RestrictSerializer(data=request.data)))


class Bans(Restrictions):
    """Shadows stand among them: whoever is shadowed is not told."""

    kinds = (Restriction.Kind.BAN, Restriction.Kind.SHADOW)

    @extend_schema(parameters=schema.PAGE, responses=LISTED)
    def list(self, request: Request, session_id: UUID) -> Response:
        return self.listed(request, session_id)

    @extend_schema(request=serializers.BanSerializer, responses=CREATED)
    def create(self, request: Request, session_id: UUID) -> Response:
        desk, said = self.desk(request, session_id), valid(serializers.BanSerializer(data=request.data))
        return self.imposed(desk, Verb.SHADOW if said["shadow"] else Verb.BAN, said)


class Words(DeskView):
    noun = "Word"

    @extend_schema(responses={200: schema.envelope(serializers.BlockedWordSerializer, many=True), **READ})
    def list(self, request: Request, session_id: UUID) -> Response:
        words = self.desk(request, session_id).stream.blocked_words.in_order()
        return responses.listing(list(serializers.BlockedWordSerializer(words, many=True).data))

    @extend_schema(
        request=serializers.BlockedWordSerializer,
        responses={201: schema.envelope(serializers.BlockedWordSerializer), **READ},
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        desk = self.desk(request, session_id)
        word, _ = desk.block(**valid(serializers.BlockedWordSerializer(data=request.data)))
        return responses.success(serializers.BlockedWordSerializer(word).data, status=201)

    @extend_schema(responses=DONE)
    def destroy(self, request: Request, session_id: UUID, pk: int) -> Response:
        desk = self.desk(request, session_id)
        desk.unblock(desk.blocked_word(pk))
        return responses.success(message="Word unblocked successfully")


class Moderators(DeskView):
    """All who keep order may read who else does; the owner changes it."""

    noun = "User"

    @extend_schema(responses={200: schema.envelope(serializers.ModeratorSerializer, many=True), **READ})
    def list(self, request: Request, session_id: UUID) -> Response:
        moderators = self.desk(request, session_id).stream.moderators.in_order()
        shown = serializers.ModeratorSerializer(moderators, many=True, context={"request": request})
        return responses.listing(list(shown.data))

    @extend_schema(
        request=serializers.NameModeratorSerializer,
        responses={201: schema.envelope(serializers.ModeratorSerializer), **READ},
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        desk = self.desk(request, session_id)
        desk.check(Verb.NAME.right)  # The others need not learn which accounts there are.
        user = desk.account(valid(serializers.NameModeratorSerializer(data=request.data))["username"])
        moderator, _ = desk.name_moderator(user)
        shown = serializers.ModeratorSerializer(moderator, context={"request": request})
        return responses.success(shown.data, status=201)

    @extend_schema(responses=DONE)
    def destroy(self, request: Request, session_id: UUID, user_id: int) -> Response:
        desk = self.desk(request, session_id)
        desk.check(Verb.DISMISS.right)
        desk.dismiss_moderator(User.objects.get(pk=user_id))
        return responses.success(message="Moderator dismissed successfully")
