"""What tests of purchases have in common: a shop that signs, a visitor who looks, and orders."""

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts import identity as identities
from accounts.models import User
from analytics.models import ProductClick, Purchase
from rest import signatures
from shopping.models import Product
from streams.models import Stream

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


class Visitor:
    """A browser with our cookie, or an account."""

    def __init__(self, user: User | None = None) -> None:
        visitor, cookie = identities.new_visitor()
        self.identity = identities.Identity(user, visitor)
        self.client = APIClient()
        self.client.cookies["visitor"] = cookie

    def looks(self, stream: Stream, product: Product, days: float = 0.0) -> ProductClick:
        """A look at a product in a show, so many days ago."""
        at = timezone.now() - timedelta(days=days)
        return ProductClick.objects.create(
            stream=stream, product=product, viewer=self.identity.key, user=self.identity.user, at=at
        )

    def reports(self, order_id: str = "", **more: Any) -> Any:
        return self.client.post("/api/purchases/reports", order(order_id, **more))


def order(order_id: str = "", **more: Any) -> dict[str, Any]:
    return {"orderId": order_id or secrets.token_hex(8), "currency": "EUR", "value": 1990, **more}


def signed(path: str, body: Any, secret: str = SECRET, **headers: str) -> Any:
    """Posts as the shop's server does."""
    written = json.dumps(body).encode()
    named = dict(signatures.headers([signatures.key_of(secret)], f"msg_{secrets.token_hex(8)}", written)) | headers
    return APIClient().post(path, written, content_type="application/json", headers=named)


def confirms(order_id: str = "", **more: Any) -> Any:
    return signed("/api/purchases", order(order_id, **more))


def refunds(order_id: str, refund_id: str, **more: Any) -> Any:
    return signed("/api/purchases/refunds", {"orderId": order_id, "refundId": refund_id, **more})


def stored(order_id: str) -> Purchase:
    return Purchase.objects.get(order_id=order_id)
