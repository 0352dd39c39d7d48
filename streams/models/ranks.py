"""Who stands above whom in a show: nobody restricts a person of their own rank or above."""

from accounts import identity as identities
from accounts.models import Role, User
from streams.models.stream import Stream

ADMIN, OWNER, NAMED = 5, 2, 1
ROLES = {Role.ADMIN: ADMIN, Role.STAFF: 4, Role.MODERATOR: 3}


def of_user(stream: Stream, user: User | None) -> int:
    """The rank of an account in a show; a guest's, or a viewer's, is 0."""
    if user is None:
        return 0
    if user.role in ROLES:
        return ROLES[Role(user.role)]
    if user.pk == stream.creator_id:
        return OWNER
    return NAMED if user.pk in stream.moderator_ids else 0


def of(stream: Stream, identity: identities.Identity) -> int:
    """The rank of someone by what they have proved."""
    if identity.verified:
        return of_user(stream, identity.user)
    return OWNER if identity.owns(stream.creator_id) else 0


def outranks(stream: Stream, by: identities.Identity, other: User | None) -> bool:
    """Whether `by` may restrict the account `other`; None is a guest."""
    own = of(stream, by)
    if other is not None and other.pk == by.user_id:
        return False
    return own > of_user(stream, other)
