"""Drops over REST: what is asked, and the same records that sockets tell."""

from typing import Any

from rest_framework import serializers

from drops import bounds
from drops.models import Mode, Outcome, State, Status
from rest import ids
from shopping.money import MAX_DIGITS


class CountdownField(serializers.IntegerField):
    """Seconds until something opens or closes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=bounds.MIN_COUNTDOWN, max_value=bounds.MAX_COUNTDOWN, **kwargs)


class PiecesField(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"min_value": 1, "max_value": bounds.MAX_PER_PERSON} | kwargs))


class AnnounceSerializer(serializers.Serializer[Any]):
    productId = ids.UUIDField(help_text="of the show's products")
    variantId = ids.UUIDField(required=False, allow_null=True, default=None)
    quantity = PiecesField(max_value=bounds.MAX_QUANTITY)
    price = serializers.DecimalField(
        MAX_DIGITS, 3, required=False, allow_null=True, default=None, min_value=0, help_text="without one the product's"
    )
    perPerson = PiecesField(default=1)
    holdSeconds = serializers.IntegerField(default=300, min_value=bounds.MIN_HOLD, max_value=bounds.MAX_HOLD)
    opensIn = CountdownField(
        required=False, allow_null=True, default=None, help_text="seconds; without it it is opened by hand"
    )
    openSeconds = CountdownField(
        required=False, allow_null=True, default=None, help_text="without it it is closed by hand"
    )
    extensions = serializers.IntegerField(
        default=1, min_value=0, max_value=bounds.MAX_EXTENSIONS, help_text="how often a hold may be extended"
    )
    mode = serializers.ChoiceField(Mode.values, default=Mode.CLAIMED)
    keyword = serializers.CharField(
        default=bounds.KEYWORD, allow_blank=True, max_length=bounds.MAX_KEYWORD, help_text="in the chat; empty: none"
    )

    def facts(self) -> dict[str, Any]:
        """As `DropQuerySet.announce` takes them."""
        said = self.validated_data
        return {
            "product_id": said["productId"],
            "variant_id": said["variantId"],
            "opens_in": said["opensIn"],
            "price": said["price"],
            "quantity": said["quantity"],
            "per_person": said["perPerson"],
            "hold_seconds": said["holdSeconds"],
            "open_seconds": said["openSeconds"] or 0,
            "extensions": said["extensions"],
            "mode": said["mode"],
            "keyword": said["keyword"],
        }


class ExtendSerializer(serializers.Serializer[Any]):
    seconds = CountdownField()


class PiecesSerializer(serializers.Serializer[Any]):
    pieces = PiecesField(max_value=bounds.MAX_QUANTITY)


class ClaimSerializer(serializers.Serializer[Any]):
    pieces = PiecesField(default=1)
    user = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=150,
        help_text="for whoever runs the show: for whom, a username or a key such as `visitor:...`",
    )


class LateSerializer(serializers.Serializer[Any]):
    choice = serializers.ChoiceField(["honour", "refuse"], help_text="the pieces all the same, or the money back")


class DropSerializer(serializers.Serializer[Any]):
    """Only for the document: records are made by `wire.Drop`."""

    id = serializers.UUIDField()
    sessionId = serializers.UUIDField()
    productId = serializers.UUIDField(allow_null=True)
    variantId = serializers.UUIDField(allow_null=True)
    title = serializers.CharField()
    form = serializers.CharField(help_text="the variant's name, or empty")
    price = serializers.CharField()
    priceMinor = serializers.IntegerField()
    currency = serializers.CharField()
    quantity = serializers.IntegerField()
    left = serializers.IntegerField()
    waiting = serializers.IntegerField()
    perPerson = serializers.IntegerField()
    holdSeconds = serializers.IntegerField()
    extensions = serializers.IntegerField()
    mode = serializers.ChoiceField(Mode.values)
    keyword = serializers.CharField()
    status = serializers.ChoiceField(Status.values)
    outcome = serializers.ChoiceField(["", *Outcome.values])
    opensAt = serializers.DateTimeField(allow_null=True)
    closesAt = serializers.DateTimeField(allow_null=True)
    openedAt = serializers.DateTimeField(allow_null=True)
    soldOutAt = serializers.DateTimeField(allow_null=True)
    closedAt = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField(help_text="when this was said, by the server's clock")


class OwnClaimSerializer(serializers.Serializer[Any]):
    """Only for the document: records are made by `wire.Claim`."""

    id = serializers.UUIDField()
    dropId = serializers.UUIDField()
    state = serializers.ChoiceField(State.values)
    pieces = serializers.IntegerField()
    wanted = serializers.IntegerField()
    heldUntil = serializers.DateTimeField(allow_null=True)
    extensions = serializers.IntegerField(help_text="how often the hold may still be extended")
    line = serializers.IntegerField(allow_null=True)
    place = serializers.IntegerField(help_text="in the line; 0: does not wait")
    checkout = serializers.CharField(allow_null=True, help_text="the path that leads to the shop while it is held")
    at = serializers.DateTimeField()


class DeskClaimSerializer(OwnClaimSerializer):
    """What whoever runs the show reads of a claim."""

    name = serializers.CharField()
    owner = serializers.CharField(help_text="user:<id> or visitor:<id>")
    door = serializers.CharField()
    orderId = serializers.CharField()
    createdAt = serializers.DateTimeField()


class DropFiguresSerializer(serializers.Serializer[Any]):
    dropId = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.ChoiceField(Status.values)
    outcome = serializers.ChoiceField(["", *Outcome.values])
    quantity = serializers.IntegerField()
    claims = serializers.IntegerField()
    people = serializers.IntegerField()
    held = serializers.IntegerField(help_text="claims that were ever given pieces")
    lost = serializers.IntegerField(help_text="those of them that nothing was paid for")
    paid = serializers.IntegerField(help_text="those of them that were paid for")
    paidPieces = serializers.IntegerField()
    value = serializers.IntegerField(help_text="of what was paid for, in minor units")
    currency = serializers.CharField()
    secondsToSoldOut = serializers.FloatField(allow_null=True)
