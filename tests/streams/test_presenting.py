"""Only someone whose role allows it presents shows, whichever door they come through."""

import importlib

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied

from accounts import identity as identities
from accounts.models import Role, User
from realtime import database
from streams.models import Stream
from streams.rooms import BroadcastRoom
from tests import factories
from tests.streams.lobby import Lobby
from tests.streams.rest import refused

NO = (403, "Insufficient permissions")


def demote(user: User) -> None:
    User.objects.filter(pk=user.pk).update(role=Role.VIEWER)


@pytest.mark.django_db
@pytest.mark.everywhere
def test_a_viewer_schedules_no_show_but_may_sell() -> None:
    viewer = factories.user("viewer")
    client = factories.client(viewer)
    assert refused(client.post("/api/sessions", {"title": "Mine"})) == NO
    assert not Stream.objects.exists()
    product = {"name": "Mug", "description": "Holds tea.", "price": 9.5, "category": "Kitchen"}
    assert client.post("/api/products", product).status_code == 201


@pytest.mark.django_db
@pytest.mark.everywhere
@pytest.mark.parametrize("role", ["creator", "moderator", "staff", "admin"])
def test_others_schedule_shows(role: str) -> None:
    client = factories.client(factories.user(role))
    assert client.post("/api/sessions", {"title": "Mine"}).status_code == 201


@pytest.mark.django_db
@pytest.mark.everywhere
def test_who_is_no_creator_any_longer_starts_none_of_the_shows_they_have() -> None:
    creator = factories.user("creator")
    show, paused = factories.stream(creator), factories.stream(creator, "paused")
    demote(creator)
    client = factories.client(creator)
    assert refused(client.post(f"/api/sessions/{show.pk}/start-stream")) == NO
    for stream in (show, paused):
        assert refused(client.patch(f"/api/sessions/{stream.pk}/status", {"status": "live"})) == NO
    assert client.post(f"/api/sessions/{paused.pk}/end-stream").status_code == 200
    admin = identities.Identity(factories.user("admin"), "")
    show.start(by=admin)
    assert show.is_live


@pytest.mark.django_db
@pytest.mark.everywhere
def test_who_is_no_creator_any_longer_sends_no_picture_of_a_show_that_is_on() -> None:
    creator = factories.user("creator")
    live = factories.stream(creator, "live")
    demote(creator)
    renewal = factories.client(creator).post(f"/api/sessions/{live.pk}/refresh-token", {"role": "publisher"})
    assert refused(renewal) == NO
    creator.refresh_from_db()
    with pytest.raises(PermissionDenied):
        BroadcastRoom.of(live.pk, "admin").admits(factories.identity(creator))


@pytest.mark.usefixtures("live_db")
async def test_wrencos_admins_start_the_shows_of_others_and_new_ones(lobby: Lobby) -> None:
    admin = await lobby.admin()
    stream = await database.in_db(lambda: factories.stream(factories.user("creator")))
    await database.in_db(lambda: demote(stream.creator))
    assert (await admin.ask("start_stream", streamId=str(stream.pk)))["ok"]


@pytest.mark.django_db
@pytest.mark.everywhere
def test_the_migration_makes_owners_creators() -> None:
    owner, other = factories.user("creator"), factories.user("viewer")
    factories.stream(owner)
    demote(owner)
    importlib.import_module("streams.migrations.0006_owners_are_creators").make_owners_creators(apps, None)
    owner.refresh_from_db()
    other.refresh_from_db()
    assert (owner.role, other.role) == ("creator", "viewer")
