"""Who may be recorded, who feeds a recording, and who hears of it."""

import pytest
from pytest_django import Settings

from accounts import identity as identities
from realtime.runtime import threads
from recordings import receivers
from recordings.models import Consent, Participant, Recording, Status
from tests import sockets
from tests.recordings.speaking import batch, capture, guest, name, recordings_of, the_recording

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


async def test_nobody_feeds_or_ends_anothers_recording(server: sockets.Address) -> None:
    person = name()
    async with await capture(server, **guest()) as client, await capture(server, **guest()) as other:
        await client.ask("user:connected", data=person)
        await client.ask("click:event", data="{}")
        for event, fields in (
            ("user:connected", {"data": person}),
            ("recording:end", {"data": person}),
            ("click:event", {"username": person, "data": "{}"}),
            ("recording:start", {"username": person}),
            ("recording:events", {"username": person, **batch(1, ("x", 1))}),
        ):
            assert (await other.ask(event, **fields))["code"] == "forbidden", event
        await other.ask("user:connected", data=person + "-2")
        assert (await other.ask("recording:end", data=person))["code"] == "forbidden"
        assert (await other.ask("click:event", username=person, data="{}"))["code"] == "forbidden"
    recording = await the_recording(person)
    assert (recording.status, recording.event_count) == (Status.RECORDING, 1)


async def test_an_accounts_id_takes_its_token(server: sockets.Address) -> None:
    user = await threads.in_db(sockets.make_user)
    async with await capture(server) as client:
        assert (await client.ask("user:connected", data=str(user.pk)))["code"] == "forbidden"
    async with await capture(server, **sockets.bearer(user)) as client:
        assert (await client.ask("user:connected", data=str(user.pk)))["ok"]


async def test_a_ticket_proves_that_it_is_the_same_visitor(server: sockets.Address) -> None:
    person = name()
    async with await capture(server) as client:
        known = await client.ask("user:connected", data=person)
    async with await capture(server) as stranger:
        assert (await stranger.ask("user:connected", data=person))["code"] == "forbidden"
    async with await capture(server) as client:
        again = await client.ask("user:connected", username=person, ticket=known["ticket"])
        assert again["recording"] == known["recording"]


async def test_nothing_is_kept_before_a_consent(server: sockets.Address, settings: Settings) -> None:
    settings.REQUIRE_CONSENT = True
    person, options = name(), guest()
    async with await capture(server, **options) as client:
        assert (await client.ask("user:connected", data=person))["recording"] is None
        assert (await client.ask("click:event", data="{}"))["code"] == "consent_required"
        assert (await client.ask("recording:events", **batch(1, ("x", 1))))["code"] == "consent_required"
        assert await threads.in_db(recordings_of, person) == []
        agreed = await client.ask("recording:consent", version="2030-01", at=1_700_000_000_000)
        assert agreed["recording"] == (await the_recording(person)).pk
        assert (await client.ask("recording:events", **batch(1, ("x", 1))))["ok"]
    async with await capture(server, **options) as client:
        assert (await client.ask("user:connected", data=person))["recording"] == agreed["recording"]
    consent = await threads.in_db(lambda: Consent.objects.get(recordings=agreed["recording"]))
    assert (consent.version, consent.participant_id) == ("2030-01", person)


async def test_declining_deletes_what_was_held(server: sockets.Address, settings: Settings) -> None:
    settings.REQUIRE_CONSENT = True
    person = name()
    async with await capture(server, **guest()) as client:
        await client.ask("user:connected", data=person)
        await client.ask("recording:consent", version="2030-01")
        await client.ask("recording:events", **batch(1, ("x", 1)))
        await client.say("click:event", data="gathered")
        assert (await client.ask("recording:consent", version="2030-01", declined=True))["recording"] is None
        assert (await client.ask("recording:events", **batch(2, ("x", 2))))["code"] == "consent_required"
    assert await threads.in_db(lambda: Recording.objects.kept().filter(participant=person).count()) == 0


async def test_only_the_participants_proven_sockets_hear_that_the_audio_is_saved(
    server: sockets.Address, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    person, options = name(), guest()
    async with (
        await capture(server, **options) as client,
        await capture(server, **options) as other_tab,
        await capture(server) as claimant,
        await capture(server) as stranger,
    ):
        for each in (client, other_tab, claimant):
            assert (await each.ask("user:connected", data=person))["ok"]
        await stranger.ask("user:connected", data=person + "-2")
        recording = await the_recording(person)

        path = f"/api/recordings/{recording.pk}/audio/0.webm"
        monkeypatch.setattr(Recording, "audio_paths", [path])
        await threads.in_db(receivers.tell_saved, Recording, recording)
        for each in (client, other_tab):
            assert (await each.expect("audio:saved"))["audioUrls"] == [settings.APP_URL + path]
        for each in (claimant, stranger):
            assert "audio:saved" not in [frame["type"] for frame in await each.settle()]


async def test_the_participant_is_whoever_came_first(server: sockets.Address) -> None:
    person, visitor = name(), identities.new_visitor()[0]
    async with await capture(server, **guest(visitor)) as client:
        await client.ask("user:connected", data=person)
        assert (await client.ask("user:connected", data=person))["ok"]
        assert (await client.ask("user:connected", data=person + "-2"))["code"] == "forbidden"
    participant = await threads.in_db(Participant.objects.get, pk=person)
    assert participant.identity == f"visitor:{visitor}"
