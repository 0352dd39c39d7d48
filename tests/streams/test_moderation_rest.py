"""Keeping order over REST, for clients without a socket: what is read there, and what comes with it."""

import csv
import io
import json
from typing import Any

import pytest

from accounts.models import User
from realtime.models import Restriction
from streams.models import ChatMessage, Question, Stream
from streams.models.act import Verb
from streams.models.desk_lines import report
from tests import factories
from tests.streams.desks import desk, held, said
from tests.streams.rest import refused, url

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def get(user: User | None, stream: Stream, path: str) -> Any:
    answer = factories.client(user).get(url(stream, f"/moderation{path}"))
    assert answer.status_code == 200, answer.json()
    return answer.json()["data"]


def test_the_rules_and_what_waits_are_read_together(live: Stream, creator: User) -> None:
    held(live)
    report(said(live), factories.identity())
    assert get(creator, live, "") == {
        "slowMode": 0,
        "frozen": False,
        "linksByModerators": False,
        "holdMessages": False,
        "guestChat": True,
        "accountMinutes": 0,
        "held": 1,
        "reports": 1,
    }


def test_a_rule_that_is_not_named_stays(live: Stream, creator: User) -> None:
    client = factories.client(creator)
    client.patch(url(live, "/moderation"), {"slowMode": 10, "frozen": True})
    client.patch(url(live, "/moderation"), {"slowMode": 30})
    live.refresh_from_db()
    assert (live.slow_mode, live.frozen, live.guest_chat) == (30, True, True)
    assert refused(client.patch(url(live, "/moderation"), {})) == (400, "Name a rule that is to change")
    assert client.patch(url(live, "/moderation"), {"slowMode": 121}).status_code == 400


def test_a_mute_is_made_listed_and_lifted(live: Stream, creator: User, viewer: User) -> None:
    message = said(live, who=factories.identity(viewer))
    client = factories.client(creator)
    made = client.post(url(live, "/moderation/mutes"), {"messageId": str(message.pk), "minutes": 10, "reason": "spam"})
    assert made.status_code == 201
    assert made.json()["data"].keys() == {"id", "kind", "userId", "author", "reason", "until", "createdAt"}
    [listed] = get(creator, live, "/mutes")
    assert (listed["userId"], listed["reason"], listed["kind"]) == (viewer.pk, "spam", "mute")
    assert get(creator, live, "/bans") == []
    assert client.delete(url(live, f"/moderation/bans/{listed['id']}")).status_code == 404
    assert client.delete(url(live, f"/moderation/mutes/{listed['id']}")).status_code == 200
    assert not Restriction.objects.exists()


def test_a_restriction_of_everywhere_is_not_a_shows_to_lift(live: Stream, creator: User, viewer: User) -> None:
    everywhere = Restriction.objects.mute(factories.identity(viewer).key)
    assert factories.client(creator).delete(url(live, f"/moderation/mutes/{everywhere.pk}")).status_code == 404


@pytest.mark.parametrize("body", [{}, {"messageId": None}, {"userId": 0}, {"userId": 1, "minutes": 0}])
def test_somebody_has_to_be_meant(live: Stream, creator: User, body: Any) -> None:
    assert factories.client(creator).post(url(live, "/moderation/mutes"), body).status_code == 400


def test_words_are_blocked_listed_and_allowed(live: Stream, creator: User) -> None:
    client = factories.client(creator)
    made = client.post(url(live, "/moderation/words"), {"word": " free   money ", "action": "hold"})
    assert made.json()["data"]["word"] == "free money"
    [listed] = get(creator, live, "/words")
    assert listed == made.json()["data"]
    client.post(url(live, "/moderation/words"), {"word": "free money"})
    assert [word["action"] for word in get(creator, live, "/words")] == ["refuse"]
    client.delete(url(live, f"/moderation/words/{listed['id']}"))
    assert get(creator, live, "/words") == []


def test_what_waits_is_read_the_oldest_first(live: Stream, creator: User, viewer: User) -> None:
    for text in ("first", "second"):
        held(live, text, factories.identity(viewer))
    waiting = get(creator, live, "/held")
    assert [each["message"] for each in waiting] == ["first", "second"]
    assert waiting[0].keys() == {"id", "message", "userId", "userName", "badge", "cause", "createdAt"}


def test_guests_report_what_they_read_and_are_counted(live: Stream, creator: User, settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | {"report": {"address": (0.001, 2)}}
    messages = [said(live, f"line {number}") for number in range(3)]
    guest = factories.client()
    answers = [guest.post(url(live, "/moderation/reports"), {"messageId": str(each.pk)}) for each in messages]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    [first, _] = get(creator, live, "/reports")
    assert (first["message"]["message"], first["reporter"], first["status"]) == ("line 0", "Guest", "open")


def test_the_audit_log_is_read_and_taken_along(live: Stream, creator: User, viewer: User) -> None:
    keeper = desk(live)
    keeper.delete_all(keeper.person(user_id=viewer.pk), "=1+1")
    keeper.set_rules(frozen=True)
    [newest, oldest] = get(creator, live, "/audit")
    assert (newest["verb"], oldest["verb"], oldest["userId"]) == ("set-chat-rules", "delete-messages", viewer.pk)
    client = factories.client(creator)
    rows = list(csv.DictReader(io.StringIO(client.get(url(live, "/moderation/audit.csv")).content.decode())))
    assert [row["verb"] for row in rows] == ["set-chat-rules", "delete-messages"]
    assert rows[1]["reason"] == "'=1+1"  # What a spreadsheet would run is text.
    lines = client.get(url(live, "/moderation/audit.jsonl")).content.decode().splitlines()
    assert [json.loads(line)["verb"] for line in lines] == ["set-chat-rules", "delete-messages"]


def test_the_log_does_not_say_where_somebody_was(live: Stream, creator: User, viewer: User) -> None:
    Restriction.objects.create(
        identity=factories.identity(viewer).key, room=live.room_key, kind="mute", visitor="visitor:" + "a" * 32
    )
    desk(live).lift(Restriction.objects.get())
    [act] = get(creator, live, "/audit")
    assert act["details"]["restriction"].keys() == {"kind", "until"}


def test_a_record_of_the_show_has_its_pin_and_lines_have_badges(live: Stream, creator: User) -> None:
    message = said(live, "Free shipping", factories.identity(creator))
    desk(live).pin(message)
    pinned = factories.client().get(url(live)).json()["data"]["pinnedMessage"]
    assert (pinned["id"], pinned["badge"]) == (str(message.pk), "host")
    [line] = factories.client().get(url(live, "/chat")).json()["data"]
    assert line["author"] == pinned["author"]


def test_who_is_shadowed_reads_their_own_lines_over_rest(live: Stream, viewer: User) -> None:
    keeper = desk(live)
    keeper.restrict(Verb.SHADOW, keeper.person(user_id=viewer.pk))
    said(live, "Buy now", factories.identity(viewer))
    lines = {
        user: factories.client(user).get(url(live, "/chat")).json()["data"] for user in (viewer, None, factories.user())
    }
    assert [len(found) for found in lines.values()] == [1, 0, 0]


def test_questions_are_asked_and_voted_for_without_a_socket(live: Stream, viewer: User) -> None:
    message = said(live, "Does it float?", factories.identity(viewer))
    client = factories.client(viewer)
    question = client.post(url(live, "/questions"), {"messageId": str(message.pk)}).json()["data"]["questionId"]
    vote = url(live, f"/questions/{question}/vote")
    assert client.post(vote).json()["data"] == {"votes": 1}
    assert client.delete(vote).json()["data"] == {"votes": 0}
    [shown] = factories.client().get(url(live, "/questions")).json()["data"]
    assert (shown["message"], shown["status"]) == ("Does it float?", "open")
    assert Question.objects.get().message == message


def test_removing_one_message_is_an_act_too(live: Stream, creator: User) -> None:
    message = said(live)
    assert factories.client(creator).delete(url(live, f"/chat/{message.pk}")).status_code == 200
    assert (live.acts.get().verb, live.acts.get().message) == ("delete-message", message.pk)
    assert ChatMessage.objects.get().deleted
