"""What tells who a client is after its handshake: tokens, their end, and what old clients declare."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError

from accounts import known_addresses, names
from accounts.models import User
from realtime import errors, rooms
from realtime.connections import admission, registry
from realtime.delivery import outgoing
from realtime.presence import tracker
from realtime.runtime import threads
from rest import addresses

if TYPE_CHECKING:
    from realtime.connections.connection import Connection

logger = logging.getLogger(__name__)


async def authenticate(connection: "Connection", token: str) -> None:
    """Binds this connection to the user of `token`; raises tokens.InvalidToken, or RequestRefused for too many."""
    user, expires_at = await threads.in_db(admission.bearer, token)
    identity = connection.identity.as_user(user, expires_at)
    if connection not in registry.connections.counted and registry.connections.is_full(identity):
        raise errors.RequestRefused("too_many", registry.TOO_MANY)
    connection.identify(identity)
    registry.connections.count(connection)
    await connection.check_access()


async def renew(connection: "Connection", token: str) -> None:
    """Proves anew who the client is, before its log-in expires or after; nobody else can take it over.

    Raises tokens.InvalidToken, and RequestRefused for the token of another user.
    """
    user, expires_at = await threads.in_db(admission.bearer, token)
    before = connection.identity
    if before.verified and before.user != user:
        raise errors.RequestRefused("forbidden", "The token is another user's")
    connection.identify(before.as_user(user, expires_at))
    registry.connections.count(connection)
    if await connection.check_access() and not before.verified:
        await _readmit(connection)


async def demote(connection: "Connection") -> None:
    """Makes the client a guest, and tells it so: what proved its user has expired.

    It leaves rooms that are not for guests. Where these cannot be asked, it is sent away to come back.
    """
    connection.identify(connection.identity.as_guest())
    try:
        await _readmit(connection)
    except Exception:
        logger.exception("%s could not become a guest", connection.id)
        await connection.close(outgoing.COME_BACK)
        return
    for handler in connection.handlers:
        if (answer := handler.expired()) is not None:
            connection.send(handler, answer)


async def declare(connection: "Connection", user_id: Any, name: str | None) -> None:
    """Takes the client's word for who it is: a guest's label or, where old clients are trusted, a user.

    Only the first declared user counts, and it gives no rights but those of `Identity.owns`.
    """
    if connection.identity.user is not None or connection.has_declared:
        return
    if name and name != connection.said_name:
        connection.said_name = name
        label = await threads.in_db(names.declared, name, connection.identity)
        connection.identify(replace(connection.identity, label=label))
    if settings.TRUST_DECLARED_IDENTITY and user_id is not None:
        connection.has_declared = True
        user = await threads.in_db(User.objects.declarable(user_id).first)
        if user is not None:
            known = await threads.in_db(known_addresses.is_known, user.pk, addresses.network_of(connection.address))
            connection.identify(replace(connection.identity, user=user, declared=True, at_known_address=known))


async def _readmit(connection: "Connection") -> None:
    """Has each room say in which role the client stays, now that it is somebody else to them; leaves the others."""
    for key, membership in list(connection.memberships.items()):
        try:
            role = await threads.in_db(rooms.remain, membership.room, connection.identity, membership.role)
        except (ObjectDoesNotExist, PermissionDenied, ValidationError):
            role = ""
        if connection.memberships.get(key) is not membership:  # It has left, or come again, meanwhile.
            continue
        if not role:
            del connection.memberships[key]
            connection.unsubscribe(membership.room.key, membership.subscription)
        if role != membership.role:
            was_present = membership.is_present
            await connection.leave_presence(membership)
            membership.role = role
            if role and was_present:
                membership.is_present = True
                await tracker.current().enter(
                    membership.room, role, connection.id, connection.identity, membership.handle
                )
