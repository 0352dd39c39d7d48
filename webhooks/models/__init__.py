"""Where events are sent, and which of them have to be sent yet."""

from webhooks.models.delivery import Delivery
from webhooks.models.endpoint import Endpoint

__all__ = ["Delivery", "Endpoint"]
