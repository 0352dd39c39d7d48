"""Who may do what where: every declared act, in every role, in one's own show and in another one, at both doors."""

from typing import Any

import pytest
from django.db import transaction

from config import routing
from realtime import database, limits
from streams.models import ModerationAct
from streams.models.act import Verb
from tests import factories, sockets
from tests.streams.desks import MESSAGES, OF_NO_SHOW, REQUESTS, ROLES, Scene, ask

ALLOWED = range(200, 300)


def test_every_act_is_tried_at_both_doors() -> None:
    assert set(REQUESTS) == set(MESSAGES) == set(Verb)
    names = {name for endpoint in routing.ENDPOINTS.values() for name in endpoint.routes.by_name}
    assert set(Verb) <= names


@pytest.mark.django_db
@pytest.mark.everywhere
@pytest.mark.parametrize("role", ROLES)
def test_over_rest_an_act_is_done_by_those_who_have_the_right_and_by_nobody_else(role: str) -> None:
    scene = Scene.make()
    user = scene.someone(role)
    client = factories.client(user)
    wrong = []
    for verb in Verb:
        request = REQUESTS[verb](scene)
        with transaction.atomic():
            before = scene.stream.acts.count()
            answer = ask(client, request, scene.stream)
            written = scene.stream.acts.count() - before
            transaction.set_rollback(True)
        may = verb.right in ROLES[role]
        if (answer.status_code in ALLOWED) != may or (not may and answer.status_code not in (401, 403)):
            wrong.append((verb, answer.status_code, answer.json()))
        if written != may:
            wrong.append((verb, "written down", written))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role, rights in ROLES.items() if rights])
def test_over_rest_nothing_of_another_show_can_be_acted_on(role: str) -> None:
    here, there = Scene.make(), Scene.make()
    client = factories.client(here.someone(role))
    found = []
    for verb in set(Verb) - OF_NO_SHOW - {Verb.DISMISS}:
        if verb.right in ROLES[role]:
            answer = ask(client, REQUESTS[verb](there), here.stream)
            if answer.status_code != 404:
                found.append((verb, answer.status_code))
    assert found == []


@pytest.mark.usefixtures("live_db")
@pytest.mark.parametrize("role", [role for role, rights in ROLES.items() if not rights])
async def test_on_a_socket_nobody_without_the_right_does_anything(server: sockets.Address, role: str) -> None:
    scene, options = await database.in_db(at_the_door, role)
    async with await sockets.connect(server, **options) as client:
        for verb in Verb:
            ack = await client.ask(verb.value, sessionId=str(scene.stream.pk), **MESSAGES[verb](scene))
            assert (ack["ok"], ack["code"]) == (False, "forbidden"), verb
    assert await database.in_db(lambda: scene.stream.acts.count()) == await database.in_db(lambda: acts_of(scene))


@pytest.mark.usefixtures("live_db")
@pytest.mark.parametrize("role", [role for role, rights in ROLES.items() if rights])
async def test_on_a_socket_those_with_the_right_do_each_act(server: sockets.Address, role: str) -> None:
    for verb in Verb:
        limits.reset()
        scene, options = await database.in_db(at_the_door, role)
        async with await sockets.connect(server, **options) as client:
            ack = await client.ask(verb.value, sessionId=str(scene.stream.pk), **MESSAGES[verb](scene))
            may = verb.right in ROLES[role]
            assert ack["ok"] == may, (verb, ack)
            if may:
                act = await database.in_db(ModerationAct.objects.get, pk=ack["act"])
                assert (act.verb, act.stream_id) == (verb, scene.stream.pk)


def at_the_door(role: str) -> tuple[Scene, dict[str, Any]]:
    scene = Scene.make()
    user = scene.someone(role)
    return scene, sockets.bearer(user) if user else {}


def acts_of(scene: Scene) -> int:
    """Those that the scene itself is made of."""
    return scene.stream.acts.filter(by=scene.stream.creator).count()
