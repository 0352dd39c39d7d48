"""A show in which there is something to keep in order, who may do that, and each act as a request and as a message."""

from collections.abc import Callable
from typing import Any, NamedTuple

from accounts import identity as identities
from accounts.models import User
from realtime.models import Restriction
from streams.models import BlockedWord, ChatMessage, HeldMessage, ModerationAct, Question, Report, Stream
from streams.models.act import Right, Verb
from streams.models.desk_lines import report
from streams.models.undoing import Desk
from tests import factories
from tests.streams.rest import url

# Who may be at the door, with the rights that they have in the show.
ROLES: dict[str, set[Right]] = {
    "guest": set(),
    "viewer": set(),
    "creator of another show": set(),
    "named for another show": set(),
    "banned moderator": set(),
    "named": {Right.MODERATORS},
    "owner": {Right.MODERATORS, Right.OWNER},
    "moderator": {Right.MODERATORS},
    "staff": {Right.MODERATORS},
    "admin": {Right.MODERATORS, Right.OWNER},
}


def desk(stream: Stream, user: User | None = None) -> Desk:
    """The desk of a show's owner, or of somebody else."""
    return Desk(Stream.objects.get(pk=stream.pk), factories.identity(user or stream.creator))


def said(stream: Stream, text: str = "Hello", who: identities.Identity | None = None) -> ChatMessage:
    message = ChatMessage.objects.post(stream.pk, who or factories.identity(factories.user()), text)
    assert isinstance(message, ChatMessage)
    return message


def held(stream: Stream, text: str = "Hold on", who: identities.Identity | None = None) -> HeldMessage:
    who = who or factories.identity(factories.user())
    waiting = ChatMessage.objects.post_or_hold(stream.pk, who, text, cause="rule")
    assert isinstance(waiting, HeldMessage)
    return waiting


class Scene(NamedTuple):
    """One of each thing that an act may be about."""

    stream: Stream
    message: ChatMessage
    held: HeldMessage
    report: Report
    word: BlockedWord
    restriction: Restriction
    question: Question
    act: ModerationAct
    named: User
    nobody: User

    @classmethod
    def make(cls) -> "Scene":
        stream = factories.stream(factories.user("creator"), "live")
        keeper, author = desk(stream), factories.identity(factories.user())
        named, nobody = factories.user(), factories.user()
        message = said(stream, "Buy now", author)
        waiting = held(stream)
        reported = report(message, factories.identity(), "spam")
        word, _ = keeper.block("casino")
        mute = keeper.restrict(Verb.MUTE, keeper.person(user_id=factories.user().pk))
        question = Question.objects.ask(stream, message, author)
        act = keeper.pin(said(stream, "Pinned"))
        keeper.name_moderator(named)
        restriction = Restriction.objects.get(pk=mute.details["restriction"])
        stream.refresh_from_db()
        return cls(stream, message, waiting, reported, word, restriction, question, act, named, nobody)

    def someone(self, role: str) -> User | None:
        """An account in this role here."""
        match role:
            case "guest":
                return None
            case "owner":
                return self.stream.creator
            case "named":
                return self.named
            case "creator of another show":
                return factories.stream(factories.user("creator"), "live").creator
            case "named for another show":
                elsewhere = factories.stream(factories.user("creator"), "live")
                user = factories.user()
                desk(elsewhere).name_moderator(user)
                return user
            case "banned moderator":
                user = factories.user("moderator")
                Restriction.objects.ban(identities.user_key(user.pk), self.stream.room_key)
                return user
        return factories.user(role)


class Request(NamedTuple):
    method: str
    path: str  # below the show's
    body: dict[str, Any] | None = None


def ask(client: Any, request: Request, stream: Stream) -> Any:
    """A request of a client, about a show."""
    return getattr(client, request.method)(url(stream, request.path), request.body)


def about(scene: Scene) -> dict[str, Any]:
    return {"messageId": str(scene.message.pk)}


# Each act over REST, done to what is in the scene. A test sees to it that none is missing.
REQUESTS: dict[Verb, Callable[[Scene], Request]] = {
    Verb.DELETE: lambda scene: Request("delete", f"/chat/{scene.message.pk}"),
    Verb.DELETE_ALL: lambda scene: Request("post", "/moderation/removals", about(scene)),
    Verb.PIN: lambda scene: Request("put", "/moderation/pin", about(scene)),
    Verb.UNPIN: lambda scene: Request("delete", "/moderation/pin"),
    Verb.RULES: lambda scene: Request("patch", "/moderation", {"frozen": True}),
    Verb.MUTE: lambda scene: Request("post", "/moderation/mutes", {**about(scene), "minutes": 5}),
    Verb.BAN: lambda scene: Request("post", "/moderation/bans", about(scene)),
    Verb.SHADOW: lambda scene: Request("post", "/moderation/bans", {**about(scene), "shadow": True}),
    Verb.LIFT: lambda scene: Request("delete", f"/moderation/mutes/{scene.restriction.pk}"),
    Verb.BLOCK: lambda scene: Request("post", "/moderation/words", {"word": "lottery"}),
    Verb.UNBLOCK: lambda scene: Request("delete", f"/moderation/words/{scene.word.pk}"),
    Verb.ALLOW: lambda scene: Request("patch", f"/moderation/held/{scene.held.pk}", {"allowed": True}),
    Verb.REFUSE: lambda scene: Request("patch", f"/moderation/held/{scene.held.pk}", {"allowed": False}),
    Verb.SETTLE: lambda scene: Request("patch", f"/moderation/reports/{scene.report.pk}", {"status": "resolved"}),
    Verb.NAME: lambda scene: Request("post", "/moderation/moderators", {"username": scene.nobody.username}),
    Verb.DISMISS: lambda scene: Request("delete", f"/moderation/moderators/{scene.named.pk}"),
    Verb.PICK: lambda scene: Request("patch", f"/questions/{scene.question.pk}", {"status": "picked"}),
    Verb.ANSWER: lambda scene: Request("patch", f"/questions/{scene.question.pk}", {"status": "answered"}),
    Verb.DISMISS_QUESTION: lambda scene: Request("patch", f"/questions/{scene.question.pk}", {"status": "dismissed"}),
    Verb.UNDO: lambda scene: Request("post", f"/moderation/audit/{scene.act.pk}/undo"),
}

# The same on sockets: the fields of the message of the same name.
MESSAGES: dict[Verb, Callable[[Scene], dict[str, Any]]] = {
    Verb.DELETE: about,
    Verb.DELETE_ALL: about,
    Verb.PIN: about,
    Verb.UNPIN: lambda scene: {},
    Verb.RULES: lambda scene: {"frozen": True},
    Verb.MUTE: lambda scene: {**about(scene), "minutes": 5},
    Verb.BAN: about,
    Verb.SHADOW: about,
    Verb.LIFT: lambda scene: {"restrictionId": scene.restriction.pk},
    Verb.BLOCK: lambda scene: {"word": "lottery"},
    Verb.UNBLOCK: lambda scene: {"wordId": scene.word.pk},
    Verb.ALLOW: lambda scene: {"heldId": str(scene.held.pk)},
    Verb.REFUSE: lambda scene: {"heldId": str(scene.held.pk)},
    Verb.SETTLE: lambda scene: {"reportId": scene.report.pk},
    Verb.NAME: lambda scene: {"username": scene.nobody.username},
    Verb.DISMISS: lambda scene: {"userId": scene.named.pk},
    Verb.PICK: lambda scene: {"questionId": scene.question.pk},
    Verb.ANSWER: lambda scene: {"questionId": scene.question.pk},
    Verb.DISMISS_QUESTION: lambda scene: {"questionId": scene.question.pk},
    Verb.UNDO: lambda scene: {"act": scene.act.pk},
}
# What names nothing of another show cannot be asked about another show's.
OF_NO_SHOW = {Verb.UNPIN, Verb.RULES, Verb.BLOCK, Verb.NAME}
