"""Questions that viewers ask in a show's chat."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import identity as identities
from accounts.serializers import valid
from realtime import limits
from rest import addresses, responses, schema
from streams.chat_broadcasts import MAX_QUESTIONS
from streams.models import ChatMessage, Question
from streams.models.act import Verb
from streams.models.desk_rules import QUESTION_STATUS
from streams.serializers import moderation as serializers
from streams.views.moderation import DONE, DeskView
from streams.views.sessions import seen

VERBS = {str(status): verb for verb, status in QUESTION_STATUS.items()}
VOTED = {200: schema.envelope(serializers.VotesSerializer), **schema.errors(400, 403, 404, 429)}


class Questions(DeskView):
    """Everybody reads them, asks and votes; those who keep order pick."""

    noun = "Question"

    @extend_schema(
        responses={200: schema.envelope(serializers.QuestionSerializer, many=True), **schema.errors(404)},
        auth=schema.NEEDLESS,
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        """The one that is being answered, the others by votes, and the answered."""
        shown = seen(request, session_id).questions.shown()[:MAX_QUESTIONS]
        return responses.listing(list(serializers.QuestionSerializer(shown, many=True).data))

    @extend_schema(
        request=serializers.AskSerializer,
        responses={201: schema.envelope(serializers.QuestionSerializer), **schema.errors(400, 403, 404, 429)},
        auth=schema.NEEDLESS,
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        """Marks a message of one's own as a question."""
        identity = self._counted(request, "chat")
        stream = seen(request, session_id)
        said = valid(serializers.AskSerializer(data=request.data))
        question = Question.objects.ask(stream, ChatMessage.objects.find(stream, said["messageId"]), identity)
        return responses.success(serializers.QuestionSerializer(question).data, status=201)

    @extend_schema(request=serializers.QuestionStatusSerializer, responses=DONE)
    def update(self, request: Request, session_id: UUID, pk: int) -> Response:
        desk, said = self.desk(request, session_id), valid(serializers.QuestionStatusSerializer(data=request.data))
        verb: Verb = VERBS[said["status"]]
        desk.settle_question(verb, desk.question(pk))
        return responses.success(message=f"Question {said['status']} successfully")

    @extend_schema(request=None, responses=VOTED, auth=schema.NEEDLESS)
    def vote(self, request: Request, session_id: UUID, pk: int) -> Response:
        return self._vote(request, session_id, pk, wanted=True)

    @extend_schema(responses=VOTED, auth=schema.NEEDLESS)
    def unvote(self, request: Request, session_id: UUID, pk: int) -> Response:
        return self._vote(request, session_id, pk, wanted=False)

    def _vote(self, request: Request, session_id: UUID, pk: int, wanted: bool) -> Response:
        identity = self._counted(request, "like")
        return responses.success({"votes": Question.objects.find(session_id, pk).vote(identity, wanted)})

    def _counted(self, request: Request, limit: str) -> identities.Identity:
        identity = identities.Identity.of_request(request)
        limits.take_of(identity, limit, {"identity": identity.key, "address": addresses.of_request(request)})
        return identity
