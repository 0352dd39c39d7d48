"""Session ids that Wrencos' clients gave themselves, and who proved first that one is theirs."""

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models.functions import Cast, Coalesce, Concat, Now

from accounts import identity as identities
from accounts.models import User
from realtime import database, event_log
from realtime.models import Room
from streams.broadcasts import LOBBY
from streams.models.lobby import handle
from support.broadcasts import INBOX

SAME_ADDRESS = timedelta(days=1)  # for which old clients that declare themselves are known by their address
KEPT = timedelta(days=7)  # A session that nobody has come back to, and that has no conversation, is kept so long.
FRESH = timedelta(hours=1)  # A session is not noted as seen more often than this.

_signer = signing.Signer(sep=".", salt="support.registration")


class Claim(NamedTuple):
    """A client's word that a session is its own, and what may prove it."""

    session_id: str
    identity: identities.Identity
    resume_token: str = ""
    address: str = ""

    @property
    def network(self) -> str:
        """Stands for the sender's address, and is not that address; empty where old clients are not trusted."""
        return hashlib.sha256(self.address.encode()).hexdigest()[:40] if settings.TRUST_DECLARED_IDENTITY else ""

    @property
    def registration_id(self) -> int | None:
        """Which registration the resume token opens; None for a token that is not ours."""
        try:
            return int(_signer.unsign(self.resume_token))
        except (signing.BadSignature, ValueError):
            return None


class RegistrationQuerySet(models.QuerySet["Registration"]):
    @event_log.verb
    def register(self, claim: Claim) -> "Registration":
        """The registration of a session id: a new one, or the one that the client proves to be its own.

        Whoever claims somebody else's session without proof gets one of their own, which staff know by an alias.
        """
        claimed = handle(claim.session_id)
        known = self.proved_by(claim).filter(claimed=claimed).order_by("alias", "-pk").first()
        if known is None:
            alias = f"customer-{secrets.token_hex(8)}" if self.filter(claimed=claimed).exists() else ""
            made = self.create(claimed=claimed, alias=alias, identity=claim.identity.address, network=claim.network)
            made.is_new = True
            return made
        self.filter(pk=known.pk, seen_at__lt=Now() - FRESH).update(seen_at=Now(), network=claim.network)
        return known

    def proved_by(self, claim: Claim) -> Self:
        theirs = models.Q(identity__in=claim.identity.proven) | models.Q(pk=claim.registration_id)
        if claim.network:
            theirs |= models.Q(network=claim.network, alias="", seen_at__gt=Now() - SAME_ADDRESS)
        return self.filter(theirs)

    def retire(self, identity: str) -> int:
        """Lets nobody come back to the sessions of a guest, an Identity's key, who has started over."""
        retired = Concat(models.Value("over:"), Cast("pk", models.CharField()))
        return self.filter(identity=identity).update(claimed=retired, network="", alias="")

    def forget(self) -> int:
        """Deletes those that nobody has come back to and that never had a conversation; returns how many."""
        return database.delete(self.filter(seen_at__lt=Now() - KEPT, conversations=None))


class Registration(models.Model):
    """A session id of a client's own. It is kept as a hash; `alias` tells those apart who claimed the same one."""

    claimed = models.CharField(max_length=40, help_text="a hash of the id")
    alias = models.CharField(max_length=40, blank=True, default="", help_text="empty for who came first")
    identity = models.CharField(max_length=80, db_index=True, help_text="user:<id> or visitor:<id>")
    network = models.CharField(max_length=40, blank=True, default="", help_text="a hash of the address")
    seen_at = models.DateTimeField(db_default=Now(), db_index=True)
    told_seq = models.BigIntegerField(default=0, editable=False, help_text="what the lobby has told it up to this")

    is_new = False  # It has just been made, so that it can have missed nothing.

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claimed", "alias"], name="support_registration_once")]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def address(self) -> str:
        """The name by which `to=` reaches all tabs of this session in the lobby."""
        return f"session:{self.pk}"

    @property
    def resume_token(self) -> str:
        return _signer.sign(str(self.pk))

    def called(self, session_id: str) -> str:
        """What staff know the session as that its client calls `session_id`."""
        return self.alias or session_id

    def note_told(self, seq: int | None = None) -> None:
        """Notes that its client was told what the lobby had told up to number `seq`, or up to now."""
        Registration.objects.filter(pk=self.pk).update(told_seq=told_up_to(LOBBY, seq))


class AdminPositionQuerySet(models.QuerySet["AdminPosition"]):
    @event_log.verb
    def come(self, user: User, seq: int) -> int:
        """Notes that an admin who registers has been told all up to `seq`; returns up to where they had been before."""
        position, is_new = self.select_for_update().get_or_create(user=user, defaults={"told_seq": seq})
        before = seq if is_new else position.told_seq
        self.filter(pk=position.pk).update(told_seq=seq)
        return before

    def note_told(self, user: User) -> None:
        """Notes that a client of theirs was told what the inbox has told up to now."""
        self.filter(user=user).update(told_seq=told_up_to(INBOX))


class AdminPosition(models.Model):
    """Up to where the inbox has told a registered admin of an old client what customers write."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    told_seq = models.BigIntegerField()

    objects = AdminPositionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} up to {self.told_seq}"


def told_up_to(room: str, seq: int | None = None) -> models.Expression:
    """The number `seq`, or the last one of the room's log, as a value to store."""
    last = Room.objects.filter(key=room).values("seq")[:1]
    return models.Value(seq) if seq is not None else Coalesce(models.Subquery(last), models.Value(0))
