"""From which addresses an account was used lately, for old clients whose sockets only declare who they are.

Where settings.TRUST_DECLARED_IDENTITY is on, whoever declares to be the owner of a show has the owner's rights if a
token of that account came over REST from the same address within a day.
"""

from rest import throttling

SECONDS = 24 * 60 * 60


def note(user_id: int, address: str) -> None:
    """A token of this user has come from `address`, which is a sender as `rest.addresses.network_of` names it."""
    throttling.remember("token-used", f"{user_id} {address}", SECONDS)


def is_known(user_id: int, address: str) -> bool:
    return bool(throttling.counted("token-used", f"{user_id} {address}"))
